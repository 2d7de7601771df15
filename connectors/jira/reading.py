"""Pulls issues and their changelog from the search, in pages, and takes the census.

Protocol: Jira Cloud REST v3, "Search for issues using JQL enhanced search (POST)": explicit `fields`,
`expand: changelog`, `nextPageToken` until `isLast`, no total.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.contract import Cursor, Page, Retry, Stream
from connectors.jira import answers
from connectors.jira.client import JiraClient, NotThere
from connectors.jira.options import EVERYTHING, Options

FORMAT = 1
"""Raised when what is read changes, so that everything is read anew."""
OVERLAP_MS = 5 * 60 * 1000
"""Read again this long before the cursor: the search's index lags behind what people do, and an issue that
it shows late has an `updated` that lies before the greatest one seen."""
CENSUS_PAGE = 5000
ORDER = "ORDER BY created ASC"
"""By creation, not by update: an issue that is touched while we read would move between pages, and be missed
or seen twice; `created` never changes, and new issues come last."""
ORDERED = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\border\s+by\b""", re.IGNORECASE)

READ = (
    "summary", "issuetype", "project", "status", "resolution", "resolutiondate", "priority", "assignee",
    "created", "updated", "duedate", "parent", "labels", "components", "fixVersions", "issuelinks",
    "timetracking", "timeoriginalestimate", "timeestimate", "security",
)  # fmt: skip
NEWS = (
    "$.key", "$.fields.summary", "$.fields.issuetype.name", "$.fields.project.key",
    "$.fields.status.id", "$.fields.status.name", "$.fields.status.statusCategory.key",
    "$.fields.resolution.name", "$.fields.resolutiondate", "$.fields.priority.name",
    "$.fields.assignee.accountId", "$.fields.assignee.emailAddress", "$.fields.assignee.displayName",
    "$.fields.assignee.active", "$.fields.created", "$.fields.duedate", "$.fields.parent.id",
    "$.fields.parent.key", "$.fields.labels", "$.fields.components[*].name", "$.fields.fixVersions[*].id",
    "$.fields.fixVersions[*].name", "$.fields.fixVersions[*].releaseDate", "$.fields.fixVersions[*].released",
    "$.fields.issuelinks[*].id", "$.fields.issuelinks[*].type.name",
    "$.fields.issuelinks[*].outwardIssue.id", "$.fields.issuelinks[*].outwardIssue.key",
    "$.fields.issuelinks[*].inwardIssue.id", "$.fields.issuelinks[*].inwardIssue.key",
    "$.fields.timeoriginalestimate", "$.fields.timeestimate",
    "$.fields.timetracking.originalEstimateSeconds", "$.fields.timetracking.remainingEstimateSeconds",
    "$.fields.security.id", "$.fields.security.name",
)  # fmt: skip
"""What counts as news of an issue. Outside: `updated`, rank and every aggregate, which move without anybody
having said anything; comments, which are Interlock's own writes too; and other issues' summaries."""
CHANGE = Stream(
    name="change",
    shape="json",
    records=("issues", "changelog.histories"),
    parent="id",
    key="id",
    content=("$.items", "$.author.accountId"),
)
"""Entries of the changelog, which never change. Their `created` is printed in the account's time zone, and
would become news for all of them if somebody changed that."""


def issue_stream(fields: Mapping[str, str]) -> Stream:
    """The stream of issues; the configured fields count as news too."""
    own = tuple(f'$.fields."{id_}"' for id_ in sorted(set(fields.values())) if id_ not in READ)
    return Stream(name="issue", shape="json", records=("issues",), key="id", content=NEWS + own)


@dataclass
class Seen:
    """What the pages of a pull said, taken along as they are spooled."""

    keys: dict[str, str] = field(default_factory=dict)
    projects: set[str] = field(default_factory=set)
    updated_ms: int = 0

    def take(self, issues: Sequence[Mapping[str, Any]]) -> None:
        for issue in issues:
            fields = issue.get("fields") or {}
            key = str(issue.get("key", ""))
            self.keys[str(issue["id"])] = key
            self.projects.add((fields.get("project") or {}).get("key") or key.rpartition("-")[0])
            if fields.get("updated"):
                self.updated_ms = max(self.updated_ms, _epoch_ms(fields["updated"]))


