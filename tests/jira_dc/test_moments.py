"""Moments in JQL, in any time zone, also where the site takes no numbers and when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.jira.data_center.dates import Dates
from sandbox.jira_dc import DataCenterSandbox
from tests.jira_dc.conftest import asked, fill, furnished


def test_moments_are_asked_in_milliseconds_with_an_overlap(site, clock, jira, connector, pull):
    fill(site, clock, 1)
    cursor = pull(connector()).cursor
    pull(connector(), cursor)
    assert f"updated >= {cursor['updated'] - 300_000} ORDER BY created ASC, id ASC" in asked(jira)[-2]["jql"]


@pytest.mark.parametrize(
    "zone", ["UTC", "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Etc/GMT+12"]
)
@pytest.mark.parametrize("numbers", [True, False])
@pytest.mark.parametrize(
    "day", [datetime(2026, 1, 5, 9, tzinfo=UTC), datetime(2026, 10, 25, 0, 20, tzinfo=UTC),
            datetime(2026, 4, 4, 14, 50, tzinfo=UTC), datetime(2026, 11, 1, 3, 50, tzinfo=UTC)]
)  # fmt: skip
def test_a_change_is_found_in_any_time_zone_also_when_its_clocks_change(
    clock, connector, pull, zone, numbers, day
):
    clock.moment = day
    site = furnished(clock.now, zone=ZoneInfo(zone))
    with DataCenterSandbox(site) as jira:
        jira.takes_numbers = numbers
        made = fill(site, clock, 12, every=420)
        first = pull(connector(url=jira.url, page_size=5))
        assert set(first.issues) == first.census == {issue.id for issue in made}
        clock.pass_(seconds=90)
        site.set_fields(made[3].key, {"summary": "moved"})
        cursor = dict(first.cursor) | {"looked_back": first.cursor["looked_back"] + 10**10}
        second = pull(connector(url=jira.url, page_size=5), cursor)
        assert made[3].id in second.issues
        assert second.cursor["updated"] == round(clock.now().timestamp() * 1000)


ZONES = [
    "UTC",
    "Europe/London",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Africa/Casablanca",
    "Pacific/Apia",
]
CHANGES = [datetime(2026, 10, 25), datetime(2026, 4, 5), datetime(2026, 11, 1), datetime(2026, 3, 29)]


@given(st.sampled_from(ZONES), st.sampled_from(CHANGES), st.integers(-24 * 3600, 24 * 3600))
def test_a_wall_time_is_never_read_as_a_later_moment(zone, day, seconds):
    dates = Dates(zone)
    dates.in_minutes = True
    moment = round((day.replace(tzinfo=UTC) + timedelta(seconds=seconds)).timestamp() * 1000)

    def readings(literal):
        wall = datetime.strptime(literal, '"%Y/%m/%d %H:%M"').replace(tzinfo=ZoneInfo(zone))
        return {round(wall.replace(fold=fold).timestamp() * 1000) for fold in (0, 1)}

    assert max(readings(dates.at_latest(moment))) <= moment
    assert min(readings(dates.at_latest(moment))) > moment - 3 * 3_600_000
    exact = dates.exactly(moment)
    assert exact is None or readings(exact[1]) == {exact[0]} == {moment // 60_000 * 60_000}


def test_a_zone_that_is_not_known_here_costs_an_overlap_and_loses_nothing(clock, connector, pull):
    site = furnished(clock.now, zone=ZoneInfo("Etc/GMT+12"))
    with DataCenterSandbox(site) as jira:
        jira.takes_numbers, jira.people.zone = False, "Company/Ship"
        made = fill(site, clock, 12, every=420)
        first = pull(connector(url=jira.url, page_size=5))
        assert set(first.issues) == {issue.id for issue in made}
        site.set_fields(made[3].key, {"summary": "moved"})
        assert made[3].id in pull(connector(url=jira.url, page_size=5), first.cursor).issues
