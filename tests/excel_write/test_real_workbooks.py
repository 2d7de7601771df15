"""One cell written into each of 49 workbooks that nobody here made: all else stays, or nothing is written."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import python_calamine
from openpyxl.utils import range_boundaries

from connectors.contract import Refused
from connectors.excel.package import CellEdit, Change
from connectors.excel.package_table import Growth, Table
from connectors.excel.package_workbook import Workbook
from connectors.excel.package_zip import Container
from connectors.excel.write_file import opened, patch

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")  # about extensions it does not know

Reader = Callable[[Path, str, tuple[int, int]], object]

NEW = "=Late by 14 days & <counting> «ß 😀»"

FOLDER = Path(os.environ.get("INTERLOCK_MATERIAL", Path(__file__).parents[3] / "shared" / "material"))
MANIFEST = FOLDER / "spreadsheets" / "manifest.json"
NAMES = sorted(json.loads(MANIFEST.read_text())) if MANIFEST.is_file() else []
LARGEST = "trackers/hhoki__Project_Tracker.xlsx"

REFUSED = {
    "corpus/ClosedXML__simple-cell-changes.xlsx": "change log",
    "corpus/PHPOffice__issue.3720.xlsx": "sheet is protected",
    "corpus/apache__workbookProtection_workbook_revision_protected.xlsx": "change log",
    "corpus/apache__workbookProtection_worksheet_protected.xlsx": "sheet is protected",
    "corpus/jmcnamara__protect04.xlsx": "sheet is protected",
}

CALCULATED_ANEW = {("corpus/PHPOffice__namespacestd.xlsx", "filled")}
"""Where a formula refers to the cell that is written, so that Excel is told to calculate on opening."""

FILLED_BY_OTHERS = {"corpus/PHPOffice__issue.3665.xlsx", "corpus/jmcnamara__embed_image05.xlsx"}
"""All their filled cells are a table's header or an array formula, and refused."""

WITH_TABLES = {
    "corpus/MathNya__aaa.xlsx": ["テーブル1"],
    "corpus/PHPOffice__issue.3665.xlsx": [],  # its one table is filled by an XML mapping
    "corpus/dotnet__basicspreadsheet.xlsx": ["Table3", "Table2"],
    "corpus/qax-os__Book1.xlsx": ["Table1"],
}
"""Workbook → its tables that take a column in."""

OTHERS_CELLS = "sheet is protected|pivot table|header row of the table|totals row of the table|array formula"
"""Why a sheet or cell of the other workbooks may be refused; another one must then be written."""

if not NAMES:
    NAMES = [pytest.param("", marks=pytest.mark.skip(f"the material from outside is not at {FOLDER}"))]


@pytest.fixture
def book(name: str, tmp_path: Path, book_at: Callable[[Path], Any]) -> Any:
    copy = tmp_path / Path(name).name
    shutil.copyfile(FOLDER / "spreadsheets" / name, copy)
    return book_at(copy)


def places(seen: Any) -> Iterator[tuple[str, tuple[int, int]]]:
    """A cell of each kind, where the sheet has one: empty, filled, missing in its row, in a missing row."""
    merged = [range_boundaries(area) for area in seen.merged]
    free = [
        at
        for at in seen.plain()
        if not any(left <= at[1] <= right and top <= at[0] <= bottom for left, top, right, bottom in merged)
    ]
    empty = [at for at in free if not seen.filled(at)]
    filled = [at for at in free if seen.filled(at)]
    ends = list({**{row: (row, 2) for row in seen.rows}, **{r: (r, c + 2) for r, c in seen.cells}}.values())
    for kind, found in (("empty", empty), ("filled", filled), ("missing", ends)):
        yield from [(kind, at) for at in found[len(found) // 2 :][:1]]
    last = max(seen.rows, default=0)
    yield "new row", (next((row for row in range(1, last) if row not in seen.rows), last + 3), 2)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == LARGEST else name for name in NAMES]
)
def test_one_cell_is_written_and_all_else_stays_or_nothing_is(name, book, seen) -> None:
    original, entries = book.path.read_bytes(), book.raw_entries()
    written: set[str] = set()
    offered: set[str] = set()
    for sheet, part in book.worksheets().items():
        book.path.write_bytes(original)
        text = book.part(part)
        old, readers = seen(text.encode()), able(book.path, sheet)
        for kind, at in places(old):
            offered.add(kind)
            if kind in written:
                continue
            book.path.write_bytes(original)
            refusal, changed = attempt(book, sheet, Change([CellEdit(*at, NEW)]))
            if refusal:
                assert re.search(REFUSED.get(name, OTHERS_CELLS), refusal)
                assert book.path.read_bytes() == original
                continue
            written.add(kind)
            calculated = ["xl/workbook.xml"] if (name, kind) in CALCULATED_ANEW else []
            assert set(changed) == {part, *calculated}
            assert_only_these_parts_changed(entries, book.raw_entries(), changed)
            assert_only_this_cell_changed(old, seen(book.part(part).encode()), at)
            assert without(book.part(part), at[0]) == without(text, at[0])
            assert_others_read_it(readers, book, sheet, at)
        if len(written) == 4:
            break
    assert bool(written) == (name not in REFUSED)
    assert written == offered - ({"filled"} if name in FILLED_BY_OTHERS else set()) or name in REFUSED
    assert not book.strays()


