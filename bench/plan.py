"""The plan's speed beside the same passes in C (bench/plan.c), networkx and rustworkx, in one run.

    python bench/plan.py [--items 1000000] [--rounds 5] [--slips 300] [--parts bound,slips]

Prints medians of wall clock and of processor time, and ratios; both sides of a ratio are measured in turns.
`growth` writes docs/plan-growth.svg. The peers are left out where they are not installed: they are no
dependency, and they only order the nodes and find the longest path, without calendars, lags or late dates.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from unify.plan import plan as from_table_to_table
from unify.schedule import workdays
from unify.schedule.calendar import Calendar, CalendarSettings, side_by_side
from unify.schedule.compiled import Compiled, compiled
from unify.schedule.project import Projection, Replanner, project
from unify.schedule.records import NEED_BY, NONE, UNKNOWN, Item, Links, Terms
from unify.schedule.workdays import Calendars
from warehouse.database import open_database

HERE = Path(__file__).parent
TODAY = date(2026, 3, 2)
TERMS = Terms(TODAY.toordinal(), UNKNOWN, UNKNOWN, NEED_BY, UNKNOWN, NONE)
CALENDARS = [
    Calendar.of(None),
    Calendar.of(CalendarSettings(weekend=())),
    Calendar.of(CalendarSettings(country="GB")),
]
ITEM_COLUMNS = ("start", "due", "estimate", "deadline", "calendar")


def network(items: int, links: int, seed: int = 1) -> tuple[dict[str, Any], Links]:
    """A company: links reach back over up to 2,000 neighbours, ids tell nothing about order, seven days of work
    on average, every tenth item has a deadline, every fiftieth link a need-by; three calendars."""
    rng = np.random.default_rng(seed)
    successor = rng.integers(1, items, links)
    predecessor = np.maximum(0, successor - rng.integers(1, min(2000, items), links))
    numbered = rng.permutation(items).astype(np.int32)
    today = TODAY.toordinal()
    columns = {
        "start": np.where(rng.random(items) < 0.5, today + rng.integers(0, 400, items), 0).astype(np.int32),
        "due": np.where(rng.random(items) < 0.3, today + rng.integers(0, 600, items), 0).astype(np.int32),
        "estimate": np.where(rng.random(items) < 0.9, rng.integers(0, 15, items), np.nan),
        "deadline": np.where(rng.random(items) < 0.1, today + rng.integers(100, 900, items), 0).astype(
            np.int32
        ),
        "calendar": rng.integers(0, 3, items).astype(np.int32),
    }
    need_by = np.where(rng.random(links) < 0.02, today + rng.integers(50, 900, links), 0).astype(np.int32)
    types = rng.choice([1, 1, 1, 1, 2, 3, 4], links).astype(np.int32)
    lags = rng.choice([0, 0, 0, 0, 1, 2, -1], links).astype(np.int32)
    return columns, Links(numbered[predecessor], numbered[successor], types, lags, need_by)


def ours(engine: Any, columns: dict[str, Any], links: Links) -> Projection:
    """Arrays in, arrays out."""
    items = engine.records(Item, len(columns["start"]))
    for name, column in columns.items():
        items[name] = column
    return project(engine, items, links, engine.tables(CALENDARS), TERMS)


class _Calendars(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("first", "last", "span")] + [
        (name, ctypes.c_void_p) for name in Calendars._fields
    ]


class Bound:
    """bench/plan.c, compiled with cc -O2."""

    def __init__(self, folder: Path) -> None:
        library = folder / "plan.so"
        command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(HERE / "plan.c"), "-lm"]
        subprocess.run(command, check=True)
        self._plan = ctypes.CDLL(str(library)).plan
        self._plan.restype = ctypes.c_int64
        self._tables = [np.asarray(table, np.int32) for table in side_by_side(CALENDARS)]
        self._calendars = _Calendars(
            workdays.FIRST, workdays.LAST, workdays.SPAN, *(table.ctypes.data for table in self._tables)
        )

    def __call__(self, columns: dict[str, Any], links: Links) -> list[Any]:
        items = len(columns["start"])
        shown = [np.empty(items, np.int32) for _ in range(7)]
        arrays = [*(columns[name] for name in ITEM_COLUMNS), *links]
        ordered = self._plan(
            ctypes.c_int64(items), ctypes.c_int64(len(links.type)),
            *(ctypes.c_void_p(array.ctypes.data) for array in arrays), ctypes.c_int64(TERMS.today),
            ctypes.byref(self._calendars), *(ctypes.c_void_p(array.ctypes.data) for array in shown),
        )  # fmt: skip
        assert ordered == items
        return shown


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall clock and of processor."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def median(times: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(one[0] for one in times), statistics.median(one[1] for one in times)


def beside_the_bound(engine: Any, bound: Bound, items: int, rounds: int) -> tuple[float, float]:
    """Seconds of processor, ours and the bound's; their results are compared first."""
    columns, links = network(items, 3 * items)
    found, theirs = ours(engine, columns, links).shown, bound(columns, links)
    names = ("start", "finish", "late_finish", "float_days", "binding", "driver", "root")
    for name, column in zip(names, theirs, strict=True):
        assert np.array_equal(found[name], column), name  # type: ignore[call-overload]
    times: dict[str, list[tuple[float, float]]] = {"ours": [], "C": []}
    for _ in range(rounds):
        times["C"].append(timed(lambda: bound(columns, links)))
        times["ours"].append(timed(lambda: ours(engine, columns, links)))
    (wall, processor), (c_wall, c_processor) = median(times["ours"]), median(times["C"])
    print(
        f"{items:>9,} items, {3 * items:>9,} links: ours {wall:.3f} s (processor {processor:.3f}), C "
        f"{c_wall:.3f} s ({c_processor:.3f}), ratio {wall / c_wall:.2f} ({processor / c_processor:.2f}); "
        f"same results; peak {peak():,} MB"
    )
    return processor, c_processor


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def small(rounds: int) -> None:
    """500 items in plain Python, in a process of its own: it must import no compiler."""
    code = """
import sys, time, statistics, json
from unify.schedule.engine import Plain
from unify.schedule.project import project
from unify.schedule.records import *
from unify.schedule.calendar import Calendar, side_by_side
items, links = json.loads(sys.stdin.read())
nan = float("nan")
times = []
for _ in range(int(sys.argv[1])):
    began, used = time.perf_counter(), time.process_time()
    made = [Item(start=s, due=d, estimate=nan if e is None else e, deadline=l) for s, d, e, l in items]
    project(Plain(), made, Links(*links), side_by_side([Calendar.of(None)]),
            Terms(739677, UNKNOWN, UNKNOWN, NEED_BY, UNKNOWN, NONE))
    times.append((time.perf_counter() - began, time.process_time() - used))
assert not {"numba", "llvmlite", "numpy"} & set(sys.modules)
print([round(1000 * statistics.median(one[k] for one in times), 1) for k in (0, 1)])
"""
    for links_each in (1, 3):
        columns, links = network(500, 500 * links_each)
        rows = [
            [int(s), int(d), None if np.isnan(e) else float(e), int(by)]
            for s, d, e, by, _ in zip(*(columns[name] for name in ITEM_COLUMNS), strict=True)
        ]
        told = json.dumps([rows, [column.tolist() for column in links]])
        done = subprocess.run(
            [sys.executable, "-c", code, str(rounds)], input=told, capture_output=True, text=True, check=True
        )
        print(
            f"500 items, {500 * links_each} links, plain: ms of wall and of processor {done.stdout.strip()}"
        )


