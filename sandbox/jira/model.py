"""What a Jira site holds, as plain records: `shapes` renders them to Jira's JSON, `site` acts on them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Adf = dict[str, Any]
"""An Atlassian Document Format document: `{"type": "doc", "version": 1, "content": [...]}`."""


@dataclass
class User:
    account_id: str
    display_name: str
    email: str = ""
    account_type: str = "atlassian"
    """`atlassian` (a person), `app` (an automation) or `customer` (of a service project)."""
    active: bool = True


@dataclass
class Project:
    id: str
    key: str
    name: str
    type_key: str = "software"
    """`software`, `business` or `service_desk`."""


@dataclass
class Status:
    id: str
    name: str
    category: str
    """The statusCategory's key: `new`, `indeterminate`, `done` or `undefined`."""


@dataclass
class IssueType:
    id: str
    name: str
    subtask: bool = False
    level: int = 0


@dataclass
class Named:
    """A priority, a resolution or a security level."""

    id: str
    name: str


@dataclass
class Version:
    id: str
    project_id: str
    name: str
    release_date: str | None = None
    released: bool = False
    archived: bool = False


@dataclass
class Sprint:
    """A sprint of a board. Moments are ISO in UTC, as Jira Software gives them."""

    id: int
    name: str
    state: str = "future"
    """`future`, `active` or `closed`."""
    board_id: int = 1
    goal: str = ""
    start: str | None = None
    end: str | None = None
    complete: str | None = None


@dataclass
class Component:
    id: str
    project_id: str
    name: str


@dataclass
class LinkType:
    id: str
    name: str
    inward: str
    outward: str


@dataclass
class Link:
    """`source` <outward phrase> `target`: for Blocks, the source blocks the target. Both are issue ids."""

    id: str
    type_id: str
    source: str
    target: str


@dataclass
class Field:
    """A field of the site; `kind` is the schema's type: string, date, number, user, option, array, sprint.

    `translated`: what it is called in the account's language, where that is another one. `project`: the id of
    the team-managed project whose own it is, if it is one's.
    """

    id: str
    name: str
    kind: str = "string"
    custom: bool = True
    translated: str = ""
    project: str = ""


@dataclass
class Comment:
    id: str
    author: str
    body: Adf
    created: datetime
    updated: datetime
    update_author: str
    properties: dict[str, Any] = field(default_factory=dict)


@dataclass
class Worklog:
    """Time that somebody spent on an issue. `group`: the only people who may see it, if not all."""

    id: str
    author: str
    started: datetime
    seconds: int
    created: datetime
    group: str = ""


@dataclass
class History:
    """One entry of the changelog: one person's edit of one or more fields at one moment."""

    id: str
    author: str
    created: datetime
    items: list[dict[str, Any]]


@dataclass
class Issue:
    """An issue; what the site has a table of is held by id, everything else in `fields` as Jira gives it."""

    id: str
    key: str
    project_id: str
    type_id: str
    status_id: str
    created: datetime
    updated: datetime
    creator: str | None = None
    reporter: str | None = None
    assignee: str | None = None
    priority_id: str | None = None
    resolution_id: str | None = None
    resolved: datetime | None = None
    security_id: str | None = None
    parent_id: str | None = None
    version_ids: list[str] = field(default_factory=list)
    component_ids: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)
    comments: list[Comment] = field(default_factory=list)
    worklogs: list[Worklog] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)
    former_keys: list[str] = field(default_factory=list)
    remote_links: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the issue links to outside the site, by global id."""


@dataclass
class Absent:
    """An issue that other issues name but that the site does not hold: what they show of it."""

    id: str
    key: str
    fields: dict[str, Any] = field(default_factory=dict)


LinkSide = Literal["inwardIssue", "outwardIssue"]


def account_of(name: str) -> str:
    """A stable account id in the form that Jira Cloud uses."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    return f"712020:{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
