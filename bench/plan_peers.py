"""What bench/plan.py shows beside the plan: networkx and rustworkx, where they are installed, and the drawing.

    pip install networkx rustworkx

They are no dependency, and do only part of it: they order the nodes and find the latest finishes, without
calendars, lags, link types, floats or drivers.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from typing import Any

import numpy as np


def drawing(points: list[tuple[int, float, float]]) -> str:
    """Both axes logarithmic: a straight line of slope one is linear growth."""

    def place(items: float, seconds: float) -> str:
        return f"{60 + 150 * (np.log10(items) - 3):.0f},{330 - 75 * (np.log10(seconds) + 4):.0f}"

    lines = []
    for column, colour, name in ((1, "#0b6", "Interlock"), (2, "#888", "C")):
        path = " ".join(place(point[0], max(point[column], 1e-4)) for point in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        x, y = place(points[-1][0], points[-1][column]).split(",")
        lines.append(f'<text x="{x}" y="{int(y) - 6}" fill="{colour}" text-anchor="end">{name}</text>')
    for power in range(3, 7):
        x = place(10**power, 1e-4).split(",")[0]
        lines.append(f'<text x="{x}" y="350" text-anchor="middle">{10**power:,}</text>')
    for power in range(-4, 1):
        y = place(1000, 10.0**power).split(",")[1]
        lines.append(f'<text x="52" y="{y}" text-anchor="end">{10.0**power:g} s</text>')
        lines.append(f'<line x1="60" x2="600" y1="{y}" y2="{y}" stroke="#ddd"/>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 370" font-family="sans-serif" font-size="12">'
        + "".join(lines)
        + '<text x="330" y="366" text-anchor="middle">items (three links each), processor time</text></svg>\n'
    )


def beside_peers(estimate: Any, links: Any) -> None:
    """The longest path in networkx and rustworkx, from the same columns."""
    items = len(estimate)
    ties = list(zip(links.predecessor.tolist(), links.successor.tolist(), strict=True))
    days = np.nan_to_num(estimate).tolist()

    def longest(order: Any, before: Callable[[int], Any]) -> None:
        finish = [0.0] * items
        for node in order:
            finish[node] = days[node] + max((finish[one] for one in before(node)), default=0.0)

    def with_networkx() -> None:
        import networkx

        graph = networkx.DiGraph()
        graph.add_nodes_from(range(items))
        graph.add_edges_from(ties)
        longest(networkx.topological_sort(graph), graph.predecessors)

    def with_rustworkx() -> None:
        import rustworkx

        graph = rustworkx.PyDiGraph()
        graph.add_nodes_from(range(items))
        graph.add_edges_from_no_data(ties)
        longest(rustworkx.topological_sort(graph), graph.predecessor_indices)

    for name, work in (("networkx", with_networkx), ("rustworkx", with_rustworkx)):
        if importlib.util.find_spec(name):
            wall, processor = time.perf_counter(), time.process_time()
            work()
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            print(f"{name}, finishes only: {wall:.1f} s (processor {processor:.1f})")
        else:
            print(f"{name} is not installed")
