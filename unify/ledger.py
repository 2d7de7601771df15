"""Postings: the lines of the general ledger, and the initiative and milestone that each one reaches.

Apart from the rest of the model, since neither changes with the other: a moved due date leaves millions of
postings as they are, and a month's export leaves the plan.
"""

from __future__ import annotations

import hashlib

import duckdb

from unify.settings import Company
from unify.staging import fill, folded, known_initiatives, run_file, set_variables, stage
from warehouse.database import one


def post(db: duckdb.DuckDBPyConnection, company: Company) -> None:
    """Rebuild `model.posting` from the record and the model's names. Belongs into a transaction."""
    set_variables(db, company)
    run_file(db, "macros.sql")
    run_file(db, "ledger_staging.sql")
    for source in company.sources:
        stage(db, source, money=True)
    _tell_spend_rules(db, company)
    run_file(db, "ledger.sql")


def names_digest(db: duckdb.DuckDBPyConnection) -> str:
    """A hash of the names that postings are matched to: initiatives, and items by their keys."""
    return hashlib.sha256(str([one(db, query) for query in NAMES]).encode()).hexdigest()


NAMES = (
    "SELECT bit_xor(hash(name, initiative_id)) FROM model.initiative_name",
    "SELECT bit_xor(hash(name, item_id)) FROM model.item_name WHERE form = 'key'",
    "SELECT bit_xor(hash(item_id, initiative_id)) FROM model.work_item",
)


def _tell_spend_rules(db: duckdb.DuckDBPyConnection, company: Company) -> None:
    names = known_initiatives(db)
    fill(
        db,
        "spend_rule",
        {"position": "INTEGER", "source": "VARCHAR", "project": "VARCHAR", "purchase_order": "VARCHAR",
         "cost_center": "VARCHAR", "account": "VARCHAR", "company_code": "VARCHAR", "supplier": "VARCHAR",
         "text": "VARCHAR", "initiative_id": "VARCHAR", "milestone_id": "VARCHAR", "said": "VARCHAR"},
        (
            (n, r.match.source, r.match.project, r.match.purchase_order, r.match.cost_center, r.match.account,
             r.match.company_code, r.match.supplier, r.match.text, names.get(folded(r.to)), r.milestone,
             f"map_spend {n + 1}: " + ", ".join(f"{k} {v}" for k, v in r.match.model_dump(exclude_none=True).items()))
            for n, r in enumerate(company.policy.map_spend)
            if folded(r.to) in names
        ),
    )  # fmt: skip
