"""The late pass: how late each activity may finish before somebody's deadline breaks, and whose.

Nodes are taken in reverse topological order. What an edge asks in the early pass is inverted exactly
(`Calendar.latest_before`), so that float is the largest delay that harms nobody. A deadline is an evening
that a finish must not pass; late dates that nothing binds are NEVER.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unify.schedule.forward import Early
from unify.schedule.network import BEGIN, CLOSE, END, FF, FIRST, GATE, HOLD, SF, SS, Network
from unify.schedule.order import Order
from unify.schedule.own import DONE, NEVER, STARTED, UNKNOWN, Own


@dataclass
class Late:
    """Per activity: the boundary by which it must finish (NEVER for none), and the activity whose deadline
    says so (-1 for none). Done and dropped activities have neither."""

    finish: list[int]
    binding: list[int]


def backward(
    net: Network, order: Order, own: Own, early: Early, anchor: Literal["need_by", "project", "terminal"]
) -> Late:
    """The late dates of all activities."""
    return _Backward(net, order, own, early).run(anchor)


class _Backward:
    def __init__(self, net: Network, order: Order, own: Own, early: Early) -> None:
        self.net, self.order, self.own, self.early = net, order, own, early
        nodes = len(net.kind)
        self.into = net.edges_into()
        # Each a pair: the boundary, and the activity that binds. Of equal boundaries the smaller id binds.
        self.finish = [(NEVER, -1)] * nodes
        self.start = [(NEVER, -1)] * nodes

    def run(self, anchor: str) -> Late:
        self._seed_deadlines()
        if anchor != "need_by":
            self._seed_project_finish(only_terminal=anchor == "terminal")
        state, item = self.own.state, self.net.item
        for node in reversed(self.order.sequence):
            # Late predecessors do not move what is done, and nobody needs what is dropped.
            if state[item[node]] < DONE or self.net.kind[node] == GATE:
                self._pass_on(node)
        late = Late([NEVER] * len(self.net.ids), [-1] * len(self.net.ids))
        for node in range(len(self.net.ids)):
            if state[node] < DONE:
                late.finish[node], late.binding[node] = self._as_a_whole(node)
        return late

    def _seed_deadlines(self) -> None:
        for node, one in enumerate(self.net.activities):
            counts = one.due_is_deadline or self.net.kind[node] == END
            for day in (one.deadline, one.baseline, one.due if counts else None):
                if day is not None:
                    self._limit(self.finish, node, (self._by_evening(node, day.toordinal() + 1), node))

    def _by_evening(self, node: int, boundary: int) -> int:
        """The latest boundary with no working day more: a Friday's deadline holds until Monday morning."""
        calendar = self.net.calendar[node]
        return calendar.opening(calendar.count(boundary))

    def _seed_project_finish(self, only_terminal: bool) -> None:
        finishes = self.early.finish[: len(self.net.ids)]
        last = max(finishes, default=UNKNOWN)
        has_successor = set(self.net.source)
        for node, finish in enumerate(finishes):
            if finish != UNKNOWN and not (only_terminal and node in has_successor):
                self._limit(self.finish, node, (self._by_evening(node, last), finishes.index(last)))

    def _limit(self, late: list[tuple[int, int]], node: int, limit: tuple[int, int]) -> None:
        late[node] = min(late[node], limit)

    def _pass_on(self, node: int) -> None:
        """What this node's late dates ask of each that it waits for."""
        net, calendar = self.net, self.net.calendar[node]
        of_start, of_finish = self._ceilings(node)
        spent = self.own.state[net.item[node]] == STARTED
        out_of_use = self.own.state[net.item[node]] >= DONE
        for edge in self.into[node]:
            type_, source, lag = net.type[edge], net.source[edge], net.lag[edge]
            if not self.order.kept[edge] or (out_of_use and net.kind[source] != GATE):
                continue
            if type_ == CLOSE:
                self._limit(self.finish, source, of_finish)
                continue
            if type_ == HOLD and self.early.finish[node] == UNKNOWN < self.early.finish[source]:
                continue  # a child that its parent's gate gives no date cannot be made late by it
            if type_ == BEGIN:
                if self._begins_it(source, node):
                    self._limit(self.start, source, self.start[node])
                continue
            late = self.start if type_ in (SS, SF) else self.finish
            boundary, binding = of_finish if type_ in (FF, SF) else of_start
            if boundary != NEVER and not (type_ == SS and spent):
                self._limit(late, source, (calendar.latest_before(boundary, lag), binding))
            if (needed := net.need_by[edge]) is not None:
                by_need = (self._in_time(edge, needed), net.item[node])
                self._limit(late, source, by_need)

    def _begins_it(self, child: int, first: int) -> bool:
        """Whether a parent's start is late when this child's is. Its own dates, where they stand in, may hold
        it in time. Another child might as well, and is not asked: float errs on the safe side there."""
        early = self.early
        held = early.own_start[self.net.item[first]] <= self.start[first][0]
        return early.start[child] == early.start[first] and not held

    def _in_time(self, edge: int, needed: int) -> int:
        """The latest boundary of the predecessor that meets a stated need-by: its own day counts."""
        net, calendar = self.net, self.net.calendar[self.net.target[edge]]
        source, lag = net.source[edge], net.lag[edge]
        if net.type[edge] in (SS, SF) and self.early.start[source] == self.early.first_day[source]:
            return calendar.opening(calendar.count(needed) - 1 - lag)
        return calendar.latest_before(self._by_evening(self.net.target[edge], needed), lag)

    def _ceilings(self, node: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """The latest bounds that links may put on this node's start, and on its finish."""
        net, own = self.net, self.own
        kind, item = net.kind[node], net.item[node]
        start, finish = self.start[node], self.finish[node]
        if kind == GATE:
            return finish, finish
        if kind == FIRST:
            return start if self.early.stands_in[item] else (NEVER, -1), (NEVER, -1)
        if kind == END:
            # Its start is its children's; only where its own dates stand in does the gate move its finish.
            of_start = self._before_work(node, finish) if self.early.stands_in[item] else (NEVER, -1)
            return of_start, finish
        of_start = self._before_work(node, finish)
        if own.state[item] == STARTED or start[0] == NEVER:
            return of_start, finish
        return min(of_start, self._opening_by(node, start)), min(finish, self._after_work(node, start))

    def _before_work(self, node: int, finish: tuple[int, int]) -> tuple[int, int]:
        """The latest start from which the work is done by then."""
        calendar, work = self.net.calendar[node], self.own.work[self.net.item[node]]
        if finish[0] == NEVER or work == 0:
            return finish
        return calendar.opening(calendar.count(finish[0]) - work), finish[1]

    def _opening_by(self, node: int, start: tuple[int, int]) -> tuple[int, int]:
        """The latest working morning not after the boundary; for a point the boundary."""
        calendar = self.net.calendar[node]
        if self._is_point(node):
            return start
        return calendar.opening(calendar.count(start[0] + 1) - 1), start[1]

    def _after_work(self, node: int, start: tuple[int, int]) -> tuple[int, int]:
        """The latest bound on the finish that does not move the start past the boundary: work before it is
        shifted, but a bound up to the own due date moves nothing."""
        calendar, item = self.net.calendar[node], self.net.item[node]
        work, due = self.own.work[item], self.own.finish[item]
        if self._is_point(node):
            return start
        return max(calendar.opening(calendar.count(start[0] + 1) - 1 + work), due), start[1]

    def _is_point(self, node: int) -> bool:
        no_work = self.own.work[self.net.item[node]] == 0
        return no_work and self.early.start[node] == self.early.finish[node]

    def _as_a_whole(self, node: int) -> tuple[int, int]:
        """The late finish as people read it: where the start must not be late, it all moves together."""
        calendar, early = self.net.calendar[node], self.early
        finish = self.finish[node]
        begins = self.net.first[node] if self.net.first[node] >= 0 else node
        start = self.start[begins]
        if start[0] == NEVER or self.own.state[node] == STARTED:
            return finish
        if self._is_point(node):
            return min(finish, start)
        span = self.own.work[node]
        if early.finish[node] != UNKNOWN:
            span = calendar.count(early.finish[node]) - calendar.count(early.start[node])
        days = calendar.count(start[0] + 1) - 1 + span
        return min(finish, (calendar.closing(days), start[1]))
