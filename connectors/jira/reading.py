"""Pulls issues and their changelog from the search, in pages, and takes the census.

Protocol: Jira Cloud REST v3, "Search for issues using JQL enhanced search (POST)": explicit `fields`,
`expand: changelog`, `nextPageToken` until `isLast`, no total.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.contract import Cursor, Page, Stream, Trouble
from connectors.jira import answers, beside, histories, scope
from connectors.jira.client import JiraClient, NotThere
from connectors.jira.options import Options
from connectors.jira.searching import Bad, Found, by_id, pages

FORMAT = 3
"""Raised when what is read changes, so that everything is read anew."""
RECONCILED = 50
"""Most issues of `reconcileIssues`: those are searched as they are, not as the index has them. We wrote on
them, and people answer there."""
GATEWAY = "/ex/jira/"
"""Part of the address of scoped tokens: https://api.atlassian.com/ex/jira/<cloud id>."""
MINUTE_MS = 60 * 1000
OVERLAP_MS = 5 * MINUTE_MS
LOOK_BACK_MS = 26 * 60 * MINUTE_MS
LOOK_BACK_EVERY_MS = 60 * MINUTE_MS
READ_ALL_EVERY_MS = 7 * 24 * 60 * MINUTE_MS
CENSUS_PAGE = 5000
ORDER = "ORDER BY created ASC"
"""By creation, not by update: an issue that is touched while we read would move between pages, and be missed
or seen twice; `created` never changes, and new issues come last."""

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


SPRINT = ("id", "name", "state", "startDate", "endDate", "completeDate")


def issue_stream(fields: Mapping[str, str]) -> Stream:
    """The stream of issues; the fields that are configured, or were found, count as news too."""
    whole = {id_ for hub, id_ in fields.items() if hub != "sprint"}.difference(READ)
    own = tuple(f'$.fields."{id_}"' for id_ in sorted(whole))
    if "sprint" in fields:
        own += tuple(f'$.fields."{fields["sprint"]}"[*].{member}' for member in SPRINT)
    return Stream(name="issue", shape="json", records=("issues",), key="id", content=NEWS + own)


@dataclass(frozen=True)
class Window:
    """How far back a pull reads, in epoch milliseconds of the site's clock; `start_ms` 0: everything.

    The search's index lags behind what people do, and an issue that it shows late has an `updated` before the
    greatest one seen: OVERLAP_MS is for what is usual, and once an hour LOOK_BACK_MS for what is not. And what
    moves no `updated` (a release date, a sprint's end, a renamed project, a permission given) is found by
    reading everything once a week.
    """

    start_ms: int
    updated_ms: int
    looked_back_ms: int
    read_all_ms: int

    @classmethod
    def since(cls, cursor: Cursor, now: datetime) -> Window:
        now_ms = round(now.timestamp() * 1000)
        updated = int(cursor.get("updated") or 0)
        looked_back, read_all = int(cursor.get("looked_back") or 0), int(cursor.get("read_all") or 0)
        if not updated or now_ms - read_all >= READ_ALL_EVERY_MS:
            return cls(0, updated, now_ms, now_ms)
        if now_ms - looked_back >= LOOK_BACK_EVERY_MS:
            return cls(updated - LOOK_BACK_MS, updated, now_ms, read_all)
        return cls(updated - OVERLAP_MS, updated, looked_back, read_all)

    def reached(self, updated_ms: int) -> dict[str, Any]:
        """Its part of the cursor, when the greatest `updated` of the pull is this."""
        greatest = max(self.updated_ms, updated_ms)
        return {"updated": greatest, "looked_back": self.looked_back_ms, "read_all": self.read_all_ms}


@dataclass
class Seen:
    """What the pages of a pull said, taken along as they are spooled."""

    keys: dict[str, str] = field(default_factory=dict)
    projects: set[str] = field(default_factory=set)
    bad: list[str] = field(default_factory=list)
    updated: dict[str, int] = field(default_factory=dict)
    updated_ms: int = 0

    def take(self, issues: Sequence[Mapping[str, Any]]) -> None:
        for issue in issues:
            fields = issue.get("fields") or {}
            key = str(issue.get("key", ""))
            self.keys[str(issue["id"])] = key
            self.projects.add((fields.get("project") or {}).get("key") or key.rpartition("-")[0])
            if fields.get("updated"):
                self.updated[str(issue["id"])] = updated = _epoch_ms(fields["updated"])
                self.updated_ms = max(self.updated_ms, updated)

    def touched(self, window: Window, reconciled: Sequence[int]) -> dict[str, str]:
        """The keys of the issues on which something may have been said since the last pull: not those which
        only the long look-back brings, and which the search told as they are last time."""
        known = {str(id_) for id_ in reconciled}
        since = window.updated_ms - OVERLAP_MS
        return {
            id_: key
            for id_, key in self.keys.items()
            if id_ not in known or self.updated.get(id_, since) >= since or not window.updated_ms
        }


