"""The resources of the Data Center REST API v2 that the sandbox plays, and who may use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.jira import api as cloud_api
from sandbox.jira import catalogue
from sandbox.jira import shapes as cloud
from sandbox.jira.model import Issue, User
from sandbox.jira.replies import refused, unauthenticated
from sandbox.jira.resource import Call as CloudCall
from sandbox.jira.site import JiraSite
from sandbox.jira_dc import comments, search
from sandbox.jira_dc.shapes import Shapes
from sandbox.loopback import Refusal, Reply, Request

if TYPE_CHECKING:
    from sandbox.jira_dc.server import DataCenterSandbox

MOST_FAILED = 3
"""Failed logins after which Jira wants a CAPTCHA (`jira.maximum.authentication.attempts.allowed`)."""
NO_PERMISSION = "You do not have the permission to see the specified issue."


@dataclass(frozen=True)
class Call:
    """One request, who asks (None: nobody), and the sandbox that answers it."""

    host: DataCenterSandbox
    request: Request
    viewer: User | None

    @property
    def site(self) -> JiraSite:
        return self.host.site

    @property
    def shapes(self) -> Shapes:
        return self.host.shapes

    def number(self, name: str, default: int) -> int:
        try:
            return int(self.request.query.get(name, [str(default)])[0])
        except ValueError:
            raise Refusal(Reply(404, {"message": "null for uri", "status-code": 404})) from None

    def expands(self, what: str) -> bool:
        return what in ",".join(self.request.query.get("expand", [])).split(",")

    def parsed(self) -> dict[str, Any]:
        """The JSON object of the body, refused as Jira's REST layer does for another type or for no JSON."""
        if self.request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise Refusal(Reply(415, {"message": "Unsupported Media Type", "status-code": 415}))
        if not isinstance(self.request.body, dict):
            raise refused(400, "Unexpected character: expected a valid JSON object", with_errors=False)
        return self.request.body

    def someone(self) -> User:
        if self.viewer is None:
            raise Refusal(unauthenticated())
        return self.viewer

    def issue(self, ref: str) -> Issue:
        """What is not there is told from what may not be seen: a 404, and a 401 or 403."""
        try:
            found = self.site.issue(ref)
        except KeyError:
            raise refused(404, "Issue Does Not Exist") from None
        if self.viewer and self.site.visible(found):
            return found
        if not self.host.tells_forbidden:
            raise refused(404, "Issue Does Not Exist")
        told = [NO_PERMISSION] + ([] if self.viewer else ["Login Required"])
        raise Refusal(Reply(403 if self.viewer else 401, {"errorMessages": told, "errors": {}}))


Handler = Callable[..., Reply]


def as_on_cloud(handler: Handler) -> Handler:
    """A resource that both kinds of Jira have alike; `answer` puts in Data Center's addresses."""

    def handled(call: Call) -> Reply:
        return handler(CloudCall(call.site, call.request, call.viewer, call.host.tokens))

    return handled


def of_issue_as_on_cloud(handler: Handler) -> Handler:
    """The same of an issue, which is there and may be seen."""

    def handled(call: Call, ref: str) -> Reply:
        call.issue(ref)
        alike = handler(CloudCall(call.site, call.request, call.someone(), call.host.tokens), ref)
        status = 200 if alike.status == 201 else alike.status  # published for made and for changed alike
        return Reply(status, alike.body, alike.content_type, alike.headers)

    return handled


def myself(call: Call) -> Reply:
    return Reply(200, call.shapes.whoami(call.someone()))


def server_info(call: Call) -> Reply:
    now, version = call.site.now(), call.host.version
    return Reply(
        200,
        {
            "baseUrl": call.site.base_url, "version": version,
            "versionNumbers": [int(part) for part in version.split(".")], "deploymentType": "Server",
            "buildNumber": 1003000, "buildDate": cloud.stamp(call.site, now), "databaseBuildNumber": 1003000,
            "serverTime": cloud.stamp(call.site, now), "scmInfo": "sandbox", "serverTitle": "Jira",
        },
    )  # fmt: skip


def fields(call: Call) -> Reply:
    return Reply(200, call.shapes.fields(catalogue.fields(call.site)))


def projects(call: Call) -> Reply:
    """All that can be seen, in one list: Data Center has no pages of projects."""
    seen = [each for each in call.site.projects.values() if call.viewer and each.id not in call.site.hidden]
    return Reply(200, [call.shapes.project(each) for each in sorted(seen, key=lambda each: each.key)])


def project(call: Call, key: str) -> Reply:
    return Reply(200, call.shapes.project(cloud_api.visible_project(call.site, call.viewer, key)))


def my_permissions(call: Call) -> Reply:
    call.someone()
    hidden, muted = len(call.site.hidden), len(call.site.hidden | call.site.muted)
    shown = {
        name: {
            "id": str(number), "key": name, "name": name.replace("_", " ").title(), "type": "PROJECT",
            "description": "", "havePermission": barred < len(call.site.projects),
        }
        for number, (name, barred) in enumerate((("BROWSE_PROJECTS", hidden), ("ADD_COMMENTS", muted)), 10)
    }  # fmt: skip
    return Reply(200, {"permissions": shown})


