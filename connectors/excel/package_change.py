"""New values put into a worksheet part: rows that change are replaced, every other byte stays as it was."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from connectors.excel import package_around as around
from connectors.excel import package_cell as cell
from connectors.excel.package_around import Choices, Splice
from connectors.excel.package_cell import CellEdit
from connectors.excel.package_sheet import Cell, Row, Sheet
from connectors.excel.package_table import Growth
from connectors.excel.package_xml import Markup, is_well_formed


@dataclass(frozen=True)
class Change:
    """What is to become of one sheet.

    `tables`: those that take in new columns or rows. `widths`: newly made column → its width in characters.
    `choices`: a drop-down for some cells. `heights`: row → its height in points, unless a person set it; for
    workbooks that are ours alone. All but the cells goes along only if a cell changes.
    """

    cells: Sequence[CellEdit]
    tables: Sequence[Growth] = ()
    widths: Mapping[int, float] = field(default_factory=dict)
    choices: Choices | None = None
    heights: Mapping[int, float] = field(default_factory=dict)


_HEIGHT = re.compile(rb"""\sht\s*=\s*(?:"[^"]*"|'[^']*')""")
_SPANS = re.compile(rb"""\sspans\s*=\s*(?:"([^"]*)"|'([^']*)')""")


def patched(sheet: Sheet, change: Change) -> list[bytes | memoryview]:
    """The whole part anew, in pieces, with the change made; no two edits are for one cell.

    Rows that change are replaced as a whole, new ones stand in row order; `dimension` grows where a new value
    lies outside of it. Refused where a cell must not be written, or would not read back as it should.
    """
    by_row: dict[int, list[CellEdit]] = {}
    for edit in sorted(change.cells, key=lambda edit: (edit.row, edit.column)):
        _allow(sheet, edit.row, edit.column)
        by_row.setdefault(edit.row, []).append(edit)
    splices: list[Splice] = []
    filled: list[tuple[int, int]] = []
    for number, wanted in by_row.items():
        row = sheet.row(number)
        filled += [(number, edit.column) for edit in wanted if edit.value is not None]
        if row is not None:
            splices.append(
                (row.tag.start, row.end, _changed_row(sheet, row, wanted, change.heights.get(number)))
            )
        else:
            splices += _new_row(sheet, number, wanted, change.heights.get(number))
    splices = [
        *_grown_dimension(sheet, filled),
        *around.widened(sheet, change.widths),
        *_inside_body(sheet, splices),
        *around.offering(sheet, change.choices),
    ]
    return list(_pieces(sheet.part.data, splices, 0, len(sheet.part.data)))


def _changed_row(sheet: Sheet, row: Row, wanted: Sequence[CellEdit], height: float | None) -> bytes:
    cells = sheet.cells(row)
    columns = [found.column for found in cells]
    splices: list[Splice] = []
    for edit in wanted:
        at = bisect_left(columns, edit.column)
        if at < len(cells) and columns[at] == edit.column:
            found = cells[at]
            splices.append((found.tag.start, found.end, cell.refilled(sheet.prefix, found.tag, edit.value)))
        elif edit.value is not None:
            gap = cells[at - 1].end if at else row.tag.end
            where, style = cell.address(row.number, edit.column), _style(sheet, row, cells, edit)
            splices.append((gap, gap, cell.element(sheet.prefix, where, style, edit.value)))
    opening = _opening(sheet, row, [edit.column for edit in wanted if edit.value is not None])
    if height and not row.tag.true("customHeight"):
        opening = _HEIGHT.sub(b"", opening)[:-1] + b' ht="%b">' % f"{height:g}".encode()
    if not row.tag.empty:
        result = opening + b"".join(_pieces(sheet.part.data, splices, row.tag.end, row.end))
    else:
        result = opening + b"".join(new for _, _, new in splices) + b"</%b>" % row.tag.name
    _verify(sheet, row.number, result, wanted)
    return result


def _opening(sheet: Sheet, row: Row, filled: Sequence[int]) -> bytes:
    """The row's start tag; its `spans` (a mere hint, 18.3.1.73) grows with it, or goes where it is a list."""
    opening = sheet.part.data[row.tag.start : row.tag.end]
    if row.tag.empty:
        opening = _opened(opening)
    found = _SPANS.search(opening)
    if found is None or not filled:
        return opening
    group = 1 if found[1] is not None else 2
    first, _, last = found[group].partition(b":")
    if not (first.isdigit() and last.isdigit()):
        return opening[: found.start()] + opening[found.end() :]
    spans = b"%d:%d" % (min(int(first), *filled), max(int(last), *filled))
    return opening[: found.start(group)] + spans + opening[found.end(group) :]


