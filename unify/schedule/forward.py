"""The early pass: when each activity will start and finish, and which link sets that.

Nodes are taken in topological order; each reads only what comes before it. The four lists of dates are
boundaries and days: `start` and `finish` are what links read, `first_day` and `last_day` what people see. A
start that is its first day is a morning; that of a point, and of a parent that begins with one, an evening.
"""

from __future__ import annotations

from dataclasses import dataclass

from unify.schedule.network import BEGIN, CLOSE, END, FF, FIRST, GATE, HOLD, SF, SS, Network
from unify.schedule.order import Order
from unify.schedule.own import DONE, DROPPED, NEVER, NOT_STARTED, STARTED, UNKNOWN, Own
from unify.schedule.settle import NO_BOUND, Bound, Open, later, settle


@dataclass
class Early:
    """Per node. `start_edge` and `finish_edge`: the edge that sets the date, or -1 for a bound of its own.

    Per activity: `stands_in`, whether a parent is dated by its own dates too, because a child of it has none;
    `own_start`, the start that these give the parent, NEVER where they do not count.
    """

    start: list[int]
    finish: list[int]
    first_day: list[int]
    last_day: list[int]
    start_edge: list[int]
    finish_edge: list[int]
    stands_in: list[bool]
    own_start: list[int]


def forward(net: Network, order: Order, own: Own, today: int, clamp: int) -> Early:
    """The early dates of all nodes.

    `today`: the boundary before which no open work lies, UNKNOWN for none. `clamp`: the boundary before which
    no start lies that follows from a finish, UNKNOWN for none.
    """
    return _Forward(net, order, own, today, clamp).run()


