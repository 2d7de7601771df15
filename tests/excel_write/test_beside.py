"""The workbook beside a tracker: for teams that want no columns in theirs, and for trackers that are closed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from connectors.contract import Message, Note, Page, Place
from connectors.excel import connect
from connectors.excel.options import Options

HUB = ["Hub flag", "Hub since", "Hub ask", "Hub answer", "Hub code", "Hub item"]
HEADERS = ["Item in the tracker", "What it is", *HUB]


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 5, 8, 6, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("writing a workbook waits for nothing")


class Team:
    """A folder with `plan.xlsx` of three items, and what the connector does with it."""

    def __init__(self, folder: Path, **sidecar: Any) -> None:
        self.folder = folder
        self.tracker, self.beside = folder / "plan.xlsx", folder / "plan.interlock.xlsx"
        self.connector = connect(
            Place("marketing", folder, StoppedClock()),
            Options.model_validate(
                {"path": "plan*.xlsx", "columns": {"id": "Ref", "title": "Activity"}, "sidecar": sidecar}
            ),
        )
        workbook = openpyxl.Workbook()
        for row in [["Ref", "Activity"], *([f"M-{n}", f"Task {n}"] for n in (1, 2, 3))]:
            workbook.active.append(row)
        workbook.save(self.tracker)
        self.cursor: Any = {}

    def push(self, *notes: Note) -> list[tuple[str, str]]:
        return [(receipt.outcome, receipt.reference) for receipt in self.connector.push(notes)]

    def edit(self, path: Path, change: Callable[[Any], object]) -> None:
        workbook = openpyxl.load_workbook(path)
        change(workbook.worksheets[0])
        workbook.save(path)

    def close(self) -> None:
        self.edit(self.tracker, lambda sheet: setattr(sheet.protection, "sheet", True))

    def open(self) -> None:
        self.edit(self.tracker, lambda sheet: setattr(sheet.protection, "sheet", False))

    def rows(self) -> list[list[object]]:
        sheet = openpyxl.load_workbook(self.beside)["Flags"]
        return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]

    def flagged(self) -> list[str]:
        """Headers of the tracker."""
        return [cell.value for cell in openpyxl.load_workbook(self.tracker).worksheets[0][1]]

    def answers(self, spool: Path) -> list[tuple[str, ...]]:
        """What a pull gives as answers: key, item, line, and what stands beside it."""
        spool.mkdir()
        found = []
        for part in self.connector.pull(self.cursor, [], spool):
            assert isinstance(part, Page), part
            self.cursor = part.cursor or self.cursor
            if part.stream == "answer":
                columns = '_key, "@item_key", "@line", "@beside_item", "@beside_code"'
                found += duckdb.sql(f"SELECT {columns} FROM '{part.path}'").fetchall()
        return found


def note(key: str = "M-2", code: str = "K7P2", **more: Any) -> Note:
    message = Message(f"{key} starts 14 working days late", ask="Decide by 12 June")
    return Note(
        f"alert-{code}", key, key, "plan.xlsx", code, date(2026, 5, 4), **{"message": message, **more}
    )


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path, always=True)


def test_a_team_that_wants_no_columns_has_its_flags_beside_the_tracker(team) -> None:
    before = team.tracker.read_bytes()
    assert team.push(note(), note("M-1", "B2")) == [
        ("written", "plan.interlock.xlsx!Flags!C5:H5"), ("written", "plan.interlock.xlsx!Flags!C6:H6"),
    ]  # fmt: skip
    assert team.rows() == [
        HEADERS,
        [
            "M-2",
            "Task 2",
            "M-2 starts 14 working days late",
            "2026-05-04",
            "Decide by 12 June.",
            None,
            "K7P2",
            "M-2",
        ],
        [
            "M-1",
            "Task 1",
            "M-1 starts 14 working days late",
            "2026-05-04",
            "Decide by 12 June.",
            None,
            "B2",
            "M-1",
        ],
    ]
    assert team.tracker.read_bytes() == before


def test_it_is_kept_in_step_with_one_row_per_item(team) -> None:
    [(_, reference)] = team.push(note())
    team.edit(team.beside, lambda sheet: sheet.cell(5, 6, "ack"))
    assert team.push(note(previous=reference)) == [("already", reference)]
    assert team.push(note("M-3", "C3")) == [("written", "plan.interlock.xlsx!Flags!C6:H6")]
    gone = Message("M-2 is on time again")
    assert team.push(note(standing=False, message=gone, previous=reference))[0][0] == "written"
    assert [row[:1] + row[2:3] + row[5:7] for row in team.rows()[1:]] == [
        ["M-2", "Resolved: M-2 is on time again", "ack", "K7P2"],
        ["M-3", "M-3 starts 14 working days late", None, "C3"],
    ]
    assert openpyxl.load_workbook(team.beside)["Flags"].tables["Flags"].ref == "A4:H6"


def test_people_find_a_table_with_a_frozen_header_wrapped_text_and_a_drop_down(team) -> None:
    team.push(note(), note("M-1", "B2"))
    sheet = openpyxl.load_workbook(team.beside)["Flags"]
    assert sheet.freeze_panes == "C5"
    assert sheet["C6"].alignment.wrap_text
    assert sheet.tables["Flags"].ref == "A4:H6"
    assert [str(offer.sqref) for offer in sheet.data_validations.dataValidation] == ["F5:F6"]


def test_what_people_do_to_it_stays(team) -> None:
    [(_, reference)] = team.push(note())

    def tidy(sheet: Any) -> None:
        sheet["A1"], sheet["I4"], sheet["I5"] = "Our flags", "Who", "Mo"
        sheet.column_dimensions["C"].width = 20

    team.edit(team.beside, tidy)
    team.push(note("M-1", "B2"))
    sheet = openpyxl.load_workbook(team.beside)["Flags"]
    assert [sheet["A1"].value, sheet["I5"].value, sheet.column_dimensions["C"].width] == [
        "Our flags",
        "Mo",
        20,
    ]
    team.edit(team.beside, lambda sheet: sheet.delete_rows(5))
    assert team.push(note(previous=reference)) == [("removed", "")]
    team.beside.unlink()
    assert team.push(note(previous=reference))[0][0] == "written"


def test_answers_beside_a_tracker_are_read_and_it_is_never_taken_for_a_tracker(team, tmp_path) -> None:
    team.push(note(), note("M-1", "B2"))
    team.edit(team.beside, lambda sheet: sheet.cell(5, 6, "Interlock: dispute, told June"))
    read = ("M-2/answer/beside", "M-2", "dispute, told June", "M-2", "K7P2")
    assert team.answers(tmp_path / "1") == [read]
    assert list(team.cursor["files"]) == ["plan.xlsx"]
    assert team.answers(tmp_path / "2") == []
    team.edit(team.beside, lambda sheet: sheet.cell(6, 6, "ack"))
    assert team.answers(tmp_path / "3") == [read, ("M-1/answer/beside", "M-1", "ack", "M-1", "B2")]
    team.beside.unlink()
    assert team.answers(tmp_path / "4") == []


def test_an_answer_that_a_sort_moved_alone_names_what_it_stands_beside(team, tmp_path) -> None:
    team.push(note(), note("M-1", "B2"))

    def sort(sheet: Any) -> None:
        sheet["A5"], sheet["A6"], sheet["F5"] = "M-1", "M-2", "ack"

    team.edit(team.beside, sort)
    assert team.answers(tmp_path / "1") == [("M-1/answer/beside", "M-1", "ack", "M-2", "K7P2")]
    team.push(note(previous="plan.interlock.xlsx!Flags!C5:H5"))
    assert [row[:1] + row[5:] for row in team.rows()[1:]] == [
        ["M-1", None, "B2", "M-1"], ["M-2", "ack", "K7P2", "M-2"],
    ]  # fmt: skip


# --- the fallback -----------------------------------------------------------------------------------------------


def test_a_protected_tracker_has_its_flags_beside_it_until_it_is_opened(tmp_path) -> None:
    team = Team(tmp_path)
    team.close()
    [(outcome, reference)] = team.push(note())
    assert (outcome, reference) == ("written", "plan.interlock.xlsx!Flags!C5:H5")
    team.open()
    assert team.push(note(previous=reference)) == [("written", "plan.xlsx!Sheet!C3:H3")]
    assert team.rows()[1][2:7] == ["Resolved: stands in plan.xlsx now", "2026-05-04", None, None, "K7P2"]


@pytest.mark.parametrize(
    ("since", "stands"), [(None, False), (date(2026, 5, 6), False), (date(2026, 5, 5), True)]
)
def test_a_tracker_that_stays_locked_past_its_limit_has_its_flags_beside_it_too(
    since, stands, tmp_path
) -> None:
    team = Team(tmp_path, after_days=3)
    (tmp_path / "~$plan.xlsx").touch()
    [(outcome, reference)] = team.push(note(deferred_since=since))
    assert (outcome, team.beside.exists()) == ("deferred", stands)
    assert reference == ("plan.interlock.xlsx!Flags!C5:H5" if stands else "")
    if stands:
        digest = hashlib.sha256(team.beside.read_bytes()).digest()
        assert team.push(note(deferred_since=since, previous=reference)) == [("deferred", reference)]
        assert hashlib.sha256(team.beside.read_bytes()).digest() == digest
    (tmp_path / "~$plan.xlsx").unlink()
    assert team.push(note(deferred_since=since, previous=reference)) == [("written", "plan.xlsx!Sheet!C3:H3")]


def test_a_flag_that_stands_in_both_names_both_and_the_tracker_catches_up(tmp_path) -> None:
    team = Team(tmp_path, after_days=0)
    [(_, first)] = team.push(note())
    (tmp_path / "~$plan.xlsx").touch()
    news = Message("M-2 starts 21 working days late")
    [(outcome, both)] = team.push(note(message=news, previous=first, deferred_since=date(2026, 5, 8)))
    assert (outcome, both) == ("deferred", f"{first}\nplan.interlock.xlsx!Flags!C5:H5")
    (tmp_path / "~$plan.xlsx").unlink()
    (tmp_path / "~$plan.interlock.xlsx").touch()
    assert team.push(note(message=news, previous=both)) == [("written", both)]
    (tmp_path / "~$plan.interlock.xlsx").unlink()
    assert team.push(note(message=news, previous=both)) == [("already", first)]
    assert team.rows()[1][2] == "Resolved: stands in plan.xlsx now"


def test_where_both_are_locked_the_note_waits_and_says_why(tmp_path) -> None:
    team = Team(tmp_path, always=True)
    team.push(note())
    (tmp_path / "~$plan.interlock.xlsx").touch()
    [receipt] = team.connector.push([note("M-1", "B2")])
    assert receipt.outcome == "deferred"
    assert "plan.interlock.xlsx" in receipt.detail


def test_an_item_that_left_the_tracker_gets_no_row_beside_it(team) -> None:
    assert team.push(note("M-9", "C9")) == [("refused", "")]
    assert not team.beside.exists()


def test_an_answer_is_recorded_with_who_had_saved_the_file_when_it_was_first_seen(tmp_path) -> None:
    team = Team(tmp_path)
    team.push(note())

    def saved_by(name: str, change: Callable[[Any], object]) -> None:
        workbook = openpyxl.load_workbook(team.tracker)
        change(workbook.worksheets[0])
        workbook.properties.lastModifiedBy = name
        workbook.save(team.tracker)

    def read(spool: Path) -> list[tuple[str, ...]]:
        spool.mkdir()
        parts = list(team.connector.pull(team.cursor, [], spool))
        team.cursor = parts[-1].cursor
        [page] = [part for part in parts if part.stream == "answer"]
        return duckdb.sql(
            f"""SELECT "@item_key", "@author_name", "@author_kind", "@author_id" FROM '{page.path}' ORDER BY 1"""
        ).fetchall()

    saved_by("Mo Adeyemi", lambda sheet: sheet.cell(3, 6, "ack"))
    assert read(tmp_path / "1") == [("M-2", "Mo Adeyemi", "unproven", None)]
    saved_by("Dana Smith", lambda sheet: sheet.cell(4, 6, "ack"))
    assert read(tmp_path / "2") == [
        ("M-2", "Mo Adeyemi", "unproven", None),
        ("M-3", "Dana Smith", "unproven", None),
    ]
