"""Lays out the network: which nodes there are, and the edges between them sorted by target and by source.

Nothing here knows a date. The steps, in this order: `adopt`, `number_nodes`, `lay_nodes`, `lay_structure`,
`count_edges`, `lay_edges`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from unify.schedule.records import (
    BEGIN,
    CIRCULAR,
    CLOSE,
    END,
    FIRST,
    GATE,
    HOLD,
    LEAF,
    NO_DAY,
    NONE,
    SF,
    SS,
    Edge,
    Item,
    Links,
    Node,
    Plan,
)


class Structure(NamedTuple):
    """The edges that parents bring along, as columns."""

    source: list[int]
    target: list[int]
    type: list[int]


def adopt(items: Sequence[Item], seen: list[int], itself: list[int]) -> bool:
    """Give each item its parent; none to parents that are their own ancestors. Whether there are parents.

    `itself` marks items that are their own parent.
    """
    some = False
    for begin in range(len(items)):
        items[begin].above = items[begin].parent
        some = some or items[begin].parent != NONE
    if not some:
        return False
    for begin in range(len(items)):
        at = begin
        while at != NONE and seen[at] == 0:
            seen[at] = begin + 1
            at = items[at].parent
        # A way that meets itself is a circle; one that meets an earlier way has been looked at.
        while at != NONE and seen[at] == begin + 1 and items[at].above != NONE:
            items[at].above = NONE
            itself[at] += items[at].parent == at
            at = items[at].parent
    return True


def number_nodes(
    items: Sequence[Item], links: Links, open_children: list[int], asked: list[int], plan: Plan
) -> tuple[int, int, int]:
    """Fill `gate`, `first` and `parents` of the plan; how many parents, nodes and edges of parents there are.

    A parent has a first where somebody waits for its start, or for that of a parent above it.
    """
    _ask(links, asked)
    parents = _children_first(items, open_children, plan)
    for place in range(parents - 1, -1, -1):
        parent = plan.parents[place]
        above = items[parent].above
        if above != NONE and asked[above]:
            asked[parent] = 1
    nodes, edges = len(items), 0
    for number in range(len(items)):
        if plan.gate[number] != NONE:
            plan.gate[number] = nodes
            nodes, edges = nodes + 1, edges + 1
            if asked[number]:
                plan.first[number] = nodes
                nodes, edges = nodes + 1, edges + 1
        above = items[number].above
        if above != NONE:
            edges += 3 if asked[above] else 2
        elif items[number].parent != NONE and items[number].parent != number:
            edges += 1
    return parents, nodes, edges


def _ask(links: Links, asked: list[int]) -> None:
    for link in range(len(links.type)):
        if links.type[link] == SS or links.type[link] == SF:
            asked[links.predecessor[link]] = 1


def _children_first(items: Sequence[Item], open_children: list[int], plan: Plan) -> int:
    """Parents in the order in which they are complete: each after those below it. Marks them in `gate`."""
    for number in range(len(items)):
        above = items[number].above
        if above != NONE:
            open_children[above] += 1
            plan.gate[above] = 0
    parents = 0
    for number in range(len(items)):
        above = items[number].above if plan.gate[number] == NONE else NONE
        while above != NONE:
            open_children[above] -= 1
            if open_children[above] > 0:
                break
            plan.parents[parents] = above
            parents += 1
            above = items[above].above
    return parents


def lay_nodes(items: Sequence[Item], nodes: Sequence[Node], plan: Plan) -> None:
    """What the nodes are."""
    for number in range(len(items)):
        _lay_node(nodes[number], LEAF if plan.gate[number] == NONE else END, number, items[number].calendar)
        if plan.gate[number] != NONE:
            _lay_node(nodes[plan.gate[number]], GATE, number, items[number].calendar)
        if plan.first[number] != NONE:
            _lay_node(nodes[plan.first[number]], FIRST, number, items[number].calendar)


def _lay_node(node: Node, kind: int, item: int, calendar: int) -> None:
    node.kind = kind
    node.item = item
    node.calendar = calendar


def lay_structure(items: Sequence[Item], plan: Plan, edges: Structure) -> None:
    """The edges between parents and children. Children come in order: of two that end together the smaller
    one is named."""
    at = 0
    for number in range(len(items)):
        gate, first = plan.gate[number], plan.first[number]
        if gate != NONE:
            at = _connect(edges, at, gate, number, HOLD)
        if first != NONE:
            at = _connect(edges, at, gate, first, HOLD)
        above = items[number].above
        if above != NONE:
            at = _connect(edges, at, plan.gate[above], number if gate == NONE else gate, HOLD)
            at = _connect(edges, at, number, above, CLOSE)
            if plan.first[above] != NONE:
                at = _connect(edges, at, number if first == NONE else first, plan.first[above], BEGIN)
        elif items[number].parent != NONE and items[number].parent != number:
            at = _connect(edges, at, number, items[number].parent, CIRCULAR)


def _connect(edges: Structure, at: int, source: int, target: int, type_: int) -> int:
    edges.source[at] = source
    edges.target[at] = target
    edges.type[at] = type_
    return at + 1


def count_edges(
    links: Links, edges: Structure, plan: Plan, into_at: list[int], out_at: list[int], itself: list[int]
) -> bool:
    """Leave in `into_at[n + 1]` and `out_at[n + 1]` where the edges of node n begin; `itself` marks items that
    wait for themselves. Whether there are any."""
    for edge in range(len(edges.type)):
        into_at[edges.target[edge] + 2] += 1
        out_at[edges.source[edge] + 2] += 1
    predecessor, successor, types, gate, first = (
        links.predecessor, links.successor, links.type, plan.gate, plan.first,
    )  # fmt: skip
    for link in range(len(types)):
        source, target, type_ = predecessor[link], successor[link], types[link]
        if source == target:
            itself[source] = 1
            continue
        if type_ <= SS and gate[target] != NONE:
            target = gate[target]
        if first[source] != NONE and (type_ in (SS, SF)):
            source = first[source]
        into_at[target + 2] += 1
        out_at[source + 2] += 1
    for node in range(2, len(into_at)):
        into_at[node] += into_at[node - 1]
        out_at[node] += out_at[node - 1]
    some = False
    for number in range(len(itself)):
        some = some or itself[number] != 0
    return some


def lay_edges(links: Links, edges: Structure, plan: Plan) -> None:
    """Sort the edges in: a link to a parent's start ends at its gate, one from it begins at its first. Of
    `into_at` and `out_at` each entry moves to where its node's edges end, which is where the next one's begin."""
    for edge in range(len(edges.type)):
        source, target, type_ = edges.source[edge], edges.target[edge], edges.type[edge]
        _put(plan.into, plan.into_at, target + 1, source, 0, NO_DAY, type_)
        _put(plan.out, plan.out_at, source + 1, target, 0, NO_DAY, type_)
    into, into_at, out, out_at = plan.into, plan.into_at, plan.out, plan.out_at
    predecessor, successor, types, gate, first = (
        links.predecessor, links.successor, links.type, plan.gate, plan.first,
    )  # fmt: skip
    for link in range(len(types)):
        source, target, type_ = predecessor[link], successor[link], types[link]
        if source == target:
            continue
        if type_ <= SS and gate[target] != NONE:
            target = gate[target]
        if first[source] != NONE and (type_ in (SS, SF)):
            source = first[source]
        lag, need_by = links.lag[link], links.need_by[link]
        _put(into, into_at, target + 1, source, lag, need_by, type_)
        _put(out, out_at, source + 1, target, lag, need_by, type_)
    for number in range(len(plan.items)):
        plan.items[number].waits = _waits(plan, number)
        plan.nodes[number].leads = out_at[number + 1] > out_at[number]


def _waits(plan: Plan, node: int) -> bool:
    position = plan.into_at[node]
    while position < plan.into_at[node + 1] and plan.into[position].type == HOLD:
        position += 1
    return position < plan.into_at[node + 1]


def _put(
    edges: Sequence[Edge], at: list[int], slot: int, other: int, lag: int, need_by: int, type_: int
) -> None:
    place = at[slot]
    edge = edges[place]
    edge.other = other
    edge.lag = lag
    edge.need_by = need_by
    edge.type = type_
    at[slot] = place + 1
