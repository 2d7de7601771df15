"""Packages that are broken or meant to do harm: a clear answer within bounds, and the file as it was.

Bombs: test_container.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

CHILD = """
import hashlib, json, resource, sys, time
from pathlib import Path
from connectors.contract import SourceError
from connectors.excel.package import CellEdit, Change
from connectors.excel.write_file import patch

limit = 1000 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
for path in sorted(Path(sys.argv[1]).glob("*.xlsx")):
    before = path.read_bytes()
    began = time.process_time()
    try:
        patch(path, {"Plan": Change([CellEdit(2, 3, "late")])}, hashlib.sha256(before).hexdigest())
        outcome, detail = "written", ""
    except SourceError as error:
        outcome, detail = type(error).__name__, str(error)
    took = time.process_time() - began
    print(json.dumps([path.name, outcome, detail, path.read_bytes() == before, took]), flush=True)
"""


def good(rows: str = "", head: str = "", parts: dict[str, str] | None = None) -> dict[str, str]:
    from tests.excel_write.conftest import BARE, MAIN, OFFICE, SHEET

    cells = "".join(
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>{key}</t></is></c>'
        f'<c r="B{number}" t="inlineStr"><is><t>{title}</t></is></c></row>'
        for number, key, title in ((1, "Ref", "Activity"), (2, "M-1", "Campaign"))
    )
    sheet = (
        f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">{head}<sheetData>{cells}{rows}</sheetData></worksheet>'
    )
    return {**BARE, SHEET: sheet, **(parts or {})}


def packed(path: Path, parts: dict[str, str]) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return path.read_bytes()


LAUGHS = '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
SHEET = "xl/worksheets/sheet1.xml"
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'

HOSTILE: dict[str, Callable[[], dict[str, str]]] = {
    "dimension.xlsx": lambda: good(head='<dimension ref="A1:XFD1048576"/>'),
    "far cell.xlsx": lambda: good(rows=FAR),
    "laughs.xlsx": lambda: good() | {SHEET: LAUGHS + good()[SHEET].replace("Campaign", "&c;")},
    "laughs in workbook.xlsx": lambda: good() | {"xl/workbook.xml": LAUGHS + good()["xl/workbook.xml"]},
    "nested.xlsx": lambda: good(rows="<row r='9'>" + "<c>" * 100_000),
    "deep workbook.xlsx": lambda: good() | {"xl/workbook.xml": "<a>" * 200_000},
}


OUTCOMES = {
    "dimension.xlsx": "written",  # what the sheet says of its size is a hint that nobody need believe
    "far cell.xlsx": "written",
    "laughs.xlsx": "Refused",
    "laughs in workbook.xlsx": "Refused",
    "nested.xlsx": "written",  # damage in other rows stays as it is; reading comes first, and refuses it
    "deep workbook.xlsx": "Unreadable",
    "doubled.xlsx": "Refused",
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded by Linux's limits")
def test_hostile_and_broken_workbooks_are_left_alone_within_bounds(tmp_path) -> None:
    """Seeded: besides the hostile ones, 60 files with bytes flipped, cut off, cut out and doubled."""
    whole = packed(tmp_path / "good.xlsx", good())
    for name, parts in HOSTILE.items():
        packed(tmp_path / name, parts())
    with zipfile.ZipFile(tmp_path / "doubled.xlsx", "w") as archive:
        for name, text in [*good().items(), (SHEET.upper(), good()[SHEET])]:
            archive.writestr(name, text)
    chance = random.Random(20261123)
    for number in range(60):
        damaged = bytearray(whole)
        at = chance.randrange(len(damaged))
        end = at + chance.choice((1, 4, 100, len(damaged)))
        damaged[at:end] = chance.choice((bytes([chance.randrange(256)]), b"", damaged[at:end] * 2))
        (tmp_path / f"damaged {number:02}.xlsx").write_bytes(damaged)
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    receipts = {name: rest for name, *rest in map(json.loads, done.stdout.splitlines())}
    assert set(receipts) == {path.name for path in tmp_path.glob("*.xlsx")}
    for name, (outcome, _, same, took) in receipts.items():
        assert same == (outcome != "written"), name
        assert took < 20, name
    assert {name: receipts[name][0] for name in (*HOSTILE, "doubled.xlsx")} == OUTCOMES
    assert len({tuple(rest[:2]) for rest in receipts.values()}) > 8  # each fault is told by its own words
