"""Opens the warehouse, brings its tables up to date, and wraps what changes it in transactions."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import duckdb

HERE = Path(__file__).parent
MIGRATIONS = sorted((HERE / "migrations").glob("*.sql"))
VIEWS = sorted((HERE / "views").glob("*.sql"))

if importlib.util.find_spec("pandas") is None:
    # DuckDB asks for pandas twice per bound value, and Python searches its path each time: without this a
    # small statement takes 1.0 ms in place of 0.6.
    sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]

# Nothing is ever fetched from outside at run time.
SETTINGS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


ROWS_WORTH_BOTH = 200_000
ROWS_AT_ONCE = 50_000
LANDING_MEMORY = "128MB"

COMMENT = re.compile(r"--[^\n]*")
SCHEMAS = re.compile(r"\b(breaks|journal|model|ops|outbox|plan|raw)\.")


class WarehouseError(Exception):
    """The warehouse cannot be used as it is; the message says which file, what is wrong and what to do."""


def open_database(path: Path | None, read_only: bool = False) -> duckdb.DuckDBPyConnection:
    """A connection to the warehouse at `path` (None: in memory), its tables and views up to date.

    Raises WarehouseError where the file is not a warehouse, or is newer than this program.
    """
    if path is not None and not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        db = duckdb.connect(str(path) if path else ":memory:", read_only=read_only, config=dict(SETTINGS))
    except (duckdb.IOException, duckdb.SerializationException, duckdb.InvalidInputException) as error:
        raise WarehouseError(
            f"{path}: cannot be opened as a DuckDB 1.5 database: {error}. "
            "If another program has it open, close that; else name another `warehouse` or restore a backup."
        ) from error
    _suit_size(db)
    if not read_only:
        migrate(db)
    return db


def _suit_size(db: duckdb.DuckDBPyConnection) -> None:
    """On little data threads and compression cost more than they bring: with threads a hundred small statements
    take three times as long, with compression a checkpoint of as many small tables takes twice as long."""
    if _is_small(db):
        db.execute("SET threads = 1")
        db.execute("SET force_compression = 'uncompressed'")


def _is_small(db: duckdb.DuckDBPyConnection) -> bool:
    return bool(one(db, "SELECT coalesce(sum(estimated_size), 0) FROM duckdb_tables()") < ROWS_WORTH_BOTH)


@contextmanager
def attached(db: duckdb.DuckDBPyConnection, path: Path, name: str) -> Iterator[None]:
    """A file beside the warehouse, made where it is not there, as the database `name`; whole on disk at the end.

    On little data its blocks are small: a copy of the views then takes 0.5 MB and is written in 24 ms, in place of
    7.6 MB and 61 ms (`bench/small_statements.py`). DuckDB 1.2 and newer read it, as BI tools may use an older one.
    """
    # ATTACH takes no parameter; the path is ours, and quoted.
    quoted = str(path).replace("'", "''")
    blocks = "BLOCK_SIZE 16384, " if not path.exists() and _is_small(db) else ""
    # No log beside it: it is whole only when this block has ended (DETACH raises where it cannot be written), and what
    # a crash leaves of it is thrown away: a snapshot's draft by the next `publish`, facts with the scratch folder.
    options = f"{blocks}STORAGE_VERSION 'v1.2.0', RECOVERY_MODE 'no_wal_writes'"
    db.execute(f"ATTACH '{quoted}' AS {quote(name)} ({options})")
    try:
        yield
    finally:
        db.execute(f"DETACH {quote(name)}")


@contextmanager
def much_at_once(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For a transaction that appends much. It keeps to LANDING_MEMORY, and what is more waits on disk beside the
    warehouse. Its commit writes into the warehouse itself: else all of it goes through the log first, and is read
    and written again by the next checkpoint (93 MB: 0.85 s, so 0.4), as DuckDB 1.5 counts a text as 16 bytes."""
    names = {"memory_limit": LANDING_MEMORY, "checkpoint_threshold": "100KB"}
    before = {name: one(db, "SELECT current_setting(?)", [name]) for name in names}
    try:
        _set(db, names)
        yield
    finally:
        _set(db, before)  # RESET says that the limit of memory is gone, and leaves it (DuckDB 1.5.6).


def _set(db: duckdb.DuckDBPyConnection, settings: Mapping[str, str]) -> None:
    for name, value in settings.items():
        db.execute(f"SET {name} = '{value}'")


