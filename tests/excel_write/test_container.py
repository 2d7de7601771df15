"""Zip files of every legal make keep their other entries raw; broken and hostile ones are left alone."""

from __future__ import annotations

import io
import random
import struct
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from connectors.contract import Refused, SourceError, Unreadable
from connectors.excel import package_workbook

SHEET = "xl/worksheets/sheet1.xml"


class OneWay(io.RawIOBase):
    """A stream that cannot seek, so that sizes follow the data in descriptors (APPNOTE 4.3.9)."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data
        return len(data)


def rewritten(book: Any, to: Any, each: Callable[[zipfile.ZipInfo], None], **more: Any) -> None:
    """The workbook's parts packed anew into the stream `to`."""
    with zipfile.ZipFile(book.path) as old, zipfile.ZipFile(to, "w") as new:
        new.comment = b"a comment"
        for info in old.infolist():
            fresh = zipfile.ZipInfo(info.filename, (2003, 2, 1, 10, 20, 30))
            fresh.compress_type = zipfile.ZIP_DEFLATED
            each(fresh)
            with new.open(fresh, "w", **more) as part:
                part.write(old.read(info))


def as_streamed(book: Any) -> None:
    out = OneWay()
    rewritten(book, out, lambda info: None)
    book.path.write_bytes(out.data)


def as_stored_with_extra_fields(book: Any) -> None:
    def each(info: zipfile.ZipInfo) -> None:
        info.compress_type, info.extra, info.comment = zipfile.ZIP_STORED, b"\x20\xa2\x04\x00abcd", b"mine"

    out = io.BytesIO()
    rewritten(book, out, each)
    book.path.write_bytes(out.getvalue())


def as_zip64_streamed(book: Any) -> None:
    out = OneWay()
    rewritten(book, out, lambda info: None, force_zip64=True)
    book.path.write_bytes(out.data)


def with_zip64_directory(book: Any) -> None:
    """The sizes and positions of every entry in zip64 fields, and a zip64 end of the directory."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(zipfile, "ZIP64_LIMIT", 10)
        out = io.BytesIO()
        rewritten(book, out, lambda info: None, force_zip64=True)
        book.path.write_bytes(out.getvalue())


MAKES = [as_streamed, as_stored_with_extra_fields, as_zip64_streamed, with_zip64_directory]


@pytest.mark.parametrize("pack", MAKES, ids=lambda pack: pack.__name__)
def test_other_entries_stay_raw_and_the_file_stays_a_zip(pack, make) -> None:
    book = make('<sheetData><row r="1"/></sheetData>', {"xl/vbaProject.bin": "x" * 5000, "z/é.xml": "<a/>"})
    pack(book)
    before = book.raw_entries()
    described = {info.filename: facts(info) for info in zipfile.ZipFile(book.path).infolist()}
    book.write(1, 1, "hi")
    book.write(2, 1, "again")
    after = book.raw_entries()
    assert list(after) == list(before)
    assert {name for name in after if after[name] != before[name]} == {SHEET}
    with zipfile.ZipFile(book.path) as archive:
        assert archive.testzip() is None
        assert archive.comment == b"a comment"
        assert {info.filename: facts(info) for info in archive.infolist()} == described
    assert "again" in book.part()
    assert b"\x01\x00\x10\x00" not in after[SHEET][:100]  # no zip64 field: the sizes stand in the header now


def facts(info: zipfile.ZipInfo) -> tuple[object, ...]:
    """What of an entry's line in the directory must stay, also for the part that changes."""
    extra = info.extra
    return info.date_time, info.compress_type, info.comment, info.external_attr, b"abcd" in extra


def test_data_descriptors_are_really_there_and_really_go(make) -> None:
    book = make()
    as_streamed(book)
    assert all(info.flag_bits & 8 for info in zipfile.ZipFile(book.path).infolist())
    book.write(1, 1, "hi")
    kept = {info.filename: info.flag_bits & 8 for info in zipfile.ZipFile(book.path).infolist()}
    assert kept.pop(SHEET) == 0
    assert all(kept.values())


OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORKBOOK = (
    f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{OFFICE}"><sheets>'
    '<sheet name="Plan" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    '<Relationship Id="rId2" Type="http://x/{}" Target="{}"/></Relationships>'
)


# --- broken and hostile -------------------------------------------------------------------------------------


def flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def claims_size(data: bytes, size: int) -> bytes:
    """The directory's line of the sheet with another unpacked size."""
    at = data.rindex(SHEET.encode()) - 46
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


