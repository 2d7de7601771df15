"""The parts of a workbook's package, unpacked with a limit: no part may be larger than it says, or absurdly packed."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

from connectors.contract import Unreadable

MOST_UNPACKED = 1024**3  # bytes; a workbook that unpacks to more is a trap, or nothing to be read here
MOST_PACKED = 300  # times; deflate reaches 1,032, sheets of one value over and over 100
SMALL = 32 * 1024**2  # bytes; below, nobody minds how it was packed
LONGEST_TEXT = 1024**2  # bytes of a shared text with its markup; a cell holds 32,767 characters
MOST_TEXT = 1024**3  # bytes; what the cells of one sheet may hold together
SHORTEST_CELL = len('t="s"><v>0<')  # bytes; of a cell that shows a shared text

_COMPOUND = bytes.fromhex(
    "d0cf11e0a1b11ae1"
)  # [MS-CFB] 2.2: encrypted workbooks, and those of Excel 97 to 2003
SAVE = "Open it in Excel and save it as .xlsx"
_LOCAL = struct.Struct("<4s22xHH")  # APPNOTE.TXT 4.3.7: signature, …, lengths of name and extra field
_SHARED = re.compile(rb"""t=["']s["'][^>]*>\s*<(?:\w+:)?v>(\d+)<""")


class Packed:
    """A package in memory. Raises Unreadable where the bytes are none; `place` names it."""

    def __init__(self, data: bytes, place: str) -> None:
        self.place = place
        self._data = data
        self._zip = _opened(data, place)
        self._entries = {entry.filename.lstrip("/"): entry for entry in self._zip.infolist()}
        self._lower = {name.lower(): name for name in self._entries}
        self._refuse_traps()

    def part(self, name: str) -> bytes:
        """A part's bytes, b'' where it is not there. Names of parts are compared without case."""
        entry = self._entries.get(self._lower.get(name.lower(), ""))
        if entry is None:
            return b""
        if entry.flag_bits & 1:
            raise self.damaged(f"{name} is encrypted")
        unpack = {zipfile.ZIP_STORED: _stored, zipfile.ZIP_DEFLATED: _inflated}.get(entry.compress_type)
        if unpack is None:
            raise self.damaged(f"{name} is packed in a way that no workbook is")
        found = self._unpacked(entry, unpack)
        if found is None or len(found) != entry.file_size:
            raise self.damaged(f"{name} is not as long as it says")
        if zlib.crc32(found) != entry.CRC:
            raise self.damaged(f"{name} is not as it was packed")
        return found

    def damaged(self, what: object) -> Unreadable:
        return Unreadable(self.place, f"the workbook is damaged ({what})", SAVE)

    def _unpacked(self, entry: zipfile.ZipInfo, unpack: Callable[[bytes, int], bytes | None]) -> bytes | None:
        """None where it ends too soon or goes on after the length that it states, which no reader would notice."""
        start = entry.header_offset
        if len(self._data) < start + _LOCAL.size + 4:
            return None
        signature, name, extra = _LOCAL.unpack_from(self._data, start)
        begin = start + 30 + name + extra
        packed = self._data[begin : begin + entry.compress_size]
        if signature != b"PK\x03\x04" or len(packed) != entry.compress_size:
            return None
        try:
            return unpack(packed, entry.file_size)
        except zlib.error as error:
            raise self.damaged(f"{entry.filename}: {error}") from error

    def _refuse_traps(self) -> None:
        entries = self._entries.values()
        if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
            raise Unreadable(
                self.place,
                f"the workbook unpacks to more than {MOST_UNPACKED // 1024**3} GiB",
                "Split it, or save it anew",
            )
        for entry in entries:
            if entry.file_size > max(SMALL, MOST_PACKED * entry.compress_size):
                raise Unreadable(
                    self.place,
                    f"{entry.filename} unpacks to {entry.file_size // max(entry.compress_size, 1):,} times its size,"
                    " as no sheet does",
                    "If it is a workbook of yours, save it anew from Excel",
                )


def refuse_long_texts(package: Packed, texts: bytes, sheet: bytes) -> None:
    """Refuse a sheet whose cells share texts so long that together they fill the memory.

    The reading library copies a shared text for each cell that shows it.
    """
    longest = max(map(len, texts.split(b"</si>")), default=0)
    if longest > LONGEST_TEXT:
        raise Unreadable(package.place, "a text in it is longer than a cell can hold", SAVE)
    if longest * (len(sheet) // SHORTEST_CELL) > MOST_TEXT and longest * sheet.count(b"<") > MOST_TEXT:
        lengths = [len(text) for text in texts.split(b"</si>")]
        shown = (int(number) for number in _SHARED.findall(sheet))
        if sum(lengths[number] for number in shown if number < len(lengths)) > MOST_TEXT:
            raise Unreadable(
                package.place,
                f"its cells hold more than {MOST_TEXT // 1024**3} GiB of text",
                "Split it, or move long texts elsewhere",
            )


def _stored(packed: bytes, _: int) -> bytes:
    return packed


def _inflated(packed: bytes, size: int) -> bytes | None:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    found = inflate.decompress(packed, size + 1)
    return (
        found
        if len(found) == size and (inflate.eof or not inflate.decompress(inflate.unconsumed_tail, 1))
        else None
    )


def _opened(data: bytes, place: str) -> zipfile.ZipFile:
    if data.startswith(_COMPOUND):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Unreadable(
                place,
                "the workbook is encrypted",
                "Save it without a password, and protect the folder instead",
            )
        raise Unreadable(place, "this is a workbook of Excel 97 to 2003 (.xls)", SAVE)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        names = {name.lstrip("/") for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError, EOFError) as error:
        what = "a workbook that was cut short or damaged" if data.startswith(b"PK") else "no workbook"
        raise Unreadable(place, f"this is {what}", f"{SAVE}, or name another file in `path`") from error
    if "xl/workbook.xml" not in names:
        raise Unreadable(
            place, "this is no Excel workbook (.xlsx, .xlsm)", f"{SAVE}, or name another file in `path`"
        )
    return archive
