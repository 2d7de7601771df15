"""A large sheet for the reading library in shares of its rows, so that one can be read while another is taken on.

The library (python-calamine 0.9) gives a sheet only as a whole, and reads its part twice: for the cells, and once more
to the end for the merged areas that stand there. So it is given a package of our making: texts and styles as the
workbook has them, and for each share of the rows a sheet, not packed again, in which the merged areas stand first.
Rows are cut apart, not read: what a cell holds, the library alone says.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from connectors._readings.cells import HEAD
from connectors._readings.packed import Packed
from connectors._readings.sheet_marks import first_and_last_row
from connectors._readings.sheet_parts import area
from connectors._readings.sheet_xml import DamagedXML, elements

LARGE = 4 * 1024**2
"""Bytes of a sheet's part; smaller ones are read as they are."""
SHARE = 12 * 1024**2
"""Bytes of the rows in a share; the first one holds `HEAD` rows."""

_LOOKED_AT = 1024**2  # bytes at a time
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_BESIDE = {"sharedStrings": "xl/sharedStrings.xml", "styles": "xl/styles.xml"}
"""What the library reads beside a sheet, by the type of relationship: where it lies in every workbook that is cut."""

_ROOT = re.compile(rb"<((?:\w+:)?)worksheet(?:\s[^>]*)?>")
_MERGED = re.compile(rb"<((?:\w+:)?)mergeCells[\s>].*?</\1mergeCells>", re.DOTALL)
_REFERENCE = re.compile(rb"""<(?:\w+:)?mergeCell\s[^>]*?\bref=["']([A-Z0-9:$]+)["']""")
_ROW = re.compile(rb"""["'](\d{1,7})["']""")


@dataclass(frozen=True)
class _Cut:
    """A sheet's part: what begins a sheet of its kind and ends it, and the places at which shares begin and end."""

    root: bytes
    merged: bytes
    opening: bytes
    closing: bytes
    places: Sequence[int]
    head: int

    def sheets(self, data: bytes) -> Iterator[Sequence[bytes | memoryview]]:
        """The part of each share's sheet, in pieces."""
        merged, whole = self.merged, memoryview(data)
        for start, end in pairwise(self.places):
            yield self.root, merged, self.opening, whole[start:end], self.closing
            merged = re.sub(rb">.*<", b"><", merged, flags=re.DOTALL)


