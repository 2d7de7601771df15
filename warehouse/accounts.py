"""The account of every pull: rows read = landed + unchanged + quarantined + dropped, and amounts likewise."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from warehouse.database import Transaction, one, rows
from warehouse.raw import Spec, Spooled


@dataclass(frozen=True)
class Landing:
    """The account of one scope: rows_read = landed + unchanged + quarantined + dropped, amounts likewise."""

    stream: str
    scope: str
    rows_read: int
    landed: int
    unchanged: int
    quarantined: int
    dropped: int
    gone: int


@dataclass(frozen=True)
class Account:
    """A landing with the sums of its amounts, by fate; None where the stream carries no money."""

    landing: Landing
    amounts: dict[str, Decimal | None]


def account_for(
    db: duckdb.DuckDBPyConnection, scopes: Mapping[str, Spooled], gone: Mapping[str, int], spec: Spec
) -> list[Account]:
    """Count and sum what became of the temporary table `incoming`, per scope."""
    found = {
        row["_scope"]: row
        for row in rows(
            db,
            "SELECT _scope, count(*) AS rows_read,"
            " count(*) FILTER (_fate = 'landed') AS landed, count(*) FILTER (_fate = 'unchanged') AS unchanged,"
            " count(*) FILTER (_fate = 'quarantine') AS quarantined, count(*) FILTER (_fate = 'drop') AS dropped,"
            " sum(_amount) AS read_amount, sum(_amount) FILTER (_fate = 'landed') AS landed_amount,"
            " sum(_amount) FILTER (_fate = 'unchanged') AS unchanged_amount,"
            " sum(_amount) FILTER (_fate = 'quarantine') AS quarantined_amount,"
            " sum(_amount) FILTER (_fate = 'drop') AS dropped_amount FROM incoming GROUP BY 1",
        )
    }
    accounts = []
    for scope in scopes:
        row: dict[str, Any] = found.get(scope, {})
        counts = {
            name: int(row.get(name) or 0)
            for name in ("rows_read", "landed", "unchanged", "quarantined", "dropped")
        }
        kinds = ("read", "landed", "unchanged", "quarantined", "dropped")
        amounts = {kind: (row.get(f"{kind}_amount") or Decimal(0)) if spec.money else None for kind in kinds}
        landing = Landing(stream=spec.stream, scope=scope, gone=gone.get(scope, 0), **counts)
        accounts.append(Account(landing, amounts))
    return accounts


def keep(
    tx: Transaction,
    spec: Spec,
    accounts: Sequence[Account],
    pages: Mapping[str, Spooled],
    batch_id: str,
    at: datetime,
    held_news: frozenset[str],
) -> None:
    """Keep the account of each scope that brought news; of money, of each file that was not seen before.

    `held_news` are the scopes whose quarantine changed.
    """
    for account in accounts:
        landing, amounts = account.landing, account.amounts
        facts = json.dumps(dict(pages[landing.scope].facts), sort_keys=True, default=str)
        news = landing.landed or landing.gone or landing.scope in held_news
        if not news and not (spec.money and not _file_known(tx.db, spec, landing.scope, facts)):
            continue
        tx.db.execute(
            f"INSERT INTO ops.batch VALUES ({', '.join('?' * 18)})",
            [
                batch_id, tx.seq, spec.source_id, spec.stream, landing.scope, at,
                landing.rows_read, landing.landed, landing.unchanged, landing.quarantined, landing.dropped,
                landing.gone, *amounts.values(), facts,
            ],
        )  # fmt: skip


def _file_known(db: duckdb.DuckDBPyConnection, spec: Spec, scope: str, facts: str) -> bool:
    last = db.execute(
        "SELECT facts FROM ops.batch WHERE source_id = ? AND stream = ? AND scope = ? ORDER BY seq DESC LIMIT 1",
        [spec.source_id, spec.stream, scope],
    ).fetchone()
    return last is not None and last[0] == facts


HELD_ROWS = """
CREATE OR REPLACE TEMP TABLE held AS
SELECT sha256(concat_ws(chr(31), $source, $stream, _scope, _place, _reason, payload)) AS quarantine_id,
       _scope AS scope, _place AS place, _reason AS reason, _key AS key, payload, _amount AS amount
FROM (SELECT _scope, _place, _reason, _key, _amount, to_json(_whole)::VARCHAR AS payload
      FROM (SELECT * EXCLUDE (_ordinal, _version, _hash) FROM incoming WHERE _fate = 'quarantine') AS _whole)
"""

HELD_JSON = """
CREATE OR REPLACE TEMP TABLE held AS
SELECT sha256(concat_ws(chr(31), $source, $stream, _scope, payload)) AS quarantine_id, _scope AS scope,
       _place AS place, _reason AS reason, _key AS key, payload::VARCHAR AS payload, _amount AS amount
FROM incoming
WHERE _fate = 'quarantine'
"""

ENTER = """
INSERT INTO ops.quarantine BY NAME
SELECT DISTINCT ON (quarantine_id) quarantine_id, $source AS source_id, $stream AS stream, scope, place, reason,
       key, payload, amount, $seq AS since_seq, $at AS since
FROM held
WHERE NOT list_contains($known, quarantine_id)
"""


def hold_back(tx: Transaction, spec: Spec, scopes: list[str], at: datetime) -> frozenset[str]:
    """Make the quarantine of these scopes what this pull found: new rows enter, mended ones are released.

    Returns the scopes in which that changed anything.
    """
    db = tx.db
    of_stream: dict[str, object] = {"source": spec.source_id, "stream": spec.stream}
    known = dict(
        db.execute(
            "SELECT quarantine_id, scope FROM ops.quarantine"
            " WHERE source_id = $source AND stream = $stream AND list_contains($scopes, scope)",
            of_stream | {"scopes": scopes},
        ).fetchall()
    )
    if not known and not one(db, "SELECT count(*) FROM incoming WHERE _fate = 'quarantine'"):
        return frozenset()
    db.execute(HELD_ROWS if spec.shape == "rows" else HELD_JSON, of_stream)
    found = dict(db.execute("SELECT quarantine_id, scope FROM held").fetchall())
    released = [identity for identity in known if identity not in found]
    if released:
        db.execute("DELETE FROM ops.quarantine WHERE list_contains(?, quarantine_id)", [released])
    if found.keys() - known.keys():
        db.execute(ENTER, of_stream | {"seq": tx.seq, "at": at, "known": list(known)})
    db.execute("DROP TABLE held")
    changed = {*found.items()} ^ {*known.items()}
    return frozenset(scope for _, scope in changed)


def quarantine(db: duckdb.DuckDBPyConnection) -> Iterator[dict[str, Any]]:
    """The rows that could not be read and still cannot, by source and place."""
    yield from rows(
        db,
        "SELECT source_id, stream, place, reason, key, since FROM ops.quarantine ORDER BY source_id, scope, place",
    )