class _Forward:
    def __init__(self, net: Network, order: Order, own: Own, today: int, clamp: int) -> None:
        nodes = len(net.kind)
        self.net, self.own, self.order = net, own, order
        self.today, self.clamp = today, clamp
        self.tonight = today if today == UNKNOWN else today + 1
        self.into = net.edges_into()
        # Whose date a gate passes on: a child is driven by what its parent waits for, not by its parent.
        self.who = list(net.item)
        self.early = Early(
            start=[UNKNOWN] * nodes,
            finish=[UNKNOWN] * nodes,
            first_day=[UNKNOWN] * nodes,
            last_day=[UNKNOWN] * nodes,
            start_edge=[-1] * nodes,
            finish_edge=[-1] * nodes,
            stands_in=[False] * len(net.ids),
            own_start=[NEVER] * len(net.ids),
        )

    def run(self) -> Early:
        kind, state, item = self.net.kind, self.own.state, self.net.item
        for node in self.order.sequence:
            if kind[node] == GATE:
                self._gate(node)
            elif state[item[node]] == DONE:
                self._done(node)
            elif state[item[node]] == DROPPED:
                continue
            elif kind[node] == END:
                self._end(node)
            elif kind[node] == FIRST:
                self._first(node)
            elif not self._only_held(node):
                self._settle(node, *self._bounds(node))
                self._show(node)
        return self.early

    def _only_held(self, node: int) -> bool:
        """Whether there is neither date nor work, and no link but its parent's: that holds back what has a
        date, and gives none. Such a child would else end its parent where it may only begin."""
        own, item = self.own, self.net.item[node]
        says_nothing = own.work[item] == 0 and max(own.start[item], own.finish[item]) == UNKNOWN
        if own.state[item] != NOT_STARTED or not says_nothing:
            return False
        kept = (edge for edge in self.into[node] if self.order.kept[edge])
        reads = ((self.net.type[edge], self.net.source[edge]) for edge in kept)
        return not any(
            (self.early.start if type_ in (SS, SF) else self.early.finish)[source] != UNKNOWN
            for type_, source in reads
            if type_ != HOLD
        )

    def _bounds(self, node: int) -> tuple[Bound, Bound]:
        """What links demand of the start, and of the finish."""
        net, early, calendar = self.net, self.early, self.net.calendar[node]
        started = self.own.state[net.item[node]] != NOT_STARTED
        of_start, of_finish = NO_BOUND, NO_BOUND
        for edge in self.into[node]:
            type_, source = net.type[edge], net.source[edge]
            if type_ in (CLOSE, BEGIN) or not self.order.kept[edge] or (type_ == SS and started):
                continue
            reads = early.start if type_ in (SS, SF) else early.finish
            if reads[source] == UNKNOWN:
                continue
            boundary = calendar.later(reads[source], net.lag[edge])
            bound = Bound(boundary, calendar.count(boundary), edge, self.who[source])
            if type_ in (FF, SF):
                of_finish = later(of_finish, bound)
            else:
                of_start = later(of_start, bound)
        return of_start, of_finish

    def _gate(self, node: int) -> None:
        of_start, _ = self._bounds(node)
        if self.own.state[self.net.item[node]] in (DONE, DROPPED):
            # Its own links say nothing any more, but what holds back a parent above still does.
            of_start = self._held_from_above(node)
        self.early.start[node] = self.early.finish[node] = of_start.boundary
        self.early.start_edge[node] = self.early.finish_edge[node] = of_start.edge
        if of_start.edge >= 0:
            self.who[node] = of_start.who

    def _held_from_above(self, node: int) -> Bound:
        for edge in self.into[node]:
            source = self.net.source[edge]
            if self.net.kind[source] == GATE and self.early.finish[source] != UNKNOWN:
                boundary = self.early.finish[source]
                return Bound(boundary, self.net.calendar[node].count(boundary), edge, self.who[source])
        return NO_BOUND

    def _done(self, node: int) -> None:
        item, early = self.net.item[node], self.early
        early.start[node] = early.first_day[node] = self.own.fixed_start[item]
        if self.own.fixed_finish[item] != UNKNOWN:
            early.finish[node] = self.own.fixed_finish[item]
            early.last_day[node] = early.finish[node] - 1

    def _settle(self, node: int, of_start: Bound, of_finish: Bound) -> None:
        item, own, early = self.net.item[node], self.own, self.early
        one = Open(
            self.net.calendar[node],
            own.state[item],
            own.work[item],
            own.start[item],
            own.finish[item],
            own.fixed_start[item],
        )
        dates = settle(one, of_start, of_finish, self.today, self.clamp)
        early.start[node], early.finish[node], early.start_edge[node], early.finish_edge[node] = dates

    def _show(self, node: int) -> None:
        """The days that people see: a start is the day that begins there, an end the working day before."""
        early, calendar = self.early, self.net.calendar[node]
        start, finish = early.start[node], early.finish[node]
        if finish != UNKNOWN:
            early.last_day[node] = calendar.last_day(finish)
            early.first_day[node] = early.last_day[node] if start == finish else start
            early.last_day[node] = max(early.last_day[node], early.first_day[node])

    def _end(self, node: int) -> None:
        """A parent finishes with the last of its children, and not before today while it is open.

        Where an open child has no date, or no child has, the parent's own dates stand in for what is missing.
        """
        early, item = self.early, self.net.item[node]
        dated, stands_in = self._children(node, CLOSE, early.finish)
        of_start, of_finish = self._bounds(node)
        early.stands_in[item] = stands_in
        if stands_in:
            self._settle(node, of_start, of_finish)
            self._show(node)
        else:
            self._finish_with(node, of_finish)
        if dated:
            self._finish_with_children(node, dated)
            self._not_before_today(node)
            self._start_with(node, dated)

    def _first(self, node: int) -> None:
        """Where the first child starts, for those who wait for the parent's start."""
        dated, stands_in = self._children(node, BEGIN, self.early.start)
        if stands_in:
            self._settle(node, *self._bounds(node))
            self._show(node)
            if self.early.start[node] != UNKNOWN:
                self.early.own_start[self.net.item[node]] = self.early.start[node]
        self._start_with(node, dated)

    def _children(self, node: int, type_: int, dates: list[int]) -> tuple[list[int], bool]:
        """The edges of the children that have a date, and whether the parent's own stand in for others'."""
        net, own, item = self.net, self.own, self.net.item[node]
        edges = [e for e in self.into[node] if net.type[e] == type_ and self.order.kept[e]]
        dated = [e for e in edges if dates[net.source[e]] != UNKNOWN]
        some_open_is_undated = any(
            dates[net.source[e]] == UNKNOWN and own.state[net.item[net.source[e]]] < DONE for e in edges
        )
        has_dates = max(own.start[item], own.finish[item]) != UNKNOWN
        return dated, not dated or (some_open_is_undated and has_dates)

    def _not_before_today(self, node: int) -> None:
        early = self.early
        if early.finish[node] < self.tonight:
            early.finish[node], early.finish_edge[node] = self.tonight, -1
            today = self.net.calendar[node].last_day(self.tonight)
            early.last_day[node] = max(early.last_day[node], today)

    def _finish_with(self, node: int, of_finish: Bound) -> None:
        if of_finish.edge >= 0:
            self.early.finish[node], self.early.finish_edge[node] = of_finish.boundary, of_finish.edge
            self.early.last_day[node] = self.net.calendar[node].last_day(of_finish.boundary)

    def _finish_with_children(self, node: int, edges: list[int]) -> None:
        net, early = self.net, self.early
        for edge in edges:
            child = net.source[edge]
            if early.finish[child] > early.finish[node]:
                early.finish[node], early.finish_edge[node] = early.finish[child], edge
            early.last_day[node] = max(early.last_day[node], early.last_day[child])

    def _start_with(self, node: int, edges: list[int]) -> None:
        net, own, early = self.net, self.own, self.early
        item = net.item[node]
        if net.activities[item].actual_start is not None and own.state[item] == STARTED:
            early.start[node] = early.first_day[node] = own.fixed_start[item]
            return
        for edge in edges:
            child = net.source[edge]
            if early.start[node] == UNKNOWN or early.start[child] < early.start[node]:
                early.start[node], early.start_edge[node] = early.start[child], edge
            shown = [day for day in (early.first_day[node], early.first_day[child]) if day != UNKNOWN]
            early.first_day[node] = min(shown, default=UNKNOWN)
