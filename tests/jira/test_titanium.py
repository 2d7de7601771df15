"""2,473 real issues through sandbox and connector: what is known of them from outside still holds."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from sandbox.jira import JiraSandbox, JiraSite, load

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(material):
    with gzip.open(material / "jira" / "titanium" / "titanium_dependency_issues.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def server(raw):
    site = JiraSite(lambda: datetime(2026, 1, 5, 9, 0, tzinfo=UTC))
    site.add_user("Interlock", "hub@meridian.example")
    site.grant("hub@meridian.example", "secret")
    load(site, raw, due_from_versions=True)
    with JiraSandbox(site) as jira:
        yield jira


def link_ends(issues):
    """(issue, link, direction, type, other issue) of every link end that the issues show."""
    return [
        (issue["id"], link["id"], side, link["type"]["name"], link[side]["id"])
        for issue in issues
        for link in issue["fields"]["issuelinks"]
        for side in ("inwardIssue", "outwardIssue")
        if side in link
    ]


def standing(issue):
    """How an issue stands: its status with the category, resolution, priority, type, parent."""
    fields = issue["fields"]
    named = [
        (fields.get(name) or {}).get("name") for name in ("status", "resolution", "priority", "issuetype")
    ]
    parent = (fields.get("parent") or {}).get("key")
    return (issue["id"], fields["status"]["statusCategory"]["key"], parent, *named)


def test_all_issues_and_link_ends_arrive_as_they_were(raw, server, connector, pull, specification):
    pulled = pull(connector(url=server.url))
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
    released = {
        i["id"]: max(dates)
        for i in raw
        if (dates := [v["releaseDate"] for v in i["fields"].get("fixVersions", []) if v.get("releaseDate")])
    }
    assert {i["id"]: i["fields"]["duedate"] for i in issues.values() if i["fields"]["duedate"]} == released
    for exchange in server.log[:3] + server.log[-1:]:
        specification.hold(exchange)


def test_bodies_and_names_have_become_those_of_the_cloud(raw, server):
    site = server.site
    told = next(
        i
        for i in raw
        if i["fields"]["assignee"] and i["fields"]["comment"]["comments"] and i["fields"]["description"]
    )
    issue = site.issue(told["key"])
    assert issue.fields["description"]["type"] == "doc"
    assert len(issue.comments) == len(told["fields"]["comment"]["comments"])
    assert all(comment.body["type"] == "doc" for comment in issue.comments)
    assert site.users[issue.assignee].display_name == told["fields"]["assignee"]["displayName"]
    assert issue.assignee.startswith("712020:")
