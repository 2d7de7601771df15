"""Alerts in a tracker: the hub's columns are found or made, filled, and mended after a sort."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.table import Table

from connectors.contract import Message, Note, Place, Receipt
from connectors.excel import connect
from connectors.excel.options import Options

HEADERS = ["Ref", "Activity", "Due"]
HUB = ["Hub flag", "Flagged since", "Decision needed", "Answer", "Hub item", "Hub code"]
OPTIONS = Options.model_validate(
    {
        "path": "*.xlsx",
        "sheet": "Plan",
        "columns": {"id": "Ref", "title": "Activity", "due": "Due"},
        "write": dict(zip(["flag", "since", "ask", "answer", "item", "code"], HUB, strict=True)),
    }
)
SLIP = Message(
    "The campaign M-2 starts 14 working days late",
    ask="Accept the new date or dispute it by 12 June 2026",
    how="Type ack, accept or dispute into the cell Answer.",
)
FLAGGED = [
    "The campaign M-2 starts 14 working days late",
    "2026-05-04",
    "Accept the new date or dispute it by 12 June 2026. Type ack, accept or dispute into the cell Answer.",
    None,
    "M-2",
    "K7P2",
]


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 5, 4, 6, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("writing a workbook waits for nothing")


class Tracker:
    """`plan.xlsx` with a title above its header row, seen through openpyxl."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.edit(lambda sheet: None)

    def edit(self, change: Callable[[Any], None]) -> None:
        """What a person does to it in Excel."""
        if self.path.exists():
            workbook = openpyxl.load_workbook(self.path)
        else:
            workbook = openpyxl.Workbook()
            workbook.active.title = "Plan"
            for row in [["Marketing 2026"], [], HEADERS, *([f"M-{n}", f"Task {n}", "x"] for n in (1, 2, 3))]:
                workbook.active.append(row)
        change(workbook["Plan"])
        workbook.save(self.path)

    def rows(self) -> list[list[object]]:
        sheet = openpyxl.load_workbook(self.path)["Plan"]
        return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3)]

    def hub(self, key: str) -> list[object]:
        """The hub's cells of the item's row."""
        header, *rows = self.rows()
        row = next(row for row in rows if row[0] == key)
        return [row[header.index(title)] for title in HUB]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


def note(key: str = "M-2", code: str = "K7P2", scope: str = "plan.xlsx", **more: Any) -> Note:
    return Note(f"alert-{code}", key, key, scope, code, date(2026, 5, 4), **{"message": SLIP, **more})


@pytest.fixture
def tracker(tmp_path: Path) -> Tracker:
    return Tracker(tmp_path / "plan.xlsx")


@pytest.fixture
def push(tmp_path: Path) -> Callable[..., Sequence[Receipt]]:
    connector = connect(Place("marketing", tmp_path, StoppedClock()), OPTIONS)
    return lambda *notes: list(connector.push(notes))


def test_makes_the_columns_at_the_right_and_fills_the_row_of_the_item(tracker, push) -> None:
    [receipt] = push(note())
    assert tracker.rows() == [
        HEADERS + HUB,
        ["M-1", "Task 1", "x", *[None] * 6],
        ["M-2", "Task 2", "x", *FLAGGED],
        ["M-3", "Task 3", "x", *[None] * 6],
    ]
    assert receipt == Receipt(
        "alert-K7P2",
        "written",
        "plan.xlsx!Plan!D5:I5",
        inverse={
            "workbook": "plan.xlsx",
            "sheet": "Plan",
            "cells": {
                f"{column}5": {"before": "", "written": text}
                for column, text in zip("DEFHI", filter(None, FLAGGED), strict=True)
            },
        },
    )


def test_same_content_is_already_there_and_leaves_the_file_alone(tracker, push) -> None:
    [first] = push(note())
    before = tracker.digest, tracker.path.stat().st_mtime_ns
    [second] = push(note(previous=first.reference))
    assert (second.outcome, second.reference, second.inverse) == ("already", first.reference, {})
    assert (tracker.digest, tracker.path.stat().st_mtime_ns) == before


def test_still_already_after_excel_moved_the_texts_to_its_shared_strings(tracker, push) -> None:
    push(note())
    tracker.edit(lambda sheet: None)
    assert push(note())[0].outcome == "already"


def test_finds_the_row_by_its_key_after_rows_were_inserted(tracker, push) -> None:
    [first] = push(note())
    tracker.edit(lambda sheet: sheet.insert_rows(4, 2))
    changed = Message("The campaign M-2 starts 21 working days late")
    [second] = push(note(message=changed, previous=first.reference))
    assert (second.outcome, second.reference) == ("written", "plan.xlsx!Plan!D7:I7")
    assert tracker.hub("M-2")[0] == changed.headline


