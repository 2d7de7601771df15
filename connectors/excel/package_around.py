"""What stands around a sheet's rows and goes with new columns: their widths, and a drop-down in their cells.

After ECMA-376 part 1, 18.3.1.13 (col), 18.3.1.17 (cols), 18.3.1.32 (dataValidation), 18.3.1.33
(dataValidations), and the order of a worksheet's children in 18.3.1.99.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.excel import package_cell as cell
from connectors.excel.package_cell import Area
from connectors.excel.package_sheet import Sheet
from connectors.excel.package_xml import Tag, escaped, escaped_attribute

Splice = tuple[int, int, bytes]
"""Bytes of the part from one position up to another, and what takes their place."""

BEFORE_VALIDATIONS = frozenset(
    {
        b"sheetData", b"sheetCalcPr", b"sheetProtection", b"protectedRanges", b"scenarios", b"autoFilter",
        b"sortState", b"dataConsolidate", b"customSheetViews", b"mergeCells", b"phoneticPr",
        b"conditionalFormatting",
    }
)  # fmt: skip
"""What comes before `dataValidations`; all else comes after it, alternate content (controls) included."""

_OURS = {"min", "max", "width", "customWidth", "hidden", "bestFit", "collapsed"}
_SQREF = re.compile(rb"""(\ssqref\s*=\s*)(?:"[^"]*"|'[^']*')""")
_COUNT = re.compile(rb"""(\scount\s*=\s*)(?:"[^"]*"|'[^']*')""")


@dataclass(frozen=True)
class Choices:
    """A drop-down of words for the cells of `area`. Other words may be typed; `prompt` says how.

    `title` stands above the prompt, and is how a drop-down is known as ours and grown later.
    """

    area: Area
    words: Sequence[str]
    title: str
    prompt: str


def widened(sheet: Sheet, widths: Mapping[int, float]) -> list[Splice]:
    """Columns that were newly made get their width and are shown; what else a range of columns says stays."""
    if not widths:
        return []
    containers = list(sheet.part.tags(sheet.prefix + b"cols", 0, sheet.body.start))
    if not containers:
        news = b"".join(_column(sheet, column, widths[column], {}) for column in sorted(widths))
        text = b"<%bcols>%b</%bcols>" % (sheet.prefix, news, sheet.prefix)
        return [(sheet.body.start, sheet.body.start, text)]
    end = sheet.part.element_end(containers[0], sheet.body.start)[0]
    ranges = list(sheet.part.tags(sheet.prefix + b"col", containers[0].end, end))
    spans = [(tag.number("min") or 0, tag.number("max") or 0) for tag in ranges]
    if containers[0].empty or any(high < low for low, high in spans) or spans != sorted(spans):
        return []  # not in order: it stays, and the columns have the width of all others
    entries: list[tuple[int, bytes]] = []
    for tag, (low, high) in zip(ranges, spans, strict=True):
        inside = sorted(column for column in widths if low <= column <= high)
        entries += _split(sheet, tag, low, high, inside, widths)
    covered = {column for column in widths if any(low <= column <= high for low, high in spans)}
    entries += [
        (column, _column(sheet, column, widths[column], {})) for column in widths if column not in covered
    ]
    return [(containers[0].end, end, b"".join(text for _, text in sorted(entries)))]


def _split(
    sheet: Sheet, tag: Tag, low: int, high: int, inside: Sequence[int], widths: Mapping[int, float]
) -> Iterator[tuple[int, bytes]]:
    """A range of columns with our columns taken out of it."""
    if not inside:
        yield low, sheet.part.data[tag.start : tag.end]
        return
    kept = {name: value for name, value in tag.attributes.items() if name not in _OURS}
    for before, column in zip([low - 1, *inside], [*inside, high + 1], strict=True):
        if column - before > 1:
            yield (
                before + 1,
                _element(sheet, {**tag.attributes, "min": str(before + 1), "max": str(column - 1)}),
            )
        if column <= high:
            yield column, _column(sheet, column, widths[column], kept)


