"""The hub's columns in one sheet: where they stand, what they hold, where they would be made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from connectors._readings.headers import folded
from connectors.contract import Refused
from connectors.excel import write_sort
from connectors.excel.options import Options, Tables
from connectors.excel.package import CellEdit, Change, Package
from connectors.excel.package_around import Choices
from connectors.excel.package_cell import LAST_COLUMN, Area, address
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_table import Growth, Table
from connectors.excel.read import Layout, SheetLayout
from connectors.excel.region import own_columns
from connectors.excel.write_sort import Block
from connectors.excel.write_text import ANSWER_WORDS, HOW_TO_ANSWER, HUB_COLUMNS, WIDTHS

OURS = tuple(name for name in HUB_COLUMNS if name != "answer")
"""The hub's columns whose cells we fill."""


def desks(workbook: Package, layout: Layout, options: Options) -> list[Desk]:
    """One for each sheet or, where the options name tables, for each table: several may stand on one sheet."""
    if not isinstance(options.sheet, Tables):
        return [Desk(workbook, sheet, options) for sheet in layout.sheets]
    named = list(zip(layout.sheets, options.sheet.table, strict=True))  # a layout holds them in this order
    return [
        Desk(workbook, sheet, options, table, [other for where, other in named if where.name == sheet.name])
        for sheet, table in named
    ]


