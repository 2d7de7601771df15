"""Nodes that wait to be computed, in a heap by their place in the order: each is taken after all that it reads."""

from __future__ import annotations

from typing import NamedTuple

from unify.schedule.records import Plan


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


def wait(room: Room, size: int, node: int, sign: int) -> int:
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


def first_waiting(room: Room, size: int) -> int:
    """Take the smallest key out of the heap, which holds so many."""
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


def move(room: Room, moved: int, node: int) -> int:
    """Note a node as moved, if it is not yet; how many are then."""
    if room.is_moved[node] != 0:
        return moved
    room.is_moved[node] = 1
    room.moved[moved] = node
    return moved + 1
