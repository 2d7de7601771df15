"""2,473 real issues of a public Data Center, served as one: what is known of them from outside still holds."""

from __future__ import annotations

import pytest

from sandbox.jira_dc import DataCenterSandbox
from tests.jira.titanium import hold, raw_issues, site_of

pytestmark = pytest.mark.slow


def test_all_issues_and_link_ends_arrive_as_they_were(material, connector, pull):
    raw = raw_issues(material)
    with DataCenterSandbox(site_of(raw)) as jira:
        pulled = pull(connector(url=jira.url, page_size=500))
    hold(pulled, raw)
    assert len(pulled.of("issue")) <= 2473 // 500 + 2
