"""Writing cells into an .xlsx or .xlsm so that nothing else in it changes: bytes in, bytes out, no files.

The workbook is never loaded and saved: the bytes of the cells, of their rows and of what must go with them are
patched inside the sheet's part, that part is packed anew, and every other part is carried over as it lies in
the package. Which parts may differ is told beforehand, each with its reason (`Patched.changed`), and compared
before the new file takes the old one's place:

- the sheet's own part: cells, rows, `dimension`; widths and drop-downs of columns that are newly made;
- a table's part, where new columns stand in that table: it repeats their headers, and Excel calls a
  difference damage;
- `workbook.xml`, where a formula refers to a cell that changes: the formula's stored value is old then, so
  Excel is told to calculate all when it opens the file (`fullCalcOnLoad`; it takes that off on saving).

The calculation chain stays, for no formula comes or goes; so do the shared strings, for new texts are inline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.contract import Refused
from connectors.excel import package_calc as calc
from connectors.excel import package_cell as cell
from connectors.excel.package_cell import CellEdit, Value
from connectors.excel.package_change import Change, patched
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_table import grown
from connectors.excel.package_workbook import Workbook
from connectors.excel.package_zip import Buffer, Container, difference

__all__ = ["CellEdit", "Change", "Package", "Patched"]


@dataclass(frozen=True)
class Patched:
    """A package with its cells changed. `changed`: part → why it differs; every other part is as it was."""

    pieces: Sequence[Buffer]
    changed: Mapping[str, str]
    _before: Container = field(repr=False)
    _parts: Mapping[str, Sequence[Buffer]] = field(repr=False)

    def accept(self, written: bytes) -> None:
        """Look at the new file as it was written (or downloaded again). Refused if it is not what was meant."""
        place = self._before.place
        found = difference(self._before, Container(written, place), self._parts)
        if found:
            problem = f"the new file is not the old one with its cells changed: {found}"
            raise Refused(place, problem, "Nothing was written. Please report it")

    @property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for piece in self.pieces:
            digest.update(piece)
        return digest.hexdigest()


class Package:
    """A workbook's bytes, open for looking and for one patch; `place` names it in errors.

    Raises Refused where it must not be written; Unreadable where it is damaged.
    """

    def __init__(self, raw: bytes, place: str) -> None:
        self._place = place
        self._workbook = Workbook(Container(raw, place))
        self._sheets: dict[str, Sheet] = {}

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name, for its `text` and `objection`. Refused where it must not be written."""
        if name not in self._sheets:
            self._sheets[name] = self._workbook.sheet(name)
        return self._sheets[name]

    def patched(self, changes: Mapping[str, Change]) -> Patched | None:
        """The package with its sheets changed; None where all is there already. See the module for what stays.

        `changes`: sheet name → its change; of two edits for one cell the later counts. Raises as the class.
        """
        parts: dict[str, Sequence[Buffer]] = {}
        reasons: dict[str, str] = {}
        edited: dict[str, list[tuple[int, int]]] = {}
        for name, wanted in changes.items():
            sheet = self.sheet(name)
            fitting = {(edit.row, edit.column): self._fitting(name, edit) for edit in wanted.cells}
            news = [edit for place, edit in fitting.items() if not _says(sheet.text(*place), edit.value)]
            if not news:
                continue
            edited[name] = [(edit.row, edit.column) for edit in news]
            parts[sheet.part.part] = patched(sheet, replace(wanted, cells=news))
            reasons[sheet.part.part] = f"the sheet {name}: {len(news)} cells"
            for growth in wanted.tables:
                parts[growth.table.part] = [grown(growth, self._workbook.markup(growth.table.part))]
                reasons[growth.table.part] = f"the table {growth.table.name} holds {growth.why}"
        if not parts:
            return None
        self._calculate_anew(edited, parts, reasons)
        container = self._workbook.container
        return Patched(container.replaced(parts), reasons, container, parts)

    def _calculate_anew(
        self,
        edited: Mapping[str, Sequence[tuple[int, int]]],
        parts: dict[str, Sequence[Buffer]],
        reasons: dict[str, str],
    ) -> None:
        sheet = calc.first_dependent(self._workbook, edited, self._sheets)
        part = calc.calculating_on_load(self._workbook) if sheet else None
        if part is not None:
            parts[self._workbook.part] = [part]
            reasons[self._workbook.part] = f"a formula on the sheet {sheet} refers to a changed cell"

    def _fitting(self, sheet: str, edit: CellEdit) -> CellEdit:
        if not isinstance(edit.value, str):
            return edit
        text = cell.fitting(edit.value)
        if cell.length(text) > cell.LONGEST_TEXT:
            where = cell.address(edit.row, edit.column)
            problem = f"the text for {sheet}!{where} is longer than a cell holds ({cell.LONGEST_TEXT:,})"
            raise Refused(self._place, problem, "Nothing was written. Write less")
        return replace(edit, value=text or None)


def _says(text: str, value: Value) -> bool:
    """Whether a cell with this text needs no change to hold the value. Numbers are always written."""
    return text == ("" if value is None else value)
