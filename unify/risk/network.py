"""The plan laid out for draws: per node what it says of itself, in counts of working days, and in which order.

The rules are those of DESIGN section 4, as `unify.schedule` has them; with nothing stretched the draws give the
computed dates (held by tests/risk). A count is the number of working days of a calendar from today's on: `finish` 3
is the evening of the third. A link between two calendars reads through a lookup array; a finish on a day that is free
in its own calendar (the other's Sunday, by a finish-to-finish link) counts as the evening of the working day before,
which may date what follows in a third calendar a day off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from unify.schedule import Calendar

FS: Final = "FS"
SS: Final = "SS"
FF: Final = "FF"
SF: Final = "SF"
NONE: Final = -15_000
"""No bound: earlier than any count. Two counts, and some years of lag, still add up to a 16-bit number."""
FURTHEST: Final = 14_000
"""Some 54 years; later dates count as that day."""
LONGEST_LAG: Final = 1_500
EARLIEST: Final = -3_000
"""Where lookups between calendars begin: what finished some eleven years ago holds nothing back."""
Counts = NDArray[np.int16]


@dataclass
class Node:
    """One thing in the draws. Counts in its own calendar. `kind`: leaf, fixed (done), parent, or gate (what a parent
    waits for, before its children)."""

    node_id: str
    kind: str
    department: str
    calendar: Calendar
    base: int
    """The count of its calendar at today's morning: what 0 means."""
    work: int = 0
    begins: int = NONE
    """Its own earliest start: planned start or today; of a started one the start itself."""
    due: int = NONE
    """The finish that it says of itself."""
    started: bool = False
    dated: bool = True
    initiative: str = ""
    into: list[tuple[int, str, int, NDArray[np.int16] | None]] = field(default_factory=list)
    """Source, type, lag, and the lookup between two calendars where they differ."""
    children: list[int] = field(default_factory=list)


@dataclass
class Laid:
    """Nodes, each after all that it reads. `where`: the place of each thing by its id."""

    nodes: list[Node]
    where: dict[str, int]
    today: date


def lay_out(
    things: Sequence[Mapping[str, Any]],
    links: Sequence[Mapping[str, Any]],
    calendars: Mapping[str, Calendar],
    today: date,
) -> Laid:
    """Lay out the rows of `plan_node` (with `uncertain`, `initiative_id`) and of `plan_link`.

    What is in or after a circle is left out: nobody can say when it ends. Dropped things give no date.
    """
    return _Layout(things, links, calendars, today).made()


