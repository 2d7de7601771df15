"""The searches: JQL in pages, a rough count, issues by id, projects.

Rules of /search/jql (Atlassian's document of the resource and replies recorded on live tenants): the query
must hold a restriction, 1 to 5,000 results may be asked for and fewer come when fields are asked for,
without `fields` only ids come, and a page tells its successor's token but no total.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.jira import jql, shapes
from sandbox.jira.jql_terms import JqlError
from sandbox.jira.model import Issue
from sandbox.jira.replies import Reply, bad_payload, problem, refused
from sandbox.jira.resource import Call

MOST_IDS = 5000
MOST_WITH_FIELDS = 100
MOST_BULK = 100
MOST_RECONCILED = 50
MOST_LOGS = 1000
MEMBERS: dict[str, type] = {
    "jql": str, "nextPageToken": str, "maxResults": int, "fields": list, "expand": str, "properties": list,
    "fieldsByKeys": bool, "failFast": bool, "reconcileIssues": list,
}  # fmt: skip


@dataclass
class Tokens:
    """Page tokens given out: what they go on with. Like Jira's they are opaque and can be used again."""

    given: dict[str, tuple[str, list[str], int]] = field(default_factory=dict)
    number: int = 0

    def issue(self, asked: str, ids: list[str], start: int) -> str:
        """A token for the page that starts at this place of the query's result."""
        self.number += 1
        token = hashlib.sha256(f"{self.number} {start} {asked}".encode()).hexdigest()
        self.given[token] = (asked, ids, start)
        if len(self.given) > 2000:
            del self.given[next(iter(self.given))]
        return token


def as_before(call: Call) -> Reply:
    """The old search, where the tenant still has it (Atlassian's changelog CHANGE-2046). Only that it is there."""
    if call.site.old_search:
        return Reply(200, {"startAt": 0, "maxResults": 0, "total": 0, "issues": []})
    raise problem(404, f"No endpoint {call.request.method} {call.request.path}.", call.request.path)


def by_body(call: Call) -> Reply:
    body = parsed(call)
    if not set(body) <= set(MEMBERS) or not all(_fits(body[name], MEMBERS[name]) for name in body):
        raise bad_payload()
    return _page(
        call, body.get("jql") or "", int(body.get("maxResults", 50)), body.get("nextPageToken"),
        body.get("fields") or [], body.get("expand") or "", _reconciled(body),
    )  # fmt: skip


def _reconciled(body: dict[str, Any]) -> list[str]:
    """`reconcileIssues`: at most 50 numbers (SearchAndReconcileRequestBean)."""
    ids = body.get("reconcileIssues") or []
    if len(ids) > MOST_RECONCILED or not all(isinstance(id_, int) for id_ in ids):
        raise refused(400, f"reconcileIssues takes at most {MOST_RECONCILED} issue ids.")
    return [str(id_) for id_ in ids]


def by_query(call: Call) -> Reply:
    query = call.request.query
    return _page(
        call, query.get("jql", [""])[0], call.number("maxResults", 50), query.get("nextPageToken", [None])[0],
        [name for each in query.get("fields", []) for name in each.split(",")], query.get("expand", [""])[0],
    )  # fmt: skip


def count(call: Call) -> Reply:
    body = parsed(call)
    if set(body) - {"jql"}:
        raise bad_payload()
    return Reply(200, {"count": len(_found(call, body.get("jql") or ""))})


def bulk_fetch(call: Call) -> Reply:
    """Issues by id or key, in the order of their ids; those that cannot be seen are named as errors."""
    body = parsed(call)
    refs = body.get("issueIdsOrKeys")
    known = {"issueIdsOrKeys", "fields", "expand", "fieldsByKeys", "properties"}
    if not isinstance(refs, list) or set(body) - known:
        raise bad_payload()
    if not 1 <= len(refs) <= MOST_BULK:
        raise refused(400, f"The number of issues must be between 1 and {MOST_BULK}.")
    found: dict[str, Issue] = {}
    for ref in refs:
        try:
            issue = call.site.issue(str(ref))
        except KeyError:
            issue = None
        if issue is None or call.viewer is None or not call.site.visible(issue):
            continue  # "Issues which aren't found … won't be returned in this list" (BulkIssueResults)
        found[issue.id] = issue
    _stumble(call, found)
    wanted = shapes.chosen(call.site, body.get("fields") or ["*navigable"])
    histories = "changelog" in (body.get("expand") or [])
    ordered = sorted(found.values(), key=lambda issue: int(issue.id))
    shown = [shapes.issue(call.site, issue, wanted, histories) for issue in ordered]
    return Reply(200, {"issues": shown, "issueErrors": []})


