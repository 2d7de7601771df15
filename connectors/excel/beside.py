"""What a row has beside its cells: comments and links, the row that it stands under, and a key made for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace

import duckdb

from connectors._readings.cells import joined
from connectors._readings.sheet_marks import parents
from connectors._readings.table import COMMENTS, LINKS, letters, quote
from connectors.excel.identity import Told
from connectors.excel.options import Options
from connectors.excel.sheet import Sheet

Place = tuple[int, int]
"""A sheet's number in the desk and a row; or a cell's row and column."""


def put_beside(
    desk: duckdb.DuckDBPyConnection, table: str, sheet: Sheet, comments: Mapping[Place, str], options: Options
) -> None:
    """Add the comments and links of a sheet's cells to its table, as evidence; columns only where there are any.

    Where no column holds a link to the item, the one on its title or id does.
    """
    own = set(sheet.hub.values())
    for name, cells in ((COMMENTS, comments), (LINKS, sheet.grid.links)):
        found: dict[int, list[str]] = defaultdict(list)
        for (row, column), text in sorted(cells.items()):
            if row > sheet.header.row and column not in own and sheet.area.left <= column <= sheet.area.right:
                found[row].append(f"{letters(column)}{row}: {text}")
        if found:
            desk.execute(f"ALTER TABLE {table} ADD COLUMN {quote(name)} VARCHAR")
            _fill(desk, table, quote(name), {row: "; ".join(texts) for row, texts in found.items()})
    if options.columns.url is None:
        at = {sheet.header.positions.get(name) for name in ("id", "title")}
        links = {row: link for (row, column), link in sheet.grid.links.items() if column in at}
        _fill(desk, table, '"@url"', links)


def stand_under(desk: duckdb.DuckDBPyConnection, table: str, sheet: Sheet, options: Options) -> None:
    """Give each row the key of the row that it stands under (see `above`), where no column tells it.

    Where rows have no ids, a column of parents holds titles: a title that stands once becomes that row's key.
    """
    if options.columns.parent is None:
        found = above(desk, table, sheet)
        if found:
            keys = dict(desk.execute(f"SELECT _row, _key FROM {table} WHERE _key IS NOT NULL").fetchall())
            _fill(desk, table, '"@parent"', {row: keys[up] for row, up in found.items() if up in keys})
    elif options.columns.id is None:
        desk.execute(
            f'UPDATE {table} AS row SET "@parent" = titled._key FROM ('
            f'SELECT folded("@title") AS title, min(_key) AS _key FROM {table} WHERE _key IS NOT NULL'
            ' GROUP BY 1 HAVING count(*) = 1) AS titled WHERE titled.title = folded(row."@parent")'
        )


def tell_rows(
    desk: duckdb.DuckDBPyConnection, number: int, sheet: Sheet, options: Options
) -> dict[Place, Told]:
    """What the rows of a sheet are known by: its name, what they stand under, their title.

    That is the parent's cell, else the row that it stands under (see `above`), else the heading above.
    """
    rows = desk.execute(
        f'SELECT _row, _fate, _reason, _label, "@title", "@parent" FROM sheet_{number} ORDER BY 1'
    ).fetchall()
    over = {} if options.columns.parent else above(desk, f"sheet_{number}", sheet)
    titles = {row: title for row, fate, _, _, title, _ in rows if fate != "drop"}
    told, heading = {}, ""
    for row, fate, reason, label, title, parent in rows:
        if fate == "drop":
            heading = label if (reason or "").startswith("a heading") else heading
        elif title:
            under = parent or titles.get(over.get(row, 0)) or ("" if options.columns.parent else heading)
            told[number, row] = Told(sheet.grid.name, under, title)
    return told


def give_keys(
    desk: duckdb.DuckDBPyConnection,
    keys: Mapping[Place, str],
    told: Mapping[Place, Told],
    table: Callable[[int], str],
) -> None:
    """Write the keys that were made for rows into the tables of their sheets, and what the rows are known by."""
    for number in {sheet for sheet, _ in keys}:
        rows = [row for sheet, row in keys if sheet == number]
        _fill(desk, table(number), "_key", {row: keys[number, row] for row in rows})
        _fill(desk, table(number), '"@told_by"', {row: told[number, row].as_text() for row in rows})


def above(desk: duckdb.DuckDBPyConnection, table: str, sheet: Sheet) -> dict[int, int]:
    """Row → the row that it stands under: in the sheet's outline, or where it has none by how titles are indented."""
    marks = sheet.grid.marks
    if not marks.levels:
        if not sheet.indents:
            return {}
        marks = replace(marks, levels=sheet.indents, summary_above=True)
    rows = desk.execute(f"SELECT _row FROM {table} WHERE _fate <> 'drop' ORDER BY 1").fetchall()
    return parents([row for (row,) in rows], marks)


def _fill(desk: duckdb.DuckDBPyConnection, table: str, column: str, values: Mapping[int, str]) -> None:
    """Set a column where rows are named: two long texts, as DuckDB takes a quarter of a millisecond for each value of
    a list (it looks for pandas, twice)."""
    if values:
        rows, texts = joined([str(row) for row in values]), joined(list(values.values()))
        desk.execute(
            f"UPDATE {table} AS row SET {column} = given.value FROM (SELECT"
            f" unnest(string_split(rows, chr({ord(rows.separator)})))::BIGINT AS row,"
            f" unnest(string_split(texts, chr({ord(texts.separator)}))) AS value"
            " FROM (VALUES ($rows, $texts)) AS joined (rows, texts)) AS given WHERE given.row = row._row",
            {"rows": rows.joined, "texts": texts.joined},
        )
