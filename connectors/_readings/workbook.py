"""Opens a workbook and gives its sheets as text, cell by cell, as Excel last calculated them."""

from __future__ import annotations

import io
import posixpath
from collections.abc import Iterator, Mapping, Set
from contextlib import ExitStack
from functools import cached_property, partial
from pathlib import Path

from connectors._readings import sheet_marks, sheet_parts
from connectors._readings.cells import Corners, Share, correct, spread, stacked
from connectors._readings.grid import Grid, Stacks
from connectors._readings.packed import MOST_UNPACKED, SAVE, Packed, refuse_long_texts
from connectors._readings.shares import shares
from connectors._readings.sheet_marks import Extent, RowMarks
from connectors._readings.sheet_parts import Area, NamedTable
from connectors._readings.sheet_xml import DamagedXML, elements, indents_of_styles
from connectors._readings.typed import Ahead, Book, opened
from connectors.contract import Unreadable

__all__ = ["MOST_CELLS", "MOST_UNPACKED", "Workbook"]

MOST_CELLS = 20_000_000  # between the first and the last cell of a sheet; each takes room, filled or not

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


class Workbook:
    """A workbook (.xlsx, .xlsm) in memory. Raises Unreadable where the bytes are none; `place` names it."""

    def __init__(self, data: bytes, place: str) -> None:
        self.place = place
        self._data = data
        self._package = Packed(data, place)
        self._texts = self._package.part("xl/sharedStrings.xml")
        # The library opens no workbook that holds one of these (python-calamine 0.9).
        if b"macrosheets/" in self._package.part(RELATIONS):
            raise Unreadable(
                place,
                "it holds a sheet of Excel 4 macros, and such workbooks cannot be read",
                "Move these macros to VBA or to a workbook of their own, and delete that sheet",
            )
        relations = {one.get("Id"): one for one in self._elements(RELATIONS, "Relationship")}
        sheets = [
            sheet
            for sheet in self._elements(WORKBOOK, "sheet")
            if relations.get(sheet.get("id"), {}).get("Type", "").endswith("/worksheet")
        ]
        self.sheet_names = [sheet.get("name", "") for sheet in sheets]
        self.hidden_sheets = {
            sheet.get("name", "") for sheet in sheets if sheet.get("state", "visible") != "visible"
        }
        # Sheet name → its part (ECMA-376 part 1, 18.2.19, by way of the relationships of the workbook).
        self._sheet_parts = {
            sheet.get("name", ""): posixpath.normpath(
                posixpath.join("/xl", relations[sheet.get("id")].get("Target", ""))
            ).lstrip("/")
            for sheet in sheets
        }

    @cached_property
    def since_1904(self) -> bool:
        """Whether serial numbers count from 1904 (ECMA-376 part 1, 18.2.28, `date1904`)."""
        found = [attributes.get("date1904") for attributes in self._elements(WORKBOOK, "workbookPr")]
        return any(value in ("1", "true", "on") for value in found)

    def grid(self, name: str) -> Grid:
        """The sheet of this name. Raises Unreadable where its part is damaged, or would fill the memory; of a large one
        also from the grid, when it comes to the damage."""
        place = f"{self.place}, sheet {name}"
        data = self._package.part(self._sheet_parts.get(name, ""))
        cut = shares(self._package, data, self.since_1904)
        package = ExitStack()
        try:
            path = package.enter_context(cut.package()) if cut else None
        except OSError:  # the folder for temporary files has no room: it is read as it is, which takes longer
            path = cut = None
        if cut and path:
            ahead = Ahead(place, partial(self._opened, path, package), cut.names, cut.head)
        else:
            ahead = Ahead(place, lambda: self._book, [name])
        extent = self._extent(place, data)
        ahead.begin()
        errors, marks, uncalculated, links = self._searched(name, data)
        escaped = b"_x" in self._texts or b"_x" in data
        merged, width = ahead.merged(), extent.width if cut else 0

        def corrected() -> Iterator[Share]:
            for share in ahead.shares():
                if width and share.left + len(share.rows[0]) > width:
                    raise Unreadable(place, "not every cell says where it stands", SAVE)
                correct(share, errors, escaped)
                spread(share, merged)
                yield share

        areas, indents = [_area(corners) for corners in merged], partial(self._indents, name)
        return Grid(name, Stacks(stacked(corrected())), areas, marks, uncalculated, links, indents, width)

    def _extent(self, place: str, data: bytes) -> Extent:
        """Where a sheet's cells stand. Raises Unreadable where its part is damaged, or would fill the memory."""
        try:
            extent = sheet_marks.extent(data)
        except DamagedXML as error:
            raise Unreadable(place, f"the sheet is damaged ({error})", SAVE) from error
        if extent.cells() > MOST_CELLS:
            raise Unreadable(
                place,
                f"{extent.cells():,} cells lie between its first and its last one, more than {MOST_CELLS:,}",
                "Delete what stands alone far below or far to the right of the table, and save it",
            )
        refuse_long_texts(self._package, self._texts, data)
        return extent

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

    def _opened(self, path: Path, package: ExitStack) -> Book:
        with package:  # the library holds the file open, and nobody else needs it
            return opened(path, self.place)

    @cached_property
    def _book(self) -> Book:
        return opened(io.BytesIO(self._data), self.place)

    def _elements(self, part: str, name: str) -> list[dict[str, str]]:
        try:
            return elements(self._package.part(part), name)
        except DamagedXML as error:
            raise self._package.damaged(f"{part}: {error}") from error


def _area(corners: Corners) -> Area:
    (top, left), (bottom, right) = corners
    return Area(top + 1, left + 1, bottom + 1, right + 1)
