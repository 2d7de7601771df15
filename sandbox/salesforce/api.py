"""The resources of the REST API that the sandbox plays, and who may use them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.loopback import Refusal, Reply, Request
from sandbox.salesforce import bulk, tokens, writes
from sandbox.salesforce.org import Org
from sandbox.salesforce.querying import attributes, kind_named, prepare, run, shown
from sandbox.salesforce.replies import NO_RESOURCE, refused, session_over
from sandbox.salesforce.schema import describe
from sandbox.salesforce.soql import Query, SoqlError

VERSIONS = ("58.0", "60.0", "62.0", "64.0")
LEAST_BATCH = 200


@dataclass
class Held:
    """What the org keeps for its callers between requests: the rest of queries' results, and Bulk jobs."""

    locators: dict[str, tuple[str, list[str], bool]] = field(default_factory=dict)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True)
class Call:
    org: Org
    request: Request
    user: str
    version: str
    held: Held

    def asked(self, name: str, default: str = "") -> str:
        return self.request.query.get(name, [default])[0]


def versions(org: Org) -> Reply:
    shown_ = [
        {"label": f"Release {each}", "url": f"/services/data/v{each}", "version": each} for each in VERSIONS
    ]
    return Reply(200, shown_)


def limits(call: Call) -> Reply:
    left = max(call.org.api_limit - call.org.api_used, 0)
    return Reply(200, {"DailyApiRequests": {"Max": call.org.api_limit, "Remaining": left}})


def described(call: Call, name: str) -> Reply:
    kind = kind_named(call.org, name)
    if kind is None:
        raise refused(404, "NOT_FOUND", NO_RESOURCE)
    hidden = frozenset(call.org.hidden_fields.get(kind, ()))
    return Reply(200, describe(call.org.objects[kind], hidden, call.version, call.org.base_url))


def query(call: Call) -> Reply:
    return _query(call, with_deleted=False)


def query_all(call: Call) -> Reply:
    return _query(call, with_deleted=True)


def _query(call: Call, with_deleted: bool) -> Reply:
    text = call.asked("q")
    prepared = _prepared(call.org, text)
    records = run(call.org, prepared, with_deleted)
    if prepared.counts:
        return Reply(200, {"totalSize": len(records), "done": True, "records": []})
    if prepared.aggregates:
        return Reply(
            200, {"totalSize": 1, "done": True, "records": shown(call.org, prepared, records, call.version)}
        )
    return _page(call, text, [record["Id"] for record in records], 0)


def _prepared(org: Org, text: str) -> Query:
    try:
        return prepare(org, text)
    except SoqlError as wrong:
        raise refused(400, wrong.code, str(wrong)) from wrong


def more(call: Call, locator: str) -> Reply:
    name, _, start = locator.partition("-")
    if name not in call.held.locators:
        raise refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
    text, ids, _ = call.held.locators[name]
    return _page(call, text, ids, int(start), name)


def _page(call: Call, text: str, ids: list[str], start: int, name: str = "") -> Reply:
    """A page of a result that stands as it was when it was asked for; what is gone since is left out."""
    org = call.org
    asked = re.search(r"batchSize=(\d+)", call.request.headers.get("sforce-query-options", ""))
    size = min(max(int(asked[1]), LEAST_BATCH) if asked else 2000, org.batch)
    prepared = _prepared(org, text)
    known = org.records[prepared.kind]
    page = [known[each] for each in ids[start : start + size] if each in known]
    done = start + size >= len(ids)
    told: dict[str, Any] = {"totalSize": len(ids), "done": done}
    if not done:
        if not name:
            call.held.number += 1
            name = f"01g5g{call.held.number:010d}AAA"
            call.held.locators[name] = (text, ids, True)
        told["nextRecordsUrl"] = f"/services/data/{call.version}/query/{name}-{start + size}"
    return Reply(200, told | {"records": shown(org, prepared, page, call.version)})


def one(call: Call, name: str, record_id: str) -> Reply:
    kind = kind_named(call.org, name)
    found = (
        next((r for r in call.org.visible(kind) if r["Id"][:15] == record_id[:15]), None) if kind else None
    )
    if kind is None or found is None:
        raise refused(404, "NOT_FOUND", NO_RESOURCE)
    values = {each.name: call.org.value(kind, found, each.name) for each in call.org.fields(kind).values()}
    return Reply(200, {"attributes": attributes(kind, found["Id"], call.version)} | values)


def upsert(call: Call, name: str, field_name: str) -> Reply:
    return writes.upsert(call.org, call.request.body, call.user, kind_named(call.org, name), field_name)


def edit(call: Call, name: str, record_id: str) -> Reply:
    return writes.edit(call.org, call.request, call.user, kind_named(call.org, name), record_id)


def bulk_jobs(call: Call) -> Reply:
    bulk.needs(call.org)
    return Reply(200, {"done": True, "nextRecordsUrl": None, "records": list(call.held.jobs.values())})


def bulk_create(call: Call) -> Reply:
    return bulk.create(call.org, call.held, call.request.body, call.user, call.version)


def bulk_state(call: Call, job: str) -> Reply:
    return bulk.state(call.org, call.held, job)


def bulk_results(call: Call, job: str) -> Reply:
    return bulk.results(
        call.org, call.held, job, call.asked("locator"), int(call.asked("maxRecords", "50000"))
    )


Handler = Callable[..., Reply]
ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/limits", limits),
    ("GET", "/sobjects/([^/]+)/describe", described),
    ("GET", "/query", query),
    ("GET", "/queryAll", query_all),
    ("GET", "/query/([^/]+)", more),
    ("GET", "/sobjects/([^/]+)/([^/]+)", one),
    ("PATCH", "/sobjects/([^/]+)/([^/]+)", edit),
    ("PATCH", "/composite/sobjects/([^/]+)/([^/]+)", upsert),
    ("GET", "/jobs/query", bulk_jobs),
    ("POST", "/jobs/query", bulk_create),
    ("GET", "/jobs/query/([^/]+)", bulk_state),
    ("GET", "/jobs/query/([^/]+)/results", bulk_results),
]
_COMPILED = [(method, re.compile(f"{path}/?$"), handler) for method, path, handler in ROUTES]
_DATA = re.compile(r"/services/data/(v(\d+\.\d))(/.*)$")


def answer(org: Org, request: Request, held: Held) -> Reply:
    """The reply to a request, with the header that tells of the calls of the day."""
    try:
        if request.path == "/services/oauth2/token" and request.method == "POST":
            return tokens.grant(org, request)
        if request.path in ("/services/data", "/services/data/"):
            return versions(org)
        return _data(org, request, held)
    except Refusal as refusal:
        return refusal.reply


def _data(org: Org, request: Request, held: Held) -> Reply:
    path = _DATA.match(request.path)
    if path is None or path[2] not in VERSIONS:
        raise refused(404, "NOT_FOUND", NO_RESOURCE)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    if kind != "Bearer" or token not in org.sessions:
        return session_over()
    if org.api_used >= org.api_limit:
        raise refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
    org.api_used += 1
    call = Call(org, request, org.sessions[token], path[1], held)
    try:
        reply = _handle(call, path[3])
    except Refusal as refusal:
        reply = refusal.reply
    reply.headers["Sforce-Limit-Info"] = f"api-usage={org.api_used}/{org.api_limit}"
    return reply


def _handle(call: Call, rest: str) -> Reply:
    for method, pattern, handler in _COMPILED:
        match = pattern.match(rest)
        if match and method == call.request.method:
            return handler(call, *match.groups())
    raise refused(404, "NOT_FOUND", NO_RESOURCE)
