"""Brings a table of text cells into DuckDB, reads its mapped columns, and spools what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Literal
from weakref import WeakSet

import duckdb

from connectors._readings.blocks import Block, Loaded, Row, blocks, load
from connectors._readings.columns import PLAIN, Mapped, Settings, read_columns
from connectors._readings.sql import SQL
from connectors._readings.styles import Spot
from connectors.contract import Reading

_CONFIG = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
BEYOND = "beyond the columns"
COMMENTS, LINKS = "cell comments", "cell links"
"""Columns of our own among a workbook's: what stands beside the cells of a row, each cell named."""

_LARGE: WeakSet[duckdb.DuckDBPyConnection] = WeakSet()
_DECIDING = Lock()
"""Sources are read side by side, and the number of threads is one for all."""


@dataclass(frozen=True)
class Table:
    """A table of a file. `place` names it for people, `columns` are its headers by position.

    `word` is what its rows are called: `row` in a workbook, whose cells are named as there (`D12`). `fix`
    ends the reason of a quarantined row: what a person can do about it. `left_out` are positions of columns
    that are not landed.
    """

    place: str
    columns: Sequence[str]
    rows: Iterable[Row | Block]
    word: Literal["row", "line"]
    fix: str
    left_out: Set[int] = frozenset()

    def spot(self, column: Mapped) -> Spot:
        if self.word == "row":
            letter = letters(column.position)
            return Spot(f"{self.place}, column {letter} ({column.header})", letter, f" ({column.header})")
        return Spot(f"{self.place}, column {column.header}", f"{self.word} ", f" ({column.header})")


@cache
def _house() -> duckdb.DuckDBPyConnection:
    """The file connectors' one DuckDB, in memory: opening one takes longer than reading a small file."""
    db = duckdb.connect(":memory:", config=dict(_CONFIG))
    db.execute(SQL["words"])
    return db


def open_desk() -> duckdb.DuckDBPyConnection:
    """A connection of its own to DuckDB, which fetches nothing; its temporary tables go when it does.

    A small file is read in many small statements, each of which would wake other threads and wait for them (a tracker
    of 10 rows: 6 per cent of the processor's time). So there is one, unless a desk that stands holds many rows.
    """
    desk = _house().cursor()
    with _DECIDING:
        if not _LARGE:
            desk.execute("SET threads = 1")
    return desk


def hold_many(desk: duckdb.DuckDBPyConnection) -> None:
    """Say that a desk holds many rows: as long as it stands, statements are worth all processors."""
    with _DECIDING:
        if desk not in _LARGE:
            _LARGE.add(desk)
            desk.execute("RESET threads")


def quote(identifier: str) -> str:
    """An identifier for SQL text. Names of columns must stand there; values never do."""
    return '"' + identifier.replace('"', '""') + '"'


def letters(position: int) -> str:
    """The letters of a workbook's column: 1 is A, 27 is AA."""
    text = ""
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


@dataclass(frozen=True)
class Laid:
    """A query for the rows of a table that are not blank, with its values. It gives

    - `_row`; `_place`: the table's place and the row; `_filled`: how many cells are filled; `_mapped`: how
      many of the mapped ones; `_label`: the first filled cell; `_again`: whether the header is repeated
    - `_fault`: the row's own, or NULL; `_problem`: that, or which mapped cells cannot be read, and why
    - `@name` for each of the readings asked for, canonical, NULL where blank, unreadable, not mapped or `_fault`
    - a text column per source column (see `source_columns`)

    `cell` and `meaning` are the tables that it reads, of the desk in which it was laid out.
    """

    query: str
    values: Mapping[str, object]
    cell: str
    meaning: str


def lay_out(
    db: duckdb.DuckDBPyConnection,
    table: Table,
    mapped: Sequence[Mapped],
    reads: Mapping[str, Reading],
    settings: Settings,
) -> None:
    """Make table `laid` of what `lay` gives. Raises Drifted where a column's style cannot be told."""
    laid = lay(db, table, mapped, reads, settings)
    db.execute(f"CREATE OR REPLACE TEMP TABLE laid AS {laid.query}", laid.values)


