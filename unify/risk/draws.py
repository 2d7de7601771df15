"""Draws: the plan, some thousand times at once, with every open item's remaining time stretched by chance.

Each node is one row of 16-bit counts, a column per draw; a row is made from the rows that it reads. What an item
says of itself is stretched from today on (a promise for ten weeks ahead that takes half as long again comes in
fifteen), and so is its work where something before it decides when that begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import erf, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from unify.risk.history import LEVELS, History
from unify.risk.network import FF, FURTHEST, NONE, SF, SS, Laid, Node

Counts = NDArray[np.int16]
Flags = NDArray[np.bool_]

PER_SIGMA: Final = 256
BINS: Final = 8 * PER_SIGMA  # four standard deviations to each side
NOISES: Final = 8_192
"""Equally likely values that stand for a normal distribution: a table that stays in the processor's first cache."""
MOST_CELLS: Final = 60_000_000
"""Nodes times draws that are held at once, about 5 bytes each: larger plans get fewer draws."""
FEWEST: Final = 200
NEVER: Final = -32_768


@dataclass(frozen=True)
class Forecast:
    """Per node of `Laid`, in counts of its calendar (NONE: no date): the finish by which 50, 80 and 95 per cent of the
    draws came, and the share of draws in which it drives the end of its initiative (of all that it is linked to,
    where it has none)."""

    draws: int
    finish: NDArray[np.int32]
    """Nodes x levels."""
    critical: NDArray[np.float64]


