"""What a parent's start asks where several may begin it: that one of them is in time, whichever.

No late date of a single node says that. So of each such start one way of being in time after the other is looked
at: how late may each item before that child finish so that this child, by itself, begins in time? The latest of
these counts, and an item that does not come before all of them is not asked. A start between them that again
several may begin is read as asking the first of its own: float errs on the safe side there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from unify.schedule.backward import (
    Limit,
    any_begins,
    earlier_of,
    late_alone,
    moved_together,
    set_ceilings,
    start_limit,
)
from unify.schedule.forward import has_begun
from unify.schedule.heap import Room, first_waiting, move, wait
from unify.schedule.records import BEGIN, DONE, FIRST, GATE, NEVER, NONE, UNKNOWN, Plan, Shown
from unify.schedule.shown import show_one

LOOKS_PER_NODE: Final = 64
"""All starts together: beyond that each asks one who begins it, so that time stays in step with size."""
MOST_LOOKS: Final = 500_000
"""In any plan: half a second, so that nobody waits long for a change in a large one."""


class Ways(NamedTuple):
    """What is written on besides the plan: numbers, one per node."""

    beginners: list[int]
    """Who begins the start that is looked at in time: leaves, and firsts by their own dates."""
    met: list[int]
    """Items before the first of them."""
    left: list[int]
    """Firsts that are asked of one who begins them."""
    asked: list[int]
    """Of a node that is to begin starts in time: one more than the first of one of them, else 0."""
    also: list[int]
    """Of that first: the same of the next start that its node is to begin."""
    read: list[int]
    """Whether the result depends on the node."""


def ask(plan: Plan, alone: Plan, room: Room, ways: Ways) -> None:
    """Leave in the plan's `whichever` what is asked. `alone`: the plan with late dates of its own, all NEVER."""
    for number in range(len(plan.whichever)):
        one = plan.whichever[number]
        one.was, one.was_binder = one.limit, one.binder
        one.limit = NEVER
        one.binder = NONE
    for node in range(len(ways.read)):
        ways.read[node] = 0
    looks, most, left = 0, min(LOOKS_PER_NODE * len(plan.nodes), MOST_LOOKS), 0
    for place in range(len(plan.parents)):
        parent = plan.parents[place]
        first = plan.first[parent]
        if first == NONE:
            continue
        ways.read[first] = ways.read[parent] = 1
        if not any_begins(plan, first):
            continue
        found = _beginners(plan, first, room, ways)
        if found > 1 and looks < most:
            looks += _ask_whichever(plan, alone, first, found, room, ways, most - looks)
        if found == 1 or looks >= most:  # it may just have been given up
            ways.left[left] = first
            left += 1
    if left > 0:
        _ask_one_each(plan, alone, left, room, ways)


def depends(room: Room, ways: Ways, moved: int) -> bool:
    """Whether what is asked depends on one of the first `moved` nodes in `room.moved`."""
    found = False
    for position in range(moved):
        found = found or ways.read[room.moved[position]] != 0
    return found


def show_again(plan: Plan, shown: Sequence[Shown], told: list[int], count: int) -> int:
    """Show the items of which something else is asked than before; adds them to `told`, which holds so many."""
    for number in range(len(plan.whichever)):
        one = plan.whichever[number]
        if one.limit != one.was or one.binder != one.was_binder:
            show_one(plan, number, shown[number])
            told[count] = number
            count += 1
    return count


def _ask_whichever(plan: Plan, alone: Plan, first: int, found: int, room: Room, ways: Ways, most: int) -> int:
    """Ask that any of the beginners found is in time; at how many nodes that looked. From `most` on it gives up."""
    binder = start_limit(plan, first).binder
    looks = items = 0
    for number in range(found):
        ways.asked[ways.beginners[number]] = first + 1
        looked = _before(plan, alone, room, ways, wait(room, 0, ways.beginners[number], -1))
        met = 0
        for position in range(looked):
            item = plan.nodes[room.moved[position]].item
            one = plan.whichever[item]
            finish = moved_together(alone, item).boundary
            if one.met != number or finish == NEVER or plan.nodes[room.moved[position]].kind == GATE:
                continue
            one.met = number + 1
            one.latest = max(one.latest, finish)
            if number == 0:
                ways.met[items] = item
                items += 1
            met += 1
        _forget(alone, room, looked)
        looks += looked
        if met == 0 or looks >= most:
            break
    for position in range(items):
        one = plan.whichever[ways.met[position]]
        if one.met == found:
            one.limit, one.binder = earlier_of(Limit(one.limit, one.binder), Limit(one.latest, binder))
        one.met = 0
        one.latest = UNKNOWN
    return looks


def _ask_one_each(plan: Plan, alone: Plan, left: int, room: Room, ways: Ways) -> None:
    """Ask of each of these starts that one who begins it is in time: all at once."""
    size = asked = 0
    for position in range(left):
        first = ways.left[position]
        _beginners(plan, first, room, ways)
        beginner = ways.beginners[0]
        if ways.asked[beginner] == 0:
            ways.met[asked] = beginner
            asked += 1
        ways.also[first] = ways.asked[beginner]
        ways.asked[beginner] = first + 1
    for position in range(asked):
        size = wait(room, size, ways.met[position], -1)
    looked = _before(plan, alone, room, ways, size)
    for position in range(looked):
        node = plan.nodes[room.moved[position]]
        if node.kind != GATE:
            one = plan.whichever[node.item]
            limit = moved_together(alone, node.item)
            one.limit, one.binder = earlier_of(Limit(one.limit, one.binder), limit)
    _forget(alone, room, looked)


