"""The pages of a search, each as received in a file, and what is done about an issue over which it breaks.

Protocol: Jira Cloud REST v3, "Search for issues using JQL enhanced search (POST)" (`nextPageToken` until
`isLast`, no total) and "Bulk fetch issues" (at most 100, what cannot be had is named in `issueErrors`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Required

from pydantic import TypeAdapter
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from connectors.contract import Retry, SourceError, Trouble
from connectors.jira.client import Broken, JiraClient

BULK = 100
"""Most issues of one /issue/bulkfetch."""
MOST_BAD = 10
"""Issues of one page that may fail by themselves; where more do, it is the site that is broken."""


class _Project(TypedDict, total=False):
    key: Any


class _Fields(TypedDict, total=False):
    project: _Project | None
    updated: Any
    worklog: Any


class _Entry(TypedDict, total=False):
    id: Any


class _Changelog(TypedDict, total=False):
    total: Any
    histories: list[_Entry] | None


class _Issue(TypedDict, total=False):
    id: Required[Any]
    key: Any
    fields: _Fields | None
    changelog: _Changelog | None


class _Page(TypedDict, total=False):
    issues: list[_Issue] | None
    issueErrors: Any
    nextPageToken: Any
    isLast: Any


LOOK = TypeAdapter(_Page)
"""What the connector itself looks at in a page; the rest is for the warehouse."""


@dataclass(frozen=True)
class Found:
    """A spooled page, and of its issues the members that LOOK names."""

    path: Path
    issues: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Bad:
    """An issue that the site cannot give: its id, and what it answered."""

    issue_id: str
    trouble: Trouble


def pages(client: JiraClient, body: Mapping[str, Any], spool: Path, name: str) -> Iterator[Found | Bad]:
    """The pages of a search. There is always one, and each issue over which it breaks comes as Bad."""
    spool.mkdir(parents=True, exist_ok=True)
    token: str | None = None
    given: set[str] = set()
    while True:
        path = spool / f"{name}-{len(given):06d}.json"
        asked = dict(body) | ({"nextPageToken": token} if token else {})
        try:
            page = client.spool("/search/jql", asked, path, look=LOOK)
            yield Found(path, page.get("issues") or [])
        except Broken as error:
            page = _ids(client, asked, path, error)
            ids = [str(issue["id"]) for issue in page.get("issues") or []]
            yield from by_id(client, ids, body, path.with_suffix(""), error)
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


def _ids(client: JiraClient, asked: Mapping[str, Any], path: Path, error: Broken) -> Any:
    """The same page with ids alone, which does not need what the site stumbles over in an issue."""
    bare = {key: value for key, value in asked.items() if key != "expand"} | {"fields": ["id"]}
    try:
        return client.spool("/search/jql", bare, path, attempts=1, look=LOOK)
    except SourceError:
        raise error from None


def by_id(
    client: JiraClient, ids: Sequence[str], body: Mapping[str, Any], stem: Path, error: Broken | None = None
) -> Iterator[Found | Bad]:
    """These issues, fetched in halves until each that fails is alone. Raises `error`, if there is one, where
    too many fail. Issues that are not there, or not to be seen, do not come: the census tells of them."""
    fetch = {"fields": body["fields"], "expand": [each for each in [body.get("expand")] if each]}
    waiting = [list(ids[start : start + BULK]) for start in range(0, len(ids), BULK)]
    number = bad = 0
    while waiting:
        some = waiting.pop(0)
        path = stem.with_name(f"{stem.name}-{number:04d}.json")
        number += 1
        try:
            asked = fetch | {"issueIdsOrKeys": some}
            page = client.spool("/issue/bulkfetch", asked, path, attempts=1, look=LOOK)
        except Broken as broken:
            if len(some) > 1:
                middle = len(some) // 2
                waiting[:0] = [some[:middle], some[middle:]]
                continue
            failed = {some[0]: broken.problem}
        else:
            yield Found(path, page.get("issues") or [])
            named = page.get("issueErrors") or []
            failed = {str(one["id"]): f"answered: {one.get('errorMessage') or 'an error'}" for one in named}
        bad += len(failed)
        if error is not None and bad > MOST_BAD:
            raise error
        yield from (_bad(id_, problem) for id_, problem in failed.items())


def _bad(issue_id: str, problem: str) -> Bad:
    advice = "Open it in Jira; the rest was read, and this one is tried again with each pull"
    return Bad(issue_id, Trouble(f"issue {issue_id}", Retry(f"issue {issue_id}", problem, advice)))
