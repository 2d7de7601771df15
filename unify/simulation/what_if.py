"""A copy of the published plan: slip items in it, give them to others, plan again, compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from unify.plan import plan
from unify.schedule import Calendar
from unify.settings import Department, Person
from unify.workload import tell_capacity, tell_day
from warehouse.database import one, open_database, quote, rows

HERE = Path(__file__).parent

# What the plan, the load and the money at stake are made from: table, and the view that is its copy.
COPIED = {
    "model.work_item": "work_item",
    "model.identity": "identity",
    "model.dependency": "dependency",
    "model.handover": "handover",
    "model.node": "plan_node",
    "model.link": "plan_link",
    "model.person": "person",
    "model.department": "department",
    "model.initiative": "initiative",
    "model.benefit": "benefit",
}
RESULTS = ("schedule", "handover", "workload", "work_item_week")
LEAVES = (HERE / "leaves.sql").read_text(encoding="utf-8")


class NotPossible(Exception):
    """The question cannot be asked of this plan; the message says why and what to ask instead."""


@dataclass(frozen=True)
class Moved:
    """A thing whose dates were moved: its node, and the last day of its work before and after."""

    node_id: str
    finish_before: date
    finish_after: date


@dataclass
class WhatIf:
    """The plan of a snapshot in memory. The views of the warehouse stand in `main`, results before a change
    in the schema `before` (`before.schedule`, `before.handover`, `before.workload`, `before.work_item_week`)."""

    db: duckdb.DuckDBPyConnection
    today: date
    calendars: Mapping[str, Calendar]

    @classmethod
    @contextmanager
    def of(
        cls, snapshot: Path, departments: Mapping[str, Department], people: Mapping[str, Person]
    ) -> Iterator[WhatIf]:
        """The plan in a published snapshot, planned anew for the day for which it was published.

        Raises NotPossible where the snapshot was written by an older Interlock and tells no plan.
        """
        db = open_database(None)
        try:
            _copy(db, snapshot)
            today = one(db, "SELECT day FROM published.plan_day")
            if today is None:
                raise NotPossible("nothing was planned yet. Run `interlock sync` first.")
            calendars = {key: Calendar.of(department.calendar) for key, department in departments.items()}
            tell_day(db, today)
            tell_capacity(db, today, departments, people)
            made = cls(db, today, calendars)
            made.replan()
            db.execute("CREATE SCHEMA before")
            for view in RESULTS:
                db.execute(f"CREATE TABLE before.{view} AS FROM {view}")
            yield made
        finally:
            db.close()

    def replan(self) -> None:
        """Project all dates from the items as they now stand in the copy."""
        plan(self.db, self.today, self.calendars)

    def slip(self, item_id: str, days: int) -> list[Moved]:
        """Let an item finish `days` working days of its department later than projected; `replan` then tells.

        What has not started moves whole; what has, takes longer. A parent's open parts all move. Raises
        NotPossible for what is done, dropped or has no date.
        """
        leaves = rows(self.db, LEAVES, {"item_id": item_id})
        if not leaves:
            raise NotPossible(f"{item_id} is done or dropped, and so is all in it: it cannot slip.")
        dated = [leaf for leaf in leaves if leaf["projected_finish"] is not None]
        if not dated:
            raise NotPossible(f"{item_id} has no projected date: nobody has stated one. It cannot slip.")
        return [self._slip_one(leaf, days) for leaf in dated]

    def _slip_one(self, leaf: Mapping[str, Any], days: int) -> Moved:
        calendar = self.calendars.get(leaf["department_id"] or "", Calendar.of(None))
        finish = _later(calendar, leaf["projected_finish"], days)
        start = leaf["start_date"]
        if leaf["status"] == "not started" and (start is not None or leaf["estimate_days"] is None):
            start = _later(calendar, leaf["projected_start"], days)
        self.db.execute(
            # What was promised stands: of a milestone, that others rely on its date.
            "UPDATE model.node SET due_date = $due, start_date = $start,"
            " deadline = CASE WHEN $milestone THEN least(deadline, due_date) ELSE deadline END"
            " WHERE node_id = $node",
            {
                "due": finish,
                "start": None if leaf["is_point"] else start,
                "milestone": leaf["is_milestone"],
                "node": leaf["node_id"],
            },
        )
        return Moved(leaf["node_id"], leaf["projected_finish"], finish)

    def reassign(self, item_id: str, person_id: str) -> str | None:
        """Give an item to a person; returns who had it. Dates stay: the plan gives nobody's hours a date."""
        had = one(
            self.db, "SELECT person_id FROM work_item_week WHERE item_id = ? LIMIT 1", [item_id]
        ) or one(self.db, "SELECT owner_id FROM model.work_item WHERE item_id = ?", [item_id])
        self.db.execute(
            "UPDATE model.work_item SET owner_id = $person WHERE item_id IN ("
            " SELECT item_id FROM model.identity WHERE node_id ="
            " (SELECT node_id FROM model.identity WHERE item_id = $item))",
            {"person": person_id, "item": item_id},
        )
        return None if had is None else str(had)

    def days_between(self, department_id: str | None, before: date, after: date) -> int:
        """Working days of a department from one evening to another."""
        calendar = self.calendars.get(department_id or "", Calendar.of(None))
        return calendar.count(after.toordinal() + 1) - calendar.count(before.toordinal() + 1)

    def ask(self, name: str) -> list[dict[str, Any]]:
        """The rows of one of this package's questions."""
        return rows(self.db, (HERE / f"{name}.sql").read_text(encoding="utf-8"))


def _later(calendar: Calendar, day: date, days: int) -> date:
    """The working day that many later; counted from the working day before one that is free."""
    boundary = calendar.closing(calendar.count(day.toordinal() + 1) + days)
    return min(date.fromordinal(boundary) - timedelta(days=1), date(9999, 12, 31))


def _copy(db: duckdb.DuckDBPyConnection, snapshot: Path) -> None:
    db.execute("ATTACH '{}' AS published (READ_ONLY)".format(str(snapshot).replace("'", "''")))
    columns: dict[str, set[str]] = {}
    found = db.execute(
        "SELECT CASE WHEN database_name = 'published' THEN table_name ELSE schema_name || '.' || table_name END,"
        " column_name FROM duckdb_columns() WHERE database_name = 'published' OR schema_name = 'model'"
    ).fetchall()
    for table, column in found:
        columns.setdefault(table, set()).add(column)
    for table, view in COPIED.items():
        if view not in columns:
            raise NotPossible(
                f"{snapshot}: was published by an older Interlock and holds no {view}. Run `interlock sync` first."
            )
        shared = ", ".join(quote(name) for name in sorted(columns[table] & columns[view]))
        db.execute(f"INSERT INTO {table} BY NAME SELECT {shared} FROM published.{view}")
