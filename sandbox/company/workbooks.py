"""Workbooks as people keep them: made once, then edited cell by cell and saved, as Excel would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

HEAD = PatternFill("solid", fgColor="F2E3D0")


class Sheet:
    """One sheet with a header row, whose rows are found by their first column, or the one named by `by`.

    Each act is one save.
    """

    def __init__(self, path: Path, name: str, header_row: int = 1) -> None:
        self.path = path
        self.name = name
        self.header_row = header_row

    def write_row(self, values: Mapping[str, Any]) -> None:
        """Add a row below the last one."""
        book = load_workbook(self.path)
        sheet = book[self.name]
        _fill(sheet, sheet.max_row + 1, self._columns(sheet), values)
        book.save(self.path)

    def edit(self, key: str, values: Mapping[str, Any], by: str = "") -> None:
        """Change cells of a row. Raises KeyError."""
        book = load_workbook(self.path)
        sheet = book[self.name]
        columns = self._columns(sheet)
        _fill(sheet, self._row(sheet, key, columns[by] if by else 1), columns, values)
        book.save(self.path)

    def read(self, key: str) -> dict[str, Any]:
        """A row's cells, by header. Raises KeyError."""
        book = load_workbook(self.path, data_only=True)
        sheet = book[self.name]
        row = self._row(sheet, key)
        return {name: sheet.cell(row, column).value for name, column in self._columns(sheet).items()}

    def _columns(self, sheet: Worksheet) -> dict[str, int]:
        cells = sheet[self.header_row]
        return {str(cell.value): cell.column for cell in cells if cell.value is not None}

    def _row(self, sheet: Worksheet, key: str, column: int = 1) -> int:
        for row in range(self.header_row + 1, sheet.max_row + 1):
            if str(sheet.cell(row, column).value) == key:
                return row
        raise KeyError(key)


def make(
    path: Path, sheets: Mapping[str, Sequence[str]], title: str = "", beside: Sequence[float] = ()
) -> None:
    """A workbook with an empty table per sheet; with a title, its header stands in row 3.

    `beside`: widths that its people gave the columns to the right of the table, where flags come to stand.
    """
    book = Workbook()
    book.remove(book.active)
    for name, headers in sheets.items():
        sheet = book.create_sheet(name)
        row = 1
        if title:
            sheet.cell(1, 1, title).font = Font(bold=True, size=14)
            row = 3
        for column, header in enumerate(headers, start=1):
            cell = sheet.cell(row, column, header)
            cell.font = Font(bold=True)
            cell.fill = HEAD
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            sheet.column_dimensions[get_column_letter(column)].width = max(12, len(header) + 4)
        for column, width in enumerate(beside, start=len(headers) + 1):
            sheet.column_dimensions[get_column_letter(column)].width = width
        sheet.column_dimensions["B"].width = 36
        sheet.freeze_panes = sheet.cell(row + 1, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def _fill(sheet: Worksheet, row: int, columns: Mapping[str, int], values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        cell = sheet.cell(row, columns[name])
        cell.value = value  # also None, which empties it
        if isinstance(value, date):
            cell.number_format = "dd/mm/yyyy"
