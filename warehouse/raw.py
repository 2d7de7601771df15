"""Lands spooled pages in the record: set-wise, appending only what differs from a key's last version.

Each source and stream has a table of its own in schema `raw`, made when its first page lands. Its columns
beginning with `_` are Interlock's; a `json` stream has a `payload`, a `rows` stream one text column per
source column and one `@name` column per mapped name. A version whose `_gone` is not NULL is a tombstone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from warehouse.database import Transaction, quote, rows

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
SPOOLED = ("_key", "_place", "_row", "_fate", "_reason", "_amount")
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


class CensusRefused(Exception):
    """A census would lose more of what is known than the set share; nothing was marked as gone."""


def land(tx: Transaction, spec: Spec, pages: Sequence[Spooled], at: datetime) -> list[Landing]:
    """Land the pages of one stream in the caller's transaction; returns one account per scope.

    `at` is UTC without a timezone. Census pages are not landed here: see `missing` and `bury`.
    """
    db = tx.db
    _make_table(db, spec)
    _load(db, spec, [page for page in pages if not page.keys_only])
    _settle_duplicates(db, spec)
    _judge(db, spec)
    batch_id = _batch_id(spec, pages)
    if db.execute("SELECT 1 FROM incoming WHERE _fate = 'landed' LIMIT 1").fetchone():
        _append(db, spec, tx.seq, batch_id, at)
    scopes = {page.scope: page for page in pages if not page.keys_only}
    complete = [page.scope for page in pages if page.complete and not page.keys_only]
    gone = _bury_absent(db, spec, tx, batch_id, at, complete) if complete else {}
    accounts = _accounts(db, scopes, gone, spec)
    _write_accounts(tx, spec, accounts, scopes, batch_id, at)
    _write_quarantine(tx, spec, list(scopes), at)
    db.execute("DROP TABLE incoming")
    return [account.landing for account in accounts]


def missing(
    db: duckdb.DuckDBPyConnection, spec: Spec, pages: Sequence[Spooled], largest_loss: float
) -> list[str]:
    """The live keys that a completed census (pages of ids alone) does not hold.

    Raises CensusRefused where they are more than the share `largest_loss` of what is live.
    """
    _make_table(db, spec)
    db.execute("CREATE OR REPLACE TEMP TABLE census (_key VARCHAR)")
    for page in pages:
        db.execute(
            "INSERT INTO census SELECT unnest(json_extract_string(content, $paths)) FROM read_text($file)",
            {"paths": f"$.{spec.records[0]}[*].{spec.key}", "file": str(page.path)},
        )
    live = db.execute(
        f"SELECT _key FROM {_latest(spec)} WHERE _gone IS NULL AND _key NOT IN (FROM census) ORDER BY _key"
    ).fetchall()
    known = db.execute(f"SELECT count(*) FROM {_latest(spec)} WHERE _gone IS NULL").fetchone()
    db.execute("DROP TABLE census")
    _refuse_large_loss(len(live), int(known[0]) if known else 0, largest_loss, spec.source_id)
    return [key for (key,) in live]


def bury(tx: Transaction, spec: Spec, reasons: Mapping[str, str], at: datetime) -> None:
    """Append a tombstone for each key, with the reason why it is gone."""
    if not reasons:
        return
    tx.db.execute(
        f"INSERT INTO {spec.table} BY NAME SELECT latest._key, latest._version + 1 AS _version, $seq AS _seq,"
        f" $at AS _at, latest._scope, latest._place, lost.reason AS _gone, '' AS _hash"
        f" FROM {_latest(spec)} AS latest"
        f" JOIN (SELECT unnest($keys) AS _key, unnest($reasons) AS reason) AS lost USING (_key)"
        f" WHERE latest._gone IS DISTINCT FROM lost.reason",
        {"seq": tx.seq, "at": at, "keys": list(reasons), "reasons": list(reasons.values())},
    )


def live_scopes(db: duckdb.DuckDBPyConnection, spec: Spec) -> list[str]:
    """The scopes in which records of this stream stand."""
    _make_table(db, spec)
    found = db.execute(f"SELECT DISTINCT _scope FROM {_latest(spec)} WHERE _gone IS NULL ORDER BY 1").fetchall()
    return [scope for (scope,) in found]


def _latest(spec: Spec) -> str:
    return f"(FROM {spec.table} QUALIFY row_number() OVER (PARTITION BY _key ORDER BY _version DESC) = 1)"


def _make_table(db: duckdb.DuckDBPyConnection, spec: Spec) -> None:
    known = db.execute(
        "SELECT reads FROM ops.stream WHERE source_id = ? AND stream = ?", [spec.source_id, spec.stream]
    ).fetchone()
    reads = json.dumps(dict(spec.reads), sort_keys=True)
    if known is None:
        columns = dict(META)
        if spec.shape == "json":
            columns |= {"_parent": "VARCHAR", "payload": "JSON"}
        described = ", ".join(f"{quote(name)} {kind}" for name, kind in columns.items())
        db.execute(f"CREATE TABLE {spec.table} ({described})")
        db.execute(
            "INSERT INTO ops.stream VALUES (?, ?, ?, ?, ?)",
            [spec.source_id, spec.stream, spec.table, spec.shape, reads],
        )
    elif known[0] != reads:
        db.execute(
            "UPDATE ops.stream SET reads = ? WHERE source_id = ? AND stream = ?",
            [reads, spec.source_id, spec.stream],
        )
    for name in spec.reads:
        db.execute(f"ALTER TABLE {spec.table} ADD COLUMN IF NOT EXISTS {quote('@' + name)} VARCHAR")


def _load(db: duckdb.DuckDBPyConnection, spec: Spec, pages: Sequence[Spooled]) -> None:
    """Fill the temporary table `incoming`: a row per record of the pages, in their order."""
    columns = "_ordinal BIGINT, _key VARCHAR, _place VARCHAR, _row BIGINT, _scope VARCHAR, _fate VARCHAR,"
    columns += " _reason VARCHAR, _amount DECIMAL(19, 4), _hash VARCHAR"
    if spec.shape == "json":
        columns += ", _parent VARCHAR, payload JSON"
    db.execute(f"CREATE OR REPLACE TEMP TABLE incoming ({columns})")
    for ordinal, page in enumerate(pages):
        if spec.shape == "json":
            _load_json(db, spec, page, ordinal)
        else:
            _load_rows(db, spec, page, ordinal)


def _load_json(db: duckdb.DuckDBPyConnection, spec: Spec, page: Spooled, ordinal: int) -> None:
    outer = f"SELECT unnest(json_extract(content, '$.{spec.records[0]}[*]')) AS record FROM read_text($file)"
    if len(spec.records) == 1:
        source = f"SELECT record, NULL::VARCHAR AS parent FROM ({outer})"
    else:
        source = (
            f"SELECT unnest(json_extract(record, '$.{spec.records[1]}[*]')) AS record,"
            f" record ->> '$.{spec.parent}' AS parent FROM ({outer})"
        )
    hashed = "sha256(json_extract(record, $content)::VARCHAR)" if spec.content else "sha256(record::VARCHAR)"
    values: dict[str, Any] = {"file": str(page.path), "scope": page.scope, "base": ordinal << 32}
    if spec.content:
        values["content"] = list(spec.content)
    db.execute(
        "INSERT INTO incoming BY NAME"
        f" SELECT $base + row_number() OVER () AS _ordinal, record ->> '$.{spec.key}' AS _key, parent AS _parent,"
        f" $scope AS _scope, CASE WHEN record ->> '$.{spec.key}' IS NULL THEN 'quarantine' ELSE 'land' END AS _fate,"
        f" CASE WHEN record ->> '$.{spec.key}' IS NULL THEN 'a record without its id' END AS _reason,"
        f" {hashed} AS _hash, record AS payload FROM ({source})",
        values,
    )


def _load_rows(db: duckdb.DuckDBPyConnection, spec: Spec, page: Spooled, ordinal: int) -> None:
    reader = "read_json_auto" if page.path.suffix == ".ndjson" else "read_parquet"
    if page.path.suffix == ".ndjson" and not page.path.read_bytes().strip():
        return
    described = db.execute(f"DESCRIBE SELECT * FROM {reader}($file)", {"file": str(page.path)}).fetchall()
    present = [row[0] for row in described]
    own = [name for name in present if name not in SPOOLED]
    for name in own:
        db.execute(f"ALTER TABLE incoming ADD COLUMN IF NOT EXISTS {quote(name)} VARCHAR")
    mapped = [f"'{name}=' || {quote('@' + name)}" for name in sorted(spec.reads) if "@" + name in present]
    hashed = f"sha256(concat_ws(chr(31), {', '.join(mapped)}))" if mapped else "''"
    amount = "_amount" if "_amount" in present else "NULL"
    texts = "".join(f", {quote(name)}::VARCHAR AS {quote(name)}" for name in own)
    db.execute(
        "INSERT INTO incoming BY NAME SELECT $base + row_number() OVER () AS _ordinal, _key::VARCHAR AS _key,"
        f" _place, _row, $scope AS _scope, _fate, _reason, {amount} AS _amount, {hashed} AS _hash{texts}"
        f" FROM {reader}($file)",
        {"file": str(page.path), "scope": page.scope, "base": ordinal << 32},
    )


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
            "UPDATE incoming SET _fate = 'quarantine', _reason = 'key ' || incoming._key || ' stands more than once: ' ||"
            " incoming._place || ' and ' || other._place || '. Give each row a key of its own'"
            f" FROM {_latest(spec)} AS other WHERE other._key = incoming._key AND other._gone IS NULL"
            " AND _fate = 'land' AND other._hash <> incoming._hash"
            " AND other._scope NOT IN (SELECT DISTINCT _scope FROM incoming)"
        )
    db.execute(
        "UPDATE incoming SET _fate = 'unchanged' WHERE _fate = 'land' AND _ordinal NOT IN"
        " (SELECT max(_ordinal) FROM incoming WHERE _fate = 'land' GROUP BY _key)"
    )


def _judge(db: duckdb.DuckDBPyConnection, spec: Spec) -> None:
    """Tell `landed` (news) from `unchanged`, by the hash of the key's last version."""
    db.execute("ALTER TABLE incoming ADD COLUMN _version INTEGER")
    db.execute(
        "UPDATE incoming SET _fate = CASE WHEN latest._gone IS NULL AND latest._hash = incoming._hash"
        " THEN 'unchanged' ELSE 'landed' END, _version = latest._version + 1"
        f" FROM {_latest(spec)} AS latest WHERE latest._key = incoming._key AND incoming._fate = 'land'"
    )
    db.execute("UPDATE incoming SET _fate = 'landed', _version = 1 WHERE _fate = 'land'")