def changelogs(call: Call) -> Reply:
    """POST /changelog/bulkfetch: whole changelogs, the oldest entries first."""
    body = parsed(call)
    refs = body.get("issueIdsOrKeys")
    if not isinstance(refs, list) or set(body) - {
        "issueIdsOrKeys",
        "fieldIds",
        "maxResults",
        "nextPageToken",
    }:
        raise bad_payload()
    if not 1 <= len(refs) <= MOST_LOGS:
        raise refused(400, f"The number of issues must be between 1 and {MOST_LOGS}.")
    entries = []
    for ref in refs:
        try:
            issue = call.site.issue(str(ref))
        except KeyError:
            continue
        if call.viewer is not None and call.site.visible(issue):
            entries += [(each.created, int(issue.id), each) for each in issue.histories]
    entries.sort(key=lambda entry: entry[:2])
    start, most = int(body.get("nextPageToken") or 0), int(body.get("maxResults", 1000))
    logs: dict[int, list[Any]] = {}
    for _, issue_id, each in entries[start : start + most]:
        logs.setdefault(issue_id, []).append(shapes.history(call.site, each))
    shown = [{"issueId": str(id_), "changeHistories": found} for id_, found in logs.items()]
    last = start + most >= len(entries)
    return Reply(200, {"issueChangeLogs": shown} | ({} if last else {"nextPageToken": str(start + most)}))


def projects(call: Call) -> Reply:
    start, most = call.number("startAt", 0), min(call.number("maxResults", 50), 100)
    keys = {key.upper() for key in call.request.query.get("keys", [])}
    visible = sorted(
        (
            project for project in call.site.projects.values()
            if call.viewer and project.id not in call.site.hidden
            and (not keys or project.key.upper() in keys)
        ),
        key=lambda project: project.key,
    )  # fmt: skip
    page = visible[start : start + most]
    return Reply(
        200,
        {
            "self": f"{call.site.base_url}/rest/api/3/project/search", "startAt": start, "maxResults": most,
            "total": len(visible), "isLast": start + most >= len(visible),
            "values": [shapes.project(call.site, project) for project in page],
        },
    )  # fmt: skip


def parsed(call: Call) -> dict[str, Any]:
    """The JSON object of the body. Raises as Jira does for another type, or for what is not JSON."""
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip()
    if kind != "application/json":
        raise problem(415, f"Content-Type '{kind}' is not supported.", call.request.path)
    try:
        body = json.loads(call.request.raw)
    except ValueError:
        told = "There was an error parsing JSON. Check that your request body is valid."
        raise refused(400, told, with_errors=False) from None
    if not isinstance(body, dict):
        raise bad_payload()
    return body


def _fits(value: Any, kind: type) -> bool:
    return value is None or (isinstance(value, kind) and not (kind is int and isinstance(value, bool)))


def _stumble(call: Call, ids: Iterable[str]) -> None:
    if call.site.broken.intersection(ids):
        raise refused(500, "Internal server error")


def _found(call: Call, query: str, reconciled: Sequence[str] = ()) -> list[Issue]:
    try:
        found = jql.search(call.site, query, reconciled)
    except JqlError as wrong:
        raise refused(400, str(wrong)) from wrong
    return found if call.viewer else []


def _page(
    call: Call, query: str, most: int, token: str | None, fields: Sequence[str], expand: str,
    reconciled: Sequence[str] = (),
) -> Reply:  # fmt: skip
    if not 1 <= most <= MOST_IDS:
        raise refused(400, "The maxResults parameter must be between 1 and 5,000.")
    if token is None:
        ids, start = [issue.id for issue in _found(call, query, reconciled)], 0
    else:
        asked, ids, start = call.tokens.given.get(token, ("", [], 0))
        if token not in call.tokens.given or asked != query:
            raise refused(400, "The provided nextPageToken is invalid or has expired.")
    only_id = not fields or list(fields) == ["id"]
    histories = "changelog" in expand.split(",")
    size = most if not histories and set(fields) <= {"id", "key"} else min(most, MOST_WITH_FIELDS)
    indexed = call.site.indexed(reconciled)
    page = [indexed[id_] for id_ in ids[start : start + size] if id_ in indexed]
    if not only_id:
        _stumble(call, (issue.id for issue in page))
    wanted = shapes.chosen(call.site, [name for name in fields if name not in ("id", "key")])
    shown = [shapes.issue(call.site, issue, wanted, histories, only_id and not histories) for issue in page]
    reply: dict[str, Any] = {"issues": shown}
    last = start + size >= len(ids)
    if not last:
        reply["nextPageToken"] = call.tokens.issue(query, ids, start + size)
    return Reply(200, reply | {"isLast": last})
