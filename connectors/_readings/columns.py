"""Reads the mapped columns of a table of text cells: each by the style that its own cells show.

Nothing is guessed: where a whole column reads in two ways, that is an error that names the setting to add.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import duckdb

from connectors._readings.figures import HEAD, TAIL, shape
from connectors._readings.sql import SQL
from connectors._readings.styles import Spot, date_order, decimal_mark, short_years_of, votes_of
from connectors.contract import Reading

DateOrder = Literal["dmy", "mdy", "ymd"]
Mark = Literal[".", ","]

PLAIN = ("text", "key")
"""Readings that need no style."""

SERIAL_ZERO = {False: date(1899, 12, 30), True: date(1904, 1, 1)}  # by whether the workbook counts from 1904

QUOTED = (
    """UPDATE meaning SET problem = ': "' || left(text, 60) || '" ' || problem WHERE problem IS NOT NULL"""
)


@dataclass(frozen=True)
class Settings:
    """What a source's options say about how its cells are read; None: found from each column."""

    decimal: Mark | None = None
    thousands: str | None = None
    date_order: DateOrder | None = None
    since_1904: bool = False

    @property
    def mark(self) -> Mark | None:
        """The decimal mark, if it is set: also by the other one's standing between thousands."""
        if self.decimal is None and self.thousands in (".", ","):
            return "," if self.thousands == "." else "."
        return self.decimal


@dataclass(frozen=True)
class Mapped:
    """One mapped column: the hub's name for it, how its cells are read, its position (from 1), its header."""

    name: str
    reading: Reading
    position: int
    header: str


def read_columns(
    db: duckdb.DuckDBPyConnection,
    columns: Sequence[Mapped],
    cells: Sequence[str],
    spots: Sequence[Spot],
    settings: Settings,
) -> tuple[list[int], list[int]]:
    """Read the mapped columns of table `cell` that are more than text, into table `meaning`; `cells` are these in SQL.

    That is `number` (the column's place in `columns`), `text`, `typed` (for numbers typed as such) and either
    `value`, the canonical text, or `problem`, what is wrong with it: one row for each different text that is
    not blank. Of columns of text, only error values have one. Returns the numbers of the columns that are to
    be looked up there, and of those with a problem. Raises Drifted where a column's style cannot be told.
    """
    styled = {number: column for number, column in enumerate(columns) if column.reading not in PLAIN}
    looked_up = set(styled)
    db.execute(SQL["tables"])
    if styled:
        db.execute(
            SQL["seen"].format(
                each=" UNION ALL ".join(_cells(number, columns[number], cells[number]) for number in styled)
            )
        )
    readings = {column.reading for column in styled.values()}
    if "date" in readings:
        _find_dates(db, spots, settings)
    if "amount" in readings or "number" in readings:
        _find_figures(db, spots, settings)
    if "share" in readings:
        db.execute(SQL["share_scale"])
    for reading in sorted(readings):
        db.execute(SQL[reading])
    db.execute(QUOTED)
    if db.execute("SELECT 1 FROM cell WHERE marked LIMIT 1").fetchone():
        every = (_cells(n, column, cells[n]) + " AND marked" for n, column in enumerate(columns))
        db.execute(SQL["errors"].format(each=" UNION ALL ".join(every)))
        looked_up |= {number for (number,) in db.execute("SELECT DISTINCT number FROM meaning").fetchall()}
    wrong = db.execute("SELECT DISTINCT number FROM meaning WHERE problem IS NOT NULL ORDER BY 1").fetchall()
    return sorted(looked_up), [number for (number,) in wrong]


def _cells(number: int, column: Mapped, cell: str) -> str:
    """The filled cells of one column; its number, reading and the cell in SQL are no values from outside."""
    typed = "false" if column.reading in PLAIN else f"typed{int(column.position)}"
    return (
        f"SELECT {number} AS number, '{column.reading}' AS reading, {cell} AS text,"
        f' {typed} AS typed, "row" FROM cell WHERE text IS NOT NULL'
    )


def _find_dates(db: duckdb.DuckDBPyConnection, spots: Sequence[Spot], settings: Settings) -> None:
    db.execute(SQL["date_candidates"], {"epoch": SERIAL_ZERO[settings.since_1904]})
    short = short_years_of(db)
    for number, votes in votes_of(db, "date_orders").items():
        _settle(db, number, settings.date_order or date_order(votes, short.get(number), spots[number]))


def _find_figures(db: duckdb.DuckDBPyConnection, spots: Sequence[Spot], settings: Settings) -> None:
    shapes = {"point": shape(".", settings.thousands), "comma": shape(",", settings.thousands)}
    db.execute(SQL["figure_candidates"], {"head": HEAD, "tail": TAIL})
    for number, votes in votes_of(db, "figure_marks", shapes).items():
        _settle(db, number, settings.mark or decimal_mark(votes, spots[number]))
    db.execute(SQL["figure"], shapes)


def _settle(db: duckdb.DuckDBPyConnection, number: int, style: str) -> None:
    db.execute("INSERT INTO style VALUES (?, ?)", [number, style])