def pull(
    client: JiraClient,
    options: Options,
    fields: Mapping[str, str],
    cursor: Cursor,
    watch: Sequence[str],
    spool: Path,
) -> Iterator[Page]:
    """Pages of issues and changes since the cursor, then answers, then the census.

    The last page of changes carries the new cursor, and comes after the answers: a pull that ends before
    they are spooled is done again from the old cursor. The cursor holds `updated` (epoch ms, the greatest
    seen), `reads` (what was read, by hash), `account` (whose eyes it was read with), `projects` (whose
    issues were seen) and `fields` (hub name to the field id that it means on this site).
    """
    account = _account(client)
    asked = [*READ, *sorted(set(fields.values()) - set(READ))]
    reads = _fingerprint(options.jql, asked)
    same = cursor.get("reads") == reads and cursor.get("account") == account
    since = int(cursor.get("updated") or 0) if same else 0
    restriction = f"({unordered(options.jql) or EVERYTHING})"
    news = f"{restriction} AND updated >= {since - OVERLAP_MS}" if since else restriction
    seen = Seen()
    body = {"jql": f"{news} {ORDER}", "fields": asked, "expand": "changelog", "maxResults": options.page_size}
    held: list[Page] = []
    for path, issues in _pages(client, body, spool, "issue"):
        yield from held
        seen.take(issues)
        yield Page("issue", path)
        held = [Page("change", path)]
    wanted = answers.watched(seen.keys, watch)
    if wanted:
        answers.spool(client, wanted, account, spool / "answer.ndjson")
        yield Page("answer", spool / "answer.ndjson")
    projects = seen.projects | (set(cursor.get("projects") or ()) if same else set())
    reached = {
        "updated": max(since, seen.updated_ms), "reads": reads, "account": account,
        "projects": sorted(projects), "fields": dict(fields),
    }  # fmt: skip
    yield from (replace(page, cursor=reached) for page in held)
    census = {"jql": f"{restriction} {ORDER}", "fields": ["id"], "maxResults": CENSUS_PAGE}
    for path, _ in _pages(client, census, spool, "census"):
        yield Page("issue", path, complete=True, keys_only=True)


def _pages(
    client: JiraClient, body: Mapping[str, Any], spool: Path, name: str
) -> Iterator[tuple[Path, list[dict[str, Any]]]]:
    """The pages of a search, each as received in a file and with its issues. There is always one."""
    spool.mkdir(parents=True, exist_ok=True)
    token: str | None = None
    given: set[str] = set()
    while True:
        path = spool / f"{name}-{len(given):06d}.json"
        page = client.spool("/search/jql", dict(body) | ({"nextPageToken": token} if token else {}), path)
        yield path, page.get("issues") or []
        token = page.get("nextPageToken")
        if page.get("isLast") is True or (token is None and page.get("isLast") is None):
            return
        if token is None or token in given:
            raise Retry(
                f"page {len(given) + 1} of the search",
                "tells of no next page"
                if token is None
                else "names as the next page one that was read already",
                "The pull cannot be completed; run again later",
            )
        given.add(token)


def _account(client: JiraClient) -> str | None:
    """Our own account id. A search tells nothing of a token that is not believed; this resource does."""
    try:
        found = client.get("/myself")
    except NotThere:
        return None  # the search, which follows, tells whether there is a Jira at all
    return str(found["accountId"]) if "accountId" in found else None


def unordered(jql: str) -> str:
    """The query without its ORDER BY, which is ours to set."""
    for match in ORDERED.finditer(jql):
        if match[0][0] not in "\"'":
            return jql[: match.start()].strip()
    return jql.strip()


def _fingerprint(jql: str, fields: Sequence[str]) -> str:
    read = json.dumps([FORMAT, jql, sorted(fields)])
    return hashlib.sha256(read.encode()).hexdigest()[:16]


def _epoch_ms(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)
