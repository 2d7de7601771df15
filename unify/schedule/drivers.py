"""Who sets a date, and where a slip starts."""

from __future__ import annotations

from dataclasses import dataclass

from unify.schedule.forward import Early
from unify.schedule.network import BEGIN, CLOSE, GATE, SF, SS, Network
from unify.schedule.order import Order
from unify.schedule.own import UNKNOWN


@dataclass
class Drivers:
    """Per activity, -1 for none. `driver`: the predecessor or child that sets its finish. `root`: the last
    one on the way back along the drivers, whose own bound sets its date; itself where its own bound does."""

    driver: list[int]
    root: list[int]


def drivers(net: Network, order: Order, early: Early) -> Drivers:
    """Follow each date's edge back; where a predecessor's start was read, what set its start."""
    root_of_start = list(net.item)
    root_of_finish = list(net.item)
    driver = list(net.item)  # of gates: whose date they pass on
    for node in order.sequence:
        if (edge := early.start_edge[node]) >= 0:
            roots = root_of_start if net.type[edge] in (SS, SF, BEGIN, CLOSE) else root_of_finish
            root_of_start[node] = roots[net.source[edge]]
        if (edge := early.finish_edge[node]) >= 0:
            source = net.source[edge]
            roots = root_of_start if net.type[edge] in (SS, SF) else root_of_finish
            root_of_finish[node] = roots[source]
            driver[node] = driver[source] if net.kind[source] == GATE else net.item[source]
    count = len(net.ids)
    found = Drivers([-1] * count, [-1] * count)
    for item in range(count):
        if early.finish[item] != UNKNOWN:
            found.root[item] = root_of_finish[item]
            found.driver[item] = driver[item] if early.finish_edge[item] >= 0 else -1
    return found
