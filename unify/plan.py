"""The plan: projected dates of every item, and what each handover comes to, from the unified model.

Ids stay in the warehouse: nodes are numbered in the order of their ids, and only numbers pass through here.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from unify.schedule.calendar import Calendar
from unify.schedule.conventions import Conventions
from unify.schedule.engine import Engine, Plain, Rows
from unify.schedule.handover import Handover, verdict
from unify.schedule.project import Projection, project
from unify.schedule.records import Early, Item, Links, Node, Shown
from unify.schedule.result import terms_of

COMPILE_FROM: Final = 4000
"""Items from which on compiled passes are worth the second that it takes to make or load them."""

# Numbers in the order of the ids; one narrow table, as three joins build on it.
NUMBER = """
CREATE OR REPLACE TEMP TABLE numbered AS
SELECT CAST(row_number() OVER (ORDER BY node_id) - 1 AS INTEGER) AS number, node_id
FROM model.node
"""

# As the first fields of `records.Item`, in the order of the numbers: a day is its ordinal, 0 for none. Others rely
# on a milestone's due date: it is a deadline for all that leads to it.
ITEMS = """
SELECT CASE node.status WHEN 'in progress' THEN 1 WHEN 'done' THEN 2 WHEN 'dropped' THEN 3 ELSE 0 END
           ::TINYINT AS status,
       milestone.node_id IS NOT NULL AS due_is_deadline, coalesce(works.calendar, 0) AS calendar,
       coalesce(above.number, -1) AS parent,
       coalesce(node.start_date - DATE '0001-01-01' + 1, 0)::INTEGER AS "start",
       coalesce(node.due_date - DATE '0001-01-01' + 1, 0)::INTEGER AS due,
       coalesce(node.actual_start - DATE '0001-01-01' + 1, 0)::INTEGER AS actual_start,
       coalesce(node.finish_date - DATE '0001-01-01' + 1, 0)::INTEGER AS actual_finish,
       coalesce(node.deadline - DATE '0001-01-01' + 1, 0)::INTEGER AS deadline,
       coalesce(node.baseline_finish - DATE '0001-01-01' + 1, 0)::INTEGER AS baseline,
       coalesce(node.estimate_days, 'NaN')::DOUBLE AS estimate,
       coalesce(node.remaining_days, 'NaN')::DOUBLE AS remaining,
       coalesce(node.progress, 'NaN')::DOUBLE AS progress
FROM model.node
LEFT JOIN numbered AS above ON above.node_id = node.parent_id
LEFT JOIN (
    SELECT DISTINCT identity.node_id
    FROM model.identity JOIN model.work_item USING (item_id)
    WHERE work_item.kind = 'milestone'
) AS milestone ON milestone.node_id = node.node_id
LEFT JOIN (
    SELECT unnest(from_json($departments, '["VARCHAR"]')) AS department_id,
           unnest(from_json($calendars, '["INTEGER"]')) AS calendar
) AS works ON works.department_id = node.department_id
ORDER BY node.node_id
"""

# A link to a node that is gone carries no date; what was said about it stands in reference_problem.
LINKS = """
SELECT before.number AS predecessor, after.number AS successor,
       CASE type WHEN 'SS' THEN 2 WHEN 'FF' THEN 3 WHEN 'SF' THEN 4 ELSE 1 END::INTEGER AS type,
       coalesce(lag_days, 0)::INTEGER AS lag,
       coalesce(need_by - DATE '0001-01-01' + 1, 0)::INTEGER AS need_by
FROM model.link
JOIN numbered AS before ON before.node_id = predecessor_id
JOIN numbered AS after ON after.node_id = successor_id
"""

# One row per item; the members of a node share its dates.
WRITE_SCHEDULE = """
INSERT INTO plan.schedule BY NAME
SELECT coalesce(identity.item_id, node.node_id) AS item_id, node.node_id,
       (DATE '0001-01-01' + (nullif(shown."start", 0) - 1)::INTEGER) AS projected_start,
       (DATE '0001-01-01' + (nullif(shown.finish, 0) - 1)::INTEGER) AS projected_finish,
       (DATE '0001-01-01' + (nullif(shown.late_finish, 0) - 1)::INTEGER) AS late_finish,
       nullif(float_days, -2147483648)::INTEGER AS float_days, binding.node_id AS binding_id,
       driver.node_id AS driver_id, root.node_id AS root_id,
       (DATE '0001-01-01' + (nullif(shown.baseline, 0) - 1)::INTEGER) AS baseline_finish,
       nullif(slip_days, -2147483648)::INTEGER AS slip_days, uncertain
FROM shown
JOIN numbered AS node ON node.number = shown.number
LEFT JOIN model.identity ON identity.node_id = node.node_id
LEFT JOIN numbered AS binding ON binding.number = shown.binding
LEFT JOIN numbered AS driver ON driver.number = shown.driver
LEFT JOIN numbered AS root ON root.number = shown.root
"""

# The sides of handovers alone are looked up: they are few, and the items many.
HANDOVERS = """
WITH side AS (
    SELECT identity.item_id, numbered.number, node.node_id, node.department_id
    FROM model.identity
    JOIN numbered ON numbered.node_id = identity.node_id
    JOIN model.node ON node.node_id = identity.node_id
    WHERE identity.item_id IN (
        SELECT provider_item FROM model.handover UNION ALL SELECT consumer_item FROM model.handover
    )
)
SELECT handover.handover_id, provider.node_id, provider.number, consumer.node_id, consumer.number,
       coalesce(consumer.department_id, handover.to_department),
       coalesce(handover.type, 'FS'), coalesce(handover.lag_days, 0), handover.need_by, handover.state