def forecast(
    laid: Laid, histories: Mapping[str, History], draws: int, seed: int, correlation: float
) -> Forecast:
    """Run the draws. Departments without enough history are taken as planned. The same seed gives the same result."""
    count = len(laid.nodes)
    draws = min(draws, max(FEWEST, MOST_CELLS // max(count, 1)))
    run = _Draws(laid, histories, draws, seed, correlation)
    run.forward()
    return Forecast(draws, run.quantiles(), run.criticality())


class _Draws:
    def __init__(
        self, laid: Laid, histories: Mapping[str, History], draws: int, seed: int, correlation: float
    ) -> None:
        self.laid, self.nodes, self.draws = laid, laid.nodes, draws
        self.random = np.random.Generator(np.random.SFC64(seed))
        steps = (np.arange(BINS) + 0.5) / PER_SIGMA - 4
        self.levels = np.array([0.5 * (1 + erf(step / sqrt(2))) for step in steps])
        self.stretch = {key: one.quantile(self.levels) for key, one in histories.items() if one.is_enough}
        own = sqrt(1 - correlation) * PER_SIGMA
        self.noise = np.round(_normals(NOISES) * own + BINS // 2).astype(np.int16)
        # In the order of the names, so that the same seed gives the same draws.
        self.shared = {
            key: np.round(self.random.standard_normal(draws) * sqrt(correlation) * PER_SIGMA).astype(np.int16)
            for key in sorted(self.stretch)
        }
        rows = len(self.nodes)
        self.finish: Counts = np.full((rows, draws), NONE, dtype=np.int16)
        self.bound: Counts = np.full((rows, draws), NEVER, dtype=np.int16)
        """Where what a node waits for decides its finish: the count at which that lets it begin."""
        self.begin: dict[int, Counts] = {}
        self.has_date = [False] * rows
        self.read_starts = {
            source for node in self.nodes for source, type_, *_ in node.into if type_ in (SS, SF)
        }
        self.read_starts |= {child for node in self.nodes for child in node.children}

    def forward(self) -> None:
        for place, node in enumerate(self.nodes):
            if node.kind == "fixed":
                self.has_date[place] = node.dated
                self.finish[place] = node.due
                self.begin[place] = np.full(self.draws, node.begins, dtype=np.int16)
            elif node.kind == "gate":
                self._gate(place, node)
            elif node.kind == "parent":
                self._parent(place, node)
            else:
                self._leaf(place, node)

    # --- one node ------------------------------------------------------------------------------------------

    def _bounds(self, node: Node, spent: bool = False) -> tuple[Counts | None, Counts | None]:
        """What links demand of the start, and of the finish; `spent`: links from starts no longer count."""
        of_start: Counts | None = None
        of_finish: Counts | None = None
        for source, type_, lag, lookup in node.into:
            if not self.has_date[source] or (spent and type_ == SS):
                continue
            value = self._value(source, type_, lag, lookup)
            if type_ in (FF, SF):
                of_finish = value if of_finish is None else np.maximum(of_finish, value)
            else:
                of_start = value if of_start is None else np.maximum(of_start, value)
        return of_start, of_finish

    def _value(self, source: int, type_: str, lag: int, lookup: Counts | None) -> Counts:
        value: Counts = self.begin[source] if type_ in (SS, SF) else self.finish[source]
        if lookup is not None:
            value = lookup[value]
        if lag:
            value = np.asarray(value + np.int16(lag), dtype=np.int16)
        return value

    def _gate(self, place: int, node: Node) -> None:
        of_start, _ = self._bounds(node)
        if of_start is not None:
            self.has_date[place] = True
            self.finish[place] = self.bound[place] = of_start
            self.begin[place] = of_start

    def _parent(self, place: int, node: Node) -> None:
        dated = [child for child in node.children if self.has_date[child]]
        some_open_is_undated = any(
            not self.has_date[child] and self.nodes[child].kind != "fixed" for child in node.children
        )
        if not dated or (some_open_is_undated and node.dated):
            self._leaf(place, node)
        else:
            _, of_finish = self._bounds(node)
            if of_finish is not None:
                self.finish[place] = of_finish
        row = self.finish[place]
        for child in dated:
            value = self._of_child(child, node)
            np.maximum(row, value, out=row)
        if dated:
            np.maximum(row, np.int16(_tonight(self.laid.today.toordinal(), node)), out=row)
            self.has_date[place] = True
        if place in self.read_starts and dated:
            self.begin[place] = np.min([self.begin[child] for child in dated], axis=0)

    def _of_child(self, child: int, node: Node) -> Counts:
        """A child's finish in the counts of its parent's calendar; a few nodes only have another."""
        row: Counts = self.finish[child]
        other = self.nodes[child]
        if other.calendar is node.calendar:
            return row
        values, inverse = np.unique(row, return_inverse=True)
        there = [node.calendar.count(other.calendar.closing(other.base + int(v))) - node.base for v in values]
        found: Counts = np.clip(there, NONE, FURTHEST).astype(np.int16)[inverse]
        return found

    def _leaf(self, place: int, node: Node) -> None:
        of_start, of_finish = self._bounds(node, spent=node.started)
        held_only = node.work == 0 and all(type_ == "HOLD" for _, type_, *_ in node.into)
        if not (node.dated or node.started) and ((of_start is None and of_finish is None) or held_only):
            return
        self.has_date[place] = True
        work, due = self._stretched(node)
        if node.started:
            finish, begin = self._started(place, node, work, due, of_start)
        elif node.work > 0:
            finish, begin = self._shifted(place, node, work, due, of_start)
        else:
            finish, begin = self._placed(place, node, due, of_start, of_finish)
        if of_finish is not None:
            if place in self.read_starts and not node.started:
                begin = np.where(of_finish > finish, of_finish - work, begin)
            finish = np.maximum(finish, of_finish)
        np.minimum(finish, np.int16(FURTHEST), out=self.finish[place])
        if place in self.read_starts:
            self.begin[place] = np.broadcast_to(begin, (self.draws,))

    def _stretched(self, node: Node) -> tuple[Counts | np.int16, Counts | np.int16]:
        """Work and own finish of each draw; as planned where the department's history says too little."""
        table = self.stretch.get(node.department)
        if table is None:
            return np.int16(node.work), np.int16(node.due)
        bins = self.noise.take(self.random.integers(0, NOISES, self.draws, dtype=np.uint16), mode="clip")
        bins += self.shared[node.department]
        work: Counts | np.int16 = np.int16(node.work)
        due: Counts | np.int16 = np.int16(node.due)
        if node.work > 0:
            work = _whole(node.work * table).take(bins, mode="clip")
        if node.due > 0:
            due = _whole(node.due * table).take(bins, mode="clip")
        return work, due

    def _started(
        self, place: int, node: Node, work: Counts | np.int16, due: Counts | np.int16, of_start: Counts | None
    ) -> tuple[Counts, Counts | np.int16]:
        resumes = np.int16(max(0, node.begins))
        if node.work > 0:
            own = np.maximum(resumes + work, due)
            linked = None if of_start is None else of_start + work
        else:
            own = np.maximum(np.int16(_tonight(self.laid.today.toordinal(), node, int(resumes))), due)
            linked = of_start
        finish = np.broadcast_to(own, (self.draws,))
        if linked is not None and of_start is not None:
            self.bound[place] = np.where(linked >= finish, of_start, NEVER)
            finish = np.maximum(finish, linked)
        return finish, np.int16(node.begins)

    def _shifted(
        self, place: int, node: Node, work: Counts | np.int16, due: Counts | np.int16, of_start: Counts | None
    ) -> tuple[Counts, Counts]:
        own = np.int16(max(0, node.begins))
        begins = np.broadcast_to(own, (self.draws,)) if of_start is None else np.maximum(of_start, own)
        ends = begins + work
        finish = np.maximum(ends, due)
        if of_start is not None:
            self.bound[place] = np.where((of_start >= own) & (ends >= due), of_start, NEVER)
        return finish, begins

    def _placed(
        self,
        place: int,
        node: Node,
        due: Counts | np.int16,
        of_start: Counts | None,
        of_finish: Counts | None,
    ) -> tuple[Counts, Counts]:
        """Without work: open from its start to a later due date, or a point on an evening."""
        tonight = np.int16(_tonight(self.laid.today.toordinal(), node))
        point = np.broadcast_to(np.maximum(due, tonight), (self.draws,))
        if of_start is not None:
            self.bound[place] = np.where(of_start >= point, of_start, NEVER)
            point = np.maximum(point, of_start)
        if of_finish is not None:
            point = np.maximum(point, of_finish)
        if node.begins == NONE or node.due == NONE:
            return point, point
        begins = np.int16(max(0, node.begins))
        start = np.broadcast_to(begins, (self.draws,)) if of_start is None else np.maximum(of_start, begins)
        is_open = due > start
        return np.where(is_open, np.maximum(due, tonight), np.maximum(point, begins)), np.where(
            is_open, start, point
        )

    # --- what comes of it ----------------------------------------------------------------------------------

    def quantiles(self) -> NDArray[np.int32]:
        places = [min(int(np.ceil(level * self.draws)) - 1, self.draws - 1) for level in LEVELS]
        found = np.full((len(self.nodes), len(LEVELS)), NONE, dtype=np.int32)
        for place, has_date in enumerate(self.has_date):
            if has_date:
                found[place] = np.partition(self.finish[place], places)[places]
        return found

    def criticality(self) -> NDArray[np.float64]:
        """Go back from the end of each initiative along whatever decided a date in that draw."""
        critical = np.zeros((len(self.nodes), self.draws), dtype=bool)
        closings: dict[int, NDArray[np.int32]] = {}
        for group in _groups(self.laid, self.has_date):
            days = [_last_days(self.nodes[place], self.finish[place], closings) for place in group]
            last = days[0].copy()
            for one in days[1:]:
                np.maximum(last, one, out=last)
            for place, one in zip(group, days, strict=True):
                critical[place] = one == last
        for place in range(len(self.nodes) - 1, -1, -1):
            if self.has_date[place]:
                self._drive(place, critical)
        return np.asarray(critical.mean(axis=1), dtype=np.float64)

    def _drive(self, place: int, critical: Flags) -> None:
        node, mine = self.nodes[place], critical[place]
        for source, type_, lag, lookup in node.into:
            if self.has_date[source] and self.nodes[source].kind != "fixed":
                decided = self.finish[place] if type_ in (FF, SF) else self.bound[place]
                critical[source] |= mine & (self._value(source, type_, lag, lookup) == decided)
        for child in node.children:
            if self.has_date[child] and self.nodes[child].kind != "fixed":
                critical[child] |= mine & (self._of_child(child, node) == self.finish[place])


def _tonight(today: int, node: Node, after: int = 0) -> int:
    """The count of this evening, or of the evening of a later day: 1 on a working day, else 0."""
    if after > 0:
        return after + 1
    return node.calendar.count(today + 1) - node.base


def _whole(days: NDArray[np.float64]) -> Counts:
    return np.clip(np.ceil(days - 1e-6), 1, FURTHEST).astype(np.int16)


def _normals(number: int) -> NDArray[np.float64]:
    """The quantiles of a normal distribution in the middle of as many equal parts."""
    grid = np.linspace(-5, 5, 20_001)
    passed = np.array([0.5 * (1 + erf(step / sqrt(2))) for step in grid])
    return np.interp((np.arange(number) + 0.5) / number, passed, grid)


def _last_days(node: Node, finish: Counts, closings: dict[int, NDArray[np.int32]]) -> NDArray[np.int32]:
    """Counts as days, so that nodes of several calendars can be compared."""
    known = closings.get(id(node.calendar))
    if known is None or finish.max() >= len(known):
        days = [node.calendar.closing(node.base + count) for count in range(int(finish.max()) + 261)]
        known = closings[id(node.calendar)] = np.array(days, dtype=np.int32)
    # What lies before today decides no end.
    return known[np.maximum(finish, 0)]


def _groups(laid: Laid, has_date: Iterable[bool]) -> list[list[int]]:
    """The open nodes of each initiative; of those without one, each set that is linked."""
    above = list(range(len(laid.nodes)))

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = above[above[place]]
            place = above[place]
        return place

    for place, node in enumerate(laid.nodes):
        for other in (*(source for source, *_ in node.into), *node.children):
            above[top(other)] = top(place)
    groups: dict[str | int, list[int]] = {}
    for place, (node, dated) in enumerate(zip(laid.nodes, has_date, strict=True)):
        if dated and node.kind in ("leaf", "parent"):
            groups.setdefault(node.initiative or top(place), []).append(place)
    return list(groups.values())
