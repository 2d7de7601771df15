"""What goes along with new columns: widths, a drop-down, a table that takes them in, calculation on loading."""

from __future__ import annotations

import openpyxl
import pytest

from connectors.excel.package import CellEdit, Change, Package
from connectors.excel.package_around import Choices
from connectors.excel.package_cell import Area
from connectors.excel.package_table import Growth
from connectors.excel.write_file import patch

ROW = '<sheetData><row r="1"><c r="A1"><v>1</v></c></row></sheetData>'

WIDTHS = {
    "no widths yet": ("", '<cols><col min="3" max="3" width="20" customWidth="1"/></cols>'),
    "a range of others before it": (
        '<cols><col min="1" max="2" width="9"/></cols>',
        '<cols><col min="1" max="2" width="9"/><col min="3" max="3" width="20" customWidth="1"/></cols>',
    ),
    "in the middle of a hidden range, whose style it keeps": (
        '<cols><col min="2" max="16384" width="9" style="4" hidden="1"/></cols>',
        '<cols><col min="2" max="2" width="9" style="4" hidden="1"/>'
        '<col min="3" max="3" width="20" customWidth="1" style="4"/>'
        '<col min="4" max="16384" width="9" style="4" hidden="1"/></cols>',
    ),
    "a range of its own": (
        '<cols><col width="7" max="3" min="3"/><col min="5" max="5" width="1"/></cols>',
        '<cols><col min="3" max="3" width="20" customWidth="1"/><col min="5" max="5" width="1"/></cols>',
    ),
    "ranges that are out of order stay": (
        '<cols><col min="5" max="5" width="1"/><col min="3" max="3" width="2"/></cols>',
        '<cols><col min="5" max="5" width="1"/><col min="3" max="3" width="2"/></cols>',
    ),
}


@pytest.mark.parametrize(("before", "after"), WIDTHS.values(), ids=WIDTHS)
def test_a_new_column_gets_a_width_and_is_shown(before, after, make) -> None:
    book = make(before + ROW)
    book.write(1, 1, 2, widths={3: 20.0})
    assert book.part().partition("<sheetData>")[0].endswith(f">{after}")


CHOICES = Choices(Area(2, 3, 9, 3), ("ack", "a&b"), "Interlock", 'say "ack"')
OURS = (
    '<dataValidation type="list" allowBlank="1" showInputMessage="1" promptTitle="Interlock"'
    ' prompt="say &quot;ack&quot;" sqref="C2:C9"><formula1>"ack,a&amp;b"</formula1></dataValidation>'
)
ALONE = f'<dataValidations count="1">{OURS}</dataValidations>'
THEIRS = '<dataValidation type="whole" sqref="{}"><formula1>1</formula1></dataValidation>'
EXTENDED = (
    '<extLst><ext uri="x"><x14:dataValidations xmlns:x14="y" count="1"><x14:dataValidation type="list">'
    '<xm:sqref xmlns:xm="z">C4 F1</xm:sqref></x14:dataValidation></x14:dataValidations></ext></extLst>'
)

VALIDATIONS = {
    "nothing after the rows": ("", ALONE),
    "between what must come before and after": (
        '<mergeCells count="1"><mergeCell ref="E1:F1"/></mergeCells><conditionalFormatting sqref="A1"/><pageMargins/>',
        '<mergeCells count="1"><mergeCell ref="E1:F1"/></mergeCells><conditionalFormatting sqref="A1"/>'
        f"{ALONE}<pageMargins/>",
    ),
    "beside another's": (
        f'<dataValidations count="1">{THEIRS.format("A1:B9")}</dataValidations><pageMargins/>',
        f'<dataValidations count="2">{THEIRS.format("A1:B9")}{OURS}</dataValidations><pageMargins/>',
    ),
    "another's stands in those cells": (
        f'<dataValidations count="1">{THEIRS.format("A1 C9:D9")}</dataValidations>',
        f'<dataValidations count="1">{THEIRS.format("A1 C9:D9")}</dataValidations>',
    ),
    "another's, as Excel 2010 keeps those that look at other sheets": (EXTENDED, EXTENDED),
    "ours already": (ALONE, ALONE),
    "ours, for fewer rows": (ALONE.replace("C2:C9", "C2:C4 C7"), ALONE),
    "ours, which somebody gave to other cells too": (
        ALONE.replace("C2:C9", "C2:C4 K1:K3"), ALONE.replace("C2:C9", "K1:K3 C2:C9")),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), VALIDATIONS.values(), ids=VALIDATIONS)