@pytest.mark.skipif(not MANIFEST.is_file(), reason=f"the material from outside is not at {FOLDER}")
@pytest.mark.parametrize("name", WITH_TABLES)
def test_a_new_column_stands_in_a_table_or_nothing_is_written(name, book) -> None:
    """The table's own part changes too, and its column has the header's text; the rest stays."""
    original, entries = book.path.read_bytes(), book.raw_entries()
    taken = []
    for sheet, table in tables(original):
        book.path.write_bytes(original)
        header = (table.area.top, table.area.right + 1)
        below = (table.area.top + 1, table.area.right + 1)
        cells = [CellEdit(*header, "Hub flag"), CellEdit(*below, NEW)]
        if not (
            table.takes(["Hub flag"]) and opened(book.path, book.sha256).sheet(sheet).vacant(table.beside(1))
        ):
            continue
        refusal, changed = attempt(book, sheet, Change(cells, [Growth(table, ["Hub flag"])]))
        assert refusal == ""
        taken.append(table.name)
        assert set(changed) - {"xl/workbook.xml"} == {book.worksheets()[sheet], table.part}
        assert_only_these_parts_changed(entries, book.raw_entries(), changed)
        assert_others_read_it(able(book.path, sheet), book, sheet, below)
        known = openpyxl.load_workbook(book.path)[sheet].tables[table.name]
        assert known.ref == str(replace(table.area, right=table.area.right + 1))
        assert [column.name for column in known.tableColumns] == [*table.columns, "Hub flag"]
    assert taken == WITH_TABLES[name]


def tables(raw: bytes) -> list[tuple[str, Table]]:
    return list(Workbook(Container(raw, "it")).tables())


def attempt(book: Any, sheet: str, change: Change) -> tuple[str, Mapping[str, str]]:
    """(why it was refused, the parts that changed)"""
    try:
        return "", patch(book.path, {sheet: change}, book.sha256)
    except Refused as refusal:
        return str(refusal), {}


def assert_only_these_parts_changed(
    old: dict[str, bytes], new: dict[str, bytes], parts: Mapping[str, str]
) -> None:
    assert list(new) == list(old)
    assert {name for name in new if new[name] != old[name]} == set(parts)


def assert_only_this_cell_changed(old: Any, new: Any, at: tuple[int, int]) -> None:
    assert {key for key in old.cells | new.cells if old.cells.get(key) != new.cells.get(key)} == {at}
    assert new.rest == old.rest
    assert new.rows == old.rows | {at[0]: new.rows[at[0]]}
    assert new.rows[at[0]] == old.rows.get(at[0], {"r": str(at[0])})
    assert list(new.rows) == sorted(new.rows)


def without(text: str, row: int) -> str:
    """The sheet's characters without the touched row, the dimension, and the way an empty body is written."""
    touched = rf"<((?:\w+:)?row)\s[^>]*\br=\"{row}\"[^>]*?(?:/>|(?<!/)>.*?</\1>)"
    text = re.sub(touched, "", text, flags=re.DOTALL)
    text = re.sub(r"<(?:\w+:)?dimension[^>]*/>", "", text)
    return re.sub(r"<((?:\w+:)?sheetData)\s*/>", r"<\1></\1>", text)


def assert_others_read_it(readers: Sequence[Reader], book: Any, sheet: str, at: tuple[int, int]) -> None:
    found = {reader.__name__: reader(book.path, sheet, at) for reader in readers}
    assert found == dict.fromkeys(found, NEW)


def by_calamine(path: Path, sheet: str, at: tuple[int, int]) -> object:
    grid = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet)
    return grid.to_python(skip_empty_area=False)[at[0] - 1][at[1] - 1]


def by_openpyxl(path: Path, sheet: str, at: tuple[int, int]) -> object:
    workbook = openpyxl.load_workbook(path, read_only=True)
    row, column = at
    return next(workbook[sheet].iter_rows(row, row, column, column, values_only=True))[0]


def able(path: Path, sheet: str) -> list[Reader]:
    """The readers that can read this sheet of the original; at least one of two."""
    readers: list[Reader] = []
    with contextlib.suppress(python_calamine.CalamineError):
        python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet)
        readers.append(by_calamine)
    if sheet in openpyxl.load_workbook(path, read_only=True).sheetnames:
        readers.append(by_openpyxl)
    assert readers
    return readers


def test_of_49_workbooks_five_are_refused(material: Path) -> None:
    assert len(NAMES) == 49
    assert set(REFUSED) <= set(NAMES)