class _Layout:
    def __init__(
        self,
        things: Sequence[Mapping[str, Any]],
        links: Sequence[Mapping[str, Any]],
        calendars: Mapping[str, Calendar],
        today: date,
    ) -> None:
        self.things = {
            one["node_id"]: one for one in things if not one["uncertain"] and one["status"] != "dropped"
        }
        self.calendars, self.today = calendars, today.toordinal()
        self.day = today
        self.children: dict[str, list[str]] = {}
        for one in self.things.values():
            if one["parent_id"] in self.things and one["parent_id"] != one["node_id"]:
                self.children.setdefault(one["parent_id"], []).append(one["node_id"])
        self.links = [
            (one["predecessor_id"], one["successor_id"], one["type"] or FS, one["lag_days"] or 0)
            for one in links
            if one["predecessor_id"] in self.things and one["successor_id"] in self.things
            and one["predecessor_id"] != one["successor_id"]
        ]  # fmt: skip
        self.lookups = _Lookups(self.today)
        self.nodes: dict[str, Node] = {}
        self.reads: dict[str, list[tuple[str, str, int]]] = {}

    def made(self) -> Laid:
        for id_, thing in self.things.items():
            self.nodes[id_] = self._node(thing)
            self.reads[id_] = []
            if id_ in self.children:
                gate = _gate(id_)
                self.nodes[gate] = Node(gate, "gate", "", self.nodes[id_].calendar, self.nodes[id_].base)
                self.reads[gate] = []
        self._hold_children()
        for before, after, type_, lag in self.links:
            holds = after in self.children and type_ in (FS, SS)
            self.reads[_gate(after) if holds else after].append((before, type_, lag))
        order = self._order()
        place = {id_: number for number, id_ in enumerate(order)}
        nodes = [self.nodes[id_] for id_ in order]
        for id_, number in place.items():
            self._connect(nodes, number, place, id_)
        return Laid(nodes, {id_: place[id_] for id_ in place if id_ in self.things}, self.day)

    def _hold_children(self) -> None:
        """What a parent waits for holds back its children, and the gates of those that are parents."""
        for parent, children in self.children.items():
            for child in children:
                target = _gate(child) if child in self.children else child
                self.reads[target].append((_gate(parent), "HOLD", 0))

    def _connect(self, nodes: list[Node], number: int, place: Mapping[str, int], id_: str) -> None:
        node = nodes[number]
        for before, type_, lag in self.reads[id_]:
            source = nodes[place[before]]
            lookup = None
            if source.calendar is not node.calendar:
                lookup = self.lookups.between(source, node, of_start=type_ in (SS, SF))
            node.into.append((place[before], type_, min(max(lag, -LONGEST_LAG), LONGEST_LAG), lookup))
        node.children = [place[child] for child in self.children.get(id_, [])]

    def _order(self) -> list[str]:
        """Each node after those that it reads. A circle through parents that the plan resolves otherwise is cut at
        the node with the smallest id."""
        waits = {
            id_: {one for one, *_ in self.reads[id_]} | set(self.children.get(id_, ())) for id_ in self.nodes
        }
        after: dict[str, list[str]] = {id_: [] for id_ in self.nodes}
        for id_, befores in waits.items():
            for before in befores:
                after[before].append(id_)
        left = {id_: len(befores) for id_, befores in waits.items()}
        ready = sorted((id_ for id_, number in left.items() if number == 0), reverse=True)
        order: list[str] = []
        while len(order) < len(left):
            if not ready:
                cut = min(id_ for id_, number in left.items() if number > 0)
                seen = set(order)
                self.reads[cut] = [one for one in self.reads[cut] if one[0] in seen]
                self.children[cut] = [one for one in self.children.get(cut, ()) if one in seen]
                left[cut] = 0
                ready = [cut]
            id_ = ready.pop()
            order.append(id_)
            for one in after[id_]:
                if left[one] > 0:
                    left[one] -= 1
                    if left[one] == 0:
                        ready.append(one)
        return order

    # --- what a thing says of itself -----------------------------------------------------------------------

    def _node(self, one: Mapping[str, Any]) -> Node:
        calendar = self.calendars.get(one["department_id"] or "", Calendar.of(None))
        base = calendar.count(self.today)
        made = Node(one["node_id"], "leaf", one["department_id"] or "", calendar, base,
                    initiative=one["initiative_id"] or "")  # fmt: skip
        if one["status"] == "done":
            return self._done(made, one)
        if one["node_id"] in self.children:
            made.kind = "parent"
        start, due = _morning(one["start_date"]), _evening(one["due_date"])
        made.work = remaining_days(one, calendar, self.today)
        made.due = NONE if due is None else _short(calendar.count(due) - base)
        if one["status"] == "in progress":
            made.started = True
            begun = _morning(one["actual_start"]) or start
            begun = (
                self.today if begun is None or (one["actual_start"] is None and begun > self.today) else begun
            )
            made.begins = _short(calendar.count(begun) - base)
        else:
            self._not_started(made, start, due)
        return made

    def _not_started(self, made: Node, start: int | None, due: int | None) -> None:
        calendar, base = made.calendar, made.base
        made.dated = start is not None or due is not None
        if start is None and due is not None and made.work:
            made.begins = _short(max(calendar.count(due) - base - made.work, 0))
        elif start is not None:
            made.begins = _short(max(calendar.count(max(start, self.today)) - base, 0))
            is_open = due is not None and calendar.count(start) < calendar.count(due)
            if not made.work and not is_open:
                # A point on the evening of its day.
                made.due = _short(max(calendar.count(max(start + 1, due or 0)) - base, made.due))
                made.begins = NONE
        elif made.dated:
            made.begins = NONE

    def _done(self, made: Node, one: Mapping[str, Any]) -> Node:
        made.kind = "fixed"
        finish = _evening(one["finish_date"])
        made.dated = finish is not None
        if finish is not None:
            made.due = _short(made.calendar.count(finish) - made.base)
        start = _morning(one["actual_start"])
        last = self.today if finish is None else finish - 1
        if start is None or start > last:
            planned = _morning(one["start_date"])
            start = planned if planned is not None and planned <= last else last
        made.begins = _short(made.calendar.count(start) - made.base)
        return made


