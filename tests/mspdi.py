"""Reads MSPDI, the XML in which MS Project saves a project: tasks, links and working days as it stores them.

Format: Microsoft, "Project XML data interchange schema" (namespace http://schemas.microsoft.com/project). Durations
and work are ISO 8601 periods of hours, lags and slack tenths of minutes, links stand with the successor, and the
outline is told by levels: a task belongs to the last one before it of a smaller level.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

NAMESPACE: Final = {"": "http://schemas.microsoft.com/project"}
LINK_TYPES: Final = ("FF", "FS", "SF", "SS")
CONSTRAINTS: Final = (
    "as soon as possible", "as late as possible", "must start on", "must finish on", "start no earlier than",
    "start no later than", "finish no earlier than", "finish no later than",
)  # fmt: skip
WEEK: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
TENTHS: Final = 600  # tenths of minutes per hour


@dataclass(frozen=True)
class Predecessor:
    uid: int
    type: str
    lag_hours: float


@dataclass(frozen=True)
class Task:
    """`hours`: the duration. `parent`: a uid. `manual`: its dates are the user's. `has_resources`: somebody
    is assigned, whose own calendar and share of the day decide how long it takes."""

    uid: int
    name: str
    parent: int | None
    is_summary: bool
    is_manual: bool
    has_resources: bool
    hours: float
    constraint: str
    constraint_date: datetime | None
    predecessors: Sequence[Predecessor]
    start: datetime
    finish: datetime
    late_start: datetime
    late_finish: datetime
    slack_hours: float


@dataclass(frozen=True)
class Project:
    """`days_off`: days of the week of its calendar that are not worked; `closed`: further such days."""

    start: datetime
    hours_per_day: float
    weekend: tuple[str, ...]
    closed: Sequence[date]
    tasks: Mapping[int, Task]


def read(path: Path) -> Project:
    """Raises ValueError for a file that is no MSPDI."""
    root = ElementTree.parse(path).getroot()
    if not root.tag.endswith("}Project"):
        raise ValueError(f"{path.name} holds <{root.tag}>, not a project of MS Project")
    weekend, closed = _working_days(root)
    return Project(
        start=_time(root, "StartDate"),
        hours_per_day=float(_text(root, "MinutesPerDay")) / 60,
        weekend=weekend,
        closed=closed,
        tasks=_tasks(root),
    )


def _tasks(root: ElementTree.Element) -> dict[int, Task]:
    assigned = {
        int(_text(one, "TaskUID"))
        for one in root.iterfind("Assignments/Assignment", NAMESPACE)
        if int(_text(one, "ResourceUID")) >= 0
    }
    found: dict[int, Task] = {}
    above: list[tuple[int, int]] = []
    for one in root.iterfind("Tasks/Task", NAMESPACE):
        if _text(one, "IsNull") == "1":  # an empty row of the outline
            continue
        uid, level = int(_text(one, "UID")), int(_text(one, "OutlineLevel"))
        above = [place for place in above if place[0] < level]
        found[uid] = _task(one, uid, above[-1][1] if above else None, uid in assigned)
        above.append((level, uid))
    return found


def _task(one: ElementTree.Element, uid: int, parent: int | None, has_resources: bool) -> Task:
    return Task(
        uid=uid,
        name=_text(one, "Name"),
        parent=parent,
        is_summary=_text(one, "Summary") == "1",
        is_manual=_text(one, "Manual") == "1",
        has_resources=has_resources,
        hours=_hours(_text(one, "Duration")),
        constraint=CONSTRAINTS[int(_text(one, "ConstraintType") or 0)],
        constraint_date=_time(one, "ConstraintDate") if _text(one, "ConstraintDate") else None,
        predecessors=[
            Predecessor(
                int(_text(link, "PredecessorUID")),
                LINK_TYPES[int(_text(link, "Type"))],
                float(_text(link, "LinkLag") or 0) / TENTHS,
            )
            for link in one.iterfind("PredecessorLink", NAMESPACE)
        ],
        start=_time(one, "Start"),
        finish=_time(one, "Finish"),
        late_start=_time(one, "LateStart"),
        late_finish=_time(one, "LateFinish"),
        slack_hours=float(_text(one, "TotalSlack")) / TENTHS,
    )


def _working_days(root: ElementTree.Element) -> tuple[tuple[str, ...], list[date]]:
    """Of the project's own calendar: day type 0 is a span of dates, 1 to 7 are Sunday to Saturday."""
    uid = _text(root, "CalendarUID")
    own = next(one for one in root.iterfind("Calendars/Calendar", NAMESPACE) if _text(one, "UID") == uid)
    weekend, closed = [], []
    for day in own.iterfind("WeekDays/WeekDay", NAMESPACE):
        if _text(day, "DayWorking") == "1":
            continue
        if _text(day, "DayType") != "0":
            weekend.append(WEEK[int(_text(day, "DayType")) - 1])
            continue
        at, last = (_time(day, f"TimePeriod/{end}").date() for end in ("FromDate", "ToDate"))
        closed += [at + timedelta(days=number) for number in range((last - at).days + 1)]
    return tuple(weekend), closed


def _text(one: ElementTree.Element, name: str) -> str:
    return one.findtext(name, "", NAMESPACE)


def _time(one: ElementTree.Element, name: str) -> datetime:
    return datetime.fromisoformat(_text(one, name))


def _hours(period: str) -> float:
    parts = re.fullmatch(r"PT(\d+)H(\d+)M(\d+)S", period)
    if parts is None:
        raise ValueError(f"{period!r} is no duration such as PT8H0M0S")
    hours, minutes, seconds = map(int, parts.groups())
    return hours + minutes / 60 + seconds / 3600
