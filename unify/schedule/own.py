"""What each activity says of its own dates, before anything that it waits for is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Final

from unify.schedule.activity import Activity
from unify.schedule.calendar import Calendar
from unify.schedule.network import Network

NOT_STARTED: Final = 0
STARTED: Final = 1
DONE: Final = 2
DROPPED: Final = 3
STATES: Final = {"not started": NOT_STARTED, "in progress": STARTED, "done": DONE, "dropped": DROPPED}

# Boundaries that are not there. Both lie outside what dates can reach, so that the later of UNKNOWN and a
# date is the date, and so is the earlier of NEVER and a date.
UNKNOWN: Final = -(1 << 40)
NEVER: Final = 1 << 40


@dataclass
class Own:
    """Per activity; dates as boundaries, UNKNOWN where there is none.

    `start` and `finish` are the bounds that hold an open activity; `fixed_start` and `fixed_finish` what has
    happened; `work` the whole working days left. `planned_start` and `planned_due` are what is written down,
    for a parent that has no dates of its own what is written down for its children.
    """

    state: list[int]
    work: list[int]
    start: list[int]
    finish: list[int]
    fixed_start: list[int]
    fixed_finish: list[int]
    planned_start: list[int]
    planned_due: list[int]


def own(net: Network, today: int, project_start: int) -> Own:
    """Read every activity. `today` and `project_start` are boundaries, UNKNOWN for none."""
    count = len(net.ids)
    made = Own(*([UNKNOWN] * count for _ in range(8)))
    waits = set(net.target)
    for item, one in enumerate(net.activities):
        start, due = _morning(one.start), _evening(one.due)
        made.state[item] = STATES[one.status]
        made.planned_start[item], made.planned_due[item] = start, due
        made.work[item] = work_left(one, net.calendar[item], today)
        if made.state[item] == NOT_STARTED:
            made.start[item], made.finish[item] = _bounds(net.calendar[item], start, due, made.work[item])
            if start == due == UNKNOWN and item not in waits:
                made.start[item] = project_start
        else:
            made.finish[item] = due
            _fix(made, item, one, today)
    _pass_up(net, made)
    return made


def work_left(one: Activity, calendar: Calendar, today: int) -> int:
    """Whole working days left of an open activity.

    The tool's own figure where it has one. Else the estimate (without one the working days from start to due,
    else 0) times what is not done yet, rounded up once. Started without a known progress: what is left until
    the planned finish; without one, the estimate less the days since the actual start; at least one day.
    """
    if one.remaining is not None:
        return _rounded_up(one.remaining)
    start, due = _morning(one.start or one.actual_start), _evening(one.due)
    if one.status == "in progress" and one.progress is None:
        if due != UNKNOWN:
            return max(1, calendar.count(due) - calendar.count(max(today, _morning(one.actual_start))))
        begun = min(today, _morning(one.actual_start)) if one.actual_start else today
        return max(1, _rounded_up((one.estimate or 0) - (calendar.count(today) - calendar.count(begun))))
    whole = one.estimate
    if whole is None:
        known = start != UNKNOWN and due != UNKNOWN
        whole = max(0, calendar.count(due) - calendar.count(start)) if known else 0
    return _rounded_up(whole * (1 - (one.progress or 0)))


def _rounded_up(days: float) -> int:
    # 10 days, 70 per cent done, are 3.0000000000000004 days in floating point: that is 3, not 4.
    return max(0, ceil(days - 1e-6))


def _bounds(calendar: Calendar, start: int, due: int, work: int) -> tuple[int, int]:
    """Own bounds of an activity that has not started: of its start, and of its finish.

    With work and a due date only, it is planned to start in time for that. Without work it is a point on the
    evening of its day, unless it has working days between its start and its due date.
    """
    if start == due == UNKNOWN:
        return UNKNOWN, UNKNOWN
    if start == UNKNOWN:
        return (calendar.opening(calendar.count(due) - work) if work else UNKNOWN), due
    if work or calendar.count(start) < calendar.count(due):
        return start, due
    return UNKNOWN, max(start + 1, due)


def _fix(made: Own, item: int, one: Activity, today: int) -> None:
    """What has happened. A start that nobody wrote down is the planned one, or the last possible day."""
    if made.state[item] == DROPPED:
        return
    last = today
    if made.state[item] == DONE:
        made.fixed_finish[item] = _evening(one.actual_finish)
        last = UNKNOWN if one.actual_finish is None else one.actual_finish.toordinal()
    start = _morning(one.actual_start)
    if start == UNKNOWN or (made.state[item] == DONE and start > last):
        start = _morning(one.start) if UNKNOWN < _morning(one.start) <= last else last
    made.fixed_start[item] = start


def _pass_up(net: Network, made: Own) -> None:
    """A parent has started when a child has, and without dates of its own it has its children's."""
    for item in _children_first(net):
        above = net.parent[item]
        if above < 0 or made.state[item] == DROPPED:
            continue
        if made.state[item] != NOT_STARTED and made.state[above] == NOT_STARTED:
            made.state[above] = STARTED
        activity = net.activities[above]
        if activity.start is None and made.planned_start[item] != UNKNOWN:
            known = made.planned_start[above]
            own_start = made.planned_start[item]
            made.planned_start[above] = own_start if known == UNKNOWN else min(known, own_start)
        if activity.due is None:
            made.planned_due[above] = max(made.planned_due[above], made.planned_due[item])


def _children_first(net: Network) -> list[int]:
    depth = [0] * len(net.ids)
    for item in range(len(net.ids)):
        above = net.parent[item]
        while above >= 0:
            depth[item] += 1
            above = net.parent[above]
    return sorted(range(len(net.ids)), key=lambda item: -depth[item])


def _morning(day: date | None) -> int:
    return UNKNOWN if day is None else day.toordinal()


def _evening(day: date | None) -> int:
    return UNKNOWN if day is None else day.toordinal() + 1
