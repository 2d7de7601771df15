"""The plan: projected dates of every item, and what each handover comes to, from the unified model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import duckdb

from unify.schedule.activity import Activity, Link
from unify.schedule.calendar import Calendar
from unify.schedule.handover import Handover, verdict
from unify.schedule.result import Schedule, schedule

# Others rely on a milestone's due date: it is a deadline for all that leads to it.
NODES = """
SELECT node.node_id, node.status, node.start_date, node.due_date, node.actual_start, node.finish_date,
       node.estimate_days, node.remaining_days, node.progress, node.deadline, node.baseline_finish,
       milestone.node_id IS NOT NULL, node.department_id, above.node_id
FROM model.node
LEFT JOIN model.node AS above ON above.node_id = node.parent_id
LEFT JOIN (
    SELECT DISTINCT identity.node_id
    FROM model.identity JOIN model.work_item USING (item_id)
    WHERE work_item.kind = 'milestone'
) AS milestone ON milestone.node_id = node.node_id
"""

# A link to a node that is gone carries no date; what was said about it stands in reference_problem.
LINKS = """
SELECT before.node_id, after.node_id, coalesce(type, 'FS'), coalesce(lag_days, 0), need_by
FROM model.link
JOIN model.node AS before ON before.node_id = predecessor_id
JOIN model.node AS after ON after.node_id = successor_id
"""

MEMBERS = """
SELECT identity.item_id, node.node_id FROM model.node JOIN model.identity USING (node_id)
UNION
SELECT node_id, node_id FROM model.node ANTI JOIN model.identity USING (node_id)
ORDER BY ALL
"""

HANDOVERS = """
SELECT handover.handover_id, provider.node_id, consumer.node_id,
       coalesce(node.department_id, handover.to_department),
       coalesce(handover.type, 'FS'), coalesce(handover.lag_days, 0), handover.need_by, handover.state
FROM model.handover
LEFT JOIN (SELECT item_id, node_id FROM model.identity SEMI JOIN model.node USING (node_id)) AS provider
    ON provider.item_id = handover.provider_item
LEFT JOIN (SELECT item_id, node_id FROM model.identity SEMI JOIN model.node USING (node_id)) AS consumer
    ON consumer.item_id = handover.consumer_item
LEFT JOIN model.node ON node.node_id = consumer.node_id
ORDER BY handover.handover_id
"""

# Columns travel as JSON texts: of 10,000 values DuckDB 1.5 reads a text in 0.03 s, a list parameter in 5 s.
INSERT_SCHEDULE = """
INSERT INTO plan.schedule BY NAME
SELECT
    unnest(from_json(?, '["VARCHAR"]')) AS item_id,
    unnest(from_json(?, '["VARCHAR"]')) AS node_id,
    unnest(from_json(?, '["DATE"]')) AS projected_start,
    unnest(from_json(?, '["DATE"]')) AS projected_finish,
    unnest(from_json(?, '["DATE"]')) AS late_finish,
    unnest(from_json(?, '["INTEGER"]')) AS float_days,
    unnest(from_json(?, '["VARCHAR"]')) AS binding_id,
    unnest(from_json(?, '["VARCHAR"]')) AS driver_id,
    unnest(from_json(?, '["VARCHAR"]')) AS root_id,
    unnest(from_json(?, '["DATE"]')) AS baseline_finish,
    unnest(from_json(?, '["INTEGER"]')) AS slip_days,
    unnest(from_json(?, '["BOOLEAN"]')) AS uncertain
"""

INSERT_CYCLE = """
INSERT INTO plan.cycle BY NAME
SELECT unnest(from_json(?, '["VARCHAR"]')) AS cycle_id, unnest(from_json(?, '["INTEGER"]')) AS position,
       unnest(from_json(?, '["VARCHAR"]')) AS item_id
"""

INSERT_VERDICT = """
INSERT INTO plan.handover_verdict BY NAME
SELECT unnest(from_json(?, '["VARCHAR"]')) AS handover_id, unnest(from_json(?, '["DATE"]')) AS reaches_on,
       unnest(from_json(?, '["DATE"]')) AS needed_on, unnest(from_json(?, '["VARCHAR"]')) AS needed_because,
       unnest(from_json(?, '["INTEGER"]')) AS days_late, unnest(from_json(?, '["BOOLEAN"]')) AS delivered
"""


def plan(db: duckdb.DuckDBPyConnection, today: date, calendars: Mapping[str, Calendar]) -> None:
    """Fill `plan.schedule`, `plan.cycle` and `plan.handover_verdict` anew from `model`.

    `calendars` by department id; a department without one works Monday to Friday. Opens no transaction of its
    own: the caller's is one with the fingerprint of what was read.
    """
    activities = [_activity(row) for row in db.execute(NODES).fetchall()]
    links = [Link(*row) for row in db.execute(LINKS).fetchall()]
    projected = schedule(activities, links, calendars, today)
    _write_schedule(db, projected, db.execute(MEMBERS).fetchall())
    _write_cycles(db, projected)
    _write_verdicts(db, projected, today, calendars)


def _activity(row: Sequence[Any]) -> Activity:
    id_, status, start, due, actual_start, actual_finish, estimate, remaining, progress, *rest = row
    deadline, baseline, is_milestone, department, parent = rest
    return Activity(
        id=id_,
        status=status or "not started",
        start=start,
        due=due,
        actual_start=actual_start,
        actual_finish=actual_finish,
        estimate=estimate,
        remaining=remaining,
        progress=progress,
        deadline=deadline,
        baseline=baseline,
        due_is_deadline=is_milestone,
        calendar=department,
        parent=parent,
    )


def _write_schedule(
    db: duckdb.DuckDBPyConnection, projected: Schedule, members: Sequence[tuple[str, str]]
) -> None:
    """One row per item; the members of a node share its dates."""
    rows = [projected.index(node) for _, node in members]
    by_node: list[Sequence[Any]] = [
        projected.start,
        projected.finish,
        projected.late_finish,
        projected.float_days,
        projected.binding,
        projected.driver,
        projected.root,
        projected.baseline,
        projected.slip_days,
        projected.uncertain,
    ]
    columns = [[column[row] for row in rows] for column in by_node]
    db.execute("DELETE FROM plan.schedule")
    _insert(db, INSERT_SCHEDULE, [[item for item, _ in members], [node for _, node in members], *columns])


def _write_cycles(db: duckdb.DuckDBPyConnection, projected: Schedule) -> None:
    members = [
        (cycle[0], position, item)
        for cycle in projected.cycles
        for position, item in enumerate(cycle, start=1)
    ]
    db.execute("DELETE FROM plan.cycle")
    _insert(db, INSERT_CYCLE, [[member[column] for member in members] for column in range(3)])


def _write_verdicts(
    db: duckdb.DuckDBPyConnection, projected: Schedule, today: date, calendars: Mapping[str, Calendar]
) -> None:
    usual = Calendar.of(None)
    ids, verdicts = [], []
    for id_, provider, consumer, department, type_, lag, need_by, state in db.execute(HANDOVERS).fetchall():
        calendar = calendars.get(department or "", usual)
        handover = Handover(id_, provider, consumer, calendar, type_, lag, need_by, state)
        ids.append(id_)
        verdicts.append(verdict(handover, projected, today))
    db.execute("DELETE FROM plan.handover_verdict")
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