def issue(call: Call, ref: str) -> Reply:
    found = call.issue(ref)
    wanted = call.shapes.chosen(call.request.query.get("fields") or ["*all"])
    return Reply(200, call.shapes.issue(found, wanted, call.expands("changelog")))


def worklogs(call: Call, ref: str) -> Reply:
    """All of them: Data Center has no pages of worklogs."""
    found = call.issue(ref)
    told = [cloud.worklog(call.site, found, each) for each in found.worklogs]
    whole = {"startAt": 0, "maxResults": len(told), "total": len(told), "worklogs": told}
    return Reply(200, call.shapes.worklogs(found, whole))


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/myself", myself),
    ("GET", "/serverInfo", server_info),
    ("GET", "/field", fields),
    ("GET", "/status", as_on_cloud(cloud_api.statuses)),
    ("GET", "/issueLinkType", as_on_cloud(cloud_api.link_types)),
    ("GET", "/mypermissions", my_permissions),
    ("GET", "/project", projects),
    ("GET", "/project/([^/]+)", project),
    ("GET", "/search", search.by_query),
    ("POST", "/search", search.by_body),
    ("GET", "/issue/([^/]+)", issue),
    ("PUT", "/issue/([^/]+)", of_issue_as_on_cloud(cloud_api.edit_issue)),
    ("POST", "/issue/([^/]+)/remotelink", of_issue_as_on_cloud(cloud_api.put_remote_link)),
    ("DELETE", "/issue/([^/]+)/remotelink", of_issue_as_on_cloud(cloud_api.remove_remote_link)),
    ("GET", "/issue/([^/]+)/worklog", worklogs),
    ("GET", "/issue/([^/]+)/comment", comments.of_issue),
    ("POST", "/issue/([^/]+)/comment", comments.add),
    ("GET", "/issue/([^/]+)/comment/([^/]+)", comments.one),
    ("PUT", "/issue/([^/]+)/comment/([^/]+)", comments.edit),
    ("DELETE", "/issue/([^/]+)/comment/([^/]+)", comments.remove),
    ("GET", "/comment/([^/]+)/properties", comments.property_keys),
    ("GET", "/comment/([^/]+)/properties/([^/]+)", comments.one_property),
]
_COMPILED = [(method, re.compile(f"/rest/api/2{path}/?$"), handler) for method, path, handler in ROUTES]


def answer(host: DataCenterSandbox, request: Request, believed: bool) -> Reply:
    """Answer a request. `believed` False answers as where a login is taken for nobody's.

    What is shown as Cloud shows it gets Data Center's addresses here, in the text: 2,500 issues are many values.
    """
    viewer: User | None = None
    try:
        viewer = authenticated(host, request) if believed else None
        reply = _handle(Call(host, request, viewer))
    except Refusal as refusal:
        reply = refusal.reply
    if not isinstance(reply.body, str):
        shown = reply.encoded().decode().replace(f"{host.url}/rest/api/3/", f"{host.url}/rest/api/2/")
        reply.body = shown or None
    reply.headers.setdefault("X-AUSERNAME", host.people.name(viewer) if viewer else "anonymous")
    reply.headers |= {"X-AREQUESTID": f"540x{len(host.log)}x1", "X-ANODEID": "node1", "Server": "nginx"}
    return reply


def _handle(call: Call) -> Reply:
    for method, path, handler in _COMPILED:
        match = path.match(call.request.path)
        if match and method == call.request.method:
            return handler(call, *match.groups())
    told = f"null for uri: {call.site.base_url}{call.request.path}"
    raise Refusal(Reply(404, {"message": told, "status-code": 404}))


def authenticated(host: DataCenterSandbox, request: Request) -> User | None:
    """The user whose login it is; None for nobody's. Raises Refusal for a login that is wrong, or locked."""
    header = request.headers.get("authorization", "")
    kind, _, secret = header.partition(" ")
    if not header:
        return None
    if kind.lower() == "bearer":
        return host.people.with_token(secret) or _refuse_token()
    name, password = cloud_api.pair(secret)
    user = host.people.named(name)
    if user and host.failed.get(name, 0) >= MOST_FAILED:
        raise Refusal(_denied())
    if user is None or not user.email or host.site.tokens.get(user.email) != password:
        host.failed[name] = host.failed.get(name, 0) + 1
        raise Refusal(_page(401, "Unauthorized (401)", {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}))
    host.failed.pop(name, None)
    return user


def _refuse_token() -> User:
    raise Refusal(unauthenticated())


def _denied() -> Reply:
    """What a login with basic authentication gets while its CAPTCHA is unsolved, even with the right password."""
    headers = {
        "X-Seraph-LoginReason": "AUTHENTICATION_DENIED",
        "X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=/login.jsp",
    }
    return _page(403, "Basic Authentication Failure - Reason : AUTHENTICATION_DENIED", headers)


def _page(status: int, title: str, headers: dict[str, Any]) -> Reply:
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, body, "text/html;charset=UTF-8", headers)
