"""Formulas that refer to cells that change: their stored values are old, so Excel is told to calculate anew.

Nothing here calculates. Excel opens a file with the values that are stored in it, unless `calcPr` says
`fullCalcOnLoad` (ECMA-376 part 1, 18.2.2); volatile functions (OFFSET, INDIRECT, TODAY) it calculates anyway,
and conditional formats, validations and charts are not stored. A pivot table shows its own stored copy until
somebody refreshes it, as after any typing.

A formula is suspected rather than understood: what only looks like a reference to a changed cell costs one
calculation when the file is opened, what is overlooked leaves a wrong number on a sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from connectors.excel import package_cell as cell
from connectors.excel.package_cell import LAST_COLUMN, LAST_ROW, Area
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_workbook import Workbook
from connectors.excel.package_xml import Markup

_TEXT = re.compile(r'"(?:[^"]|"")*"')
_REFERENCE = re.compile(
    r"""(?:(?P<sheet>'(?:[^']|'')+'|[^\s'"!(),;+\-*/^&=<>{}]+)!)?
        (?<![\w.\\])(?:
            (?P<cells>\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?::\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})?)
          | (?P<columns>\$?[A-Za-z]{1,3}:\$?[A-Za-z]{1,3})
          | (?P<rows>\$?[1-9]\d{0,6}:\$?[1-9]\d{0,6})
        )(?![\w.(\\])""",
    re.VERBOSE,
)
_ITEM = re.compile(r"\[([^\[\]]*)\]")

Cells = Mapping[str, Sequence[tuple[int, int]]]
"""Sheet name → (row, column) of each changed cell."""


def first_dependent(workbook: Workbook, edited: Cells, opened: Mapping[str, Sheet]) -> str:
    """The first sheet on which a formula stands that may refer to a changed cell; empty if none does."""
    suspects = _Suspects(workbook, edited)
    for name in [*opened, *(name for name in workbook.sheet_names if name not in opened)]:
        part = opened[name].part if name in opened else workbook.sheet_markup(name)
        for tag, formula in _formulas(part):
            spread = cell.area(tag.get("ref", "")) if tag.get("t") == "shared" else None
            if suspects.has(formula, name, spread):
                return name
    return ""


def calculating_on_load(workbook: Workbook) -> bytes | None:
    """The workbook's part saying that all is to be calculated on opening; None where it says so already."""
    part = workbook.markup(workbook.part)
    prefix = part.root.name.removesuffix(b"workbook")
    before = {
        prefix + name for name in (b"sheets", b"functionGroups", b"externalReferences", b"definedNames")
    }
    gap = 0
    for tag, end in part.children(part.root.end, len(part.data)):
        if tag.name == prefix + b"calcPr":
            if tag.true("fullCalcOnLoad"):
                return None
            opening = re.sub(
                rb"""\sfullCalcOnLoad\s*=\s*(?:"[^"]*"|'[^']*')""", b"", part.data[tag.start : tag.end]
            )
            at = len(prefix) + len(b"<calcPr")
            return (
                part.data[: tag.start]
                + opening[:at]
                + b' fullCalcOnLoad="1"'
                + opening[at:]
                + part.data[tag.end :]
            )
        if tag.name in before:
            gap = end
    return part.data[:gap] + b'<%bcalcPr fullCalcOnLoad="1"/>' % prefix + part.data[gap:]


def _formulas(part: Markup) -> Iterator[tuple[Mapping[str, str], str]]:
    """Attributes and text of each formula; a shared one has its text once (18.3.1.40)."""
    prefix = part.root.name.removesuffix(b"worksheet")
    for tag in part.tags(prefix + b"f", part.root.end, len(part.data)):
        if not tag.empty:
            text = part.text(tag, len(part.data))
            if text:
                yield tag.attributes, text


class _Suspects:
    """What a formula must not mention for its stored value to stay right."""

    def __init__(self, workbook: Workbook, edited: Cells) -> None:
        self._edited = {name.casefold(): list(cells) for name, cells in edited.items()}
        self._bounds = {name: _around(cells) for name, cells in self._edited.items()}
        self._tables = list(self._touched_tables(workbook))
        self._names = re.compile("(?!)")
        for _ in range(2):  # a name may be defined by another
            hot = [name for name, formula in workbook.defined_names() if self.has(formula, "", None)
                   and not name.startswith("_xlnm.")]  # fmt: skip
            if hot:
                self._names = re.compile(
                    rf"(?<![\w.\\])(?:{'|'.join(map(re.escape, hot))})(?![\w.\\(!])", re.I
                )

    def has(self, formula: str, sheet: str, spread: Area | None) -> bool:
        """`spread`: the cells that share the formula, in each of which it refers further down or right."""
        text = _TEXT.sub('""', formula)
        return (
            any(self._refers(found, sheet, spread) for found in _REFERENCE.finditer(text))
            or any(self._names_table(text, *one) for one in self._tables)
            or bool(self._names.search(text))
        )

    def _refers(self, found: re.Match[str], sheet: str, spread: Area | None) -> bool:
        named = found["sheet"]
        if named is None:
            meant = [sheet.casefold()]
        else:
            name = named.strip("'").replace("''", "'").casefold()
            # `First:Last!A1` means the sheets between, whichever they are; `[1]Plan!A1` is another workbook.
            meant = list(self._edited) if ":" in name else [name]
        area = _area(found)
        if spread is not None:
            area = Area(area.top, area.left, area.bottom + spread.bottom - spread.top,
                        area.right + spread.right - spread.left)  # fmt: skip
        return any(
            name in self._edited
            and area.meets(self._bounds[name])
            and any(area.holds(*place) for place in self._edited[name])
            for name in meant
        )

    def _touched_tables(self, workbook: Workbook) -> Iterator[tuple[re.Pattern[str], frozenset[str]]]:
        """For each table with a changed cell: its name in formulas, and the names of the columns concerned."""
        for sheet, table in workbook.tables():
            area, cells = table.area, self._edited.get(sheet.casefold(), [])
            touched = {column - area.left for row, column in cells if area.holds(row, column)}
            if touched:
                names = (table.columns[at].casefold() for at in touched if at < len(table.columns))
                yield re.compile(rf"(?<![\w.\\]){re.escape(table.name)}(?=\[)", re.I), frozenset(names)

    def _names_table(self, formula: str, name: re.Pattern[str], columns: frozenset[str]) -> bool:
        found = name.search(formula)
        if found is None:
            return False
        items = [item.casefold() for item in _ITEM.findall(formula, found.end()) if not item.startswith("#")]
        return not any(items) or "]:[" in formula or not columns.isdisjoint(item.strip() for item in items)


def _area(found: re.Match[str]) -> Area:
    if found["cells"]:
        area = cell.area(found["cells"])
        if area is not None:
            return Area(min(area.top, area.bottom), min(area.left, area.right),
                        max(area.top, area.bottom), max(area.left, area.right))  # fmt: skip
    if found["columns"]:
        first, last = (cell.position(f"{part}1") for part in found["columns"].replace("$", "").split(":"))
        if first and last:
            return Area(1, min(first[1], last[1]), LAST_ROW, max(first[1], last[1]))
    if found["rows"]:
        first_row, last_row = sorted(int(part) for part in found["rows"].replace("$", "").split(":"))
        return Area(first_row, 1, last_row, LAST_COLUMN)
    return Area(1, 1, LAST_ROW, LAST_COLUMN)


def _around(cells: Iterable[tuple[int, int]]) -> Area:
    rows, columns = zip(*cells, strict=True)
    return Area(min(rows), min(columns), max(rows), max(columns))
