"""What a sheet's part says of its rows beside their cells: hidden, filtered, outlined, calculated, linked.

The parts are searched as bytes rather than parsed: a sheet of 100,000 rows by 20 has 2 million cell elements, of
which none matters here. The tags looked for are those of ECMA-376 part 1: 18.3.1.73 (row), 18.3.1.61 (outlinePr),
18.3.1.2 (autoFilter), 18.3.1.4 (c), 18.3.1.40 (f), 18.3.1.47 (hyperlink).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from xml.sax.saxutils import unescape

from connectors._readings.sheet_parts import position
from connectors._readings.sheet_xml import DamagedXML, error_cells

_ROOT = re.compile(rb"<((?:\w+:)?)worksheet[\s/>]")
_NUMBER = re.compile(rb"""\sr=["'](\d+)["']""")
_HIDDEN = re.compile(rb"""\shidden=["'](?:1|true|on)["']""")
_LEVEL = re.compile(rb"""\soutlineLevel=["']([1-7])["']""")
_SUMMARY_ABOVE = re.compile(rb"""outlinePr\s[^>]*?summaryBelow=["'](?:0|false|off)["']""")
_REFERENCE = re.compile(rb"""(?:^|\s)r=["']([A-Z]{1,3})(\d{1,7})["']""")
_STYLE = re.compile(rb"""\ss=["'](\d{1,6})["']""")
_TEXT_TYPE = re.compile(rb"""(?:^|\s)t=["']str["']""")
_ERROR = re.compile(rb"""t=["']e["']""")
_CELL = re.compile(rb"<(?:\w+:)?c\s")
_PLACE = re.compile(rb"""\sr=["']([A-Z]{0,9})(\d{1,19})["']""")
_VALUE = re.compile(rb"<(?:\w{1,9}:)?(?:v>[^<]|is>)")

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # Excel's own limits
SEARCHED_WHOLE = 8 * 1024**2
"""Bytes; of larger parts the places of the first and the last cell and of far columns are looked at, not all."""
SEARCHED_FIRST = 64 * 1024
"""Bytes; the columns that a larger part has at least are told from these."""


@dataclass(frozen=True)
class RowMarks:
    """Rows count from 1. `levels`: of outlined rows, 1 to 7. `filtered`: the sheet has a filter.

    `summary_above`: the sheet says that a group's summary stands above it, where Excel's default is below.
    """

    hidden: frozenset[int]
    levels: Mapping[int, int]
    summary_above: bool
    filtered: bool


NO_MARKS = RowMarks(frozenset(), {}, False, False)


def row_marks(data: bytes) -> RowMarks:
    """What a sheet's part says of its rows."""
    if b"hidden=" not in data and b"outlineLevel=" not in data:
        return NO_MARKS
    prefix = _prefix(data)
    hidden, levels, number = set(), {}, 0
    for tag in _row_tags(prefix).findall(data):
        stated = _NUMBER.search(tag)
        number = int(stated[1]) if stated else number + 1
        if _HIDDEN.search(tag):
            hidden.add(number)
        level = _LEVEL.search(tag)
        if level:
            levels[number] = int(level[1])
    filtered = b"<" + prefix + b"autoFilter" in data
    return RowMarks(frozenset(hidden), levels, _SUMMARY_ABOVE.search(data) is not None, filtered)


def errors(data: bytes) -> Mapping[tuple[int, int], str]:
    """The cells that hold an error value: row and column (from 0) → its text."""
    found: dict[tuple[int, int], str] = {}
    if b't="e"' not in data and b"t='e'" not in data:
        return found
    value = re.compile(rb"<" + _prefix(data) + rb"v>([^<]*)<")
    for match in _ERROR.finditer(data):
        start = data.rfind(b"<", 0, match.start())
        tag = data[start : data.find(b">", match.end())]
        if not _CELL.match(tag):
            continue  # a text that reads like one
        place = _REFERENCE.search(tag)
        if place is None:
            return error_cells(data)  # places are not stated: they must be counted
        text = value.search(data, match.end(), data.find(b"c>", match.end()))
        if text:
            found[int(place[2]) - 1, position(place[1].decode()) - 1] = unescape(text[1].decode())
    return found


def uncalculated(data: bytes) -> Iterator[tuple[int, int]]:
    """Row and column (from 1) of the formula cells that hold no value: whoever saved the file calculated nothing.

    A formula whose value is an empty text has the type `str`.
    """
    prefix = _prefix(data)
    if b"<" + prefix + b"f" not in data:
        return
    for match in _bare_formulas(prefix).finditer(data):
        place = _REFERENCE.search(match[1])
        if place and not _TEXT_TYPE.search(match[1]):
            yield int(place[2]), position(place[1].decode())


def indents(data: bytes, column: int, steps: Mapping[int, int]) -> Mapping[int, int]:
    """Row → by how many steps the style of its cell in a column indents it; `steps`: the same by the style's number."""
    found: dict[int, int] = {}
    for tag in _cell_tags(_prefix(data)).findall(data):
        style, place = _STYLE.search(tag), _REFERENCE.search(tag)
        step = steps.get(int(style[1]), 0) if style else 0
        if step and place and position(place[1].decode()) == column:
            found[int(place[2])] = step
    return found


class Extent(NamedTuple):
    """The rows of the first and of the last cell of a sheet, and the last column in which one stands; 0 without any."""

    top: int
    bottom: int
    width: int

    def cells(self) -> int:
        """How many lie between: what reading them needs room for, filled or not."""
        return (self.bottom - self.top + 1) * self.width if self.bottom else 0


def extent(data: bytes) -> Extent:
    """Where the cells of a sheet stand.

    The reading library keeps them all from the first row to the last, filled or not; where the last one's row comes
    before the first one's it ends the process. So a part whose places cannot be is a DamagedXML.
    """
    tag = b"<" + _prefix(data) + b"row"
    if b' r="' not in data and b" r='" not in data:  # places are not stated: cells are counted
        rows = data.split(tag)
        return Extent(1, len(rows), max(row.count(b"<" + _prefix(data) + b"c") for row in rows))
    end = max(data.rfind(b"sheetData>"), 0) or len(data)  # smart tags below the cells have places too
    if len(data) <= SEARCHED_WHOLE:
        places = [(letters, int(number)) for letters, number in _PLACE.findall(data, 0, end)]
        rows_of_cells = [number for letters, number in places if letters]
        columns = {letters for letters, _ in places if letters}
    else:
        rows_of_cells = [number for number in first_and_last_row(data, 0, end) if number]
        near = {letters for letters, _ in _PLACE.findall(data, 0, SEARCHED_FIRST) if letters}
        columns = near | set(_beyond(near).findall(data, 0, end))
    width = max((position(letters.decode()) for letters in columns), default=1)
    if any(later < earlier for earlier, later in pairwise(rows_of_cells)):
        raise DamagedXML("its rows are out of order")
    if max(rows_of_cells, default=0) > MOST_ROWS or width > MOST_COLUMNS:
        raise DamagedXML("a cell stands where no sheet has any")
    return Extent(rows_of_cells[0], rows_of_cells[-1], width) if rows_of_cells else Extent(0, 0, 0)


def _beyond(near: Iterable[bytes]) -> re.Pattern[bytes]:
    """Finds the letters of the columns to the right of some, and of all that have more than one letter."""
    last = max((letters for letters in near if len(letters) == 1), default=b"A")
    others = b"|[" + bytes([last[0] + 1]) + b"-Z]" if last < b"Z" else b""
    return re.compile(rb"""r=["']((?:[A-""" + last + rb"](?!\d)" + others + rb")[A-Z]*)\d")


def first_and_last_row(data: bytes, start: int, end: int) -> tuple[int, int]:
    """The rows of the first and the last cell that holds anything between two places of a sheet's part, 0 where none
    does; the last may be given as a later one."""
    found = _VALUE.search(data, start, end)
    if found is None:
        return 0, 0
    at = data.rfind(b"v>", start, end)
    at = max(at, data.rfind(b"is>", max(at, start), end))
    stated = _NUMBER.search(data, data.rfind(b"<" + _prefix(data) + b"row", start, end), end)
    last = max(_row_of_cell(data, start, at), int(stated[1]) if stated else 0)
    return _row_of_cell(data, start, found.start()), last


def _row_of_cell(data: bytes, start: int, at: int) -> int:
    """The row of the cell element in which a place of the part stands."""
    places = _PLACE.findall(data, max(start, at - 4096), at)
    return int(places[-1][1]) if places else 0


def _prefix(data: bytes) -> bytes:
    """What stands before the names of a part's elements: nothing, as a rule, or `x:`."""
    root = _ROOT.search(data, 0, 4096)
    return root[1] if root else b""


@cache
def _row_tags(prefix: bytes) -> re.Pattern[bytes]:
    """A literal beginning is found ten times as fast as an optional prefix (72 MB: 0.1 s for 1.3 s)."""
    return re.compile(b"<" + prefix + rb"row[\s/>][^>]*")


@cache
def _cell_tags(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(b"<" + prefix + rb"c\s[^>]*")


@cache
def _bare_formulas(prefix: bytes) -> re.Pattern[bytes]:
    c, f, v = prefix + b"c", prefix + b"f", prefix + b"v"
    formula = b"<" + f + rb"(?:\s[^>]*)?(?:/>|>[^<]*</" + f + b">)"
    blank = b"(?:<" + v + rb"\s*/>|<" + v + b"></" + v + b">)?"
    return re.compile(b"<" + c + rb"\s([^>]*)>\s*" + formula + rb"\s*" + blank + rb"\s*</" + c + b">")


def parents(rows: Sequence[int], marks: RowMarks) -> dict[int, int]:
    """Row → the row that it stands under in the sheet's outline, among `rows` (in their order).

    Groups are often made below their summary without telling Excel so. If the first row is a detail or the last
    one is none, that tells which it is; else what the sheet says does.
    """
    levels = [marks.levels.get(row, 0) for row in rows]
    if not any(levels):
        return {}
    starts, ends = levels[0] > 0, levels[-1] > 0
    above = marks.summary_above if starts == ends else ends
    found: dict[int, int] = {}
    stack: list[tuple[int, int]] = []
    ordered = list(zip(rows, levels, strict=True))
    for row, level in ordered if above else reversed(ordered):
        while stack and stack[-1][1] >= level:
            stack.pop()
        if stack:
            found[row] = stack[-1][0]
        stack.append((row, level))
    return found
