"""The resources of the Jira Cloud REST API v3 that the sandbox plays, and who may use them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from sandbox.jira import catalogue, comments, search, shapes
from sandbox.jira.adf import acceptable
from sandbox.jira.faults import Request
from sandbox.jira.model import User
from sandbox.jira.replies import Refusal, Reply, bad_payload, problem, refused, unauthenticated
from sandbox.jira.resource import Call, visible_issue
from sandbox.jira.site import JiraSite

Handler = Callable[..., Reply]


def myself(call: Call) -> Reply:
    if call.viewer is None:
        raise Refusal(unauthenticated())
    return Reply(200, shapes.whoami(call.site, call.viewer))


def server_info(call: Call) -> Reply:
    now = call.site.now()
    return Reply(
        200,
        {
            "baseUrl": call.site.base_url, "version": "1001.0.0-SNAPSHOT", "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud", "buildNumber": 100290, "buildDate": shapes.stamp(call.site, now),
            "serverTime": shapes.stamp(call.site, now), "scmInfo": "sandbox", "serverTitle": "Jira",
            "serverTimeZone": "Etc/UTC",
        },
    )  # fmt: skip


def fields(call: Call) -> Reply:
    return Reply(200, catalogue.fields(call.site))


def statuses(call: Call) -> Reply:
    return Reply(200, [shapes.status(call.site, each) for each in call.site.statuses.values()])


def link_types(call: Call) -> Reply:
    shown = [
        {"id": each.id, "name": each.name, "inward": each.inward, "outward": each.outward,
         "self": f"{call.site.base_url}/rest/api/3/issueLinkType/{each.id}"}
        for each in call.site.link_types.values()
    ]  # fmt: skip
    return Reply(200, {"issueLinkTypes": shown})


def project(call: Call, key: str) -> Reply:
    try:
        found = call.site.project(key)
    except KeyError:
        found = None
    if found is None or found.id in call.site.hidden or call.viewer is None:
        raise refused(404, f"No project could be found with key '{key}'.")
    return Reply(200, shapes.project(call.site, found))


def my_permissions(call: Call) -> Reply:
    asked = [name for each in call.request.query.get("permissions", []) for name in each.split(",") if name]
    if not asked:
        raise refused(400, "The 'permissions' query parameter is required.")
    have = {"BROWSE_PROJECTS": len(call.site.hidden), "ADD_COMMENTS": len(call.site.hidden | call.site.muted)}
    shown = {
        name: {
            "id": str(number), "key": name, "name": name.replace("_", " ").title(), "type": "PROJECT",
            "description": "",
            "havePermission": call.viewer is not None and have.get(name, 0) < len(call.site.projects),
        }
        for number, name in enumerate(asked, start=10)
    }  # fmt: skip
    return Reply(200, {"permissions": shown})


def issue(call: Call, ref: str) -> Reply:
    found = visible_issue(call, ref)
    asked = call.request.query.get("fields") or ["*all"]
    histories = "changelog" in ",".join(call.request.query.get("expand", []))
    return Reply(200, shapes.issue(call.site, found, shapes.chosen(call.site, asked), histories))


def worklogs(call: Call, ref: str) -> Reply:
    found = visible_issue(call, ref)
    start, most = call.number("startAt", 0), min(call.number("maxResults", 5000), 5000)
    page = found.worklogs[start : start + most]
    shown = [shapes.worklog(call.site, found, each) for each in page]
    told = {"startAt": start, "maxResults": most, "total": len(found.worklogs), "worklogs": shown}
    return Reply(200, told)


def edit_issue(call: Call, ref: str) -> Reply:
    """PUT /issue: `fields` set a value, `update` adds to and removes from a list of labels."""
    found = visible_issue(call, ref)
    if not isinstance(call.request.body, dict) or call.viewer is None:
        raise bad_payload()
    changes = dict(call.request.body.get("fields") or {})
    for operation in (call.request.body.get("update") or {}).get("labels", []):
        labels = [label for label in changes.get("labels", found.labels) if label != operation.get("remove")]
        changes["labels"] = labels + [each for each in [operation.get("add")] if each and each not in labels]
    for name, value in list(changes.items()):
        if name in ("description", "environment") and not acceptable(value):
            raise refused(400, "INVALID_INPUT")
        if isinstance(value, dict) and name not in ("description", "environment"):
            changes[name] = value.get("name") or value.get("accountId") or value.get("key") or value.get("id")
        elif isinstance(value, list) and not name.startswith("customfield_"):
            changes[name] = [each.get("name") if isinstance(each, dict) else each for each in value]
    try:
        call.site.set_fields(found.id, changes, call.viewer.account_id)
    except KeyError as unknown:
        name = str(unknown.args[0])
        told = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        raise Refusal(Reply(400, {"errorMessages": [], "errors": {name: told}})) from unknown
    return Reply(204)


def put_remote_link(call: Call, ref: str) -> Reply:
    """POST /issue/…/remotelink: made, or changed where its global id is known."""
    found, body = visible_issue(call, ref), search.parsed(call)
    link = body.get("object") or {}
    missing = {name: f"'{name}' is required." for name in ("url", "title") if not link.get(name)}
    if missing:
        raise Refusal(Reply(400, {"errorMessages": [], "errors": missing}))
    known = str(body.get("globalId") or link["url"])
    made = known not in found.remote_links
    number = found.remote_links[known]["id"] if not made else int(call.site.new_id())
    found.remote_links[known] = {"id": number, "globalId": known, "object": link}
    at = f"{call.site.base_url}/rest/api/3/issue/{found.id}/remotelink/{number}"
    return Reply(201 if made else 200, {"id": number, "self": at})


def remove_remote_link(call: Call, ref: str) -> Reply:
    found = visible_issue(call, ref)
    known = call.request.query.get("globalId", [""])[0]
    if found.remote_links.pop(known, None) is None:
        raise refused(404, f"No remote link with global ID '{known}' exists.")
    return Reply(204)


ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/myself", myself),
    ("GET", "/serverInfo", server_info),
    ("GET", "/field", fields),
    ("GET", "/status", statuses),
    ("GET", "/issueLinkType", link_types),
    ("GET", "/mypermissions", my_permissions),
    ("GET", "/project/search", search.projects),
    ("GET", "/project/([^/]+)", project),
    ("GET", "/search", search.as_before),
    ("POST", "/search", search.as_before),
    ("GET", "/search/jql", search.by_query),
    ("POST", "/search/jql", search.by_body),
    ("POST", "/search/approximate-count", search.count),
    ("POST", "/issue/bulkfetch", search.bulk_fetch),
    ("POST", "/changelog/bulkfetch", search.changelogs),
    ("GET", "/issue/([^/]+)", issue),
    ("GET", "/issue/([^/]+)/worklog", worklogs),
    ("PUT", "/issue/([^/]+)", edit_issue),
    ("POST", "/issue/([^/]+)/remotelink", put_remote_link),
    ("DELETE", "/issue/([^/]+)/remotelink", remove_remote_link),
    ("GET", "/issue/([^/]+)/comment", comments.of_issue),
    ("POST", "/issue/([^/]+)/comment", comments.add),
    ("GET", "/issue/([^/]+)/comment/([^/]+)", comments.one),
    ("PUT", "/issue/([^/]+)/comment/([^/]+)", comments.edit),
    ("DELETE", "/issue/([^/]+)/comment/([^/]+)", comments.remove),
    ("POST", "/comment/list", comments.by_ids),
    ("GET", "/comment/([^/]+)/properties", comments.property_keys),
    ("GET", "/comment/([^/]+)/properties/([^/]+)", comments.one_property),
]
_COMPILED = [(method, re.compile(f"/rest/api/3{path}/?$"), handler) for method, path, handler in ROUTES]


def answer(site: JiraSite, request: Request, tokens: search.Tokens, believed: bool = True) -> Reply:
    """Answer a request. `believed` False answers as Jira does where it takes the token for nobody's."""
    try:
        viewer = authenticated(site, request) if believed else None
        reply = _handle(site, request, tokens, viewer)
    except Refusal as refusal:
        return refusal.reply
    if not believed:
        reply.headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
    return reply