def test_uses_columns_that_stand_elsewhere_in_any_case_and_makes_only_the_missing(tracker, push) -> None:
    def put(sheet: Any) -> None:
        sheet["E3"], sheet["G3"] = "HUB FLAG", "Hub code"

    tracker.edit(put)
    [receipt] = push(note())
    header = tracker.rows()[0]
    assert header == [*HEADERS, None, "HUB FLAG", None, "Hub code", *HUB[1:5]]
    assert receipt.reference == "plan.xlsx!Plan!E5,G5:K5"


def test_the_columns_look_like_the_titles_and_stand_clear_of_a_plan_drawn_in_cells(tracker, push) -> None:
    def draw(sheet: Any) -> None:
        sheet["B3"].font = sheet["B5"].font = Font(bold=True, color="FF0000AA")
        sheet["B5"].number_format = "0.00"
        sheet["C5"].fill = sheet["F6"].fill = PatternFill("solid", fgColor="FF00AA00")
        sheet["H6"].fill = PatternFill("solid", fgColor="FFFFFFFF")

    tracker.edit(draw)
    push(note())
    sheet = openpyxl.load_workbook(tracker.path)["Plan"]
    assert [sheet.cell(3, column).value for column in range(7, 13)] == HUB
    assert [sheet.cell(row, 7).style_id == sheet.cell(row, 2).style_id for row in (3, 5)] == [True, True]
    assert sheet["G5"].fill.fill_type is None


def test_text_stays_text_whatever_it_begins_with(tracker, push) -> None:
    push(note(message=Message('=HYPERLINK("http://x","y")', ask="+1 -2 @3")))
    cell = openpyxl.load_workbook(tracker.path)["Plan"]["D5"]
    assert (cell.value, cell.data_type) == ('=HYPERLINK("http://x","y")', "s")


def test_names_the_other_codes_and_what_was_understood(tracker, push) -> None:
    push(note(others=("B2", "C3"), message=Message("Late", ask="Decide", reply="understood as ack")))
    assert tracker.hub("M-2")[:3] == ["Late (also open: B2, C3)", "2026-05-04", "Decide. understood as ack."]


def test_a_recovered_break_says_so_where_it_stood(tracker, push) -> None:
    [first] = push(note())
    [second] = push(note(standing=False, message=Message("M-2 is on time again"), previous=first.reference))
    assert second.outcome == "written"
    assert tracker.hub("M-2") == ["Resolved: M-2 is on time again", "2026-05-04", None, None, "M-2", "K7P2"]


def test_a_recovered_break_leaves_a_row_alone_that_shows_another(tracker, push) -> None:
    push(note(code="B2"))
    before = tracker.digest
    [receipt] = push(note(standing=False))
    assert (receipt.outcome, tracker.digest) == ("already", before)
    assert "shows B2" in receipt.detail


def test_a_more_harmful_break_takes_the_row_over(tracker, push) -> None:
    push(note())
    [receipt] = push(note(code="B2", others=("K7P2",)))
    assert receipt.inverse["cells"]["I5"] == {"before": "K7P2", "written": "B2"}
    assert tracker.hub("M-2")[5] == "B2"


def test_the_answer_cell_is_never_written_or_cleared(tracker, push) -> None:
    push(note())
    tracker.edit(lambda sheet: sheet.cell(5, 7, "ack, we replan"))
    push(note(code="B2"))
    push(note(code="B2", standing=False))
    assert tracker.hub("M-2")[3] == "ack, we replan"


def test_a_persons_text_in_the_flag_cell_is_refused_not_overwritten(tracker, push) -> None:
    push(note("M-1"))
    tracker.edit(lambda sheet: sheet.cell(5, 4, "call Dana"))
    before = tracker.digest
    [receipt] = push(note())
    assert (receipt.outcome, tracker.digest) == ("refused", before)
    assert "M-2" in receipt.detail


def test_a_flag_that_somebody_took_away_is_not_put_back(tracker, push) -> None:
    [first] = push(note())
    tracker.edit(lambda sheet: [sheet.cell(5, column).__setattr__("value", None) for column in range(4, 10)])
    before = tracker.digest
    [second] = push(note(previous=first.reference))
    assert (second.outcome, tracker.digest) == ("removed", before)


def test_columns_that_were_all_replaced_are_made_again(tracker, push) -> None:
    [first] = push(note())
    tracker.edit(lambda sheet: sheet.delete_cols(4, 6))
    [second] = push(note(previous=first.reference))
    assert second.outcome == "written"
    assert tracker.hub("M-2") == FLAGGED


