"""The late pass: how late each node may finish before somebody's deadline breaks, and whose.

Nodes are taken in reverse order; each reads only what comes after it. What an edge asks in the early pass is
inverted exactly (`workdays.latest_before`), so that float is the largest delay that harms nobody. A deadline
is an evening that a finish must not pass; late dates that nothing binds are NEVER.
"""

from __future__ import annotations

from typing import Final, NamedTuple

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
    node, late = plan.nodes[number], plan.late[number]
    item = plan.items[node.item]
    late.start = late.finish = late.start_ceiling = late.finish_ceiling = NEVER
    late.start_binder = late.finish_binder = NONE
    # Late predecessors do not move what is done, and nobody needs what is dropped.
    if item.state >= DONE and node.kind != GATE:
        return
    start, finish = NO_LIMIT, NO_LIMIT
    if number < len(plan.items):
        finish = _own_limit(plan, number, item, terms)
    for position in range(plan.out_at[number], plan.out_at[number + 1]):
        edge = plan.out[position]
        limit = _limit(plan, number, edge)
        if edge.type == SS or edge.type == SF or edge.type == BEGIN:
            start = earlier_of(start, limit)
        else:
            finish = earlier_of(finish, limit)
    late.start, late.start_binder = start
    late.finish, late.finish_binder = finish
    if start.boundary != NEVER or finish.boundary != NEVER:
        _set_ceilings(plan, number, item, start, finish)


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
    """What the node at the other end of an edge asks of this one's finish (SS, SF and BEGIN: of its start)."""
    type_, other = edge.type, edge.other
    after = plan.late[other]
    if type_ == CLOSE:
        return Limit(after.finish, after.finish_binder)
    if type_ == BEGIN:
        return Limit(after.start, after.start_binder) if _begins_it(plan, number, other) else NO_LIMIT
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
    if edge.need_by != NO_DAY:
        return earlier_of(Limit(boundary, binder), _need(plan, number, edge))
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
    """Whether a parent's start is late when this child's is: not where another start that nothing moves is in time.

    Other children might be as well, but what delays this one may delay them too. They are not asked: float errs
    on the safe side there.
    """
    node = plan.nodes[first]
    kept = node.kept_next if node.kept_by == child else node.kept_start
    return plan.early[child].start == plan.early[first].start and kept > plan.late[first].start


def _need(plan: Plan, number: int, edge: Edge) -> Limit:
    """The latest boundary of the predecessor that meets a stated need-by: its own day counts."""
    successor = plan.nodes[edge.other]
    if plan.items[successor.item].state >= DONE:
        return NO_LIMIT
    calendars, calendar = plan.calendars, successor.calendar
    needed = edge.need_by + 1
    reads_start = edge.type == SS or edge.type == SF
    if reads_start and plan.early[number].start == plan.nodes[number].first_day:
        days = count(calendars, calendar, needed) - 1 - edge.lag
        return Limit(opening(calendars, calendar, days), successor.item)
    evening = by_evening(calendars, calendar, needed)
    return Limit(latest_before(calendars, calendar, evening, edge.lag), successor.item)


def _set_ceilings(plan: Plan, number: int, item: Item, start: Limit, finish: Limit) -> None:
    """The latest bounds that links may put on this node's start, and on its finish; on working boundaries,
    where a link without a lag needs no calendar any more."""
    node, late = plan.nodes[number], plan.late[number]
    of_start, of_finish = NO_LIMIT, finish
    if node.kind == GATE:
        if item.state >= DONE:
            return
        of_start = finish
    elif node.kind == FIRST:
        of_finish = NO_LIMIT
        if plan.nodes[node.item].stands_in:
            of_start = start
    elif node.kind == END:
        # Its start is its children's; only where its own dates stand in does the gate move its finish.
        if node.stands_in:
            of_start = _before_work(plan, item, finish)
    else:
        of_start = _before_work(plan, item, finish)
        if item.state != STARTED and start.boundary != NEVER:
            point = is_point(plan, number, item)
            of_start = earlier_of(of_start, start if point else _opening_by(plan, item, start))
            of_finish = earlier_of(of_finish, start if point else _after_work(plan, item, start))
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
    return Limit(max(opening(plan.calendars, item.calendar, days), item.own_finish), start.binder)


def is_point(plan: Plan, number: int, item: Item) -> bool:
    """Whether it has no length."""
    return item.work == 0 and plan.early[number].start == plan.early[number].finish


def as_a_whole(plan: Plan, number: int) -> Limit:
    """An item's late finish as people read it: where the start must not be late, it all moves together."""
    item, early = plan.items[number], plan.early[number]
    if item.state >= DONE:
        return NO_LIMIT
    finish = Limit(plan.late[number].finish, plan.late[number].finish_binder)
    begins = plan.late[plan.first[number] if plan.first[number] >= 0 else number]
    start = Limit(begins.start, begins.start_binder)
    if start.boundary == NEVER or item.state == STARTED:
        return finish
    if is_point(plan, number, item):
        return earlier_of(finish, start)
    calendars, calendar = plan.calendars, item.calendar
    span = item.work
    if early.finish != UNKNOWN:
        span = count(calendars, calendar, early.finish) - count(calendars, calendar, early.start)
    days = count(calendars, calendar, start.boundary + 1) - 1 + span
    return earlier_of(finish, Limit(closing(calendars, calendar, days), start.binder))
