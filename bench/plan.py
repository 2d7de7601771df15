"""The plan's speed beside the same passes in C (bench/plan.c), networkx and rustworkx, in one run.

    python bench/plan.py [--items 1000000] [--rounds 5] [--slips 300] [--parts bound,slips]

Prints medians of wall clock and of processor time, and ratios; both sides of a ratio are measured in turns.
`growth` writes docs/plan-growth.svg. The peers are left out where they are not installed: they are no
dependency, and they only order the nodes and find the longest path, without calendars, lags or late dates.
"""

from __future__ import annotations

import argparse
import ctypes
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
from plan_peers import beside_peers, drawing

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
    """With making all machine code into an empty folder, and again with what is then there; each in a new process."""
    code = """
import sys, time
began, used = time.perf_counter(), time.process_time()
from pathlib import Path
import numpy as np
from unify.schedule.calendar import Calendar
from unify.schedule.compiled import Compiled
from unify.schedule.project import project
from unify.schedule.records import *
engine = Compiled(Path(sys.argv[1]))
items, after = engine.records(Item, 5000), np.arange(1, 5000, dtype=np.int32)
items["estimate"], items["start"] = 3, 739677
items["parent"][100:] = np.arange(100, 5000) // 100
before = after - 1
before[:100], before[150] = after[:100] + 500, after[150] + 1  # one circle, so that the passes for circles are made too
links = Links(before, after, np.ones(4999, np.int32), np.zeros(4999, np.int32), np.zeros(4999, np.int32))
found = project(engine, items, links, engine.tables([Calendar.of(None)]),
                Terms(739677, UNKNOWN, UNKNOWN, NEED_BY, UNKNOWN, NONE))
assert found.cycles
print(f"{time.perf_counter() - began:.2f} s, processor {time.process_time() - used:.2f}")
"""
    with tempfile.TemporaryDirectory() as folder:
        for what in ("first use of 5,000 items, making the code", "next process, code on disk"):
            run = subprocess.run(
                [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
            )
            print(f"{what}: {run.stdout.strip()}")


def tables(folder: Path, bound: Bound, items: int, rounds: int) -> None:
    """From model tables to plan tables, in DuckDB; the passes in C, arrays to arrays, in turns beside it."""
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
    times: dict[str, list[tuple[float, float]]] = {"ours": [], "C": []}
    for _ in range(rounds):
        times["C"].append(timed(lambda: bound(columns, links)))
        times["ours"].append(timed(lambda: from_table_to_table(db, TODAY, by_department, folder)))
    (wall, processor), (c_wall, c_processor) = median(times["ours"]), median(times["C"])
    rows = db.execute("SELECT count(*), count(projected_finish) FROM plan.schedule").fetchone()
    print(
        f"{items:,} items table to table: {wall:.2f} s (processor of both cores {processor:.2f}), C without tables "
        f"{c_wall:.2f} s ({c_processor:.2f}), ratio {wall / c_wall:.2f} ({processor / c_processor:.2f}); rows, dated: "
        f"{rows}; peak {peak():,} MB"
    )


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
        tables(folder, bound, asked.items, asked.rounds)
    if "small" in parts:
        small(4 * asked.rounds)
    if "first" in parts:
        first_use()
    if "growth" in parts:
        growth(engine, bound, 3 * asked.items)
    if "peers" in parts:
        columns, links = network(asked.items, 3 * asked.items)
        wall, processor = timed(lambda: ours(engine, columns, links))
        print(f"ours, everything: {wall:.1f} s (processor {processor:.1f})")
        beside_peers(columns["estimate"], links)


if __name__ == "__main__":
    main()
