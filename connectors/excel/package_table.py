"""Tables (ListObjects): where they stand, and how one takes new columns or rows in.

After ECMA-376 part 1, 18.5.1.2 (table), 18.5.1.3 (tableColumn), 18.5.1.4 (tableColumns), 18.3.2.1 (autoFilter).
A table's part repeats the texts of its header row; Excel calls a mismatch damage and repairs it away.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from connectors.excel import package_cell as cell
from connectors.excel.package_cell import Area
from connectors.excel.package_xml import Markup, Tag, escaped_attribute

_PLAIN = re.compile(r"[^\x00-\x1f\ufffe\uffff]+")
_ESCAPE_LIKE = re.compile("_x[0-9A-Fa-f]{4}_")


@dataclass(frozen=True)
class Table:
    """A table on a sheet. `headers` and `totals`: how many rows of `area`, at its top and bottom, are such."""

    part: str
    name: str
    area: Area
    headers: int
    totals: int
    columns: Sequence[str]
    fed: bool
    """Whether a query or an XML mapping fills it: its columns are then not ours to add to."""

    def edges(self) -> Iterator[tuple[Area, str]]:
        """The cells whose texts the table's part repeats, with the reason why they are not ours to change."""
        area = self.area
        if self.headers:
            header = replace(area, bottom=area.top + self.headers - 1)
            yield header, f"it is in the header row of the table {self.name}"
        if self.totals:
            total = replace(area, top=area.bottom - self.totals + 1)
            yield total, f"it is in the totals row of the table {self.name}"

    def takes(self, names: Sequence[str]) -> bool:
        """Whether columns of these names can be added at its right, as far as the table itself goes."""
        known = {name.casefold() for name in self.columns}
        fits = len(known | {name.casefold() for name in names}) == len(self.columns) + len(names)
        plain = all(_PLAIN.fullmatch(name) and not _ESCAPE_LIKE.search(name) for name in names)
        return self.headers == 1 and not self.fed and fits and plain

    def beside(self, count: int) -> Area:
        """The cells that `count` more columns would take in."""
        return replace(self.area, left=self.area.right + 1, right=self.area.right + count)


@dataclass(frozen=True)
class Growth:
    """What a table takes in: columns of these names at its right, rows down to `bottom`, or both."""

    table: Table
    names: Sequence[str] = ()
    bottom: int = 0

    @property
    def area(self) -> Area:
        area = self.table.area
        return replace(area, right=area.right + len(self.names), bottom=max(area.bottom, self.bottom))

    @property
    def why(self) -> str:
        news = [f"{len(self.names)} columns more"] * bool(self.names)
        return " and ".join([*news, *["its new rows"] * (self.bottom > self.table.area.bottom)])


def table(part: str, root: ET.Element, related: bool) -> Table | None:
    """What a table's part says; None where it states no area. `related`: it has relationships of its own."""
    area = cell.area(root.get("ref", ""))
    if area is None:
        return None
    columns = [column.get("name", "") for column in root.iterfind("{*}tableColumns/{*}tableColumn")]
    fed = related or root.get("tableType", "worksheet") != "worksheet"
    headers, totals = _count(root, "headerRowCount", 1), _count(root, "totalsRowCount", 0)
    return Table(part, root.get("displayName", ""), area, headers, totals, columns, fed)


def grown(growth: Growth, part: Markup) -> bytes:
    """The table's part with its new area and columns; all else in it stays as it stands."""
    splices: list[tuple[int, int, bytes]] = []
    whole, area = len(part.data), growth.area
    splices.append(_referring(part, part.root, area))
    prefix = part.root.name.removesuffix(b"table")
    for tag in part.tags(prefix + b"autoFilter", part.root.end, whole):
        filtered = replace(area, bottom=area.bottom - growth.table.totals)
        splices.append(_referring(part, tag, filtered))
    for tag in part.tags(prefix + b"tableColumns", part.root.end, whole):
        if growth.names:
            splices += _columns(part, prefix, tag, growth.names)
    return _spliced(part.data, sorted(splices))


def _columns(part: Markup, prefix: bytes, tag: Tag, names: Sequence[str]) -> Iterator[tuple[int, int, bytes]]:
    end = part.element_end(tag, len(part.data))[0]
    found = list(part.tags(prefix + b"tableColumn", tag.end, end))
    free = max((column.number("id") or 0 for column in found), default=0) + 1
    count = b"%d" % (len(found) + len(names))
    opening = part.data[tag.start : tag.end]
    yield (
        tag.start,
        tag.end,
        re.sub(rb"""(\scount\s*=\s*)(?:"[^"]*"|'[^']*')""", rb'\g<1>"%b"' % count, opening),
    )
    news = (
        b'<%btableColumn id="%d" name="%b"/>' % (prefix, number, escaped_attribute(name))
        for number, name in enumerate(names, start=free)
    )
    yield end, end, b"".join(news)


def _referring(part: Markup, tag: Tag, area: Area) -> tuple[int, int, bytes]:
    text = part.data[tag.start : tag.end]
    return tag.start, tag.end, cell.REF.sub(rb'\g<1>"%b"' % str(area).encode(), text, count=1)


def _spliced(data: bytes, splices: Sequence[tuple[int, int, bytes]]) -> bytes:
    pieces, position = [], 0
    for low, high, new in splices:
        pieces += [data[position:low], new]
        position = high
    return b"".join([*pieces, data[position:]])


def _count(element: ET.Element, name: str, default: int) -> int:
    value = element.get(name, "")
    return int(value) if value.isdecimal() else default
