"""Lands spooled pages in the record: set-wise, appending only what differs from a key's last version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.accounts import Landing, account_for, hold_back, keep
from warehouse.database import Transaction, quote
from warehouse.digesting import Digest
from warehouse.loading import TEMPLATE, load, load_digest
from warehouse.raw import (
    META,
    Spec,
    Spooled,
    landed_last,
    latest,
    make_table,
    refuse_large_loss,
    remember_pages,
)


def land(
    tx: Transaction,
    spec: Spec,
    pages: Sequence[Spooled],
    at: datetime,
    max_loss: float = 0.5,
    digest: Digest | None = None,
) -> list[Landing]:
    """Land the pages of one stream in the caller's transaction; returns one account per scope.

    `at` is UTC without a timezone; `max_loss` the largest share of known records that may be gone at once. Census
    pages are not landed here: see `raw.missing` and `raw.bury`. `digest` is of these pages, if there is one.
    """
    db = tx.db
    make_table(db, spec)
    pages = [page for page in pages if not page.keys_only]
    if not pages:
        return []
    # A connector may learn while it pulls which fields count as news.
    digested = digest.files if digest and digest.spec == spec else ()
    batch_id = _batch_id(spec, pages, digested)
    if landed_last(db, spec, batch_id):
        return []
    if digested:
        load_digest(db, digested)
    else:
        load(db, spec, pages)
    _settle_duplicates(db, spec)
    _judge(tx, spec)
    if db.execute("SELECT 1 FROM incoming WHERE _fate = 'landed' LIMIT 1").fetchone():
        _append(db, spec, tx.seq, batch_id, at, digested)
    scopes = {page.scope: page for page in pages}
    complete = [page.scope for page in pages if page.complete]
    gone = _bury_absent(db, spec, tx, batch_id, at, complete, max_loss) if complete else {}
    accounts = account_for(db, scopes, gone, spec)
    held = hold_back(tx, spec, list(scopes), at)
    keep(tx, spec, accounts, scopes, batch_id, at, held)
    db.execute("DROP TABLE incoming")
    remember_pages(db, spec, batch_id)
    return [account.landing for account in accounts]


def _settle_duplicates(db: duckdb.DuckDBPyConnection, spec: Spec) -> None:
    """A declared key that stands twice: neither row lands. Otherwise the later record of a key counts.

    Exports of a ledger may overlap, so there a key is doubled only within one file; in a later file it
    restates the posting.
    """
    if spec.unique:
        within = "_key, _scope" if spec.money else "_key"
        db.execute(
            "UPDATE incoming SET _fate = 'quarantine', _reason = 'key ' || _key || ' stands more than once: ' ||"
            " twice.places || '. Give each row a key of its own'"
            " FROM (SELECT list(_ordinal) AS ordinals, string_agg(_place, ' and ' ORDER BY _ordinal) AS places"
            f"       FROM incoming WHERE _fate = 'land' GROUP BY {within} HAVING count(*) > 1) AS twice"
            " WHERE list_contains(twice.ordinals, _ordinal)"
        )
    if spec.unique and not spec.money:
        # The same key may stand in a file that was not read again because it did not change.
        db.execute(
            "UPDATE incoming SET _fate = 'quarantine',"
            " _reason = 'key ' || incoming._key || ' stands more than once: ' || incoming._place || ' and ' ||"
            " other._place || '. Give each row a key of its own'"
            f" FROM {latest(spec)} AS other WHERE other._key = incoming._key AND other._gone IS NULL"
            " AND _fate = 'land' AND other._hash <> incoming._hash"
            " AND other._scope NOT IN (SELECT DISTINCT _scope FROM incoming)"
        )
    db.execute(
        "UPDATE incoming SET _fate = 'unchanged' WHERE _fate = 'land' AND _ordinal NOT IN"
        " (SELECT max(_ordinal) FROM incoming WHERE _fate = 'land' GROUP BY _key)"
    )


def _judge(tx: Transaction, spec: Spec) -> None:
    """Tell `landed` (news) from `unchanged`, by the hash of the key's last version."""
    db = tx.db
    db.execute("ALTER TABLE incoming ADD COLUMN _version INTEGER")
    db.execute(
        "UPDATE incoming SET _fate = CASE WHEN latest._gone IS NULL AND latest._hash = incoming._hash"
        " THEN 'unchanged' ELSE 'landed' END, _version = latest._version + 1"
        f" FROM {latest(spec)} AS latest WHERE latest._key = incoming._key AND incoming._fate = 'land'"
    )
    db.execute("UPDATE incoming SET _fate = 'landed', _version = 1 WHERE _fate = 'land'")
    if not spec.money:
        # A row that moved to another workbook is no news, but stands there now: that is where it can be missed.
        # An export's rows stay where they were first: later exports overlap it.
        moved = db.execute(
            f"UPDATE {spec.table} AS known SET _scope = incoming._scope, _place = incoming._place,"
            " _row = incoming._row FROM incoming WHERE incoming._fate = 'unchanged'"
            " AND known._key = incoming._key AND known._version = incoming._version - 1"
            " AND known._scope <> incoming._scope"
        ).fetchone()
        if moved != (0,):
            _ = tx.seq  # the model says where a row stands


