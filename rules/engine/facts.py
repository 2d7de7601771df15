"""What rules may read: the documented views that tell facts, and a copy of them in a file of its own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

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
    shape: dict[str, dict[str, str]] = {view: {} for view in fact_views(db)}
    columns = db.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns()"
        " WHERE database_name = current_database() AND schema_name = 'main' ORDER BY table_name, column_index"
    )
    for view, column, type_ in columns.fetchall():
        if view in shape:
            shape[view][column] = type_
    return shape


def write_facts(db: duckdb.DuckDBPyConnection, path: Path, views: Collection[str] | None = None) -> None:
    """Copy the views that rules may read (or those of them in `views`) into a new DuckDB file as tables.

    `db` is the warehouse, outside any transaction: DuckDB writes to one database per transaction.
    """
    shape = {view: columns for view, columns in read_shape(db).items() if views is None or view in views}
    # ATTACH takes no parameter; the path is ours, and quoted.
    db.execute("ATTACH '{}' AS facts".format(str(path).replace("'", "''")))
    try:
        db.begin()
        try:
            for view, columns in shape.items():
                described = ", ".join(f'"{name}" {type_} {_stored(type_)}' for name, type_ in columns.items())
                db.execute(f'CREATE TABLE facts.main."{view}" ({described})')
                db.execute(f'INSERT INTO facts.main."{view}" SELECT * FROM main."{view}"')
        except duckdb.Error:
            db.rollback()
            raise
        db.commit()
    finally:
        db.execute("DETACH facts")


def _stored(type_: str) -> str:
    # DuckDB 1.5 takes a microsecond to unpack each compressed DECIMAL of more than 18 digits: the sum of five
    # million postings 3.4 s, uncompressed 0.13 s.
    return "USING COMPRESSION uncompressed" if type_.startswith("DECIMAL") else ""
