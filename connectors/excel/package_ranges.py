"""Ranges that the team has set around its rows, and which of them reach over new columns and rows.

The sheet's own filter takes in new columns that adjoin it: its buttons sort what it reaches over, and would leave
the flags behind. It takes in new rows right below it, as Excel does when the filter is applied anew. What colours
or checks a table's rows down to its last one goes down with the table, as when Excel adds a row. All else stays: a
new column is not the team's, so their colours and choices do not apply to it, and a print area is what they chose.

After ECMA-376 part 1, 18.3.1.2 (autoFilter), 18.3.1.92 (sortState), 18.3.1.18 (conditionalFormatting), 18.3.1.32
(dataValidation). Excel repeats a filter's range in a hidden name of the workbook (`_xlnm._FilterDatabase`, 18.2.5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.excel import package_cell as cell
from connectors.excel.package_cell import Area
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_table import Growth, resorted
from connectors.excel.package_xml import Markup, Splice, Tag

if TYPE_CHECKING:
    from connectors.excel.package_change import Change

FILTER_NAME = "_xlnm._FilterDatabase"
SQREF = re.compile(rb"""(\ssqref\s*=\s*)(?:"[^"]*"|'[^']*')""")


@dataclass(frozen=True)
class Filter:
    """A sheet's own filter: what it reaches over, and is to reach over; `tag` up to `end` is its element."""

    tag: Tag
    end: int
    area: Area
    grown: Area


def filtering(sheet: Sheet, change: Change) -> Filter | None:
    """The sheet's filter, if it is to reach further than it does."""
    found = _own_filter(sheet)
    area = cell.area(found[0].attributes.get("ref", "")) if found else None
    if found is None or area is None:
        return None
    grown = _with_rows(sheet, change, _with_columns(change, area))
    if grown == area or any(table.area.meets(grown) for table in sheet.tables):
        return None
    return Filter(*found, area, grown)


def _own_filter(sheet: Sheet) -> tuple[Tag, int] | None:
    """A child of the sheet itself: views that people keep (customSheetViews) have filters of their own."""
    part = sheet.part
    after = part.element_end(sheet.body, len(part.data))[1]
    end = part.data.rfind(b"</" + part.root.name)
    for tag, last in part.children(after, end):
        if tag.name == sheet.prefix + b"autoFilter":
            return tag, last
    return None


def _with_columns(change: Change, area: Area) -> Area:
    headed = {edit.column for edit in change.cells if edit.row == area.top and edit.value is not None}
    right = area.right
    while right + 1 in change.widths and right + 1 in headed:
        right += 1
    return replace(area, right=right)


def _with_rows(sheet: Sheet, change: Change, area: Area) -> Area:
    filled = {
        edit.row for edit in change.cells if edit.value is not None and area.left <= edit.column <= area.right
    }
    bottom = area.bottom
    while bottom + 1 in filled and not _filled(sheet, bottom + 1, area):
        bottom += 1
    return replace(area, bottom=bottom)


def _filled(sheet: Sheet, number: int, area: Area) -> bool:
    """Whether the row holds anything there already: then it was left outside of the filter by its owner."""
    row = sheet.row(number)
    return row is not None and any(
        not found.tag.empty for found in sheet.cells(row) if area.left <= found.column <= area.right
    )


def refiltered(sheet: Sheet, found: Filter | None) -> Iterator[Splice]:
    """The filter with its new range, and the sort that it keeps, which is made again over that range."""
    if found is None:
        return
    yield cell.referring(sheet.part, found.tag, found.grown)
    yield from resorted(sheet.part, found.tag.end, found.end, found.area, found.grown)


def named_filter(workbook: Markup, sheet: int) -> tuple[Area | None, int, int] | None:
    """What the hidden name of a sheet's filter says, and from where to where; None where there is none.

    `sheet` is its place in the workbook, from 0.
    """
    for tag in workbook.tags_of_any_prefix(b"definedName", workbook.root.end, len(workbook.data)):
        if tag.attributes.get("name") == FILTER_NAME and tag.number("localSheetId") == sheet:
            end = workbook.element_end(tag, len(workbook.data))[0]
            start = workbook.data.rfind(b"!", tag.end, end) + 1 or tag.end
            return cell.area(workbook.data[start:end].decode("utf-8", "replace").strip()), start, end
    return None


def absolute(area: Area) -> bytes:
    """`$A$3:$I$6`."""
    ends = ((area.top, area.left), (area.bottom, area.right))
    return ":".join(f"${cell.letters(column)}${row}" for row, column in ends).encode()


def following(sheet: Sheet, growths: Sequence[Growth], passed_over: str) -> Iterator[Splice]:
    """Formats and validations that reach down to a table's last row, with those of its new rows.

    `passed_over`: the title of the validation that is grown by itself.
    """
    grown = [growth for growth in growths if growth.bottom > growth.table.area.bottom]
    if not grown:
        return
    part = sheet.part
    after = part.element_end(sheet.body, len(part.data))[1]
    for name in (b"conditionalFormatting", b"dataValidation"):
        for tag in part.tags(sheet.prefix + name, after, len(part.data)):
            areas = [cell.area(text) for text in tag.attributes.get("sqref", "").split()]
            reaching = [_down(area, grown) for area in areas if area]
            if None in areas or reaching == areas or tag.attributes.get("promptTitle") == passed_over:
                continue
            text = part.data[tag.start : tag.end]
            yield tag.start, tag.end, SQREF.sub(rb'\g<1>"%b"' % listed(reaching), text)


def _down(area: Area, growths: Sequence[Growth]) -> Area:
    for growth in growths:
        table = growth.table.area
        if (
            area.bottom == table.bottom - growth.table.totals
            and table.left <= area.left <= area.right <= table.right
        ):
            return replace(area, bottom=growth.bottom)
    return area


def listed(areas: Sequence[Area]) -> bytes:
    """Areas as `sqref` has them (18.18.76)."""
    return " ".join(map(str, areas)).encode()