def _column(sheet: Sheet, column: int, width: float, kept: Mapping[str, str]) -> bytes:
    stated = {"min": str(column), "max": str(column), "width": f"{width:g}", "customWidth": "1"}
    return _element(sheet, {**stated, **kept})


def _element(sheet: Sheet, attributes: Mapping[str, str]) -> bytes:
    text = b"".join(
        b' %b="%b"' % (name.encode(), escaped_attribute(value)) for name, value in attributes.items()
    )
    return b"<%bcol%b/>" % (sheet.prefix, text)


def offering(sheet: Sheet, choices: Choices | None) -> list[Splice]:
    """A drop-down where none stands; ours is grown to the area, and the cells of another's are left to it."""
    if choices is None:
        return []
    part, name = sheet.part, sheet.prefix + b"dataValidation"
    after = part.element_end(sheet.body, len(part.data))[1]
    end = part.data.rfind(b"</" + part.root.name)
    holder = None
    gap = after
    for tag, last in part.children(after, end):
        local = tag.name.removeprefix(sheet.prefix)
        if local == b"dataValidations":
            holder = (tag, part.element_end(tag, end)[0])
        elif local in BEFORE_VALIDATIONS:
            gap = last
    for tag in part.tags_of_any_prefix(b"dataValidation", after, end):
        if tag.attributes.get("promptTitle") == choices.title and tag.name == name:
            return _grown(part.data[tag.start : tag.end], tag, choices.area)
    if any(choices.area.meets(other) for other in _validated(sheet, after, end)):
        return []
    new = _validation(sheet.prefix, choices)
    if holder is None:
        name = sheet.prefix + b"dataValidations"
        return [(gap, gap, b'<%b count="1">%b</%b>' % (name, new, name))]
    tag, inside = holder
    if tag.empty:
        return []
    opening = part.data[tag.start : tag.end]
    count = b"%d" % (len(list(part.tags(name, tag.end, inside))) + 1)
    return [(tag.start, tag.end, _COUNT.sub(rb'\g<1>"%b"' % count, opening)), (inside, inside, new)]


def _grown(text: bytes, tag: Tag, area: Area) -> list[Splice]:
    areas = [found for found in map(cell.area, tag.attributes.get("sqref", "").split()) if found]
    if any(a.left <= area.left and a.right >= area.right and a.top <= area.top and a.bottom >= area.bottom
           for a in areas):  # fmt: skip
        return []
    apart = [str(found) for found in areas if not found.meets(area)]
    joined = area
    for found in areas:
        if found.meets(area):
            joined = joined.grown(found.top, found.left).grown(found.bottom, found.right)
    value = " ".join([*apart, str(joined)]).encode()
    return [(tag.start, tag.end, _SQREF.sub(rb'\g<1>"%b"' % value, text))]


def _validated(sheet: Sheet, start: int, end: int) -> Iterator[Area]:
    """The cells that have a validation, those of Excel 2010's extension (xm:sqref) included."""
    part = sheet.part
    stated = [
        tag.attributes.get("sqref", "") for tag in part.tags_of_any_prefix(b"dataValidation", start, end)
    ]
    extended = [part.text(tag, end) for tag in part.tags_of_any_prefix(b"sqref", start, end)]
    for text in " ".join([*stated, *extended]).split():
        found = cell.area(text)
        if found:
            yield found


def _validation(prefix: bytes, choices: Choices) -> bytes:
    """Excel's own attributes for a list that also takes what it does not hold (`showErrorMessage` off)."""
    words = '"' + ",".join(choices.words) + '"'
    return (
        b'<%bdataValidation type="list" allowBlank="1" showInputMessage="1" promptTitle="%b" prompt="%b" sqref="%b">'
        b"<%bformula1>%b</%bformula1></%bdataValidation>"
        % (
            prefix, escaped_attribute(choices.title), escaped_attribute(choices.prompt),
            str(choices.area).encode(), prefix, escaped(words), prefix, prefix,
        )
    )  # fmt: skip