def _append(
    db: duckdb.DuckDBPyConnection, spec: Spec, seq: int, batch_id: str, at: datetime, digested: Sequence[Path]
) -> None:
    present = [row[0] for row in db.execute("DESCRIBE incoming").fetchall()]
    own = [name for name in present if name not in META and name not in TEMPLATE]
    known = {row[0] for row in db.execute(f"DESCRIBE {spec.table}").fetchall()}
    for name in (name for name in own if name not in known):
        kind = "JSON" if spec.shape == "json" and name == "payload" else "VARCHAR"
        db.execute(f"ALTER TABLE {spec.table} ADD COLUMN IF NOT EXISTS {quote(name)} {kind}")
    found = "incoming"
    values: dict[str, Any] = {"seq": seq, "batch": batch_id, "at": at}
    if digested:
        # Payloads pass by what is known of their rows: neither side of the join holds them.
        values["digested"] = [str(path) for path in digested]
        found = (
            "(SELECT digest.* EXCLUDE (_fate), coalesce(known._version, 1) AS _version,"
            " coalesce(known._fate, 'landed') AS _fate, NULL AS _place, NULL AS _row"
            " FROM read_parquet($digested) AS digest LEFT JOIN"
            " (FROM incoming WHERE _fate <> 'landed' OR _version <> 1) AS known USING (_ordinal))"
        )
    db.execute(
        f"INSERT INTO {spec.table} BY NAME SELECT _key, _version, _hash, $seq AS _seq, $batch AS _batch,"
        f" $at AS _at, _scope, _place, _row{''.join(f', {quote(name)}' for name in own)}"
        f" FROM {found} WHERE _fate = 'landed'{'' if digested else ' ORDER BY _ordinal'}",
        values,
    )


def _bury_absent(
    db: duckdb.DuckDBPyConnection,
    spec: Spec,
    tx: Transaction,
    batch_id: str,
    at: datetime,
    scopes: list[str],
    max_loss: float,
) -> dict[str, int]:
    """Tombstones for keys that stood in a scope which was read whole, and stand nowhere in this pull."""
    absent = (
        f"SELECT latest.* FROM {latest(spec)} AS latest WHERE latest._gone IS NULL"
        " AND list_contains($scopes, latest._scope)"
        " AND NOT EXISTS (FROM incoming WHERE incoming._key = latest._key)"
    )
    counted = db.execute(f"SELECT _scope, count(*) FROM ({absent}) GROUP BY 1", {"scopes": scopes}).fetchall()
    if not counted:
        return {}
    known = db.execute(
        f"SELECT count(*) FROM {latest(spec)} AS latest WHERE _gone IS NULL AND list_contains($scopes, _scope)",
        {"scopes": scopes},
    ).fetchone()
    lost = sum(number for _, number in counted)
    refuse_large_loss(
        lost, int(known[0]) if known else 0, max_loss, f"{spec.source_id} ({', '.join(scopes)})"
    )
    db.execute(
        f"INSERT INTO {spec.table} BY NAME SELECT _key, _version + 1 AS _version, '' AS _hash, $seq AS _seq,"
        f" $batch AS _batch, $at AS _at, _scope, _place, _row, 'deleted' AS _gone FROM ({absent})",
        {"scopes": scopes, "seq": tx.seq, "batch": batch_id, "at": at},
    )
    return dict(counted)


def _batch_id(spec: Spec, pages: Sequence[Spooled], digested: Sequence[Path]) -> str:
    """The same pages give the same id, so that a repeated run writes the same record."""
    digest = hashlib.sha256(repr((spec.source_id, spec.stream, spec.content)).encode())
    for page in pages:
        digest.update(repr((page.scope, page.complete, sorted(page.facts.items()))).encode())
    for path in digested or [page.path for page in pages]:
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:32]