def first_use() -> None:
    """With compiling into an empty folder, and again with what is then there; each in a new process."""
    code = """
import sys, time
began, used = time.perf_counter(), time.process_time()
sys.path.insert(0, sys.argv[2])
from pathlib import Path
from unify.schedule.compiled import Compiled
import plan
plan.ours(Compiled(Path(sys.argv[1])), *plan.network(5000, 15000))
print(f"{time.perf_counter() - began:.2f} s, processor {time.process_time() - used:.2f}")
"""
    with tempfile.TemporaryDirectory() as folder:
        for what in ("first use of 5,000 items, with compiling", "next process, compiled code on disk"):
            run = subprocess.run(
                [sys.executable, "-c", code, folder, str(HERE)], capture_output=True, text=True, check=True
            )
            print(f"{what}: {run.stdout.strip()}")


def tables(folder: Path, items: int, rounds: int) -> None:
    """From model tables to plan tables, in DuckDB."""
    columns, links = network(items, 3 * items)
    db = open_database(None)
    db.register("items", {name: columns[name] for name in ITEM_COLUMNS} | {"n": np.arange(items)})
    db.register("ties", {name: getattr(links, name) for name in Links._fields})
    db.execute("""
        INSERT INTO model.node BY NAME
        SELECT format('it:P-{:07d}', n) AS node_id, 'not started' AS status, 'd' || calendar AS department_id,
               DATE '0001-01-01' + nullif("start", 0) - 1 AS start_date,
               DATE '0001-01-01' + nullif(due, 0) - 1 AS due_date,
               DATE '0001-01-01' + nullif(deadline, 0) - 1 AS deadline,
               CASE WHEN NOT isnan(estimate) THEN estimate END AS estimate_days
        FROM items""")
    db.execute("INSERT INTO model.identity BY NAME SELECT node_id AS item_id, node_id FROM model.node")
    db.execute("""
        INSERT INTO model.link BY NAME
        SELECT format('it:P-{:07d}', predecessor) AS predecessor_id,
               format('it:P-{:07d}', successor) AS successor_id,
               ['FS', 'SS', 'FF', 'SF'][type] AS type, lag AS lag_days,
               DATE '0001-01-01' + nullif(need_by, 0) - 1 AS need_by
        FROM ties""")
    by_department = {f"d{number}": calendar for number, calendar in enumerate(CALENDARS)}
    from_table_to_table(db, TODAY, by_department, folder)
    times = [timed(lambda: from_table_to_table(db, TODAY, by_department, folder)) for _ in range(rounds)]
    wall, processor = median(times)
    rows = db.execute("SELECT count(*), count(projected_finish) FROM plan.schedule").fetchone()
    print(f"{items:,} items table to table: {wall:.2f} s (processor of both cores {processor:.2f}); {rows}")


