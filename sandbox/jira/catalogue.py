"""The fields of a site, as GET /field lists them (schema FieldDetails)."""

from __future__ import annotations

from typing import Any

from sandbox.jira.model import Field
from sandbox.jira.tables import Tables

SYSTEM_FIELDS = {
    "summary": ("Summary", "string"),
    "issuetype": ("Issue Type", "issuetype"),
    "project": ("Project", "project"),
    "status": ("Status", "status"),
    "resolution": ("Resolution", "resolution"),
    "priority": ("Priority", "priority"),
    "assignee": ("Assignee", "user"),
    "reporter": ("Reporter", "user"),
    "creator": ("Creator", "user"),
    "created": ("Created", "datetime"),
    "updated": ("Updated", "datetime"),
    "duedate": ("Due date", "date"),
    "resolutiondate": ("Resolved", "datetime"),
    "labels": ("Labels", "array"),
    "components": ("Components", "array"),
    "fixVersions": ("Fix versions", "array"),
    "issuelinks": ("Linked Issues", "array"),
    "parent": ("Parent", "parent"),
    "subtasks": ("Sub-tasks", "array"),
    "description": ("Description", "string"),
    "environment": ("Environment", "string"),
    "comment": ("Comment", "comments-page"),
    "security": ("Security Level", "securitylevel"),
    "timetracking": ("Time tracking", "timetracking"),
    "timeoriginalestimate": ("Original estimate", "number"),
    "timeestimate": ("Remaining Estimate", "number"),
    "timespent": ("Time Spent", "number"),
    "worklog": ("Log Work", "array"),
}


def fields(site: Tables) -> list[dict[str, Any]]:
    """Every field of the site, system ones first."""
    system = [_system(id_, name, kind) for id_, (name, kind) in SYSTEM_FIELDS.items()]
    return system + [_custom(field) for field in site.fields.values()]


def _system(id_: str, name: str, kind: str) -> dict[str, Any]:
    schema = {"type": kind, "system": id_}
    return _described(id_, name) | {"custom": False, "clauseNames": [id_], "schema": schema}


def _custom(field: Field) -> dict[str, Any]:
    """Its name is told in the account's language; the names in JQL are those that it was made with."""
    number = int(field.id.rpartition("_")[2])
    schema: dict[str, Any] = {"type": field.kind, "custom": f"com.atlassian.jira:{field.kind}"}
    if field.kind == "sprint":
        schema = {"type": "array", "items": "json", "custom": "com.pyxis.greenhopper.jira:gh-sprint"}
    schema["customId"] = number
    clauses = [f"cf[{number}]", field.name]
    shown = _described(field.id, field.translated or field.name)
    shown |= {"custom": True, "clauseNames": clauses, "schema": schema}
    scope = {"scope": {"type": "PROJECT", "project": {"id": field.project}}} if field.project else {}
    return shown | scope


def _described(id_: str, name: str) -> dict[str, Any]:
    return {"id": id_, "key": id_, "name": name, "orderable": True, "navigable": True, "searchable": True}