def _beginners(plan: Plan, first: int, room: Room, ways: Ways) -> int:
    """Fill in who begins it in time, through parents among its children too; how many."""
    found = _those_by(plan, first, plan.late[first].start, plan.late[first].point, room, ways)
    if found == 0:
        # Beside an evening before days that are free for it, a later morning may set the boundary and not the day.
        found = _those_by(plan, first, plan.early[first].start, plan.early[first].start, room, ways)
    return found


def _those_by(plan: Plan, first: int, morning: int, evening: int, room: Room, ways: Ways) -> int:
    """Fill in who begins it with a morning up to the one boundary, or with an evening up to the other; how many."""
    found, waiting = 0, 1
    room.heap[0] = first
    while waiting > 0:
        waiting -= 1
        node = room.heap[waiting]
        if plan.nodes[node].own_begin <= (evening if plan.nodes[node].own_is_point else morning):
            ways.beginners[found] = node
            found += 1
        item = plan.items[plan.nodes[node].item]
        if item.state >= DONE or has_begun(item):
            continue
        for position in range(plan.into_at[node], plan.into_at[node + 1]):
            child = plan.into[position].other
            if plan.into[position].type != BEGIN:
                continue
            ways.read[child] = ways.read[plan.nodes[child].item] = 1
            if plan.nodes[child].kind == FIRST:
                room.heap[waiting] = child
                waiting += 1
                continue
            start = plan.early[child].start
            if UNKNOWN < start <= (morning if start == plan.nodes[child].first_day else evening):
                ways.beginners[found] = child
                found += 1
    return found


def _before(plan: Plan, alone: Plan, room: Room, ways: Ways, size: int) -> int:
    """Work out the late dates of those in the heap, which are asked to begin starts in time, and of all before them.
    These are left in `room.moved`; how many."""
    looked = 0
    while size > 0:
        number = alone.sequence[-first_waiting(room, size)]
        size -= 1
        room.waits[number] = 0
        ways.read[number] = 1
        looked = move(room, looked, number)
        late_alone(alone, number)
        if ways.asked[number] != 0:
            _begin_in_time(plan, alone, number, ways)
        late = alone.late[number]
        if min(late.start, late.finish, late.start_ceiling, late.finish_ceiling) != NEVER:
            for position in range(alone.into_at[number], alone.into_at[number + 1]):
                size = wait(room, size, alone.into[position].other, -1)
    before = looked
    for position in range(before):
        number = room.moved[position]
        while ways.asked[number] != 0:
            first = ways.asked[number] - 1
            looked = _parents_begin(plan, alone, number, first, room, looked)
            ways.asked[number] = ways.also[first]
            ways.also[first] = 0
    return looked


def _begin_in_time(plan: Plan, alone: Plan, number: int, ways: Ways) -> None:
    """Let the late dates of one who begins starts keep these in time."""
    node, late = alone.nodes[number], alone.late[number]
    item = alone.items[node.item]
    if item.state >= DONE or (node.kind == FIRST and has_begun(item)):
        return
    start, point = Limit(late.start, late.start_binder), Limit(late.point, late.point_binder)
    asked = ways.asked[number]
    while asked != 0:
        other = plan.late[asked - 1]
        limit = Limit(other.start, other.start_binder)
        if other.start < plan.early[number].start:  # its start is in time all the same: see `_beginners`
            limit = start_limit(plan, asked - 1)
        start = earlier_of(start, limit)
        point = earlier_of(point, Limit(other.point, other.point_binder))
        asked = ways.also[asked - 1]
    # By its own dates a parent begins; its children do not.
    if node.kind != FIRST:
        late.start, late.start_binder = start
        late.point, late.point_binder = point
    set_ceilings(alone, number, start, point, Limit(late.finish, late.finish_binder))


def _parents_begin(plan: Plan, alone: Plan, beginner: int, first: int, room: Room, looked: int) -> int:
    """The parents between, whose start this begins, are asked to be in time as a whole."""
    asked = plan.late[first]
    parent = alone.nodes[beginner].item
    if alone.nodes[beginner].kind != FIRST:
        parent = alone.items[parent].above
    while alone.first[parent] != first:
        looked = move(room, looked, alone.first[parent])
        late = alone.late[alone.first[parent]]
        start, point = Limit(late.start, late.start_binder), Limit(late.point, late.point_binder)
        late.start, late.start_binder = earlier_of(start, Limit(asked.start, asked.start_binder))
        late.point, late.point_binder = earlier_of(point, Limit(asked.point, asked.point_binder))
        parent = alone.items[parent].above
    return looked


def _forget(alone: Plan, room: Room, looked: int) -> None:
    for position in range(looked):
        room.is_moved[room.moved[position]] = 0
        late = alone.late[room.moved[position]]
        late.start = late.point = late.finish = late.start_ceiling = late.finish_ceiling = NEVER
        late.start_binder = late.point_binder = late.finish_binder = NONE
