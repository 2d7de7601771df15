"""Counts working days, for all calendars of a plan in flat tables.

Within FIRST to LAST every day is looked up; before and after only weekends count. Nobody has published the
holidays of later years, and tools hold dates like 2999-12-31 that mean "never".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final, NamedTuple

FIRST: Final = date(1990, 1, 1).toordinal()
LAST: Final = date(2061, 1, 1).toordinal()
SPAN: Final = LAST - FIRST + 1


class Calendars(NamedTuple):
    """Tables, one part per calendar: SPAN long, or 7, or 1."""

    before: Sequence[int]
    """Per boundary from FIRST to LAST, how many working days lie between FIRST and it."""
    day: Sequence[int]
    """The working days themselves, in order."""
    days: Sequence[int]
    """How many they are."""
    weekday: Sequence[int]
    """The weekdays that are worked, Monday 0, in order."""
    weekdays_before: Sequence[int]
    """How many of them come before each weekday."""
    per_week: Sequence[int]


def count(calendars: Calendars, calendar: int, boundary: int) -> int:
    """How many working days lie between 1990-01-01 and the boundary; negative before that day."""
    if FIRST <= boundary <= LAST:
        return calendars.before[calendar * SPAN + boundary - FIRST] + 0
    passed = _by_weeks(calendars, calendar, boundary)
    if boundary < FIRST:
        return passed - _by_weeks(calendars, calendar, FIRST)
    return passed - _by_weeks(calendars, calendar, LAST) + calendars.days[calendar]


def opening(calendars: Calendars, calendar: int, number: int) -> int:
    """The boundary at which working day `number` starts."""
    if 0 <= number < calendars.days[calendar]:
        return calendars.day[calendar * SPAN + number]
    nth = number + _by_weeks(calendars, calendar, FIRST)
    if number >= 0:
        nth = number - calendars.days[calendar] + _by_weeks(calendars, calendar, LAST)
    weeks = nth // calendars.per_week[calendar]
    rest = nth - weeks * calendars.per_week[calendar]
    return 1 + 7 * weeks + calendars.weekday[7 * calendar + rest]


def closing(calendars: Calendars, calendar: int, number: int) -> int:
    """The boundary by which `number` working days have passed, as early as that is so."""
    return opening(calendars, calendar, number - 1) + 1


def last_day(calendars: Calendars, calendar: int, boundary: int) -> int:
    """The last working day that is over at the boundary."""
    return opening(calendars, calendar, count(calendars, calendar, boundary) - 1)


def later(calendars: Calendars, calendar: int, boundary: int, lag: int) -> int:
    """The boundary `lag` working days later, on a boundary of a working day: the early pass of a link.

    Lag 0 on a boundary inside a weekend rolls forward to its end. A positive lag ends with its last working
    day, a negative one begins with its first.
    """
    return arrive(calendars, calendar, boundary, lag, count(calendars, calendar, boundary) + lag)


def arrive(calendars: Calendars, calendar: int, boundary: int, lag: int, number: int) -> int:
    """What `later` gives, from the working days that lie before it."""
    if lag > 0:
        return closing(calendars, calendar, number)
    if lag < 0 or closing(calendars, calendar, number) != boundary:
        return opening(calendars, calendar, number)
    return boundary


def latest_before(calendars: Calendars, calendar: int, ceiling: int, lag: int) -> int:
    """The latest boundary b with `later(b, lag) <= ceiling`: the late pass of a link."""
    if lag > 0:
        return opening(calendars, calendar, count(calendars, calendar, ceiling) - lag)
    if lag < 0:
        return opening(calendars, calendar, count(calendars, calendar, ceiling + 1) - 1 - lag)
    passed = count(calendars, calendar, ceiling)
    if opening(calendars, calendar, passed) == ceiling:
        return ceiling
    return closing(calendars, calendar, passed)


def by_evening(calendars: Calendars, calendar: int, boundary: int) -> int:
    """The latest boundary with no working day more: a Friday's deadline holds until Monday morning."""
    return opening(calendars, calendar, count(calendars, calendar, boundary))


def _by_weeks(calendars: Calendars, calendar: int, boundary: int) -> int:
    # Ordinal 1, the first of January of year 1, is a Monday.
    weeks = (boundary - 1) // 7
    rest = boundary - 1 - 7 * weeks
    return weeks * calendars.per_week[calendar] + calendars.weekdays_before[7 * calendar + rest]
