"""What a patched sheet looks like, byte by byte, and which cells are refused."""

from __future__ import annotations

import pytest

from connectors.contract import Refused, Unreadable
from connectors.excel.package import Package

PREFIXED = (
    '<x:worksheet xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><x:dimension ref="A1"/>'
    '<x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
)

WRITTEN = {
    "an empty sheet opens around its first row": (
        "<sheetData />",
        (2, 2, "hi"),
        '<sheetData><row r="2"><c r="B2" t="inlineStr"><is><t>hi</t></is></c></row></sheetData>',
    ),
    "a filled cell keeps its style and loses its type": (
        '<sheetData><row r="1"><c t="str" s="4" r="A1"><v>0</v></c></row></sheetData>',
        (1, 1, "hi"),
        '<sheetData><row r="1"><c s="4" r="A1" t="inlineStr"><is><t>hi</t></is></c></row></sheetData>',
    ),
    "an empty cell keeps its style": (
        "<sheetData><row r='1'><c r='A1' s='4'/></row></sheetData>",
        (1, 1, "hi"),
        "<sheetData><row r='1'><c r='A1' s='4' t=\"inlineStr\"><is><t>hi</t></is></c></row></sheetData>",
    ),
    "a number is a number": (
        '<sheetData><row r="1"><c r="A1" t="str"><v>x</v></c></row></sheetData>',
        (1, 1, 2.5),
        '<sheetData><row r="1"><c r="A1"><v>2.5</v></c></row></sheetData>',
    ),
    "an emptied cell keeps its style": (
        '<sheetData><row r="1"><c r="A1" s="4" t="str"><v>x</v></c></row></sheetData>',
        (1, 1, None),
        '<sheetData><row r="1"><c r="A1" s="4"/></row></sheetData>',
    ),
    "a new cell stands in column order, with the style of the one at its left": (
        '<sheetData><row r="1"><c r="A1" s="4"/><c r="AA1" s="5"/></row></sheetData>',
        (1, 26, "hi"),
        '<sheetData><row r="1"><c r="A1" s="4"/><c r="Z1" s="4" t="inlineStr"><is><t>hi</t></is></c>'
        '<c r="AA1" s="5"/></row></sheetData>',
    ),
    "with none at its left it has the row's style": (
        '<sheetData><row r="1" s="6" customFormat="1"/></sheetData>',
        (1, 2, 1),
        '<sheetData><row r="1" s="6" customFormat="1"><c r="B1" s="6"><v>1</v></c></row></sheetData>',
    ),
    "or its column's": (
        '<cols><col min="2" max="3" style="7"/></cols><sheetData/>',
        (1, 3, "hi"),
        '<cols><col min="2" max="3" style="7"/></cols><sheetData>'
        '<row r="1"><c r="C1" s="7" t="inlineStr"><is><t>hi</t></is></c></row></sheetData>',
    ),
    "a new row stands in row order": (
        '<sheetData>\n<row r="2"/>\n<row r="9"/>\n</sheetData>',
        (5, 1, 1),
        '<sheetData>\n<row r="2"/>\n<row r="5"><c r="A5"><v>1</v></c></row><row r="9"/>\n</sheetData>',
    ),
    "spans grow with the row": (
        '<sheetData><row r="1" spans="2:3" ht="20"><c r="B1"/></row></sheetData>',
        (1, 5, 1),
        '<sheetData><row r="1" spans="2:5" ht="20"><c r="B1"/><c r="E1"><v>1</v></c></row></sheetData>',
    ),
    "several spans go": (
        '<sheetData><row r="1" spans="2:3 7:9" ht="20"/></sheetData>',
        (1, 5, 1),
        '<sheetData><row r="1" ht="20"><c r="E1"><v>1</v></c></row></sheetData>',
    ),
    "the dimension grows": (
        '<dimension ref="B2:C3"/><sheetData/>',
        (9, 1, 1),
        '<dimension ref="A2:C9"/><sheetData><row r="9"><c r="A9"><v>1</v></c></row></sheetData>',
    ),
    "positions may be implied": (
        "<sheetData><row><c><v>1</v></c></row><row><c><v>2</v></c><c><v>3</v></c></row></sheetData>",
        (2, 2, 4),
        "<sheetData><row><c><v>1</v></c></row><row><c><v>2</v></c><c><v>4</v></c></row></sheetData>",
    ),
    "comments, CDATA and instructions are no cells": (
        '<sheetData><!-- <row r="1"/> --><row r="2"><c r="A2" t="str"><v><![CDATA[<c r="B2">]]></v></c>'
        '<?x <c r="C2"/> ?></row></sheetData>',
        (2, 2, 4),
        '<sheetData><!-- <row r="1"/> --><row r="2"><c r="A2" t="str"><v><![CDATA[<c r="B2">]]></v></c>'
        '<c r="B2"><v>4</v></c><?x <c r="C2"/> ?></row></sheetData>',
    ),
    "what XML forbids goes, what it reserves is escaped, white space stays": (
        "<sheetData/>",
        (1, 1, " a\x0b<b>&\r\nc_x000D_ "),
        '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t xml:space="preserve"> a&lt;b&gt;&amp;\n'
        "c_x005F_x000D_ </t></is></c></row></sheetData>",
    ),
    "what follows the cells stays behind them": (
        '<sheetData><row r="1"><c r="A1"/><extLst><ext/></extLst></row></sheetData>',
        (1, 2, 1),
        '<sheetData><row r="1"><c r="A1"/><c r="B1"><v>1</v></c><extLst><ext/></extLst></row></sheetData>',
    ),
    "an attribute may hold what looks like a tag's end": (
        '<sheetData><row r="1" a=">"><c r="A1" a="/>" s="2"/></row></sheetData>',
        (1, 1, 1),
        '<sheetData><row r="1" a=">"><c r="A1" a="/>" s="2"><v>1</v></c></row></sheetData>',
    ),
}