def pull(
    client: JiraClient,
    options: Options,
    fields: Mapping[str, str],
    cursor: Cursor,
    watch: Sequence[str],
    spool: Path,
) -> Iterator[Page | Trouble]:
    """Pages of issues and changes since the cursor, then answers, then the census; with the first issues the
    statuses, and with all of them their worklogs, where these are asked for.

    The last page of changes carries the new cursor, and comes after the answers: a pull that ends before
    they are spooled is done again from the old cursor. The cursor holds `updated` (epoch ms, the greatest
    seen), `looked_back` and `read_all` (epoch ms of the site's clock: when that was last done), `reads` (what
    was read, by hash), `account` (whose eyes it was read with), `site` (its address for people), `projects`
    (whose issues were seen), `bad` (ids of issues that could not be had) and `fields` (hub name to the field
    id that it means on this site).
    """
    account = _account(client)
    restriction, lost = scope.readable(client, options.jql)
    yield from map(scope.trouble, lost)
    own = {*fields.values(), *(["worklog"] if options.worklogs else [])}
    asked = [*READ, *sorted(own - set(READ))]
    reads = _fingerprint(options.jql, asked, lost)
    same = cursor.get("reads") == reads and cursor.get("account") == account
    window = Window.since(cursor if same else {}, client.now())
    restriction = f"({restriction})"
    news = f"{restriction} AND updated >= {window.start_ms}" if window.start_ms else restriction
    body: dict[str, Any] = {
        "jql": f"{news} {ORDER}", "fields": asked, "expand": "changelog", "maxResults": options.page_size,
    }  # fmt: skip
    if written := sorted(int(id_) for id_ in watch if id_.isdigit())[:RECONCILED]:
        body["reconcileIssues"] = written
    seen = Seen()
    held = yield from batches(
        client, _issues(client, body, cursor.get("bad") or [], spool), seen, options, spool,
        lambda found: [found.path, *histories.missing(client, found.issues, found.path.with_suffix(""))],
    )  # fmt: skip
    wanted = answers.watched(seen.touched(window, body.get("reconcileIssues") or ()), watch)
    if wanted:
        answers.spool(client, wanted, account, spool / "answer.ndjson")
        yield Page("answer", spool / "answer.ndjson")
    projects = seen.projects.union(lost, (cursor.get("projects") or ()) if same else ())
    reached = window.reached(seen.updated_ms) | {
        "reads": reads, "account": account, "projects": sorted(projects), "fields": dict(fields),
        "site": _site(client, options.url), "bad": sorted(seen.bad),
    }  # fmt: skip
    yield from with_cursor(held, reached, spool)
    census = {"jql": f"{restriction} {ORDER}", "fields": ["id"], "maxResults": CENSUS_PAGE}
    for found in pages(client, census, spool, "census"):
        if isinstance(found, Bad):
            raise found.trouble.error
        yield Page("issue", found.path, complete=True, keys_only=True)


def _issues(
    client: JiraClient, body: Mapping[str, Any], bad: Sequence[str], spool: Path
) -> Iterator[Found | Bad]:
    """What could not be had last time, then what the search finds."""
    spool.mkdir(parents=True, exist_ok=True)
    if bad:
        yield from by_id(client, bad, body, spool / "again")
    yield from pages(client, body, spool, "issue")


def batches(
    client: JiraClient,
    found_in_turn: Iterator[Found | Bad],
    seen: Seen,
    options: Options,
    spool: Path,
    changes: Callable[[Found], Sequence[Path]],
) -> Generator[Page | Trouble, None, list[Page]]:
    """The pages of each batch of issues, and what `changes` tells of its changelog; taken into `seen`.

    The last pages of changes are returned in place of being handed on: they wait for the cursor.
    """
    held: list[Page] = []
    for found in found_in_turn:
        yield from held
        held = []
        if isinstance(found, Bad):
            seen.bad.append(found.issue_id)
            yield found.trouble
            continue
        if found.issues and not seen.keys and (statuses := beside.statuses(client, spool / "status.json")):
            yield Page("status", statuses)
        seen.take(found.issues)
        if options.marks.label:
            _take_out(options.marks.label, found.path)
        yield Page("issue", found.path)
        if options.worklogs:
            yield Page("worklog", beside.worklogs(client, found.issues, found.path.with_suffix(".worklogs")))
        held = [Page("change", path) for path in changes(found)]
    return held


def _take_out(label: str, path: Path) -> None:
    """Write a page anew where an issue has the label that Interlock sets itself: its own writes are no news."""
    if json.dumps(label, ensure_ascii=False).encode() not in path.read_bytes():
        return
    page = json.loads(path.read_bytes())
    for issue in page.get("issues") or []:
        fields = issue.get("fields") or {}
        if label in (fields.get("labels") or []):
            fields["labels"] = [each for each in fields["labels"] if each != label]
    path.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")


def with_cursor(held: Sequence[Page], cursor: Cursor, spool: Path) -> Iterator[Page]:
    """The last pages of changes; an empty one to carry the cursor, where none is left."""
    if not held:
        empty = spool / "nothing.json"
        empty.write_text('{"issues": []}', encoding="utf-8")
        held = [Page("change", empty)]
    yield from held[:-1]
    yield replace(held[-1], cursor=cursor)


def _account(client: JiraClient) -> str | None:
    """Our own account id. A search tells nothing of a token that is not believed; this resource does."""
    try:
        found = client.get("/myself")
    except NotThere:
        return None  # the search, which follows, tells whether there is a Jira at all
    return str(found["accountId"]) if "accountId" in found else None


def _site(client: JiraClient, url: str) -> str:
    """The address that people open. Behind the gateway of scoped tokens it is not the one that we ask."""
    if GATEWAY not in url:
        return url
    return str(client.get("/serverInfo").get("baseUrl") or url).rstrip("/")


def _fingerprint(jql: str, fields: Sequence[str], lost: Sequence[str]) -> str:
    """A project that was lost and is seen again must be read whole: so what was lost is part of it."""
    read = json.dumps([FORMAT, jql, sorted(fields), list(lost)])
    return hashlib.sha256(read.encode()).hexdigest()[:16]


def _epoch_ms(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)
