"""The early pass: when each node will start and finish, what sets that, and where it comes from in the end.

A node reads only what comes before it in the order. Its `start` and `finish` are what links read, its
`first_day` and `last_day` what people see. A start that is its first day is a morning; that of a point, and
of a parent that begins with one, an evening.
"""

from __future__ import annotations

from unify.schedule.records import (
    BEGIN,
    CLOSE,
    DONE,
    DROPPED,
    END,
    FF,
    FIRST,
    GATE,
    HOLD,
    NEVER,
    NO_DAY,
    NONE,
    NOT_STARTED,
    SF,
    SS,
    STARTED,
    UNKNOWN,
    Early,
    Item,
    Node,
    Plan,
    Terms,
)
from unify.schedule.settle import NO_BOUND, Bound, Dates, later_of, settle
from unify.schedule.workdays import arrive, count, last_day


def forward(plan: Plan, terms: Terms) -> None:
    """The early dates of all nodes."""
    for place in range(len(plan.sequence)):
        early_of(plan, plan.sequence[place], terms)


def early_of(plan: Plan, number: int, terms: Terms) -> None:
    """The early dates of one node, from those before it."""
    node, early = plan.nodes[number], plan.early[number]
    item = plan.items[node.item]
    _forget(node, early)
    if node.kind == GATE:
        _gate(plan, number, item)
    elif item.state == DONE:
        _done(node, early, item)
    elif item.state == DROPPED:
        return
    elif node.kind == END:
        _end(plan, number, item, terms)
    elif node.kind == FIRST:
        _first(plan, number, item, terms)
    else:
        of_start, of_finish, linked = bounds(plan, number, item)
        # Without date and work of its own, what holds back its parent gives it no date. It would else end its
        # parent where that may only begin.
        says_nothing = item.state == NOT_STARTED and item.work == 0
        says_nothing = says_nothing and item.own_start == UNKNOWN and item.own_finish == UNKNOWN
        if linked or not says_nothing:
            _take(plan, number, settle(item, plan.calendars, of_start, of_finish, terms))


def _forget(node: Node, early: Early) -> None:
    early.start = early.finish = node.first_day = node.last_day = UNKNOWN
    node.who = node.root_of_start = node.root_of_finish = node.item
    node.driver = NONE
    node.stands_in = False
    node.own_begin = NEVER
    node.any_begins = node.own_is_point = False


def bounds(plan: Plan, number: int, item: Item) -> tuple[Bound, Bound, bool]:
    """What links demand of the start, and of the finish; and whether any link but the parent's gives a date."""
    of_start = of_finish = NO_BOUND
    linked = False
    started = item.state != NOT_STARTED
    calendar, calendars, into = item.calendar, plan.calendars, plan.into
    for position in range(plan.into_at[number], plan.into_at[number + 1]):
        edge = into[position]
        type_, lag, source = edge.type, edge.lag, edge.other
        if type_ >= CLOSE or (type_ == SS and started):
            continue
        before = plan.early[source]
        boundary = before.start if type_ in (SS, SF) else before.finish
        if boundary == UNKNOWN:
            continue
        linked = linked or type_ != HOLD
        days = count(calendars, calendar, boundary) + lag
        if days < (of_start.days if type_ < FF else of_finish.days):
            continue
        boundary = arrive(calendars, calendar, boundary, lag, days)
        found = Bound(boundary, days, who(plan, source), type_, source)
        if type_ < FF:
            of_start = later_of(of_start, found)
        else:
            of_finish = later_of(of_finish, found)
    return of_start, of_finish, linked


def who(plan: Plan, source: int) -> int:
    """The item whose date that is. Only of a gate that is another one: a child is driven by what its parent
    waits for, not by its parent."""
    return source if source < len(plan.items) else plan.nodes[source].who


def _gate(plan: Plan, number: int, item: Item) -> None:
    node, early = plan.nodes[number], plan.early[number]
    if item.state >= DONE:
        # Its own links say nothing any more, but what holds back a parent above still does.
        found = _held_from_above(plan, number, item)
    else:
        found, _, _ = bounds(plan, number, item)
    early.start = early.finish = found.boundary
    if found.source >= 0:
        node.who = node.driver = found.who
        node.root_of_start = node.root_of_finish = _root(plan, found)


def _held_from_above(plan: Plan, number: int, item: Item) -> Bound:
    for position in range(plan.into_at[number], plan.into_at[number + 1]):
        source = plan.into[position].other
        boundary = plan.early[source].finish
        if plan.into[position].type == HOLD and boundary != UNKNOWN:
            days = count(plan.calendars, item.calendar, boundary)
            return Bound(boundary, days, who(plan, source), HOLD, source)
    return NO_BOUND


def _root(plan: Plan, bound: Bound) -> int:
    """Where the date that was read comes from."""
    if bound.type == SS or bound.type == SF:
        return plan.nodes[bound.source].root_of_start
    return plan.nodes[bound.source].root_of_finish


def _done(node: Node, early: Early, item: Item) -> None:
    early.start = node.first_day = item.fixed_start
    if node.kind == FIRST and item.fixed_start != UNKNOWN:
        node.own_begin = item.fixed_start
    if item.fixed_finish != UNKNOWN:
        early.finish = item.fixed_finish
        node.last_day = item.fixed_finish - 1


