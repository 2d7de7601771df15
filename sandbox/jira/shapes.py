"""Jira Cloud's JSON, from the site's records.

Shapes follow the published OpenAPI document (Jira Cloud platform REST API v3: IssueBean, Comment, User,
PageOfChangelogs, FieldDetails, Project). Members whose schema does not allow null are left out when empty.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sandbox.jira.catalogue import SYSTEM_FIELDS
from sandbox.jira.model import (
    Absent,
    Comment,
    History,
    Issue,
    LinkSide,
    Project,
    Sprint,
    Status,
    User,
    Worklog,
)
from sandbox.jira.site import JiraSite

MOST_HISTORIES = 40
"""Entries of the changelog that a search returns per issue, the most recent first (the migration notes of
the enhanced search; the rest is had from /changelog/bulkfetch)."""
MOST_WORKLOGS = 20
"""Worklogs that an issue shows of itself; all of them are at /issue/{id}/worklog."""
CATEGORIES = {
    "undefined": (1, "medium-gray", "No Category"),
    "new": (2, "blue-gray", "To Do"),
    "done": (3, "green", "Done"),
    "indeterminate": (4, "yellow", "In Progress"),
}


def stamp(site: JiraSite, moment: datetime) -> str:
    """A timestamp as Jira prints it: in the account's time zone, an offset without a colon."""
    local = moment.astimezone(site.zone)
    return f"{local:%Y-%m-%dT%H:%M:%S}.{local.microsecond // 1000:03d}{local:%z}"


def user(site: JiraSite, account: str | None) -> dict[str, Any] | None:
    """UserDetails: as it hangs on issues, comments and changelog entries."""
    known = site.users.get(account or "")
    if known is None:
        return None
    zone = str(site.zone)
    shown = {
        "self": f"{site.base_url}/rest/api/3/user?accountId={known.account_id}",
        "accountId": known.account_id, "displayName": known.display_name, "active": known.active,
        "accountType": known.account_type, "timeZone": zone if zone != "UTC" else "Etc/UTC",
    }  # fmt: skip
    return shown | ({"emailAddress": known.email} if known.email else {})


def whoami(site: JiraSite, known: User) -> dict[str, Any]:
    shown = user(site, known.account_id) or {}
    return shown | {
        "locale": "en_GB",
        "groups": {"size": 1, "items": []},
        "applicationRoles": {"size": 1, "items": []},
    }


def status(site: JiraSite, known: Status) -> dict[str, Any]:
    number, colour, name = CATEGORIES[known.category]
    return {
        "self": f"{site.base_url}/rest/api/3/status/{known.id}", "description": "",
        "iconUrl": f"{site.base_url}/images/icons/statuses/generic.png", "name": known.name, "id": known.id,
        "statusCategory": {
            "self": f"{site.base_url}/rest/api/3/statuscategory/{number}",
            "id": number, "key": known.category, "colorName": colour, "name": name,
        },
    }  # fmt: skip


def project(site: JiraSite, known: Project) -> dict[str, Any]:
    return {
        "self": f"{site.base_url}/rest/api/3/project/{known.id}", "id": known.id, "key": known.key,
        "name": known.name, "projectTypeKey": known.type_key, "simplified": False,
    }  # fmt: skip


def comment(site: JiraSite, issue: Issue, known: Comment, properties: bool = False) -> dict[str, Any]:
    internal = known.properties.get("sd.public.comment", {}).get("internal") is True
    shown: dict[str, Any] = {
        "self": f"{site.base_url}/rest/api/3/issue/{issue.id}/comment/{known.id}", "id": known.id,
        "author": user(site, known.author), "body": known.body,
        "updateAuthor": user(site, known.update_author),
        "created": stamp(site, known.created), "updated": stamp(site, known.updated),
        "jsdPublic": not internal,
    }  # fmt: skip
    if properties:
        shown["properties"] = [{"key": key, "value": value} for key, value in known.properties.items()]
    return shown


def worklog(site: JiraSite, issue: Issue, known: Worklog) -> dict[str, Any]:
    author, moment = user(site, known.author), stamp(site, known.created)
    shown = {
        "self": f"{site.base_url}/rest/api/3/issue/{issue.id}/worklog/{known.id}", "id": known.id,
        "issueId": issue.id, "author": author, "updateAuthor": author, "created": moment, "updated": moment,
        "started": stamp(site, known.started), "timeSpent": f"{known.seconds // 60}m",
        "timeSpentSeconds": known.seconds,
    }  # fmt: skip
    group = {"type": "group", "value": known.group, "identifier": known.group}
    return shown | ({"visibility": group} if known.group else {})


