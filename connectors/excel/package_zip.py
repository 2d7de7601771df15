"""The zip container of a workbook: parts are read one by one, and replaced without touching the others.

An entry that is not replaced is carried over raw, with its packed bytes, flags, times, extra fields and data
descriptor. What packages may use of zip: ECMA-376 part 2, annex B (stored or deflated, never encrypted).
"""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.contract import Refused, Unreadable
from connectors.excel.package_directory import (
    CENTRAL,
    IN_ZIP64,
    LOCAL,
    LOCATOR,
    ZIP64_FIELD,
    Directory,
    Entry,
    extra_fields,
)

_DESCRIPTOR, _COMPRESSION_OPTIONS = 0x0008, 0x0006
_STORED, _DEFLATED = 0, 8
_PIECE = 1 << 16

Buffer = bytes | memoryview


class Container:
    """A whole zip file in memory, its parts still packed.

    Raises Unreadable where the file is no zip, is cut or contradicts itself; Refused where it is one that
    nobody should touch (encrypted, doubled names, too many parts).
    """

    def __init__(self, raw: bytes, place: str) -> None:
        self.raw, self.place = raw, place
        self._directory = Directory(raw, place)
        self.entries = self._directory.entries
        self._by_name = {_folded(entry.name): entry for entry in self.entries}
        if len(self._by_name) != len(self.entries):
            raise Refused(place, "two of its parts have the same name", "Open it in Excel and save it anew")

    def has(self, name: str) -> bool:
        return _folded(name) in self._by_name

    def entry(self, name: str) -> Entry:
        """The entry of a part, whatever the case of its name (ECMA-376 part 2, 6.2.2); else Unreadable."""
        found = self._by_name.get(_folded(name))
        if found is None:
            raise self._broken(f"its part {name} is missing")
        return found

    def read(self, name: str, limit: int) -> bytes:
        """The content of a part, its checksum verified. Refused if it unpacks to more than `limit` bytes."""
        entry = self.entry(name)
        if entry.size > limit:
            problem = (
                f"its part {entry.name} unpacks to {entry.size:,} bytes, more than the {limit:,} allowed"
            )
            raise Refused(self.place, problem, "Nothing was written. Save the workbook smaller")
        if entry.method not in (_STORED, _DEFLATED):
            problem = f"its part {entry.name} is packed by method {entry.method}, which no workbook may use"
            raise Refused(self.place, problem, "Open it in Excel and save it anew")
        content = io.BytesIO()  # grows in place: joining pieces would hold a large part twice
        for piece in self.unpacked(entry):
            content.write(piece)
        return content.getvalue()

    def unpacked(self, entry: Entry) -> Iterator[bytes]:
        """The content of a part in pieces; Unreadable at the end if its size or checksum does not tie."""
        size = crc = 0
        inflater = zlib.decompressobj(-15)
        for at in range(entry.content, entry.content + entry.packed, _PIECE):
            packed = self.raw[at : min(at + _PIECE, entry.content + entry.packed)]
            try:
                # One byte more than the rest: so a part that lies about its size shows, unpacked no further.
                rest = entry.size - size + 1
                piece = packed if entry.method == _STORED else inflater.decompress(packed, rest)
            except zlib.error as error:
                raise self._broken(f"its part {entry.name} is damaged ({error})") from error
            size, crc = size + len(piece), zlib.crc32(piece, crc)
            if size > entry.size:
                break
            yield piece
        if size != entry.size or crc != entry.crc:
            raise self._broken(f"its part {entry.name} is damaged (size or checksum does not tie)")

    def replaced(self, parts: Mapping[str, Sequence[Buffer]]) -> list[Buffer]:
        """The whole file anew, in pieces. `parts`: part name → its new content, in pieces."""
        raw = memoryview(self.raw)
        contents = {self.entry(name): pieces for name, pieces in parts.items()}
        records: dict[Entry, bytes] = {}
        pieces: list[Buffer] = []
        position = 0
        for entry in sorted(self.entries, key=lambda entry: entry.start):
            if entry in contents:
                new, records[entry] = self._packed(entry, contents[entry], position)
            else:
                new, records[entry] = [raw[entry.start : entry.end]], _moved(self.raw, entry, position)
            pieces += new
            position += sum(len(piece) for piece in new)
        directory = b"".join(records[entry] for entry in self.entries)
        return [*pieces, directory, self._moved_tail(position, len(directory))]

    def _packed(self, entry: Entry, content: Sequence[Buffer], start: int) -> tuple[list[Buffer], bytes]:
        """A part with new content that begins at `start`: its bytes, and its line in the directory.

        Name, times, attributes, method and extra fields stay. The sizes are known beforehand here, so the
        data descriptor goes, and with it the zip64 field.
        """
        crc = size = 0
        packed: list[Buffer] = []
        deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
        for piece in content:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            packed.append(deflater.compress(piece) if entry.method == _DEFLATED else piece)
        if entry.method == _DEFLATED:
            packed.append(deflater.flush())
        sizes = crc, sum(len(piece) for piece in packed), size
        flags = entry.flags & ~(_DESCRIPTOR | _COMPRESSION_OPTIONS)

        local = list(LOCAL.unpack_from(self.raw, entry.start))
        name_end = entry.start + LOCAL.size + local[9]
        extra = _without_zip64(self.raw[name_end : entry.content])
        local[2], local[6:9], local[10] = flags, sizes, len(extra)
        header = LOCAL.pack(*local) + self.raw[entry.start + LOCAL.size : name_end] + extra

        line = list(CENTRAL.unpack_from(self.raw, entry.record))
        name_end = entry.record + CENTRAL.size + line[10]
        comment = self.raw[name_end + line[11] : entry.record_end]
        extra = _without_zip64(self.raw[name_end : name_end + line[11]])
        line[3], line[7:10], line[11], line[16] = flags, sizes, len(extra), start
        name = self.raw[entry.record + CENTRAL.size : name_end]
        return [header, *packed], CENTRAL.pack(*line) + name + extra + comment

    def _moved_tail(self, start: int, size: int) -> bytes:
        """What closes the file, with the new place and size of the directory."""
        directory = self._directory
        tail = bytearray(self.raw[directory.tail :])
        end = directory.end - directory.tail
        if end:  # a zip64 end and its locator stand before the plain one
            struct.pack_into("<2Q", tail, 40, size, start)
            struct.pack_into("<Q", tail, end - LOCATOR.size + 8, start + size)
        for at, value in ((end + 12, size), (end + 16, start)):
            if struct.unpack_from("<I", tail, at)[0] != IN_ZIP64:
                struct.pack_into("<I", tail, at, value)
        return bytes(tail)

    def _broken(self, problem: str) -> Unreadable:
        return Unreadable(self.place, problem, "Open it in Excel and save it anew, or restore it from a copy")


