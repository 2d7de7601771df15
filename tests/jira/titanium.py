"""2,473 real issues of a public Data Center (Appcelerator's Titanium), and what is known of them from outside."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.jira import JiraSite, load
from tests.jira.conftest import Pull


def raw_issues(material: Path) -> list[dict[str, Any]]:
    with gzip.open(material / "jira" / "titanium" / "titanium_dependency_issues.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def site_of(raw: list[dict[str, Any]]) -> JiraSite:
    site = JiraSite(lambda: datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    site.add_user("Interlock", "hub@meridian.example")
    site.grant("hub@meridian.example", "secret")
    load(site, raw, due_from_versions=True)
    return site


def link_ends(issues: Iterable[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(issue, link, direction, type, other issue) of every link end that the issues show."""
    return [
        (issue["id"], link["id"], side, link["type"]["name"], link[side]["id"])
        for issue in issues
        for link in issue["fields"]["issuelinks"]
        for side in ("inwardIssue", "outwardIssue")
        if side in link
    ]


def standing(issue: dict[str, Any]) -> tuple[Any, ...]:
    """How an issue stands: its status with the category, resolution, priority, type, parent."""
    fields = issue["fields"]
    named = [
        (fields.get(name) or {}).get("name") for name in ("status", "resolution", "priority", "issuetype")
    ]
    parent = (fields.get("parent") or {}).get("key")
    return (issue["id"], fields["status"]["statusCategory"]["key"], parent, *named)


def hold(pulled: Pull, raw: list[dict[str, Any]]) -> None:
    """All issues arrived as they were, and all ends of their links."""
    issues = pulled.issues
    assert len(issues) == len(pulled.census) == 2473
    assert {(i["id"], i["key"], i["fields"]["summary"]) for i in issues.values()} == {
        (i["id"], i["key"], i["fields"]["summary"]) for i in raw
    }
    assert {standing(issue) for issue in issues.values()} == {standing(issue) for issue in raw}
    ends = link_ends(issues.values())
    assert Counter(ends) == Counter(link_ends(raw))
    assert len(ends) == 3865
    assert sum(other not in issues for *_, other in ends) == 1401
    seen = Counter(link for _, link, *_ in ends)
    assert sum(times == 2 for times in seen.values()) == 1232
