"""Plans anew what a change of some items can reach: downstream for dates, upstream for late dates.

Nodes wait in a heap by their place in the order, so that each is computed once, after all that it reads. A
node whose values come out as before passes nothing on. The result equals a full plan's.
"""

from __future__ import annotations

from collections.abc import Sequence

from unify.schedule.backward import late_of
from unify.schedule.forward import early_of
from unify.schedule.heap import Room, first_waiting, move, wait
from unify.schedule.own import own, pass_up
from unify.schedule.records import END, NONE, Plan, Shown, Terms
from unify.schedule.shown import show_one


def plan_again(
    plan: Plan, terms: Terms, changed: Sequence[int], room: Room, shown: Sequence[Shown], told: list[int]
) -> int:
    """After the items in `changed` were written to: bring all dates up to date. Leaves in `told` the items
    whose rows were looked at, and returns how many."""
    moved = _read_again(plan, terms, changed, room)
    moved = _early_again(plan, terms, room, moved)
    moved = _late_again(plan, terms, room, moved)
    items = 0
    for position in range(moved):
        node = room.moved[position]
        room.is_moved[node] = 0
        item = plan.nodes[node].item
        show_one(plan, item, shown[item])
        told[items] = item
        items += 1
    return items


def _read_again(plan: Plan, terms: Terms, changed: Sequence[int], room: Room) -> int:
    """What the items and the parents above them say; all their nodes count as moved."""
    moved = 0
    for position in range(len(changed)):
        item = changed[position]
        own(plan.items[item], plan.calendars, terms)
        while item != NONE:
            if plan.gate[item] != NONE:
                own(plan.items[item], plan.calendars, terms)
                pass_up(plan, item)
                moved = move(room, moved, plan.gate[item])
                if plan.first[item] != NONE:
                    moved = move(room, moved, plan.first[item])
            moved = move(room, moved, item)
            item = plan.items[item].above
    return moved


def _early_again(plan: Plan, terms: Terms, room: Room, moved: int) -> int:
    size = 0
    for position in range(moved):
        node = room.moved[position]
        size = wait(room, size, node, 1)
        size = _wait_after(plan, room, size, node)
    while size > 0:
        node = plan.sequence[first_waiting(room, size)]
        size -= 1
        room.waits[node] = 0
        if _early_differs(plan, node, terms):
            moved = move(room, moved, node)
            size = _wait_after(plan, room, size, node)
    return moved


def _wait_after(plan: Plan, room: Room, size: int, node: int) -> int:
    for position in range(plan.out_at[node], plan.out_at[node + 1]):
        size = wait(room, size, plan.out[position].other, 1)
    return size


def _early_differs(plan: Plan, number: int, terms: Terms) -> bool:
    """Compute a node's early dates; whether any of its values came out otherwise than before."""
    node, early = plan.nodes[number], plan.early[number]
    start, finish, first, last = early.start, early.finish, node.first_day, node.last_day
    driver, root_of_start, root_of_finish = node.driver, node.root_of_start, node.root_of_finish
    who, stands_in = node.who, node.stands_in
    own_begin, own_is_point, any_begins = node.own_begin, node.own_is_point, node.any_begins
    early_of(plan, number, terms)
    same_dates = start == early.start and finish == early.finish
    same_days = first == node.first_day and last == node.last_day
    same_roots = root_of_start == node.root_of_start and root_of_finish == node.root_of_finish
    same_who = who == node.who and driver == node.driver
    same_begin = own_begin == node.own_begin and own_is_point == node.own_is_point
    same_role = stands_in == node.stands_in and any_begins == node.any_begins and same_begin
    return not (same_dates and same_days and same_roots and same_who and same_role)


def _late_again(plan: Plan, terms: Terms, room: Room, moved: int) -> int:
    size = 0
    for position in range(moved):
        node = room.moved[position]
        size = wait(room, size, node, -1)
        size = _wait_before(plan, room, size, node)
        # Whether a parent's own dates stand in is told by its end, and asked by its first.
        if plan.nodes[node].kind == END and plan.first[node] != NONE:
            size = wait(room, size, plan.first[node], -1)
            size = _wait_before(plan, room, size, plan.first[node])
    while size > 0:
        node = plan.sequence[-first_waiting(room, size)]
        size -= 1
        room.waits[node] = 0
        if _late_differs(plan, node, terms):
            moved = move(room, moved, node)
            size = _wait_before(plan, room, size, node)
    return moved


def _wait_before(plan: Plan, room: Room, size: int, node: int) -> int:
    for position in range(plan.into_at[node], plan.into_at[node + 1]):
        size = wait(room, size, plan.into[position].other, -1)
    return size


def _late_differs(plan: Plan, number: int, terms: Terms) -> bool:
    """Compute a node's late dates; whether any of its values came out otherwise than before."""
    late = plan.late[number]
    start, finish, start_by, finish_by = late.start, late.finish, late.start_binder, late.finish_binder
    point, point_by = late.point, late.point_binder
    start_ceiling, finish_ceiling = late.start_ceiling, late.finish_ceiling
    start_ceiling_by, finish_ceiling_by = late.start_ceiling_binder, late.finish_ceiling_binder
    late_of(plan, number, terms)
    same = start == late.start and finish == late.finish and point == late.point
    same_binders = (
        start_by == late.start_binder and finish_by == late.finish_binder and point_by == late.point_binder
    )
    same_ceilings = start_ceiling == late.start_ceiling and finish_ceiling == late.finish_ceiling
    same_ceiling_binders = (
        start_ceiling_by == late.start_ceiling_binder and finish_ceiling_by == late.finish_ceiling_binder
    )
    return not (same and same_binders and same_ceilings and same_ceiling_binders)
