"""The hub's columns in one sheet: where they stand, what they hold, where they would be made."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from connectors._readings.headers import folded
from connectors.contract import Note, Refused
from connectors.excel.options import Options
from connectors.excel.package import CellEdit, Package
from connectors.excel.package_cell import LAST_COLUMN, address
from connectors.excel.package_sheet import Sheet
from connectors.excel.read import SheetLayout
from connectors.excel.write_text import HUB_COLUMNS

OURS = tuple(name for name in HUB_COLUMNS if name != "answer")
"""The hub's columns whose cells we fill."""


class Desk:
    """One sheet with its hub columns, found by the headers that `options.write` names, or to be made.

    Whether the sheet may be written is asked when its cells are first looked at: Refused where not, so that
    the other sheets' notes go on.
    """

    def __init__(self, workbook: Package, layout: SheetLayout, options: Options) -> None:
        self.name = layout.name
        self.rows = layout.rows
        self._workbook, self._layout = workbook, layout
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
    def columns(self) -> dict[str, int]:
        """Hub column → where it stands or, if no header is its, will be made at the sheet's right."""
        columns: dict[str, int] = {}
        free = self._free_columns()
        for name, title in self._titles.items():
            columns[name] = self._layout.columns[title] if title in self._layout.columns else next(free)
        return columns

    @property
    def stands(self) -> bool:
        """Whether the flag column is there at all: only where it is can a person have cleared its cells."""
        return self._titles["flag"] in self._layout.columns

    def held(self, row: int) -> dict[str, str]:
        """Hub column → what its cell in this row holds."""
        return {name: self.sheet.text(row, self.columns[name]) for name in OURS}

    def strays(self, note: Note) -> list[int]:
        """Other rows that name the note's item as theirs: a sort moved the items and left the flags.

        Without those whose cells are not ours to write.
        """
        others = (row for row in self._named.get(note.item_key, []) if row != self.rows[note.item_key])
        return [row for row in others if not self.objection(row)]

    def objection(self, row: int) -> str:
        """Why the hub's cells in this row, or the headers that they need, must not be written."""
        cells = [(row, self.columns[name]) for name in OURS]
        for cell in [*((edit.row, edit.column) for edit in self.headers()), *cells]:
            objection = self.sheet.objection(*cell)
            if objection:
                return f"{self.name}!{address(*cell)} is not ours to write: {objection}"
        return ""

    def headers(self) -> list[CellEdit]:
        """The header cells that are still to be made."""
        row = self._layout.header_row
        missing = [name for name, title in self._titles.items() if title not in self._layout.columns]
        return [CellEdit(row, self.columns[name], self._titles[name], self.like) for name in missing]

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
        rows = [self._layout.header_row, *self.rows.values()]
        last = self.sheet.last_used(rows, self._layout.last_column)
        yield from range(last + 1, LAST_COLUMN + 1)
        problem = f"the sheet {self.name!r} is used up to its last column"
        raise Refused(self.sheet.part.place, problem, "Nothing was written. Free some columns at its right")

    @cached_property
    def _named(self) -> dict[str, list[int]]:
        """Item key → rows whose item cell names it."""
        named: dict[str, list[int]] = {}
        for row, key in self.sheet.column(self.columns["item"], self.rows.values()):
            named.setdefault(key, []).append(row)
        return named
