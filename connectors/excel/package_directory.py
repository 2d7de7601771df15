"""Where the entries of a zip file lie: its directory, read and held against what stands in its place.

After PKWARE's APPNOTE 6.3.10: 4.3.7 (local header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (its end,
plain and zip64), 4.5.3 (zip64 sizes). `zipfile` reads all this too, but does not tell where an entry ends,
and believes a directory that contradicts the entries.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.contract import Refused, Unreadable

MOST_ENTRIES = 20_000

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
LOCATOR = struct.Struct("<4sIQI")
IN_ZIP64 = 0xFFFFFFFF
"""Stands in place of a size or position that is told in the zip64 field instead."""
ZIP64_FIELD = 0x0001

_END = struct.Struct("<4s4H2IH")
_END64 = struct.Struct("<4sQ2H2I4Q")
_ENCRYPTED, _UTF8 = 0x0001, 0x0800


@dataclass(frozen=True)
class Entry:
    """One part as it lies in the file. Positions count bytes from the file's beginning.

    `start` to `end` is everything the entry owns: local header, packed content (from `content`, `packed`
    bytes), data descriptor, padding. `record` to `record_end` is its line in the directory; there, at
    `start_at` and `start_width` bytes wide, stands its own `start`.
    """

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    start: int
    content: int
    end: int
    record: int
    record_end: int
    start_at: int
    start_width: int


class Directory:
    """The directory of a zip file: its `entries` in its own order, from `start` up to `tail`.

    From `tail` on stand the records that close the file, the plain one of them at `end`. Raises Unreadable
    where the file is no zip, is cut or contradicts itself; Refused where its parts are encrypted or absurdly
    many.
    """

    def __init__(self, raw: bytes, place: str) -> None:
        self._raw, self._place = raw, place
        self.end = self._find_end()
        self.start, self.tail, count = self._find_directory()
        if count > MOST_ENTRIES:
            problem = f"it has {count:,} parts, more than the {MOST_ENTRIES:,} allowed"
            raise Refused(place, problem, "Nothing was written")
        self.entries = self._with_ends(self._records(count))

    def _find_end(self) -> int:
        """The record that ends the file, told from bytes that look like it by its comment's length."""
        raw = self._raw
        end = raw.rfind(b"PK\5\6")
        while end >= 0:
            if end + _END.size <= len(raw) and end + _END.size + _END.unpack_from(raw, end)[7] == len(raw):
                return end
            end = raw.rfind(b"PK\5\6", 0, end)
        raise self._broken("it is no workbook (no zip file), or it is cut short")

    def _find_directory(self) -> tuple[int, int, int]:
        raw, tail = self._raw, self.end
        _, _, _, _, count, size, start, _ = _END.unpack_from(raw, self.end)
        locator = self.end - LOCATOR.size
        if locator >= 0 and raw.startswith(b"PK\6\7", locator):
            tail = LOCATOR.unpack_from(raw, locator)[2]
            if not raw.startswith(b"PK\6\6", tail) or tail + _END64.size > locator:
                raise self._broken("its zip64 directory is damaged")
            count, size, start = _END64.unpack_from(raw, tail)[7:10]
        if start + size != tail:
            raise self._broken("its directory is not where the end of the file says")
        return start, tail, count

    def _records(self, count: int) -> Iterator[Entry]:
        position = self.start
        for _ in range(count):
            entry = self._record(position)
            yield entry
            position = entry.record_end
        if position != self.tail:
            raise self._broken("its directory is damaged")

    def _record(self, at: int) -> Entry:
        raw = self._raw
        if at + CENTRAL.size > self.tail or not raw.startswith(b"PK\1\2", at):
            raise self._broken("its directory is damaged")
        fields = CENTRAL.unpack_from(raw, at)
        flags, method, crc, packed, size, start = *fields[3:5], *fields[7:10], fields[16]
        extra_at = at + CENTRAL.size + fields[10]
        extra_end = extra_at + fields[11]
        name = raw[at + CENTRAL.size : extra_at]
        shown = name.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
        if extra_end + fields[12] > self.tail:
            raise self._broken("its directory is damaged")
        if flags & _ENCRYPTED:
            raise Refused(self._place, f"its part {shown} is encrypted", "Save it without a password")
        start_at, start_width = at + 42, 4
        wide = self._zip64_values(extra_at, extra_end, [size, packed, start].count(IN_ZIP64), shown)
        size = next(wide)[1] if size == IN_ZIP64 else size
        packed = next(wide)[1] if packed == IN_ZIP64 else packed
        if start == IN_ZIP64:
            start_at, start = next(wide)
            start_width = 8
        content = self._content_at(start, name, shown)
        record_end = extra_end + fields[12]
        return Entry(
            shown, method, flags, crc, packed, size, start, content, 0, at, record_end, start_at, start_width
        )

    def _zip64_values(self, at: int, end: int, count: int, shown: str) -> Iterator[tuple[int, int]]:
        """(where it stands, value) of each size or position that is told in the zip64 field."""
        if not count:
            return iter(())
        for field, start, stop in extra_fields(self._raw, at, end):
            if field == ZIP64_FIELD and start + 8 * count <= stop:
                values = struct.unpack_from(f"<{count}Q", self._raw, start)
                return iter([(start + 8 * place, value) for place, value in enumerate(values)])
        raise self._broken(f"the directory's line of {shown} is damaged")

    def _content_at(self, start: int, name: bytes, shown: str) -> int:
        if start + LOCAL.size > self.start or not self._raw.startswith(b"PK\3\4", start):
            raise self._broken(f"its part {shown} is not where the directory says")
        fields = LOCAL.unpack_from(self._raw, start)
        name_at = start + LOCAL.size
        if self._raw[name_at : name_at + fields[9]] != name:
            raise self._broken(f"its part {shown} has another name in the directory than in its place")
        return int(name_at + fields[9] + fields[10])

    def _with_ends(self, records: Iterator[Entry]) -> list[Entry]:
        """Each entry reaches up to the next one or the directory; overlapping ones are a bomb's trick."""
        entries = list(records)
        starts = sorted(entry.start for entry in entries)
        after = dict(zip(starts, [*starts[1:], self.start], strict=True))
        if len(after) != len(entries) or (starts and starts[0] != 0):
            raise self._broken("its parts overlap, or something stands before them")
        entries = [replace(entry, end=after[entry.start]) for entry in entries]
        for entry in entries:
            if entry.content + entry.packed > entry.end:
                raise self._broken(f"its part {entry.name} overlaps the next one")
        return entries

    def _broken(self, problem: str) -> Unreadable:
        return Unreadable(
            self._place, problem, "Open it in Excel and save it anew, or restore it from a copy"
        )


def extra_fields(raw: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(id, start of the value, its end) of each extra field; what is too short to be one is passed over."""
    while at + 4 <= end:
        field, length = struct.unpack_from("<2H", raw, at)
        if at + 4 + length > end:
            return
        yield field, at + 4, at + 4 + length
        at += 4 + length