def history(site: JiraSite, known: History) -> dict[str, Any]:
    shown = {"id": known.id, "created": stamp(site, known.created), "items": known.items}
    author = user(site, known.author)
    return shown | ({"author": author} if author else {})


def changelog(site: JiraSite, issue: Issue) -> dict[str, Any]:
    recent = issue.histories[::-1][:MOST_HISTORIES]
    return {
        "startAt": 0, "maxResults": MOST_HISTORIES, "total": len(issue.histories),
        "histories": [history(site, each) for each in recent],
    }  # fmt: skip


def issue(
    site: JiraSite, known: Issue, wanted: Sequence[str], histories: bool = False, only_id: bool = False
) -> dict[str, Any]:
    """IssueBean with the wanted fields (as `chosen` tells them)."""
    if only_id:
        return {"id": known.id}
    shown: dict[str, Any] = {
        "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
        "id": known.id, "self": f"{site.base_url}/rest/api/3/issue/{known.id}", "key": known.key,
    }  # fmt: skip
    if wanted:
        shown["fields"] = {name: value(site, known, name) for name in wanted}
        if known.parent_id is None:
            shown["fields"].pop("parent", None)
    if histories:
        shown["changelog"] = changelog(site, known)
    return shown


def chosen(site: JiraSite, fields: Sequence[str]) -> list[str]:
    """The fields that a request's `fields` means: names, `*all`, `*navigable`, `-excluded`."""
    asked = [part for each in fields for part in each.split(",") if part]
    everything = [*SYSTEM_FIELDS, *site.fields]
    wanted = (
        everything if {"*all", "*navigable"} & set(asked) else [name for name in everything if name in asked]
    )
    if asked and all(name.startswith("-") for name in asked):
        wanted = everything
    return [name for name in wanted if f"-{name}" not in asked]


def value(site: JiraSite, known: Issue, name: str) -> Any:
    """One field's value, None where it is empty."""
    made = _VALUES.get(name)
    if made:
        return made(site, known)
    stored = known.fields.get(name)
    if isinstance(stored, dict) and "accountId" in stored:
        return user(site, stored["accountId"])
    if stored and name in site.fields and site.fields[name].kind == "sprint":
        return [_sprint(site.sprints[id_]) for id_ in stored]
    return stored


def _sprint(known: Sprint) -> dict[str, Any]:
    """As the field of the issues in it shows it; a moment that is not set is not there."""
    moments = {"startDate": known.start, "endDate": known.end, "completeDate": known.complete}
    return {
        "id": known.id, "name": known.name, "state": known.state, "boardId": known.board_id, "goal": known.goal,
    } | {name: moment for name, moment in moments.items() if moment}  # fmt: skip


def _issue_type(site: JiraSite, known: Issue) -> dict[str, Any]:
    kind = site.issue_types[known.type_id]
    return {
        "self": f"{site.base_url}/rest/api/3/issuetype/{kind.id}", "id": kind.id, "description": "",
        "name": kind.name, "subtask": kind.subtask, "hierarchyLevel": kind.level,
    }  # fmt: skip


def _row(table: str, attribute: str, path: str) -> Callable[[JiraSite, Issue], Any]:
    def shown(site: JiraSite, known: Issue) -> dict[str, Any] | None:
        row = getattr(site, table).get(getattr(known, attribute) or "")
        return row and {"self": f"{site.base_url}/rest/api/3/{path}/{row.id}", "id": row.id, "name": row.name}

    return shown


def _versions(site: JiraSite, known: Issue) -> list[dict[str, Any]]:
    rows = [site.versions[id_] for id_ in known.version_ids]
    return [
        {
            "self": f"{site.base_url}/rest/api/3/version/{row.id}", "id": row.id, "name": row.name,
            "description": "", "archived": row.archived, "released": row.released,
        } | ({"releaseDate": row.release_date} if row.release_date else {})
        for row in rows
    ]  # fmt: skip


