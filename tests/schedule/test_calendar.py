"""Working days: what a calendar counts, and what settings it refuses."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from unify.schedule.calendar import Calendar, CalendarSettings


def _calendar(**settings: object) -> Calendar:
    return Calendar.of(CalendarSettings.model_validate(settings))


CALENDARS = [
    _calendar(),
    _calendar(weekend=["fri", "sat"]),
    _calendar(weekend=[]),
    _calendar(country="GB", subdivision="ENG", closures=[{"from": "2026-12-24", "to": "2026-12-31"}]),
    _calendar(weekend=["mon", "tue", "wed", "fri", "sat", "sun"]),
]
calendars = st.sampled_from(CALENDARS)
# From the year 1 to dates that mean "never"; most of them in this decade.
boundaries = st.integers(date(2024, 1, 1).toordinal(), date(2028, 1, 1).toordinal()) | st.integers(
    400, date.max.toordinal() - 400
)
lags = st.integers(-30, 30)


@given(calendars, boundaries)
def test_counting_and_finding_a_working_day_are_inverse(calendar: Calendar, boundary: int) -> None:
    number = calendar.count(boundary)
    assert calendar.count(calendar.opening(number)) == number
    assert calendar.count(calendar.closing(number)) == number
    assert calendar.closing(number) <= boundary <= calendar.opening(number)


@given(calendars, boundaries)
def test_a_day_counts_exactly_when_it_is_worked(calendar: Calendar, boundary: int) -> None:
    worked = calendar.works_on(date.fromordinal(boundary))
    assert calendar.count(boundary + 1) - calendar.count(boundary) == worked


@given(calendars, boundaries, boundaries, lags)
def test_the_late_pass_inverts_the_early_pass_exactly(
    calendar: Calendar, boundary: int, ceiling: int, lag: int
) -> None:
    latest = calendar.latest_before(ceiling, lag)
    assert (calendar.later(boundary, lag) <= ceiling) == (boundary <= latest)


@given(calendars, boundaries, boundaries, lags)
def test_a_later_day_never_comes_out_earlier(calendar: Calendar, a: int, b: int, lag: int) -> None:
    assert calendar.later(min(a, b), lag) <= calendar.later(max(a, b), lag)


@given(calendars, boundaries, lags)
def test_a_lag_ends_on_a_boundary_of_a_working_day(calendar: Calendar, boundary: int, lag: int) -> None:
    end = calendar.later(boundary, lag)
    assert calendar.works_on(date.fromordinal(end)) or calendar.works_on(date.fromordinal(end - 1))
    assert calendar.count(end) - calendar.count(boundary) == lag


def test_without_settings_it_is_monday_to_friday_without_holidays() -> None:
    week = [date(2026, 12, 21) + timedelta(days=number) for number in range(7)]
    assert [Calendar.of(None).works_on(day) for day in week] == [True] * 5 + [False] * 2


def test_public_holidays_and_own_closures_are_not_worked() -> None:
    company = CALENDARS[3]
    assert not company.works_on(date(2026, 4, 3))  # Good Friday
    assert not company.works_on(date(2026, 12, 30))  # between the years
    assert company.works_on(date(2026, 4, 7))


def test_a_closure_that_runs_through_other_days_off_counts_them_once() -> None:
    before, after = date(2026, 12, 24).toordinal(), date(2027, 1, 4).toordinal()
    assert CALENDARS[3].count(after) - CALENDARS[3].count(before) == 0


def test_holidays_of_one_part_of_a_country_are_worked_in_another() -> None:
    day = date(2026, 11, 30)  # Saint Andrew's Day
    assert not _calendar(country="GB", subdivision="SCT").works_on(day)
    assert _calendar(country="GB", subdivision="ENG").works_on(day)


def test_the_same_settings_give_the_same_calendar() -> None:
    assert _calendar(country="DE", subdivision="BY") is _calendar(country="DE", subdivision="BY")


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"country": "XX"}, "no holidays are known for country XX"),
        ({"country": "GB", "subdivision": "ZZ"}, "GB has no subdivision ZZ; it has: ENG"),
        ({"subdivision": "ENG"}, "subdivision ENG stands without a country"),
        ({"weekend": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}, "leaves none to work on"),
        ({"weekend": ["someday"]}, "mon"),
        ({"closures": [{"from": "2026-12-31", "to": "2026-12-24"}]}, "before it begins"),
        ({"holidays": "GB"}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CalendarSettings.model_validate(settings)
