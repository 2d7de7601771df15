"""A plan's dates as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from unify.schedule.backward import as_a_whole
from unify.schedule.own import evening
from unify.schedule.records import NEVER, NO_COUNT, NO_DAY, NONE, UNKNOWN, Plan, Shown
from unify.schedule.workdays import Calendars, count, last_day

LAST_DAY: Final = date.max.toordinal()
MOST_DAYS: Final = (1 << 31) - 1


def show(plan: Plan, shown: Sequence[Shown]) -> None:
    """Fill in what each item comes to."""
    for number in range(len(shown)):
        show_one(plan, number, shown[number])


def show_one(plan: Plan, number: int, row: Shown) -> None:
    """What one item comes to."""
    node, finish = plan.nodes[number], plan.early[number].finish
    calendars, calendar = plan.calendars, node.calendar
    row.number = number
    row.start, row.finish = as_day(node.first_day), as_day(node.last_day)
    late, row.binding = as_a_whole(plan, number)
    row.late_finish, row.float_days = NO_DAY, NO_COUNT
    if late != NEVER:
        row.late_finish = as_day(last_day(calendars, calendar, late))
        row.float_days = between(calendars, calendar, finish, late)
    row.baseline = plan.items[number].baseline
    row.slip_days = between(calendars, calendar, evening(row.baseline), finish)
    row.driver = node.driver if finish != UNKNOWN else NONE
    row.root = node.root_of_finish if finish != UNKNOWN else NONE
    row.uncertain = node.uncertain
    if plan.gate[number] != NONE:
        row.uncertain = row.uncertain or plan.nodes[plan.gate[number]].uncertain
    if plan.first[number] != NONE:
        row.uncertain = row.uncertain or plan.nodes[plan.first[number]].uncertain


def between(calendars: Calendars, calendar: int, before: int, after: int) -> int:
    """Working days from one boundary to the other; NO_COUNT where one is not there."""
    if before == UNKNOWN or after == UNKNOWN:
        return NO_COUNT
    days = count(calendars, calendar, after) - count(calendars, calendar, before)
    if -MOST_DAYS <= days <= MOST_DAYS:
        return days
    return MOST_DAYS if days > 0 else -MOST_DAYS


def as_day(day: int) -> int:
    """The day to show. A tool's 9999-12-31 means "never"; a day after it is that day too."""
    if 1 <= day <= LAST_DAY:
        return day
    if day == UNKNOWN:
        return NO_DAY
    return LAST_DAY if day > LAST_DAY else 1


def last_finish(plan: Plan) -> tuple[int, int]:
    """The last finish of the project, and the smallest item whose it is."""
    last, whose = UNKNOWN, NONE
    for number in range(len(plan.items)):
        if plan.early[number].finish > last:
            last, whose = plan.early[number].finish, number
    return last, whose
