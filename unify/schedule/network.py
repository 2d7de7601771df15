"""Activities and links as flat lists of integers: nodes, and the edges along which dates pass.

An activity is the node of its own index. A parent is that node as its *end*, and besides it a *gate*, which
holds its children back until what the parent waits for is there, and, where somebody waits for its start, a
*first*, which stands where the first of its children starts. Nothing here knows a date.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from unify.schedule.activity import Activity, Link
from unify.schedule.calendar import Calendar

# Kinds of nodes.
LEAF: Final = 0
END: Final = 1
GATE: Final = 2
FIRST: Final = 3

# Kinds of edges. The first four are links.
FS: Final = 0
SS: Final = 1
FF: Final = 2
SF: Final = 3
HOLD: Final = 4  # a gate to a child, to a child's gate, or to the parent's own end
CLOSE: Final = 5  # a child to its parent's end
BEGIN: Final = 6  # a child to its parent's first
CIRCULAR: Final = 7  # parents that are parents of each other: never carries a date

LINK_TYPES: Final = {"FS": FS, "SS": SS, "FF": FF, "SF": SF}


@dataclass
class Network:
    """The graph. Lists named for nodes are indexed by node, those for edges by edge.

    Activities come first, in the order of their ids: of two indices the smaller has the smaller id.
    """

    ids: list[str]
    activities: list[Activity]
    calendar: list[Calendar]
    """Per node."""
    kind: list[int]
    """Per node."""
    item: list[int]
    """Per node: the activity that it belongs to."""
    parent: list[int]
    """Per activity: its parent, or -1."""
    gate: list[int]
    """Per activity: its gate, or -1."""
    first: list[int]
    """Per activity: its first, or -1."""
    source: list[int] = field(default_factory=list)
    target: list[int] = field(default_factory=list)
    type: list[int] = field(default_factory=list)
    lag: list[int] = field(default_factory=list)
    need_by: list[int | None] = field(default_factory=list)
    """Per edge: the boundary after the day by which it is needed."""
    waits_for_itself: list[int] = field(default_factory=list)
    """Activities that are their own predecessor or parent."""

    def connect(self, source: int, target: int, type_: int, lag: int = 0, need_by: int | None = None) -> None:
        self.source.append(source)
        self.target.append(target)
        self.type.append(type_)
        self.lag.append(lag)
        self.need_by.append(need_by)

    def edges_into(self) -> list[list[int]]:
        """Per node, the edges that end there."""
        into: list[list[int]] = [[] for _ in self.kind]
        for edge, node in enumerate(self.target):
            into[node].append(edge)
        return into


def network(
    activities: Sequence[Activity], links: Sequence[Link], calendars: Mapping[str, Calendar]
) -> Network:
    """The network of these activities and links, the same for every order in which they are given.

    Raises ValueError for an id that occurs twice, and for a link or a parent that names no activity.
    """
    ordered = sorted(activities, key=lambda activity: activity.id)
    ids = [activity.id for activity in ordered]
    index = {id_: number for number, id_ in enumerate(ids)}
    if len(index) < len(ids):
        twice = next(id_ for id_, after in pairwise(ids) if id_ == after)
        raise ValueError(f"activity {twice} is given twice")
    parent = [_index_of(index, one.parent, "parent", one.id) for one in ordered]
    usual = Calendar.of(None)
    calendar = [calendars.get(one.calendar or "", usual) for one in ordered]
    count = len(ids)
    made = Network(
        ids, ordered, calendar, [LEAF] * count, list(range(count)), parent, [-1] * count, [-1] * count
    )
    _leave_out_circular_parents(made)
    _add_parents(made, _started_from(links))
    _add_links(made, sorted(links, key=_in_order), index)
    return made


def _index_of(index: Mapping[str, int], id_: str | None, role: str, of: str) -> int:
    if id_ is None:
        return -1
    if id_ not in index:
        raise ValueError(f"{role} {id_} of {of} is not among the activities")
    return index[id_]


def _started_from(links: Sequence[Link]) -> set[str]:
    return {link.predecessor for link in links if link.type in ("SS", "SF")}


def _in_order(link: Link) -> tuple[str, str, str, int, str]:
    return link.predecessor, link.successor, link.type, link.lag, str(link.need_by)


def _leave_out_circular_parents(net: Network) -> None:
    """Parents that are their own ancestors: no parents for the dates, but a cycle to tell."""
    state = [0] * len(net.ids)  # 0: not seen, 1: on the way up, 2: done
    for begin in range(len(net.ids)):
        way = []
        at = begin
        while at >= 0 and state[at] == 0:
            state[at] = 1
            way.append(at)
            at = net.parent[at]
        circle = way[way.index(at) :] if at >= 0 and state[at] == 1 else []
        for member in circle:
            if len(circle) == 1:
                net.waits_for_itself.append(member)
            else:
                net.connect(member, net.parent[member], CIRCULAR)
        for member in circle:
            net.parent[member] = -1
        for member in way:
            state[member] = 2


def _add_parents(net: Network, started_from: set[str]) -> None:
    children: dict[int, list[int]] = {}
    for child, above in enumerate(net.parent):
        if above >= 0:
            children.setdefault(above, []).append(child)
    for above in sorted(children):
        net.kind[above] = END
        net.gate[above] = _add_node(net, GATE, above)
        if net.ids[above] in started_from or _above_one_of(net, above, started_from, children):
            net.first[above] = _add_node(net, FIRST, above)
    for above in sorted(children):
        net.connect(net.gate[above], above, HOLD)
        if net.first[above] >= 0:
            net.connect(net.gate[above], net.first[above], HOLD)
        for child in children[above]:
            is_parent = net.kind[child] == END
            net.connect(net.gate[above], net.gate[child] if is_parent else child, HOLD)
            net.connect(child, above, CLOSE)
            if net.first[above] >= 0:
                net.connect(net.first[child] if is_parent else child, net.first[above], BEGIN)


def _above_one_of(net: Network, node: int, started_from: set[str], children: dict[int, list[int]]) -> bool:
    """Whether the first of an ancestor needs to know where this one's children start."""
    above = net.parent[node]
    while above >= 0:
        if net.ids[above] in started_from:
            return True
        above = net.parent[above]
    return False


def _add_node(net: Network, kind: int, item: int) -> int:
    net.kind.append(kind)
    net.item.append(item)
    net.calendar.append(net.calendar[item])
    return len(net.kind) - 1


def _add_links(net: Network, links: Sequence[Link], index: Mapping[str, int]) -> None:
    for link in links:
        before = _index_of(index, link.predecessor, "predecessor", link.successor)
        after = _index_of(index, link.successor, "successor", link.predecessor)
        type_ = LINK_TYPES[link.type]
        if before == after:
            net.waits_for_itself.append(before)
            continue
        source, target = before, after
        if net.kind[before] == END and type_ in (SS, SF):
            source = net.first[before]
        if net.kind[after] == END and type_ in (FS, SS):
            target = net.gate[after]
        need_by = None if link.need_by is None else link.need_by.toordinal() + 1
        net.connect(source, target, type_, link.lag, need_by)
