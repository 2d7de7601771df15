"""Plans anew what a change of some items can reach: downstream for dates, upstream for late dates.

Nodes wait in a heap by their place in the order, so that each is computed once, after all that it reads. A
node whose values come out as before passes nothing on. The result equals a full plan's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from unify.schedule.backward import late_of
from unify.schedule.forward import early_of
from unify.schedule.own import own, pass_up
from unify.schedule.records import END, NONE, Plan, Shown, Terms
from unify.schedule.shown import show_one


class Room(NamedTuple):
    """What is written on besides the plan: numbers, one per node."""

    place: list[int]
    """Of each node in the plan's sequence."""
    heap: list[int]
    """Places; the smallest comes first, in the late pass the largest."""
    waits: list[int]
    """Whether a node is in the heap."""
    moved: list[int]
    """Nodes whose values changed, and before they are looked at, those that may."""
    is_moved: list[int]


def take_places(plan: Plan, room: Room) -> None:
    """Note each node's place in the sequence."""
    for place in range(len(plan.sequence)):
        room.place[plan.sequence[place]] = place


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
                moved = _move(room, moved, plan.gate[item])
                if plan.first[item] != NONE:
                    moved = _move(room, moved, plan.first[item])
            moved = _move(room, moved, item)
            item = plan.items[item].above
    return moved


def _move(room: Room, moved: int, node: int) -> int:
    if room.is_moved[node] != 0:
        return moved
    room.is_moved[node] = 1
    room.moved[moved] = node
    return moved + 1


def _early_again(plan: Plan, terms: Terms, room: Room, moved: int) -> int:
    size = 0
    for position in range(moved):
        node = room.moved[position]
        size = _wait(room, size, node, 1)
        size = _wait_after(plan, room, size, node)
    while size > 0:
        node = plan.sequence[_first(room, size)]
        size -= 1
        room.waits[node] = 0
        if _early_differs(plan, node, terms):
            moved = _move(room, moved, node)
            size = _wait_after(plan, room, size, node)
    return moved


def _wait_after(plan: Plan, room: Room, size: int, node: int) -> int:
    for position in range(plan.out_at[node], plan.out_at[node + 1]):
        size = _wait(room, size, plan.out[position].other, 1)
    return size


def _early_differs(plan: Plan, number: int, terms: Terms) -> bool:
    """Compute a node's early dates; whether any of its values came out otherwise than before."""
    node, early = plan.nodes[number], plan.early[number]
    start, finish, first, last = early.start, early.finish, node.first_day, node.last_day
    driver, root_of_start, root_of_finish = node.driver, node.root_of_start, node.root_of_finish
    who, stands_in = node.who, node.stands_in
    kept_start, kept_next, kept_by = node.kept_start, node.kept_next, node.kept_by
    early_of(plan, number, terms)
    same_dates = start == early.start and finish == early.finish
    same_days = first == node.first_day and last == node.last_day
    same_roots = root_of_start == node.root_of_start and root_of_finish == node.root_of_finish
    same_who = who == node.who and driver == node.driver
    same_kept = kept_start == node.kept_start and kept_next == node.kept_next and kept_by == node.kept_by
    same_role = stands_in == node.stands_in and same_kept
    return not (same_dates and same_days and same_roots and same_who and same_role)


def _late_again(plan: Plan, terms: Terms, room: Room, moved: int) -> int:
    size = 0
    for position in range(moved):
        node = room.moved[position]
        size = _wait(room, size, node, -1)
        size = _wait_before(plan, room, size, node)
        # Whether a parent's own dates stand in is told by its end, and asked by its first.
        if plan.nodes[node].kind == END and plan.first[node] != NONE:
            size = _wait(room, size, plan.first[node], -1)
            size = _wait_before(plan, room, size, plan.first[node])
    while size > 0:
        node = plan.sequence[-_first(room, size)]
        size -= 1
        room.waits[node] = 0
        if _late_differs(plan, node, terms):
            moved = _move(room, moved, node)
            size = _wait_before(plan, room, size, node)
    return moved


def _wait_before(plan: Plan, room: Room, size: int, node: int) -> int:
    for position in range(plan.into_at[node], plan.into_at[node + 1]):
        size = _wait(room, size, plan.into[position].other, -1)
    return size


def _late_differs(plan: Plan, number: int, terms: Terms) -> bool:
    """Compute a node's late dates; whether any of its values came out otherwise than before."""
    late = plan.late[number]
    start, finish, start_by, finish_by = late.start, late.finish, late.start_binder, late.finish_binder
    start_ceiling, finish_ceiling = late.start_ceiling, late.finish_ceiling
    start_ceiling_by, finish_ceiling_by = late.start_ceiling_binder, late.finish_ceiling_binder
    late_of(plan, number, terms)
    same = start == late.start and finish == late.finish
    same_binders = start_by == late.start_binder and finish_by == late.finish_binder
    same_ceilings = start_ceiling == late.start_ceiling and finish_ceiling == late.finish_ceiling
    same_ceiling_binders = (
        start_ceiling_by == late.start_ceiling_binder and finish_ceiling_by == late.finish_ceiling_binder
    )
    return not (same and same_binders and same_ceilings and same_ceiling_binders)


def _wait(room: Room, size: int, node: int, sign: int) -> int:
    """Put a node into the heap, if it is not there; the heap's size then."""
    if room.waits[node] != 0:
        return size
    room.waits[node] = 1
    key = sign * room.place[node]
    at = size
    while at > 0 and room.heap[(at - 1) // 2] > key:
        room.heap[at] = room.heap[(at - 1) // 2]
        at = (at - 1) // 2
    room.heap[at] = key
    return size + 1


def _first(room: Room, size: int) -> int:
    """Take the smallest key out of the heap."""
    smallest = room.heap[0]
    key = room.heap[size - 1]
    at = 0
    while 2 * at + 1 < size - 1:
        child = 2 * at + 1
        if child + 1 < size - 1 and room.heap[child + 1] < room.heap[child]:
            child += 1
        if room.heap[child] >= key:
            break
        room.heap[at] = room.heap[child]
        at = child
    room.heap[at] = key
    return smallest