def _new_row(sheet: Sheet, number: int, wanted: Sequence[CellEdit], height: float | None) -> list[Splice]:
    cells = b"".join(
        cell.element(
            sheet.prefix, cell.address(number, edit.column), _style(sheet, None, [], edit), edit.value
        )
        for edit in wanted
        if edit.value is not None
    )
    if not cells:
        return []
    high = f' ht="{height:g}"'.encode() if height else b""
    row = b'<%brow r="%d"%b>%b</%brow>' % (sheet.prefix, number, high, cells, sheet.prefix)
    _verify(sheet, number, row, wanted)
    gap = sheet.gap_before(number)
    return [(gap, gap, row)]


def _style(sheet: Sheet, row: Row | None, cells: Sequence[Cell], edit: CellEdit) -> int | None:
    """The style for a new cell: of the one it should be like, else its row's, else its column's.

    The last two as Excel has it for a cell that is typed into (18.3.1.73, 18.3.1.13).
    """
    models = [
        found for found in cells if found.column == (edit.like or found.column) and _before(found, edit)
    ]
    if models:
        return models[-1].tag.number("s")
    if row is not None and row.tag.true("customFormat"):
        return row.tag.number("s")
    for tag in sheet.part.tags(sheet.prefix + b"col", 0, sheet.body.start):
        if (tag.number("min") or 0) <= edit.column <= (tag.number("max") or 0):
            return tag.number("style")
    return None


def _before(found: Cell, edit: CellEdit) -> bool:
    return edit.like is not None or found.column < edit.column


def _inside_body(sheet: Sheet, splices: list[Splice]) -> list[Splice]:
    """The same in an empty `<sheetData/>`, which is opened around its first rows."""
    if not sheet.body.empty or not splices:
        return splices
    rows = b"".join(new for _, _, new in splices)
    opening = _opened(sheet.part.data[sheet.body.start : sheet.body.end])
    return [(sheet.body.start, sheet.body.end, opening + rows + b"</%b>" % sheet.body.name)]


def _opened(tag: bytes) -> bytes:
    """An empty-element tag as a start tag."""
    return tag.removesuffix(b">").removesuffix(b"/").rstrip() + b">"


def _grown_dimension(sheet: Sheet, filled: Iterable[tuple[int, int]]) -> list[Splice]:
    for tag in sheet.part.tags(sheet.prefix + b"dimension", 0, sheet.body.start):
        old = cell.area(tag.attributes.get("ref", ""))
        if old is None:
            return []
        new = old
        for place in filled:
            new = new.grown(*place)
        if new == old:
            return []
        text = sheet.part.data[tag.start : tag.end]
        return [(tag.start, tag.end, cell.REF.sub(rb'\g<1>"%b"' % str(new).encode(), text))]
    return []


def _verify(sheet: Sheet, number: int, row: bytes, wanted: Sequence[CellEdit]) -> None:
    """Read the row back as it will be written: a last look before anything leaves the process."""
    part = Markup(row, sheet.part.place, sheet.part.part)
    end = part.element_end(part.root, len(row))[0]
    cells = {found.column: found for found in sheet.cells_in(part, number, part.root.end, end)}
    for edit in wanted:
        value = edit.value
        expected = "" if value is None else value if isinstance(value, str) else repr(value)
        found = sheet.text_of(part, cells[edit.column]) if edit.column in cells else ""
        if found != expected or not is_well_formed(row):
            where = cell.address(number, edit.column)
            raise sheet.refused(f"{where} would not read back as it was to be written", "Please report it")


def _allow(sheet: Sheet, row: int, column: int) -> None:
    if not (1 <= row <= cell.LAST_ROW and 1 <= column <= cell.LAST_COLUMN):
        raise sheet.refused(f"row {row}, column {column} lies outside of any sheet", "Check the layout")
    objection = sheet.objection(row, column)
    if objection:
        problem = f"{cell.address(row, column)} is not ours to write: {objection}"
        raise sheet.refused(problem, "Free the cell, or let the flags stand in other columns")


def _pieces(data: bytes, splices: Sequence[Splice], start: int, end: int) -> Iterator[bytes | memoryview]:
    """`data` from `start` to `end` with the splices made; they stand in order and do not overlap."""
    view = memoryview(data)
    for low, high, new in splices:
        yield view[start:low]
        yield new
        start = high
    yield view[start:end]
