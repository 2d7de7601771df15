"""A Data Center site on loopback: its site and its faults are those of the Cloud sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from sandbox.jira.faults import Fault
from sandbox.jira.server import JiraSandbox
from sandbox.jira.site import JiraSite
from sandbox.jira_dc import api
from sandbox.jira_dc.people import People
from sandbox.jira_dc.shapes import Shapes
from sandbox.loopback import Reply, Request


class DataCenterSandbox(JiraSandbox):
    """Serves a site as Data Center does. Bearer tokens and passwords are those of `JiraSite.grant`.

    `takes_numbers`: whether JQL takes moments as epoch milliseconds. `tells_forbidden`: whether an issue that
    may not be seen is told from one that is not there. `most_results`: the administrator's bound of a page.
    `failed` counts failed logins by user name: at three, Jira wants a CAPTCHA. `allowance`: requests that it
    still takes before it asks to wait `interval` seconds; None: no limit. `meanwhile` is called with each
    request before it is answered: what people do to the site while it is read.
    """

    def __init__(
        self,
        site: JiraSite,
        port: int = 0,
        faults: Iterable[Fault] = (),
        forget_replies: bool = False,
        version: str = "10.3.24",
    ) -> None:
        super().__init__(site, port, faults, forget_replies)
        self.version = version
        self.people = People(site)
        self.shapes = Shapes(site, self.people)
        self.takes_numbers = True
        self.tells_forbidden = True
        self.most_results = 1000
        self.failed: dict[str, int] = {}
        self.allowance: int | None = None
        self.interval = 10
        self._refilled = datetime.min.replace(tzinfo=UTC)
        self.meanwhile: Callable[[Request], None] | None = None

    def handle(self, request: Request, believed: bool = True) -> Reply:
        if self.meanwhile:
            self.meanwhile(request)
        if self.allowance is None:
            return api.answer(self, request, believed)
        if self.allowance == 0 and self.site.now() >= self._refilled:
            self.allowance = 10
        reply = api.answer(self, request, believed) if self.allowance > 0 else self._too_many()
        if self.allowance == 1:
            self._refilled = self.site.now() + timedelta(seconds=self.interval)
        self.allowance = max(self.allowance - 1, 0)
        reply.headers |= {
            "X-RateLimit-Limit": "10", "X-RateLimit-Remaining": str(self.allowance),
            "X-RateLimit-FillRate": "10", "X-RateLimit-Interval-Seconds": str(self.interval),
            "Retry-After": "0" if self.allowance else str(self.interval),
        }  # fmt: skip
        return reply

    def gone_wrong(self, fault: Fault, request: Request) -> Reply:
        if fault.kind != "rate_limited":
            return super().gone_wrong(fault, request)
        reply = self._too_many()
        reply.headers |= {
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Interval-Seconds": str(self.interval),
        }
        return reply

    def _too_many(self) -> Reply:
        return Reply(429, {"message": "Rate limit exceeded.", "status-code": 429})
