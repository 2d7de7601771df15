"""A Jira Cloud site on loopback, and how Jira's own failures look."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sandbox.jira import api
from sandbox.jira.faults import Fault
from sandbox.jira.replies import unauthenticated
from sandbox.jira.search import Tokens
from sandbox.jira.site import JiraSite
from sandbox.loopback import LoopbackServer, Reply, Request

LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Log in with Atlassian account</title></head><body></body></html>"
)


class JiraSandbox(LoopbackServer[Fault]):
    """A Jira Cloud site on loopback.

    ```
    with JiraSandbox(site) as jira:
        httpx.get(jira.url + "/rest/api/3/myself", auth=("hub@meridian.example", "secret"))
    ```
    """

    signature = "AtlassianEdge"

    def __init__(
        self,
        site: JiraSite,
        port: int = 0,
        faults: Iterable[Fault] = (),
        forget_replies: bool = False,
    ) -> None:
        super().__init__(site, port, faults, forget_replies=forget_replies)
        self.site = site
        self.tokens = Tokens()

    def handle(self, request: Request, believed: bool = True) -> Reply:
        """The reply where nothing goes wrong; `believed` False: as if nobody had asked."""
        return api.answer(self.site, request, self.tokens, believed)

    def gone_wrong(self, fault: Fault, request: Request) -> Reply:
        if fault.kind == "anonymous":
            return self.handle(request, believed=False)
        if fault.kind == "same_token":
            return self._repeat_token(request)
        if fault.kind == "unauthorised":
            return unauthenticated()
        if fault.kind == "html":
            return Reply(200, LOGIN_PAGE, "text/html;charset=UTF-8")
        status, told = {
            "rate_limited": (429, "Rate limit exceeded"),
            "unavailable": (503, "Service unavailable"),
            "error": (500, "Internal server error"),
            "forbidden": (403, "You do not have the permission to do this."),
            "missing": (404, "Issue does not exist or you do not have permission to see it."),
        }[fault.kind]
        reply = Reply(status, {"errorMessages": [told], "errors": {}})
        if status == 429:
            wait = fault.retry_after if isinstance(fault.retry_after, (int, float)) else 1
            reset = self.site.now() + timedelta(seconds=wait)
            reply.headers |= {
                "X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}", "RateLimit-Reason": fault.reason,
            }  # fmt: skip
        return reply

    def _repeat_token(self, request: Request) -> Reply:
        reply = self.handle(request)
        if (
            isinstance(request.body, dict)
            and "nextPageToken" in request.body
            and isinstance(reply.body, dict)
        ):
            reply.body |= {"nextPageToken": request.body["nextPageToken"], "isLast": False}
        return reply
