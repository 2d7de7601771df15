"""Finds the tracker in a workbook: its sheets and tables, header rows and columns, and the hub's own columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rapidfuzz import process

from connectors._readings.columns import Mapped
from connectors._readings.grid import Grid
from connectors._readings.headers import Header, absent, folded, positions, settle
from connectors._readings.options import configured
from connectors._readings.sheet_marks import MOST_COLUMNS, MOST_ROWS
from connectors._readings.sheet_parts import Area
from connectors._readings.table import Table, letters
from connectors._readings.workbook import Workbook
from connectors.contract import Drifted, Reading, Unreadable
from connectors.excel.drift import proposed
from connectors.excel.header import find_header
from connectors.excel.options import HubColumns, Options, Tables
from connectors.excel.region import own_columns

READS: Mapping[str, Reading] = {
    "id": "key", "title": "text", "owner": "text", "department": "text", "start": "date", "due": "date",
    "actual_start": "date", "finish": "date", "deadline": "date", "status": "text", "progress": "share",
    "estimate": "days", "remaining": "days", "depends_on": "text", "need_by": "date", "initiative": "text",
    "priority": "text", "parent": "key", "type": "text", "labels": "text", "same_as": "text", "what": "text",
    "commitment": "text", "url": "text",
}  # fmt: skip
LANDED: Mapping[str, Reading] = {**READS, "told_by": "text"}
"""What a landed row says, with what it is known by where no column holds ids: sheet, parent and title, as JSON. It is
part of the row's content, so that the record always holds the last; nothing reads it back (`identity.remembered` is
the source's cursor)."""
AS_TEXT: Mapping[str, Reading] = {
    name: "key" if reading == "key" else "text" for name, reading in READS.items()
}
"""To find rows, what their cells mean does not matter."""

WHOLE = Area(1, 1, MOST_ROWS, MOST_COLUMNS)


@dataclass(frozen=True)
class Sheet:
    """A sheet with a tracker in it. `hub`: name of a hub-owned column → its position, where it is there.

    `area`: where its rows and columns may stand: anywhere, or in a table of the workbook's own.
    """

    grid: Grid
    header: Header
    hub: Mapping[str, int]
    place: str
    area: Area = WHOLE

    def mapped(self, reads: Mapping[str, Reading]) -> list[Mapped]:
        cells = self.header.cells
        return [
            Mapped(name, reads[name], position, cells[position - 1])
            for name, position in self.header.positions.items()
        ]

    def table(self) -> Table:
        """The rows below the header. What Interlock wrote there itself is left out."""
        top, bottom = self.header.row + 1, self.area.bottom
        left_out = set(self.hub.values()) | {
            position
            for position, header in enumerate(self.header.cells, start=1)
            if not self.area.left <= position <= self.area.right
            or (not header and self.grid.blank(position, top, bottom))
        }
        landed = [position for position in range(1, len(self.header.cells) + 1) if position not in left_out]
        blocks = self.grid.blocks(landed, top, bottom)
        return Table(self.place, self.header.cells, blocks, "row", "correct it in the tracker", left_out)

    def answers(self) -> Iterator[tuple[int, str, str | None, str | None]]:
        """Row number, answer, and the item key and break code beside it, of each row that holds an answer."""
        if "answer" not in self.hub:
            return
        for number, cells in enumerate(self._below, start=self.header.row + 1):
            answer, item, code = (_at(cells, self.hub.get(name)) for name in ("answer", "item", "code"))
            if answer and answer.strip():
                yield number, answer, item, code

    def refuse_uncalculated(self) -> None:
        """Raises Unreadable where a mapped cell holds a formula whose value nobody has calculated."""
        columns = set(self.header.positions.values())
        bare = sorted(
            place
            for place in self.grid.uncalculated
            if place[1] in columns and self.header.row < place[0] <= self.area.bottom
        )
        if bare:
            row, column = bare[0]
            raise Unreadable(
                self.place,
                f"{len(bare)} formula cells in mapped columns, such as {letters(column)}{row}, hold no value: the"
                " workbook was saved by a program that does not calculate",
                "Open it in Excel, and save it",
            )

    @cached_property
    def indents(self) -> Mapping[int, int]:
        """By how much the titles are indented, row by row: by their cells' style, else by spaces before their text.

        Nothing where the first title is indented as much as any: that is looks, not order. A single space is a slip.
        """
        column = self.header.positions["title"]
        below = self.header.row + 1, self.area.bottom
        styled = self.grid.indents(column)
        if not styled and not self.grid.spaced(column, *below):
            return {}
        cells = {number: cell for number, cell in self.grid.texts(column, *below) if cell.strip()}
        found = {number: styled.get(number, 0) for number in cells}
        if len(set(found.values())) < 2:
            spaces = {number: len(cell) - len(cell.lstrip()) for number, cell in cells.items()}
            found = {number: space if space > 1 else 0 for number, space in spaces.items()}
        least = min(found.values(), default=0)
        first = next(iter(found.values()), 0)
        return {number: one - least for number, one in found.items() if one > least} if first == least else {}

    @cached_property
    def _below(self) -> Sequence[Sequence[str | None]]:
        return self.grid.rows[self.header.row : self.area.bottom]


