"""Opens a workbook and gives its sheets as text, cell by cell, as Excel last calculated them."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Callable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TypeVar

import python_calamine as calamine

from connectors._readings import sheet_marks, sheet_parts
from connectors._readings.cells import Corners, correct, spread, stacked
from connectors._readings.grid import Grid
from connectors._readings.packed import MOST_UNPACKED, Packed, refuse_long_texts
from connectors._readings.sheet_marks import RowMarks
from connectors._readings.sheet_parts import Area, NamedTable
from connectors._readings.sheet_xml import DamagedXML, elements, indents_of_styles
from connectors.contract import Unreadable

__all__ = ["MOST_CELLS", "MOST_UNPACKED", "Workbook"]

MOST_CELLS = 20_000_000  # between the first and the last cell of a sheet; each takes room, filled or not

_SAVE = "Open it in Excel and save it as .xlsx"

Answer = TypeVar("Answer")


class Workbook:
    """A workbook (.xlsx, .xlsm) in memory. Raises Unreadable where the bytes are none; `place` names it."""

    def __init__(self, data: bytes, place: str) -> None:
        self.place = place
        self._package = Packed(data, place)
        self._texts = self._package.part("xl/sharedStrings.xml")
        # The library opens no workbook that holds one of these (python-calamine 0.9).
        if b"macrosheets/" in self._package.part("xl/_rels/workbook.xml.rels"):
            raise Unreadable(
                place,
                "it holds a sheet of Excel 4 macros, and such workbooks cannot be read",
                "Move these macros to VBA or to a workbook of their own, and delete that sheet",
            )
        self._book = self._asked(place, lambda: calamine.load_workbook(io.BytesIO(data)))
        metadata = [
            sheet for sheet in self._book.sheets_metadata if sheet.typ == calamine.SheetTypeEnum.WorkSheet
        ]
        self.sheet_names = [sheet.name for sheet in metadata]
        self.hidden_sheets = {
            sheet.name for sheet in metadata if sheet.visible != calamine.SheetVisibleEnum.Visible
        }

    @cached_property
    def since_1904(self) -> bool:
        """Whether serial numbers count from 1904 (ECMA-376 part 1, 18.2.28, `date1904`)."""
        found = [attributes.get("date1904") for attributes in self._elements("xl/workbook.xml", "workbookPr")]
        return any(value in ("1", "true", "on") for value in found)

    def grid(self, name: str) -> Grid:
        """The sheet of this name. Raises Unreadable where its part is damaged, or would fill the memory."""
        place = f"{self.place}, sheet {name}"
        data = self._package.part(self._sheet_parts.get(name, ""))
        try:
            cells = sheet_marks.spanned(data)
        except DamagedXML as error:
            raise Unreadable(place, f"the sheet is damaged ({error})", _SAVE) from error
        if cells > MOST_CELLS:
            raise Unreadable(
                place,
                f"{cells:,} cells lie between its first and its last one, more than {MOST_CELLS:,}",
                "Delete what stands alone far below or far to the right of the table, and save it",
            )
        refuse_long_texts(self._package, self._texts, data)
        # The library waits for nobody while it reads a sheet, so its part is searched beside it.
        with ThreadPoolExecutor(1) as pool:
            searched = pool.submit(self._searched, name, data)
            sheet = self._asked(place, lambda: self._book.get_sheet_by_name(name))
        typed = self._asked(place, lambda: sheet.to_python(skip_empty_area=False))
        merged = sheet.merged_cell_ranges or []
        errors, marks, uncalculated, links = searched.result()
        correct(typed, errors, escaped=b"_x" in self._texts or b"_x" in data)
        spread(typed, merged)
        areas, indents = [_area(corners) for corners in merged], partial(self._indents, name)
        return Grid(name, list(stacked(typed)), areas, marks, uncalculated, links, indents)

    def tables(self, name: str) -> list[NamedTable]:
        """The tables (ListObjects) that stand in a sheet."""
        try:
            return list(sheet_parts.tables(self._package, self._sheet_parts.get(name, "")))
        except DamagedXML as error:
            raise self._package.damaged(f"sheet {name}: {error}") from error

    def comments(self, name: str) -> Mapping[tuple[int, int], str]:
        """The comments on a sheet's cells, by row and column from 1."""
        try:
            return sheet_parts.comments(self._package, self._sheet_parts.get(name, ""))
        except DamagedXML as error:
            raise self._package.damaged(f"sheet {name}: {error}") from error

    def _indents(self, name: str, column: int) -> Mapping[int, int]:
        styles = self._package.part("xl/styles.xml")
        if b"indent=" not in styles:
            return {}
        try:
            steps = indents_of_styles(styles)
        except (DamagedXML, ValueError) as error:
            raise self._package.damaged(f"xl/styles.xml: {error}") from error
        data = self._package.part(self._sheet_parts.get(name, ""))
        return sheet_marks.indents(data, column, steps) if steps else {}

    def _searched(
        self, name: str, data: bytes
    ) -> tuple[Mapping[tuple[int, int], str], RowMarks, Set[tuple[int, int]], Mapping[tuple[int, int], str]]:
        """What a sheet's part says beside its cells: error values (by row and column from 0), marks, and so on."""
        try:
            links = sheet_parts.links(self._package, self._sheet_parts.get(name, ""), data)
            bare = frozenset(sheet_marks.uncalculated(data))
            return sheet_marks.errors(data), sheet_marks.row_marks(data), bare, links
        except (DamagedXML, ValueError) as error:
            raise self._package.damaged(f"sheet {name}: {error}") from error

    def _asked(self, place: str, question: Callable[[], Answer]) -> Answer:
        """What the library answers. Where it breaks down (no exception of Python's own), the file is at fault."""
        try:
            return question()
        except calamine.CalamineError as error:
            raise Unreadable(place, f"the workbook is damaged ({error})", _SAVE) from error
        except BaseException as error:
            if type(error).__name__ != "PanicException":
                raise
            raise Unreadable(
                place, "the workbook is damaged (it cannot be read to its end)", _SAVE
            ) from error

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
            return elements(self._package.part(part), name)
        except DamagedXML as error:
            raise self._package.damaged(f"{part}: {error}") from error


def _area(corners: Corners) -> Area:
    (top, left), (bottom, right) = corners
    return Area(top + 1, left + 1, bottom + 1, right + 1)
