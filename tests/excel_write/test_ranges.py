"""Ranges that the team set around its rows: its filter takes in what is new, its colours and choices stay its own."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from connectors.excel.package import CellEdit, Change, Package
from connectors.excel.package_table import Growth
from connectors.excel.write_file import patch

ROWS = "<sheetData>{}</sheetData>".format(
    "".join(
        f'<row r="{row}"><c r="A{row}"><v>1</v></c><c r="B{row}"><v>2</v></c></row>' for row in range(3, 7)
    )
)
NEW_COLUMNS = [CellEdit(3, 3, "Flag"), CellEdit(3, 4, "Code"), CellEdit(5, 3, "late")]
WIDTHS = {3: 20.0, 4: 10.0}
NAMES = (
    '<definedNames><definedName name="_xlnm._FilterDatabase" localSheetId="{}" hidden="1">\'R&amp;D\'!{}</definedName>'
    '<definedName name="_xlnm.Print_Area" localSheetId="0">\'R&amp;D\'!$A:$B</definedName></definedNames>'
)


def named(make, area: str, place: int = 0) -> str:
    """The workbook's part with a name for the range of a filter."""
    plain = make().part("xl/workbook.xml")
    return plain.replace("</workbook>", NAMES.format(place, area) + "</workbook>")


def written(book, *edits: CellEdit, widths=WIDTHS):
    return patch(book.path, {"Plan": Change(list(edits or NEW_COLUMNS), widths=widths)}, book.sha256)


def filters(book) -> list[str]:
    return re.findall(r'<(?:autoFilter|sortState)[^>]*ref="([^"]*)"', book.part())


def test_a_filter_takes_in_new_columns_and_so_does_the_sort_that_it_keeps(make) -> None:
    sort = '<sortState ref="A4:B6"><sortCondition ref="B4:B6"/></sortState>'
    book = make(f'{ROWS}<autoFilter ref="A3:B6"><filterColumn colId="1"/>{sort}</autoFilter><pageMargins/>')
    assert list(written(book)) == ["xl/worksheets/sheet1.xml"]
    after = book.part().partition("</sheetData>")[2]
    assert after == (
        '<autoFilter ref="A3:D6"><filterColumn colId="1"/><sortState ref="A4:D6"><sortCondition ref="B4:B6"/>'
        "</sortState></autoFilter><pageMargins/></worksheet>"
    )


def test_the_hidden_name_of_the_filter_s_range_says_the_same_and_all_other_names_stay(make) -> None:
    before = named(make, "$A$3:$B$6")
    book = make(f'{ROWS}<autoFilter ref="A3:B6"/>', {"xl/workbook.xml": before})
    changed = written(book)
    assert changed["xl/workbook.xml"] == "the filter of the sheet Plan takes in the new columns"
    assert book.part("xl/workbook.xml") == before.replace("$A$3:$B$6", "$A$3:$D$6")
    assert filters(book) == ["A3:D6"]


def test_a_name_of_another_sheet_s_filter_is_not_this_one_s(make) -> None:
    book = make(f'{ROWS}<autoFilter ref="A3:B6"/>', {"xl/workbook.xml": named(make, "$A$3:$B$6", place=1)})
    assert list(written(book)) == ["xl/worksheets/sheet1.xml"]
    assert filters(book) == ["A3:D6"]


def test_both_reasons_to_change_the_workbook_s_part_are_told_and_done(make) -> None:
    rows = ROWS.replace(
        "</sheetData>", '<row r="9"><c r="A9"><f>COUNTA(C3:C6)</f><v>0</v></c></row></sheetData>'
    )
    book = make(f'{rows}<autoFilter ref="A3:B6"/>', {"xl/workbook.xml": named(make, "$A$3:$B$6")})
    assert written(book)["xl/workbook.xml"] == (
        "the filter of the sheet Plan takes in the new columns; a formula on the sheet Plan refers to a changed cell"
    )
    part = book.part("xl/workbook.xml")
    assert "$A$3:$D$6" in part
    assert '<calcPr fullCalcOnLoad="1"/>' in part


STAYS = {
    "a filter in other rows": ('<autoFilter ref="A4:B6"/>', "", NEW_COLUMNS),
    "a filter that does not adjoin": ('<autoFilter ref="A3:A6"/>', "", NEW_COLUMNS),
    "a filter whose name says otherwise": ('<autoFilter ref="A3:B6"/>', "$A$3:$B$9", NEW_COLUMNS),
    "a view's filter": (
        '<customSheetViews><customSheetView guid="x"><autoFilter ref="A3:B6"/></customSheetView></customSheetViews>',
        "", NEW_COLUMNS),
    "no new column": ('<autoFilter ref="A3:B6"/>', "$A$3:$B$6", [CellEdit(5, 2, 7)]),
}  # fmt: skip


@pytest.mark.parametrize(("around", "name", "edits"), STAYS.values(), ids=STAYS)
def test_what_is_not_the_filter_of_these_rows_stays(around, name, edits, make) -> None:
    parts = {"xl/workbook.xml": named(make, name)} if name else {}
    book = make(ROWS + around, parts)
    before = book.part("xl/workbook.xml"), filters(book)
    assert list(written(book, *edits)) == ["xl/worksheets/sheet1.xml"]
    assert (book.part("xl/workbook.xml"), filters(book)) == before


