"""What rules may read: the documented views that tell facts, and a copy of them in a file of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from warehouse.database import attached, transaction

HERE = Path(__file__).parent

Shape = Mapping[str, Mapping[str, str]]
"""View name → column name → DuckDB type, columns in the view's order."""


def fact_views(db: duckdb.DuckDBPyConnection) -> list[str]:
    """The views that rules may read, from the warehouse's catalogue, sorted.

    Views on breaks, alerts and the journal are not among them: a rule states facts, and may not depend on
    what Interlock concluded or sent before.
    """
    query = (HERE / "fact_views.sql").read_text(encoding="utf-8")
    return [name for (name,) in db.execute(query).fetchall()]


def read_shape(db: duckdb.DuckDBPyConnection) -> Shape:
    """The columns of the views that rules may read."""
    return {view: _columns(db, view) for view in fact_views(db)}


def _columns(db: duckdb.DuckDBPyConnection, view: str) -> Mapping[str, str]:
    described = db.execute(f'DESCRIBE main."{view}"').fetchall()
    return {name: type_ for name, type_, *_ in described}


def write_facts(db: duckdb.DuckDBPyConnection, path: Path, views: Collection[str] | None = None) -> None:
    """Copy the views that rules may read (or those of them in `views`) into a new DuckDB file as tables.

    `db` is the warehouse, outside any transaction: DuckDB writes to one database per transaction.
    """
    copied = [view for view in fact_views(db) if views is None or view in views]
    with attached(db, path, "facts"), transaction(db, "facts"):
        for view in copied:
            db.execute(f'CREATE TABLE facts.main."{view}" AS SELECT * FROM main."{view}"')
