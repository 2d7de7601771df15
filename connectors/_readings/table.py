"""Brings a table of text cells into DuckDB, reads its mapped columns, and spools what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import duckdb

from connectors._readings.columns import PLAIN, Mapped, Settings, read_columns
from connectors._readings.sql import SQL
from connectors._readings.styles import Spot
from connectors.contract import Reading

_CONFIG = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
BEYOND = "beyond the columns"
COMMENTS, LINKS = "cell comments", "cell links"
"""Columns of our own among a workbook's: what stands beside the cells of a row, each cell named."""


class Row(NamedTuple):
    """One row as the file holds it.

    `number`: its row or line, the first being 1. `cells`: its text, None where empty; more or fewer than
    there are columns only with a `fault`. `fault`: why it cannot be read at all, and what to do. `numbers`:
    positions (the first is 1) of cells whose text is a typed number, so with a decimal point for certain.
    """

    number: int
    cells: Sequence[str | None]
    fault: str | None = None
    numbers: Sequence[int] = ()


@dataclass(frozen=True)
class Table:
    """A table of a file. `place` names it for people, `columns` are its headers by position.

    `word` is what its rows are called: `row` in a workbook, whose cells are named as there (`D12`). `fix`
    ends the reason of a quarantined row: what a person can do about it. `left_out` are positions of columns
    that are not landed.
    """

    place: str
    columns: Sequence[str]
    rows: Iterable[Row]
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
    """A connection of its own to DuckDB, which fetches nothing; its temporary tables go when it does."""
    return _house().cursor()


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


def lay_out(
    db: duckdb.DuckDBPyConnection,
    table: Table,
    mapped: Sequence[Mapped],
    reads: Mapping[str, Reading],
    settings: Settings,
    spool: Path,
) -> None:
    """Make table `laid`: one row per row of `table` that is not blank, with

    - `_row`; `_place`: the table's place and the row; `_filled`: how many cells are filled; `_mapped`: how
      many of the mapped ones; `_label`: the first filled cell; `_again`: whether the header is repeated
    - `_fault`: the row's own, or NULL; `_problem`: that, or which mapped cells cannot be read, and why
    - `@name` for each of `reads`, canonical, NULL where blank, unreadable, not mapped or `_fault`
    - a text column per source column (see `source_columns`)

    Raises Drifted where a column's style cannot be told. Leaves no file in `spool`.
    """
    beyond = _load(db, table, mapped, spool)
    values: dict[str, object] = {
        "place": table.place,
        "fix": table.fix,
        "word": table.word,
        "header": "\x1f".join(column.header for column in mapped).lower(),
    }
    spots = [table.spot(column) for column in mapped]
    joined = read_columns(db, mapped, spots, settings)
    cells = [f"cell{column.position}" for column in mapped]
    found = dict.fromkeys(reads, "NULL::VARCHAR")
    for number, column in enumerate(mapped):
        found[column.name] = _value(column, number if number in joined else None)
    own = [
        f"cells[{position}] AS {quote(name)}"
        for position, name in source_columns(table.columns)
        if position not in table.left_out
    ]
    if beyond:
        own.append(f"array_to_string(cells[{len(table.columns) + 1}:], ' | ') AS {quote(BEYOND)}")
    expressions = {
        "mapped": ", ".join(dict.fromkeys(cells)),
        "cells": ", ".join(cells),
        "problems": ", ".join(f'$before{n} || "row" || $after{n} || meaning{n}.problem' for n in joined)
        or "NULL",
        "named": ", ".join(f"{found[name]} AS {quote('@' + name)}" for name in reads),
        "own": ", ".join(own),
        "joins": "\n".join(
            f"LEFT JOIN meaning AS meaning{n} ON meaning{n}.number = {n} AND meaning{n}.text = {cells[n]}"
            f" AND meaning{n}.typed = typed{mapped[n].position}"
            for n in joined
        ),
    }
    for number in joined:
        values |= {f"before{number}": spots[number].before, f"after{number}": spots[number].after}
    db.execute(SQL["laid"].format(**expressions), values)


def _value(column: Mapped, number: int | None) -> str:
    """The canonical text of a mapped cell in SQL; `number` is that of its `meaning`, if it was looked up."""
    if column.reading not in PLAIN:
        return f"meaning{number}.value"
    cell = f"cell{column.position}"
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
    """Write what a query gives, in its order, as a page's Parquet file."""
    db.sql(query, params=values or {}).write_parquet(str(path), compression="zstd")


def write_nothing(reads: Mapping[str, Reading], path: Path) -> None:
    """Write a page's file that says that there are no rows."""
    columns = ["_key", "_place", "_fate", "_reason", *(f"@{name}" for name in reads)]
    blank = ", ".join(f"NULL::VARCHAR AS {quote(name)}" for name in columns)
    write(open_desk(), f"SELECT {blank}, NULL::BIGINT AS _row WHERE false", path)


def _load(db: duckdb.DuckDBPyConnection, table: Table, mapped: Sequence[Mapped], spool: Path) -> bool:
    """Fill table `cell` with the rows that hold anything; returns whether any has more cells than columns."""
    path = spool / "cells.ndjson"
    beyond = False
    width = len(table.columns)
    encode = json.JSONEncoder(check_circular=False).encode
    try:
        with path.open("w", encoding="ascii") as file:
            for row in table.rows:
                beyond = beyond or len(row.cells) > width
                number, cells, fault, numbers = row
                file.write(
                    encode({"number": number, "fault": fault, "numbers": numbers, "cells": cells}) + "\n"
                )
        columns = ", ".join(
            f"CASE WHEN fault IS NULL THEN trimmed(cells[{position}]) END AS cell{position},"
            f" list_contains(numbers, {position}) AS typed{position}"
            for position in sorted({column.position for column in mapped})
        )
        db.execute(SQL["cells"].format(mapped=columns), {"file": str(path)})
    finally:
        path.unlink()
    return beyond