def test_a_filter_takes_in_new_rows_right_below_it_and_none_that_were_left_outside(make) -> None:
    book = make(f'{ROWS}<autoFilter ref="A3:B6"/>')
    written(book, CellEdit(7, 1, "M-5"), CellEdit(8, 2, "x"), CellEdit(10, 1, "apart"), widths={})
    assert filters(book) == ["A3:B8"]
    outside = make(f'{ROWS}<autoFilter ref="A3:B5"/>')
    written(outside, CellEdit(6, 1, "M-5"), widths={})
    assert filters(outside) == ["A3:B5"]


def test_colours_choices_and_print_areas_of_the_team_do_not_reach_over_new_columns(make) -> None:
    around = (
        '<conditionalFormatting sqref="A4:B6"><cfRule type="expression" priority="1"><formula>$A4=1</formula></cfRule>'
        '</conditionalFormatting><dataValidations count="1"><dataValidation type="whole" sqref="B4:B6">'
        "<formula1>1</formula1></dataValidation></dataValidations>"
    )
    names = named(make, "$A$3:$B$6", place=1)
    book = make(ROWS + around, {"xl/workbook.xml": names})
    written(book)
    assert book.part().partition("</sheetData>")[2] == f"{around}</worksheet>"
    assert book.part("xl/workbook.xml") == names


# --- tables ---------------------------------------------------------------------------------------------------


def tabled(path: Path, totals: bool = False) -> Path:
    """A table at A1:B3 (a totals row below), with a rule, a drop-down and a rule that ends above its last row."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = "Plan"
    for row in [["Ref", "Who"], ["M-1", "Mo"], ["M-2", "Ann"]]:
        sheet.append(row)
    table = Table(
        displayName="Plan", ref="A1:B4" if totals else "A1:B3", totalsRowCount=1 if totals else None
    )
    sheet.add_table(table)
    fill = PatternFill(bgColor="FFFF0000")
    sheet.conditional_formatting.add("A2:B3", FormulaRule(["$B2=1"], fill=fill))
    sheet.conditional_formatting.add("A2:A2 D2:D3", FormulaRule(["$B2=2"], fill=fill))
    choice = DataValidation(type="list", formula1='"Mo,Ann"')
    choice.add("B2:B3")
    sheet.add_data_validation(choice)
    workbook.save(path)
    return path


def grown_by_rows(path: Path, bottom: int) -> None:
    raw = path.read_bytes()
    package = Package(raw, "plan.xlsx")
    [table] = package.sheet("Plan").tables
    cells = [CellEdit(row, 1, f"M-{row}") for row in range(4, bottom + 1)]
    patched = package.patched({"Plan": Change(cells, [Growth(table, bottom=bottom)])})
    assert patched is not None
    path.write_bytes(b"".join(patched.pieces))


def test_what_reaches_down_to_a_table_s_last_row_goes_down_with_it(tmp_path) -> None:
    path = tabled(tmp_path / "plan.xlsx")
    grown_by_rows(path, 5)
    sheet = openpyxl.load_workbook(path)["Plan"]
    assert sheet.tables["Plan"].ref == sheet.tables["Plan"].autoFilter.ref == "A1:B5"
    ranges = [str(one.sqref) for one in sheet.conditional_formatting]
    assert sorted(ranges) == ["A2 D2:D3", "A2:B5"]
    assert [str(one.sqref) for one in sheet.data_validations.dataValidation] == ["B2:B5"]


def test_a_table_s_filter_and_sort_take_in_its_new_columns(tmp_path) -> None:
    path = tabled(tmp_path / "plan.xlsx")
    content = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(content, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/tables/table1.xml":
                sort = b'<sortState ref="A2:B3"><sortCondition ref="B2:B3"/></sortState><tableColumns'
                part = part.replace(b"<tableColumns", sort)
            new.writestr(name, part)
    path.write_bytes(content.getvalue())
    package = Package(path.read_bytes(), "plan.xlsx")
    [table] = package.sheet("Plan").tables
    change = Change([CellEdit(1, 3, "Flag")], [Growth(table, ["Flag"])], {3: 20.0})
    patched = package.patched({"Plan": change})
    assert patched is not None
    with zipfile.ZipFile(io.BytesIO(b"".join(patched.pieces))) as archive:
        part = archive.read("xl/tables/table1.xml").decode()
    assert re.findall(r'<(\w+)[^>]*? ref="([^"]*)"', part) == [
        ("table", "A1:C3"), ("autoFilter", "A1:C3"), ("sortState", "A2:C3"), ("sortCondition", "B2:B3"),
    ]  # fmt: skip


@pytest.mark.parametrize(("formula", "calculated"), [("COLUMNS(Plan[])", True), ("COUNTA(Plan[Who])", False)])
def test_a_formula_over_a_whole_table_is_calculated_anew_when_the_table_grows(
    formula, calculated, tmp_path
) -> None:
    path = tabled(tmp_path / "plan.xlsx")
    workbook = openpyxl.load_workbook(path)
    workbook.create_sheet("Sums")["A1"] = f"={formula}"
    workbook.calculation.fullCalcOnLoad = False
    workbook.save(path)
    package = Package(path.read_bytes(), "plan.xlsx")
    [table] = package.sheet("Plan").tables
    patched = package.patched({"Plan": Change([CellEdit(1, 3, "Flag")], [Growth(table, ["Flag"])])})
    assert patched is not None
    assert ("xl/workbook.xml" in patched.changed) == calculated
