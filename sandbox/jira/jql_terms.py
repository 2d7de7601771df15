"""The terms of JQL: what a field, an operator and values mean for an issue, and how Jira refuses them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.jira.model import Issue
from sandbox.jira.site import JiraSite

Test = Callable[[Issue], bool]
PERIOD = re.compile(r"^([+-]?)(\d+)([mhdwM]?)$")
SECONDS = {"m": 60, "": 60, "h": 3600, "d": 86400, "w": 604800}
ISSUE_FIELDS = {"key", "issue", "issuekey", "id"}
DATE_FIELDS = {"created": "created", "createddate": "created", "updated": "updated", "updateddate": "updated"}


class JqlError(Exception):
    """Jira's own words about a query that it does not take."""


class Unbounded(JqlError):
    pass


def no_field(name: str) -> JqlError:
    return JqlError(f"Field '{name}' does not exist or you do not have permission to view it.")


def _held(field: str) -> Callable[[Issue], Any]:
    """What an issue holds in a field that can be empty or is compared by id."""
    held: dict[str, Callable[[Issue], Any]] = {
        "project": lambda issue: issue.project_id,
        "issuetype": lambda issue: issue.type_id,
        "type": lambda issue: issue.type_id,
        "status": lambda issue: issue.status_id,
        "labels": lambda issue: issue.labels,
        "assignee": lambda issue: issue.assignee,
        "resolution": lambda issue: issue.resolution_id,
        "fixversion": lambda issue: issue.version_ids,
        "parent": lambda issue: issue.parent_id,
        "duedate": lambda issue: issue.fields.get("duedate"),
        "due": lambda issue: issue.fields.get("duedate"),
    }
    if field not in held:
        raise no_field(field)
    return held[field]


def is_empty(field: str, wanted: bool) -> Test:
    held = _held(field)
    return lambda issue: (not held(issue)) is wanted


def compare(site: JiraSite, field: str, operator: str, values: list[str]) -> Test:
    if field in DATE_FIELDS:
        return _by_date(site, DATE_FIELDS[field], operator, values)
    if operator not in ("=", "!=", "in", "not in"):
        _held(field) if field not in ISSUE_FIELDS else None
        raise JqlError(f"The operator '{operator}' is not supported by the '{field}' field.")
    wanted = {each for value in values for each in _ids(site, field, value)}
    negated = operator in ("!=", "not in")
    if field in ISSUE_FIELDS:
        return lambda issue: (issue.id in wanted) is not negated
    if field == "statuscategory":
        return lambda issue: (site.statuses[issue.status_id].category in wanted) is not negated
    held = _held(field)
    if field == "labels":
        return lambda issue: (not wanted.isdisjoint(held(issue))) is not negated
    return lambda issue: (held(issue) in wanted) is not negated


def _ids(site: JiraSite, field: str, value: str) -> list[str]:
    """What a value names, as the site keeps it. Raises JqlError for what does not exist or is not visible."""
    if field in ISSUE_FIELDS:
        return [_issue_id(site, field, value)]
    if field == "labels":
        return [value]
    if field == "statuscategory":
        categories = {"to do": "new", "in progress": "indeterminate", "done": "done"}
        return [categories.get(value.lower(), value.lower())]
    tables: dict[str, dict[str, Any]] = {
        "project": site.projects, "issuetype": site.issue_types, "type": site.issue_types,
        "status": site.statuses, "resolution": site.resolutions, "assignee": site.users,
    }  # fmt: skip
    rows: dict[str, Any] = dict(tables.get(field, {}))
    if field == "project":
        rows = {id_: row for id_, row in rows.items() if id_ not in site.hidden}
    if field not in tables:
        raise no_field(field)
    names = ("key", "name", "display_name", "email")
    found = [
        id_ for id_, row in rows.items()
        if value == id_ or value.lower() in (str(getattr(row, name, "")).lower() for name in names)
    ]  # fmt: skip
    if not found:
        raise JqlError(f"The value '{value}' does not exist for the field '{field}'.")
    return found


def _issue_id(site: JiraSite, field: str, value: str) -> str:
    try:
        issue = site.issue(value)
    except KeyError:
        issue = None
    if issue is None or not site.visible(issue):
        kind = "A value with ID" if value.isdigit() else "An issue with key"
        raise JqlError(f"{kind} '{value}' does not exist for the field '{field}'.")
    return issue.id


def _by_date(site: JiraSite, field: str, operator: str, values: list[str]) -> Test:
    if operator not in ("<", "<=", ">", ">=", "=", "!="):
        raise JqlError(f"The operator '{operator}' is not supported by the '{field}' field.")
    moment = _moment(site, field, values[0])
    tests: dict[str, Test] = {
        "<": lambda issue: getattr(issue, field) < moment,
        "<=": lambda issue: getattr(issue, field) <= moment,
        ">": lambda issue: getattr(issue, field) > moment,
        ">=": lambda issue: getattr(issue, field) >= moment,
        "=": lambda issue: getattr(issue, field) == moment,
        "!=": lambda issue: getattr(issue, field) != moment,
    }
    return tests[operator]


def _moment(site: JiraSite, field: str, value: str) -> datetime:
    if value.isdigit():
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    period = PERIOD.match(value)
    if period:
        sign, number, unit = period.groups()
        away = (
            timedelta(days=30 * int(number))
            if unit == "M"
            else timedelta(seconds=int(number) * SECONDS[unit])
        )
        return site.now() - away if sign == "-" else site.now() + away
    for form in ("%Y/%m/%d %H:%M", "%Y-%m-%d %H:%M", "%Y/%m/%d", "%Y-%m-%d"):
        try:
            return datetime.strptime(value, form).replace(tzinfo=site.zone)
        except ValueError:
            continue
    raise JqlError(
        f"Date value '{value}' for field '{field}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm',"
        " 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )
