"""Data Center's JSON, from the site's records.

Shapes follow the published OpenAPI document (Jira Software Data Center 10.3: IssueBean, CommentJsonBean,
UserJsonBean, ChangelogBean) and raw issues of public Data Center sites: members are null where they are empty,
a changelog item tells a field's name alone, timestamps carry an offset without a colon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.jira import shapes as cloud
from sandbox.jira.model import Comment, History, Issue, Project, User
from sandbox.jira.site import JiraSite
from sandbox.jira_dc.bodies import markup
from sandbox.jira_dc.people import People
from sandbox.jira_dc.rendering import render

EPIC_LINK = "customfield_10006"
EPIC_LINK_KIND = "com.pyxis.greenhopper.jira:gh-epic-link"
ITEM = ("field", "fieldtype", "from", "fromString", "to", "toString")


@dataclass(frozen=True)
class Shapes:
    """Renders one site as its present account sees it."""

    site: JiraSite
    people: People

    def address(self, path: str) -> str:
        return f"{self.site.base_url}/rest/api/2/{path}"

    def user(self, account: str | None) -> dict[str, Any] | None:
        known = self.site.users.get(account or "")
        return self._user(known) if known else None

    def _user(self, known: User) -> dict[str, Any]:
        name = self.people.name(known)
        shown = {
            "self": self.address(f"user?username={name}"), "name": name, "key": self.people.key(known),
            "displayName": known.display_name, "active": known.active,
            "timeZone": self.people.zone or str(self.site.zone),
        }  # fmt: skip
        return shown | ({"emailAddress": known.email} if known.email else {})

    def whoami(self, known: User) -> dict[str, Any]:
        return self._user(known) | {
            "locale": "en_GB", "deleted": False, "groups": {"size": 1, "items": []},
            "applicationRoles": {"size": 1, "items": []}, "expand": "groups,applicationRoles",
        }  # fmt: skip

    def project(self, known: Project) -> dict[str, Any]:
        return {
            "self": self.address(f"project/{known.id}"), "id": known.id, "key": known.key, "name": known.name,
            "projectTypeKey": known.type_key, "archived": False, "avatarUrls": {},
        }  # fmt: skip

    def comment(
        self, issue: Issue, known: Comment, properties: bool = False, rendered: bool = False
    ) -> dict[str, Any]:
        body = markup(known.body) or ""
        shown: dict[str, Any] = {
            "self": self.address(f"issue/{issue.id}/comment/{known.id}"), "id": known.id,
            "author": self.user(known.author), "body": body, "updateAuthor": self.user(known.update_author),
            "created": cloud.stamp(self.site, known.created), "updated": cloud.stamp(self.site, known.updated),
        }  # fmt: skip
        if rendered:
            shown["renderedBody"] = render(body)
        if properties:
            shown["properties"] = [{"key": key, "value": value} for key, value in known.properties.items()]
        return shown

    def history(self, issue: Issue, known: History) -> dict[str, Any]:
        items = [self._item(issue, item) for item in known.items]
        shown = {"id": known.id, "created": cloud.stamp(self.site, known.created), "items": items}
        author = self.user(known.author)
        return shown | ({"author": author} if author else {})

    def _item(self, issue: Issue, item: dict[str, Any]) -> dict[str, Any]:
        told = {name: item.get(name) for name in ITEM}
        if item["field"] == "IssueParentAssociation" and not self._is_subtask(issue):
            told |= {"field": "Epic Link", "fieldtype": "custom"}
        for name in ("from", "to"):
            known = self.site.users.get(told[name] or "")
            if known:
                told[name] = self.people.key(known)
        return told

    def issue(self, known: Issue, wanted: Sequence[str], histories: bool = False) -> dict[str, Any]:
        """IssueBean with the wanted fields (as `chosen` tells them)."""
        shown: dict[str, Any] = {
            "expand": "operations,versionedRepresentations,editmeta,changelog,renderedFields",
            "id": known.id, "self": self.address(f"issue/{known.id}"), "key": known.key,
        }  # fmt: skip
        if wanted:
            shown["fields"] = {name: self.value(known, name) for name in wanted}
            if "parent" in wanted and shown["fields"]["parent"] is None:
                del shown["fields"]["parent"]
        if histories:
            told = [self.history(known, each) for each in known.histories]
            shown["changelog"] = {
                "startAt": 0, "maxResults": len(told), "total": len(told), "histories": told,
            }  # fmt: skip
        return shown

    def chosen(self, fields: Sequence[str]) -> list[str]:
        asked = [part for each in fields for part in each.split(",") if part]
        wanted = cloud.chosen(self.site, asked)
        return [*wanted, EPIC_LINK] if {EPIC_LINK, "*all", "*navigable"} & set(asked) else wanted

    def value(self, known: Issue, name: str) -> Any:
        """One field's value, None where it is empty."""
        if name in ("assignee", "reporter", "creator"):
            return self.user(getattr(known, name))
        if name in ("description", "environment"):
            return markup(known.fields.get(name))
        if name == "project":
            return self.project(self.site.projects[known.project_id])
        if name == "comment":
            shown = [self.comment(known, each) for each in known.comments]
            return {"comments": shown, "maxResults": len(shown), "total": len(shown), "startAt": 0}
        if name in ("parent", EPIC_LINK):
            return self._above(known, name)
        stored = known.fields.get(name)
        if isinstance(stored, dict) and "accountId" in stored:
            return self.user(stored["accountId"])
        shown = cloud.value(self.site, known, name)
        if name == "worklog":
            return self.worklogs(known, shown)
        if shown and name in self.site.fields and self.site.fields[name].kind == "sprint":
            return [self._sprint(each) for each in shown]
        if name == "issuetype":
            del shown["hierarchyLevel"]
        return shown

    def worklogs(self, known: Issue, shown: dict[str, Any]) -> dict[str, Any]:
        told = [
            each
            | {
                name: self.user((each.get(name) or {}).get("accountId"))
                for name in ("author", "updateAuthor")
            }
            for each in shown["worklogs"]
        ]
        return shown | {"worklogs": told}

    def _sprint(self, shown: dict[str, Any]) -> str:
        """As Java prints the object: with where it stands in memory, another number each time."""
        self.people.printed += 1
        told = {
            "id": shown["id"], "rapidViewId": shown["boardId"], "state": shown["state"].upper(),
            "name": shown["name"], "startDate": shown.get("startDate", "<null>"),
            "endDate": shown.get("endDate", "<null>"), "completeDate": shown.get("completeDate", "<null>"),
            "activatedDate": "<null>", "sequence": shown["id"], "goal": shown["goal"], "synced": "false",
        }  # fmt: skip
        members = ",".join(f"{name}={value}" for name, value in told.items())
        return f"com.atlassian.greenhopper.service.sprint.Sprint@{self.people.printed:x}[{members}]"

    def _above(self, known: Issue, name: str) -> Any:
        """A sub-task has a parent; any other issue names the key of its epic in a field."""
        above = cloud.value(self.site, known, "parent")
        if above is None or self._is_subtask(known) is not (name == "parent"):
            return None
        return above if name == "parent" else above["key"]

    def _is_subtask(self, known: Issue) -> bool:
        return self.site.issue_types[known.type_id].subtask

    def fields(self, listed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """GET /field: without Cloud's `key`; with the field that holds the epic."""
        own = [{name: value for name, value in field.items() if name != "key"} for field in listed]
        schema = {"type": "any", "custom": EPIC_LINK_KIND, "customId": 10006}
        epic = {
            "id": EPIC_LINK, "name": "Epic Link", "custom": True, "orderable": True, "navigable": True,
            "searchable": True, "clauseNames": ["cf[10006]", "Epic Link"], "schema": schema,
        }  # fmt: skip
        return [*own, epic]
