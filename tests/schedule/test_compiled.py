"""Compiled, the same functions give the same plan; small plans load no compiler."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from unify.schedule import Activity, Calendar, CalendarSettings, Link, schedule
from unify.schedule.engine import Plain
from unify.schedule.project import Replanner, project
from unify.schedule.records import Item, Links, Shown, layout
from unify.schedule.result import columns

TODAY = date(2026, 3, 4)
CALENDARS = {"gulf": Calendar.of(CalendarSettings(weekend=("fri", "sat")))}
SAID = [name for name, _ in layout(Item)][: [name for name, _ in layout(Item)].index("above")]


def _network(seed: int, count: int = 400) -> tuple[list[Activity], list[Link]]:
    """Of everything something: states, parents within parents, all links, circles."""
    rng = random.Random(seed)

    def day() -> date | None:
        return TODAY + timedelta(days=rng.randint(-12, 60)) if rng.random() < 0.4 else None

    items = []
    for number in range(count):
        status = rng.choice(["not started"] * 6 + ["in progress", "done", "dropped"])
        begun = TODAY - timedelta(days=rng.randint(0, 20))
        items.append(
            Activity(
                f"{number:04d}", status=status,  # type: ignore[arg-type]
                start=day(), due=day(), actual_start=begun if status in ("in progress", "done") else None,
                actual_finish=begun if status == "done" else None, estimate=rng.choice([None, 0, 2, 5.5]),
                progress=rng.choice([None, 0.5]), deadline=day(), baseline=day(),
                due_is_deadline=rng.random() < 0.3, calendar=rng.choice([None, "gulf"]),
                parent=f"{rng.randrange(number):04d}" if number and rng.random() < 0.3 else None,
            )
        )  # fmt: skip
    links = []
    for _ in range(2 * count):
        before, after = rng.randrange(count), rng.randrange(count)
        if rng.random() < 0.98:
            before, after = min(before, after), max(before, after)
        type_ = rng.choice(["FS", "FS", "SS", "FF", "SF"])
        links.append(Link(f"{before:04d}", f"{after:04d}", type_, rng.randint(-3, 3), day()))  # type: ignore[arg-type]
    return items, links


def test_compiled_passes_give_what_plain_ones_give_and_so_does_a_change(
    request: pytest.FixtureRequest,
) -> None:
    from unify.schedule.compiled import compiled

    engine = compiled(Path(request.config.cache.mkdir("compiled")))  # type: ignore[union-attr]
    for seed in range(2):
        items, links = _network(seed)
        plain = schedule(items, links, CALENDARS, TODAY)
        rows = engine.records(Item, len(items))
        for number, item in enumerate(plain.items):
            for name in SAID:
                rows[name][number] = getattr(item, name)
        index = {one.id: number for number, one in enumerate(items)}
        said = Links(*map(_array, columns(links, index)))
        calendars = engine.tables(list(dict.fromkeys(plain.calendar)))
        found = project(engine, rows, said, calendars, plain.projection.terms)
        assert found.cycles == plain.projection.cycles
        assert _all(engine.view(found.shown, Shown), items) == _all(plain.projection.shown, items)
        for number in (7, 150, 399):
            rows["estimate"][number] = plain.items[number].estimate = 30.0
            changed = Replanner(engine, found).changed(_array([number]))
            assert changed == Replanner(Plain(), plain.projection).changed([number])
            assert _all(engine.view(found.shown, Shown), items) == _all(plain.projection.shown, items)


def _array(numbers: Any) -> Any:
    import numpy

    return numpy.asarray(numbers, numpy.int32)


def _all(rows: Any, items: Any) -> list[tuple[object, ...]]:
    return [
        tuple(getattr(row, name) for name, _ in layout(Shown))
        for row in map(rows.__getitem__, range(len(items)))
    ]


def test_where_compiled_code_cannot_be_kept_it_is_compiled_all_the_same(tmp_path: Path) -> None:
    from unify.schedule import workdays
    from unify.schedule.compiled import Compiled

    in_the_way = tmp_path / "file"
    in_the_way.write_text("no folder")
    for folder in (None, in_the_way):
        engine = Compiled(folder)
        tables = engine.tables([Calendar.of(None)])
        assert engine.run(workdays.count)(tables, 0, TODAY.toordinal()) == Calendar.of(None).count(
            TODAY.toordinal()
        )


def test_it_needs_no_home_and_no_folder_that_can_be_written(tmp_path: Path) -> None:
    code = """