def migrate(db: duckdb.DuckDBPyConnection) -> None:
    """Apply the migrations that this database has not seen, then write the documented views anew."""
    db.execute("CREATE TABLE IF NOT EXISTS migration (number INTEGER, name VARCHAR, hash VARCHAR)")
    done: dict[str, str] = dict(db.execute("SELECT name, hash FROM migration").fetchall())
    known = {path.name for path in MIGRATIONS}
    if newer := sorted(set(done) - known):
        raise WarehouseError(
            f"the warehouse was written by a newer Interlock (it has {newer[0]}). Upgrade this one, "
            "or name another `warehouse`."
        )
    for number, path in enumerate(MIGRATIONS, start=1):
        if path.name in done:
            continue
        text = path.read_text(encoding="utf-8")
        with transaction(db, "migrate"):
            db.execute(text)
            digest = hashlib.sha256(text.encode()).hexdigest()
            db.execute("INSERT INTO migration VALUES (?, ?, ?)", [number, path.name, digest])
    surface = hashlib.sha256(b"".join(path.read_bytes() for path in VIEWS)).hexdigest()
    if fingerprint(db, "views") != surface:
        with transaction(db, "migrate"):
            for path in VIEWS:
                db.execute(
                    f"CREATE OR REPLACE VIEW {quote(path.stem)} AS\n{path.read_text(encoding='utf-8')}"
                )
            set_fingerprint(db, "views", surface)


def documented_views() -> list[str]:
    """The names of the views that readers and BI tools may rely on, one file each in `warehouse/views/`."""
    return [path.stem for path in VIEWS]


@cache
def derived_views() -> dict[str, str]:
    """Those of the documented views that read other documented views alone, with their SQL: where these stand, a
    view tells the same as a copy, and a run need not compute what nobody may ask."""
    texts = {path.stem: path.read_text(encoding="utf-8") for path in VIEWS}
    return {name: text for name, text in texts.items() if not SCHEMAS.search(COMMENT.sub("", text))}


def quote(identifier: str) -> str:
    """An identifier for SQL text. Values are never put into SQL text; names of columns must be."""
    return '"' + identifier.replace('"', '""') + '"'


class Transaction:
    """An open write transaction of one stage; its place in the commit sequence is taken when first asked for."""

    def __init__(self, db: duckdb.DuckDBPyConnection, stage: str) -> None:
        self.db = db
        self.stage = stage
        self._seq: int | None = None

    @property
    def seq(self) -> int:
        """The commit's number. Taking it updates the stage's guard row, so that two writers conflict."""
        if self._seq is None:
            self._seq = last_seq(self.db) + 1
            updated = self.db.execute(
                "UPDATE ops.guard SET seq = ? WHERE stage = ?", [self._seq, self.stage]
            ).fetchone()
            if updated == (0,):
                self.db.execute("INSERT INTO ops.guard VALUES (?, ?)", [self.stage, self._seq])
        return self._seq


@contextmanager
def transaction(db: duckdb.DuckDBPyConnection, stage: str) -> Iterator[Transaction]:
    """All or nothing: committed at the end of the block, rolled back on any error."""
    db.begin()
    try:
        yield Transaction(db, stage)
    except BaseException:
        db.rollback()
        raise
    db.commit()


def last_seq(db: duckdb.DuckDBPyConnection) -> int:
    """The number of the last commit that changed the record, 0 for a new warehouse."""
    value = one(db, "SELECT coalesce(max(seq), 0) FROM ops.guard")
    return value if isinstance(value, int) else 0


def one(db: duckdb.DuckDBPyConnection, query: str, parameters: list[object] | None = None) -> Any:
    """The single value of a query that gives one row and one column; None where it gives no row."""
    row = db.execute(query, parameters or []).fetchone()
    return row[0] if row else None


def rows(
    db: duckdb.DuckDBPyConnection, query: str, parameters: list[object] | dict[str, object] | None = None
) -> list[dict[str, Any]]:
    """The rows of a query, each as a dict by column name."""
    result = db.execute(query, parameters or [])
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def insert(db: duckdb.DuckDBPyConnection, table: str, written: Sequence[Mapping[str, Any]]) -> None:
    """Append rows, each a dict by column name with the same names; a JSON column takes its text.

    One document for many of them: DuckDB takes its time over each statement, and 0.1 ms over each bound value.
    """
    if not written:
        return
    types = {name: kind for name, kind, *_ in db.execute(f"DESCRIBE {table}").fetchall()}
    shape = {name: "VARCHAR" if types[name] == "JSON" else types[name] for name in written[0]}
    for start in range(0, len(written), ROWS_AT_ONCE):
        document = json.dumps(written[start : start + ROWS_AT_ONCE], default=str)
        db.execute(
            f"INSERT INTO {table} BY NAME"
            " SELECT row.* FROM (SELECT unnest(json_transform_strict($rows, $shape)) AS row)",
            {"rows": document, "shape": json.dumps([shape])},
        )


def fingerprint(db: duckdb.DuckDBPyConnection, stage: str) -> str | None:
    """What the stage last worked on, as its own hash."""
    value = one(db, "SELECT fingerprint FROM ops.fingerprint WHERE stage = ?", [stage])
    return None if value is None else str(value)


def set_fingerprint(db: duckdb.DuckDBPyConnection, stage: str, value: str) -> None:
    """Remember what the stage worked on; belongs into the transaction that wrote its result."""
    db.execute("DELETE FROM ops.fingerprint WHERE stage = ?", [stage])
    db.execute("INSERT INTO ops.fingerprint VALUES (?, ?)", [stage, value])
