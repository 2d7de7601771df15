"""The parts of a workbook: which part a sheet's name means, what else lies on that sheet, who closed it.

After ECMA-376 part 2, 6.5 (relationships) and part 1, 18.2.19 (sheet), 18.2.12 (fileSharing), 18.5.1.2
(table), 18.10.1.49 (pivot location), 22.3 (custom properties). Relationship types exist in a transitional and
a strict spelling that end alike, so they are told apart by their ends.
"""

from __future__ import annotations

import posixpath
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote

from connectors.contract import Refused, Unreadable
from connectors.excel import package_cell as cell
from connectors.excel.package_cell import Area
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_styles import coloured
from connectors.excel.package_table import Table, table
from connectors.excel.package_xml import Markup, tree
from connectors.excel.package_zip import Container

LARGEST_SHEET = 512 * 1024 * 1024
"""The most bytes that a worksheet part or the shared strings may unpack to."""
LARGEST_OTHER = 32 * 1024 * 1024
"""The same for workbook, relationships, tables and pivot tables."""

_MAYBE = "Its owner can take that off; until then the flags must go elsewhere"


@dataclass(frozen=True)
class _Relation:
    kind: str
    part: str


@dataclass(frozen=True)
class _Strings:
    """The shared strings part, and where each item begins in it (18.4.8)."""

    markup: Markup
    prefix: bytes
    starts: list[int]


class Workbook:
    """A package whose sheets may be written. Refused where signature, owner or change log forbid it."""

    def __init__(self, container: Container) -> None:
        self.container = container
        self.place = container.place
        root = self._relations("")
        self.part = self._the_workbook(root)
        self._tree = self._parse(self.part)
        self._related = self._relations(self.part)
        self._refuse_closed(root)

    def sheet_part(self, name: str) -> str:
        """The part of the sheet of this name; Refused where there is none or it is no worksheet."""
        relation = self._sheet_relations.get(name)
        if relation is None:
            problem = f"it has no sheet named {name!r} any more"
            raise Refused(self.place, problem, "Nothing was written. Set `sheet` to the sheet's new name")
        if relation.kind != "worksheet":
            problem = f"the sheet {name!r} is a {relation.kind}, not a worksheet"
            raise Refused(self.place, problem, "Nothing was written. Name another sheet")
        return self.container.entry(relation.part).name

    @cached_property
    def _sheet_relations(self) -> dict[str, _Relation]:
        """Sheet name → what it is and its part, of all kinds of sheets."""
        found = {}
        for element in self._tree.iter():
            if _local(element.tag) == "sheet":
                name = element.get("name", "")
                relation = self._related.get(_attribute(element, "id"))
                if relation is None:
                    raise self._broken(f"the sheet {name!r} has no part")
                found[name] = relation
        return found

    @property
    def sheet_names(self) -> list[str]:
        """The names of the worksheets."""
        return [name for name, relation in self._sheet_relations.items() if relation.kind == "worksheet"]

    def sheet_markup(self, name: str) -> Markup:
        part = self.sheet_part(name)
        return Markup(self.container.read(part, LARGEST_SHEET), f"{self.place}, sheet {name}", part)

    def sheet(self, name: str) -> Sheet:
        markup = self.sheet_markup(name)
        tables = list(self._tables(markup.part))
        fixed = [edge for one in tables for edge in one.edges()]
        return Sheet(markup, [*fixed, *self._pivots(markup.part)], self.shared, self._coloured, tables)

    def tables(self) -> Iterator[tuple[str, Table]]:
        """The tables of all worksheets, with the names of their sheets."""
        for name in self.sheet_names:
            yield from ((name, one) for one in self._tables(self.sheet_part(name)))

    def defined_names(self) -> Iterator[tuple[str, str]]:
        """Name and formula of what the workbook defines (18.2.5)."""
        for element in self._tree.iter():
            if _local(element.tag) == "definedName":
                yield element.get("name", ""), "".join(element.itertext())

    def markup(self, part: str) -> Markup:
        """A small part (workbook, table) as it stands, to be changed."""
        return Markup(self.container.read(part, LARGEST_OTHER), self.place, part)

    def shared(self, index: int) -> str:
        """The shared string of this index, its runs joined."""
        strings = self._shared_strings
        if strings is None or index >= len(strings.starts):
            raise self._broken(f"shared string {index} is missing")
        item = strings.markup.tag_at(strings.starts[index])
        end = strings.markup.element_end(item, len(strings.markup.data))[0]
        return cell.string(strings.markup, strings.prefix, item.end, end)

    @cached_property
    def _coloured(self) -> frozenset[int]:
        parts = [relation.part for relation in self._related.values() if relation.kind == "styles"]
        return coloured(self._parse(parts[0])) if parts else frozenset()

    @cached_property
    def _shared_strings(self) -> _Strings | None:
        for relation in self._related.values():
            if relation.kind == "sharedStrings":
                data = self.container.read(relation.part, LARGEST_SHEET)
                markup = Markup(data, self.place, relation.part)
                prefix = markup.root.name.removesuffix(b"sst")
                return _Strings(markup, prefix, list(markup.starts(prefix + b"si", 0, len(data))))
        return None

    # --- what else lies on a sheet -------------------------------------------------------------------------

    def _pivots(self, part: str) -> Iterator[tuple[Area, str]]:
        for relation in self._relations(part).values():
            if relation.kind == "pivotTable":
                for element in self._parse(relation.part).iter():
                    area = cell.area(element.get("ref", "")) if _local(element.tag) == "location" else None
                    if area:
                        yield area, f"it belongs to the pivot table of {area}"

    def _tables(self, part: str) -> Iterator[Table]:
        for relation in self._relations(part).values():
            if relation.kind == "table":
                name = self.container.entry(relation.part).name
                found = table(name, self._parse(name), bool(self._relations(name)))
                if found is not None:
                    yield found

    # --- who closed it -------------------------------------------------------------------------------------

    def _refuse_closed(self, root: dict[str, _Relation]) -> None:
        parts = [entry.name for entry in self.container.entries]
        kinds = {relation.kind for relation in [*root.values(), *self._related.values()]}
        if "origin" in kinds or any(part.lower().startswith("_xmlsignatures/") for part in parts):
            raise self._closed("it is digitally signed, and a change would break the signature")
        if "revisionHeaders" in kinds:
            raise self._closed("it is shared with a change log (legacy), and a change would bypass the log")
        for element in self._tree.iter():
            if _local(element.tag) == "fileSharing" and _asks_read_only(element):
                raise self._closed("it is marked to be opened read-only")
        for relation in root.values():
            if relation.kind == "custom-properties" and self._is_final(relation.part):
                raise self._closed("it is marked as final")

    def _is_final(self, part: str) -> bool:
        """Excel marks a workbook as final by a custom property of this name."""
        for element in self._parse(part).iter():
            if element.get("name") == "_MarkAsFinal":
                return "".join(element.itertext()).strip().lower() in ("1", "true")
        return False

    def _closed(self, problem: str) -> Refused:
        return Refused(self.place, problem, f"Nothing was written. {_MAYBE}")

    # --- parts and relationships ---------------------------------------------------------------------------

    def _the_workbook(self, root: dict[str, _Relation]) -> str:
        parts = [relation.part for relation in root.values() if relation.kind == "officeDocument"]
        if len(parts) != 1:
            raise self._broken("it is a zip file, but no workbook")
        if parts[0].lower().endswith(".bin"):
            raise Refused(
                self.place, "it is a binary workbook (.xlsb)", "Save it as .xlsx to have it flagged"
            )
        return parts[0]

    def _relations(self, part: str) -> dict[str, _Relation]:
        """Relationship id → kind (the last word of its type) and part, of a part or (`""`) of the package."""
        return _relations(self.container, part)

    def _parse(self, part: str) -> ET.Element:
        return tree(self.container.read(part, LARGEST_OTHER), self.place, part)

    def _broken(self, problem: str) -> Unreadable:
        return Unreadable(self.place, problem, "Open it in Excel and save it anew, or restore it from a copy")


