"""Writing: collections upserted by an external id, a row's failure told under HTTP 200, and single edits."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from sandbox.loopback import Reply, Request
from sandbox.salesforce.org import Org
from sandbox.salesforce.replies import NO_RESOURCE, refused
from sandbox.salesforce.schema import SObject

MOST_ROWS = 200
Row = dict[str, Any]


def upsert(org: Org, body: Any, user: str, kind: str | None, field_name: str) -> Reply:
    if kind is None:
        raise refused(404, "NOT_FOUND", NO_RESOURCE)
    field = org.fields(kind).get(field_name.lower())
    if field is None or not (field.external_id or field.name == "Id"):
        told = f"Provided external ID field does not exist or is not accessible: {field_name}"
        raise refused(404, "NOT_FOUND", told)
    rows = body.get("records") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not rows:
        raise refused(400, "JSON_PARSER_ERROR", "The records list is missing or empty")
    if len(rows) > MOST_ROWS:
        raise refused(
            400, "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {MOST_ROWS} records"
        )
    return Reply(200, [_upsert_row(org, dict(row), user, kind, field.name) for row in rows])


def _upsert_row(org: Org, row: Row, user: str, kind: str, field_name: str) -> Row:
    row.pop("attributes", None)
    key = row.get(field_name)
    if not key:
        return _error("MISSING_ARGUMENT", f"{field_name} not specified")
    same = [r for r in org.visible(kind) if str(r[field_name] or "").lower() == str(key).lower()]
    if len(same) > 1:
        return _error(
            "DUPLICATE_EXTERNAL_ID", f"More than one record found for external id field: {field_name}"
        )
    problem = _problem(org, kind, row, same[0] if same else None)
    if problem:
        return problem
    by = org.records["User"][user]["Email"]
    record = org.update(same[0]["Id"], row, by) if same else org.create(kind, row, by)
    return {"id": record["Id"], "success": True, "errors": [], "created": not same}


def edit(org: Org, request: Request, user: str, kind: str | None, record_id: str) -> Reply:
    """PATCH of one record, with If-Unmodified-Since where it is given (REST API, Conditional Requests)."""
    found = next((r for r in org.visible(kind) if r["Id"][:15] == record_id[:15]), None) if kind else None
    if kind is None or found is None:
        raise refused(404, "NOT_FOUND", NO_RESOURCE)
    until = request.headers.get("if-unmodified-since")
    if until and datetime.fromisoformat(found["LastModifiedDate"]) > parsedate_to_datetime(until):
        return Reply(412)
    problem = _problem(org, kind, request.body or {}, found)
    if problem:
        told = problem["errors"][0]
        return Reply(
            400, [{"message": told["message"], "errorCode": told["statusCode"], "fields": told["fields"]}]
        )
    org.update(found["Id"], request.body, org.records["User"][user]["Email"])
    return Reply(204)


def _problem(org: Org, kind: str, row: Row, before: Row | None) -> Row | None:
    fields = org.fields(kind)
    for name, value in row.items():
        field = fields.get(name.lower())
        if field is None:
            return _error("INVALID_FIELD", f"No such column '{name}' on sobject of type {kind}")
        if not field.writable or field.calculated:
            told = f"Unable to create/update fields: {name}. Please check the security settings of this field"
            return _error("INVALID_FIELD_FOR_INSERT_UPDATE", told, name)
        if (
            isinstance(value, str)
            and len(value) > field.length
            and field.type in ("string", "combobox", "textarea")
        ):
            told = f"{field.name}: data value too large: {value[:40]} (max length={field.length})"
            return _error("STRING_TOO_LONG", told, name)
    return _refused_record(org, kind, row, before, org.objects[kind])


def _refused_record(org: Org, kind: str, row: Row, before: Row | None, _: SObject) -> Row | None:
    what = row.get("WhatId")
    if what and not any(what in ids for ids in org.records.values()):
        return _error("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                      "insufficient access rights on cross-reference id", "WhatId")  # fmt: skip
    if what and (what in org.hidden_records or what in org.read_only):
        return _error("INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY",
                      f"insufficient access rights on cross-reference id: {what}")  # fmt: skip
    who = org.records["User"].get(row.get("OwnerId") or "")
    if row.get("OwnerId") and (who is None or not who["IsActive"]):
        return _error("INACTIVE_OWNER_OR_USER", "operation performed with inactive user", "OwnerId")
    if before is not None and before["Id"] in org.read_only:
        return _error("INSUFFICIENT_ACCESS_OR_READONLY", "insufficient access rights on object id")
    wrong = org.validation(kind, (before or {}) | row)
    return _error("FIELD_CUSTOM_VALIDATION_EXCEPTION", wrong) if wrong else None


def _error(code: str, message: str, *fields: str) -> Row:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}
