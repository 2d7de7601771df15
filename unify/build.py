"""From the record to the unified model, in the order in which one part needs another; postings apart (`ledger.py`).

The tools' own SQL files (`unify/<kind>.sql`) bring each source into one shape (`staging.sql`); the files in
`unify/model/` then build the model from it, in the order of their numbers. Only reading references and
joining groups is Python.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import duckdb

from unify.derive import derive
from unify.references import parse
from unify.settings import Company
from unify.staging import (
    department_ids,
    fill,
    folded,
    known_initiatives,
    run_file,
    set_variable,
    set_variables,
    stage,
)
from warehouse.database import insert, one

HERE = Path(__file__).parent


def unify(db: duckdb.DuckDBPyConnection, company: Company) -> None:
    """Rebuild `model` from the record. Belongs into a transaction; the day does not matter to it."""
    set_variables(db, company)
    run_file(db, "macros.sql")
    run_file(db, "words.sql")
    run_file(db, "staging.sql")
    _tell_company(db, company)
    for source in company.sources:
        stage(db, source, money=False)
    run_file(db, "model/10_people.sql")
    run_file(db, "model/20_initiatives.sql")
    _tell_policy(db, company)
    run_file(db, "model/30_items.sql")
    run_file(db, "model/40_names.sql")
    _read_references(db)
    run_file(db, "model/41_resolve.sql")
    run_file(db, "model/45_identity.sql")
    _group(db)
    run_file(db, "model/50_dependencies.sql")
    run_file(db, "model/55_register_handovers.sql")
    derive(db)
    if one(db, ANY_POLICY):
        run_file(db, "model/70_policy.sql")
    run_file(db, "model/75_claims.sql")
    run_file(db, "model/80_status_history.sql")
    _fill_beside_items(db)


ANY_POLICY = """
SELECT EXISTS (FROM gate_rule) OR EXISTS (FROM template_gate) OR EXISTS (FROM template_handover)
    OR EXISTS (FROM model.gate)