@pytest.mark.parametrize(("before", "edit", "after"), WRITTEN.values(), ids=WRITTEN.keys())
def test_written(before, edit, after, make) -> None:
    book = make(before)
    whole = book.part()
    book.write(*edit)
    assert book.part() == whole.replace(before, after)


def test_keeps_the_prefix_of_the_part(make) -> None:
    book = make(whole=PREFIXED)
    book.write(1, 2, "hi")
    assert book.part() == PREFIXED.replace('ref="A1"/>', 'ref="A1:B1"/>').replace(
        "</x:row>", '<x:c r="B1" t="inlineStr"><x:is><x:t>hi</x:t></x:is></x:c></x:row>'
    )


def test_strict_workbooks_are_written_too(make) -> None:
    book = make(
        whole='<worksheet xmlns="http://purl.oclc.org/ooxml/spreadsheetml/main"><sheetData/></worksheet>'
    )
    book.write(1, 1, 7)
    assert '<c r="A1"><v>7</v></c>' in book.part()


def test_what_is_there_already_is_not_written(make) -> None:
    book = make('<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row></sheetData>')
    before = book.path.read_bytes()
    assert (book.write(1, 1, "a"), book.path.read_bytes()) == ({}, before)
    assert book.write(1, 1, "b") == {"xl/worksheets/sheet1.xml": "the sheet Plan: 1 cells"}


FORMULA = '<c r="A1"><f>1+1</f><v>2</v></c>'
MERGED = '<sheetData/><mergeCells count="1"><mergeCell ref="A1:B2"/></mergeCells>'
ROW = '<sheetData><row r="1">{}</row></sheetData>'