def _take(plan: Plan, number: int, dates: Dates) -> None:
    """Write dates down, and the days that people see: a start is the day that begins there, an end the working
    day before."""
    node, early = plan.nodes[number], plan.early[number]
    early.start, early.finish = dates.start, dates.finish
    if dates.start_by.source >= 0:
        node.root_of_start = _root(plan, dates.start_by)
    _drive(plan, node, dates.finish_by)
    if dates.finish != UNKNOWN:
        last = last_day(plan.calendars, node.calendar, dates.finish)
        node.first_day = last if dates.start == dates.finish else dates.start
        node.last_day = max(last, node.first_day)


def _drive(plan: Plan, node: Node, by: Bound) -> None:
    node.driver = NONE
    node.root_of_finish = node.item
    if by.source >= 0:
        node.driver = by.who
        node.root_of_finish = _root(plan, by)


def _end(plan: Plan, number: int, item: Item, terms: Terms) -> None:
    """A parent finishes with the last of its children, and not before today while it is open.

    Where an open child has no date, or no child has, the parent's own dates stand in for what is missing.
    """
    node, early = plan.nodes[number], plan.early[number]
    dated, undated = _children(plan, number, CLOSE)
    has_dates = item.own_start != UNKNOWN or item.own_finish != UNKNOWN
    node.stands_in = dated == 0 or (undated and has_dates)
    of_start, of_finish, _ = bounds(plan, number, item)
    if node.stands_in:
        _take(plan, number, settle(item, plan.calendars, of_start, of_finish, terms))
    elif of_finish.source >= 0:
        early.finish = of_finish.boundary
        _drive(plan, node, of_finish)
        node.last_day = last_day(plan.calendars, node.calendar, of_finish.boundary)
    if dated > 0:
        _finish_with_children(plan, number)
        tonight = terms.today if terms.today == UNKNOWN else terms.today + 1
        if early.finish < tonight:
            early.finish = tonight
            _drive(plan, node, NO_BOUND)
            node.last_day = max(node.last_day, last_day(plan.calendars, node.calendar, tonight))
        _start_with_children(plan, number, item, CLOSE)


def _first(plan: Plan, number: int, item: Item, terms: Terms) -> None:
    """Where the first child starts, for those who wait for the parent's start."""
    node, early = plan.nodes[number], plan.early[number]
    dated, undated = _children(plan, number, BEGIN)
    has_dates = item.own_start != UNKNOWN or item.own_finish != UNKNOWN
    if dated == 0 or (undated and has_dates):
        of_start, of_finish, _ = bounds(plan, number, item)
        _take(plan, number, settle(item, plan.calendars, of_start, of_finish, terms))
    if has_begun(item):
        node.own_begin = item.fixed_start
    elif early.start != UNKNOWN:
        node.own_begin = early.start
        node.own_is_point = early.start != node.first_day
    node.any_begins = dated + (node.own_begin != NEVER) > 1
    _start_with_children(plan, number, item, BEGIN)


def has_begun(item: Item) -> bool:
    """Whether a parent's start is a fact of its own, whenever its children start."""
    return item.actual_start != NO_DAY and item.state == STARTED


def _children(plan: Plan, number: int, type_: int) -> tuple[int, bool]:
    """How many children have a date, and whether some open child has none."""
    dated, undated = 0, False
    for position in range(plan.into_at[number], plan.into_at[number + 1]):
        if plan.into[position].type != type_:
            continue
        child = plan.into[position].other
        read = plan.early[child].start if type_ == BEGIN else plan.early[child].finish
        if read != UNKNOWN:
            dated += 1
        elif plan.items[plan.nodes[child].item].state < DONE:
            undated = True
    return dated, undated


def _finish_with_children(plan: Plan, number: int) -> None:
    node, early = plan.nodes[number], plan.early[number]
    for position in range(plan.into_at[number], plan.into_at[number + 1]):
        child = plan.into[position].other
        if plan.into[position].type != CLOSE or plan.early[child].finish == UNKNOWN:
            continue
        if plan.early[child].finish > early.finish:
            early.finish = plan.early[child].finish
            node.driver = who(plan, child)
            node.root_of_finish = plan.nodes[child].root_of_finish
        node.last_day = max(node.last_day, plan.nodes[child].last_day)


def _start_with_children(plan: Plan, number: int, item: Item, type_: int) -> None:
    node, early = plan.nodes[number], plan.early[number]
    if has_begun(item):
        early.start = node.first_day = item.fixed_start
        return
    for position in range(plan.into_at[number], plan.into_at[number + 1]):
        child = plan.into[position].other
        read = plan.early[child].start if type_ == BEGIN else plan.early[child].finish
        if plan.into[position].type != type_ or read == UNKNOWN:
            continue
        if early.start == UNKNOWN or plan.early[child].start < early.start:
            early.start = plan.early[child].start
            node.root_of_start = plan.nodes[child].root_of_start
        first = plan.nodes[child].first_day
        if first != UNKNOWN and (node.first_day == UNKNOWN or first < node.first_day):
            node.first_day = first