def _append(db: duckdb.DuckDBPyConnection, spec: Spec, seq: int, batch_id: str, at: datetime) -> None:
    present = [row[0] for row in db.execute("DESCRIBE incoming").fetchall()]
    own = [name for name in present if name not in META and name not in (*SPOOLED, "_ordinal", "_amount")]
    for name in own:
        kind = "JSON" if name == "payload" else "VARCHAR"
        db.execute(f"ALTER TABLE {spec.table} ADD COLUMN IF NOT EXISTS {quote(name)} {kind}")
    texts = "".join(f", {quote(name)}" for name in own)
    db.execute(
        f"INSERT INTO {spec.table} BY NAME SELECT _key, _version, _hash, $seq AS _seq, $batch AS _batch,"
        f" $at AS _at, _scope, _place, _row{texts} FROM incoming WHERE _fate = 'landed' ORDER BY _ordinal",
        {"seq": seq, "batch": batch_id, "at": at},
    )


def _bury_absent(
    db: duckdb.DuckDBPyConnection, spec: Spec, tx: Transaction, batch_id: str, at: datetime, scopes: list[str]
) -> dict[str, int]:
    """Tombstones for keys that stood in a scope which was read whole, and stand nowhere in this pull."""
    absent = (
        f"SELECT latest.* FROM {_latest(spec)} AS latest WHERE latest._gone IS NULL"
        " AND list_contains($scopes, latest._scope)"
        " AND NOT EXISTS (FROM incoming WHERE incoming._key = latest._key)"
    )
    counted = db.execute(f"SELECT _scope, count(*) FROM ({absent}) GROUP BY 1", {"scopes": scopes}).fetchall()
    if not counted:
        return {}
    known = db.execute(
        f"SELECT count(*) FROM {_latest(spec)} AS latest WHERE _gone IS NULL AND list_contains($scopes, _scope)",
        {"scopes": scopes},
    ).fetchone()
    lost = sum(number for _, number in counted)
    _refuse_large_loss(lost, int(known[0]) if known else 0, 0.5, f"{spec.source_id} ({', '.join(scopes)})")
    db.execute(
        f"INSERT INTO {spec.table} BY NAME SELECT _key, _version + 1 AS _version, '' AS _hash, $seq AS _seq,"
        f" $batch AS _batch, $at AS _at, _scope, _place, _row, 'deleted' AS _gone FROM ({absent})",
        {"scopes": scopes, "seq": tx.seq, "batch": batch_id, "at": at},
    )
    return dict(counted)


