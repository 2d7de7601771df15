"""Finding the tracker in a workbook, or saying why there is none; where things stand, for writing."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from pydantic import ValidationError

from connectors._readings.sheet_xml import DamagedXML, elements, error_cells
from connectors.contract import Drifted, Unreadable
from connectors.excel import Options, locate

HEADER = ["Ref", "Activity", "Due", "Who"]
ITEM = ["M-1", "Campaign", None, "Mo"]


def archive(**parts: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name.replace("__", "/"), text)
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"Ref,Activity\nM-1,Campaign\n", "this is no workbook"),
        (b"", "this is no workbook"),
        (b"PK\x03\x04 and then nothing", "this is a workbook that was cut short or damaged"),
        (archive(mimetype="application/zip"), "this is no Excel workbook (.xlsx, .xlsm)"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512, "this is a workbook of Excel 97 to 2003 (.xls)"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + "EncryptedPackage".encode("utf-16-le"),
            "the workbook is encrypted",
        ),
        (archive(**{"xl__workbook.xml": "<workbook"}), "the workbook is damaged"),
    ],
    # Named: a name made of an archive's bytes holds the time, and differs from one test process to the next.
    ids=["text", "empty", "cut", "another archive", "Excel 97", "encrypted", "damaged part"],
)
def test_what_is_no_workbook_says_so_and_what_to_do(trackers, data, problem):
    (trackers.folder / "plan.xlsx").write_bytes(data)
    with pytest.raises(Unreadable) as raised:
        trackers.pull()
    assert str(raised.value).startswith(f"plan.xlsx: {problem}")
    assert raised.value.advice


def test_a_workbook_cut_anywhere_is_refused_and_nothing_else_happens(trackers):
    whole = trackers.write("plan.xlsx", [HEADER, ITEM]).read_bytes()
    for part in range(0, len(whole), len(whole) // 12):
        (trackers.folder / "plan.xlsx").write_bytes(whole[:part])
        with pytest.raises(Unreadable):
            trackers.pull()


@pytest.mark.parametrize("look", [error_cells, lambda data: elements(data, "c")])
def test_a_part_with_a_document_type_is_not_read_any_further(look):
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><c t="e"><v>&b;</v></c>'
    with pytest.raises(DamagedXML, match="it declares a document type"):
        look(bomb)


def test_a_renamed_column_is_named_with_the_headers_that_are_there(trackers):
    trackers.write("plan.xlsx", [["Plan"], ["Ref", "Activity", "Due date", "Who"], ITEM])
    with pytest.raises(Drifted) as raised:
        trackers.pull()
    assert str(raised.value) == (
        'plan.xlsx, sheet Plan: no column "Due" (due); in row 2 there is "Due date", "Ref",'
        ' "Activity", "Who". If it'
        " was renamed, set `columns.due` to its header as it is now; else put it back. Likely is"
        ' `due: "Due date"` (the header reads like "due date"; no cell is filled)'
    )


def test_a_renamed_id_names_the_likeliest_header_row(trackers):
    trackers.write("plan.xlsx", [["Plan"], ["Reference", "Activity", "Due", "Who"], ITEM])
    with pytest.raises(
        Drifted, match=r'no column "Ref" \(id\); in row 2, the likeliest header row, there is "Reference"'
    ):
        trackers.pull()


def test_without_a_named_sheet_the_first_that_holds_the_columns_counts(trackers):
    trackers.write(
        "plan.xlsx",
        sheets={
            "Cover": [["Plan"]],
            "Old": [["Ref", "Notes"]],
            "Now": [HEADER, ITEM],
            "Next": [HEADER, ["M-2"]],
        },
    )
    assert trackers.pull().rows("plan.xlsx", "_place") == [("plan.xlsx, sheet Now, row 2",)]


def test_a_missing_sheet_is_named_with_those_that_are_there(trackers):
    trackers.write("plan.xlsx", sheets={"Plan 2026": [HEADER, ITEM], "Cover": []})
    with pytest.raises(Drifted, match='no sheet "Plan"; there is "Plan 2026", "Cover"'):
        trackers.pull(sheet="Plan")


def test_a_sheet_is_known_whatever_its_case(trackers):
    trackers.write("plan.xlsx", sheets={"PLAN ": [HEADER, ITEM]})
    assert len(trackers.pull(sheet="plan").rows("plan.xlsx")) == 1


def test_locate_tells_where_rows_and_columns_stand_by_the_same_rules(trackers):
    lines = [
        [],
        [None, *HEADER, "HUB flag", "Hub item"],
        [None, *ITEM, "late", "M-1"],
        [None, "Phase 2"],
        [None, 2, "Launch", "31.02.2026"],
        [None, "M-3", "Twin"],
        [None, "M-3", "Twin", None, None, None, None, "aside"],
    ]
    path = trackers.write("plan.xlsx", sheets={"Cover": [["x"]], "Plan": lines})
    layout = locate(path, trackers.options())
    assert layout.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    (sheet,) = layout.sheets
    assert (sheet.name, sheet.header_row, sheet.last_column) == ("Plan", 2, 8)
    assert sheet.rows == {"M-1": 3, "2": 5}
    assert sheet.columns == {
        "Ref": 2, "Activity": 3, "Due": 4, "Who": 5, "HUB flag": 6, "Hub flag": 6, "Hub item": 7,
    }  # fmt: skip


def test_locate_says_when_the_file_is_gone(trackers):
    with pytest.raises(Unreadable, match=r"plan.xlsx: the file cannot be read"):
        locate(trackers.folder / "plan.xlsx", trackers.options())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"columns": {"id": "Ref"}}, "`title` is missing"),
        ({"columns": {"id": "Ref", "title": "A", "dew": "B"}}, "Extra inputs are not permitted"),
        ({"path": {"site": "https://x.sharepoint.com/sites/M", "path": "x.xlsx"}}, "`auth` is missing"),
        ({"path": {"site": "marketing", "path": "x"}}, "must be a site's address"),
        ({"sheet": {"tabel": "Plan"}}, "Extra inputs are not permitted"),
        (
            {"status_map": {"Läuft": "running"}},
            "Input should be 'not started', 'in progress', 'done' or 'dropped'",
        ),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options, problem):
    with pytest.raises(ValidationError, match=problem):
        Options.model_validate({"path": "a.xlsx", "columns": {"id": "Ref", "title": "Activity"}, **options})
