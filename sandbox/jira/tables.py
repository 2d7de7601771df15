"""The tables of a Jira site: who and what there is, and how it is found by what people call it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from datetime import UTC, datetime, tzinfo
from typing import Any, TypeVar

from sandbox.jira.model import (
    Absent,
    Component,
    Field,
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
    account_of,
)

FIRST_ID = 10000
Row = TypeVar("Row")


class Tables:
    """The state of one Jira Cloud site.

    `clock` tells the site's time (aware), `zone` is the time zone of the account that the API is used with:
    Jira prints timestamps in it, and reads JQL in it.
    People, projects and issues are named by id, or by what people call them (e-mail or display name, key).
    """

    def __init__(self, clock: Callable[[], datetime], zone: tzinfo = UTC) -> None:
        self.clock = clock
        self.zone = zone
        self.base_url = "https://your-domain.atlassian.net"
        self.tokens: dict[str, str] = {}
        self.users: dict[str, User] = {}
        self.projects: dict[str, Project] = {}
        self.statuses: dict[str, Status] = {}
        self.issue_types: dict[str, IssueType] = {}
        self.priorities: dict[str, Named] = {}
        self.resolutions: dict[str, Named] = {}
        self.security_levels: dict[str, Named] = {}
        self.link_types: dict[str, LinkType] = {}
        self.versions: dict[str, Version] = {}
        self.sprints: dict[int, Sprint] = {}
        self.components: dict[str, Component] = {}
        self.fields: dict[str, Field] = {}
        self.issues: dict[str, Issue] = {}
        self.absent: dict[str, Absent] = {}
        self.links: dict[str, list[Link]] = {}
        """Links by the id of each issue at either end, in the order in which they were made."""
        self.hidden: set[str] = set()
        """Ids of projects that the API's account may not browse."""
        self.old_search = False  # whether /search, which Atlassian takes away tenant by tenant, still answers
        self.scopes = {"read:jira-work", "read:jira-user", "write:jira-work"}
        """What the account's token may do where it comes through the gateway (/ex/jira/<cloud id>)."""
        self.lists_properties = True
        """Whether listing an issue's comments expands their properties, as /comment/list is sure to."""
        self.muted: set[str] = set()
        """Ids of projects in which the API's account may not comment."""
        self.index: dict[str, Issue | None] = {}
        """Issues whose change the search's index does not show yet: as it has them, None for a new one."""
        self.broken: set[str] = set()
        """Ids of issues over which the site stumbles (500) when their fields are asked for."""
        self.keys: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        """The highest number that a key of each project ever had: Jira never gives one out twice."""
        self.commented: dict[str, str] = {}
        self._last_id = FIRST_ID
        self._furnish()

    def _furnish(self) -> None:
        """What a new Jira Cloud site comes with."""
        for id_, name, category in (
            ("10000", "To Do", "new"),
            ("3", "In Progress", "indeterminate"),
            ("10001", "Done", "done"),
        ):
            self.statuses[id_] = Status(id_, name, category)
        for id_, name, subtask, level in (
            ("10000", "Epic", False, 1),
            ("10001", "Story", False, 0),
            ("10002", "Task", False, 0),
            ("10003", "Sub-task", True, -1),
            ("10004", "Bug", False, 0),
        ):
            self.issue_types[id_] = IssueType(id_, name, subtask, level)
        for number, name in enumerate(("Highest", "High", "Medium", "Low", "Lowest"), start=1):
            self.priorities[str(number)] = Named(str(number), name)
        for number, name in enumerate(("Done", "Won't Do", "Duplicate", "Cannot Reproduce")):
            self.resolutions[str(FIRST_ID + number)] = Named(str(FIRST_ID + number), name)
        for number, (name, inward, outward) in enumerate(
            (
                ("Blocks", "is blocked by", "blocks"),
                ("Cloners", "is cloned by", "clones"),
                ("Duplicate", "is duplicated by", "duplicates"),
                ("Relates", "relates to", "relates to"),
            )
        ):
            self.link_types[str(FIRST_ID + number)] = LinkType(str(FIRST_ID + number), name, inward, outward)
        self.fields["customfield_10015"] = Field("customfield_10015", "Start date", "date")

    # --- the site itself ---------------------------------------------------------------------------------

    def now(self) -> datetime:
        """The site's time, in whole milliseconds as Jira keeps it."""
        moment = self.clock().astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def new_id(self) -> str:
        """An id that nothing on the site has."""
        self._last_id += 1
        return str(self._last_id)

    def reserve(self, id_: str) -> None:
        """Keep new ids above one that was brought along."""
        if id_.isdigit():
            self._last_id = max(self._last_id, int(id_))

    def add_user(
        self, display_name: str, email: str = "", account_type: str = "atlassian", account_id: str = ""
    ) -> User:
        """A person, or an automation (`app`). Without an id given, one is made from the name."""
        user = User(account_id or account_of(email or display_name), display_name, email, account_type)
        self.users[user.account_id] = user
        return user

    def grant(self, email: str, token: str) -> None:
        """Let the user with this address use the API with this token."""
        self.user(email)
        self.tokens[email] = token

    def revoke(self, email: str) -> None:
        self.tokens.pop(email, None)

    def add_project(self, key: str, name: str = "", type_key: str = "software") -> Project:
        project = Project(self.new_id(), key, name or key, type_key)
        self.projects[project.id] = project
        return project

    def add_field(self, name: str, kind: str = "string", id_: str = "") -> Field:
        """A custom field; `kind` is date, string, number, user, option, array or sprint."""
        made = Field(id_ or f"customfield_{self.new_id()}", name, kind)
        self.fields[made.id] = made
        return made

    def add_status(self, name: str, category: str) -> Status:
        made = Status(self.new_id(), name, category)
        self.statuses[made.id] = made
        return made

    def add_issue_type(self, name: str, level: int = 0) -> IssueType:
        made = IssueType(self.new_id(), name, level < 0, level)
        self.issue_types[made.id] = made
        return made

    def add_resolution(self, name: str) -> Named:
        made = Named(self.new_id(), name)
        self.resolutions[made.id] = made
        return made

    def add_security_level(self, name: str) -> Named:
        made = Named(self.new_id(), name)
        self.security_levels[made.id] = made
        return made

    def add_link_type(self, name: str, inward: str, outward: str) -> LinkType:
        made = LinkType(self.new_id(), name, inward, outward)
        self.link_types[made.id] = made
        return made

    def add_version(self, project: str, name: str, release_date: str | None = None) -> Version:
        made = Version(self.new_id(), self.project(project).id, name, release_date)
        self.versions[made.id] = made
        return made

    def add_sprint(self, name: str, state: str = "future", start: str = "", end: str = "") -> Sprint:
        """A sprint; a site with Jira Software has a field for them (`add_field("Sprint", "sprint")`)."""
        made = Sprint(len(self.sprints) + 1, name, state, start=start or None, end=end or None)
        self.sprints[made.id] = made
        return made

    def add_component(self, project: str, name: str) -> Component:
        made = Component(self.new_id(), self.project(project).id, name)
        self.components[made.id] = made
        return made

    def hide_project(self, project: str) -> None:
        """Take from the API's account the permission to browse a project."""
        self.hidden.add(self.project(project).id)

    def show_project(self, project: str) -> None:
        self.hidden.discard(self.project(project).id)

    def lag_index(self, issue: str) -> None:
        """From now on the search shows the issue as it is at this moment; `catch_up` ends that."""
        found = self.issue(issue)
        self.index[found.id] = deepcopy(found)

    def unindexed(self, issue: str) -> None:
        """The search does not know the issue until `catch_up`."""
        self.index[self.issue(issue).id] = None

    def catch_up(self) -> None:
        self.index.clear()

    def indexed(self, reconciled: Collection[str] = ()) -> dict[str, Issue]:
        """The issues as a search has them; those of `reconcileIssues` as they are."""
        stale = {id_: issue for id_, issue in self.index.items() if id_ not in reconciled}
        shown = {id_: stale.get(id_, issue) for id_, issue in self.issues.items()}
        return {id_: issue for id_, issue in shown.items() if issue is not None}

    def visible(self, issue: Issue) -> bool:
        """Whether the API's account may see the issue."""
        return issue.project_id not in self.hidden

    # --- finding things by what people call them ---------------------------------------------------------

    def issue(self, ref: str) -> Issue:
        """By id, key or former key, case ignored. Raises KeyError."""
        return self.issues[ref if ref in self.issues else self.keys[ref.upper()]]

    def user(self, ref: str) -> User:
        """By account id, e-mail or display name. Raises KeyError."""
        if ref in self.users:
            return self.users[ref]
        return first(self.users.values(), lambda user: ref in (user.email, user.display_name), ref)

    def project(self, ref: str) -> Project:
        """By id or key. Raises KeyError."""
        if ref in self.projects:
            return self.projects[ref]
        return first(self.projects.values(), lambda project: project.key.upper() == ref.upper(), ref)

    def field(self, ref: str) -> Field:
        """A custom field by id or name. Raises KeyError."""
        if ref in self.fields:
            return self.fields[ref]
        return first(self.fields.values(), lambda field: field.name == ref, ref)

    def named(self, table: Mapping[str, Any], name: str) -> Any:
        """A row of one of the site's tables by id or name. Raises KeyError."""
        if name in table:
            return table[name]
        return first(table.values(), lambda row: row.name.lower() == name.lower(), name)

    def file_issue(self, issue: Issue) -> None:
        """Put an issue where it is found by its keys."""
        self.issues[issue.id] = issue
        for key in (issue.key, *issue.former_keys):
            self.keys[key.upper()] = issue.id
            home, _, number = key.upper().rpartition("-")
            self.numbers[home] = max(self.numbers.get(home, 0), int(number))
        self.reserve(issue.id)
        for comment in issue.comments:
            self.commented[comment.id] = issue.id
            self.reserve(comment.id)
        for id_ in [*(each.id for each in issue.histories), *(each.id for each in issue.worklogs)]:
            self.reserve(id_)

    def next_key(self, project: Project) -> str:
        return f"{project.key}-{self.numbers.get(project.key.upper(), 0) + 1}"


def first(rows: Iterable[Row], wanted: Callable[[Row], bool], ref: str) -> Row:
    """The first row that is wanted. Raises KeyError(ref)."""
    for row in rows:
        if wanted(row):
            return row
    raise KeyError(ref)
