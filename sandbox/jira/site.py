"""A Jira site and what people do to it: each act writes the changelog and moves `updated` as Jira does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.jira import edits
from sandbox.jira.adf import document
from sandbox.jira.model import Adf, Comment, History, Issue, Link, Worklog
from sandbox.jira.tables import Tables, first


class JiraSite(Tables):
    """A Jira Cloud site. Acts are dated by its clock, and by whom they are done is told with `by`."""

    def create_issue(
        self,
        project: str,
        summary: str,
        type: str = "Task",
        by: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> Issue:
        """A new issue in the first status; `fields` as in `set_fields`. Creating writes no changelog."""
        home, now = self.project(project), self.now()
        author = self.user(by).account_id if by else None
        issue = Issue(
            id=self.new_id(), key=self.next_key(home), project_id=home.id,
            type_id=self.named(self.issue_types, type).id, status_id=next(iter(self.statuses)),
            created=now, updated=now, creator=author, reporter=author,
            priority_id=self.named(self.priorities, "Medium").id if self.priorities else None,
            fields={"summary": summary},
        )  # fmt: skip
        self.file_issue(issue)
        edits.apply(self, issue, fields or {})
        return issue

    def set_fields(self, issue: str, changes: Mapping[str, Any], by: str = "") -> Issue:
        """Edit fields in one go: one changelog entry with an item per field that really changed.

        Keys are Jira's field ids (`duedate`, `priority`, `assignee`, `labels`, `fixVersions`, `components`,
        `parent`, `timeoriginalestimate` in seconds …) or a custom field's id or name; values are what
        people would choose: ISO dates, names, lists of names.
        """
        found = self.issue(issue)
        items = edits.apply(self, found, changes)
        self._record(found, items, by)
        return found

    def transition(self, issue: str, status: str, by: str = "", resolution: str = "Done") -> Issue:
        """Move to a status; into a done one with a resolution, out of it without."""
        found = self.issue(issue)
        self._record(found, edits.transition(self, found, status, resolution), by)
        return found

    def assign(self, issue: str, to: str | None, by: str = "") -> Issue:
        return self.set_fields(issue, {"assignee": to}, by)

    def link(self, type: str, source: str, target: str, by: str = "") -> Link:
        """`source` <outward phrase> `target`; both issues' changelogs tell it."""
        kind = self.named(self.link_types, type)
        first, second = self.issue(source), self.issue(target)
        made = Link(self.new_id(), kind.id, first.id, second.id)
        self.file_link(made)
        for here, other, phrase in ((first, second, kind.outward), (second, first, kind.inward)):
            told = f"This issue {phrase} {other.key}"
            self._record(here, [edits.item("Link", "jira", None, None, None, other.key, told)], by)
        return made

    def file_link(self, link: Link) -> None:
        for end in (link.source, link.target):
            self.links.setdefault(end, []).append(link)
        self.reserve(link.id)

    def unlink(self, link: Link, by: str = "") -> None:
        for end, other in ((link.source, link.target), (link.target, link.source)):
            self.links[end] = [kept for kept in self.links[end] if kept is not link]
            if end in self.issues and other in self.issues:
                key = self.issues[other].key
                told = f"This issue was linked to {key}"
                self._record(self.issues[end], [edits.item("Link", "jira", None, key, told, None, None)], by)

    def comment(
        self, issue: str, body: str | Adf, by: str, properties: Mapping[str, Any] | None = None
    ) -> Comment:
        """A comment by a person (or an automation); plain text becomes one paragraph per line."""
        found, author, now = self.issue(issue), self.user(by).account_id, self.now()
        made = Comment(self.new_id(), author, document(body), now, now, author, dict(properties or {}))
        found.comments.append(made)
        self.commented[made.id] = found.id
        found.updated = now
        return made

    def find_comment(self, comment_id: str) -> tuple[Issue, Comment]:
        """Raises KeyError."""
        issue = self.issues[self.commented[comment_id]]
        return issue, first(issue.comments, lambda comment: comment.id == comment_id, comment_id)

    def edit_comment(self, comment_id: str, body: str | Adf, by: str = "") -> Comment:
        issue, comment = self.find_comment(comment_id)
        comment.body, comment.updated = document(body), self.now()
        comment.update_author = self.user(by).account_id if by else comment.author
        issue.updated = comment.updated
        return comment

    def delete_comment(self, comment_id: str) -> None:
        issue, comment = self.find_comment(comment_id)
        issue.comments.remove(comment)
        del self.commented[comment_id]
        issue.updated = self.now()

    def log_work(self, issue: str, seconds: int, by: str, started: datetime | None = None) -> Worklog:
        """Time spent, as told by the one who spent it; the changelog tells the sum."""
        found, now = self.issue(issue), self.now()
        made = Worklog(self.new_id(), self.user(by).account_id, started or now, seconds, now)
        found.worklogs.append(made)
        self._tell_time(found, edits.item("WorklogId", "jira", None, None, None, made.id, made.id), by)
        return made

    def delete_worklog(self, issue: str, worklog_id: str, by: str = "") -> None:
        found = self.issue(issue)
        gone = first(found.worklogs, lambda worklog: worklog.id == worklog_id, worklog_id)
        found.worklogs.remove(gone)
        self._tell_time(found, edits.item("WorklogId", "jira", None, gone.id, gone.id, None, None), by)

    def _tell_time(self, issue: Issue, told: dict[str, Any], by: str) -> None:
        spent = sum(worklog.seconds for worklog in issue.worklogs)
        self._record(issue, [*edits.apply(self, issue, {"timespent": spent or None}), told], by)

    def delete_issue(self, issue: str) -> None:
        """The issue, its comments and its links go; its key is never used again."""
        found = self.issue(issue)
        for link in list(self.links.get(found.id, [])):
            self.unlink(link)
        self.links.pop(found.id, None)
        del self.issues[found.id]

    def move_issue(self, issue: str, project: str, by: str = "") -> Issue:
        """To another project: a new key, the same id; the old key still finds it."""
        found, home = self.issue(issue), self.project(project)
        old, came_from = found.key, self.projects[found.project_id]
        found.key, found.project_id = self.next_key(home), home.id
        found.former_keys.append(old)
        self.file_issue(found)
        named = ("project", "jira", "project", came_from.id, came_from.name, home.id, home.name)
        self._record(
            found, [edits.item(*named), edits.item("Key", "jira", None, None, old, None, found.key)], by
        )
        return found

    def _record(self, issue: Issue, items: list[dict[str, Any]], by: str) -> None:
        if not items:
            return
        author = self.user(by).account_id if by else (issue.reporter or next(iter(self.users), ""))
        issue.updated = self.now()
        issue.histories.append(History(self.new_id(), author, issue.updated, items))