def slips(engine: Any, items: int, count: int) -> None:
    """One item's estimate grows by 1 to 15 days; the plan is brought up to date; one slip after the other."""
    columns, links = network(items, 3 * items)
    projection = ours(engine, columns, links)
    replanner = Replanner(engine, projection)
    rng = np.random.default_rng(2)
    rows, times, reached = projection.plan.items, [], []
    for item in rng.integers(0, items, count + 1):
        estimate = rows[item]["estimate"]  # type: ignore[index]
        grown = (0 if np.isnan(estimate) else estimate) + rng.integers(1, 16)
        rows["estimate"][item] = columns["estimate"][item] = grown  # type: ignore[call-overload]
        changed = np.array([item], np.int32)
        told: list[Any] = []
        times.append(timed(lambda changed=changed, told=told: told.append(replanner.changed(changed))))
        reached.append(len(told[0]))
    full = ours(engine, columns, links).shown
    assert all(np.array_equal(full[name], projection.shown[name]) for name in full.dtype.names)  # type: ignore[attr-defined,call-overload]
    walls, used = (sorted(1000 * one[k] for one in times[1:]) for k in (0, 1))
    print(
        f"{count} slips in {items:,} items: median {walls[count // 2]:.2f} ms (processor "
        f"{used[count // 2]:.2f}), 99th percentile {walls[count * 99 // 100]:.1f} ms "
        f"({used[count * 99 // 100]:.1f}), longest {walls[-1]:.0f}; items reached: median "
        f"{statistics.median(reached)}, most {max(reached):,}; the plan at the end equals a full one"
    )


def growth(engine: Any, bound: Bound, most: int) -> None:
    """From 1,000 to 3,000,000 items, and a drawing of it."""
    sizes = [
        size for size in (1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000) if size <= most
    ]
    points = [(size, *beside_the_bound(engine, bound, size, 3)) for size in sizes]
    (HERE.parent / "docs" / "plan-growth.svg").write_text(drawing(points), encoding="utf-8")


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


def peers(items: int) -> None:
    """The longest path in networkx and rustworkx, from the same columns."""
    columns, links = network(items, 3 * items)
    ties = list(zip(links.predecessor.tolist(), links.successor.tolist(), strict=True))  # type: ignore[attr-defined]
    days = np.nan_to_num(columns["estimate"]).tolist()

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
            wall, processor = timed(work)
            print(f"{name}, finishes only: {wall:.1f} s (processor {processor:.1f})")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--items", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--slips", type=int, default=300)
    arguments.add_argument("--parts", default="bound,small,first,tables,slips,growth,peers")
    asked = arguments.parse_args()
    parts = asked.parts.split(",")
    folder = Path(tempfile.gettempdir()) / "interlock-bench-compiled"
    engine: Compiled = compiled(folder)
    bound = Bound(Path(tempfile.mkdtemp()))
    if "bound" in parts:
        beside_the_bound(engine, bound, asked.items, asked.rounds)
    if "slips" in parts:
        slips(engine, asked.items, asked.slips)
    if "tables" in parts:
        tables(folder, asked.items, asked.rounds)
    if "small" in parts:
        small(4 * asked.rounds)
    if "first" in parts:
        first_use()
    if "growth" in parts:
        growth(engine, bound, 3 * asked.items)
    if "peers" in parts:
        peers(asked.items)


if __name__ == "__main__":
    main()