BROKEN: dict[str, tuple[Callable[[bytes], bytes], type[SourceError], str]] = {
    "cut": (lambda data: data[:-30], Unreadable, "cut short"),
    "empty": (lambda data: b"", Unreadable, "cut short"),
    "no zip at all": (lambda data: b"Ref;Activity\n1;x\n", Unreadable, "no zip file"),
    "something before it": (lambda data: b"#!/bin/sh\n" + data, Unreadable, "not where"),
    "a part that is damaged": (
        lambda data: flip(data, data.index(SHEET.encode()) + 60), Unreadable, "is damaged"),
    "a part that says it is small": (lambda data: claims_size(data, 9), Unreadable, "does not tie"),
    "a part that says it is enormous": (
        lambda data: claims_size(data, 3 << 30), Refused, "unpacks to 3,221,225,472 bytes"),
    "another name in place than in the directory": (
        lambda data: data.replace(b"_rels/.rels", b"_rels/.rals", 1), Unreadable, "another name"),
    "encrypted, as Excel does it": (
        lambda data: bytes.fromhex("D0CF11E0A1B11AE1") + data, Refused, "encrypted, or an old .xls"),
}  # fmt: skip


@pytest.mark.parametrize(("breaks", "error", "reason"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_file_is_left_alone(breaks, error, reason, make) -> None:
    book = make()
    book.path.write_bytes(breaks(book.path.read_bytes()))
    before = book.path.read_bytes()
    with pytest.raises(error, match=reason):
        book.write(1, 1, "hi")
    assert book.path.read_bytes() == before
    assert not book.strays()


def test_two_parts_of_one_name_are_refused(make) -> None:
    with pytest.raises(Refused, match="same name"):
        make(parts={"XL/Workbook.xml": "<a/>"}).write(1, 1, "hi")


BOMB = " " * (40 << 20)


def test_a_bomb_is_refused_before_it_is_unpacked(make, monkeypatch) -> None:
    monkeypatch.setattr(package_workbook, "LARGEST_SHEET", 1 << 20)
    book = make(BOMB + "<sheetData/>")
    assert book.path.stat().st_size < 1 << 17
    assert_refused_in_little_memory(book, Refused, "more than the 1,048,576 allowed")


def test_a_bomb_that_lies_about_its_size_is_unpacked_no_further(make) -> None:
    noise = random.Random(1).randbytes(100_000).hex()  # so that the part is packed into several pieces
    book = make(noise + BOMB + "<sheetData/>")
    book.path.write_bytes(claims_size(book.path.read_bytes(), 1000))
    assert_refused_in_little_memory(book, Unreadable, "does not tie")


def assert_refused_in_little_memory(book: Any, error: type[SourceError], reason: str) -> None:
    before = book.sha256
    tracemalloc.start()
    with pytest.raises(error, match=reason):
        book.write(1, 1, "hi")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < len(BOMB)
    assert book.sha256 == before


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "_rels/.rels", "xl/_rels/workbook.xml.rels"])
def test_a_document_type_and_its_entities_are_refused(part, make) -> None:
    book = make(parts={part: LAUGHS + make().part(part)})
    before = book.sha256
    with pytest.raises(Refused, match="document type"):
        book.write(1, 1, "hi")
    assert book.sha256 == before


def test_whatever_is_broken_the_file_stays_or_is_whole(make) -> None:
    """Seeded: bytes flipped, cut out and doubled; a flip may land where it does not matter."""
    chance = random.Random(20260504)
    outcomes: Counter[str] = Counter()
    good = make('<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>').path.read_bytes()
    for _ in range(400):
        book = make()
        damaged = bytearray(good)
        for _ in range(chance.choice((1, 1, 2, 8))):
            at = chance.randrange(len(damaged))
            end = at + chance.choice((1, 1, 4, 100))
            damaged[at:end] = chance.choice((bytes([chance.randrange(256)]), b"", damaged[at:end] * 2))
        book.path.write_bytes(damaged)
        try:
            book.write(1, 2, "hi")
        except SourceError as error:
            outcomes[type(error).__name__] += 1
            assert book.path.read_bytes() == damaged
        else:
            outcomes["written"] += 1
            assert "<t>hi</t>" in book.part()
        assert not book.strays()
    assert outcomes["Unreadable"] > 200
    assert outcomes["written"] > 5


CLOSED = {
    "signed": ({"_xmlsignatures/origin.sigs": ""}, "digitally signed"),
    "recommended to be opened read-only": (
        {"xl/workbook.xml": WORKBOOK.replace("<sheets>", '<fileSharing readOnlyRecommended="1"/><sheets>')},
        "opened read-only",
    ),
    "with a password to modify": (
        {"xl/workbook.xml": WORKBOOK.replace("<sheets>", '<fileSharing hashValue="x"/><sheets>')},
        "opened read-only",
    ),
    "marked as final": (
        {
            "_rels/.rels": RELS.format("custom-properties", "docProps/custom.xml"),
            "docProps/custom.xml": '<p><property name="_MarkAsFinal"><bool>true</bool></property></p>',
        },
        "marked as final",
    ),
}


@pytest.mark.parametrize(("parts", "reason"), CLOSED.values(), ids=CLOSED.keys())
def test_a_workbook_that_its_owner_closed_is_refused(parts, reason, make) -> None:
    book = make(parts=parts)
    before = book.sha256
    with pytest.raises(Refused, match=reason):
        book.write(1, 1, "hi")
    assert book.sha256 == before


def test_a_sheet_that_was_renamed_is_refused(make) -> None:
    with pytest.raises(Refused, match="no sheet named 'Other'"):
        make().write(1, 1, "hi", sheet="Other")
