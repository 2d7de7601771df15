"""What Graph answers: sites, libraries, drive items, delta, downloads, upload sessions, batches."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.graph import tokens, workbooks
from sandbox.graph.drive import Drive, Entry, Identity
from sandbox.graph.faults import Request
from sandbox.graph.replies import Refusal, Reply, failed, not_found, refused
from sandbox.graph.tenant import App, Tenant, Upload

UNIT = 320 * 1024
LARGEST_PIECE = 60 * 1024 * 1024
LARGEST_BATCH = 20
Inner = Callable[[Request], Reply]


def answer(tenant: Tenant, request: Request, inner: Inner) -> Reply:
    """`inner` answers a request that came inside a batch."""
    try:
        reply = tokens.answer(tenant, request) or _by_right(tenant, request)
        if reply is None:
            app, by = _caller(tenant, request)
            reply = _graph(tenant, app, by, request, inner)
    except Refusal as refusal:
        reply = refusal.reply
    reply.headers.setdefault("request-id", "5f1d")
    reply.headers.setdefault("Server", "Graph")
    return reply


def _caller(tenant: Tenant, request: Request) -> tuple[App, Identity]:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in tenant.tokens:
        raise refused(401, "InvalidAuthenticationToken", "Access token has expired or is not yet valid.")
    return tenant.tokens[token]


def _graph(tenant: Tenant, app: App, by: Identity, request: Request, inner: Inner) -> Reply:
    path = request.path.removeprefix("/v1.0")
    if path == "/$batch" and request.method == "POST":
        return _batch(request, inner)
    if matched := re.fullmatch(r"/sites/([^/:]+):/(.+)", path):
        return _site(tenant, app, matched[1], f"/{matched[2].rstrip(':')}")
    if matched := re.fullmatch(r"/sites/([^/]+)", path):
        return _site(tenant, app, matched[1], "")
    if matched := re.fullmatch(r"/sites/([^/]+)/(drives?)", path):
        return _libraries(tenant, app, matched[1], many=matched[2] == "drives")
    if matched := re.fullmatch(r"/drives/([^/]+)/items/([^/]+)(?:/(.+))?", path):
        found = tenant.drive(matched[1])
        if found is None:
            raise not_found()
        site, drive = found
        _allowed(app, site.path, "read")
        entry = drive.get(matched[2])
        if entry is None:
            raise not_found()
        if request.method != "GET" and "closeSession" not in path and not _is_probe(request):
            _allowed(app, site.path, "write")
        return _item(tenant, drive, entry, by, request, matched[3] or "")
    raise refused(400, "BadRequest", "Resource not found for the segment.")


def _is_probe(request: Request) -> bool:
    return bool(request.body == {"persistChanges": False})


def _allowed(app: App, site: str, right: str) -> None:
    if not app.may(site, right):
        raise refused(403, "accessDenied", "Access denied")


# --- sites and libraries -----------------------------------------------------------------------------------


def _site(tenant: Tenant, app: App, host: str, path: str) -> Reply:
    site = tenant.site_of(host) or (tenant.sites.get(path) if host == tenant.host else None)
    if site is None:
        raise refused(404, "itemNotFound", "Requested site could not be found")
    _allowed(app, site.path, "read")
    address = f"https://{tenant.host}{site.path}"
    return Reply(200, {"id": site.id, "name": site.path.rpartition("/")[2], "webUrl": address})


def _libraries(tenant: Tenant, app: App, identity: str, many: bool) -> Reply:
    site = tenant.site_of(identity)
    if site is None:
        raise not_found()
    _allowed(app, site.path, "read")
    told = [
        {"id": drive.id, "name": drive.name, "driveType": "documentLibrary",
         "webUrl": f"https://{tenant.host}{site.path}/{'Shared%20' if drive.name == 'Documents' else ''}{drive.name}"}
        for drive in site.drives
    ]  # fmt: skip
    return Reply(200, {"value": told} if many else told[0])


# --- items -------------------------------------------------------------------------------------------------


def _item(tenant: Tenant, drive: Drive, entry: Entry, by: Identity, request: Request, rest: str) -> Reply:
    asked = (request.method, rest)
    if asked == ("GET", ""):
        told = drive.told(entry, where=True)
        if not entry.folder:
            told["@microsoft.graph.downloadUrl"] = (
                f"{tenant.base_url}/download/{drive.id}/{entry.id}?tempauth=v1"
            )
        return Reply(200, told)
    if asked == ("GET", "delta()"):
        return _delta(tenant, drive, request)
    if asked == ("POST", "createUploadSession"):
        return _open_upload(tenant, drive, entry, by, request)
    if rest.startswith("workbook/"):
        session = request.headers.get("workbook-session-id", "")
        behind = rest.removeprefix("workbook/")
        return workbooks.answer(tenant, drive, entry, by, request.method, behind, session, request.body)
    raise refused(400, "BadRequest", "Resource not found for the segment.")


def _delta(tenant: Tenant, drive: Drive, request: Request) -> Reply:
    """Tokens: `since:N` for what changed from place N of the log on, `all:N:M` for the next page of everything."""
    token = request.query.get("token", ["all:0:0"])[0]
    kind, *numbers = token.split(":")
    if kind == "since":
        start = int(numbers[0])
        if start < drive.oldest:
            reply = failed(410, "resyncRequired", "Resync required.", "resyncChangesApplyDifferences")
            reply.headers["Location"] = _link(tenant, drive, f"all:0:{len(drive.log)}")
            raise Refusal(reply)
        end = min(start + drive.page_size, len(drive.log))
        page = [drive.told(entry, deleted) for entry, deleted in drive.log[start:end]]
        if not drive.repeats:
            page = list({one["id"]: one for one in page}.values())
        way = "deltaLink" if end == len(drive.log) else "nextLink"
        return Reply(200, {"value": page, f"@odata.{way}": _link(tenant, drive, f"since:{end}")})
    start, seen = int(numbers[0]), int(numbers[1]) or len(drive.log)
    everything = [drive.told(entry) for entry in drive.entries.values()]
    page = everything[start : start + drive.page_size]
    if start + drive.page_size < len(everything):
        link = _link(tenant, drive, f"all:{start + drive.page_size}:{seen}")
        return Reply(200, {"value": page, "@odata.nextLink": link})
    return Reply(200, {"value": page, "@odata.deltaLink": _link(tenant, drive, f"since:{seen}")})


def _link(tenant: Tenant, drive: Drive, token: str) -> str:
    return f"{tenant.base_url}/v1.0/drives/{drive.id}/items/root/delta()?token={token}"


# --- addresses that carry their own right ------------------------------------------------------------------


def _by_right(tenant: Tenant, request: Request) -> Reply | None:
    """Downloads and uploads. With a token they are refused, as SharePoint does."""
    kind, _, rest = request.path.strip("/").partition("/")
    if kind not in ("download", "upload"):
        return None
    if "authorization" in request.headers:
        raise refused(401, "unauthenticated", "The caller is not authenticated.")
    if kind == "download":
        drive_id, _, item = rest.partition("/")
        found = tenant.drive(drive_id)
        entry = found[1].get(item) if found else None
        if entry is None:
            raise not_found()
        return Reply(200, entry.content, "application/octet-stream")
    upload = tenant.uploads.get(rest)
    if upload is None:
        raise refused(404, "itemNotFound", "The upload session was not found")
    if request.method == "DELETE":
        del tenant.uploads[rest]
        return Reply(204)
    if request.method == "PUT":
        return _piece(tenant, rest, upload, request)
    return Reply(200, _expects(upload))


def _open_upload(tenant: Tenant, drive: Drive, entry: Entry, by: Identity, request: Request) -> Reply:
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted not in (entry.tag, entry.content_tag):
        raise refused(412, "resourceModified", "ETag does not match current item's value")
    _free(entry)
    number = f"session-{tenant.number()}"
    tenant.uploads[number] = Upload(drive, entry.id, entry.tag, by)
    return Reply(200, {"uploadUrl": f"{tenant.base_url}/upload/{number}", **_expects(tenant.uploads[number])})


def _piece(tenant: Tenant, number: str, upload: Upload, request: Request) -> Reply:
    matched = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", request.headers.get("content-range", ""))
    if matched is None or int(matched[2]) - int(matched[1]) + 1 != len(request.raw):
        raise refused(400, "invalidRange", "Invalid Content-Range header value")
    start, end, whole = (int(text) for text in matched.groups())
    if len(request.raw) > LARGEST_PIECE or (end + 1 < whole and len(request.raw) % UNIT):
        raise refused(400, "invalidRequest", "The fragment's size is not a multiple of 320 KiB.")
    if start != len(upload.received):
        raise refused(416, "invalidRange", "Optimistic concurrency failure during fragmented upload")
    upload.received += request.raw
    if end + 1 < whole:
        return Reply(202, _expects(upload))
    entry = upload.drive.get(upload.item)
    if entry is None:
        raise not_found()
    if entry.tag != upload.tag:
        raise refused(412, "resourceModified", "The resource has changed since the caller last read it")
    _free(entry)
    del tenant.uploads[number]
    upload.drive.save(entry, upload.received, upload.by)
    told = upload.drive.told(entry, where=True)
    if upload.drive.rewrites:
        upload.drive.rewrite(entry)
    return Reply(200, told)


def _free(entry: Entry) -> None:
    if entry.locked:
        raise refused(423, "resourceLocked", "The resource you are attempting to access is locked")


def _expects(upload: Upload) -> dict[str, Any]:
    return {
        "expirationDateTime": "2036-01-05T09:00:00.000Z",
        "nextExpectedRanges": [f"{len(upload.received)}-"],
    }


# --- batches -----------------------------------------------------------------------------------------------


def _batch(request: Request, inner: Inner) -> Reply:
    asked = request.body.get("requests", [])
    if len(asked) > LARGEST_BATCH:
        raise refused(400, "BadRequest", "Number of batch request steps exceeds the maximum value of 20.")
    replies: dict[str, Reply] = {}
    for one in asked:
        if any(replies[other].status >= 300 for other in one.get("dependsOn", [])):
            replies[one["id"]] = failed(424, "FailedDependency", "A request that this one depends on failed.")
            continue
        split = urlsplit(one["url"])
        headers = {name.lower(): text for name, text in (one.get("headers") or {}).items()}
        headers["authorization"] = request.headers.get("authorization", "")
        body = one.get("body")
        replies[one["id"]] = inner(
            replace(
                request, method=one["method"], path="/v1.0" + unquote(split.path), query=parse_qs(split.query),
                headers=headers, raw=json.dumps(body).encode(), body=body,
            )
        )  # fmt: skip
    told = [{"id": n, "status": r.status, "headers": r.headers, "body": r.body} for n, r in replies.items()]
    return Reply(200, {"responses": told[::-1]})  # in no order that one might rely on
