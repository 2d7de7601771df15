"""In which order dates can be computed, and which links must be left out so that there is one.

Strongly connected components after R. E. Tarjan, Depth-first search and linear graph algorithms, SIAM J.
Comput. 1 (1972), without recursion; the order after A. B. Kahn, Topological sorting of large networks, CACM 5
(1962).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from unify.schedule.network import BEGIN, CIRCULAR, END, SF, Network


@dataclass(frozen=True)
class Order:
    """`sequence`: all nodes, predecessors first. `kept`: per edge, whether dates pass along it.

    `cycles`: the activities of each cycle in its order, the smallest first. `uncertain`: per activity,
    whether it is in a cycle or anywhere after one.
    """

    sequence: list[int]
    kept: list[bool]
    cycles: list[list[int]]
    uncertain: list[bool]


def order(net: Network) -> Order:
    """The order of the nodes, cycles resolved by leaving out the links inside them."""
    kept = [True] * len(net.source)
    out = _edges_out(net)
    component = [-1] * len(net.kind)
    sequence = _topological(net, kept, out)
    if len(sequence) < len(net.kind):
        component = _components(net, kept, out)
        if _leave_out_late_beginners(net, kept, component):
            component = _components(net, kept, out)
        for edge, type_ in enumerate(net.type):
            inside = component[net.source[edge]] == component[net.target[edge]] >= 0
            if inside and kept[edge] and (type_ <= SF or type_ == CIRCULAR):
                kept[edge] = False
        sequence = _topological(net, kept, out)
    return Order(sequence, kept, _cycles(net, component, out), _uncertain(net, component, out))


def _edges_out(net: Network) -> list[list[int]]:
    out: list[list[int]] = [[] for _ in net.kind]
    for edge, node in enumerate(net.source):
        out[node].append(edge)
    return out


def _topological(net: Network, kept: Sequence[bool], out: Sequence[Sequence[int]]) -> list[int]:
    """Nodes after all their predecessors; those in or after a cycle are missing."""
    waits_for = [0] * len(net.kind)
    for edge, node in enumerate(net.target):
        waits_for[node] += kept[edge]
    sequence = [node for node, number in enumerate(waits_for) if number == 0]
    for node in sequence:
        for edge in out[node]:
            if kept[edge]:
                after = net.target[edge]
                waits_for[after] -= 1
                if waits_for[after] == 0:
                    sequence.append(after)
    return sequence


def _components(net: Network, kept: Sequence[bool], out: Sequence[Sequence[int]]) -> list[int]:
    """Per node, the number of its component if that has more nodes than one, else -1."""
    component = [-1] * len(net.kind)
    seen = [-1] * len(net.kind)
    lowest = [0] * len(net.kind)
    waiting: list[int] = []
    is_waiting = [False] * len(net.kind)
    found = clock = 0
    for begin in range(len(net.kind)):
        if seen[begin] >= 0:
            continue
        path = [(begin, 0)]
        while path:
            node, position = path.pop()
            if position == 0:
                seen[node] = lowest[node] = clock
                clock += 1
                waiting.append(node)
                is_waiting[node] = True
            for next_position in range(position, len(out[node])):
                edge = out[node][next_position]
                after = net.target[edge]
                if not kept[edge]:
                    continue
                if seen[after] < 0:
                    path += [(node, next_position + 1), (after, 0)]
                    break
                if is_waiting[after]:
                    lowest[node] = min(lowest[node], seen[after])
            else:
                if path:
                    lowest[path[-1][0]] = min(lowest[path[-1][0]], lowest[node])
                if lowest[node] == seen[node]:
                    found += _close_component(node, found, waiting, is_waiting, component)
    return component


def _close_component(
    root: int, number: int, waiting: list[int], is_waiting: list[bool], component: list[int]
) -> int:
    """Take the component of `root` off the stack; 1 where it has several nodes and so takes the number."""
    is_one = waiting[-1] == root
    while True:
        member = waiting.pop()
        is_waiting[member] = False
        if not is_one:
            component[member] = number
        if member == root:
            return int(not is_one)


def _leave_out_late_beginners(net: Network, kept: list[bool], component: Sequence[int]) -> bool:
    """Of a parent's children that start only after the parent has: they cannot be its first.

    A waits for the start of parent P, and a later child of P waits for A: no circle, as P starts with another
    child. Where no other child is, the circle is real.
    """
    begins: dict[int, list[int]] = {}
    for edge, type_ in enumerate(net.type):
        if type_ == BEGIN:
            begins.setdefault(net.target[edge], []).append(edge)
    changed = False
    for node, edges in begins.items():
        inside = [edge for edge in edges if component[node] == component[net.source[edge]] >= 0]
        if inside and len(inside) < len(edges):
            changed = True
            for edge in inside:
                kept[edge] = False
    return changed


def _cycles(net: Network, component: Sequence[int], out: Sequence[Sequence[int]]) -> list[list[int]]:
    """Components as activities; those that share one (a parent's start and end) are one cycle."""
    together: dict[int, set[int]] = {item: {item} for item in net.waits_for_itself}
    members: dict[int, set[int]] = {}
    for node, number in enumerate(component):
        if number >= 0:
            members.setdefault(number, set()).add(net.item[node])
    for group in members.values():
        merged = group.union(*(together[item] for item in group if item in together))
        for item in merged:
            together[item] = merged
    after: dict[int, set[int]] = {}
    for node, number in enumerate(component):
        if number >= 0:
            inside = (net.target[edge] for edge in out[node] if component[net.target[edge]] == number)
            after.setdefault(net.item[node], set()).update(net.item[other] for other in inside)
    starts = sorted({min(group) for group in together.values()})
    return [_walk(start, after) for start in starts]


def _walk(start: int, after: dict[int, set[int]]) -> list[int]:
    """Along the cycle from its smallest member; at a fork the smaller next one first."""
    met: dict[int, None] = {}
    ahead = [start]
    while ahead:
        item = ahead.pop()
        if item not in met:
            met[item] = None
            ahead.extend(sorted(after.get(item, ()), reverse=True))
    return list(met)


def _uncertain(net: Network, component: Sequence[int], out: Sequence[Sequence[int]]) -> list[bool]:
    uncertain = [number >= 0 for number in component]
    for item in net.waits_for_itself:
        for node in _nodes_of(net, item):
            uncertain[node] = True
    ahead = [node for node, is_so in enumerate(uncertain) if is_so]
    while ahead:
        for edge in out[ahead.pop()]:
            if not uncertain[net.target[edge]]:
                uncertain[net.target[edge]] = True
                ahead.append(net.target[edge])
    items = [False] * len(net.ids)
    for node, is_so in enumerate(uncertain):
        items[net.item[node]] |= is_so
    return items


def _nodes_of(net: Network, item: int) -> Iterable[int]:
    yield item
    if net.kind[item] == END:
        yield net.gate[item]