"""
"""Whether policy asks for anything, or did: its statements take 45 ms, and many companies begin without."""

BESIDE_ITEMS = {
    "model/81_sprints.sql": ("staged_sprint", "model.sprint"),
    "model/82_versions.sql": ("staged_version", "model.version"),
    "model/83_worklogs.sql": ("staged_worklog", "model.worklog"),
}
"""What few sources tell: the file that fills it, from which table, and the table that shows whether it was."""


def _fill_beside_items(db: duckdb.DuckDBPyConnection) -> None:
    """Run each of these files only where a source tells of it, or did: the others would cost each run for nothing."""
    for name, (staged, filled) in BESIDE_ITEMS.items():
        if one(db, f"SELECT EXISTS (FROM {staged}) OR EXISTS (FROM {filled})"):
            run_file(db, name)


def tell_day(db: duckdb.DuckDBPyConnection, company: Company, today: date) -> None:
    """Rebuild the one table of `model` that depends on the day: the fiscal quarters around it."""
    set_variables(db, company)
    set_variable(db, "today", today)
    run_file(db, "macros.sql")
    run_file(db, "calendar.sql")


# --- what the configuration says, as tables -------------------------------------------------------------


def _tell_company(db: duckdb.DuckDBPyConnection, company: Company) -> None:
    ids = department_ids(company)
    fill(
        db,
        "company_department",
        {"department_id": "VARCHAR", "name": "VARCHAR", "lead_id": "VARCHAR"},
        ((key, d.name or key, d.lead.lower() if d.lead else None) for key, d in company.departments.items()),
    )
    fill(
        db,
        "company_person",
        {"person_id": "VARCHAR", "name": "VARCHAR", "aliases": "VARCHAR[]", "hours_per_week": "DOUBLE",
         "department_id": "VARCHAR", "has_left": "BOOLEAN"},
        (
            (key.lower(), person.name or next((a for a in person.aliases if " " in a), None), list(person.aliases),
             person.hours_per_week, ids.get((person.department or "").lower()), person.left)
            for key, person in company.people.items()
        ),
    )  # fmt: skip
    fill(
        db,
        "company_source",
        {"source_id": "VARCHAR", "kind": "VARCHAR", "department_id": "VARCHAR", "position": "INTEGER",
         "options": "JSON"},
        (
            (s.source_id, s.kind, ids.get((s.department or "").lower()), position, json.dumps(s.options))
            for position, s in enumerate(company.sources)
        ),
    )  # fmt: skip
    set_variable(db, "money_expected", False)


def _tell_policy(db: duckdb.DuckDBPyConnection, company: Company) -> None:
    policy, ids = company.policy, department_ids(company)

    def department(name: str) -> str:
        return ids.get(name.lower(), name)

    authority = ((field, department(who)) for field, who in policy.authority.items())
    fill(db, "authority", {"field": "VARCHAR", "who": "VARCHAR"}, authority)
    fill(
        db,
        "gate_rule",
        {"position": "INTEGER", "kind": "VARCHAR", "handover_to": "VARCHAR[]", "handover_from": "VARCHAR[]",
         "labels": "VARCHAR[]", "has_match": "BOOLEAN", "match_source": "VARCHAR", "match_project": "VARCHAR",
         "match_type": "VARCHAR", "match_label": "VARCHAR", "match_title": "VARCHAR",
         "match_department": "VARCHAR", "typical_days": "INTEGER"},
        (
            (n, g.gate, [department(d) for d in g.when.handover_to], [department(d) for d in g.when.handover_from],
             [label.lower() for label in g.when.labels], g.match is not None,
             *((m.source, m.project, m.type, m.label, m.title, m.department and department(m.department))
               if (m := g.match) else (None,) * 6), g.typical_days)
            for n, g in enumerate(policy.gates)
        ),
    )  # fmt: skip
    fill(
        db,
        "template_gate",
        {"type": "VARCHAR", "kind": "VARCHAR"},
        ((kind.lower(), gate) for kind, template in policy.templates.items() for gate in template.gates),
    )
    fill(
        db,
        "template_handover",
        {"type": "VARCHAR", "from_department": "VARCHAR", "to_department": "VARCHAR", "what": "VARCHAR"},
        (
            (kind.lower(), department(h.from_), department(h.to), h.what)
            for kind, template in policy.templates.items()
            for h in template.handovers
        ),
    )
    names = known_initiatives(db)
    for rule in policy.map_spend:
        if names and folded(rule.to) not in names:
            db.execute(
                "INSERT INTO model.reference_problem VALUES ('register:' || $to, 'map_spend', $to,"
                " 'policy maps spend to an initiative that the register does not hold')",
                {"to": rule.to},
            )


# --- references and groups ------------------------------------------------------------------------------

HOLDERS = """
SELECT item_id AS holder_id, NULL AS holder_row, 'depends_on' AS field, depends_on AS written, source_id AS own_source
FROM item WHERE depends_on IS NOT NULL
UNION ALL SELECT item_id, NULL, 'same_as', same_as, source_id FROM item WHERE same_as IS NOT NULL
UNION ALL SELECT 'register:' || coalesce(trim(initiative), '?'), record_key, 'provider item', provider_item, 'register'
FROM staged_handover WHERE provider_item IS NOT NULL
UNION ALL SELECT 'register:' || coalesce(trim(initiative), '?'), record_key, 'consumer item', consumer_item, 'register'
FROM staged_handover WHERE consumer_item IS NOT NULL
UNION ALL SELECT 'register:Same thing', record_key, 'item', item, 'register' FROM staged_same WHERE item IS NOT NULL
UNION ALL SELECT 'register:Same thing', record_key, 'same as', same_as, 'register' FROM staged_same
WHERE same_as IS NOT NULL
"""


TOKEN = """
CREATE OR REPLACE TEMP TABLE token (
    token_id INTEGER, holder_id VARCHAR, holder_row VARCHAR, field VARCHAR, own_source VARCHAR, text VARCHAR,
    form VARCHAR, target VARCHAR, type VARCHAR, lag_days INTEGER
)
"""


def _read_references(db: duckdb.DuckDBPyConnection) -> None:
    """Fill `token`: each reference as written, with who holds it and what it says."""
    tokens = [
        {"holder_id": holder, "holder_row": row, "field": field, "own_source": own_source, "text": r.text,
         "form": r.form, "target": r.target, "type": r.type, "lag_days": r.lag_days}
        for holder, row, field, written, own_source in db.execute(HOLDERS).fetchall()
        for r in parse(written)
    ]  # fmt: skip
    db.execute(TOKEN)
    insert(db, "token", [{"token_id": number, **token} for number, token in enumerate(tokens)])


def _group(db: duckdb.DuckDBPyConnection) -> None:
    """Fill `model.identity`: items stated to be one thing share a node, named by its smallest item_id."""
    leader: dict[str, str] = {}

    def find(item: str) -> str:
        while (above := leader.setdefault(item, item)) != item:
            item = above
        return item

    told: dict[str, tuple[str | None, date | None]] = {}
    for a, b, made_by, since in db.execute("FROM same_pair ORDER BY item_a, item_b, made_by").fetchall():
        one, other = sorted((find(a), find(b)))
        leader[other] = one
        # The item that states the key of another is its copy; the register names two alike.
        for item in (a,) if made_by == "key" else (a, b):
            told.setdefault(item, (made_by, since))
    db.execute("DELETE FROM model.identity")
    grouped = []
    for item in sorted(leader):
        made_by, since = told.get(item, (None, None))
        grouped.append({"item_id": item, "node_id": find(item), "made_by": made_by, "since": since})
    insert(db, "model.identity", grouped)
    db.execute(
        "INSERT INTO model.identity BY NAME SELECT item_id, item_id AS node_id FROM model.work_item"
        " WHERE item_id NOT IN (SELECT item_id FROM model.identity)"
    )