import os, sys
from pathlib import Path
from unify.schedule import workdays
from unify.schedule.calendar import Calendar
from unify.schedule.compiled import Compiled
folder = Path(sys.argv[1])
if os.geteuid() == 0:
    os.setuid(65534)  # who is root may write everywhere
assert not os.access(folder, os.W_OK)
engine = Compiled(folder)
calendar = Calendar.of(None)
assert engine.run(workdays.count)(engine.tables([calendar]), 0, 739679) == calendar.count(739679)
"""
    folder = tmp_path / "readonly"
    folder.mkdir(mode=0o555)
    without_home = {
        name: value for name, value in os.environ.items() if name not in ("HOME", "XDG_CACHE_HOME")
    }
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True, env=without_home)
    assert not list(folder.iterdir())


def test_what_is_kept_is_taken_and_what_is_torn_is_made_anew(tmp_path: Path) -> None:
    from unify.schedule import workdays
    from unify.schedule.compiled import Compiled
    from unify.schedule.native import machine, unit

    def asked() -> int:
        engine = Compiled(tmp_path)
        return engine.run(workdays.count)(engine.tables([Calendar.of(None)]), 0, TODAY.toordinal())

    number = asked()
    (file,) = tmp_path.rglob("*.o")
    machine.keep(machine.machine_code(unit.text_of(workdays.opening)), file)
    assert asked() == Calendar.of(None).opening(TODAY.toordinal())
    file.write_bytes(file.read_bytes()[:-1])
    assert asked() == number


def test_without_llvm_large_plans_stay_plain_python_and_say_so() -> None:
    code = """
import sys
sys.modules["llvmlite"] = None  # as where it is not installed
from datetime import date
import unify.plan
from warehouse.database import open_database
unify.plan.COMPILE_FROM = 1
db = open_database(None)
db.execute("INSERT INTO model.node (node_id, status, due_date) VALUES ('A', 'not started', '2026-03-06')")
unify.plan.plan(db, date(2026, 3, 4), {})
print(db.execute("SELECT projected_finish FROM plan.schedule").fetchall())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[(datetime.date(2026, 3, 6),)]"
    assert "plain Python" in done.stderr
    assert "llvmlite is not installed" in done.stderr


def test_a_small_plan_loads_no_compiler() -> None:
    code = """
import sys
from unify.schedule import Activity, schedule
import unify.plan
schedule([Activity("A")], [], {}, None)
assert not {"numba", "llvmlite", "numpy"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_large_plans_are_compiled_from_table_to_table_and_come_out_as_small_ones_do(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    import unify.plan
    from warehouse.database import open_database

    found = []
    for threshold in (1_000_000, 1):
        monkeypatch.setattr(unify.plan, "COMPILE_FROM", threshold)
        db = open_database(None)
        db.execute("""
            INSERT INTO model.node BY NAME
            SELECT format('A{:03d}', n) AS node_id, 'not started' AS status, n % 7 AS estimate_days,
                   CASE WHEN n % 3 = 0 THEN DATE '2026-03-02' + n::INTEGER END AS due_date,
                   CASE WHEN n % 4 = 0 THEN DATE '2026-03-09' + n::INTEGER END AS baseline_finish,
                   CASE WHEN n % 5 = 0 THEN format('A{:03d}', n // 5) END AS parent_id
            FROM range(1, 60) AS numbers(n)""")
        db.execute("""
            INSERT INTO model.link BY NAME
            SELECT format('A{:03d}', n) AS predecessor_id, format('A{:03d}', (n * 7) % 60) AS successor_id,
                   ['FS', 'SS', 'FF', 'SF'][1 + n % 4] AS type, n % 3 - 1 AS lag_days
            FROM range(1, 60) AS numbers(n)""")
        db.execute("""
            INSERT INTO model.identity BY NAME
            SELECT unnest([node_id, 'also ' || node_id]) AS item_id, node_id FROM model.node
            WHERE node_id > 'A005'""")
        db.execute("""
            INSERT INTO model.handover BY NAME
            SELECT predecessor_id || '>' || successor_id AS handover_id, predecessor_id AS provider_item,
                   successor_id AS consumer_item, type, lag_days FROM model.link""")
        unify.plan.plan(db, TODAY, {}, Path(request.config.cache.mkdir("compiled")))  # type: ignore[union-attr]
        tables = ("schedule", "cycle", "handover_verdict")
        found.append([db.execute(f"FROM plan.{table} ORDER BY ALL").fetchall() for table in tables])
        db.close()
    assert found[0] == found[1]
    assert all(found[0])
    # Two items of one node, and five nodes that no item stands for.
    assert len(found[0][0]) == 2 * 54 + 5
