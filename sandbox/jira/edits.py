"""Field edits and the changelog items that Jira writes for them.

Shapes as Jira Cloud's changelog shows them: `from` and `to` hold ids (account ids, version ids, ISO dates),
`fromString` and `toString` what people read. A side without a value is left out: the published schema
(ChangeDetails) types these as strings, and a missing member reads as null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from sandbox.jira.adf import document, plain
from sandbox.jira.model import Field, Issue, account_of

if TYPE_CHECKING:
    from sandbox.jira.tables import Tables

Item = dict[str, Any]


def item(
    field: str, fieldtype: str, field_id: str | None,
    old: str | None, old_text: str | None, new: str | None, new_text: str | None,
) -> Item:  # fmt: skip
    told = {
        "field": field, "fieldtype": fieldtype, "fieldId": field_id,
        "from": old, "fromString": old_text, "to": new, "toString": new_text,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value is not None}


def apply(site: Tables, issue: Issue, changes: Mapping[str, Any]) -> list[Item]:
    """Set the fields and tell the items of those that changed. Raises KeyError for what the site has not."""
    items: list[Item] = []
    for name, value in changes.items():
        items += _EDITS.get(name, _other)(site, issue, name, value)
    return items


def transition(site: Tables, issue: Issue, status: str, resolution: str) -> list[Item]:
    old, new = site.statuses[issue.status_id], site.named(site.statuses, status)
    if old.id == new.id:
        return []
    items = [item("status", "jira", "status", old.id, old.name, new.id, new.name)]
    issue.status_id = new.id
    before = site.resolutions.get(issue.resolution_id or "")
    after = site.named(site.resolutions, resolution) if new.category == "done" else None
    issue.resolution_id = after.id if after else None
    issue.resolved = site.now() if after else None
    if (before and before.id) != (after and after.id):
        items.insert(0, _named_item("resolution", before, after))
    return items


def _named_item(field: str, before: Any, after: Any) -> Item:
    return item(
        field, "jira", field,
        before and before.id, before and before.name, after and after.id, after and after.name,
    )  # fmt: skip


def _of_table(table: str, attribute: str) -> Callable[[Tables, Issue, str, Any], list[Item]]:
    """An edit of a field whose value is one row of a table of the site, chosen by name."""

    def edit(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
        rows = getattr(site, table)
        before = rows.get(getattr(issue, attribute) or "")
        after = site.named(rows, value) if value else None
        setattr(issue, attribute, after.id if after else None)
        return [] if before == after else [_named_item(name, before, after)]

    return edit


def _of_project(table: str, attribute: str, field: str) -> Callable[[Tables, Issue, str, Any], list[Item]]:
    """An edit of a list of versions or components: an item for each one removed or added."""

    def edit(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
        rows = getattr(site, table)
        here = {key: row for key, row in rows.items() if row.project_id == issue.project_id}
        before, after = list(getattr(issue, attribute)), [site.named(here, each).id for each in value or []]
        setattr(issue, attribute, after)
        gone = [
            item(field, "jira", name, id_, rows[id_].name, None, None) for id_ in before if id_ not in after
        ]
        new = [
            item(field, "jira", name, None, None, id_, rows[id_].name) for id_ in after if id_ not in before
        ]
        return gone + new

    return edit


def _assignee(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
    before, after = getattr(issue, name), site.user(value).account_id if value else None
    setattr(issue, name, after)
    if before == after:
        return []
    names = [site.users[id_].display_name if id_ else None for id_ in (before, after)]
    return [item(name, "jira", name, before, names[0], after, names[1])]


def _labels(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
    before, issue.labels = " ".join(issue.labels), list(value or [])
    after = " ".join(issue.labels)
    return [] if before == after else [item("labels", "jira", "labels", "", before, "", after)]


def _parent(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
    before, after = site.issues.get(issue.parent_id or ""), site.issue(value) if value else None
    issue.parent_id = after.id if after else None
    if before is after:
        return []
    old, new = ((each.id, each.key) if each else (None, None) for each in (before, after))
    return [item("IssueParentAssociation", "jira", None, *old, *new)]


def _text(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
    before = issue.fields.get(name)
    issue.fields[name] = value if name == "summary" else (document(value) if value else None)
    old, new = (
        each if isinstance(each, str) else plain(each) or None for each in (before, issue.fields[name])
    )
    return [] if old == new else [item(name, "jira", name, None, old, None, new)]


def _due(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
    before, after = issue.fields.get(name), str(value) if value else None
    issue.fields[name] = after
    texts = [f"{day} 00:00:00.0" if day else None for day in (before, after)]
    return [] if before == after else [item(name, "jira", name, before, texts[0], after, texts[1])]


def _seconds(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
    before = issue.fields.get(name)
    issue.fields[name] = int(value) if value is not None else None
    old, new = (None if each is None else str(each) for each in (before, issue.fields[name]))
    return [] if old == new else [item(name, "jira", name, old, old, new, new)]


def _other(site: Tables, issue: Issue, name: str, value: Any) -> list[Item]:
    """A custom field; people choose a user or an option by name, Jira keeps an object."""
    known = site.field(name)
    if known.kind == "sprint":
        return _sprints(site, issue, known, value)
    before = issue.fields.get(known.id)
    after = value
    if value is not None and known.kind == "user":
        after = {"accountId": site.user(value).account_id}
    elif value is not None and known.kind == "option" and isinstance(value, str):
        after = {"id": account_of(value)[9:17], "value": value}
    elif known.kind == "date" and value is not None:
        after = str(value)
    issue.fields[known.id] = after
    if before == after:
        return []
    ends = [*_told(known.kind, before), *_told(known.kind, after)]
    return [item(known.name, "custom", known.id, *ends)]


def _sprints(site: Tables, issue: Issue, known: Field, name: Any) -> list[Item]:
    """Into a sprint, by name, or out of the open one (None). Closed sprints in which it was stay with it."""
    before = list(issue.fields.get(known.id) or [])
    closed = [id_ for id_ in before if site.sprints[id_].state == "closed"]
    chosen = [row.id for row in site.sprints.values() if row.name == name]
    if name is not None and not chosen:
        raise KeyError(name)
    after = closed + chosen
    issue.fields[known.id] = after
    if before == after:
        return []
    ids = [", ".join(map(str, each)) for each in (before, after)]
    names = [", ".join(site.sprints[id_].name for id_ in each) for each in (before, after)]
    return [item(known.name, "custom", known.id, ids[0], names[0], ids[1], names[1])]


def _told(kind: str, value: Any) -> tuple[str | None, str | None]:
    if value is None:
        return None, None
    if kind == "date":
        return value, date.fromisoformat(value).strftime("%d/%b/%y")
    if isinstance(value, dict) and "accountId" in value:
        return value["accountId"], value["accountId"]
    if isinstance(value, dict):
        return value.get("id"), value.get("value") or plain(value)
    if isinstance(value, list):
        return None, ", ".join(map(str, value))
    return None, str(value)


_EDITS: dict[str, Callable[[Tables, Issue, str, Any], list[Item]]] = {
    "summary": _text,
    "description": _text,
    "environment": _text,
    "duedate": _due,
    "assignee": _assignee,
    "reporter": _assignee,
    "labels": _labels,
    "parent": _parent,
    "priority": _of_table("priorities", "priority_id"),
    "issuetype": _of_table("issue_types", "type_id"),
    "security": _of_table("security_levels", "security_id"),
    "fixVersions": _of_project("versions", "version_ids", "Fix Version"),
    "components": _of_project("components", "component_ids", "Component"),
    "timeoriginalestimate": _seconds,
    "timeestimate": _seconds,
    "timespent": _seconds,
}
