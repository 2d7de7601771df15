"""Notes into the workbook beside a tracker: the row of an item is found by its key, or added at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from connectors._readings.headers import folded
from connectors._readings.workbook import Workbook
from connectors.contract import Note
from connectors.excel import sidecar, write_file
from connectors.excel.options import Options
from connectors.excel.package import CellEdit, Change
from connectors.excel.package_table import Growth
from connectors.excel.read import Layout, SheetLayout, locate
from connectors.excel.write_desk import Desk
from connectors.excel.write_plan import Plan, changes, plan_note, shown_in
from connectors.excel.write_text import WIDTHS

LINE, MOST_LINES = 15.0, 20
"""The height of a line in points, and how many of them a row shows at most (Excel ends at 409 points)."""
CHARACTERS = 0.95
"""Of the characters that a width is given in: lines break between words."""

Titles = Callable[[], Mapping[str, str]]
"""Item key → its title in the tracker; asked only where a row is to be added."""


def put_beside(
    folder: Path, options: Options, tracker: str, notes: Sequence[Note], titles: Titles
) -> list[Plan]:
    """Make the workbook beside `tracker` show these notes, and make it where it is missing.

    Raises Deferred, Refused, Unreadable or Drifted as a tracker does, and then nothing was written.
    """
    scope = sidecar.scope_of(tracker)
    path, beside = folder / scope, sidecar.options_of(options, scope)
    if not path.exists():
        if not any(note.standing for note in notes):
            return [Plan(note, "already", f"{scope} is not there") for note in notes]
        write_file.create(path, sidecar.blank(options, tracker), like=folder / tracker)
        notes = [replace(note, previous="") for note in notes]
    layout = locate(path, beside)
    workbook = write_file.opened(path, layout.sha256)
    known = layout.sheets[0]
    sheet = workbook.sheet(known.name)
    plans = {note.marker: _gone(known, note, scope) for note in notes}
    missing = [note for note in notes if plans[note.marker] is None and note.item_key not in known.rows]
    first = max(sheet.last_filled_row(), known.header_row) + 1
    rows = {key: first + place for place, key in enumerate(dict.fromkeys(note.item_key for note in missing))}
    desk = Desk(workbook, replace(known, rows={**known.rows, **rows}), beside)
    done = [plans[note.marker] or plan_note([desk], note, scope) for note in notes]
    wanted = changes([desk], done)
    if known.name in wanted:
        change = _with_rows(wanted[known.name], desk, known, rows, missing, titles)
        wanted[known.name] = replace(change, heights=_heights(change, desk))
    patched = workbook.patched(wanted)
    if patched is not None:
        write_file.put(path, layout.sha256, patched)
    return done


def _gone(known: SheetLayout, note: Note, scope: str) -> Plan | None:
    """A note whose row is not there, and is not to be made."""
    if note.item_key in known.rows:
        return None
    if shown_in(note, scope):
        return Plan(note, "removed", f"somebody took the row of {note.native_key} out of {scope}")
    return (
        None
        if note.standing
        else Plan(note, "already", f"{note.native_key} does not stand beside the tracker")
    )


def _with_rows(
    change: Change,
    desk: Desk,
    known: SheetLayout,
    rows: Mapping[str, int],
    missing: Sequence[Note],
    titles: Titles,
) -> Change:
    """The change with the new rows' keys and titles, and with the table grown around them."""
    if not rows:
        return change
    named = titles()
    cells = [
        CellEdit(rows[note.item_key], known.columns[header], text)
        for note in missing
        for header, text in ((sidecar.KEY, note.native_key), (sidecar.TITLE, named.get(note.item_key, "")))
        if header in known.columns
    ]
    tables = [table for table in desk.sheet.tables if table.area.top == known.header_row and not table.totals]
    growths = [
        Growth(table, bottom=max(rows.values()))
        for table in tables[:1]
        if max(rows.values()) > table.area.bottom
    ]
    return replace(change, cells=[*cells, *change.cells], tables=[*change.tables, *growths])


def _heights(change: Change, desk: Desk) -> Mapping[int, float]:
    """How high the changed rows are, so that wrapped texts can be read without dragging."""
    widths = {column: WIDTHS[name] for name, column in desk.columns.items()}
    lines: dict[int, int] = {}
    for edit in change.cells:
        width = widths.get(edit.column, sidecar.TITLE_WIDTH)
        needed = math.ceil(len(str(edit.value or "")) / (CHARACTERS * width))
        lines[edit.row] = max(lines.get(edit.row, 1), needed)
    return {row: LINE * min(number, MOST_LINES) + 3 for row, number in lines.items()}


def titles_in(path: Path, scope: str, options: Options, layout: Layout) -> Mapping[str, str]:
    """Item key → its title as it stands in the tracker."""
    workbook = Workbook(path.read_bytes(), scope)
    wanted = {folded(header) for header in options.columns.title or ()}
    found = {}
    for sheet in layout.sheets:
        column = next((at for header, at in sheet.columns.items() if folded(header) in wanted), None)
        cells = workbook.grid(sheet.name).rows
        for key, row in sheet.rows.items():
            if column and row <= len(cells) and column <= len(cells[row - 1]):
                found[key] = cells[row - 1][column - 1] or ""
    return found
