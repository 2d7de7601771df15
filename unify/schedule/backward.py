"""The late pass: how late each node may finish before somebody's deadline breaks, and whose.

Nodes are taken in reverse order; each reads only what comes after it. What an edge asks in the early pass is
inverted exactly (`workdays.latest_before`), so that float is the largest delay that harms nobody. A deadline
is an evening that a finish must not pass; late dates that nothing binds are NEVER.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from unify.schedule.forward import has_begun
from unify.schedule.records import (
    BEGIN,
    CLOSE,
    DONE,
    END,
    FF,
    FIRST,
    GATE,
    HOLD,
    NEED_BY,
    NEVER,
    NO_DAY,
    NONE,
    SF,
    SS,
    STARTED,
    TERMINAL,
    UNKNOWN,
    Edge,
    Item,
    Node,
    Plan,
    Terms,
)
from unify.schedule.workdays import by_evening, closing, count, latest_before, opening


class Limit(NamedTuple):
    """A boundary, and the item that binds it. Of equal boundaries the smaller index binds."""

    boundary: int
    binder: int


NO_LIMIT: Final = Limit(NEVER, NONE)


def backward(plan: Plan, terms: Terms) -> None:
    """The late dates of all nodes."""
    for place in range(len(plan.sequence) - 1, -1, -1):
        late_of(plan, plan.sequence[place], terms)


def late_of(plan: Plan, number: int, terms: Terms) -> None:
    """The late dates of one node, from those after it."""
    item = plan.items[plan.nodes[number].item]
    own = NO_LIMIT
    if number < len(plan.items) and item.state < DONE:
        own = _own_limit(plan, number, item, terms)
    _take(plan, number, own, True)


def late_alone(plan: Plan, number: int) -> None:
    """The same where nobody asks anything but what the late dates after it already say."""
    _take(plan, number, NO_LIMIT, False)


def _take(plan: Plan, number: int, own: Limit, whole: bool) -> None:
    """`whole`: whether need-bys count, and starts that any of several may begin ask nothing (see `whichever`)."""
    node, late = plan.nodes[number], plan.late[number]
    item = plan.items[node.item]
    late.start = late.point = late.finish = late.start_ceiling = late.finish_ceiling = NEVER
    late.start_binder = late.point_binder = late.finish_binder = NONE
    # Late predecessors do not move what is done, and nobody needs what is dropped.
    if item.state >= DONE and node.kind != GATE:
        return
    begin, end = plan.out_at[number], plan.out_at[number + 1]
    if begin == end and own.boundary == NEVER:
        return
    start, point, finish = NO_LIMIT, NO_LIMIT, own
    for position in range(begin, end):
        edge = plan.out[position]
        if edge.type == BEGIN:
            if _begins_it(plan, number, edge.other) and not (whole and any_begins(plan, edge.other)):
                after = plan.late[edge.other]
                start = earlier_of(start, Limit(after.start, after.start_binder))
                point = earlier_of(point, Limit(after.point, after.point_binder))
            continue
        limit = _limit(plan, number, edge)
        needed = whole and edge.need_by != NO_DAY
        if edge.type == SS or edge.type == SF:
            start, point = earlier_of(start, limit), earlier_of(point, limit)
            if needed:
                start = earlier_of(start, _need_of_morning(plan, edge))
                point = earlier_of(point, _need(plan, edge))
        else:
            finish = earlier_of(finish, limit)
            if needed:
                finish = earlier_of(finish, _need(plan, edge))
    late.start, late.start_binder = start
    late.point, late.point_binder = point
    late.finish, late.finish_binder = finish
    if start.boundary != NEVER or finish.boundary != NEVER:
        set_ceilings(plan, number, start, point, finish)


def earlier_of(a: Limit, b: Limit) -> Limit:
    """The tighter of two limits."""
    return a if a.boundary < b.boundary or (a.boundary == b.boundary and a.binder <= b.binder) else b


def _own_limit(plan: Plan, number: int, item: Item, terms: Terms) -> Limit:
    """What its own deadlines ask, and the project's finish where late dates count back from that."""
    limit = NEVER
    if item.deadline != NO_DAY:
        limit = min(limit, by_evening(plan.calendars, item.calendar, item.deadline + 1))
    if item.baseline != NO_DAY:
        limit = min(limit, by_evening(plan.calendars, item.calendar, item.baseline + 1))
    if item.due != NO_DAY and (item.due_is_deadline or plan.nodes[number].kind == END):
        limit = min(limit, by_evening(plan.calendars, item.calendar, item.due + 1))
    own = Limit(limit, number if limit < NEVER else NONE)
    counts = terms.anchor != NEED_BY and plan.early[number].finish != UNKNOWN
    if counts and not (terms.anchor == TERMINAL and plan.nodes[number].leads):
        last = by_evening(plan.calendars, item.calendar, terms.last)
        return earlier_of(own, Limit(last, terms.last_item))
    return own


