"""Verifies that the record is whole: the journal's chain, and what must hold between the tables."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from warehouse import journal
from warehouse.database import quote

INVARIANTS = {
    "a batch whose rows do not add up": (
        "SELECT batch_id || ' (' || source_id || ', ' || scope || ')' FROM ops.batch"
        " WHERE rows_read <> landed + unchanged + quarantined + dropped"
    ),
    "a batch whose amounts do not add up": (
        "SELECT batch_id || ' (' || source_id || ', ' || scope || ')' FROM ops.batch"
        " WHERE amount_read <> amount_landed + amount_unchanged + amount_quarantined + amount_dropped"
    ),
    "a break with two rows for one episode": (
        "SELECT break_id FROM breaks.episode GROUP BY break_id, episode HAVING count(*) > 1"
    ),
    "a code that two breaks share": (
        "SELECT code FROM breaks.episode GROUP BY code HAVING count(DISTINCT break_id) > 1"
    ),
    "an alert with two rows": "SELECT alert_id FROM outbox.alert GROUP BY alert_id HAVING count(*) > 1",
    "an alert of no break": (
        "SELECT alert_id FROM outbox.alert ANTI JOIN breaks.episode USING (break_id, episode)"
    ),
    "an alert that the journal does not know": (
        "SELECT alert_id FROM outbox.alert WHERE alert_id NOT IN (SELECT subject FROM journal.entry)"
    ),
    "a delivery of no alert": "SELECT delivery_id FROM outbox.delivery ANTI JOIN outbox.alert USING (alert_id)",
    "a statement that was read twice": (
        "SELECT answer_id FROM breaks.answer GROUP BY answer_id HAVING count(*) > 1"
    ),
    "an item with two rows": "SELECT item_id FROM model.work_item GROUP BY item_id HAVING count(*) > 1",
    "a sprint with two rows": "SELECT sprint_id FROM model.sprint GROUP BY sprint_id HAVING count(*) > 1",
    "a version with two rows": "SELECT version_id FROM model.version GROUP BY version_id HAVING count(*) > 1",
    "an item in two statuses at once": (
        "SELECT item_id FROM model.status_history WHERE until IS NULL GROUP BY item_id HAVING count(*) > 1"
    ),
    "a posting with two rows": "SELECT posting_id FROM model.posting GROUP BY posting_id HAVING count(*) > 1",
    "a handover with two rows": (
        "SELECT handover_id FROM model.handover GROUP BY handover_id HAVING count(*) > 1"
    ),
    "a source with two rows": "SELECT source_id FROM ops.source GROUP BY source_id HAVING count(*) > 1",
}


def faults(db: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """A sentence for each fault, the journal's first; none where the record is whole."""
    yield from journal.faults(db)
    for what, query in INVARIANTS.items():
        for (name,) in db.execute(f"SELECT * FROM ({query}) ORDER BY 1 LIMIT 10").fetchall():
            yield f"{what}: {name}"
    for source_id, stream, table in db.execute(
        "SELECT source_id, stream, table_name FROM ops.stream ORDER BY 1, 2"
    ).fetchall():
        yield from _broken_histories(db, f"{source_id}/{stream}", table)


def counts(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How much was verified: table → rows."""
    tables = {
        "journal entries": "journal.entry",
        "batches": "ops.batch",
        "breaks": "breaks.episode",
        "alerts": "outbox.alert",
        "deliveries": "outbox.delivery",
        "answers": "breaks.answer",
    }
    found = {}
    for name, table in tables.items():
        row = db.execute(f"SELECT count(*) FROM {table}").fetchone()
        found[name] = int(row[0]) if row else 0
    versions = 0
    for (table,) in db.execute("SELECT table_name FROM ops.stream").fetchall():
        row = db.execute(f"SELECT count(*) FROM {table}").fetchone()
        versions += int(row[0]) if row else 0
    return found | {"record versions": versions}


def _broken_histories(db: duckdb.DuckDBPyConnection, name: str, table: str) -> Iterator[str]:
    """Versions of a key must run 1, 2, 3 … and each must differ from the one before."""
    gaps = db.execute(
        f"SELECT _key FROM {table} GROUP BY _key HAVING min(_version) <> 1 OR max(_version) <> count(*)"
        " ORDER BY 1 LIMIT 10"
    ).fetchall()
    for (key,) in gaps:
        yield f"{name}: the versions of {quote(key)} are not 1, 2, 3 …"
    repeated = db.execute(
        f"SELECT DISTINCT _key FROM (SELECT *, lag(_hash) OVER in_order AS hash_before, lag(_gone) OVER in_order AS"
        f" gone_before FROM {table} WINDOW in_order AS (PARTITION BY _key ORDER BY _version))"
        " WHERE _hash = hash_before AND _gone IS NULL AND gone_before IS NULL ORDER BY 1 LIMIT 10"
    ).fetchall()
    for (key,) in repeated:
        yield f"{name}: a version of {quote(key)} does not differ from the one before"
