"""What each item says of its own dates, before anything that it waits for is looked at."""

from __future__ import annotations

from math import ceil, isnan
from typing import Final

from unify.schedule.records import (
    CLOSE,
    DONE,
    DROPPED,
    NO_DAY,
    NOT_STARTED,
    STARTED,
    UNKNOWN,
    Item,
    Plan,
    Terms,
)
from unify.schedule.workdays import Calendars, count, opening

MOST: Final = 1e8
"""Days of work: an estimate beyond that means "never", and sums of such stay within 64 bits."""


def own_all(plan: Plan, terms: Terms) -> None:
    """Read every item."""
    for number in range(len(plan.items)):
        own(plan.items[number], plan.calendars, terms)
    for place in range(len(plan.parents)):
        pass_up(plan, plan.parents[place])


def own(item: Item, calendars: Calendars, terms: Terms) -> None:
    """What the item itself says. A parent's needs `pass_up` besides, its children first."""
    start, due = morning(item.start), evening(item.due)
    item.state = item.status
    item.planned_start, item.planned_due = start, due
    item.work = work_left(item, calendars, terms.today)
    item.own_start = item.own_finish = item.fixed_start = item.fixed_finish = UNKNOWN
    if item.status != NOT_STARTED:
        item.own_finish = due
        if item.status != DROPPED:
            _fix(item, terms.today)
    elif start != UNKNOWN or due != UNKNOWN:
        _bound(item, calendars, start, due)
    elif not item.waits:
        item.own_start = terms.begin


def work_left(item: Item, calendars: Calendars, today: int) -> int:
    """Whole working days left of an open item.

    The tool's own figure where it has one. Else the estimate (without one the working days from start to due,
    else 0) times what is not done yet, rounded up once. Started without a known progress: what is left until
    the planned finish; without one, the estimate less the days since the actual start; at least one day.
    """
    if not isnan(item.remaining):
        return _rounded_up(item.remaining)
    due = evening(item.due)
    if item.status == STARTED and isnan(item.progress):
        return max(1, _left_of_started(item, calendars, due, today))
    whole = item.estimate
    if isnan(whole):
        start = morning(item.start if item.start != NO_DAY else item.actual_start)
        whole = 0.0
        if start != UNKNOWN and due > start:
            whole = float(count(calendars, item.calendar, due) - count(calendars, item.calendar, start))
    done = 0.0 if isnan(item.progress) else item.progress
    return _rounded_up(whole * (1 - done))


def _left_of_started(item: Item, calendars: Calendars, due: int, today: int) -> int:
    begun = morning(item.actual_start)
    if due != UNKNOWN:
        passed = count(calendars, item.calendar, max(today, begun))
        return count(calendars, item.calendar, due) - passed
    whole = 0.0 if isnan(item.estimate) else item.estimate
    begun = today if begun == UNKNOWN else min(today, begun)
    return _rounded_up(
        whole - (count(calendars, item.calendar, today) - count(calendars, item.calendar, begun))
    )


def _rounded_up(days: float) -> int:
    # 10 days, 70 per cent done, are 3.0000000000000004 days in floating point: that is 3, not 4.
    return max(0, ceil(min(days, MOST) - 1e-6))


def _bound(item: Item, calendars: Calendars, start: int, due: int) -> None:
    """Own bounds of an item that has not started and has a date.

    With work and a due date only, it is planned to start in time for that. Without work it is a point on the
    evening of its day, unless it has working days between its start and its due date.
    """
    calendar, work = item.calendar, item.work
    if start == UNKNOWN:
        item.own_finish = due
        if work > 0:
            item.own_start = opening(calendars, calendar, count(calendars, calendar, due) - work)
    elif work > 0 or count(calendars, calendar, start) < count(calendars, calendar, due):
        item.own_start, item.own_finish = start, due
    else:
        item.own_finish = max(start + 1, due)


def _fix(item: Item, today: int) -> None:
    """What has happened. A start that nobody wrote down is the planned one, or the last possible day."""
    last = today
    if item.status == DONE:
        item.fixed_finish = evening(item.actual_finish)
        last = morning(item.actual_finish)
    start = morning(item.actual_start)
    if start == UNKNOWN or (item.status == DONE and start > last):
        planned = morning(item.start)
        start = planned if UNKNOWN < planned <= last else last
    item.fixed_start = start


def pass_up(plan: Plan, number: int) -> None:
    """A parent has started when a child has, and without dates of its own it has its children's."""
    parent = plan.items[number]
    for edge in range(plan.into_at[number], plan.into_at[number + 1]):
        if plan.into[edge].type != CLOSE:
            continue
        child = plan.items[plan.into[edge].other]
        if child.state == DROPPED:
            continue
        if child.state != NOT_STARTED and parent.state == NOT_STARTED:
            parent.state = STARTED
        if parent.start == NO_DAY and child.planned_start != UNKNOWN:
            known = parent.planned_start
            parent.planned_start = (
                child.planned_start if known == UNKNOWN else min(known, child.planned_start)
            )
        if parent.due == NO_DAY:
            parent.planned_due = max(parent.planned_due, child.planned_due)


def morning(day: int) -> int:
    """The boundary at which the day begins."""
    return UNKNOWN if day == NO_DAY else day


def evening(day: int) -> int:
    """The boundary at which the day ends."""
    return UNKNOWN if day == NO_DAY else day + 1
