"""Goes through all issues of a query, in the order in which they were created, whatever happens meanwhile.

Data Center counts its pages (`startAt`): an issue that is deleted, moved or hidden while we read draws those
behind it forward, over the border of a page that was read already, and they are missed. So the next page is not
asked for by number, but as what was created since the last issue that we have. Only where more issues than a page
holds were created at one moment (an import) is counted within it, each page beginning with the last issue of the
one before; where it does not, that moment is begun again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from connectors.contract import Drifted, Retry, SourceError
from connectors.jira.client import Broken, JiraClient
from connectors.jira.data_center import sprints
from connectors.jira.data_center.dates import Dates
from connectors.jira.searching import MOST_BAD, Bad, Found, lone

ORDER = "ORDER BY created ASC, id ASC"
AGAIN = 5
"""How often the issues of one moment are begun again before the pull is left for later."""


@dataclass(frozen=True)
class Query:
    """What to go through: a restriction, the earliest `updated` (epoch ms, None for all), what to ask for."""

    restriction: str
    since: int | None
    asks: Mapping[str, Any]
    sprint: str | None = None
    """The id of the field that holds sprints, which are read as the page is spooled."""

    def jql(self, dates: Dates, created: str | None) -> str:
        parts = [f"({self.restriction})"]
        if self.since is not None:
            parts.append(f"updated >= {dates.at_latest(self.since)}")
        if created is not None:
            parts.append(f"created >= {created}")
        return f"{' AND '.join(parts)} {ORDER}"


@dataclass
class _Place:
    """Where the reading stands: the moment since which is asked, and what was read of it."""

    moment: int = 0
    literal: str | None = None
    start: int = 0
    last: str = ""
    begun: int = 1

    def go_to(self, moment: int, literal: str) -> None:
        self.moment, self.literal, self.start, self.last, self.begun = moment, literal, 0, "", 1

    def begin_again(self) -> None:
        if self.begun == AGAIN:
            advice = "The pull cannot be completed; run again later"
            raise Retry("the search", "its pages move while they are read, again and again", advice)
        self.start, self.last, self.begun = 0, "", self.begun + 1


def walk(client: JiraClient, query: Query, dates: Dates, spool: Path, name: str) -> Iterator[Found | Bad]:
    """The pages, each in a file as received (but for sprints) and with its issues.

    There is always one, and an issue can come twice. Where the site breaks over a page, its issues come one by
    one, and those over which it breaks as Bad.
    """
    spool.mkdir(parents=True, exist_ok=True)
    place, number = _Place(), 0
    while True:
        path = spool / f"{name}-{number:06d}.json"
        broken = None
        try:
            page = _page(client, query, dates, place, path)
        except Broken as error:
            page, broken = _bare(client, query, dates, place, error), error
        issues: list[Mapping[str, Any]] = page.get("issues") or []
        number += 1
        if place.start and (not issues or str(issues[0]["id"]) != place.last):
            place.begin_again()
            continue
        if broken is None:
            sprints.settle(path, page, query.sprint)
            yield Found(path, issues)
        else:
            yield from one_by_one(client, query, [str(issue["id"]) for issue in issues], path, broken)
        if place.start + len(issues) >= int(page.get("total") or 0):
            return
        if len(issues) < (2 if place.start else 1):
            raise Retry("the search", "tells of more issues than it gives", "Run again later")
        _step(place, issues, dates)


def one_by_one(
    client: JiraClient, query: Query, ids: Sequence[str], stem: Path, broken: Broken | None = None
) -> Iterator[Found | Bad]:
    """Each of these issues in a page of its own. Raises `broken`, if there is one, where too many fail.

    Issues that are not there, or not to be seen, do not come: the census tells of them.
    """
    bad = 0
    for id_ in ids:
        path = stem.with_name(f"{stem.stem}-{id_}.json")
        try:
            page = client.spool("/search", dict(query.asks) | {"jql": f"id = {id_}"}, path, attempts=1)
        except Drifted:
            continue
        except Broken as error:
            bad += 1
            if broken is not None and bad > MOST_BAD:
                raise broken from None
            yield lone(id_, error.problem)
        else:
            sprints.settle(path, page, query.sprint)
            yield Found(path, page.get("issues") or [])


def _bare(client: JiraClient, query: Query, dates: Dates, place: _Place, error: Broken) -> Any:
    """The same page with ids and dates alone, which does not need what the site stumbles over in an issue."""
    asks = {"fields": ["created"], "maxResults": query.asks["maxResults"], "startAt": place.start}
    try:
        return client.ask("/search", asks | {"jql": query.jql(dates, place.literal)})
    except SourceError:
        raise error from None


def _step(place: _Place, issues: Sequence[Mapping[str, Any]], dates: Dates) -> None:
    """On to the moment of the last issue; where that is the one that we are at, on within it."""
    reached = dates.exactly(_epoch_ms(issues[-1]["fields"]["created"]))
    if reached is not None and reached[0] > place.moment:
        place.go_to(*reached)
    else:
        place.start += len(issues) - 1
        place.last = str(issues[-1]["id"])


def _page(client: JiraClient, query: Query, dates: Dates, place: _Place, path: Path) -> Any:
    body = dict(query.asks) | {"startAt": place.start}
    try:
        return client.spool("/search", body | {"jql": query.jql(dates, place.literal)}, path)
    except Drifted:
        if dates.in_minutes or (query.since is None and place.literal is None):
            raise
    dates.in_minutes = True
    if place.literal is not None:
        again = dates.exactly(place.moment)
        if again is None:
            place.go_to(0, "")
            place.literal = None
        else:
            place.go_to(*again)
    body = dict(query.asks) | {"startAt": place.start}
    return client.spool("/search", body | {"jql": query.jql(dates, place.literal)}, path)


def _epoch_ms(stamp: str) -> int:
    return round(datetime.fromisoformat(stamp).timestamp() * 1000)
