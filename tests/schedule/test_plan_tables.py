"""From the model's tables to the plan's: what is read, and what is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import duckdb
import pytest

from unify.plan import plan
from unify.schedule import Calendar, CalendarSettings
from warehouse.database import open_database

TODAY = date(2026, 3, 2)


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_database(None)
    yield connection
    connection.close()


def _fill(db: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        holes = ", ".join("?" * len(row))
        db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({holes})", list(row.values()))


def _nodes(db: duckdb.DuckDBPyConnection, *rows: Mapping[str, Any]) -> None:
    """Nodes of one item each, of the kind given."""
    _fill(db, "model.node", [{k: v for k, v in row.items() if k != "kind"} for row in rows])
    _fill(db, "model.identity", [{"item_id": row["node_id"], "node_id": row["node_id"]} for row in rows])
    items = [
        {"item_id": row["node_id"], "node_id": row["node_id"], "kind": row.get("kind", "task")}
        for row in rows
    ]
    _fill(db, "model.work_item", items)


def _schedule(db: duckdb.DuckDBPyConnection, *columns: str) -> list[tuple[Any, ...]]:
    """Rows by item, dates as month and day."""
    dates = {"projected_start", "projected_finish", "late_finish", "baseline_finish"}
    wanted = [f"strftime({name}, '%m-%d')" if name in dates else name for name in columns]
    return db.execute(f"SELECT {', '.join(wanted)} FROM plan.schedule ORDER BY item_id").fetchall()


def test_every_column_of_the_schedule_is_written(db: duckdb.DuckDBPyConnection) -> None:
    _nodes(
        db,
        {"node_id": "it:A", "department_id": "it", "start_date": "2026-03-02", "estimate_days": 5,
         "due_date": "2026-03-03", "baseline_finish": "2026-03-04"},
        {"node_id": "mk:M", "department_id": "mk", "due_date": "2026-03-05", "kind": "milestone"},
    )  # fmt: skip
    _fill(db, "model.link", [{"predecessor_id": "it:A", "successor_id": "mk:M"}])
    plan(db, TODAY, {})
    assert _schedule(
        db, "item_id", "node_id", "projected_start", "projected_finish", "late_finish", "float_days",
        "binding_id", "driver_id", "root_id", "baseline_finish", "slip_days", "uncertain",
    ) == [
        ("it:A", "it:A", "03-02", "03-06", "03-04", -2, "it:A", None, "it:A", "03-04", 2, False),
        ("mk:M", "mk:M", "03-06", "03-06", "03-05", -1, "mk:M", "it:A", "it:A", None, None, False),
    ]  # fmt: skip


def test_the_department_decides_the_calendar_and_without_one_it_is_monday_to_friday(
    db: duckdb.DuckDBPyConnection,
) -> None:
    work = {"start_date": "2026-04-02", "estimate_days": 2}
    _nodes(
        db,
        {"node_id": "A", "department_id": "it", **work},
        {"node_id": "B", "department_id": "mk", **work},
        {"node_id": "C", "department_id": None, **work},
    )
    plan(db, TODAY, {"it": Calendar.of(CalendarSettings(country="GB", subdivision="ENG"))})
    # Good Friday is the 3rd of April, Easter Monday the 6th.
    assert _schedule(db, "projected_finish") == [("04-07",), ("04-03",), ("04-03",)]


def test_every_item_of_a_same_as_group_has_the_dates_of_its_node(db: duckdb.DuckDBPyConnection) -> None:
    _nodes(db, {"node_id": "jira:A", "due_date": "2026-03-10"})
    _fill(db, "model.identity", [{"item_id": "plan:Z", "node_id": "jira:A"}])
    plan(db, TODAY, {})
    assert _schedule(db, "item_id", "node_id", "projected_finish") == [
        ("jira:A", "jira:A", "03-10"),
        ("plan:Z", "jira:A", "03-10"),
    ]


def test_parents_and_what_tools_say_of_progress_are_read(db: duckdb.DuckDBPyConnection) -> None:
    _nodes(
        db,
        {"node_id": "P", "status": "not started"},
        {"node_id": "a", "parent_id": "P", "status": "in progress", "actual_start": "2026-02-23",
         "estimate_days": 10, "progress": 0.8},
        {"node_id": "b", "parent_id": "P", "status": "in progress", "actual_start": "2026-02-24",
         "remaining_days": 3},
        {"node_id": "c", "parent_id": "gone", "status": "done", "finish_date": "2026-02-20"},
        {"node_id": "d", "parent_id": "P", "status": "dropped", "due_date": "2026-03-31"},
    )  # fmt: skip
    plan(db, TODAY, {})
    assert _schedule(db, "item_id", "projected_start", "projected_finish") == [
        ("P", "02-23", "03-04"),
        ("a", "02-23", "03-03"),
        ("b", "02-24", "03-04"),
        ("c", "02-20", "02-20"),
        ("d", None, None),
    ]


def test_cycles_are_written_in_order_and_counted_from_one(db: duckdb.DuckDBPyConnection) -> None:
    _nodes(db, *({"node_id": id_, "due_date": "2026-03-05"} for id_ in "ABC"))
    _fill(
        db,
        "model.link",
        [
            {"predecessor_id": a, "successor_id": b, "type": "FS", "lag_days": 0}
            for a, b in ("AC", "CB", "BA")
        ],
    )
    plan(db, TODAY, {})
    assert db.execute("SELECT * FROM plan.cycle ORDER BY position").fetchall() == [
        ("A", 1, "A"),
        ("A", 2, "C"),
        ("A", 3, "B"),
    ]
    assert _schedule(db, "uncertain") == [(True,)] * 3


def test_verdicts_count_in_the_consumers_calendar_and_find_items_by_their_group(
    db: duckdb.DuckDBPyConnection,
) -> None:
    _nodes(
        db,
        {"node_id": "it:A", "department_id": "it", "due_date": "2026-03-09"},
        {"node_id": "uae:B", "department_id": "uae", "start_date": "2026-03-08", "estimate_days": 2},
    )
    _fill(db, "model.identity", [{"item_id": "sf:A", "node_id": "it:A"}])
    _fill(
        db,
        "model.handover",
        [
            {"handover_id": "sf:A>uae:B", "provider_item": "sf:A", "consumer_item": "uae:B", "type": "FS"},
            {
                "handover_id": "X:it>uae:keys",
                "to_department": "uae",
                "need_by": "2026-02-26",
                "state": "requested",
            },
            {"handover_id": "X:it>mk:keys", "to_department": "mk", "state": "requested"},
        ],
    )
    plan(db, TODAY, {"uae": Calendar.of(CalendarSettings(weekend=("fri", "sat")))})
    assert db.execute("SELECT * FROM plan.handover_verdict ORDER BY handover_id DESC").fetchall() == [
        ("sf:A>uae:B", date(2026, 3, 9), date(2026, 3, 5), "consumer start", 2, False),
        ("X:it>uae:keys", date(2026, 3, 2), date(2026, 2, 26), "stated", 2, False),
        ("X:it>mk:keys", None, None, None, None, False),
    ]


def test_planning_again_replaces_what_was_there(db: duckdb.DuckDBPyConnection) -> None:
    _nodes(db, {"node_id": "A", "due_date": "2026-03-05"})
    _fill(db, "model.link", [{"predecessor_id": "A", "successor_id": "A", "type": "FS", "lag_days": 0}])
    _fill(db, "model.handover", [{"handover_id": "H", "provider_item": "A", "need_by": "2026-03-05"}])
    for _ in range(2):
        plan(db, TODAY, {})
    counts = [
        db.execute(f"SELECT count(*) FROM plan.{table}").fetchone()
        for table in ("schedule", "cycle", "handover_verdict")
    ]
    assert counts == [(1,)] * 3


def test_an_empty_model_gives_an_empty_plan(db: duckdb.DuckDBPyConnection) -> None:
    plan(db, TODAY, {})
    assert _schedule(db, "item_id") == []


def test_a_link_to_a_node_that_is_gone_is_left_out(db: duckdb.DuckDBPyConnection) -> None:
    _nodes(db, {"node_id": "A", "due_date": "2026-03-05"})
    _fill(db, "model.link", [{"predecessor_id": "gone", "successor_id": "A", "type": "FS", "lag_days": 0}])
    plan(db, TODAY, {})
    assert _schedule(db, "projected_finish") == [("03-05",)]
