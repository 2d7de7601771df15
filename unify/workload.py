"""What the view `workload` measures load against: the plan's day, the working days around it, days away.

The load itself is derived by the views (`warehouse/views/work_item_week.sql`, `workload.sql`), so that it is the
same wherever a plan stands: in the warehouse, in a rule's cases, in a simulation, in a snapshot.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb

from unify.schedule import Calendar, CalendarSettings
from unify.settings import Department, Person

YEARS_AFTER = 2
"""Whole calendar years after today's: load is told at least two years ahead, and the tables rarely change."""

# Columns travel as JSON texts, as in plan.py.
INSERT_DAYS = """
INSERT INTO plan.calendar_day
SELECT unnest(from_json($days::JSON -> 0, '["VARCHAR"]')), unnest(from_json($days::JSON -> 1, '["DATE"]')),
       unnest(from_json($days::JSON -> 2, '["BOOLEAN"]')), unnest(from_json($days::JSON -> 3, '["BOOLEAN"]')),
       unnest(from_json($days::JSON -> 4, '["INTEGER"]'))
"""
INSERT_ABSENCES = """
INSERT INTO plan.absence
SELECT unnest(from_json($away::JSON -> 0, '["VARCHAR"]')), unnest(from_json($away::JSON -> 1, '["DATE"]')),
       unnest(from_json($away::JSON -> 2, '["DATE"]'))
"""


def tell_day(db: duckdb.DuckDBPyConnection, today: date) -> None:
    """Write the day for which the plan stands."""
    db.execute("DELETE FROM plan.day")
    db.execute("INSERT INTO plan.day VALUES (?, ?)", [today, _last_day(today)])


def tell_capacity(
    db: duckdb.DuckDBPyConnection,
    today: date,
    departments: Mapping[str, Department],
    people: Mapping[str, Person],
) -> None:
    """Fill `plan.calendar_day` and `plan.absence` anew for the years around `today`.

    Whoever belongs to no department works Monday to Friday: the rows of department ''.
    """
    calendars = {"": None} | {key: department.calendar for key, department in departments.items()}
    # Most departments share one: its three years of days are told once.
    different = {repr(settings): settings for settings in calendars.values()}
    told = {words: list(_days(settings, today)) for words, settings in different.items()}
    days = [(key, *day) for key, settings in calendars.items() for day in told[repr(settings)]]
    away = [
        (key.lower(), absence.from_.isoformat(), absence.to.isoformat())
        for key, person in people.items()
        for absence in person.absences
    ]
    db.execute("DELETE FROM plan.calendar_day")
    db.execute(INSERT_DAYS, {"days": _columns(days)})
    db.execute("DELETE FROM plan.absence")
    if away:
        db.execute(INSERT_ABSENCES, {"away": _columns(away)})


def capacity_depends_on(
    today: date, departments: Mapping[str, Department], people: Mapping[str, Person]
) -> str:
    """What `tell_capacity` writes, in short: while this is the same, so are its rows."""
    calendars = {key: department.calendar for key, department in departments.items()}
    away = {key: person.absences for key, person in people.items() if person.absences}
    return f"{today.year} {calendars!r} {away!r}"


def _first_day(today: date) -> date:
    """The Monday of the week in which the year begins: weeks are counted whole."""
    first = today.replace(month=1, day=1)
    return first - timedelta(days=first.weekday())


def _last_day(today: date) -> date:
    last = date(today.year + YEARS_AFTER, 12, 31)
    return last + timedelta(days=6 - last.weekday())


def _days(settings: CalendarSettings | None, today: date) -> Iterator[tuple[str, bool, bool, int]]:
    """Day, whether it is a usual working day, whether it is worked, and how many worked ones lie before."""
    calendar = Calendar.of(settings)
    usual = Calendar.of(CalendarSettings(weekend=settings.weekend)) if settings else calendar
    first = _first_day(today).toordinal()
    for ordinal in range(first, _last_day(today).toordinal() + 1):
        day, before = date.fromordinal(ordinal), calendar.count(ordinal)
        yield day.isoformat(), usual.works_on(day), calendar.works_on(day), before - calendar.count(first)


def _columns(rows: Sequence[tuple[Any, ...]]) -> str:
    return json.dumps([list(column) for column in zip(*rows, strict=True)])
