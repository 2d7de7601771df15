"""Promises as observations: how they came out, how they weigh, and whether they would have foretold what followed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import duckdb
import numpy as np
import pytest

from unify.risk import histories
from unify.workload import tell_day
from warehouse.database import open_database

TODAY = date(2026, 6, 1)
BEGIN = date(2024, 1, 1)


def _company(items: Sequence[Mapping[str, Any]]) -> duckdb.DuckDBPyConnection:
    """Items with `promises` as (stated on, due) in days from BEGIN, and `done` as such a day where it is."""
    db = open_database(None)
    tell_day(db, TODAY)
    work, promises = [], []
    for number, one in enumerate(items):
        key = f"jira:{number:04}"
        done = one.get("done")
        work.append({
            "item_id": key, "node_id": key, "department_id": one.get("department", "it"),
            "status": one.get("status", "not started" if done is None else "done"),
            "finish_date": None if done is None else str(BEGIN + timedelta(days=done)),
        })  # fmt: skip
        promises += [
            {"item_id": key, "promised_on": str(BEGIN + timedelta(days=stated)),
             "due_date": str(BEGIN + timedelta(days=due)), "nth": nth}
            for nth, (stated, due) in enumerate(one["promises"], start=1)
        ]  # fmt: skip
    for table, rows in (("work_item", work), ("promise", promises)):
        columns = ", ".join(rows[0])
        values = ", ".join(f"row ->> '{name}'" for name in rows[0])
        db.execute(
            f"INSERT INTO model.{table} ({columns}) SELECT {values} FROM (SELECT unnest(CAST(? AS JSON[])) AS row)",
            [json.dumps(rows)],
        )
    db.execute("INSERT INTO model.node BY NAME SELECT node_id, department_id, status FROM model.work_item")
    return db


def test_a_thing_that_was_redated_every_week_weighs_as_much_as_one_that_was_not() -> None:
    weekly = {"promises": [(7 * n, 70 + 7 * n) for n in range(5)], "done": 140}
    [found] = histories(_company([weekly, {"promises": [(0, 100)], "done": 100}])).values()
    assert (found.items, found.promises) == (2, 6)
    assert found.stretch.tolist() == [1.0, 1.6, 1.7, 1.8, 1.9, 2.0]
    assert found.quantile(np.array([0.5])).tolist() == [1.0]
    assert found.quantile(np.array([0.51, 0.95])).tolist() == [1.6, 2.0]


@pytest.mark.parametrize(
    ("item", "stretch"),
    [
        ({"promises": [(0, 100)], "done": 80}, [0.8]),
        ({"promises": [(0, 100), (50, 150)]}, [2.5180, 8.81]),  # open, both passed: today at the earliest
        ({"promises": [(0, 100), (50, 900)]}, [9.0]),  # moved to a date that is still ahead
        ({"promises": [(0, 900)]}, []),  # open, not moved, not due: nobody knows yet
        ({"promises": [(0, 1)], "done": 3}, [1 + 2 / 7]),  # two days late is no threefold time
        ({"promises": [(0, 100)], "status": "dropped"}, []),
        ({"promises": [(100, 50)], "done": 120}, []),  # stated after it was due: no forecast of anything
    ],
)  # fmt: skip
def test_what_a_promise_came_to(item: Mapping[str, Any], stretch: list[float]) -> None:
    found = histories(_company([item]))
    came = [round(float(one), 4) for history in found.values() for one in history.stretch]
    days_open = (TODAY - BEGIN).days
    if stretch == [2.5180, 8.81]:
        stretch = sorted([1 + (days_open - 100) / 100, 1 + (days_open - 150) / 100])
    assert came == [round(one, 4) for one in stretch]


def test_the_backtest_tells_how_often_the_80_per_cent_date_held() -> None:
    chance = np.random.default_rng(5)
    items = []
    for number in range(150):
        stated = int(number * 5)
        items.append(
            {"promises": [(stated, stated + 50)], "done": stated + int(50 * chance.lognormal(0, 0.4))}
        )
    [found] = histories(_company(items)).values()
    assert found.is_enough
    assert found.backtest.tested > 100
    # The same chance before and after: what was forecast holds as often as it says.
    assert found.backtest.held[0.8] == pytest.approx(0.8, abs=0.08)
    assert found.backtest.held[0.5] == pytest.approx(0.5, abs=0.1)


def test_a_department_that_gets_worse_shows_it_in_its_backtest() -> None:
    items = [{"promises": [(10 * n, 10 * n + 50)], "done": 10 * n + 50 + 2 * n} for n in range(60)]
    [found] = histories(_company(items)).values()
    assert found.backtest.held[0.8] < 0.2


def test_nine_things_are_too_little_history() -> None:
    found = histories(_company([{"promises": [(0, 100)], "done": 110}] * 9))
    assert not found["it"].is_enough
    assert found["it"].backtest.tested == 0