def _refuse_large_loss(lost: int, known: int, largest_loss: float, what: str) -> None:
    if lost >= LEAST_LOSS and lost > known * largest_loss:
        raise CensusRefused(
            f"{what}: {lost} of {known} known records are missing, more than the share of {largest_loss:.0%}"
            " that is believed at once. The last good data stands. If they are really gone, set `max_loss: 1`"
            " for this source for one run."
        )


@dataclass(frozen=True)
class _Account:
    landing: Landing
    amounts: dict[str, Decimal | None]


def _accounts(
    db: duckdb.DuckDBPyConnection, scopes: Mapping[str, Spooled], gone: Mapping[str, int], spec: Spec
) -> list[_Account]:
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
        counts = {name: int(row.get(name) or 0) for name in
                  ("rows_read", "landed", "unchanged", "quarantined", "dropped")}
        kinds = ("read", "landed", "unchanged", "quarantined", "dropped")
        amounts = {
            kind: (row.get(f"{kind}_amount") or Decimal(0)) if spec.money else None for kind in kinds
        }
        landing = Landing(stream=spec.stream, scope=scope, gone=gone.get(scope, 0), **counts)
        accounts.append(_Account(landing, amounts))
    return accounts


def _write_accounts(
    tx: Transaction,
    spec: Spec,
    accounts: Sequence[_Account],
    pages: Mapping[str, Spooled],
    batch_id: str,
    at: datetime,
) -> None:
    """Keep the account of each scope that brought news; of money, of each file that was not seen before."""
    for account in accounts:
        landing, amounts = account.landing, account.amounts
        facts = json.dumps(dict(pages[landing.scope].facts), sort_keys=True, default=str)
        news = landing.landed or landing.gone
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


