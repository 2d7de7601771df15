"""The dates of one open item, from its own bounds and from what its links demand."""

from __future__ import annotations

from typing import Final, NamedTuple

from unify.schedule.records import HOLD, NONE, STARTED, UNKNOWN, Item, Terms
from unify.schedule.workdays import Calendars, closing, count, opening


class Bound(NamedTuple):
    """The latest of several bounds: the boundary, the working days before it, the item that set it, the type
    of the edge by which it came and its source; NONE for a bound of its own."""

    boundary: int
    days: int
    who: int
    type: int
    source: int


NO_BOUND: Final = Bound(UNKNOWN, UNKNOWN, NONE, HOLD, NONE)


def later_of(a: Bound, b: Bound) -> Bound:
    """The later bound; of two on the same working day, the one by the item with the smaller id."""
    if a.days != b.days:
        return a if a.days > b.days else b
    first = b
    if a.who < b.who or (a.who == b.who and a.type <= b.type):
        first = a
    return Bound(max(a.boundary, b.boundary), a.days, first.who, first.type, first.source)


class Dates(NamedTuple):
    """Boundaries, and what sets them, NO_BOUND for a bound of its own."""

    start: int
    finish: int
    start_by: Bound
    finish_by: Bound


def settle(item: Item, calendars: Calendars, of_start: Bound, of_finish: Bound, terms: Terms) -> Dates:
    """`of_start` and `of_finish`: what links demand."""
    if item.state == STARTED:
        return _started(item, calendars, of_start, of_finish, terms.today)
    if max(item.own_start, item.own_finish, of_start.boundary, of_finish.boundary) == UNKNOWN:
        return Dates(UNKNOWN, UNKNOWN, NO_BOUND, NO_BOUND)
    if item.work > 0:
        return _shifted(item, calendars, of_start, of_finish, terms)
    return _placed(item, calendars, of_start, of_finish, terms)


def _started(item: Item, calendars: Calendars, of_start: Bound, of_finish: Bound, today: int) -> Dates:
    """The start is fixed; the work left runs from today, or from when its predecessors let it go on."""
    calendar, work = item.calendar, item.work
    resumes = max(today, item.fixed_start)
    own = resumes + 1
    if work > 0:
        own = closing(calendars, calendar, count(calendars, calendar, resumes) + work)
        if of_start.source >= 0:
            days = of_start.days + work
            ends = closing(calendars, calendar, days)
            of_start = Bound(ends, days, of_start.who, of_start.type, of_start.source)
    own = max(own, item.own_finish)
    linked = later_of(of_start, of_finish)
    by = linked if linked.days > count(calendars, calendar, own) else NO_BOUND
    return Dates(item.fixed_start, max(own, linked.boundary), NO_BOUND, by)


def _shifted(item: Item, calendars: Calendars, of_start: Bound, of_finish: Bound, terms: Terms) -> Dates:
    """Not started, with work to do: links move it, and only its own due date stretches it."""
    calendar, work = item.calendar, item.work
    begins, begun_by = _begins(item, calendars, of_start, terms.today)
    due_days = _days(calendars, calendar, item.own_finish)
    if of_finish.days > max(begins + work, due_days):
        begins = of_finish.days - work
        if terms.clamp != UNKNOWN and begins < count(calendars, calendar, terms.clamp):
            begins = count(calendars, calendar, terms.clamp)
            ends = closing(calendars, calendar, begins + work)
            return Dates(opening(calendars, calendar, begins), ends, NO_BOUND, NO_BOUND)
        return Dates(opening(calendars, calendar, begins), of_finish.boundary, of_finish, of_finish)
    finish = max(closing(calendars, calendar, begins + work), item.own_finish, of_finish.boundary)
    ended_by = NO_BOUND
    if begun_by.source >= 0 and due_days < begins + work:
        days = begins + work
        moved = Bound(of_start.boundary, days, of_start.who, of_start.type, of_start.source)
        ended_by = later_of(moved, of_finish)
    return Dates(opening(calendars, calendar, begins), finish, begun_by, ended_by)


def _placed(item: Item, calendars: Calendars, of_start: Bound, of_finish: Bound, terms: Terms) -> Dates:
    """Not started and without work: a point, or open from its start to a later due date of its own."""
    calendar = item.calendar
    begins, begun_by = _begins(item, calendars, of_start, terms.today)
    due_days = _days(calendars, calendar, item.own_finish)
    is_open = item.own_start != UNKNOWN and item.own_finish != UNKNOWN
    if is_open and due_days > begins and due_days >= of_finish.days:
        finish = max(item.own_finish, of_finish.boundary)
        return Dates(opening(calendars, calendar, begins), finish, begun_by, NO_BOUND)
    # A point lies on an evening: today's is the first that is possible.
    own = max(item.own_start, item.own_finish, terms.today + 1)
    linked = later_of(of_start, of_finish)
    if of_finish.source >= 0 and linked.boundary < terms.clamp:
        own = max(own, terms.clamp)
    point = max(own, linked.boundary)
    by = linked if linked.days > count(calendars, calendar, own) else NO_BOUND
    return Dates(point, point, by, by)


def _begins(item: Item, calendars: Calendars, of_start: Bound, today: int) -> tuple[int, Bound]:
    """The working day on which links and own bounds let work begin, and the bound that says so."""
    own = count(calendars, item.calendar, max(item.own_start, today))
    if of_start.days > own:
        return of_start.days, of_start
    return own, NO_BOUND


def _days(calendars: Calendars, calendar: int, boundary: int) -> int:
    return UNKNOWN if boundary == UNKNOWN else count(calendars, calendar, boundary)
