"""Loads raw issues as a Jira exports them into the sandbox: server-shaped ones become Cloud-shaped.

String bodies become documents, user names account ids. Ids, keys, links, timestamps, comments, worklogs, sprints
and the changelog are kept; links to issues that are not loaded keep what the issue showed of the other end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sandbox.jira.adf import document
from sandbox.jira.model import (
    Absent,
    Comment,
    Component,
    History,
    Issue,
    IssueType,
    Link,
    LinkType,
    Named,
    Project,
    Sprint,
    Status,
    User,
    Version,
    Worklog,
    account_of,
)
from sandbox.jira.site import JiraSite

Raw = Mapping[str, Any]
KEPT = ("summary", "duedate", "timeoriginalestimate", "timeestimate", "timespent")


def load(site: JiraSite, raw_issues: Iterable[Raw], due_from_versions: bool = False) -> int:
    """Put the issues into the site; returns how many.

    `due_from_versions` sets each issue's due date to the latest release date of its fix versions, for dumps
    that have release dates but no due dates.
    """
    raws = list(raw_issues)
    site.statuses |= {raw["fields"]["status"]["id"]: _status(raw["fields"]["status"]) for raw in raws}
    links: dict[tuple[str, str, str], Link] = {}
    for raw in raws:
        site.file_issue(_issue(site, raw, due_from_versions))
    for raw in raws:
        for told in raw["fields"].get("issuelinks") or []:
            link = _link(site, raw["id"], told)
            links.setdefault((link.id, link.source, link.target), link)
        parent = raw["fields"].get("parent")
        if parent:
            site.issues[raw["id"]].parent_id = _other_end(site, parent)
    for link in links.values():
        site.file_link(link)
    return len(raws)


def _issue(site: JiraSite, raw: Raw, due_from_versions: bool) -> Issue:
    fields = raw["fields"]
    project, kind = fields["project"], fields["issuetype"]
    site.projects.setdefault(
        project["id"],
        Project(project["id"], project["key"], project["name"], project.get("projectTypeKey", "software")),
    )
    subtask = bool(kind.get("subtask"))
    level = kind.get("hierarchyLevel", -1 if subtask else 1 if kind["name"] == "Epic" else 0)
    site.issue_types[kind["id"]] = IssueType(kind["id"], kind["name"], subtask, level)
    versions = [_version(site, project["id"], each) for each in fields.get("fixVersions") or []]
    known = {name: fields[name] for name in KEPT if fields.get(name) is not None}
    known |= {
        name: [_sprint(site, each) for each in value or []] if site.fields[name].kind == "sprint" else value
        for name, value in fields.items()
        if name.startswith("customfield_") and name in site.fields
    }
    released = [version.release_date for version in versions if version.release_date]
    if due_from_versions and released:
        known["duedate"] = max(released)
    for name in ("description", "environment"):
        known[name] = document(fields[name]) if fields.get(name) else None
    return Issue(
        id=raw["id"], key=raw["key"], project_id=project["id"], type_id=kind["id"],
        status_id=fields["status"]["id"],
        created=_moment(fields["created"]), updated=_moment(fields["updated"]),
        creator=_user(site, fields.get("creator")), reporter=_user(site, fields.get("reporter")),
        assignee=_user(site, fields.get("assignee")),
        priority_id=_named(site.priorities, fields.get("priority")),
        resolution_id=_named(site.resolutions, fields.get("resolution")),
        resolved=_moment(fields["resolutiondate"]) if fields.get("resolutiondate") else None,
        version_ids=[version.id for version in versions],
        component_ids=[_component(site, project["id"], each) for each in fields.get("components") or []],
        labels=list(fields.get("labels") or []), fields=known,
        comments=[_comment(site, each) for each in (fields.get("comment") or {}).get("comments", [])],
        worklogs=[_worklog(site, each) for each in (fields.get("worklog") or {}).get("worklogs", [])],
        histories=sorted(
            (_history(site, each) for each in (raw.get("changelog") or {}).get("histories", [])),
            key=lambda told: (told.created, int(told.id)),
        ),
    )  # fmt: skip


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f%z")


def _status(raw: Raw) -> Status:
    return Status(raw["id"], raw["name"], raw["statusCategory"]["key"])


def _named(table: dict[str, Named], raw: Raw | None) -> str | None:
    if raw is None:
        return None
    table[raw["id"]] = Named(raw["id"], raw["name"])
    return str(raw["id"])


def _user(site: JiraSite, raw: Raw | None) -> str | None:
    if not raw or not (raw.get("accountId") or raw.get("name")):
        return None
    account = raw.get("accountId") or account_of(raw["name"])
    if account not in site.users:
        site.users[account] = User(
            account, raw["displayName"], raw.get("emailAddress", ""), active=raw["active"]
        )
    return str(account)


def _version(site: JiraSite, project_id: str, raw: Raw) -> Version:
    known = Version(
        raw["id"],
        project_id,
        raw["name"],
        raw.get("releaseDate"),
        raw["released"],
        raw.get("archived", False),
    )
    return site.versions.setdefault(known.id, known)


def _component(site: JiraSite, project_id: str, raw: Raw) -> str:
    site.components.setdefault(raw["id"], Component(raw["id"], project_id, raw["name"]))
    return str(raw["id"])


def _comment(site: JiraSite, raw: Raw) -> Comment:
    author = _user(site, raw.get("author")) or ""
    editor = _user(site, raw.get("updateAuthor")) or author
    return Comment(
        raw["id"], author, document(raw.get("body")), _moment(raw["created"]), _moment(raw["updated"]), editor
    )


def _worklog(site: JiraSite, raw: Raw) -> Worklog:
    author = _user(site, raw.get("author")) or ""
    return Worklog(
        raw["id"], author, _moment(raw["started"]), raw["timeSpentSeconds"], _moment(raw["created"]),
        str((raw.get("visibility") or {}).get("value") or ""),
    )  # fmt: skip


def _sprint(site: JiraSite, raw: Raw) -> int:
    known = Sprint(
        raw["id"], raw["name"], raw["state"], raw.get("boardId", 1), raw.get("goal") or "",
        raw.get("startDate"), raw.get("endDate"), raw.get("completeDate"),
    )  # fmt: skip
    return site.sprints.setdefault(known.id, known).id


def _history(site: JiraSite, raw: Raw) -> History:
    items = [{name: value for name, value in item.items() if value is not None} for item in raw["items"]]
    return History(raw["id"], _user(site, raw.get("author")) or "", _moment(raw["created"]), items)


def _link(site: JiraSite, here: str, raw: Raw) -> Link:
    kind = raw["type"]
    site.link_types[kind["id"]] = LinkType(kind["id"], kind["name"], kind["inward"], kind["outward"])
    if "outwardIssue" in raw:
        return Link(raw["id"], kind["id"], here, _other_end(site, raw["outwardIssue"]))
    return Link(raw["id"], kind["id"], _other_end(site, raw["inwardIssue"]), here)


def _other_end(site: JiraSite, raw: Raw) -> str:
    if raw["id"] not in site.issues:
        site.absent.setdefault(raw["id"], Absent(raw["id"], raw["key"], dict(raw.get("fields") or {})))
        site.reserve(raw["id"])
    return str(raw["id"])
