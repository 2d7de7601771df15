"""What rules may read."""

from __future__ import annotations

from pathlib import Path

import duckdb

from rules.engine.facts import fact_views, read_shape
from warehouse.database import documented_views, open_database


def test_rules_read_facts_and_nothing_that_interlock_concluded_or_keeps_of_its_runs() -> None:
    db = open_database(None)
    assert fact_views(db) == [
        "absence", "benefit", "budget", "calendar_day", "claim_conflict", "cycle", "department", "dependency",
        "fiscal_quarter", "gate", "handover", "identity", "initiative", "person", "plan_day", "plan_link", "plan_node",
        "posting", "promise", "reference_problem", "schedule", "source_health", "spend_by_period", "sprint",
        "sprint_item", "status_history", "version", "version_item", "work_item", "work_item_week", "workload",
        "worklog",
    ]  # fmt: skip
    assert set(fact_views(db)) < set(documented_views())
    assert read_shape(db)["gate"]["typical_days"] == "INTEGER"


def test_the_facts_are_a_file_of_plain_tables(facts: Path) -> None:
    copy = duckdb.connect(str(facts), read_only=True)
    tables = copy.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    assert [name for (name,) in tables] == fact_views(open_database(None))
    assert copy.execute("SELECT count(*) FROM duckdb_views() WHERE NOT internal").fetchone() == (0,)
    assert copy.execute("SELECT count(*) FROM work_item").fetchone() == (2,)
