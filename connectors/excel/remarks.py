"""What people are told of how a tracker was read: what landed and what not, and which rows were matched how."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from connectors.contract import Finding
from connectors.excel.beside import above
from connectors.excel.identity import Named
from connectors.excel.sheet import Sheet, sheet_table

if TYPE_CHECKING:
    from connectors.excel.read import Read, Reader

FATES = {"land": "rows can be read", "quarantine": "cannot", "drop": "are headings, totals and the like"}
MOST_MATCHES = 5


def findings(reader: Reader, read: Read) -> Iterator[Finding]:
    """What landed of each sheet of a workbook and what did not, for `check`."""
    for number, sheet in read.sheets.items():
        counted = dict(
            reader.desk.execute(f"SELECT _fate, count(*) FROM {sheet_table(number)} GROUP BY 1").fetchall()
        )
        found = ", ".join(f"{counted.get(fate, 0)} {word}" for fate, word in FATES.items())
        yield Finding(
            "ok",
            f"{sheet.place}: header in row {sheet.header.row}; {found}{_remarks(reader, number, sheet)}",
        )
        reasons = reader.desk.execute(
            f"SELECT _place, _reason FROM {sheet_table(number)} WHERE _fate = 'quarantine'"
            " ORDER BY _row LIMIT 3"
        ).fetchall()
        yield from (Finding("warn", f"{place}: {reason}") for place, reason in reasons)
    yield from (Finding("warn", note) for note in read.notes)


def _remarks(reader: Reader, number: int, sheet: Sheet) -> str:
    return _unseen(reader, number, sheet) + _indented(reader, number, sheet)


def _unseen(reader: Reader, number: int, sheet: Sheet) -> str:
    """How many of the rows people do not see as they open the sheet."""
    hidden = sheet.grid.marks.hidden
    if not hidden:
        return ""
    rows = reader.desk.execute(f"SELECT _row FROM {sheet_table(number)} WHERE _fate <> 'drop'").fetchall()
    count = sum(row in hidden for (row,) in rows)
    if not count:
        return ""
    how = " (the sheet is filtered)" if sheet.grid.marks.filtered else ""
    return f"; {count} of them stand in hidden rows{how}"


def _indented(reader: Reader, number: int, sheet: Sheet) -> str:
    """How many rows stand under others for no other reason than how their titles are indented."""
    if reader.options.columns.parent is not None or sheet.grid.marks.levels:
        return ""
    count = len(above(reader.desk, sheet_table(number), sheet))
    return f"; {count} of them stand under others, as their titles are indented" if count else ""


def told_of_matches(read: Read, places: Sequence[tuple[int, int]], named: Named) -> list[str]:
    """Rows that were taken for remembered ones, and those that might be but were not, in words."""

    def where(row: int) -> str:
        sheet, number = places[row]
        return f"{read.sheets[sheet].place}, row {number}"

    said = [f"{where(match.row)}: {match}" for match in named.matches[:MOST_MATCHES]]
    if len(named.matches) > MOST_MATCHES:
        more = len(named.matches) - MOST_MATCHES
        said.append(
            f"{read.file.scope}: {more} more rows were taken for remembered ones after edits or moves"
        )
    for row, keys in list(named.unsettled.items())[:MOST_MATCHES]:
        said.append(
            f"{where(row)}: it is taken for a new item, though it may be {' or '.join(keys)} edited; a column of"
            " ids would tell"
        )
    return said
