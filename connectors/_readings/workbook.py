"""Opens a workbook and gives its sheets as text, cell by cell, as Excel last calculated them."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property

import python_calamine as calamine

from connectors._readings.sheet_xml import DamagedXML, elements, error_cells
from connectors.contract import Unreadable

MOST_UNPACKED = 2 * 1024**3  # bytes; a workbook that unpacks to more is a trap, or nothing to be read here

_COMPOUND = bytes.fromhex(
    "d0cf11e0a1b11ae1"
)  # [MS-CFB] 2.2: encrypted workbooks, and those of Excel 97 to 2003
_ERROR_CELLS = (b't="e"', b"t='e'")
_SAVE = "Open it in Excel and save it as .xlsx"

Cell = int | float | str | bool | datetime | date | time | timedelta


@dataclass(frozen=True)
class Grid:
    """A sheet's cells from A1 on: text, None where empty. `numbers` says of a row which positions (the first
    is 1) hold typed numbers. A merged cell's text stands in each of its rows, in its first column."""

    name: str
    rows: Sequence[Sequence[str | None]]
    typed: Sequence[Sequence[Cell]]

    def numbers(self, row: int, positions: Sequence[int]) -> list[int]:
        cells = self.typed[row]
        return [
            position
            for position in positions
            if position <= len(cells) and isinstance(cells[position - 1], int | float)
        ]


class Workbook:
    """A workbook (.xlsx, .xlsm) in memory. Raises Unreadable where the bytes are none; `place` names it."""

    def __init__(self, data: bytes, place: str) -> None:
        self.place = place
        self._zip = _opened(data, place)
        try:
            self._book = calamine.load_workbook(io.BytesIO(data))
        except calamine.CalamineError as error:
            raise self._damaged(error) from error
        self.sheet_names = [
            sheet.name
            for sheet in self._book.sheets_metadata
            if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]

    @cached_property
    def since_1904(self) -> bool:
        """Whether serial numbers count from 1904 (ECMA-376 part 1, 18.2.28, `date1904`)."""
        found = [attributes.get("date1904") for attributes in self._elements("xl/workbook.xml", "workbookPr")]
        return any(value in ("1", "true", "on") for value in found)

    def grid(self, name: str) -> Grid:
        """The sheet of this name. Raises Unreadable where its part is damaged."""
        try:
            sheet = self._book.get_sheet_by_name(name)
            typed = sheet.to_python(skip_empty_area=False)
            merged = sheet.merged_cell_ranges or []
        except calamine.CalamineError as error:
            raise Unreadable(
                f"{self.place}, sheet {name}", f"the sheet is damaged ({error})", _SAVE
            ) from error
        # Most cells of most trackers are text: those are not passed to a function each.
        rows = [[(cell or None) if cell.__class__ is str else _text(cell) for cell in row] for row in typed]
        for (row, column), error_text in self._errors(name).items():
            if row < len(rows) and column < len(rows[row]):
                rows[row][column] = error_text
        for (top, left), (bottom, _) in merged:
            for row in range(top + 1, min(bottom + 1, len(rows))):
                if left < len(rows[row]):
                    rows[row][left] = rows[top][left]
                    typed[row][left] = typed[top][left]
        return Grid(name, rows, typed)

    def _errors(self, name: str) -> Mapping[tuple[int, int], str]:
        """Cells that hold an error value, by row and column from 0: the library gives them as empty."""
        part = self._sheet_parts.get(name, "")
        data = self._part(part)
        if not any(mark in data for mark in _ERROR_CELLS):
            return {}
        try:
            return error_cells(data)
        except DamagedXML as error:
            raise self._damaged(f"{part}: {error}") from error

    @cached_property
    def _sheet_parts(self) -> Mapping[str, str]:
        """Sheet name → its part (ECMA-376 part 1, 18.2.19, by way of the relationships of the workbook)."""
        targets = {
            relationship.get("Id", ""): posixpath.normpath(
                posixpath.join("/xl", relationship.get("Target", ""))
            )
            for relationship in self._elements("xl/_rels/workbook.xml.rels", "Relationship")
        }
        sheets = self._elements("xl/workbook.xml", "sheet")
        return {sheet.get("name", ""): targets.get(sheet.get("id", ""), "").lstrip("/") for sheet in sheets}

    def _elements(self, part: str, name: str) -> list[dict[str, str]]:
        try:
            return elements(self._part(part), name)
        except DamagedXML as error:
            raise self._damaged(f"{part}: {error}") from error

    def _damaged(self, what: object) -> Unreadable:
        return Unreadable(self.place, f"the workbook is damaged ({what})", _SAVE)

    def _part(self, name: str) -> bytes:
        try:
            return self._zip.read(name)
        except (
            KeyError,
            EOFError,
            NotImplementedError,
            RuntimeError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise self._damaged(error) from error


def _opened(data: bytes, place: str) -> zipfile.ZipFile:
    if data.startswith(_COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Unreadable(
                place,
                "the workbook is encrypted",
                "Save it without a password, and protect the folder instead",
            )
        raise Unreadable(place, "this is a workbook of Excel 97 to 2003 (.xls)", _SAVE)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile as error:
        what = "a workbook that was cut short or damaged" if data.startswith(b"PK") else "no workbook"
        raise Unreadable(place, f"this is {what}", f"{_SAVE}, or name another file in `path`") from error
    names = set(archive.namelist())
    if "xl/workbook.xml" not in names:
        raise Unreadable(
            place, "this is no Excel workbook (.xlsx, .xlsm)", f"{_SAVE}, or name another file in `path`"
        )
    if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
        raise Unreadable(
            place,
            f"the workbook unpacks to more than {MOST_UNPACKED // 1024**3} GiB",
            "Split it, or save it anew",
        )
    return archive


def _text(value: Cell) -> str:
    """A cell as text: dates ISO, numbers as Excel shows them unrounded (15 digits), TRUE and FALSE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        if value == int(value) and abs(value) < 1e15:
            return str(int(value))
        text = f"{value:.15g}"
        return text if "e" not in text else f"{value:.20f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return value if isinstance(value, str) else value.isoformat()
