"""Excel's own service: sessions, and ranges given values as if somebody typed them."""

from __future__ import annotations

import io
import re
from datetime import date
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries

from sandbox.graph.drive import Drive, Entry, Identity
from sandbox.graph.replies import Reply, not_found, refused
from sandbox.graph.tenant import Tenant

RANGE = re.compile(r"worksheets/(?P<sheet>[^/]+)/range\(address='(?P<address>[^']+)'\)")


def answer(
    tenant: Tenant, drive: Drive, entry: Entry, by: Identity, method: str, rest: str, session: str, body: Any
) -> Reply:
    """`rest` is the path behind `workbook/`, `session` what the header of the request names."""
    if not tenant.sessions:
        raise refused(403, "accessDenied", "Access denied", "forbiddenUncategorized")
    if not entry.content.startswith(b"PK"):
        raise refused(400, "badRequest", "The workbook cannot be opened.", "unsupportedWorkbook")
    if (method, rest) == ("POST", "createSession"):
        made = f"cluster=1&session={tenant.number()}"
        if body.get("persistChanges"):
            tenant.workbooks[made] = entry.id
        return Reply(201, {"id": made, "persistChanges": bool(body.get("persistChanges"))})
    if (method, rest) == ("POST", "closeSession"):
        tenant.workbooks.pop(session, None)
        return Reply(204)
    if session and tenant.workbooks.get(session) != entry.id:
        raise refused(404, "itemNotFound", "The session was not found.", "invalidSessionReCreatable")
    if (method, rest) == ("GET", "worksheets"):
        titles = load_workbook(io.BytesIO(entry.content), read_only=True).sheetnames
        sheets = [
            {"id": f"{{{n}}}", "name": t, "position": n, "visibility": "Visible"}
            for n, t in enumerate(titles)
        ]
        return Reply(200, {"value": sheets})
    matched = RANGE.fullmatch(rest)
    if matched is None or method not in ("GET", "PATCH"):
        raise not_found()
    return _range(drive, entry, by, matched["sheet"], matched["address"], body if method == "PATCH" else None)


def _range(drive: Drive, entry: Entry, by: Identity, title: str, address: str, body: Any) -> Reply:
    book = load_workbook(io.BytesIO(entry.content))
    if title not in book.sheetnames:
        raise refused(404, "itemNotFound", "The requested resource doesn't exist.")
    sheet = book[title]
    first, top, last, bottom = range_boundaries(address)
    if body is not None:
        values = body.get("values")
        if len(values) != bottom - top + 1 or any(len(line) != last - first + 1 for line in values):
            raise refused(
                400, "invalidArgument", "The number of rows or columns in the input array doesn't match."
            )
        if sheet.protection.sheet:
            raise refused(403, "accessDenied", "You cannot perform the requested operation.")
        for row, line in enumerate(values, start=top):
            for column, value in enumerate(line, start=first):
                if value is not None:
                    _type(sheet.cell(row, column), value)
        out = io.BytesIO()
        book.save(out)
        drive.save(entry, out.getvalue(), by)
    rows = range(top, bottom + 1)
    shown = [[_shown(sheet.cell(row, column).value) for column in range(first, last + 1)] for row in rows]
    return Reply(200, {
        "address": f"{title}!{get_column_letter(first)}{top}:{get_column_letter(last)}{bottom}",
        "rowIndex": top - 1, "columnIndex": first - 1, "rowCount": bottom - top + 1, "columnCount": last - first + 1,
        "cellCount": (bottom - top + 1) * (last - first + 1), "values": shown, "text": shown,
    })  # fmt: skip


def _type(cell: Any, value: Any) -> None:
    """What Excel makes of input: formulas, dates and numbers of texts that look like them, unless after a `'`."""
    if not isinstance(value, str):
        cell.value = value
    elif value == "":
        cell.value = None
    elif value.startswith("'"):
        cell.value = value[1:]
        cell.data_type = "s"
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        cell.value = date.fromisoformat(value)
    elif re.fullmatch(r"[-+]?\d+(\.\d+)?", value):
        cell.value = float(value)
    else:
        cell.value = value  # a leading `=` makes a formula of it


def _shown(value: Any) -> Any:
    return "" if value is None else value if isinstance(value, str | int | float) else str(value)
