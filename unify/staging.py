"""What building the model and reading the ledger share: variables, the sources in one shape, small tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from unify.settings import Company, SourceFacts
from warehouse.database import quote, rows

HERE = Path(__file__).parent


def run_file(db: duckdb.DuckDBPyConnection, name: str) -> None:
    """Run the statements of a file of this package."""
    db.execute((HERE / name).read_text(encoding="utf-8"))


def set_variable(db: duckdb.DuckDBPyConnection, name: str, value: Any, cast: str = "") -> None:
    db.execute(f"SET VARIABLE {name} = $value{cast}", {"value": value})


def set_variables(db: duckdb.DuckDBPyConnection, company: Company) -> None:
    set_variable(db, "timezone", company.timezone)
    set_variable(db, "currency", company.currency)
    set_variable(db, "fiscal_start", company.fiscal_year.starts)
    set_variable(db, "fiscal_label", company.fiscal_year.label)


def stage(db: duckdb.DuckDBPyConnection, source: SourceFacts, money: bool) -> None:
    """Offer the source's streams as views of their own names and run the SQL of its kind, `<kind>.sql`, and of
    those of its streams that have one, `<kind>_<stream>.sql`.

    `money`: only where the source is a general ledger; else only where it is none.
    """
    streams = rows(db, "SELECT * FROM ops.stream WHERE source_id = ?", [source.source_id])
    if not streams or any(stream["money"] for stream in streams) != money:
        return  # never read, so that nothing is known of it; or of the other kind
    cursor = db.execute("SELECT cursor FROM ops.source WHERE source_id = ?", [source.source_id]).fetchone()
    set_variable(db, "source_id", source.source_id)
    set_variable(db, "options", json.dumps(source.options), "::JSON")
    set_variable(db, "cursor", cursor[0] if cursor and cursor[0] else "{}", "::JSON")
    if source.kind == "register":
        sheets = json.loads(cursor[0]).get("sheets", []) if cursor and cursor[0] else []
        set_variable(db, "money_expected", "money" in [str(sheet).lower() for sheet in sheets])
    for stream in streams:
        _offer(db, str(stream["stream"]), str(stream["table_name"]), json.loads(str(stream["reads"])))
    run_file(db, f"{source.kind}.sql")
    for stream in streams:
        # What not every source of the kind has stands in a file of its own.
        if (HERE / f"{source.kind}_{stream['stream']}.sql").exists():
            run_file(db, f"{source.kind}_{stream['stream']}.sql")
    for stream in streams:
        db.execute(f"DROP VIEW temp.{quote(str(stream['stream']))}")
        db.execute(f"DROP VIEW temp.{quote(str(stream['stream']) + '_version')}")


def _offer(db: duckdb.DuckDBPyConnection, stream: str, table: str, reads: Mapping[str, str]) -> None:
    """Views `<stream>` (the last versions that are not gone) and `<stream>_version` (all), in hub names."""
    names = [f"{quote('@' + name)} AS {quote(name)}" for name in reads] or ["payload", "_parent"]
    meta = "_key, _version, _seq, _at, _scope, _place, _row, _gone"
    everything = f"SELECT {meta}, {', '.join(names)} FROM {table}"
    last = "QUALIFY row_number() OVER (PARTITION BY _key ORDER BY _version DESC) = 1"
    db.execute(f"CREATE OR REPLACE TEMP VIEW {quote(stream + '_version')} AS {everything}")
    db.execute(
        f"CREATE OR REPLACE TEMP VIEW {quote(stream)} AS FROM ({everything} {last}) WHERE _gone IS NULL"
    )


def fill(
    db: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str], values: Iterable[tuple[Any, ...]]
) -> None:
    described = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    db.execute(f"CREATE OR REPLACE TEMP TABLE {table} ({described})")
    many = [list(row) for row in values]
    if many:
        db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(columns))})", many)


def known_initiatives(db: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The register's initiatives by each name they have, folded."""
    return dict(db.execute("SELECT name, initiative_id FROM model.initiative_name").fetchall())


def folded(name: str) -> str:
    """A name as `folded` in macros.sql has it: names are compared without regard to case and runs of space."""
    return " ".join(name.lower().split())


def department_ids(company: Company) -> dict[str, str]:
    """Departments by id or name, case ignored."""
    ids = {(d.name or key).lower(): key for key, d in company.departments.items()}
    return ids | {key.lower(): key for key in company.departments}
