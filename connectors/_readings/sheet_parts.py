"""What stands beside a sheet's cells in parts of its own: tables, comments, the targets of links."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from xml.sax.saxutils import unescape

from connectors._readings.sheet_xml import comment_texts, elements

_LINK = re.compile(rb"<(?:\w+:)?hyperlink\s[^>]*")
_REFERENCE = re.compile(rb"""\sref=["']([A-Z0-9:$]+)["']""")
_HYPERLINK = re.compile(
    rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3}\d{1,7})["'][^>]*>\s*<(?:\w+:)?f>HYPERLINK\(\s*(?:"|&quot;)"""
    rb"""(https?://(?:[^"<&]|&amp;)*)"""
)
"""The function that makes a link, where its address is written in it."""
_IDENTITY = re.compile(rb"""\s\w+:id=["']([\w.-]+)["']""")
_AREA = re.compile(r"\$?([A-Z]{1,3})\$?(\d{1,7})(?::\$?([A-Z]{1,3})\$?(\d{1,7}))?")
_EXPLAINED = re.compile(r"\[[^\]]+\] .*?https://go\.microsoft\.com/fwlink/\?linkid=870924[^:]*:\s*")
"""What stands above the plain copy of a threaded comment, in the language of the Excel that wrote it."""
_WEB = ("http://", "https://")


class Parts(Protocol):
    """The parts of a package; `part` gives b'' for one that is not there."""

    def part(self, name: str) -> bytes: ...


@dataclass(frozen=True)
class Area:
    """Rows and columns count from 1, the last ones included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class NamedTable:
    """A table of a sheet (ListObject). `area` holds its header and leaves out its totals row."""

    name: str
    area: Area
    has_header: bool


def area(reference: str) -> Area | None:
    """`B3:K40` or `B3`; None where it is no reference."""
    match = _AREA.fullmatch(reference)
    if match is None:
        return None
    left, top = position(match[1]), int(match[2])
    return Area(top, left, int(match[4] or top), position(match[3]) if match[3] else left)


def position(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def related(parts: Parts, part: str, kind: str) -> Iterator[tuple[str, str]]:
    """Id and target of a part's relationships whose type ends in `kind` (ECMA-376 part 2, 9.3)."""
    folder, name = posixpath.split(part)
    data = parts.part(f"{folder}/_rels/{name}.rels")
    for relationship in elements(data, "Relationship") if data else ():
        if relationship.get("Type", "").rpartition("/")[2].casefold() == kind.casefold():
            target = relationship.get("Target", "")
            if relationship.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            yield relationship.get("Id", ""), target


def tables(parts: Parts, part: str) -> Iterator[NamedTable]:
    """The tables of a sheet (ECMA-376 part 1, 18.5.1.2)."""
    for _, target in related(parts, part, "table"):
        data = parts.part(target)
        for table in elements(data, "table")[:1] if data else ():
            found = area(table.get("ref", ""))
            if found is not None:
                totals = int(table.get("totalsRowCount") or 0)
                name = table.get("displayName") or table.get("name") or ""
                whole = Area(found.top, found.left, found.bottom - totals, found.right)
                yield NamedTable(name, whole, table.get("headerRowCount") != "0")


def links(parts: Parts, part: str, data: bytes) -> Mapping[tuple[int, int], str]:
    """The web addresses that cells link to, by row and column from 1. Links inside the workbook are left out."""
    found: dict[tuple[int, int], str] = {}
    for formula in _HYPERLINK.finditer(data) if b"HYPERLINK(" in data else ():
        place = area(formula[1].decode())
        if place is not None:
            found[place.top, place.left] = unescape(formula[2].decode(errors="replace"))
    start = data.find(b"hyperlinks", max(data.rfind(b"sheetData>"), 0))
    if start < 0:
        return found
    targets = dict(related(parts, part, "hyperlink"))
    for match in _LINK.finditer(data, start):
        reference, identity = _REFERENCE.search(match[0]), _IDENTITY.search(match[0])
        place = area(reference[1].decode()) if reference else None
        target = targets.get(identity[1].decode(), "") if identity else ""
        if place is not None and target.lower().startswith(_WEB):
            found[place.top, place.left] = target
    return found


def comments(parts: Parts, part: str) -> Mapping[tuple[int, int], str]:
    """The notes and threaded comments of a sheet's cells, by row and column from 1.

    Of a threaded comment Excel keeps a plain copy among the notes for older versions, below a word of explanation.
    Where the thread itself is there ([MS-XLSX] 2.1.21) that counts, with who wrote each of its comments; where only the
    copy is left, that does, without the explanation.
    """
    found: dict[tuple[int, int], list[str]] = {}
    threads = [target for _, target in related(parts, part, "threadedComment")]
    names = _persons(parts) if threads else {}
    for told, text in _texts(parts, threads, "threadedComment"):
        name = names.get(told.get("personId", ""), "")
        resolved = " (resolved)" if told.get("done") in ("1", "true") else ""
        _add(found, told, f"{name}: {text}{resolved}" if name else f"{text}{resolved}")
    threaded = set(found)
    for told, text in _texts(parts, [target for _, target in related(parts, part, "comments")], "comment"):
        place = area(told.get("ref", ""))
        if place is None or (place.top, place.left) not in threaded:
            _add(found, told, _EXPLAINED.sub("", text))
    return {place: " / ".join(texts) for place, texts in found.items()}


def _texts(parts: Parts, targets: Sequence[str], element: str) -> Iterator[tuple[Mapping[str, str], str]]:
    for target in targets:
        data = parts.part(target)
        yield from comment_texts(data, element) if data else ()


def _add(found: dict[tuple[int, int], list[str]], told: Mapping[str, str], text: str) -> None:
    place = area(told.get("ref", ""))
    if place is not None and text:
        found.setdefault((place.top, place.left), []).append(text)


def _persons(parts: Parts) -> Mapping[str, str]:
    """The people who wrote threaded comments, by their id in the workbook ([MS-XLSX] 2.1.23)."""
    names: dict[str, str] = {}
    for _, target in related(parts, "xl/workbook.xml", "person"):
        data = parts.part(target)
        for person in elements(data, "person") if data else ():
            names[person.get("id", "")] = person.get("displayName", "")
    return names
