"""Small workbooks made by hand, and readers that share no code with the writer."""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import struct
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.excel.package import CellEdit, Change
from connectors.excel.write_file import patch

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"

BARE: dict[str, str] = {
    "[Content_Types].xml": (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        '<sheet name="Plan" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{PACKAGE}">'
        f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


@dataclass(frozen=True)
class Book:
    """A workbook on disk under test."""

    path: Path

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def part(self, name: str = SHEET) -> str:
        with zipfile.ZipFile(self.path) as archive:
            return archive.read(name).decode()

    def write(
        self, row: int, column: int, value: str | float | None, sheet: str = "Plan", **more: Any
    ) -> Mapping[str, str]:
        """Write one cell (and what else a `Change` takes); gives the changed parts."""
        return patch(self.path, {sheet: Change([CellEdit(row, column, value)], **more)}, self.sha256)

    def raw_entries(self) -> dict[str, bytes]:
        """Each entry from its local header to the end of its packed bytes, in the order of the directory."""
        raw = self.path.read_bytes()
        entries = {}
        with zipfile.ZipFile(self.path) as archive:
            for info in archive.infolist():
                names = struct.unpack_from("<2H", raw, info.header_offset + 26)
                end = info.header_offset + 30 + sum(names) + info.compress_size
                entries[info.filename] = raw[info.header_offset : end]
        return entries

    def worksheets(self) -> dict[str, str]:
        """Sheet name → part, of a workbook whose parts are where everybody keeps them."""
        with zipfile.ZipFile(self.path) as archive:
            workbook = ET.fromstring(archive.read("xl/workbook.xml"))
            relations = ET.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
        targets = {
            relation.get("Id"): posixpath.join("/xl", relation.get("Target", "")).lstrip("/")
            for relation in relations
            if relation.get("Type", "").endswith("/worksheet")
        }
        sheets = [element for element in workbook.iter() if element.tag.endswith("}sheet")]
        ids = [next(value for key, value in sheet.items() if key.endswith("}id")) for sheet in sheets]
        found = zip(sheets, ids, strict=True)
        return {sheet.get("name", ""): targets[relation] for sheet, relation in found if relation in targets}

    def strays(self) -> list[str]:
        return sorted(name for name in os.listdir(self.path.parent) if name.startswith(".~interlock-"))


Make = Callable[..., Book]


@pytest.fixture
def book_at() -> Callable[[Path], Book]:
    return Book


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes `plan.xlsx` from a `<worksheet>`'s content and further or changed parts (None: left out)."""

    def made(
        content: str = "<sheetData/>", parts: Mapping[str, str | None] | None = None, whole: str = ""
    ) -> Book:
        sheet = whole or f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}">{content}</worksheet>'
        path = tmp_path / "plan.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in {**BARE, SHEET: sheet, **(parts or {})}.items():
                if text is not None:
                    archive.writestr(name, text)
        return Book(path)

    return made


Element = tuple[str, dict[str, str], str, list[Any]]
"""An element as it counts: name, attributes, text, children (whose tails are white space)."""


@dataclass(frozen=True)
class Seen:
    """A worksheet as a standard parser sees it."""

    rows: Mapping[int, Mapping[str, str]]
    """Row → its attributes, but for `spans`, which is a hint that goes with the row's cells."""
    cells: Mapping[tuple[int, int], Element]
    rest: list[Element]
    """All other children of the sheet, but for `dimension`."""
    merged: list[str]
    dimension: str | None

    def plain(self) -> list[tuple[int, int]]:
        """The cells that hold neither a formula nor a picture or linked data type."""
        return [
            at
            for at, (_, attributes, _, children) in self.cells.items()
            if not {"vm", "cm"} & set(attributes) and not any(child[0].endswith("}f") for child in children)
        ]

    def filled(self, at: tuple[int, int]) -> bool:
        return bool(self.cells[at][3])


def see(data: bytes) -> Seen:
    root = ET.fromstring(data)
    rows, cells = {}, {}
    number = 0
    for row in root.find("{*}sheetData") or ():
        number = int(row.get("r", number + 1))
        rows[number] = {key: value for key, value in row.attrib.items() if key != "spans"}
        column = 0
        for cell in row:
            column = column_of(cell.get("r", "")) or column + 1
            cells[number, column] = plain(cell)
    rest = [plain(child) for child in root if not child.tag.endswith(("}sheetData", "}dimension"))]
    merged = [cell.get("ref", "") for cell in root.iterfind("{*}mergeCells/{*}mergeCell")]
    dimension = root.find("{*}dimension")
    return Seen(rows, cells, rest, merged, None if dimension is None else dimension.get("ref"))


def plain(element: ET.Element) -> Element:
    return element.tag, dict(element.attrib), element.text or "", [plain(child) for child in element]


def column_of(address: str) -> int:
    column = 0
    for letter in re.sub("[^A-Z]", "", address.upper()):
        column = column * 26 + ord(letter) - 64
    return column


@pytest.fixture
def seen() -> Callable[[bytes], Seen]:
    return see