class Desk:
    """One sheet, or one of its tables, with its hub columns, found by their headers or to be made.

    `table`: the name of the table that is meant, where `options` name tables; `tables`: those of them that stand on
    this sheet, itself included. Whether the sheet may be written is asked when its cells are first looked at:
    Refused where not, so that the other sheets' notes go on.
    """

    def __init__(
        self,
        workbook: Package,
        layout: SheetLayout,
        options: Options,
        table: str = "",
        tables: Sequence[str] = (),
    ) -> None:
        self.name = layout.name
        self.rows = layout.rows
        self._workbook, self._layout = workbook, layout
        self._table_name, self._table_names = folded(table), {folded(name) for name in tables}
        self._titles = {name: getattr(options.write, name) for name in HUB_COLUMNS}
        wanted = {folded(header) for header in options.columns.title or ()}
        self.like = next(
            (place for header, place in layout.columns.items() if folded(header) in wanted), None
        )
        """The column of the items' titles: plain text, so our text looks right in its style."""

    @cached_property
    def sheet(self) -> Sheet:
        return self._workbook.sheet(self.name)

    @cached_property
    def _table(self) -> Table | None:
        return next((one for one in self.sheet.tables if folded(one.name) == self._table_name), None)

    @cached_property
    def _neighbours(self) -> list[Area]:
        """The other tables of this sheet that are trackers."""
        others = (one for one in self.sheet.tables if folded(one.name) in self._table_names)
        return [one.area for one in others if one is not self._table]

    @cached_property
    def columns(self) -> dict[str, int]:
        """Hub column → where it stands or, if no header is its, will be made."""
        if self.growth is not None:
            first = self.growth.table.area.right + 1
            return {name: first + place for place, name in enumerate(HUB_COLUMNS)}
        columns: dict[str, int] = {}
        free = self._free_columns()
        for name, title in self._titles.items():
            columns[name] = self._layout.columns[title] if title in self._layout.columns else next(free)
        return columns

    @cached_property
    def growth(self) -> Growth | None:
        """How the items' table takes the hub's columns in, so that sorting it takes the flags along.

        None where there is no table, where something stands beside it, or where the columns stand already.
        """
        titles = list(self._titles.values())
        if any(title in self._layout.columns for title in titles):
            return None
        for table in [self._table] if self._table else self.sheet.tables:
            holds_all = table.area.top == self._layout.header_row and all(
                table.area.top < row <= table.area.bottom for row in self.rows.values()
            )
            inside = self.like is not None and table.area.left <= self.like <= table.area.right
            if holds_all and inside and table.takes(titles):
                return Growth(table, titles) if self.sheet.vacant(table.beside(len(titles))) else None
        return None

    @property
    def stands(self) -> bool:
        """Whether the flag column is there at all: only where it is can a person have cleared its cells."""
        return self._titles["flag"] in self._layout.columns

    # --- what the cells hold, and should ---------------------------------------------------------------------

    def held(self, row: int) -> Block:
        """Hub column → what its cell in this row holds, once what a sort left behind is in its place."""
        return self._mended[0][row] if row in self._mended[0] else self.block(row)

    def block(self, row: int) -> Block:
        """Hub column → what its cell in this row holds now."""
        return {name: self.sheet.text(row, self.columns[name]) for name in HUB_COLUMNS}

    def moved(self, row: int) -> bool:
        return row in self._mended[0]

    def stuck(self, key: str) -> str:
        """Why the item's flag cannot be moved to its row; empty if it can, or is there."""
        return self._mended[1].get(key, "")

    @cached_property
    def _mended(self) -> tuple[dict[int, Block], dict[str, str]]:
        return write_sort.settled(self)

    @property
    def moves_answers(self) -> bool:
        """Whether what a person typed goes to another row, with its flag that a sort left behind."""
        return any(block["answer"] != self.block(row)["answer"] for row, block in self._mended[0].items())

    @cached_property
    def named(self) -> Mapping[int, str]:
        """Row → the item key in its hub item cell, of the rows that have one."""
        if self._titles["item"] not in self._layout.columns:
            return {}
        found = self.sheet.column(self.columns["item"])
        return {
            row: key for row, key in found if row > self._layout.header_row and not self._is_another_s(row)
        }

    def _is_another_s(self, row: int) -> bool:
        """Whether the row of the item column belongs to a table above or below, whose flags are not ours to move."""
        apart = (
            area for area in self._neighbours if not (self._table and _share_rows(self._table.area, area))
        )
        return any(area.top <= row <= area.bottom for area in apart)

    def movable(self, row: int) -> bool:
        """Whether the hub's cells of a row are ours to move: the answer too, if it is a plain text."""
        cells = [(row, self.columns[name]) for name in HUB_COLUMNS]
        return not any(self.sheet.objection(*cell) for cell in cells) and self.sheet.is_text(
            row, self.columns["answer"]
        )

    def objection(self, row: int) -> str:
        """Why the hub's cells in this row, or the headers that they need, must not be written."""
        cells = [(row, self.columns[name]) for name in OURS]
        for cell in [*((edit.row, edit.column) for edit in self.headers()), *cells]:
            objection = self.sheet.objection(*cell)
            if objection:
                return f"{self.name}!{address(*cell)} is not ours to write: {objection}"
        return ""

    # --- what is to be written -------------------------------------------------------------------------------

    def change(self, rows: Mapping[int, Block]) -> Change | None:
        """The sheet's change: these rows' cells, those of a mended sort, and what new columns need."""
        mended = self._mended[0]
        blocks = {row: {**mended.get(row, {}), **rows.get(row, {})} for row in [*mended, *rows]}
        if not blocks:
            return None
        cells = [
            CellEdit(row, self.columns[name], text or None, self.like)
            for row, block in blocks.items()
            for name, text in block.items()
            # An answer is a person's: it goes where its flag goes, and is otherwise not touched.
            if name != "answer" or (row in mended and text != self.block(row)["answer"])
        ]
        return Change(
            [*self.headers(), *cells],
            [self.growth] if self.growth else [],
            {self.columns[name]: WIDTHS[name] for name in self._missing},
            self._choices(),
        )

    def headers(self) -> list[CellEdit]:
        """The header cells that are still to be made."""
        row = self._layout.header_row
        return [CellEdit(row, self.columns[name], self._titles[name], self.like) for name in self._missing]

    @property
    def _missing(self) -> Sequence[str]:
        return [name for name, title in self._titles.items() if title not in self._layout.columns]

    def _choices(self) -> Choices | None:
        if not self.rows:
            return None
        column, first = self.columns["answer"], self._layout.header_row + 1
        area = Area(first, column, max(first, *self.rows.values()), column)
        return Choices([area], ANSWER_WORDS, "Interlock", HOW_TO_ANSWER)

    def span(self, row: int) -> str:
        """Where the hub's cells of a row stand: `H12:M12`; `H12:I12,L12` where they are not side by side."""
        runs: list[list[int]] = []
        for column in sorted(self.columns.values()):
            if runs and column == runs[-1][-1] + 1:
                runs[-1].append(column)
            else:
                runs.append([column])
        ends = ((address(row, run[0]), address(row, run[-1])) for run in runs)
        return ",".join(first if first == last else f"{first}:{last}" for first, last in ends)

    def _free_columns(self) -> Iterator[int]:
        """Columns at the right of all that is filled or coloured: a plan may be drawn in cells."""
        if self._table:
            _, last = own_columns(self._table.area, self._neighbours, LAST_COLUMN)
            if last < LAST_COLUMN:
                yield from self._columns_between(self._table, last)
        rows = [self._layout.header_row, *self.rows.values()]
        last = self.sheet.last_used(rows, self._layout.last_column)
        yield from range(last + 1, LAST_COLUMN + 1)
        problem = f"the sheet {self.name!r} is used up to its last column"
        raise Refused(self.sheet.part.place, problem, "Nothing was written. Free some columns at its right")

    def _columns_between(self, table: Table, last: int) -> Iterator[int]:
        """Empty columns between the table and the next one: further right, nobody could tell whose they are."""
        area = table.area
        for column in range(area.right + 1, last + 1):
            if self.sheet.vacant(Area(area.top, column, area.bottom, column)):
                yield column
        problem = (
            f"there are too few empty columns between the table {table.name!r} and the next one at its right for"
            f" the {len(self._titles)} columns of Interlock"
        )
        raise Refused(self.sheet.part.place, problem, "Nothing was written. Insert columns there")


def _share_rows(one: Area, other: Area) -> bool:
    return one.top <= other.bottom and other.top <= one.bottom