FROM model.handover
LEFT JOIN side AS provider ON provider.item_id = handover.provider_item
LEFT JOIN side AS consumer ON consumer.item_id = handover.consumer_item
ORDER BY handover.handover_id
"""

# Columns travel as JSON texts: of 10,000 values DuckDB 1.5 reads a text in 0.03 s, a list parameter in 5 s.
INSERT_CYCLE = """
INSERT INTO plan.cycle BY NAME
SELECT first.node_id AS cycle_id, position, member.node_id AS item_id
FROM (
    SELECT unnest(from_json(?, '["INTEGER"]')) AS cycle, unnest(from_json(?, '["INTEGER"]')) AS position,
           unnest(from_json(?, '["INTEGER"]')) AS item
)
JOIN numbered AS first ON first.number = cycle
JOIN numbered AS member ON member.number = item
"""

INSERT_VERDICT = """
INSERT INTO plan.handover_verdict BY NAME
SELECT unnest(from_json(?, '["VARCHAR"]')) AS handover_id, unnest(from_json(?, '["DATE"]')) AS reaches_on,
       unnest(from_json(?, '["DATE"]')) AS needed_on, unnest(from_json(?, '["VARCHAR"]')) AS needed_because,
       unnest(from_json(?, '["INTEGER"]')) AS days_late, unnest(from_json(?, '["BOOLEAN"]')) AS delivered
"""


def plan(
    db: duckdb.DuckDBPyConnection,
    today: date,
    calendars: Mapping[str, Calendar],
    compiled_code: Path | None = None,
) -> None:
    """Fill `plan.schedule`, `plan.cycle` and `plan.handover_verdict` anew from `model`.

    `calendars` by department id; a department without one works Monday to Friday. `compiled_code`: a folder
    for the compiled passes of large plans; without one they are compiled anew each time. Opens no transaction
    of its own: the caller's is one with the fingerprint of what was read.
    """
    db.execute(NUMBER)
    engine = _engine(db, compiled_code)
    projected = _project(db, engine, today, calendars)
    engine.offer(db, "shown", projected.shown, Shown)
    db.execute("DELETE FROM plan.schedule")
    db.execute(WRITE_SCHEDULE)
    engine.withdraw(db, "shown")
    _write_cycles(db, projected)
    _write_verdicts(db, engine, projected, today, calendars)
    db.execute("DROP TABLE temp.numbered")


def _engine(db: duckdb.DuckDBPyConnection, compiled_code: Path | None) -> Engine:
    ((nodes,),) = db.execute("SELECT count(*) FROM numbered").fetchall()
    if nodes < COMPILE_FROM:
        return Plain()
    try:
        from unify.schedule.compiled import compiled  # only large plans load a compiler
    except ImportError as lacking:
        if (lacking.name or "").partition(".")[0] != "llvmlite":
            raise
        # There are Pythons and processors that it is not made for (pyproject.toml).
        told = "%s items are planned in plain Python, some 100 times slower than compiled: llvmlite is not installed"
        logging.getLogger(__name__).warning(told, nodes)
        return Plain()
    return compiled(compiled_code)


def _project(
    db: duckdb.DuckDBPyConnection, engine: Engine, today: date, calendars: Mapping[str, Calendar]
) -> Projection:
    different = list(dict.fromkeys([Calendar.of(None), *calendars.values()]))
    told = {
        "departments": json.dumps(list(calendars)),
        "calendars": json.dumps([different.index(calendar) for calendar in calendars.values()]),
    }
    items = engine.read(db.execute(ITEMS, told), Item)
    links = Links(*engine.columns(db.execute(LINKS)))
    return project(engine, items, links, engine.tables(different), terms_of(today, Conventions()))


def _write_cycles(db: duckdb.DuckDBPyConnection, projected: Projection) -> None:
    db.execute("DELETE FROM plan.cycle")
    if not projected.cycles:
        return
    members = [
        (cycle[0], position, item)
        for cycle in projected.cycles
        for position, item in enumerate(cycle, start=1)
    ]
    _insert(db, INSERT_CYCLE, [[member[column] for member in members] for column in range(3)])


@dataclass(frozen=True)
class _Dated:
    """The plan as `verdict` asks it."""

    items: Rows[Item]
    early: Rows[Early]
    nodes: Rows[Node]
    numbers: Mapping[str, int]

    def index(self, id_: str) -> int:
        return self.numbers[id_]


def _write_verdicts(
    db: duckdb.DuckDBPyConnection,
    engine: Engine,
    projected: Projection,
    today: date,
    calendars: Mapping[str, Calendar],
) -> None:
    usual = Calendar.of(None)
    db.execute("DELETE FROM plan.handover_verdict")
    rows = db.execute(HANDOVERS).fetchall()
    if not rows:
        return
    numbers = {row[side]: row[side + 1] for row in rows for side in (1, 3)}
    done, view = projected.plan, engine.view
    dated = _Dated(view(done.items, Item), view(done.early, Early), view(done.nodes, Node), numbers)
    ids, verdicts = [], []
    for id_, provider, _, consumer, _, department, type_, lag, need_by, state in rows:
        calendar = calendars.get(department or "", usual)
        handover = Handover(id_, provider, consumer, calendar, type_, lag, need_by, state)
        ids.append(id_)
        verdicts.append(verdict(handover, dated, today))
    columns: list[Sequence[Any]] = [
        ids,
        [one.reaches_on for one in verdicts],
        [one.needed_on for one in verdicts],
        [one.needed_because for one in verdicts],
        [one.days_late for one in verdicts],
        [one.delivered for one in verdicts],
    ]
    _insert(db, INSERT_VERDICT, columns)


def _insert(db: duckdb.DuckDBPyConnection, statement: str, columns: Sequence[Sequence[Any]]) -> None:
    db.execute(statement, [json.dumps(column, default=date.isoformat) for column in columns])
