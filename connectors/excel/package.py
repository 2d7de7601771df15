"""Writing cells into an .xlsx or .xlsm file so that nothing else in it changes.

The file is never loaded and saved: the bytes of the cells, of their rows and of the sheet's `dimension` are
patched inside the sheet's part, that part is packed anew, and every other part is carried over as it lies in
the file. The calculation chain needs no change (no formula comes or goes), nor do the shared strings (new
texts are inline). What was to stay is compared before the new file takes the old one's place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from connectors.contract import Refused
from connectors.excel import package_cell as cell
from connectors.excel import package_file as file
from connectors.excel.package_cell import CellEdit, Value
from connectors.excel.package_change import patched
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_workbook import Workbook
from connectors.excel.package_zip import Container, difference

__all__ = ["CellEdit", "Package", "PatchResult", "patch"]


@dataclass(frozen=True)
class PatchResult:
    """What a patch did.

    `changed`: parts whose content is new; empty means that all was there already and the file untouched.
    `sha256`: of the file as it is now.
    """

    changed: tuple[str, ...]
    sha256: str


class Package:
    """A workbook as it was when it was read, open for looking and for one patch.

    Raises Deferred where the file has changed since `expected_sha256` (hexadecimal) was taken or somebody has
    it open; Refused where it must not be written; Unreadable where it is missing or damaged.
    """

    def __init__(self, path: Path, expected_sha256: str) -> None:
        self._path = path
        self._sha256 = expected_sha256
        self._raw = file.read(path, expected_sha256)
        self._workbook = Workbook(Container(self._raw, str(path)))
        self._sheets: dict[str, Sheet] = {}

    def sheet(self, name: str) -> Sheet:
        """The sheet of this name, for its `text` and `objection`. Refused where it must not be written."""
        if name not in self._sheets:
            self._sheets[name] = self._workbook.sheet(name)
        return self._sheets[name]

    def patch(self, edits: Mapping[str, Sequence[CellEdit]]) -> PatchResult:
        """Give the cells their values, in one exchange of the file; see the module for what stays.

        `edits`: sheet name → its edits; of two for one cell the later counts. Raises as the class, and then
        nothing at all was written.
        """
        parts: dict[str, list[bytes | memoryview]] = {}
        for name, wanted in edits.items():
            sheet = self.sheet(name)
            fitting = {(edit.row, edit.column): self._fitting(name, edit) for edit in wanted}
            news = [edit for place, edit in fitting.items() if not _says(sheet.text(*place), edit.value)]
            if news:
                parts[sheet.part.part] = patched(sheet, news)
        if not parts:
            return PatchResult((), self._sha256)
        return PatchResult(tuple(parts), self._exchange(parts))

    def _exchange(self, parts: Mapping[str, Sequence[bytes | memoryview]]) -> str:
        container = self._workbook.container

        def accept(written: bytes) -> None:
            found = difference(container, Container(written, str(self._path)), parts)
            if found:
                problem = f"the new file is not the old one with its cells changed: {found}"
                raise Refused(str(self._path), problem, "Nothing was written. Please report it")

        pieces = container.replaced(parts)
        file.exchange(self._path, pieces, self._raw, accept)
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        return digest.hexdigest()

    def _fitting(self, sheet: str, edit: CellEdit) -> CellEdit:
        if not isinstance(edit.value, str):
            return edit
        text = cell.fitting(edit.value)
        if cell.length(text) > cell.LONGEST_TEXT:
            where = cell.address(edit.row, edit.column)
            problem = f"the text for {sheet}!{where} is longer than a cell holds ({cell.LONGEST_TEXT:,})"
            raise Refused(str(self._path), problem, "Nothing was written. Write less")
        return replace(edit, value=text or None)


def patch(path: Path, edits: Mapping[str, Sequence[CellEdit]], expected_sha256: str) -> PatchResult:
    """`Package.patch` in one call, for edits that need no look at the sheet first."""
    return Package(path, expected_sha256).patch(edits)


def _says(text: str, value: Value) -> bool:
    """Whether a cell with this text needs no change to hold the value. Numbers are always written."""
    return text == ("" if value is None else value)
