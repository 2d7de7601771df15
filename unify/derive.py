"""What follows from items, identities and dependencies alone: handovers, nodes, links, conflicting claims."""

from __future__ import annotations

from pathlib import Path

import duckdb

HERE = Path(__file__).parent
DERIVE = (HERE / "model" / "60_derive.sql").read_text(encoding="utf-8")

# The configuration's part in it; empty where nobody configured anything (a rule's cases).
CONFIGURED = """
CREATE TEMP TABLE IF NOT EXISTS company_source (
    source_id VARCHAR, kind VARCHAR, department_id VARCHAR, position INTEGER, options JSON
);
CREATE TEMP TABLE IF NOT EXISTS authority (field VARCHAR, who VARCHAR);
"""


def derive(db: duckdb.DuckDBPyConnection) -> None:
    """Fill `model.handover`, `node`, `link` and `claim_conflict` from `work_item`, `identity` and `dependency`.

    Items without an identity become nodes of their own; handovers already in `model.handover` are kept and
    completed. Marks which dependencies are handovers, and writes each item's `node_id`.
    """
    db.execute(CONFIGURED)
    db.execute(
        "INSERT INTO model.identity BY NAME SELECT item_id, item_id AS node_id FROM model.work_item"
        " WHERE item_id NOT IN (SELECT item_id FROM model.identity)"
    )
    db.execute(DERIVE)