def _write_quarantine(tx: Transaction, spec: Spec, scopes: list[str], at: datetime) -> None:
    """Make the quarantine of these scopes what this pull found: new rows enter, mended ones are released."""
    db = tx.db
    db.execute(
        "CREATE OR REPLACE TEMP TABLE held AS SELECT sha256(concat_ws(chr(31), $source, $stream, _scope, _place,"
        " _reason, payload)) AS quarantine_id, _scope AS scope, _place AS place, _reason AS reason, _key AS key,"
        " payload, _amount AS amount FROM (SELECT *, to_json(incoming)::VARCHAR AS payload FROM"
        " (SELECT * EXCLUDE (_ordinal, _version, _hash) FROM incoming WHERE _fate = 'quarantine') AS incoming)"
        if spec.shape == "rows"
        else "CREATE OR REPLACE TEMP TABLE held AS SELECT sha256(concat_ws(chr(31), $source, $stream, _scope,"
        " payload)) AS quarantine_id, _scope AS scope, _place AS place, _reason AS reason, _key AS key,"
        " payload::VARCHAR AS payload, _amount AS amount FROM incoming WHERE _fate = 'quarantine'",
        {"source": spec.source_id, "stream": spec.stream},
    )
    here = "source_id = $source AND stream = $stream AND list_contains($scopes, scope)"
    where = {"source": spec.source_id, "stream": spec.stream, "scopes": scopes}
    known = {i for (i,) in db.execute(f"SELECT quarantine_id FROM ops.quarantine WHERE {here}", where).fetchall()}
    found = {i for (i,) in db.execute("SELECT quarantine_id FROM held").fetchall()}
    if known != found:
        db.execute(f"DELETE FROM ops.quarantine WHERE {here} AND quarantine_id NOT IN"
                   " (SELECT quarantine_id FROM held)", where)  # fmt: skip
        db.execute(
            "INSERT INTO ops.quarantine BY NAME SELECT DISTINCT ON (quarantine_id) quarantine_id,"
            " $source AS source_id, $stream AS stream, scope, place, reason, key, payload, amount,"
            " $seq AS since_seq, $at AS since FROM held WHERE NOT list_contains($known, quarantine_id)",
            {"source": spec.source_id, "stream": spec.stream, "seq": tx.seq, "at": at, "known": list(known)},
        )
    db.execute("DROP TABLE held")


def _batch_id(spec: Spec, pages: Sequence[Spooled]) -> str:
    """The same pages give the same id, so that a repeated run writes the same record."""
    digest = hashlib.sha256(f"{spec.source_id}\x1f{spec.stream}".encode())
    for page in pages:
        digest.update(page.scope.encode() + b"\x1f" + hashlib.sha256(page.path.read_bytes()).digest())
    return digest.hexdigest()[:32]


def quarantine(db: duckdb.DuckDBPyConnection) -> Iterator[dict[str, object]]:
    """The rows that could not be read and still cannot, by source and place."""
    yield from rows(
        db,
        "SELECT source_id, stream, place, reason, key, since FROM ops.quarantine ORDER BY source_id, scope, place",
    )