@dataclass(frozen=True)
class Shares:
    """A sheet's part in shares: sheets of a package, named so, that hold one share of the rows each, in their order.

    `head`: the rows of the first share, blank ones included.
    """

    names: Sequence[str]
    head: int
    _data: bytes
    _cut: _Cut
    _beside: Mapping[str, bytes]
    _since_1904: bool

    @contextmanager
    def package(self) -> Iterator[Path]:
        """The package as a file, which the library reads without us; it is gone when left, whoever has it open."""
        with TemporaryDirectory(prefix="interlock-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "shares.xlsx"
            with zipfile.ZipFile(path, "w") as made:
                self._write(made)
            yield path

    def _write(self, made: zipfile.ZipFile) -> None:
        sheets = {name: ("worksheet", f"xl/{name}.xml") for name in self.names}
        beside = {kind: (kind, name) for kind, name in _BESIDE.items() if name in self._beside}
        made.writestr("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types"/>')
        made.writestr("_rels/.rels", _relations({"rId1": ("officeDocument", "xl/workbook.xml")}))
        made.writestr("xl/workbook.xml", _workbook(self.names, self._since_1904))
        made.writestr("xl/_rels/workbook.xml.rels", _relations(sheets | beside))
        for name, part in self._beside.items():
            made.writestr(name, part)
        for name, pieces in zip(self.names, self._cut.sheets(self._data), strict=True):
            with made.open(f"xl/{name}.xml", "w") as sheet:
                for piece in pieces:
                    sheet.write(piece)


def shares(package: Packed, data: bytes, since_1904: bool) -> Shares | None:
    """A sheet's part in shares; None where it is small or in any way out of the ordinary: it is read as it is then."""
    cut = _cut(data) if len(data) >= LARGE and _ordinary(package) else None
    if cut is None:
        return None
    names = [f"share{number}" for number in range(1, len(cut.places))]
    beside = {name: part for name in _BESIDE.values() if (part := package.part(name))}
    return Shares(names, cut.head, data, cut, beside, since_1904)


def _ordinary(package: Packed) -> bool:
    """Whether what the library reads beside a sheet lies where it always does."""
    try:
        relations = elements(package.part("xl/_rels/workbook.xml.rels"), "Relationship")
    except DamagedXML:
        return False
    found = {one.get("Type", "").rpartition("/")[2]: one.get("Target", "") for one in relations}
    return all(
        found[kind] in (f"/{at}", at.removeprefix("xl/")) if kind in found else not package.part(at)
        for kind, at in _BESIDE.items()
    )


def _cut(data: bytes) -> _Cut | None:
    """None where it is not certain where rows and cells stand, where they are out of order or left open, where merged
    cells reach below the first share, or where nothing stands below it."""
    root = _ROOT.search(data, 0, 4096)
    if root is None or b"<!" in data:
        return None
    prefix = root[1]
    opening, closing = b"<" + prefix + b"sheetData>", b"</" + prefix + b"sheetData>"
    start, end = data.find(opening) + len(opening), data.rfind(closing)
    tag = b"<" + prefix + b"row r="
    if (
        start < len(opening)
        or not data.startswith(tag, start)
        or data.find(opening, start) >= 0
        or end < start
    ):
        return None
    places = _places(data, tag, start, end)
    below = _ROW.match(data, places[1] + len(tag))
    merged = _MERGED.search(data, end)
    cell = b"<" + prefix + b"c "
    said = data.count(cell + b"r=", start, places[1])
    if below is None or data.count(cell[:-1], start, places[1]) != said or not _closed(data, start, end):
        return None
    head = int(below[1]) - 1
    for reference in _REFERENCE.findall(merged[0]) if merged else ():
        found = area(reference.decode())
        # The value of merged cells is put into each of their rows, so these must all be in one share.
        if found is None or (found.bottom > found.top and found.bottom > head):
            return None
    rows = [first_and_last_row(data, at, until) for at, until in pairwise([*places, end])]
    held = [number for both in rows if all(both) for number in both]
    if held != sorted(held) or not any(all(both) for both in rows[1:]):
        return None
    none = b"<" + prefix + b"mergeCells></" + prefix + b"mergeCells>"
    last = closing + b"</" + prefix + b"worksheet>"
    return _Cut(root[0], merged[0] if merged else none, opening, last, [*places, end], head)


def _closed(data: bytes, start: int, end: int) -> bool:
    """Whether each tag and as many elements end as begin, which the library notices at the end of a whole part."""
    tags = elements_left = 0
    for at in range(start, end, _LOOKED_AT):
        found = np.frombuffer(data, np.uint8, min(_LOOKED_AT, end - at) + 1, at)
        opened, closed, slash = found == ord("<"), found == ord(">"), found == ord("/")
        begun = np.count_nonzero(opened[:-1])
        tags += int(begun - np.count_nonzero(closed[:-1]))
        ended, empty = np.count_nonzero(opened[:-1] & slash[1:]), np.count_nonzero(slash[:-1] & closed[1:])
        elements_left += int(begun - 2 * ended - empty)
    return tags == elements_left == 0


def _places(data: bytes, tag: bytes, start: int, end: int) -> list[int]:
    """Where shares begin: after the first rows, then about `SHARE` bytes each. Only `end` where there are none."""
    at = start
    for _ in range(HEAD):
        at = data.find(tag, at + 1, end)
        if at < 0:
            return [start, end]
    places = [start]
    while at >= 0:
        places.append(at)
        at = data.find(tag, at + SHARE, end)
    return places


def _workbook(names: Sequence[str], since_1904: bool) -> str:
    sheets = "".join(
        f'<sheet name="{name}" sheetId="{number}" r:id="{name}"/>'
        for number, name in enumerate(names, start=1)
    )
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><workbookPr date1904="{int(since_1904)}"/>'
        f"<sheets>{sheets}</sheets></workbook>"
    )


def _relations(targets: Mapping[str, tuple[str, str]]) -> str:
    """Of each id, the type of relationship and the part."""
    lines = "".join(
        f'<Relationship Id="{identity}" Type="{_OFFICE}/{kind}" Target="/{part}"/>'
        for identity, (kind, part) in targets.items()
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'