def test_a_drop_down_stands_where_the_format_wants_it_or_nowhere(before, after, make) -> None:
    book = make(ROW + before)
    book.write(1, 1, 2, choices=CHOICES)
    assert book.part().partition("</sheetData>")[2] == f"{after}</worksheet>"


def test_nothing_else_is_made_where_no_cell_changes(make) -> None:
    book = make('<sheetData><row r="1"><c r="A1" t="str"><v>x</v></c></row></sheetData>')
    before = book.path.read_bytes()
    assert book.write(1, 1, "x", widths={3: 20.0}, choices=CHOICES) == {}
    assert book.path.read_bytes() == before


# --- tables -------------------------------------------------------------------------------------------------


def tabled(path, rows: int = 3, totals: bool = False):
    """`plan.xlsx` with a table of two columns at B2, made by openpyxl."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Plan"
    for row in [[], [None, "Ref", "Activity"], *([None, f"M-{n}", f"Task {n}"] for n in range(1, rows))]:
        sheet.append(row)
    table = openpyxl.worksheet.table.Table(displayName="Plan", ref=f"B2:C{rows + 1}")
    if totals:
        sheet.append([None, "Total"])
        table.ref, table.totalsRowCount = f"B2:C{rows + 2}", 1
    sheet.add_table(table)
    workbook.save(path)
    return path


def test_a_table_takes_columns_and_rows_in_and_its_filter_and_totals_go_along(tmp_path, book_at) -> None:
    book = book_at(tabled(tmp_path / "plan.xlsx", totals=True))
    [table] = Package(book.path.read_bytes(), "plan").sheet("Plan").tables
    names = ['Flag "<now>" & then', "Code"]
    cells = [CellEdit(2, 4, names[0]), CellEdit(2, 5, names[1])]
    patch(book.path, {"Plan": Change(cells, [Growth(table, names)])}, book.sha256)
    found = openpyxl.load_workbook(book.path)["Plan"].tables["Plan"]
    assert (found.ref, found.autoFilter.ref) == ("B2:E5", "B2:E4")
    assert [column.name for column in found.tableColumns] == ["Ref", "Activity", *names]
    assert len({column.id for column in found.tableColumns}) == 4


def test_a_table_says_what_it_does_not_take(tmp_path, book_at) -> None:
    book = book_at(tabled(tmp_path / "plan.xlsx"))
    sheet = Package(book.path.read_bytes(), "plan").sheet("Plan")
    [table] = sheet.tables
    assert [table.takes([name]) for name in ("Flag", "activity", "two\nlines", "_x0041_")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert sheet.vacant(table.beside(2))
    book.write(4, 5, "a note beside it")
    beside = Package(book.path.read_bytes(), "plan").sheet("Plan")
    assert [beside.vacant(table.beside(n)) for n in (1, 2)] == [True, False]


# --- formulas -----------------------------------------------------------------------------------------------

OTHER = "xl/worksheets/sheet2.xml"
NAMES = (
    '<definedNames><definedName name="Flags">Plan!$C$1:$C$9</definedName>'
    '<definedName name="Twice">Flags</definedName>'
    '<definedName name="_xlnm.Print_Area">Plan!$A$1:$F$99</definedName></definedNames>'
)
REFERS = {
    "COUNTIF(C:C,&quot;late&quot;)": True,
    "COUNTIF($A2:$D5,1)": True,
    "SUM(3:3)": True,
    "Plan!c3": True,
    "SUM(D1,B1:B9)+LOG10(A3)": False,
    '"C3"&amp;A1': False,
    "Other!C3": False,
    "[1]Plan!C3": False,
    "SUM(Plan:Zoo!C3)": True,
    "SUM(Flags)": True,
    "SUM(twice)": True,
    "C3x+AC3+C30+Flags2": False,
}


@pytest.mark.parametrize(("formula", "refers"), REFERS.items(), ids=REFERS)
def test_excel_is_told_to_calculate_where_a_formula_refers_to_a_changed_cell(formula, refers, make) -> None:
    cell = f'<row r="2"><c r="A2"><f>{formula}</f><v>7</v></c></row>'
    book = make(f"<sheetData>{cell}</sheetData>")
    workbook = book.part("xl/workbook.xml").replace("</sheets>", f"</sheets>{NAMES}")
    book = make(f"<sheetData>{cell}</sheetData>", {"xl/workbook.xml": workbook})
    changed = book.write(3, 3, "late")
    assert list(changed) == ["xl/worksheets/sheet1.xml", *(["xl/workbook.xml"] if refers else [])]
    told = workbook.replace(NAMES, f'{NAMES}<calcPr fullCalcOnLoad="1"/>') if refers else workbook
    assert book.part("xl/workbook.xml") == told
    assert f"{cell}<row" in book.part()


CALC = {
    '<calcPr calcId="191029"/>': '<calcPr fullCalcOnLoad="1" calcId="191029"/>',
    '<calcPr calcMode="manual" fullCalcOnLoad="0"/>': '<calcPr fullCalcOnLoad="1" calcMode="manual"/>',
    '<calcPr fullCalcOnLoad="1"/>': '<calcPr fullCalcOnLoad="1"/>',
    "<oleSize ref='A1'/>": "<calcPr fullCalcOnLoad=\"1\"/><oleSize ref='A1'/>",
}


@pytest.mark.parametrize(("before", "after"), CALC.items())
def test_what_else_the_workbook_says_of_calculating_stays(before, after, make) -> None:
    cells = '<sheetData><row r="2"><c r="A2"><f>A1</f><v>7</v></c></row></sheetData>'
    workbook = make().part("xl/workbook.xml").replace("</sheets>", f"</sheets>{before}")
    book = make(cells, {"xl/workbook.xml": workbook})
    book.write(1, 1, 5)
    assert book.part("xl/workbook.xml") == workbook.replace(before, after)


def test_a_shared_formula_refers_further_in_each_cell_that_shares_it(make) -> None:
    shared = '<sheetData><row r="1"><c r="B1"><f t="shared" ref="B1:B9" si="0">A1</f><v>0</v></c></row></sheetData>'
    assert "xl/workbook.xml" in make(shared).write(9, 1, "x")
    assert "xl/workbook.xml" not in make(shared).write(10, 1, "x")


TABLE_FORMULAS = {
    "ROWS(Plan[])": True,
    "COUNTA(Plan[Flag])": True,
    "COUNTA(Plan[[#All],[Activity]:[Flag]])": True,
    "COUNTA(Plan[Activity])": False,
    "Plan[[#This Row],[Ref]]": False,
    "MyPlan[Flag]": False,
}


@pytest.mark.parametrize(("formula", "refers"), TABLE_FORMULAS.items())
def test_a_tables_name_means_its_columns(formula, refers, tmp_path, book_at) -> None:
    path = tabled(tmp_path / "plan.xlsx")
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["Plan"]
    sheet["D2"] = "Flag"
    table = sheet.tables["Plan"]
    table.ref = table.autoFilter.ref = "B2:D4"
    table.tableColumns.append(openpyxl.worksheet.table.TableColumn(id=3, name="Flag"))
    workbook.create_sheet("Sum")["A1"] = f"={formula}"
    workbook.calculation.fullCalcOnLoad = False
    workbook.save(path)
    assert ("xl/workbook.xml" in book_at(path).write(3, 4, "late")) == refers