def difference(before: Container, after: Container, changed: Mapping[str, Sequence[Buffer]]) -> str:
    """What distinguishes two containers beyond the planned change, in words; empty if nothing does.

    `changed`: part name → the content that it should have now, in pieces. Every other part must be the same
    byte for byte as it lies in the file, with the same line in the directory but for its place.
    """
    planned = {before.entry(name).name: pieces for name, pieces in changed.items()}
    if [entry.name for entry in before.entries] != [entry.name for entry in after.entries]:
        return "the list of its parts differs"
    for old, new in zip(before.entries, after.entries, strict=True):
        if old.name in planned:
            if _sum(planned[old.name]) != _sum(after.unpacked(new)):
                return f"its part {old.name} does not hold what was to be written"
        elif _fingerprint(before, old) != _fingerprint(after, new):
            return f"its part {old.name} differs, which was not to be touched"
    return ""


def _sum(pieces: Iterable[Buffer]) -> tuple[int, int]:
    """Size and CRC-32 of a content: enough to tell damage on its way to the disk and back."""
    size = crc = 0
    for piece in pieces:
        size, crc = size + len(piece), zlib.crc32(piece, crc)
    return size, crc


def _fingerprint(container: Container, entry: Entry) -> tuple[bytes, bytes]:
    content = memoryview(container.raw)[entry.start : entry.end]
    return hashlib.sha256(content).digest(), _moved(container.raw, entry, 0)


def _moved(raw: bytes, entry: Entry, start: int) -> bytes:
    """The entry's line in the directory, saying that it begins at `start`."""
    line = bytearray(raw[entry.record : entry.record_end])
    struct.pack_into("<I" if entry.start_width == 4 else "<Q", line, entry.start_at - entry.record, start)
    return bytes(line)


def _without_zip64(extra: bytes) -> bytes:
    fields = extra_fields(extra, 0, len(extra))
    return b"".join(extra[start - 4 : stop] for field, start, stop in fields if field != ZIP64_FIELD)


def _folded(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()