def _at(cells: Sequence[str | None], position: int | None) -> str | None:
    return cells[position - 1] if position is not None and position <= len(cells) else None


def sheets(workbook: Workbook, options: Options) -> list[Sheet]:
    """The configured sheets or tables of a workbook, or the first sheet that holds the columns.

    Raises Drifted where a sheet, its header row or a configured column is missing, naming what is there.
    """
    if isinstance(options.sheet, Tables):
        return _tables(workbook, options.sheet.table, options)
    if options.sheet is not None:
        return [_sheet_of(workbook, workbook.grid(name), options) for name in _named(workbook, options.sheet)]
    wanted = configured(options.columns)
    likeliest, most = None, -1
    for name in workbook.sheet_names:
        grid = workbook.grid(name)
        if find_header(grid, wanted) is not None:
            return [_sheet_of(workbook, grid, options)]
        fit = max((len(positions(cells, wanted)) for cells in grid.rows), default=0)
        likeliest, most = (grid, fit) if fit > most else (likeliest, most)
    if likeliest is None:
        raise Drifted(workbook.place, "the workbook has no worksheet", "Name another file in `path`")
    return [_sheet_of(workbook, likeliest, options)]


def hub_positions(cells: Sequence[str | None], write: HubColumns) -> dict[str, int]:
    """Where the hub-owned columns stand in a header row; those that are not there are left out."""
    return positions(cells, {name: (title,) for name, title in write.model_dump().items()})


def _named(workbook: Workbook, names: Sequence[str]) -> list[str]:
    there = {folded(name): name for name in workbook.sheet_names}
    for name in names:
        if folded(name) not in there:
            raise Drifted(
                workbook.place,
                f'no sheet "{name}"; there is {_near(name, workbook.sheet_names)}',
                "If it was renamed, set `sheet` to its name as it is now; else put it back",
            )
    return [there[folded(name)] for name in names]


def _tables(workbook: Workbook, names: Sequence[str], options: Options) -> list[Sheet]:
    """The tables of these names, wherever they stand in the workbook."""
    there = {table.name: (sheet, table) for sheet in workbook.sheet_names for table in workbook.tables(sheet)}
    folding = {folded(name): name for name in there}
    found, grids, wanted = [], {}, []
    for name in names:
        if folded(name) not in folding:
            raise Drifted(
                workbook.place,
                f'no table "{name}"; there is {_near(name, list(there))}',
                "If it was renamed, set `sheet: {table: …}` to its name as it is now; else put it back",
            )
        sheet, table = there[folding[folded(name)]]
        place = f"{workbook.place}, sheet {sheet}, table {table.name}"
        if not table.has_header:
            raise Drifted(place, "the table has no header row", "Turn it on under Table Design")
        if sheet not in grids:
            grids[sheet] = workbook.grid(sheet)
        wanted.append((sheet, place, table.area))
    for sheet, place, area in wanted:
        others = [other for where, _, other in wanted if where == sheet and other is not area]
        found.append(_table_of(grids[sheet], place, area, others, options))
    return found


def _table_of(grid: Grid, place: str, area: Area, others: Sequence[Area], options: Options) -> Sheet:
    cells = list(grid.rows[area.top - 1]) if area.top <= len(grid.rows) else []
    inside = [cell if area.left <= at <= area.right else None for at, cell in enumerate(cells, start=1)]
    first, last = own_columns(area, others, len(cells))
    own = [cell if first <= at <= last else None for at, cell in enumerate(cells, start=1)]
    hub = hub_positions(own, options.write)
    return Sheet(grid, _settled(grid, place, area.top, inside, options), hub, place, area)


def _near(name: str, names: Sequence[str]) -> str:
    return ", ".join(f'"{match[0]}"' for match in process.extract(name, names, limit=12)) or "none"


def _sheet_of(workbook: Workbook, grid: Grid, options: Options) -> Sheet:
    place = f"{workbook.place}, sheet {grid.name}"
    wanted = configured(options.columns)
    found = find_header(grid, wanted)
    if found is None:
        error = absent(place, "row", list(enumerate(grid.rows, start=1)), wanted)
        number, cells = max(
            enumerate(grid.rows, start=1), key=lambda row: len(positions(row[1], wanted)), default=(1, ())
        )
        raise proposed(error, grid.rows[number:], cells, wanted, READS)
    row, cells = found
    header = _settled(grid, place, row, cells, options)
    return Sheet(grid, header, hub_positions(cells, options.write), place)


def _settled(grid: Grid, place: str, row: int, cells: Sequence[str | None], options: Options) -> Header:
    wanted = configured(options.columns)
    try:
        return settle(place, row, "row", cells, wanted)
    except Drifted as error:
        raise proposed(error, grid.rows[row:], cells, wanted, READS) from error


def sheet_table(number: int) -> str:
    """The table in a reader's desk that holds what becomes of the rows of its sheet of this number."""
    return f"sheet_{number}"
