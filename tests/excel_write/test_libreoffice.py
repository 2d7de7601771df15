"""LibreOffice opens what was written, and shows it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from connectors.contract import Refused

NEW = "=late, by 14 days"
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""UTF-8, quoted where needed, text as shown, one file per sheet (LibreOffice's filter options for CSV)."""


@pytest.mark.slow
def test_libreoffice_shows_the_new_cell_of_every_workbook(material, book_at, tmp_path) -> None:
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice (soffice) is not on the PATH")
    written = []
    for name in json.loads((material / "spreadsheets" / "manifest.json").read_text()):
        copy = tmp_path / Path(name).name
        shutil.copyfile(material / "spreadsheets" / name, copy)
        try:
            book = book_at(copy)
            book.write(1500, 2, NEW, sheet=next(iter(book.worksheets())))
        except Refused:
            continue
        written.append(copy)
    out = tmp_path / "out"
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [office, "--headless", profile, "--convert-to", EVERY_SHEET, "--outdir", str(out)]
    subprocess.run([*command, *map(str, written)], check=True, capture_output=True, timeout=300)
    shown = {
        path.name for path in written if any(NEW in csv.read_text() for csv in out.glob(f"{path.stem}-*.csv"))
    }
    assert shown == {path.name for path in written}
    assert len(shown) >= 40
