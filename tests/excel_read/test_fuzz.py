"""Broken and hostile workbooks: a clear error or a whole reading, in bounded memory, and nothing in between."""

from __future__ import annotations

import io
import os
import random
import re
import struct
import subprocess
import sys
import zipfile
import zlib

import pytest

from connectors._readings.files import LocalFile
from connectors._readings.packed import MOST_UNPACKED, Packed
from connectors._readings.workbook import MOST_CELLS, Workbook
from connectors.contract import SourceError, Unreadable
from connectors.excel import Options
from connectors.excel.read import Reader

SEED = int(os.environ.get("INTERLOCK_FUZZ_SEED", "2026"))
CASES = int(os.environ.get("INTERLOCK_FUZZ_CASES", "50"))

HEADER = ["Ref", "Activity", "Due", "Who"]
ROWS = [HEADER, *([f"M-{n}", f"Item {n}", "2026-03-31", "Mo"] for n in range(1, 20))]


def repacked(data, change, more=()):
    """The package once more, its parts as `change(name, bytes)` gives them; None leaves a part out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            part = change(entry.filename, old.read(entry.filename))
            if part is not None:
                new.writestr(entry.filename, part)
        for name, part in more:
            new.writestr(name, part)
    return out.getvalue()


def with_sheet(data, xml):
    main = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = b'<worksheet xmlns="' + main + b'"><sheetData>' + xml + b"</sheetData></worksheet>"
    return repacked(data, lambda name, part: sheet if name.startswith("xl/worksheets/sheet") else part)


def flipped(data, dice):
    """Some bytes of the file, or of one part inside it, as they should not be."""
    if dice.random() < 0.4:
        broken = bytearray(data)
        for _ in range(dice.randrange(1, 30)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        return bytes(broken)
    names = [
        name for name in zipfile.ZipFile(io.BytesIO(data)).namelist() if name.endswith((".xml", ".rels"))
    ]
    chosen = dice.choice(names)

    def change(name, part):
        if name != chosen or not part:
            return part
        return dice.choice([spoilt, cut, doubled, emptied, left_out, swapped])(part, dice)

    return repacked(data, change)


def spoilt(part, dice):
    broken = bytearray(part)
    for _ in range(dice.randrange(1, 12)):
        broken[dice.randrange(len(broken))] = dice.randrange(32, 127)
    return bytes(broken)


def cut(part, dice):
    return part[: dice.randrange(len(part))]


def doubled(part, dice):
    at = dice.randrange(len(part))
    return part[:at] + part[dice.randrange(len(part)) :]


def emptied(part, dice):
    return b""


def left_out(part, dice):
    return None


def swapped(part, dice):
    """Numbers and references far beyond what is there."""
    found = list(re.finditer(rb'"\d+"|>\d+<|"[A-Z]+\d+"', part))
    if not found:
        return part
    match = dice.choice(found)
    wild = dice.choice(
        [b"4294967296", b"-1", b"1e400", b"XFD1048576", b"ZZZZ9999999", b"", b"\xf0\x9f\x98\x80", b"0"]
    )
    return part[: match.start() + 1] + wild + part[match.end() - 1 :]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    import openpyxl
    from openpyxl.comments import Comment

    book = openpyxl.Workbook()
    sheet = book.active
    for line in ROWS:
        sheet.append(line)
    sheet.merge_cells("D2:D4")
    sheet["C3"].comment = Comment("late", "Mo")
    sheet["B2"].hyperlink = "https://wiki.example/"
    sheet["E2"] = "#REF!"
    sheet["E3"] = "=1+1"
    sheet.row_dimensions[5].hidden = True
    sheet.row_dimensions[6].outlineLevel = 1
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("part", range(5))
def test_whatever_is_broken_is_read_or_refused_with_a_reason(whole, tmp_path, part):
    dice = random.Random(SEED * 100 + part)
    options = Options.model_validate(
        {"path": "x.xlsx", "columns": {"id": "Ref", "title": "Activity", "due": "Due"}}
    )
    path, refused = tmp_path / "x.xlsx", []
    for case in range(CASES // 5):
        broken = flipped(whole, dice)
        path.write_bytes(broken)
        reader = Reader(options, tmp_path)
        try:
            read = reader.read(LocalFile(path, "x.xlsx", len(broken), 0))
            reader.stand(read)
            reader.settle_twins()
            reader.pages(read, case)
        except SourceError as error:
            refused.append((case, str(error), error.advice))
    assert 0 < len(refused) < CASES // 5
    unclear = [one for one in refused if not one[1].startswith("x.xlsx") or not one[2]]
    assert unclear == [], f"seed {SEED}, part {part}"


def test_a_package_that_unpacks_to_more_than_can_be_is_refused_before_it_is_unpacked(whole):
    bomb = repacked(whole, lambda name, part: b" " * (40 * 1024**2) if name == "xl/styles.xml" else part)
    with pytest.raises(Unreadable, match=r"xl/styles.xml unpacks to [\d,]+ times its size"):
        Workbook(bomb, "x.xlsx")


def test_a_package_that_says_that_it_is_huge_is_refused(whole):
    at = whole.rindex(b"PK\x01\x02")
    huge = whole[: at + 24] + struct.pack("<I", MOST_UNPACKED + 1) + whole[at + 28 :]
    with pytest.raises(Unreadable, match="unpacks to more than 1 GiB"):
        Packed(huge, "x.xlsx")


def test_a_part_that_goes_on_after_the_length_that_it_states_is_refused(whole):
    """Such a part unpacks to little for who believes its header, and to gigabytes for who does not."""
    name, packed = b"xl/workbook.xml", zlib.compress(b"<workbook/>" + b" " * 10**6, 9)[2:-4]
    size, crc = 11, zlib.crc32(b"<workbook/>")
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, crc, len(packed), size, len(name), 0)
    entry = struct.pack(
        "<4sHHHHHHIIIHHHHHII",
        b"PK\x01\x02",
        20,
        20,
        0,
        8,
        0,
        0,
        crc,
        len(packed),
        size,
        len(name),
        0,
        0,
        0,
        0,
        0,
        0,
    )
    body, directory = local + name + packed, entry + name
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), len(body), 0)
    package = Packed(body + directory + end, "x.xlsx")
    with pytest.raises(Unreadable, match=r"xl/workbook\.xml is not as long as it says"):
        package.part("xl/workbook.xml")


@pytest.mark.parametrize(
    "entities",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;">]>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"])
def test_entities_are_never_expanded_nor_fetched(whole, entities, part):
    def change(name, data):
        return entities + data.partition(b"?>")[2].replace(b"Item 1<", b"&a;&a;<") if name == part else data

    broken = repacked(whole, change)
    try:
        book = Workbook(broken, "x.xlsx")
        texts = [cell for row in book.grid(book.sheet_names[0]).rows for cell in row if cell]
    except Unreadable:
        return
    assert not any("aaaa" in text or "host" in text for text in texts)


@pytest.mark.parametrize(
    ("xml", "cells"),
    [
        (
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
            1048576 * 16384,
        ),
        (
            b'<row r="1"><c r="ZZ1"><v>1</v></c></row><row r="1000000"><c r="A1000000"><v>1</v></c></row>',
            1000000 * 702,
        ),
        (
            b'<row r="1"><c r="A1"><v>1</v></c></row><row r="999999"><c r="AB999999"><v>1</v></c></row>',
            999999 * 28,
        ),
    ],
)
def test_cells_that_stand_absurdly_far_apart_are_refused(whole, xml, cells):
    book = Workbook(with_sheet(whole, xml), "x.xlsx")
    with pytest.raises(Unreadable, match=f"{cells:,} cells lie between its first and its last one") as raised:
        book.grid(book.sheet_names[0])
    assert cells > MOST_CELLS
    assert "save it" in raised.value.advice


@pytest.mark.parametrize(
    ("xml", "reason"),
    [
        (
            b'<row r="9"><c r="A9"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>',
            "its rows are out of order",
        ),
        (b'<row r="1"><c r="A4294967296"><v>1</v></c></row>', "a cell stands where no sheet has any"),
        (b'<row r="1"><c r="ZZZZ1"><v>1</v></c></row>', "a cell stands where no sheet has any"),
    ],
)
def test_cells_in_places_that_cannot_be_are_refused(whole, xml, reason):
    book = Workbook(with_sheet(whole, xml), "x.xlsx")
    with pytest.raises(Unreadable, match=rf"the sheet is damaged \({reason}"):
        book.grid(book.sheet_names[0])


def test_texts_shared_by_so_many_cells_that_they_fill_the_memory_are_refused(whole):
    text = b"<si><t>" + b"x" * 900_000 + b"</t></si>"
    rows = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>0</v></c></row>' % (n, n) for n in range(1, 2001))
    shared = repacked(
        with_sheet(whole, rows),
        lambda name, part: part,
        [("xl/sharedStrings.xml", b"<sst>" + text + b"</sst>")],
    )
    book = Workbook(shared, "x.xlsx")
    with pytest.raises(Unreadable, match="its cells hold more than 1 GiB of text"):
        book.grid(book.sheet_names[0])


BOUNDED = """
import resource, sys
from connectors._readings.workbook import Workbook
from connectors.contract import SourceError
resource.setrlimit(resource.RLIMIT_AS, (3 * 1024**3, 3 * 1024**3))
resource.setrlimit(resource.RLIMIT_CPU, (30, 30))
data = open(sys.argv[1], "rb").read()
try:
    book = Workbook(data, "x.xlsx")
    for name in book.sheet_names:
        len(book.grid(name).rows)
except SourceError as error:
    print("refused:", error)
"""


def test_a_hostile_sheet_takes_no_more_memory_and_time_than_it_is_given(whole, tmp_path):
    """In a process of its own: what fills the memory there would end it."""
    rows = b'<row r="1"><c r="A1"><v>1</v></c></row>' + b'<row r="2"><c r="XFC2"><v>1</v></c></row>' * 200_000
    path = tmp_path / "x.xlsx"
    path.write_bytes(with_sheet(whole, rows + b'<row r="200"><c r="A200"><v>1</v></c></row>'))
    ended = subprocess.run(
        [sys.executable, "-c", BOUNDED, str(path)], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
