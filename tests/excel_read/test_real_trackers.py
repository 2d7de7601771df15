"""Trackers and workbooks that others made and use."""

from __future__ import annotations

from collections import Counter

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from connectors._readings.workbook import Workbook
from connectors.contract import Drifted, Unreadable


@pytest.fixture(scope="session")
def folder(material):
    return material / "spreadsheets"


def copied(trackers, folder, name):
    (trackers.folder / name).write_bytes((folder / "trackers" / name).read_bytes())


def test_a_gantt_sheet_lands_row_by_row(trackers, folder):
    name = "PacktPublishing__Project_Plan.xlsx"
    copied(trackers, folder, name)
    columns = {
        "id": "ID", "title": "Task", "estimate": "Duration", "owner": "Resourcing", "start": "Start Date",
        "due": "End Date", "depends_on": "Predecessors",
    }  # fmt: skip
    pulled = trackers.pull(columns, name)
    found = pulled.rows(name, '_key, _fate, "@title", "@start", "@due", "@estimate", "@depends_on"')
    assert len(found) == 39
    assert {row[1] for row in found} == {"land"}
    assert found[0] == ("1", "land", "Create P2P Network", None, None, "16", None)
    assert found[2] == ("3", "land", "Implement", "2023-02-14", "2023-03-28", "10", "2fs")


def test_a_tracker_below_a_title_block_with_keys_to_its_colours_beside_it(trackers, folder):
    name = "hhoki__Project_Tracker.xlsx"
    copied(trackers, folder, name)
    columns = {"id": "Task", "title": "Task", "status": "Status", "due": "Deadline", "progress": "% done"}
    pulled = trackers.pull(columns, name, sheet=["Backend", "Frontend", "AI", "Misc"])
    counted = Counter((place.split(", ")[1], fate) for place, fate in pulled.rows(name, "_place, _fate"))
    assert counted == {
        ("sheet Backend", "land"): 5, ("sheet Backend", "drop"): 1, ("sheet Backend", "quarantine"): 1,
        ("sheet Frontend", "land"): 3, ("sheet Frontend", "drop"): 1, ("sheet Frontend", "quarantine"): 1,
        ("sheet AI", "land"): 3, ("sheet AI", "drop"): 2, ("sheet Misc", "drop"): 5,
    }  # fmt: skip
    assert pulled.rows(name, '"@status", "@due", "@progress"')[0] == ("In Progress", "2024-09-13", "0.32")


def test_a_log_without_rows_has_none_and_without_its_column_is_drift(trackers, folder):
    name = "PacktPublishing__Risk_Log.xlsx"
    copied(trackers, folder, name)
    assert trackers.pull({"id": "Id", "title": "Risk"}, name).rows(name) == []
    with pytest.raises(Drifted, match='no column "Owner"'):
        trackers.pull({"id": "Id", "title": "Risk", "owner": "Owner"}, name)


def texts_of(book):
    """Sheet → the texts in it, without what each library reads its own way: white space around, escapes."""
    return {
        name: {unescape(text).strip() for row in book.grid(name).rows for text in row if text}
        for name in book.sheet_names
    }


def texts_as_openpyxl_reads_them(path):
    """The same, where a cell holds text; a link without a text of its own is shown as its target there."""
    return {
        sheet.title: {
            unescape(cell.value).strip()
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "s" and not cell.hyperlink
        }
        for sheet in openpyxl.load_workbook(path, data_only=True).worksheets
    }


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_every_workbook_of_the_corpus_is_read_whole_or_refused_with_a_reason(folder):
    refused, only_here, compared = [], [], 0
    for path in sorted([*folder.glob("corpus/*.xls*"), *folder.glob("excel_csv_oracle/*.xls?")]):
        try:
            found = texts_of(Workbook(path.read_bytes(), path.name))
        except Unreadable as refusal:
            refused.append((path.name, "Excel 4 macros" in str(refusal)))
            continue
        try:
            known = texts_as_openpyxl_reads_them(path)
        except (TypeError, IndexError):
            only_here.append(path.name)
            continue
        for name, texts in found.items():
            assert known.get(name, set()) - texts - {""} == set(), f"{path.name}, sheet {name}"
            compared += len(known.get(name, ()))
    assert compared > 2000
    assert only_here == ["pivot_table_named_range.xlsx", "xlsx-stream-d-date-cell.xlsx"]
    assert refused == [("apache__xlmmacro.xlsm", True), ("BlankSheetTypes.xlsm", True)]


def test_error_values_are_read_where_the_library_leaves_them_out(folder):
    path = folder / "excel_csv_oracle" / "ErrorTypes.xlsx"
    book = Workbook(path.read_bytes(), path.name)
    (name,) = book.sheet_names
    rows = book.grid(name).rows
    known = {
        cell.coordinate: cell.value
        for row in openpyxl.load_workbook(path, data_only=True)[name].iter_rows()
        for cell in row
        if cell.data_type == "e"
    }
    assert len(known) == 20
    assert {at: rows[int(at[1:]) - 1][ord(at[0]) - ord("A")] for at in known} == known