def _limit(plan: Plan, number: int, edge: Edge) -> Limit:
    """What the node at the other end of an edge asks of this one's finish (SS and SF: of its start)."""
    type_, other = edge.type, edge.other
    after = plan.late[other]
    if type_ == CLOSE:
        return Limit(after.finish, after.finish_binder)
    if type_ == HOLD:
        return _hold(plan, number, other)
    if type_ in (FF, SF):
        boundary, binder = after.finish_ceiling, after.finish_ceiling_binder
    else:
        boundary, binder = after.start_ceiling, after.start_ceiling_binder
    if boundary != NEVER and edge.lag != 0:
        boundary = latest_before(plan.calendars, plan.nodes[other].calendar, boundary, edge.lag)
    # A start that has been is not held back any more.
    if type_ == SS and plan.items[plan.nodes[other].item].state == STARTED:
        boundary, binder = NEVER, NONE
    return Limit(boundary, binder)


def _hold(plan: Plan, number: int, held: int) -> Limit:
    """A gate must be there when what it holds must start."""
    node, after = plan.nodes[held], plan.late[held]
    if plan.early[held].finish == UNKNOWN < plan.early[number].finish:
        return NO_LIMIT  # a child that its parent's gate gives no date cannot be made late by it
    if node.kind != GATE:
        return Limit(after.start_ceiling, after.start_ceiling_binder)
    if after.finish == NEVER:
        return NO_LIMIT
    boundary = latest_before(plan.calendars, node.calendar, after.finish, 0)
    return Limit(boundary, after.finish_binder)


def _begins_it(plan: Plan, child: int, first: int) -> bool:
    return plan.early[child].start == plan.early[first].start and not has_begun(
        plan.items[plan.nodes[first].item]
    )


def any_begins(plan: Plan, first: int) -> bool:
    """Whether a parent's start is in time, and may be begun by more than one: then none of them is asked alone."""
    limit = start_limit(plan, first).boundary
    return plan.nodes[first].any_begins and plan.early[first].start <= limit < NEVER


def start_limit(plan: Plan, number: int) -> Limit:
    """A node's late start as it starts now, with a morning or an evening."""
    late = plan.late[number]
    if plan.early[number].start == plan.nodes[number].first_day:
        return Limit(late.start, late.start_binder)
    return Limit(late.point, late.point_binder)


def _need(plan: Plan, edge: Edge) -> Limit:
    """The latest evening of the predecessor that meets a stated need-by: its own day counts."""
    successor = plan.nodes[edge.other]
    if plan.items[successor.item].state >= DONE:
        return NO_LIMIT
    evening = by_evening(plan.calendars, successor.calendar, edge.need_by + 1)
    return Limit(latest_before(plan.calendars, successor.calendar, evening, edge.lag), successor.item)


def _need_of_morning(plan: Plan, edge: Edge) -> Limit:
    """The same of a start: the morning of that day."""
    successor = plan.nodes[edge.other]
    if plan.items[successor.item].state >= DONE:
        return NO_LIMIT
    days = count(plan.calendars, successor.calendar, edge.need_by + 1) - 1 - edge.lag
    return Limit(opening(plan.calendars, successor.calendar, days), successor.item)


