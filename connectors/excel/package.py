"""Writing cells into an .xlsx or .xlsm so that nothing else in it changes: bytes in, bytes out, no files.

The workbook is never loaded and saved: the bytes of the cells, of their rows and of what must go with them are
patched inside the sheet's part, that part is packed anew, and every other part is carried over as it lies in
the package. Which parts may differ is told beforehand, each with its reason (`Patched.changed`), and compared
before the new file takes the old one's place:

- the sheet's own part: cells, rows, `dimension`; widths and drop-downs of columns that are newly made;
- a table's part, where new columns stand in that table: it repeats their headers, and Excel calls a
  difference damage;
- `workbook.xml`, where a formula refers to a cell that changes: the formula's stored value is old then, so
  Excel is told to calculate all when it opens the file (`fullCalcOnLoad`; it takes that off on saving); and where
  the sheet's own filter takes in new columns: Excel repeats its range there in a hidden name.

The calculation chain stays, for no formula comes or goes; so do the shared strings, for new texts are inline.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from connectors.contract import Refused
from connectors.excel import package_calc as calc
from connectors.excel import package_cell as cell
from connectors.excel import package_ranges as ranges
from connectors.excel.package_cell import CellEdit, Value
from connectors.excel.package_change import Change, patched
from connectors.excel.package_ranges import Filter
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_table import grown
from connectors.excel.package_workbook import Workbook
from connectors.excel.package_xml import Markup
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
        new = _New(self._workbook)
        edited: dict[str, list[tuple[int, int]]] = {}
        for name, wanted in changes.items():
            sheet = self.sheet(name)
            fitting = {(edit.row, edit.column): self._fitting(name, edit) for edit in wanted.cells}
            news = [edit for place, edit in fitting.items() if not _says(sheet.text(*place), edit.value)]
            if not news:
                continue
            edited[name] = [(edit.row, edit.column) for edit in news]
            change = replace(wanted, cells=news)
            found = self._named_alike(name, ranges.filtering(sheet, change), new)
            new.put(sheet.part.part, patched(sheet, change, found), f"the sheet {name}: {len(news)} cells")
            for growth in wanted.tables:
                part = growth.table.part
                why = f"the table {growth.table.name} holds {growth.why}"
                new.put(part, [grown(growth, self._workbook.markup(part))], why)
        if not new.parts:
            return None
        self._calculate_anew(edited, new)
        container = self._workbook.container
        return Patched(container.replaced(new.parts), new.reasons, container, new.parts)

    def _named_alike(self, sheet: str, found: Filter | None, new: _New) -> Filter | None:
        """The filter that is to reach further, with the workbook's hidden name of its range; else None."""
        if found is None:
            return None
        book = new.book
        named = ranges.named_filter(book, self._workbook.places[sheet])
        if named is None:
            return found
        area, start, end = named
        if area != found.area:
            return None  # the two disagree already: nothing of ours to settle
        data = book.data[:start] + ranges.absolute(found.grown) + book.data[end:]
        new.put(book.part, [data], f"the filter of the sheet {sheet} takes in the new columns")
        return found

    def _calculate_anew(self, edited: Mapping[str, Sequence[tuple[int, int]]], new: _New) -> None:
        sheet = calc.first_dependent(self._workbook, edited, self._sheets, new.parts)
        part = calc.calculating_on_load(new.book) if sheet else None
        if part is not None:
            new.put(new.book.part, [part], f"a formula on the sheet {sheet} refers to a changed cell")

    def _fitting(self, sheet: str, edit: CellEdit) -> CellEdit:
        if not isinstance(edit.value, str):
            return edit
        text = cell.fitting(edit.value)
        if cell.length(text) > cell.LONGEST_TEXT:
            where = cell.address(edit.row, edit.column)
            problem = f"the text for {sheet}!{where} is longer than a cell holds ({cell.LONGEST_TEXT:,})"
            raise Refused(self._place, problem, "Nothing was written. Write less")
        return replace(edit, value=text or None)


class _New:
    """The parts that are to differ: their new content, and why."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self.parts: dict[str, Sequence[Buffer]] = {}
        self.reasons: dict[str, str] = {}

    def put(self, part: str, content: Sequence[Buffer], why: str) -> None:
        self.parts[part] = content
        self.reasons[part] = f"{self.reasons[part]}; {why}" if part in self.reasons else why

    @property
    def book(self) -> Markup:
        """The workbook's own part, as it is to be so far."""
        as_it_was = self._workbook.markup(self._workbook.part)
        if as_it_was.part not in self.parts:
            return as_it_was
        return Markup(b"".join(self.parts[as_it_was.part]), as_it_was.place, as_it_was.part)


def _says(text: str, value: Value) -> bool:
    """Whether a cell with this text needs no change to hold the value. Numbers are always written."""
    return text == ("" if value is None else value)
