"""One worksheet part as bytes: where its rows and cells stand, what they hold, which must not be touched.

After ECMA-376 part 1, 18.3.1.99 (worksheet), 18.3.1.80 (sheetData), 18.3.1.73 (row), 18.3.1.4 (c). The `r` of
rows and cells is optional there: one without stands right after the one before it.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from connectors.contract import Refused
from connectors.excel import package_cell as cell
from connectors.excel.package_cell import Area
from connectors.excel.package_table import Table
from connectors.excel.package_xml import Markup, Tag

MAIN_NAMESPACES = frozenset(
    {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",  # transitional
        "http://purl.oclc.org/ooxml/spreadsheetml/main",  # strict
    }
)
SAVE_ANEW = "Open the workbook in Excel and save it anew"


@dataclass(frozen=True)
class Row:
    """A row that begins with `tag` and reaches up to `end`; its cells lie from `tag.end` to `cells_end`."""

    number: int
    tag: Tag
    cells_end: int
    end: int


@dataclass(frozen=True)
class Cell:
    column: int
    tag: Tag
    end: int


class Sheet:
    """A worksheet part, searched as it stands. Rows and columns count from 1.

    `fixed` holds areas whose cells belong to something outside the part (a table's header, a pivot table),
    each with the reason why they are not ours to change. `shared` gives the shared string of an index,
    `coloured` holds the styles that colour a cell, `tables` the tables that stand on the sheet.

    Raises Refused where the sheet is protected, no worksheet, or not in order; Unreadable where it is
    damaged.
    """

    def __init__(
        self,
        part: Markup,
        fixed: Sequence[tuple[Area, str]] = (),
        shared: Callable[[int], str] = str,
        coloured: frozenset[int] = frozenset(),
        tables: Sequence[Table] = (),
    ) -> None:
        self.part, self._fixed, self._shared, self._coloured = part, fixed, shared, coloured
        self.tables = tables
        self.prefix = self._namespace_prefix()
        self.body = self._find_body()
        self.body_end = part.element_end(self.body, len(part.data))[0]
        self._refuse_protected()
        self._numbers, self._starts = self._find_rows()
        self._merged = self._areas(self._around_the_rows(b"mergeCell"))
        self._arrays = self._areas(self._array_formulas())

    def text(self, row: int, column: int) -> str:
        """What the cell holds, as text: strings as they read, numbers as stored; empty if nothing."""
        found = self._cell(row, column)
        return self.text_of(self.part, found) if found else ""

    def column(self, column: int) -> Iterator[tuple[int, str]]:
        """(row, text) of the filled cells of a column.

        Cells whose address is only implied are passed over, so that not every cell of every row is looked at:
        no program that keeps our columns leaves it out.
        """
        address = rb"""\sr\s*=\s*["']%b([1-9][0-9]{0,6})["']""" % cell.letters(column).encode()
        for found in self.part.matches(re.compile(address), self.body.end, self.body_end):
            text = self.text(int(found[1]), column)
            if text:
                yield int(found[1]), text

    def is_text(self, row: int, column: int) -> bool:
        """Whether the cell is empty or holds a text, which can stand in another cell as it is."""
        found = self._cell(row, column)
        return found is None or found.tag.empty or found.tag.attributes.get("t") in ("s", "inlineStr", "str")

    def last_filled_row(self) -> int:
        """The last row with a filled cell; 0 where there is none."""
        for number in reversed(self._numbers):
            row = self.row(number)
            if row and any(not found.tag.empty for found in self.cells(row)):
                return number
        return 0

    def last_used(self, rows: Iterable[int], least: int) -> int:
        """The last column in which one of these rows has a filled or coloured cell, and `least` at least."""
        for number in rows:
            row = self.row(number)
            tag = self.part.last_tag(self.prefix + b"c", row.tag.end, row.cells_end) if row else None
            end = cell.position(tag.attributes.get("r", "")) if tag else None
            if row is None or (end and end[1] <= least):
                continue
            for found in self.cells(row):
                if found.column > least and (
                    found.tag.number("s") in self._coloured or self.text_of(self.part, found)
                ):
                    least = found.column
        return least

    def vacant(self, area: Area) -> bool:
        """Whether nothing stands in these cells, neither text nor colour, and nothing else claims them."""
        claimed = [*self._merged, *self._arrays, *(fixed for fixed, _ in self._fixed)]
        claimed += [table.area for table in self.tables]
        if area.right > cell.LAST_COLUMN or any(area.meets(other) for other in claimed):
            return False
        at = bisect_left(self._numbers, area.top)
        while at < len(self._numbers) and self._numbers[at] <= area.bottom:
            found = self.row(self._numbers[at])
            if found and self._uses(found, area.left, area.right):
                return False
            at += 1
        return True

    def _uses(self, row: Row, left: int, right: int) -> bool:
        tag = self.part.last_tag(self.prefix + b"c", row.tag.end, row.cells_end)
        end = cell.position(tag.attributes.get("r", "")) if tag else None
        if end and end[1] < left:
            return False
        return any(
            found.tag.number("s") in self._coloured or not found.tag.empty
            for found in self.cells(row)
            if left <= found.column <= right
        )

    def objection(self, row: int, column: int) -> str:
        """Why this cell must not be written, in words; empty if it may."""
        for area in self._merged:
            if area.holds(row, column) and (row, column) != (area.top, area.left):
                return f"it is covered by the merged cell {area}"
        for area in self._arrays:
            if area.holds(row, column):
                return f"it belongs to the array formula or data table of {area}"
        for area, reason in self._fixed:
            if area.holds(row, column):
                return reason
        found = self._cell(row, column)
        if found is None:
            return ""
        if any(True for _ in self.part.tags_of_any_prefix(b"f", found.tag.end, found.end)):
            return "it holds a formula"
        if "vm" in found.tag.attributes or "cm" in found.tag.attributes:
            return "it holds a picture or a linked data type"
        if any(True for _ in self.part.tags_of_any_prefix(b"extLst", found.tag.end, found.end)):
            return "it carries data of another program"
        return ""

    def refused(self, problem: str, advice: str) -> Refused:
        return Refused(self.part.place, problem, f"Nothing was written. {advice}")

    # --- for the change (package_change) -------------------------------------------------------------------

    def row(self, number: int) -> Row | None:
        at = bisect_left(self._numbers, number)
        if at == len(self._numbers) or self._numbers[at] != number:
            return None
        tag = self.part.tag_at(self._starts[at])
        return Row(number, tag, *self.part.element_end(tag, self.body_end))

    def gap_before(self, number: int) -> int:
        """Where a row of this number, which is not there yet, belongs."""
        at = bisect_left(self._numbers, number)
        if at < len(self._starts):
            return self._starts[at]
        last = self.row(self._numbers[-1]) if self._numbers else None
        return last.end if last else self.body.end

    def cells(self, row: Row) -> list[Cell]:
        return self.cells_in(self.part, row.number, row.tag.end, row.cells_end)

    def cells_in(self, part: Markup, number: int, start: int, end: int) -> list[Cell]:
        """The cells of row `number` in a stretch of XML; Refused where one is out of place."""
        cells: list[Cell] = []
        column = 0
        for tag in part.tags(self.prefix + b"c", start, end):
            stated = tag.attributes.get("r")
            where = cell.position(stated) if stated is not None else (number, column + 1)
            if where is None or where[0] != number or where[1] <= column:
                raise self.refused(f"the cell {stated} is out of place in row {number}", SAVE_ANEW)
            column = where[1]
            cells.append(Cell(column, tag, part.element_end(tag, end)[1]))
        return cells

    def text_of(self, part: Markup, found: Cell) -> str:
        return cell.text(part, self.prefix, found.tag, found.end, self._shared)

    # --- finding -------------------------------------------------------------------------------------------

    def _cell(self, row: int, column: int) -> Cell | None:
        found = self.row(row)
        return next((each for each in self.cells(found) if each.column == column), None) if found else None

    def _namespace_prefix(self) -> bytes:
        prefix, colon, name = self.part.root.name.rpartition(b":")
        namespace = self.part.root.attributes.get(f"xmlns:{prefix.decode()}" if colon else "xmlns", "")
        if name != b"worksheet" or namespace not in MAIN_NAMESPACES:
            raise self.refused(
                "it is no worksheet (but a chart, dialog or macro sheet)", "Name another sheet"
            )
        return prefix + colon

    def _find_body(self) -> Tag:
        bodies = list(self.part.tags(self.prefix + b"sheetData", 0, len(self.part.data)))
        if len(bodies) != 1:
            raise self.refused(f"the sheet has {len(bodies)} bodies of rows instead of one", SAVE_ANEW)
        return bodies[0]

    def _refuse_protected(self) -> None:
        """`sheet` is what switches protection on; without it the element only keeps settings (18.3.1.85)."""
        if any(tag.true("sheet") for tag in self._around_the_rows(b"sheetProtection")):
            advice = "Ask its owner to lift the protection, or let the flags stand elsewhere"
            raise self.refused("the sheet is protected", advice)

    def _find_rows(self) -> tuple[list[int], list[int]]:
        """The rows' numbers, and where they begin."""
        numbers: list[int] = []
        starts: list[int] = []
        number = 0
        for start, text in self._row_tags():
            stated = int(text) if text else self._row_number(start, number + 1)
            if stated <= number:
                raise self.refused(f"its row {stated} follows row {number}", SAVE_ANEW)
            number = stated
            numbers.append(number)
            starts.append(start)
        return numbers, starts

    def _row_tags(self) -> Iterator[tuple[int, bytes]]:
        """Where each row begins, and its number as text, empty where another attribute comes first.

        Everybody writes `r` first, in this way: then one search for those bytes finds all rows of a large sheet, in
        half the time of looking at each.
        """
        name = self.prefix + b"row"
        usual = re.compile(b"<" + re.escape(name) + rb' r="([0-9]{1,7})"(?=[\s/>])')
        found = [(one.start(), one[1]) for one in self.part.matches(usual, self.body.end, self.body_end)]
        if len(found) == self.part.count(b"<" + name, self.body.end, self.body_end):
            return iter(found)
        return ((start, b"") for start in self.part.starts(name, self.body.end, self.body_end))

    def _row_number(self, start: int, implied: int) -> int:
        tag = self.part.tag_at(start)
        stated = tag.number("r")
        if "r" in tag.attributes and stated is None:
            raise self.refused(f"one of its rows says it is {tag.attributes['r']!r}", SAVE_ANEW)
        return implied if stated is None else stated

    def _array_formulas(self) -> Iterator[Tag]:
        """Array formulas and data tables: no cell of their areas can be changed alone (18.3.1.40)."""
        kinds = ("array", "dataTable")
        if any(self.part.has(kind.encode(), self.body.end, self.body_end) for kind in kinds):
            for tag in self.part.tags_of_any_prefix(b"f", self.body.end, self.body_end):
                if tag.attributes.get("t") in kinds:
                    yield tag

    def _areas(self, tags: Iterable[Tag]) -> list[Area]:
        areas = (cell.area(tag.attributes.get("ref", "")) for tag in tags)
        return [area for area in areas if area is not None]

    def _around_the_rows(self, name: bytes) -> Iterator[Tag]:
        """Elements of this name, whatever their prefix, before and after the rows."""
        yield from self.part.tags_of_any_prefix(name, 0, self.body.start)
        yield from self.part.tags_of_any_prefix(name, self.body_end, len(self.part.data))
