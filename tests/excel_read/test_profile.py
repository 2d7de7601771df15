"""A mapping is proposed for workbooks that nobody has described, with a reason and a confidence for each column."""

from __future__ import annotations

import json

import pytest
import yaml
from typer.testing import CliRunner

from connectors.excel import Options
from connectors.excel.profile import alike, profile
from flows.cli import app


@pytest.fixture(scope="session")
def folder(material):
    return material / "spreadsheets" / "trackers"


def proposed(path):
    """Sheet → mapping, of the sheets that can be used."""
    return {one.sheet: one.mapping for one in profile(path) if one.usable}


def test_a_gantt_sheet_of_others_is_understood(folder):
    assert proposed(folder / "PacktPublishing__Project_Plan.xlsx") == {
        "Project Plan": {
            "id": "ID", "title": "Task", "owner": "Resourcing", "start": "Start Date", "due": "End Date",
            "estimate": "Duration", "depends_on": "Predecessors",
        }
    }  # fmt: skip


def test_sheets_below_title_blocks_with_keys_to_their_words_are_one_source(folder):
    path = folder / "hhoki__Project_Tracker.xlsx"
    mapping = {
        "title": "TASK", "owner": "ASSIGNED TO", "due": "DEADLINE", "status": "STATUS", "progress": "% DONE",
        "priority": "PRIORITY",
    }  # fmt: skip
    assert proposed(path) == dict.fromkeys(["Backend", "Frontend", "AI", "Misc"], mapping)
    (group,) = alike(profile(path))
    assert [one.header_row for one in group] == [3, 3, 3, 3]


def test_a_log_without_rows_is_understood_by_its_headers_but_less_surely(folder):
    (one,) = profile(folder / "PacktPublishing__Risk_Log.xlsx")
    assert one.mapping == {"id": "Id", "title": "Risk", "type": "Categories"}
    assert max(column.confidence for column in one.columns) < 0.7


GERMAN = [
    ["Maßnahmenplan Marketing", None, None, None, None, None],
    [],
    [
        "Nr.",
        "Maßnahme",
        "Verantwortlich",
        "Beginn",
        "Fällig am",
        "Status",
        "Fertigstellungsgrad",
        "Aufwand",
        "Vorgänger",
    ],
    ["M-1", "Agentur beauftragen", "Mo", "01.03.2026", "31.03.2026", "offen", "10 %", "5 PT", None],
    ["M-2", "Flyer drucken lassen", "Fay", "15.03.2026", "30.04.2026", "in Arbeit", "40 %", "3 PT", "M-1"],
    ["M-3", "Presse einladen", "Mo", "20.03.2026", "15.05.2026", "offen", "0 %", "2 PT", "M-2"],
]


def test_german_headers_are_understood(trackers):
    assert proposed(trackers.write("plan.xlsx", GERMAN)) == {
        "Plan": {
            "id": "Nr.", "title": "Maßnahme", "owner": "Verantwortlich", "start": "Beginn", "due": "Fällig am",
            "status": "Status", "progress": "Fertigstellungsgrad", "estimate": "Aufwand", "depends_on": "Vorgänger",
        }
    }  # fmt: skip


def _copied(key: str) -> list[str | None]:
    return [key, "Bericht schreiben", "Mo", None, None, None, None, None, None]


def test_a_column_of_ids_stays_one_where_a_row_was_copied_and_that_is_said(trackers):
    (one,) = profile(trackers.write("plan.xlsx", [*GERMAN, _copied("M-3")]))
    assert one.mapping["id"] == "Nr."
    (id_,) = [column for column in one.columns if column.name == "id"]
    assert "1 of them stood before" in id_.reason


def test_a_column_whose_values_often_stand_twice_is_no_id(trackers):
    path = trackers.write("plan.xlsx", [*GERMAN, _copied("M-3"), _copied("M-1")])
    (mapping,) = proposed(path).values()
    assert "id" not in mapping


def test_a_column_of_keys_is_an_id_whatever_it_is_called(trackers):
    lines = [["Zeile" if cell == "Nr." else cell for cell in line] for line in GERMAN]
    (one,) = profile(trackers.write("plan.xlsx", lines))
    assert one.mapping["id"] == "Zeile"
    assert {column.name: column.confidence for column in one.columns}["id"] == 0.45


def test_what_is_printed_can_be_pasted_and_reads_the_workbook(trackers, monkeypatch):
    trackers.write("plan.xlsx", GERMAN)
    monkeypatch.chdir(trackers.folder)
    printed = CliRunner().invoke(app, ["profile", "plan.xlsx"])
    assert printed.exit_code == 0
    (source,) = yaml.safe_load(printed.stdout)["sources"].values()
    assert source.pop("kind") == "excel"
    Options.model_validate(source)
    columns = source.pop("columns")
    assert trackers.pull(columns, **source).rows("plan.xlsx", '_key, "@due", "@progress"')[0] == (
        "M-1",
        "2026-03-31",
        "0.1",
    )
    due = next(line for line in printed.stdout.splitlines() if "due:" in line)
    assert due.split("#")[1] == ' 90%: the header reads like "fällig am"; 3 of its 3 cells are dates'


def test_as_json_every_column_has_a_reason(trackers):
    path = trackers.write("plan.xlsx", [[*GERMAN[2], "Budget"], *([*line, 5] for line in GERMAN[3:])])
    (one,) = json.loads(CliRunner().invoke(app, ["profile", str(path), "--format", "json"]).stdout)
    assert (one["sheet"], one["header_row"], one["rows"]) == ("Plan", 1, 3)
    assert all(column["reason"] for column in one["columns"])
    assert one["columns"][-1] == {
        "letter": "J", "header": "Budget", "name": "", "confidence": 0.0, "reason": "3 cells filled, 1 different",
    }  # fmt: skip


def test_dates_that_read_in_two_ways_are_said_to_be_asked_about(trackers):
    lines = [
        ["Nr", "Task", "Due"],
        ["1", "Brief the agency", "03/04/2026"],
        ["2", "Book the hall", "05/06/2026"],
    ]
    (one,) = profile(trackers.write("plan.xlsx", lines))
    assert "Say which it is: add `date_order: dmy` or `date_order: mdy` to this source" in one.findings[0]


@pytest.mark.parametrize(("lines", "code"), [([["a", "b"], [1, 2]], 1), (None, 2)])
def test_what_is_no_tracker_says_so(trackers, lines, code):
    path = trackers.write("plan.xlsx", lines) if lines else trackers.folder / "plan.xlsx"
    shown = CliRunner().invoke(app, ["profile", str(path)])
    if lines:
        assert (shown.exit_code, shown.stdout) == (
            1,
            "# plan.xlsx: no row of any sheet reads like the header of a tracker\n",
        )
    else:
        assert "cannot be read" in str(shown.exception)