def lay(
    db: duckdb.DuckDBPyConnection,
    table: Table,
    mapped: Sequence[Mapped],
    reads: Mapping[str, Reading],
    settings: Settings,
    suffix: str = "",
) -> Laid:
    """Bring a table into the desk and read its mapped columns; `suffix` keeps it apart from others laid out there.

    Raises Drifted where a column's style cannot be told.
    """
    columns = [
        (position, name) for position, name in source_columns(table.columns) if position not in table.left_out
    ]
    loaded = _load(db, table, mapped, [position for position, _ in columns])
    cells = [loaded.cell(column.position) for column in mapped]
    spots = [table.spot(column) for column in mapped]
    looked_up, wrong = read_columns(db, mapped, cells, spots, settings)
    if suffix:
        for name in ("cell", "meaning"):
            db.execute(f"ALTER TABLE {name} RENAME TO {name}{suffix}")
    own = [f"raw{position} AS {quote(name)}" for position, name in columns]
    if loaded.beyond:
        own.append(f"beyond AS {quote(BEYOND)}")
    query = SQL["laid"].format(
        **_expressions(mapped, cells, reads, looked_up, wrong, suffix),
        suffix=suffix,
        own=", ".join(own) or "NULL AS nothing",
    )
    values: dict[str, object] = {
        f"place{suffix}": table.place,
        f"fix{suffix}": table.fix,
        f"word{suffix}": table.word,
        **{f"header{n}{suffix}": column.header.lower() for n, column in enumerate(mapped)},
    }
    for number in wrong:
        values |= {
            f"before{number}{suffix}": spots[number].before,
            f"after{number}{suffix}": spots[number].after,
        }
    return Laid(query, values, f"cell{suffix}", f"meaning{suffix}")


def _load(
    db: duckdb.DuckDBPyConnection, table: Table, mapped: Sequence[Mapped], columns: Sequence[int]
) -> Loaded:
    figures = sorted({column.position for column in mapped if column.reading not in PLAIN})
    found = blocks(table.rows, len(table.columns), figures)
    return load(db, found, columns, figures, many=lambda: hold_many(db))


def _expressions(
    mapped: Sequence[Mapped],
    cells: Sequence[str],
    reads: Mapping[str, Reading],
    looked_up: Sequence[int],
    wrong: Sequence[int],
    suffix: str,
) -> dict[str, str]:
    """What stands in braces in `laid.sql`: of columns by number, which are looked up and which have problems."""
    found = dict.fromkeys(reads, "NULL::VARCHAR")
    for number, column in enumerate(mapped):
        found[column.name] = _value(column, cells[number], number if number in looked_up else None)
    return {
        "mapped": " + ".join(f"({cell} IS NOT NULL)::INTEGER" for cell in dict.fromkeys(cells)) or "0",
        "again": _again([f"lower({cell}) = $header{n}{suffix}" for n, cell in enumerate(cells)]),
        "problems": ", ".join(
            f'$before{n}{suffix} || "row" || $after{n}{suffix} || meaning{n}.problem' for n in wrong
        )
        or "NULL",
        "named": ", ".join(f"{found[name]} AS {quote('@' + name)}" for name in reads),
        "joins": "\n".join(
            f"LEFT JOIN meaning{suffix} AS meaning{n} ON meaning{n}.number = {n} AND meaning{n}.text = {cells[n]}"
            + (f" AND meaning{n}.typed = typed{mapped[n].position}" if mapped[n].reading not in PLAIN else "")
            for n in looked_up
        ),
    }


def _again(same: Sequence[str]) -> str:
    """Whether each mapped cell says what its header does; the others are looked at only where the first one does."""
    first, *others = same or ["false"]
    return f"CASE WHEN {first} THEN {' AND '.join(others) or 'true'} ELSE false END"


def _value(column: Mapped, cell: str, number: int | None) -> str:
    """The canonical text of a mapped cell in SQL; `number` is that of its `meaning`, if it was looked up."""
    if column.reading not in PLAIN:
        return f"meaning{number}.value"
    text = cell if column.reading == "text" else f"keyed({cell})"
    return text if number is None else f"CASE WHEN meaning{number}.problem IS NULL THEN {text} END"


def source_columns(headers: Sequence[str]) -> list[tuple[int, str]]:
    """Position and name of each source column as it is landed: its header, made fit to stand beside the
    others: none blank, none twice (case is ignored, as DuckDB does), none that looks like the contract's own.
    """
    names: list[tuple[int, str]] = []
    taken = {BEYOND, COMMENTS, LINKS}
    for position, header in enumerate(headers, start=1):
        base = " ".join(header.split()) or f"column {position}"
        if base[0] in "_@":
            base = f"column {base}"
        name, number = base, 2
        while name.lower() in taken:
            name, number = f"{base} ({number})", number + 1
        taken.add(name.lower())
        names.append((position, name))
    return names


def write(
    db: duckdb.DuckDBPyConnection, query: str, path: Path, values: Mapping[str, object] | None = None
) -> None:
    """Write what a query gives, in its order, as a page's Parquet file.

    As one statement: a relation with values would first be kept whole in memory (100,000 rows: 1.2 s for 0.8).
    """
    db.execute(
        f"COPY ({query}) TO $file (FORMAT parquet, COMPRESSION lz4_raw)",
        {**(values or {}), "file": str(path)},
    )


def write_nothing(reads: Mapping[str, Reading], path: Path) -> None:
    """Write a page's file that says that there are no rows."""
    columns = ["_key", "_place", "_fate", "_reason", *(f"@{name}" for name in reads)]
    blank = ", ".join(f"NULL::VARCHAR AS {quote(name)}" for name in columns)
    write(open_desk(), f"SELECT {blank}, NULL::BIGINT AS _row WHERE false", path)
