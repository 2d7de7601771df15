"""The record's tables: every version of every object of every source, and which of them stand now.

Each source and stream has a table of its own in schema `raw`, made when its first page lands. Its columns
beginning with `_` are Interlock's; a `json` stream has a `payload`, a `rows` stream one text column per
source column and one `@name` column per mapped name. A version whose `_gone` is not NULL is a tombstone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.database import Transaction, one, quote

META = {
    "_key": "VARCHAR",
    "_version": "INTEGER",
    "_hash": "VARCHAR",
    "_seq": "BIGINT",
    "_batch": "VARCHAR",
    "_at": "TIMESTAMP",
    "_scope": "VARCHAR",
    "_place": "VARCHAR",
    "_row": "BIGINT",
    "_gone": "VARCHAR",
}
LEAST_LOSS = 10  # a census may always lose fewer keys than this


@dataclass(frozen=True)
class Spec:
    """A stream as the record needs to know it; the fields are those of `connectors.contract.Stream`."""

    source_id: str
    stream: str
    shape: str
    key: str = "_key"
    records: tuple[str, ...] = ()
    parent: str = ""
    content: tuple[str, ...] = ()
    reads: Mapping[str, str] = field(default_factory=dict)
    unique: bool = False
    money: bool = False

    @property
    def table(self) -> str:
        return "raw." + quote(f"{self.source_id}/{self.stream}")


@dataclass(frozen=True)
class Spooled:
    """One page on disk; the fields are those of `connectors.contract.Page`."""

    path: Path
    scope: str = ""
    complete: bool = False
    keys_only: bool = False
    facts: Mapping[str, Any] = field(default_factory=dict)


class CensusRefused(Exception):
    """A census would lose more of what is known than the set share; nothing was marked as gone."""


def missing(
    db: duckdb.DuckDBPyConnection, spec: Spec, pages: Sequence[Spooled], largest_loss: float
) -> list[str]:
    """The live keys that a completed census (pages of ids alone) does not hold.

    Raises CensusRefused where they are more than the share `largest_loss` of what is live.
    """
    make_table(db, spec)
    db.execute("CREATE OR REPLACE TEMP TABLE census (_key VARCHAR)")
    for page in pages:
        db.execute(
            "INSERT INTO census SELECT unnest(json_extract_string(content, $paths)) FROM read_text($file)",
            {"paths": f"$.{spec.records[0]}[*].{spec.key}", "file": str(page.path)},
        )
    live = db.execute(
        f"SELECT _key FROM {latest(spec)} WHERE _gone IS NULL AND _key NOT IN (FROM census) ORDER BY _key"
    ).fetchall()
    db.execute("DROP TABLE census")
    if live:
        known = one(db, f"SELECT count(*) FROM {latest(spec)} WHERE _gone IS NULL")
        refuse_large_loss(len(live), known, largest_loss, spec.source_id)
    return [key for (key,) in live]


def bury(tx: Transaction, spec: Spec, reasons: Mapping[str, str], at: datetime) -> None:
    """Append a tombstone for each key, with the reason why it is gone."""
    if not reasons:
        return
    tx.db.execute(
        f"INSERT INTO {spec.table} BY NAME SELECT latest._key, latest._version + 1 AS _version, $seq AS _seq,"
        f" $at AS _at, latest._scope, latest._place, lost.reason AS _gone, '' AS _hash"
        f" FROM {latest(spec)} AS latest"
        f" JOIN (SELECT unnest($keys) AS _key, unnest($reasons) AS reason) AS lost USING (_key)"
        f" WHERE latest._gone IS DISTINCT FROM lost.reason",
        {"seq": tx.seq, "at": at, "keys": list(reasons), "reasons": list(reasons.values())},
    )
    remember_pages(tx.db, spec, None)


def latest(spec: Spec) -> str:
    """SQL for the last version of each key, tombstones included."""
    return f"(FROM {spec.table} QUALIFY row_number() OVER (PARTITION BY _key ORDER BY _version DESC) = 1)"


def make_table(db: duckdb.DuckDBPyConnection, spec: Spec) -> None:
    """Make sure that the stream's table is there, with a column for each name that its mapping reads."""
    known = db.execute(
        "SELECT reads FROM ops.stream WHERE source_id = ? AND stream = ?", [spec.source_id, spec.stream]
    ).fetchone()
    reads = json.dumps(dict(spec.reads), sort_keys=True)
    if known is None:
        columns = dict(META)
        if spec.shape == "json":
            columns |= {"_parent": "VARCHAR", "payload": "JSON"}
        columns |= {f"@{name}": "VARCHAR" for name in spec.reads}
        described = ", ".join(f"{quote(name)} {kind}" for name, kind in columns.items())
        db.execute(f"CREATE TABLE {spec.table} ({described})")
        db.execute(
            "INSERT INTO ops.stream VALUES (?, ?, ?, ?, ?, ?, NULL)",
            [spec.source_id, spec.stream, spec.table, spec.shape, reads, spec.money],
        )
    elif known[0] != reads:
        db.execute(
            "UPDATE ops.stream SET reads = ?, pages = NULL WHERE source_id = ? AND stream = ?",
            [reads, spec.source_id, spec.stream],
        )
        for name in spec.reads:
            db.execute(f"ALTER TABLE {spec.table} ADD COLUMN IF NOT EXISTS {quote('@' + name)} VARCHAR")


def remember_pages(db: duckdb.DuckDBPyConnection, spec: Spec, digest: str | None) -> None:
    """Keep the hash of the pages that landed last; None where what they landed stands no longer."""
    db.execute(
        "UPDATE ops.stream SET pages = ? WHERE source_id = ? AND stream = ?",
        [digest, spec.source_id, spec.stream],
    )


def landed_last(db: duckdb.DuckDBPyConnection, spec: Spec, digest: str) -> bool:
    """Whether these pages are the ones that landed last, so that they hold no news."""
    query = "SELECT pages FROM ops.stream WHERE source_id = ? AND stream = ?"
    return bool(one(db, query, [spec.source_id, spec.stream]) == digest)


def refuse_large_loss(lost: int, known: int, largest_loss: float, what: str) -> None:
    """Raises CensusRefused where more is missing than is believed at once."""
    if lost >= LEAST_LOSS and lost > known * largest_loss:
        raise CensusRefused(
            f"{what}: {lost} of {known} known records are missing, more than the share of {largest_loss:.0%}"
            " that is believed at once. The last good data stands. If they are really gone, set `max_loss: 1`"
            " for this source for one run."
        )
