"""How much is asked of the site."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("issues", [3, 300])
def test_a_pull_with_nothing_changed_asks_as_much_of_a_large_site_as_of_a_small_one(
    issues, site, clock, jira, connector, pull
):
    for number in range(issues):
        site.create_issue("PLAT", f"Work {number}", by="Dana Smith")
    clock.pass_(minutes=10)
    last = site.create_issue("PLAT", "The last", by="Dana Smith")
    clock.pass_(minutes=10)
    cursor = pull(connector(page_size=10)).cursor
    before = len(jira.log)
    pulled = pull(connector(page_size=10), cursor, watch=list(site.issues))
    assert list(pulled.issues) == [last.id]  # those of the last five minutes before the newest are read again
    asked = [f"{each.method} {each.path.removeprefix('/rest/api/3')}" for each in jira.log[before:]]
    assert asked == [
        "GET /field",
        "GET /myself",
        "POST /search/jql",
        "GET /status",
        f"GET /issue/{last.id}/comment",
        "POST /search/jql",  # the census: one page for each 5,000 issues
    ]
