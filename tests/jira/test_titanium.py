"""2,473 real issues through sandbox and connector: what is known of them from outside still holds."""

from __future__ import annotations

import pytest

from sandbox.jira import JiraSandbox
from tests.jira.titanium import hold, raw_issues, site_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def raw(material):
    return raw_issues(material)


@pytest.fixture(scope="module")
def server(raw):
    with JiraSandbox(site_of(raw)) as jira:
        yield jira


def test_all_issues_and_link_ends_arrive_as_they_were(raw, server, connector, pull, specification):
    pulled = pull(connector(url=server.url))
    issues = pulled.issues
    hold(pulled, raw)
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