def _components(site: JiraSite, known: Issue) -> list[dict[str, Any]]:
    rows = [site.components[id_] for id_ in known.component_ids]
    return [
        {"self": f"{site.base_url}/rest/api/3/component/{row.id}", "id": row.id, "name": row.name}
        for row in rows
    ]


def _links(site: JiraSite, known: Issue) -> list[dict[str, Any]]:
    shown = []
    for link in site.links.get(known.id, []):
        outward = link.source == known.id
        side: LinkSide = "outwardIssue" if outward else "inwardIssue"
        other = link.target if outward else link.source
        if other in site.issues and not site.visible(site.issues[other]):
            continue  # Jira does not show that there is a link to what the account may not see
        kind = site.link_types[link.type_id]
        shown.append(
            {
                "id": link.id, "self": f"{site.base_url}/rest/api/3/issueLink/{link.id}",
                "type": {
                    "id": kind.id, "name": kind.name, "inward": kind.inward, "outward": kind.outward,
                    "self": f"{site.base_url}/rest/api/3/issueLinkType/{kind.id}",
                },
                side: _stub(site, other),
            }
        )  # fmt: skip
    return shown


def _stub(site: JiraSite, id_: str) -> dict[str, Any]:
    """What an issue shows of another that it names."""
    other: Issue | Absent = site.issues.get(id_) or site.absent[id_]
    shown = {"id": other.id, "key": other.key, "self": f"{site.base_url}/rest/api/3/issue/{other.id}"}
    if isinstance(other, Absent):
        return shown | {"fields": other.fields}
    return shown | {
        "fields": {name: value(site, other, name) for name in ("summary", "status", "priority", "issuetype")}
    }


def _parent(site: JiraSite, known: Issue) -> dict[str, Any] | None:
    return _stub(site, known.parent_id) if known.parent_id else None


def _subtasks(site: JiraSite, known: Issue) -> list[dict[str, Any]]:
    children = (each for each in site.issues.values() if each.parent_id == known.id)
    return [_stub(site, each.id) for each in children if site.issue_types[each.type_id].subtask]


def _tracking(site: JiraSite, known: Issue) -> dict[str, Any]:
    names = {
        "timeoriginalestimate": "originalEstimate",
        "timeestimate": "remainingEstimate",
        "timespent": "timeSpent",
    }
    shown: dict[str, Any] = {}
    for name, told in names.items():
        seconds = known.fields.get(name)
        if seconds is not None:
            shown |= {told: f"{seconds // 3600}h", f"{told}Seconds": seconds}
    return shown


def _comments(site: JiraSite, known: Issue) -> dict[str, Any]:
    shown = [comment(site, known, each) for each in known.comments[:20]]
    return {
        "comments": shown, "self": f"{site.base_url}/rest/api/3/issue/{known.id}/comment",
        "maxResults": len(shown), "total": len(known.comments), "startAt": 0,
    }  # fmt: skip


def _worklogs(site: JiraSite, known: Issue) -> dict[str, Any]:
    shown = [worklog(site, known, each) for each in known.worklogs[:MOST_WORKLOGS]]
    return {"startAt": 0, "maxResults": MOST_WORKLOGS, "total": len(known.worklogs), "worklogs": shown}


_VALUES: dict[str, Callable[[JiraSite, Issue], Any]] = {
    "issuetype": _issue_type,
    "project": lambda site, known: project(site, site.projects[known.project_id]),
    "status": lambda site, known: status(site, site.statuses[known.status_id]),
    "resolution": _row("resolutions", "resolution_id", "resolution"),
    "priority": _row("priorities", "priority_id", "priority"),
    "security": _row("security_levels", "security_id", "securitylevel"),
    "assignee": lambda site, known: user(site, known.assignee),
    "reporter": lambda site, known: user(site, known.reporter),
    "creator": lambda site, known: user(site, known.creator),
    "created": lambda site, known: stamp(site, known.created),
    "updated": lambda site, known: stamp(site, known.updated),
    "resolutiondate": lambda site, known: stamp(site, known.resolved) if known.resolved else None,
    "labels": lambda site, known: known.labels,
    "fixVersions": _versions,
    "components": _components,
    "issuelinks": _links,
    "parent": _parent,
    "subtasks": _subtasks,
    "timetracking": _tracking,
    "comment": _comments,
    "worklog": _worklogs,
}
