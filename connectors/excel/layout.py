"""Where things stand in a workbook, for writing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass
class SheetLayout:
    """Where things stand in one sheet. Rows and columns count from 1.

    `columns`: header text → column; the hub's own columns by the headers that the options give them. `rows`:
    item key → row, of the rows whose key is readable and stands once in the file. `last_column`: the last one
    that holds anything.
    """

    name: str
    header_row: int
    columns: Mapping[str, int]
    rows: Mapping[str, int]
    last_column: int


@dataclass(frozen=True)
class Layout:
    """A workbook as it was read: `sha256` of the whole file, and the sheets that hold the tracker."""

    sha256: str
    sheets: tuple[SheetLayout, ...]