GATEWAY = re.compile(r"/ex/jira/[^/]+(?=/rest/)")
READS = ("/search", "/bulkfetch", "/comment/list")


def _through_gateway(site: JiraSite, request: Request) -> str:
    """The path behind api.atlassian.com. Raises as the gateway does for a scope that the token has not."""
    path, times = GATEWAY.subn("", request.path, count=1)
    reads = request.method == "GET" or path.endswith(READS) or "/search/" in path
    needed = "read:jira-user" if path.endswith("/myself") else f"{'read' if reads else 'write'}:jira-work"
    if times and needed not in site.scopes:
        raise Refusal(Reply(401, {"code": 401, "message": "Unauthorized; scope does not match"}))
    return path


def _handle(site: JiraSite, request: Request, tokens: search.Tokens, viewer: User | None) -> Reply:
    at = _through_gateway(site, request)
    for method, path, handler in _COMPILED:
        match = path.match(at)
        if match and method == request.method:
            return handler(Call(site, request, viewer, tokens), *match.groups())
    raise problem(404, f"No endpoint {request.method} {request.path}.", request.path)


def authenticated(site: JiraSite, request: Request) -> User | None:
    """The user whose token it is; None for nobody's. Raises Refusal for a token that is wrong."""
    header = request.headers.get("authorization", "")
    kind, _, secret = header.partition(" ")
    if not header:
        return None
    if kind.lower() != "basic":
        told = {"error": "Failed to parse Connect Session Auth Token"}
        raise Refusal(Reply(403, told, "application/json"))
    try:
        email, _, token = base64.b64decode(secret, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        email = token = ""
    if not token or site.tokens.get(email) != token:
        reply = unauthenticated()
        reply.headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
        raise Refusal(reply)
    return site.user(email)