def set_ceilings(plan: Plan, number: int, start: Limit, point: Limit, finish: Limit) -> None:
    """The latest bounds that links may put on this node's start, and on its finish; on working boundaries,
    where a link without a lag needs no calendar any more."""
    node, late = plan.nodes[number], plan.late[number]
    item = plan.items[node.item]
    of_start, of_finish = NO_LIMIT, finish
    if node.kind == GATE:
        if item.state >= DONE:
            return
        of_start = finish
    elif node.kind == FIRST:
        of_finish = NO_LIMIT
        if plan.nodes[node.item].stands_in:
            of_start = point if node.own_is_point else start
    elif node.kind == END:
        # Its start is its children's; only where its own dates stand in does the gate move its finish.
        if node.stands_in:
            of_start = _before_work(plan, item, finish)
    else:
        of_start = _before_work(plan, item, finish)
        if item.state != STARTED and start.boundary != NEVER:
            as_point = is_point(plan, number, item) or _becomes_point(item, point)
            of_start = earlier_of(of_start, point if as_point else _opening_by(plan, item, start))
            of_finish = earlier_of(of_finish, point if as_point else _after_work(plan, item, start))
    late.start_ceiling, late.start_ceiling_binder = _on_working_boundary(plan, node, of_start)
    late.finish_ceiling, late.finish_ceiling_binder = _on_working_boundary(plan, node, of_finish)


def _on_working_boundary(plan: Plan, node: Node, limit: Limit) -> Limit:
    if limit.boundary == NEVER:
        return limit
    return Limit(latest_before(plan.calendars, node.calendar, limit.boundary, 0), limit.binder)


def _before_work(plan: Plan, item: Item, finish: Limit) -> Limit:
    """The latest start from which the work is done by then."""
    if finish.boundary == NEVER or item.work == 0:
        return finish
    days = count(plan.calendars, item.calendar, finish.boundary) - item.work
    return Limit(opening(plan.calendars, item.calendar, days), finish.binder)


def _opening_by(plan: Plan, item: Item, start: Limit) -> Limit:
    """The latest working morning not after the boundary."""
    days = count(plan.calendars, item.calendar, start.boundary + 1) - 1
    return Limit(opening(plan.calendars, item.calendar, days), start.binder)


def _after_work(plan: Plan, item: Item, start: Limit) -> Limit:
    """The latest bound on the finish that does not move the start past the boundary: work before it is
    shifted, but a bound up to the own due date moves nothing."""
    days = count(plan.calendars, item.calendar, start.boundary + 1) - 1 + item.work
    latest = opening(plan.calendars, item.calendar, days)
    if item.own_finish != UNKNOWN:
        latest = max(latest, by_evening(plan.calendars, item.calendar, item.own_finish))
    return Limit(latest, start.binder)


def _becomes_point(item: Item, point: Limit) -> bool:
    """Whether it may start after its own due date: without work it is open until then, and from there on a point."""
    return item.work == 0 and item.own_start != UNKNOWN and UNKNOWN < item.own_finish <= point.boundary


def is_point(plan: Plan, number: int, item: Item) -> bool:
    """Whether it has no length."""
    return item.work == 0 and plan.early[number].start == plan.early[number].finish


def as_a_whole(plan: Plan, number: int) -> Limit:
    """An item's late finish as people read it."""
    limit = moved_together(plan, number)
    if len(plan.whichever) > 0:
        one = plan.whichever[number]
        return earlier_of(limit, Limit(one.limit, one.binder))
    return limit


def moved_together(plan: Plan, number: int) -> Limit:
    """An item's late finish by its late dates: where the start must not be late, it all moves together."""
    item, early, late = plan.items[number], plan.early[number], plan.late[number]
    if item.state >= DONE:
        return NO_LIMIT
    finish = Limit(late.finish, late.finish_binder)
    begins = number if plan.first[number] == NONE else plan.first[number]
    if plan.late[begins].point == NEVER or item.state == STARTED:
        return finish
    start = start_limit(plan, begins)
    if is_point(plan, number, item):
        return earlier_of(finish, start)
    calendars, calendar = plan.calendars, item.calendar
    span = item.work
    if early.finish != UNKNOWN:
        span = count(calendars, calendar, early.finish) - count(calendars, calendar, early.start)
    days = count(calendars, calendar, start.boundary + 1) - 1 + span
    return earlier_of(finish, Limit(closing(calendars, calendar, days), start.binder))
