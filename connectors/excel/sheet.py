"""Finds the tracker in a workbook: its sheets, header rows and columns, and the hub's own columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process

from connectors._readings.columns import Mapped
from connectors._readings.headers import Alternatives, Header, absent, folded, positions, settle
from connectors._readings.options import configured
from connectors._readings.table import Row, Table
from connectors._readings.workbook import Grid, Workbook
from connectors.contract import Drifted, Reading
from connectors.excel.options import HubColumns, Options

READS: Mapping[str, Reading] = {
    "id": "key", "title": "text", "owner": "text", "department": "text", "start": "date", "due": "date",
    "actual_start": "date", "finish": "date", "deadline": "date", "status": "text", "progress": "share",
    "estimate": "days", "remaining": "days", "depends_on": "text", "need_by": "date", "initiative": "text",
    "priority": "text", "parent": "key", "type": "text", "labels": "text", "same_as": "text", "what": "text",
    "commitment": "text", "url": "text",
}  # fmt: skip
AS_TEXT: Mapping[str, Reading] = {
    name: "key" if reading == "key" else "text" for name, reading in READS.items()
}
"""To find rows, what their cells mean does not matter."""

IDENTIFYING = ("id", "title")


@dataclass(frozen=True)
class Sheet:
    """A sheet with a tracker in it. `hub`: name of a hub-owned column → its position, where it is there."""

    grid: Grid
    header: Header
    hub: Mapping[str, int]
    place: str

    def mapped(self, reads: Mapping[str, Reading]) -> list[Mapped]:
        cells = self.header.cells
        return [
            Mapped(name, reads[name], position, cells[position - 1])
            for name, position in self.header.positions.items()
        ]

    def table(self) -> Table:
        """The rows below the header. What Interlock wrote there itself is left out."""
        own = set(self.hub.values())
        idle = {
            position
            for position, header in enumerate(self.header.cells, start=1)
            if not header and not any(row[position - 1] for row in self._below() if position <= len(row))
        }
        return Table(
            self.place, self.header.cells, self._rows(own), "row", "correct it in the tracker", own | idle
        )

    def answers(self) -> Iterator[tuple[int, str, str | None, str | None]]:
        """Row number, answer, and the item key and break code beside it, of each row that holds an answer."""
        if "answer" not in self.hub:
            return
        for number, cells in enumerate(self._below(), start=self.header.row + 1):
            answer, item, code = (_at(cells, self.hub.get(name)) for name in ("answer", "item", "code"))
            if answer and answer.strip():
                yield number, answer, item, code

    def _below(self) -> Sequence[Sequence[str | None]]:
        return self.grid.rows[self.header.row :]

    def _rows(self, own: set[int]) -> Iterator[Row]:
        for number, cells in enumerate(self._below(), start=self.header.row + 1):
            if own:
                cells = [None if position in own else cell for position, cell in enumerate(cells, start=1)]
            yield Row(number, cells)


def _at(cells: Sequence[str | None], position: int | None) -> str | None:
    return cells[position - 1] if position is not None and position <= len(cells) else None


def sheets(workbook: Workbook, options: Options) -> list[Sheet]:
    """The configured sheets of a workbook, or the first that holds the columns.

    Raises Drifted where a sheet, its header row or a configured column is missing, naming what is there.
    """
    if options.sheet is not None:
        return [_sheet(workbook, name, options) for name in _named(workbook, options.sheet)]
    for name in workbook.sheet_names:
        grid = workbook.grid(name)
        if _header_row(grid, configured(options.columns)) is not None:
            return [_sheet_of(workbook, grid, options)]
    likeliest = max(workbook.sheet_names, key=lambda name: _fit(workbook.grid(name), options), default=None)
    if likeliest is None:
        raise Drifted(workbook.place, "the workbook has no worksheet", "Name another file in `path`")
    return [_sheet(workbook, likeliest, options)]


def hub_positions(cells: Sequence[str | None], write: HubColumns) -> dict[str, int]:
    """Where the hub-owned columns stand in a header row; those that are not there are left out."""
    return positions(cells, {name: (title,) for name, title in write.model_dump().items()})


def _named(workbook: Workbook, names: Sequence[str]) -> list[str]:
    there = {folded(name): name for name in workbook.sheet_names}
    for name in names:
        if folded(name) not in there:
            near = ", ".join(
                f'"{match[0]}"' for match in process.extract(name, workbook.sheet_names, limit=12)
            )
            raise Drifted(
                workbook.place,
                f'no sheet "{name}"; there is {near or "none"}',
                "If it was renamed, set `sheet` to its name as it is now; else put it back",
            )
    return [there[folded(name)] for name in names]


def _sheet(workbook: Workbook, name: str, options: Options) -> Sheet:
    return _sheet_of(workbook, workbook.grid(name), options)


def _sheet_of(workbook: Workbook, grid: Grid, options: Options) -> Sheet:
    place = f"{workbook.place}, sheet {grid.name}"
    wanted = configured(options.columns)
    row = _header_row(grid, wanted)
    if row is None:
        raise absent(place, "row", list(enumerate(grid.rows, start=1)), wanted)
    cells = grid.rows[row - 1]
    header = settle(place, row, "row", cells, wanted)
    return Sheet(grid, header, hub_positions(cells, options.write), place)


def _header_row(grid: Grid, wanted: Alternatives) -> int | None:
    """The first row that holds the columns by which a row is known as an item."""
    identifying = {name: wanted[name] for name in IDENTIFYING}
    for number, cells in enumerate(grid.rows, start=1):
        if len(positions(cells, identifying)) == len(identifying):
            return number
    return None


def _fit(grid: Grid, options: Options) -> int:
    wanted = configured(options.columns)
    return max((len(positions(cells, wanted)) for cells in grid.rows), default=0)
