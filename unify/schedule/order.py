"""In which order dates can be computed, and which links must be left out so that there is one.

Strongly connected components after R. E. Tarjan, Depth-first search and linear graph algorithms, SIAM J.
Comput. 1 (1972), without recursion; the order after A. B. Kahn, Topological sorting of large networks, CACM 5
(1962).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from unify.schedule.records import BEGIN, CIRCULAR, FIRST, FS, LEFT_OUT, NONE, SF, Edge, Plan


def topological(plan: Plan, waits_for: list[int]) -> int:
    """Fill the plan's `sequence` with nodes after all their predecessors; how many. Those in or after a circle
    are missing. `waits_for`: zeros, one per node."""
    found = 0
    for node in range(len(waits_for)):
        for position in range(plan.into_at[node], plan.into_at[node + 1]):
            waits_for[node] += plan.into[position].type < LEFT_OUT
        if waits_for[node] == 0:
            plan.sequence[found] = node
            found += 1
    done = 0
    while done < found:
        node = plan.sequence[done]
        done += 1
        for position in range(plan.out_at[node], plan.out_at[node + 1]):
            if plan.out[position].type >= LEFT_OUT:
                continue
            after = plan.out[position].other
            waits_for[after] -= 1
            if waits_for[after] == 0:
                plan.sequence[found] = after
                found += 1
    return found


class Work(NamedTuple):
    """What the search for components writes on: zeros, one per node."""

    seen: list[int]
    lowest: list[int]
    next_edge: list[int]
    path: list[int]
    waiting: list[int]


def components(plan: Plan, component: list[int], work: Work) -> None:
    """Leave in `component`, per node, the number of its component if that has more nodes than one, else NONE.

    `component`: NONE, one per node.
    """
    found = clock = waits = 0
    for begin in range(len(component)):
        if work.seen[begin] > 0:
            continue
        depth = 1
        work.path[0] = begin
        while depth > 0:
            node = work.path[depth - 1]
            if work.seen[node] == 0:
                clock += 1
                work.seen[node] = work.lowest[node] = clock
                work.next_edge[node] = plan.out_at[node]
                work.waiting[waits] = node
                waits += 1
                component[node] = OPEN
            after = _unseen(plan, node, component, work)
            if after != NONE:
                work.path[depth] = after
                depth += 1
                continue
            depth -= 1
            if depth > 0:
                above = work.path[depth - 1]
                work.lowest[above] = min(work.lowest[above], work.lowest[node])
            if work.lowest[node] == work.seen[node]:
                is_one = work.waiting[waits - 1] == node
                waits = _close(node, NONE if is_one else found, work.waiting, waits, component)
                found += not is_one


OPEN: Final = -2  # on the stack of nodes whose component is not known yet


def _unseen(plan: Plan, node: int, component: list[int], work: Work) -> int:
    """The next successor that was not seen yet; NONE after the last one."""
    while work.next_edge[node] < plan.out_at[node + 1]:
        edge = plan.out[work.next_edge[node]]
        work.next_edge[node] += 1
        if edge.type >= LEFT_OUT:
            continue
        if work.seen[edge.other] == 0:
            return int(edge.other)
        if component[edge.other] == OPEN:
            work.lowest[node] = min(work.lowest[node], work.seen[edge.other])
    return NONE


def _close(root: int, number: int, waiting: list[int], waits: int, component: list[int]) -> int:
    """Take the component of `root` off the stack; its height then."""
    while True:
        waits -= 1
        component[waiting[waits]] = number
        if waiting[waits] == root:
            return waits


def leave_out_late_beginners(plan: Plan, component: list[int], begins: list[int], inside: list[int]) -> bool:
    """Of a parent's children those that start only after the parent has: they cannot be its first.

    A waits for the start of parent P, and a later child of P waits for A: no circle, as P starts with another
    child. Where no other child is, the circle is real. `begins` and `inside`: zeros, one per node.
    """
    for node in range(len(component)):
        for position in range(plan.into_at[node], plan.into_at[node + 1]):
            if plan.into[position].type == BEGIN:
                begins[node] += 1
                inside[node] += component[node] == component[plan.into[position].other] >= 0
    changed = False
    for node in range(len(component)):
        for position in range(plan.into_at[node], plan.into_at[node + 1]):
            source = plan.into[position].other
            if _begins_late(plan.into[position], source, node, component, begins, inside):
                plan.into[position].type += LEFT_OUT
                changed = True
        for position in range(plan.out_at[node], plan.out_at[node + 1]):
            target = plan.out[position].other
            if _begins_late(plan.out[position], node, target, component, begins, inside):
                plan.out[position].type += LEFT_OUT
    return changed


def _begins_late(
    edge: Edge, source: int, target: int, component: list[int], begins: list[int], inside: list[int]
) -> bool:
    together = component[source] == component[target] >= 0
    return edge.type == BEGIN and together and 0 < inside[target] < begins[target]


def leave_out_links(plan: Plan, component: list[int]) -> None:
    """Mark the links inside components."""
    for node in range(len(component)):
        for position in range(plan.into_at[node], plan.into_at[node + 1]):
            _leave_out(plan.into[position], node, component)
        for position in range(plan.out_at[node], plan.out_at[node + 1]):
            _leave_out(plan.out[position], node, component)


def _leave_out(edge: Edge, node: int, component: list[int]) -> None:
    is_link = FS <= edge.type <= SF or edge.type == CIRCULAR
    if is_link and component[node] == component[edge.other] >= 0:
        edge.type += LEFT_OUT


def mark_uncertain(plan: Plan, component: list[int], itself: list[int], ahead: list[int]) -> None:
    """Members of circles and all that comes after them. `ahead`: room for all nodes."""
    found = 0
    for node in range(len(component)):
        waits_for_itself = itself[plan.nodes[node].item] and plan.nodes[node].kind != FIRST
        plan.nodes[node].uncertain = component[node] != NONE or waits_for_itself != 0
        if plan.nodes[node].uncertain:
            ahead[found] = node
            found += 1
    while found > 0:
        found -= 1
        node = ahead[found]
        for position in range(plan.out_at[node], plan.out_at[node + 1]):
            after = plan.out[position].other
            if not plan.nodes[after].uncertain:
                plan.nodes[after].uncertain = True
                ahead[found] = after
                found += 1


def drop_left_out(edges: Sequence[Edge], at: list[int], ends: list[int]) -> None:
    """Take the edges marked as left out away. `ends`: zeros, one entry more than nodes."""
    kept = 0
    for node in range(len(ends) - 1):
        ends[node] = kept
        for position in range(at[node], at[node + 1]):
            edge = edges[position]
            if edge.type < LEFT_OUT:
                edges[kept].other = edge.other
                edges[kept].lag = edge.lag
                edges[kept].need_by = edge.need_by
                edges[kept].type = edge.type
                kept += 1
    ends[len(ends) - 1] = kept
    for node in range(len(ends)):
        at[node] = ends[node]
