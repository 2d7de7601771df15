"""2,473 real issues of a public Data Center, served as one: what is known of them from outside still holds."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from sandbox.jira import JiraSite, load
from sandbox.jira_dc import DataCenterSandbox
from tests.jira.test_titanium import link_ends, standing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(material):
    with gzip.open(material / "jira" / "titanium" / "titanium_dependency_issues.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def test_all_issues_and_link_ends_arrive_as_they_were(raw, connector, pull):
    site = JiraSite(lambda: datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    site.add_user("Interlock", "hub@meridian.example")
    site.grant("hub@meridian.example", "secret")
    load(site, raw, due_from_versions=True)
    with DataCenterSandbox(site) as jira:
        pulled = pull(connector(url=jira.url, page_size=500))
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
    assert len(pulled.of("issue")) <= 2473 // 500 + 2
