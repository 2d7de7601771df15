"""The dates of one open activity, from its own bounds and from what its links demand."""

from __future__ import annotations

from typing import NamedTuple

from unify.schedule.calendar import Calendar
from unify.schedule.own import STARTED, UNKNOWN


class Bound(NamedTuple):
    """The latest of several bounds: the boundary, the working days before it, the edge by which it came, and
    the activity that set it."""

    boundary: int
    days: int
    edge: int
    who: int


NO_BOUND = Bound(UNKNOWN, UNKNOWN, -1, -1)


def later(a: Bound, b: Bound) -> Bound:
    """The later bound; of two on the same working day, the one by the activity with the smaller id."""
    if a.days != b.days:
        return a if a.days > b.days else b
    first = a if a.who <= b.who else b
    return first._replace(boundary=max(a.boundary, b.boundary))


class Open(NamedTuple):
    """An activity that is open, as `Own` says: boundaries, UNKNOWN where it has none."""

    calendar: Calendar
    state: int
    work: int
    start: int
    finish: int
    fixed_start: int


class Dates(NamedTuple):
    """Boundaries, and the edges that set them, -1 for a bound of its own."""

    start: int
    finish: int
    start_edge: int = -1
    finish_edge: int = -1


UNDATED = Dates(UNKNOWN, UNKNOWN)


def settle(one: Open, of_start: Bound, of_finish: Bound, today: int, clamp: int) -> Dates:
    """`of_start` and `of_finish`: what links demand. `today` and `clamp` as in `forward`."""
    if one.state == STARTED:
        return _started(one, of_start, of_finish, today)
    if max(one.start, one.finish, of_start.boundary, of_finish.boundary) == UNKNOWN:
        return UNDATED
    if one.work > 0:
        return _shifted(one, of_start, of_finish, today, clamp)
    return _placed(one, of_start, of_finish, today, clamp)


def _started(one: Open, of_start: Bound, of_finish: Bound, today: int) -> Dates:
    """The start is fixed; the work left runs from today, or from when its predecessors let it go on."""
    calendar = one.calendar
    resumes = max(today, one.fixed_start)
    if one.work > 0:
        own = max(calendar.closing(calendar.count(resumes) + one.work), one.finish)
        if of_start.edge >= 0:
            days = of_start.days + one.work
            of_start = of_start._replace(boundary=calendar.closing(days), days=days)
    else:
        own = max(resumes + 1, one.finish)
    linked = later(of_start, of_finish)
    moved = linked.days > calendar.count(own)
    return Dates(one.fixed_start, max(own, linked.boundary), -1, linked.edge if moved else -1)


def _shifted(one: Open, of_start: Bound, of_finish: Bound, today: int, clamp: int) -> Dates:
    """Not started, with work to do: links move it, and only its own due date stretches it."""
    calendar, work = one.calendar, one.work
    begins, edge = _begins(one, of_start, today)
    due_days = calendar.count(one.finish)
    if of_finish.days > max(begins + work, due_days):
        begins = of_finish.days - work
        if clamp != UNKNOWN and begins < calendar.count(clamp):
            begins = calendar.count(clamp)
            return Dates(calendar.opening(begins), calendar.closing(begins + work))
        return Dates(calendar.opening(begins), of_finish.boundary, of_finish.edge, of_finish.edge)
    finish = max(calendar.closing(begins + work), one.finish, of_finish.boundary)
    finish_edge = -1
    if edge >= 0 and due_days < begins + work:
        finish_edge = later(of_start._replace(days=begins + work), of_finish).edge
    return Dates(calendar.opening(begins), finish, edge, finish_edge)


def _placed(one: Open, of_start: Bound, of_finish: Bound, today: int, clamp: int) -> Dates:
    """Not started and without work: a point, or open from its start to a later due date of its own."""
    calendar = one.calendar
    begins, edge = _begins(one, of_start, today)
    due_days = calendar.count(one.finish)
    if UNKNOWN not in (one.start, one.finish) and due_days > begins and due_days >= of_finish.days:
        return Dates(calendar.opening(begins), max(one.finish, of_finish.boundary), edge)
    # A point lies on an evening: today's is the first that is possible.
    own = max(one.start, one.finish, today + 1)
    linked = later(of_start, of_finish)
    if of_finish.edge >= 0 and linked.boundary < clamp:
        own = max(own, clamp)
    point = max(own, linked.boundary)
    edge = linked.edge if linked.days > calendar.count(own) else -1
    return Dates(point, point, edge, edge)


def _begins(one: Open, of_start: Bound, today: int) -> tuple[int, int]:
    """The working day on which links and own bounds let work begin, and the edge that says so."""
    own = one.calendar.count(max(one.start, today))
    return (of_start.days, of_start.edge) if of_start.days > own else (own, -1)
