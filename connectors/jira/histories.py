"""What a search leaves out of long changelogs.

Jira Cloud's search gives the 40 newest entries of an issue. The rest is had from "Bulk fetch changelogs"
(POST /changelog/bulkfetch: at most 1,000 issues and 10,000 entries a page, `nextPageToken` until it is null).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.contract import Retry
from connectors.jira.client import JiraClient

ISSUES = 1000
ENTRIES = 10_000


def missing(client: JiraClient, issues: Iterable[Mapping[str, Any]], stem: Path) -> Iterator[Path]:
    """The changelog entries that did not come with these issues, in pages that read like a search's."""
    cut: dict[str, set[str]] = {}
    for issue in issues:
        log = issue.get("changelog") or {}
        came = {str(entry["id"]) for entry in log.get("histories") or []}
        if int(log.get("total") or 0) > len(came):
            cut[str(issue["id"])] = came
    ids = list(cut)
    for start in range(0, len(ids), ISSUES):
        for number, page in enumerate(_pages(client, ids[start : start + ISSUES])):
            path = stem.with_name(f"{stem.name}-history-{start:06d}-{number:04d}.json")
            # The same entry told by two resources could differ in a detail, and would be news with each pull.
            rest = [_issue(one, cut.get(str(one["issueId"]), set())) for one in page]
            path.write_text(json.dumps({"issues": rest}), encoding="utf-8")
            yield path


def _pages(client: JiraClient, ids: list[str]) -> Iterator[list[Mapping[str, Any]]]:
    asked: dict[str, Any] = {"issueIdsOrKeys": ids, "maxResults": ENTRIES}
    given: set[str] = set()
    while True:
        reply = client.ask("/changelog/bulkfetch", asked)
        yield reply.get("issueChangeLogs") or []
        token = reply.get("nextPageToken")
        if not token:
            return
        if token in given:
            advice = "The pull cannot be completed; run again later"
            raise Retry("changelogs", "name as the next page one that was read already", advice)
        given.add(token)
        asked["nextPageToken"] = token


def _issue(one: Mapping[str, Any], came: set[str]) -> dict[str, Any]:
    entries = one.get("changeHistories") or []
    histories = [
        {**entry, "created": _iso(entry.get("created"))} for entry in entries if str(entry["id"]) not in came
    ]
    return {"id": str(one["issueId"]), "changelog": {"histories": histories}}


def _iso(moment: Any) -> Any:
    """The published schema says a text; its example, and live sites, give a number since 1970."""
    if not isinstance(moment, int | float):
        return moment
    seconds = moment / 1000 if moment > 1e11 else moment
    return datetime.fromtimestamp(seconds, UTC).isoformat()