def test_flags_that_a_sort_left_behind_are_mended(tracker, push) -> None:
    push(note("M-1", code="A1"), note("M-2"))

    def sort_without_the_hub_columns(sheet: Any) -> None:
        for row, number in zip((4, 5, 6), (3, 1, 2), strict=True):
            sheet.cell(row, 1, f"M-{number}")

    tracker.edit(sort_without_the_hub_columns)
    receipts = push(note("M-1", code="A1", previous="x"), note("M-2", previous="x"))
    assert [receipt.outcome for receipt in receipts] == ["written", "written"]
    assert tracker.hub("M-2") == FLAGGED
    assert tracker.hub("M-1")[4:] == ["M-1", "A1"]
    assert tracker.hub("M-3") == [None] * 6


def test_a_row_that_is_gone_is_refused_and_a_recovered_one_let_go(tracker, push) -> None:
    tracker.edit(lambda sheet: sheet.delete_rows(5))
    assert [r.outcome for r in push(note(), note("M-2", "B2", standing=False))] == ["refused", "removed"]


def test_one_workbook_that_cannot_be_written_does_not_stop_the_others(tracker, push, tmp_path) -> None:
    locked = Tracker(tmp_path / "locked.xlsx")
    (tmp_path / "~$locked.xlsx").touch()
    (tmp_path / "text.xlsx").write_text("no workbook")
    Tracker(tmp_path / "closed.xlsx").edit(lambda sheet: setattr(sheet.protection, "sheet", True))
    before = locked.digest
    scopes = ["locked.xlsx", "closed.xlsx", "plan.xlsx", "text.xlsx", "missing.xlsx"]
    receipts = push(*(note(code=f"C{number}", scope=scope) for number, scope in enumerate(scopes)))
    assert [receipt.outcome for receipt in receipts] == [
        "deferred", "written", "written", "deferred", "deferred",
    ]  # fmt: skip
    assert ["~$locked.xlsx" in receipts[0].detail, "protected" in receipts[1].detail] == [True, True]
    assert receipts[1].reference == "closed.interlock.xlsx!Flags!C5:H5"
    assert locked.digest == before


def test_a_protected_sheet_has_its_own_notes_beside_it_and_the_others_in_theirs(tracker, tmp_path) -> None:
    def close(sheet: Any) -> None:
        closed = sheet.parent.copy_worksheet(sheet)
        closed.title, closed.protection.sheet, closed["A5"] = "Closed", True, "M-9"
        closed.delete_rows(6), closed.delete_rows(4)

    tracker.edit(close)
    both = OPTIONS.model_copy(update={"sheet": ("Closed", "Plan")})
    receipts = connect(Place("marketing", tmp_path, StoppedClock()), both).push([note("M-9", "C9"), note()])
    assert [receipt.reference for receipt in receipts] == [
        "plan.interlock.xlsx!Flags!C5:H5", "plan.xlsx!Plan!D5:I5",
    ]  # fmt: skip
    assert tracker.hub("M-2") == FLAGGED


def test_a_formula_in_a_hub_column_is_refused_for_its_row_alone(tracker, push) -> None:
    push(note("M-1"))
    tracker.edit(lambda sheet: sheet.cell(5, 4, "=1+1"))
    tracker.edit(lambda sheet: sheet.cell(5, 8, "M-2"))
    refused, written = push(note(), note("M-3", "C3"))
    assert (refused.outcome, written.outcome) == ("refused", "written")
    assert "D5 is not ours to write: it holds a formula" in refused.detail


def test_preview_shows_the_cells_and_touches_nothing(tmp_path) -> None:
    connector = connect(Place("marketing", tmp_path, StoppedClock()), OPTIONS)
    assert connector.preview(note(others=("B2",))).splitlines() == [
        "plan.xlsx, row of M-2",
        "Hub flag: The campaign M-2 starts 14 working days late (also open: B2)",
        "Flagged since: 2026-05-04",
        f"Decision needed: {FLAGGED[2]}",
        "Hub item: M-2",
        "Hub code: K7P2",
    ]


def test_long_texts_are_cut_where_a_cell_ends(tracker, push) -> None:
    push(note(others=("B2",), message=Message("late " * 100, ask="x" * 40_000)))
    flag, _, ask, *_ = tracker.hub("M-2")
    assert (len(flag), flag[-20:]) == (250, "lat… (also open: B2)")
    assert (len(ask), ask[-1]) == (32_767, "…")


# --- a sort that leaves the flags behind ----------------------------------------------------------------------


def sort_the_items_alone(*order: int) -> Callable[[Any], None]:
    """The rows 4 to 6 hold these items now; the hub's cells stay where they were."""

    def sort(sheet: Any) -> None:
        for row, number in zip((4, 5, 6), order, strict=True):
            sheet.cell(row, 1, f"M-{number}")

    return sort


def answered(tracker: Tracker) -> dict[str, tuple[object, object]]:
    """Item → (its answer, the code beside it)."""
    return {key: (tracker.hub(key)[3], tracker.hub(key)[5]) for key in ("M-1", "M-2", "M-3")}


