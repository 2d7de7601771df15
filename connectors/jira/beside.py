"""What is read beside the issues: the site's statuses, and where it is asked for the time spent on each issue."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.contract import Retry, Stream
from connectors.jira.client import JiraClient, NotThere

STATUS = Stream(
    name="status", shape="json", records=("statuses",), key="id", content=("$.name", "$.statusCategory.key")
)
"""The statuses of the site. An issue tells the category of the status in which it stands; of those through which
it has gone, its changelog tells id and name alone."""
WORKLOG = Stream(
    name="worklog",
    shape="json",
    records=("issues",),
    key="id",
    content=(
        "$.worklogs[*].id", "$.worklogs[*].timeSpentSeconds", "$.worklogs[*].started",
        "$.worklogs[*].author.accountId",
    ),
)  # fmt: skip
"""One record per issue, with all its worklogs: one that was deleted is in the next version no more. Whatever is
done to a worklog moves the issue's `updated`."""
PERSON = ("accountId", "key", "emailAddress", "displayName", "active")
MOST = 5000
"""Worklogs of a page of GET /issue/{id}/worklog (Jira Cloud REST v3, "Get issue worklogs")."""


def statuses(client: JiraClient, path: Path) -> Path | None:
    """GET /status, in a page that reads like a search's; None where the site does not tell them."""
    try:
        listed = client.get("/status")
    except NotThere:
        return None
    path.write_text(json.dumps({"statuses": listed}), encoding="utf-8")
    return path


def worklogs(client: JiraClient, issues: Iterable[Mapping[str, Any]], path: Path) -> Path:
    """The worklogs of these issues. A search gives 20 of each; where there are more, they are asked for."""
    told = [{"id": str(issue["id"]), "worklogs": list(_of(client, issue))} for issue in issues]
    path.write_text(json.dumps({"issues": told}), encoding="utf-8")
    return path


def _of(client: JiraClient, issue: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    shown = (issue.get("fields") or {}).get("worklog") or {}
    found = shown.get("worklogs") or []
    if int(shown.get("total") or 0) > len(found):
        found = _all(client, str(issue["id"]))
    for worklog in found:
        # What only a group may see is not shown to whoever reads our views; and nobody needs the words.
        if not worklog.get("visibility"):
            author = worklog.get("author") or {}
            yield {
                "id": worklog["id"],
                "timeSpentSeconds": worklog.get("timeSpentSeconds"),
                "started": _utc(worklog.get("started")),
                "author": {name: author[name] for name in PERSON if name in author},
            }


def _utc(stamp: str | None) -> str | None:
    """Jira prints it in the account's time zone, and all would be news if somebody changed that."""
    return datetime.fromisoformat(stamp).astimezone(UTC).isoformat() if stamp else None


def _all(client: JiraClient, issue_id: str) -> list[Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    while True:
        # A worklog that is deleted meanwhile moves those behind it into the page before; the pull of the
        # next minute reads the issue again, as its `updated` has moved.
        asked = {"startAt": len(found), "maxResults": MOST}
        try:
            page = client.get(f"/issue/{issue_id}/worklog", asked)
        except NotThere:
            return []  # the issue is gone since the search found it: the census tells
        before = len(found)
        found |= {str(each["id"]): each for each in page.get("worklogs") or []}
        if len(found) >= int(page.get("total") or 0):
            return list(found.values())
        if len(found) == before:
            place, problem = f"worklogs of issue {issue_id}", f"end at {before} of {page.get('total')}"
            raise Retry(place, problem, "The pull cannot be completed; run again later")
