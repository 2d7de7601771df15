"""LibreOffice opens what was written: it shows the new cells, and all others as before."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Refused
from connectors.excel.package import CellEdit, Change
from connectors.excel.package_table import Growth
from connectors.excel.write_file import opened, patch

NEW = "=late, by 14 days"
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""UTF-8, quoted where needed, text as shown, one file per sheet (LibreOffice's filter options for CSV)."""


@pytest.mark.slow
def test_libreoffice_shows_the_new_cells_of_every_workbook_and_the_old_ones_as_before(
    material, book_at, seen, tmp_path
) -> None:
    """A cell of each kind in one patch: an empty one, a filled one, a missing one, a new row, a table's column."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not on the PATH")
    expected: dict[str, tuple[str, dict[tuple[int, int], str], bool]] = {}
    for number, name in enumerate(sorted(json.loads((material / "spreadsheets/manifest.json").read_text()))):
        old, new = (tmp_path / f"{number:02}{when}{Path(name).suffix}" for when in ("old", "new"))
        shutil.copyfile(material / "spreadsheets" / name, old)
        shutil.copyfile(material / "spreadsheets" / name, new)
        written = write_one_of_each_kind(book_at(new), seen)
        if written is None:
            old.unlink(), new.unlink()
        else:
            expected[f"{number:02}"] = written
    assert len(expected) == 44
    convert(office, tmp_path)
    for number, (sheet, cells, calculated_anew) in expected.items():
        differing = difference(tmp_path, number)
        written_there = differing.pop(f"{sheet}.csv")
        if calculated_anew:
            assert {at: written_there[at] for at in cells} == cells
        else:
            assert (written_there, differing) == (cells, {})


def write_one_of_each_kind(book: Any, seen: Any) -> tuple[str, dict[tuple[int, int], str], bool] | None:
    """The sheet that was written, each cell that should read otherwise now, and whether formulas may too."""
    for sheet, part in book.worksheets().items():
        try:
            here = opened(book.path, book.sha256).sheet(sheet)
            old = seen(book.part(part).encode())
            kinds = cells_of_each_kind(old, not any("pivotTable" in name for name in book.raw_entries()))
            places = [at for at in kinds if not here.objection(*at)]
            edits = [CellEdit(*at, f"{NEW} {n}") for n, at in enumerate(places)]
            growths = []
            for table in here.tables:
                if table.takes(["Hub flag"]) and here.vacant(table.beside(1)):
                    growths.append(Growth(table, ["Hub flag"]))
                    edits.append(CellEdit(table.area.top, table.area.right + 1, "Hub flag"))
            parts = patch(book.path, {sheet: Change(edits, growths)}, book.sha256)
        except Refused:
            continue
        return sheet, {(edit.row, edit.column): str(edit.value) for edit in edits}, "xl/workbook.xml" in parts
    return None


def cells_of_each_kind(old: Any, filled: bool) -> Iterator[tuple[int, int]]:
    """Filled cells only where no pivot table could show them: LibreOffice refreshes those on opening."""
    plain = old.plain()
    yield from [at for at in plain if not old.filled(at)][:1]
    yield from [at for at in plain if filled and old.filled(at)][-1:]
    last = max(old.rows, default=1)
    yield last, max((column for row, column in old.cells if row == last), default=0) + 3
    yield last + 3, 2


def convert(office: str, folder: Path) -> None:
    command = [office, "--headless", f"-env:UserInstallation=file://{folder}/profile"]
    command += [
        "--convert-to",
        EVERY_SHEET,
        "--outdir",
        str(folder),
        *map(str, sorted(folder.glob("*.xls*"))),
    ]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    assert "repair" not in (done.stdout + done.stderr).lower()


def difference(folder: Path, number: str) -> dict[str, dict[tuple[int, int], str]]:
    """Sheet's file → the cells that LibreOffice shows otherwise in the new workbook; no entry where none."""
    found = {}
    for old in sorted(folder.glob(f"{number}old-*.csv")):
        was, now = shown(old), shown(folder / old.name.replace("old-", "new-", 1))
        cells = {at: now.get(at, "") for at in was | now if was.get(at, "") != now.get(at, "")}
        if cells:
            found[old.name.removeprefix(f"{number}old-")] = cells
    return found


def shown(file: Path) -> dict[tuple[int, int], str]:
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.reader(lines))
    return {
        (row, column): text
        for row, cells in enumerate(rows, 1)
        for column, text in enumerate(cells, 1)
        if text
    }