def test_answers_move_with_the_flags_that_they_answer(tracker, push) -> None:
    push(note("M-1", "A1"), note("M-2", "B2"))
    tracker.edit(lambda sheet: [sheet.cell(4, 7, "ack"), sheet.cell(5, 7, "dispute: we were told June")])
    tracker.edit(sort_the_items_alone(3, 1, 2))
    [receipt] = push(note("M-1", "A1", previous="plan.xlsx!Plan!D4:I4"))
    assert receipt.outcome == "written"
    assert answered(tracker) == {
        "M-1": ("ack", "A1"), "M-2": ("dispute: we were told June", "B2"), "M-3": (None, None),
    }  # fmt: skip


def test_an_answer_is_never_overwritten_by_one_that_moves(tracker, push) -> None:
    push(note("M-1", "A1"))
    tracker.edit(lambda sheet: [sheet.cell(4, 7, "ack"), sheet.cell(5, 7, "typed beside no flag")])
    tracker.edit(sort_the_items_alone(2, 1, 3))
    before = tracker.digest
    [receipt] = push(note("M-1", "A1", previous="plan.xlsx!Plan!D4:I4"))
    assert (receipt.outcome, tracker.digest) == ("refused", before)
    assert "row 5 holds another answer; clear one of the two" in receipt.detail
    tracker.edit(lambda sheet: sheet.cell(5, 7).__setattr__("value", None))
    assert push(note("M-1", "A1", previous="x"))[0].outcome == "written"
    assert answered(tracker)["M-1"] == ("ack", "A1")


def test_an_answer_that_is_no_text_stays_and_so_does_its_flag(tracker, push) -> None:
    push(note("M-1", "A1"))
    tracker.edit(lambda sheet: sheet.cell(4, 7, datetime(2026, 6, 1)))
    tracker.edit(sort_the_items_alone(2, 1, 3))
    assert push(note("M-1", "A1"))[0].outcome == "written"
    assert tracker.hub("M-1")[5] == "A1"
    assert tracker.hub("M-2")[3:] == [datetime(2026, 6, 1), "M-1", "A1"]


def test_a_flag_whose_item_is_gone_gives_way_and_the_answer_beside_it_stays(tracker, push) -> None:
    push(note("M-1", "A1"), note("M-2", "B2"))
    tracker.edit(lambda sheet: sheet.cell(5, 7, "ack"))
    tracker.edit(sort_the_items_alone(9, 1, 3))
    push(note("M-1", "A1", previous="plan.xlsx!Plan!D4:I4"))
    assert tracker.hub("M-1")[3:] == ["ack", "M-1", "A1"]
    assert tracker.hub("M-9") == [None] * 6


# --- tables and drop-downs ----------------------------------------------------------------------------------------


def make_table(sheet: Any) -> None:
    sheet.add_table(Table(displayName="Plan", ref="A3:C6"))


def test_the_columns_stand_in_the_items_table_so_that_a_sort_takes_them_along(tracker, push) -> None:
    tracker.edit(make_table)
    assert push(note())[0].outcome == "written"
    assert tracker.hub("M-2") == FLAGGED
    table = openpyxl.load_workbook(tracker.path)["Plan"].tables["Plan"]
    assert (table.ref, [column.name for column in table.tableColumns]) == ("A3:I6", HEADERS + HUB)
    assert push(note())[0].outcome == "already"


def test_the_columns_stand_clear_of_what_stands_beside_a_table(tracker, push) -> None:
    tracker.edit(make_table)
    tracker.edit(lambda sheet: sheet.cell(6, 5, "a note"))
    push(note())
    workbook = openpyxl.load_workbook(tracker.path)
    assert workbook["Plan"].tables["Plan"].ref == "A3:C6"
    assert workbook["Plan"]["F3"].value == HUB[0]


def test_answer_cells_offer_words_and_take_others(tracker, push) -> None:
    push(note())
    [offer] = openpyxl.load_workbook(tracker.path)["Plan"].data_validations.dataValidation
    assert (str(offer.sqref), offer.type, offer.formula1) == (
        "G4:G6",
        "list",
        '"ack,accept,dispute,commit by DATE"',
    )
    assert offer.showErrorMessage is False
    assert len(offer.prompt) <= 255


def test_new_columns_are_wide_enough_to_read_and_stay_as_people_set_them(tracker, push) -> None:
    push(note())
    assert openpyxl.load_workbook(tracker.path)["Plan"].column_dimensions["D"].width == 48
    tracker.edit(lambda sheet: setattr(sheet.column_dimensions["D"], "width", 30))
    push(note(code="B2"))
    assert openpyxl.load_workbook(tracker.path)["Plan"].column_dimensions["D"].width == 30
