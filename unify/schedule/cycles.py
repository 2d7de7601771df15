"""The circles as people read them: which items are in each, in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from unify.schedule.engine import Rows
from unify.schedule.records import Edge, Node


def find_cycles(
    nodes: Rows[Node],
    out: Rows[Edge],
    out_at: Sequence[int],
    component: Sequence[int],
    itself: Sequence[int],
) -> list[list[int]]:
    """Components as items; those that share one (a parent's start and end) are one cycle.

    `component`: per node, the number of its component, negative for none. `itself`: per item, whether it
    waits for itself.
    """
    together: dict[int, set[int]] = {item: {item} for item, waits in enumerate(itself) if waits}
    inside = [node for node, number in enumerate(component) if number >= 0]
    members: dict[int, set[int]] = {}
    for node in inside:
        members.setdefault(int(component[node]), set()).add(int(nodes[node].item))
    for group in members.values():
        merged = group.union(*(together[item] for item in group if item in together))
        for item in merged:
            together[item] = merged
    after = _after(nodes, out, out_at, inside, component)
    starts = sorted({min(group) for group in together.values()})
    return [_walk(start, after) for start in starts]


def _after(
    nodes: Rows[Node],
    out: Rows[Edge],
    out_at: Sequence[int],
    inside: Sequence[int],
    component: Sequence[int],
) -> dict[int, set[int]]:
    """Per item, those that follow it in its component."""
    after: dict[int, set[int]] = {}
    for node in inside:
        following = after.setdefault(int(nodes[node].item), set())
        for position in range(out_at[node], out_at[node + 1]):
            other = out[position].other
            if component[other] == component[node]:
                following.add(int(nodes[other].item))
    return after


def _walk(start: int, after: Mapping[int, set[int]]) -> list[int]:
    """Along the cycle from its smallest member; at a fork the smaller next one first."""
    met: dict[int, None] = {}
    ahead = [start]
    while ahead:
        item = ahead.pop()
        if item not in met:
            met[item] = None
            ahead.extend(sorted(after.get(item, ()), reverse=True))
    return list(met)
