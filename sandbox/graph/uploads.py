"""Upload sessions: for a file's new content, or for a new file; pieces in order, in multiples of 320 KiB."""

from __future__ import annotations

import re
from typing import Any

from sandbox.graph.drive import Drive, Entry, Identity
from sandbox.graph.faults import Request
from sandbox.graph.replies import Reply, not_found, refused
from sandbox.graph.tenant import Tenant, Upload

UNIT = 320 * 1024
LARGEST_PIECE = 60 * 1024 * 1024


def replacing(tenant: Tenant, drive: Drive, entry: Entry, by: Identity, request: Request) -> Reply:
    wanted = request.headers.get("if-match")
    if wanted is not None and wanted not in (entry.tag, entry.content_tag):
        raise refused(412, "resourceModified", "ETag does not match current item's value")
    _free(entry)
    return _opened(tenant, Upload(drive, entry.id, entry.tag, by))


def making(tenant: Tenant, drive: Drive, folder: str, name: str, by: Identity, request: Request) -> Reply:
    """A session for a new file, by its folder's id and its name; it takes no other file's place."""
    if drive.get(folder) is None:
        raise not_found()
    if request.body.get("item", {}).get("@microsoft.graph.conflictBehavior") != "fail":
        raise refused(400, "notSupported", "This sandbox knows only `fail` for a file by its name.")
    _nameless(drive, folder, name)
    return _opened(tenant, Upload(drive, "", "", by, folder=folder, name=name))


def _opened(tenant: Tenant, upload: Upload) -> Reply:
    number = f"session-{tenant.number()}"
    tenant.uploads[number] = upload
    return Reply(200, {"uploadUrl": f"{tenant.base_url}/upload/{number}", **expects(upload)})


def _nameless(drive: Drive, folder: str, name: str) -> None:
    if drive.child(folder, name) is not None:
        raise refused(409, "nameAlreadyExists", "An item with the same name already exists under the parent")


def piece(tenant: Tenant, number: str, upload: Upload, request: Request) -> Reply:
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
        return Reply(202, expects(upload))
    if not upload.item:
        return _made(tenant, number, upload)
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


def _made(tenant: Tenant, number: str, upload: Upload) -> Reply:
    _nameless(upload.drive, upload.folder, upload.name)
    del tenant.uploads[number]
    entry = upload.drive.add(upload.folder, upload.name, upload.received, upload.by)
    told = upload.drive.told(entry, where=True)
    if upload.drive.rewrites:
        upload.drive.rewrite(entry)
    return Reply(201, told)


def _free(entry: Entry) -> None:
    if entry.locked:
        raise refused(423, "resourceLocked", "The resource you are attempting to access is locked")


def expects(upload: Upload) -> dict[str, Any]:
    return {
        "expirationDateTime": "2036-01-05T09:00:00.000Z",
        "nextExpectedRanges": [f"{len(upload.received)}-"],
    }
