"""Pulls issues and their changelog from Data Center's search, and takes the census.

Protocol: Jira Data Center REST v2, "Perform search" (POST /search): `startAt`, `maxResults`, `total`, explicit
`fields`, `expand: [changelog]`, which is whole here. The site gives at most 1,000 issues a page, or what its
administrator set.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from connectors.contract import Cursor, Page, Stream, Trouble
from connectors.jira import answers, beside, scope
from connectors.jira import reading as shared
from connectors.jira.client import JiraClient
from connectors.jira.data_center.dates import Dates
from connectors.jira.data_center.walking import Query, one_by_one, walk
from connectors.jira.options import Options
from connectors.jira.people import who
from connectors.jira.reading import READ, Seen, Window
from connectors.jira.searching import Bad, Found

FORMAT = 1
"""Raised when what is read changes, so that everything is read anew."""
CENSUS_PAGE = 1000


def issue_stream(fields: Mapping[str, str]) -> Stream:
    """The stream of issues. People are known by `key`: their user name can be changed."""
    return by_key(shared.issue_stream(fields))


def by_key(stream: Stream) -> Stream:
    return replace(stream, content=tuple(path.replace(".accountId", ".key") for path in stream.content))


CHANGE = by_key(shared.CHANGE)
WORKLOG = by_key(beside.WORKLOG)


def pull(
    client: JiraClient,
    options: Options,
    fields: Mapping[str, str],
    names: Mapping[str, str],
    cursor: Cursor,
    watch: Sequence[str],
    spool: Path,
) -> Iterator[Page | Trouble]:
    """Pages of issues and changes since the cursor, then answers, then the census; statuses and worklogs as for
    Cloud.

    As for Cloud, the last page of changes carries the new cursor, and comes after the answers. The cursor has
    the same members; in its `fields` also stand `names`, those that Data Center's changelog tells instead of
    ids. Its `updated` never lies after the moment at which the reading began: an issue that entered the
    scope meanwhile, behind our back, has an `updated` that the next pull still asks for.
    """
    me = client.get("/myself")
    account, dates = who(me), Dates(me.get("timeZone"))
    began = round(client.now().timestamp() * 1000)
    restriction, lost = scope.readable(client, options.jql)
    yield from map(scope.trouble, lost)
    own = {*fields.values(), *(["worklog"] if options.worklogs else [])}
    asked = [*READ, *sorted(own - set(READ))]
    reads = _fingerprint(restriction, asked, lost)
    same = cursor.get("reads") == reads and cursor.get("account") == account
    window = Window.since(cursor if same else {}, client.now())
    query = Query(
        restriction, window.start_ms or None,
        {"fields": asked, "expand": ["changelog"], "maxResults": options.page_size}, fields.get("sprint"),
    )  # fmt: skip
    seen = Seen()
    held = yield from shared.batches(
        client, _issues(client, query, dates, cursor.get("bad") or [], spool), seen, options, spool,
        lambda found: [found.path],
    )  # fmt: skip
    wanted = answers.watched(seen.keys, watch)
    if wanted:
        answers.spool(client, wanted, account, spool / "answer.ndjson", options.automations)
        yield Page("answer", spool / "answer.ndjson")
    projects = seen.projects.union(lost, (cursor.get("projects") or ()) if same else ())
    reached = window.reached(min(seen.updated_ms, began)) | {
        "reads": reads, "account": account, "projects": sorted(projects),
        "fields": dict(fields) | dict(names), "site": options.url, "bad": sorted(seen.bad),
    }  # fmt: skip
    yield from shared.with_cursor(held, reached, spool)
    census = Query(restriction, None, {"fields": ["created"], "maxResults": CENSUS_PAGE})
    for found in walk(client, census, dates, spool, "census"):
        if isinstance(found, Bad):
            raise found.trouble.error
        yield Page("issue", found.path, complete=True, keys_only=True)


def _issues(
    client: JiraClient, query: Query, dates: Dates, bad: Sequence[str], spool: Path
) -> Iterator[Found | Bad]:
    """What could not be had last time, then what the search finds."""
    spool.mkdir(parents=True, exist_ok=True)
    yield from one_by_one(client, query, bad, spool / "again.json")
    yield from walk(client, query, dates, spool, "issue")


def _fingerprint(restriction: str, fields: Sequence[str], lost: Sequence[str]) -> str:
    read = json.dumps(["data-center", FORMAT, restriction, sorted(fields), list(lost)])
    return hashlib.sha256(read.encode()).hexdigest()[:16]