def _relations(container: Container, part: str) -> dict[str, _Relation]:
    folder, name = posixpath.split(part)
    source = posixpath.join(folder, "_rels", f"{name}.rels")
    if not container.has(source):
        return {}
    relations = {}
    for element in tree(container.read(source, LARGEST_OTHER), container.place, source).iter():
        if _local(element.tag) == "Relationship" and element.get("TargetMode") != "External":
            target = posixpath.join("/", folder, element.get("Target", ""))
            target = posixpath.normpath(target).lstrip("/")
            target = target if container.has(target) else unquote(target)
            kind = element.get("Type", "").rpartition("/")[2]
            relations[element.get("Id", "")] = _Relation(kind, target)
    return relations


def related(container: Container, part: str) -> Iterator[tuple[str, str]]:
    """Kind and part of each relationship of a part, or (`""`) of the package."""
    return ((relation.kind, relation.part) for relation in _relations(container, part).values())


def _asks_read_only(element: ET.Element) -> bool:
    """Recommended, or reserved by a password to modify (18.2.12)."""
    recommended = element.get("readOnlyRecommended") in ("1", "true", "on")
    return recommended or any(element.get(key) for key in ("reservationPassword", "hashValue"))


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _attribute(element: ET.Element, name: str) -> str:
    """An attribute by its local name, whatever namespace (`r:id` differs between transitional and strict)."""
    return next((value for key, value in element.attrib.items() if _local(key) == name and "}" in key), "")