REFUSED = {
    "a formula": (ROW.format(FORMULA), (1, 1), "holds a formula"),
    "a shared formula's master": (
        ROW.format('<c r="A1"><f t="shared" ref="A1:B1" si="0">1</f></c>'), (1, 1), "holds a formula"),
    "a cell of an array formula without a formula of its own": (
        ROW.format('<c r="A1"><f t="array" ref="A1:B1">C1</f></c><c r="B1"><v>1</v></c>'), (1, 2), "A1:B1"),
    "a cell where a dynamic array would spill": (
        ROW.format("<c r='A1' cm='1'><f ref='A1:A3' t='array'>X</f></c>"), (3, 1), "A1:A3"),
    "a merged cell but the first": (MERGED, (2, 2), "merged cell A1:B2"),
    "a picture in a cell": (ROW.format('<c r="A1" t="e" vm="1"><v>#VALUE!</v></c>'), (1, 1), "picture"),
    "another program's data": (ROW.format('<c r="A1"><extLst/></c>'), (1, 1), "another program"),
    "a protected sheet": ('<sheetData/><sheetProtection sheet="1"/>', (1, 1), "protected"),
    "cells out of order": (ROW.format('<c r="B1"/><c r="A1"/>'), (1, 3), "out of place"),
    "a cell of another row": (ROW.format('<c r="B7"/>'), (1, 3), "out of place"),
    "rows out of order": ('<sheetData><row r="2"/><row r="2"/></sheetData>', (3, 1), "follows row 2"),
    "two bodies": ("<sheetData/><sheetData/>", (1, 1), "2 bodies"),
    "a row beyond the last": ("<sheetData/>", (1_048_577, 1), "outside"),
    "a column beyond the last": ("<sheetData/>", (1, 16_385), "outside"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "at", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(content, at, reason, make) -> None:
    book = make(content)
    before = book.path.read_bytes()
    with pytest.raises(Refused, match=reason):
        book.write(*at, "hi")
    assert book.path.read_bytes() == before
    assert not book.strays()


ALLOWED = {
    "the first of a merged cell": (MERGED, (1, 1)),
    "beside a formula": (ROW.format(FORMULA), (1, 2)),
    "in the area of a shared formula, where there is none": (
        ROW.format('<c r="A1"><f t="shared" ref="A1:B1" si="0">1</f></c>'), (1, 2)),
    "settings of a protection that is off": ('<sheetData/><sheetProtection sort="0"/>', (1, 1)),
}  # fmt: skip


@pytest.mark.parametrize(("content", "at"), ALLOWED.values(), ids=ALLOWED.keys())
def test_allowed(content, at, make) -> None:
    book = make(content)
    assert book.write(*at, "hi")


RELATED = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Type="http://x/{kind}" Target="../{kind}1.xml"/></Relationships>'
)
TABLE = '<table ref="B2:C9" totalsRowCount="1" displayName="Plan2026"/>'
PIVOT = '<pivotTableDefinition><location ref="B2:C9"/></pivotTableDefinition>'


@pytest.mark.parametrize(
    ("kind", "part", "at", "reason"),
    [
        ("table", TABLE, (2, 3), "header row of the table Plan2026"),
        ("table", TABLE, (9, 2), "totals row of the table Plan2026"),
        ("table", TABLE, (5, 2), None),
        ("table", TABLE, (2, 4), None),
        ("pivotTable", PIVOT, (5, 2), "pivot table of B2:C9"),
        ("pivotTable", PIVOT, (10, 2), None),
    ],
)
def test_cells_that_another_part_repeats_are_refused(kind, part, at, reason, make) -> None:
    rels = {"xl/worksheets/_rels/sheet1.xml.rels": RELATED.format(kind=kind), f"xl/{kind}1.xml": part}
    book = make(parts=rels)
    if reason is None:
        assert book.write(*at, "hi")
    else:
        with pytest.raises(Refused, match=reason):
            book.write(*at, "hi")


STRINGS = {
    "xl/_rels/workbook.xml.rels": (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://x/worksheet" Target="/xl/worksheets/sheet1.xml"/>'
        '<Relationship Id="rId2" Type="http://x/sharedStrings" Target="strings.xml"/></Relationships>'
    ),
    "xl/strings.xml": (
        '<s:sst xmlns:s="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><s:si><s:t>zero</s:t></s:si>'
        "<s:si><s:r><s:t>a &amp; </s:t></s:r><s:r><s:t><![CDATA[<b>]]>_x0009_&#x1F600;</s:t></s:r>"
        "<s:rPh><s:t>hint</s:t></s:rPh></s:si></s:sst>"
    ),
}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('<c r="A1" t="s"><v>1</v></c>', "a & <b>\t😀"),
        ('<c r="A1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>', "ab"),
        ('<c r="A1"><v>45000.5</v></c>', "45000.5"),
        ('<c r="A1" t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c r="A1" t="str"><f>B1</f><v>&lt;x&gt;</v></c>', "<x>"),
        ('<c r="A1"/>', ""),
    ],
)
def test_reads_what_a_cell_holds(cell, text, make) -> None:
    book = make(ROW.format(cell), STRINGS)
    assert Package(book.path.read_bytes(), "plan.xlsx").sheet("Plan").text(1, 1) == text


@pytest.mark.parametrize("value", [True, float("nan"), float("inf")])
def test_what_is_neither_text_nor_a_number_is_a_mistake_of_the_caller(value, make) -> None:
    with pytest.raises(ValueError, match="text or a finite number"):
        make().write(1, 1, value)


def test_a_text_longer_than_a_cell_is_refused(make) -> None:
    make().write(1, 1, "x" * 32_767)
    with pytest.raises(Refused, match="longer than a cell holds"):
        make().write(1, 1, "😀" * 16_384)


DAMAGED = {
    "cut": PREFIXED[:-40],
    "no element": "just text",
    "not UTF-8": '<?xml version="1.0" encoding="utf-16"?><worksheet/>',
}


@pytest.mark.parametrize("whole", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_sheet_is_unreadable(whole, make) -> None:
    book = make(whole=whole)
    before = book.path.read_bytes()
    with pytest.raises(Unreadable, match="damaged"):
        book.write(1, 1, "hi")
    assert book.path.read_bytes() == before
