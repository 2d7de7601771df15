"""Small plans to read at a glance. Monday 2 March 2026 is today unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import pytest

from unify.schedule import Activity, Calendar, CalendarSettings, Conventions, Link, Schedule, schedule

Planned = Callable[..., "Plan"]

CALENDARS = {
    "every day": Calendar.of(CalendarSettings(weekend=())),
    "gulf": Calendar.of(CalendarSettings(weekend=("fri", "sat"))),
}


class Plan:
    """A schedule, asked by id, with dates as `03-02`: all of them lie in 2026."""

    def __init__(self, result: Schedule) -> None:
        self.result = result

    def dates(self, id_: str) -> str:
        """Start and finish: `03-02..03-06`, one of them for a point, `undated` without."""
        item = self.result.index(id_)
        start, finish = _short(self.result.start[item]), _short(self.result.finish[item])
        return start if start == finish else f"{start}..{finish}"

    def late(self, id_: str) -> str:
        return _short(self.result.late_finish[self.result.index(id_)])

    def __getattr__(self, name: str) -> Callable[[str], Any]:
        column = getattr(self.result, name)
        return lambda id_: column[self.result.index(id_)]


def _short(day: date | None) -> str:
    return "undated" if day is None else day.strftime("%m-%d")


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(f"2026-{text}")


DATES = frozenset({"start", "due", "actual_start", "actual_finish", "deadline", "baseline"})


def activity(id_: str, **given: Any) -> Activity:
    return Activity(id_, **{name: _day(value) if name in DATES else value for name, value in given.items()})


def link(text: str, need_by: str | None = None) -> Link:
    """`A FS+2 B`: B waits for A."""
    before, how, after = text.split()
    return Link(before, after, how[:2], int(how[2:] or 0), _day(need_by))  # type: ignore[arg-type]


@pytest.fixture
def planned() -> Planned:
    """`planned({"A": {"estimate": 3}}, ["A FS B"], today="03-02")` as a Plan."""

    def plan(
        activities: Mapping[str, Mapping[str, Any]],
        links: Sequence[str | tuple[str, str]] = (),
        today: str | None = "03-02",
        conventions: Conventions | None = None,
    ) -> Plan:
        items = [activity(id_, **given) for id_, given in activities.items()]
        made = [link(one) if isinstance(one, str) else link(*one) for one in links]
        return Plan(schedule(items, made, CALENDARS, _day(today), conventions))

    return plan