def remaining_days(one: Mapping[str, Any], calendar: Calendar, today: int) -> int:
    """Whole working days left (DESIGN sections 4 and 11); `one` is a row of `plan_node`, `today` an ordinal."""
    if one["remaining_days"] is not None:
        return _rounded_up(one["remaining_days"])
    begun = _morning(one["actual_start"])
    start, due = _morning(one["start_date"]), _evening(one["due_date"])
    start = begun if start is None else start
    if one["status"] == "in progress" and one["progress"] is None:
        if due is not None:
            return max(1, calendar.count(due) - calendar.count(max(today, begun or 0)))
        spent = calendar.count(today) - calendar.count(min(today, begun)) if begun is not None else 0
        return max(1, _rounded_up((one["estimate_days"] or 0) - spent))
    whole = one["estimate_days"]
    if whole is None:
        known = start is not None and due is not None
        whole = max(0, calendar.count(due) - calendar.count(start)) if known else 0  # type: ignore[arg-type]
    return _rounded_up(whole * (1 - (one["progress"] or 0)))


class _Lookups:
    """Arrays that turn a count of one calendar into that of another, by the count itself: those below 0 stand at the
    end, where Python's negative indices find them."""

    def __init__(self, today: int) -> None:
        self.today = today
        self.made: dict[tuple[int, int, bool], Counts] = {}
        self.openings: dict[int, NDArray[np.int64]] = {}

    def between(self, source: Node, node: Node, of_start: bool) -> Counts:
        key = (id(source.calendar), id(node.calendar), of_start)
        if key not in self.made:
            opens = self._openings(source)
            # A finish is the evening of the working day before, a start the morning of its own.
            boundaries = opens[1:] if of_start else opens[:-1] + 1
            low, high = int(boundaries[0]), int(boundaries[-1])
            counts = np.array([node.calendar.count(day) for day in range(low, high + 1)]) - node.base
            found = np.full(FURTHEST - NONE + 1, NONE, dtype=np.int64)
            found[EARLIEST - NONE :] = counts[boundaries - low]
            self.made[key] = np.roll(np.clip(found, NONE, FURTHEST), NONE).astype(np.int16)
        return self.made[key]

    def _openings(self, node: Node) -> NDArray[np.int64]:
        """The mornings of the working days from the one before EARLIEST to FURTHEST."""
        known = self.openings.get(id(node.calendar))
        if known is None:
            days = range(node.base + EARLIEST - 1, node.base + FURTHEST + 1)
            known = self.openings[id(node.calendar)] = np.array([node.calendar.opening(day) for day in days])
        return known


def _gate(id_: str) -> str:
    return f"{id_}\x1fgate"


def _short(count: int) -> int:
    return min(max(count, NONE), FURTHEST)


def _morning(day: date | None) -> int | None:
    return None if day is None else day.toordinal()


def _evening(day: date | None) -> int | None:
    return None if day is None else day.toordinal() + 1


def _rounded_up(days: float) -> int:
    return min(max(0, ceil(days - 1e-6)), FURTHEST)
