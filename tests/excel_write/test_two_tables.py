"""Several tables of one sheet are trackers: each has its flags in columns of its own, and none takes another's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl.worksheet.table import Table

from connectors.contract import Message, Note, Page, Place, Receipt
from connectors.excel import connect
from connectors.excel.options import Options

HUB = ["Hub flag", "Hub since", "Hub ask", "Hub answer", "Hub item", "Hub code"]
OPTIONS = Options.model_validate(
    {
        "path": "plan.xlsx",
        "sheet": {"table": ["Work", "Shows"]},
        "columns": {"id": "Ref", "title": "Activity"},
    }
)


class StoppedClock:
    def now(self) -> datetime:
        return datetime(2026, 5, 4, 6, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("writing a workbook waits for nothing")


class Plan:
    """`plan.xlsx`: a table Work at A2 and a table Shows whose top left cell is `shows`."""

    def __init__(self, folder: Path, shows: str) -> None:
        self.folder, self.path = folder, folder / "plan.xlsx"
        self.connector = connect(Place("marketing", folder, StoppedClock()), OPTIONS)
        workbook = openpyxl.Workbook()
        sheet = workbook.active
        sheet.title = "Plan"
        sheet["A1"] = "Marketing 2026"
        for name, key, start in (("Work", "M", sheet["A2"]), ("Shows", "S", sheet[shows])):
            rows = [["Ref", "Activity"], *([f"{key}-{n}", f"{name} {n}"] for n in (1, 2, 3))]
            for down, texts in enumerate(rows):
                for right, text in enumerate(texts):
                    start.offset(down, right).value = text
            sheet.add_table(
                Table(displayName=name, ref=f"{start.coordinate}:{start.offset(3, 1).coordinate}")
            )
        workbook.save(self.path)

    def push(self, *notes: Note) -> list[Receipt]:
        return list(self.connector.push(notes))

    def edit(self, change: Callable[[Any], object]) -> None:
        workbook = openpyxl.load_workbook(self.path)
        change(workbook["Plan"])
        workbook.save(self.path)

    @property
    def sheet(self) -> Any:
        return openpyxl.load_workbook(self.path)["Plan"]

    def areas(self) -> dict[str, str]:
        return {table.displayName: table.ref for table in self.sheet.tables.values()}

    def texts(self, area: str) -> list[list[object]]:
        return [[cell.value for cell in row] for row in self.sheet[area]]

    def answers(self) -> list[tuple[str, ...]]:
        spool = self.folder / "spool"
        spool.mkdir(exist_ok=True)
        pages = [part for part in self.connector.pull({}, [], spool) if isinstance(part, Page)]
        [path] = [page.path for page in pages if page.stream == "answer"]
        wanted = '"@item_key", "@line", "@beside_item", "@beside_code"'
        return duckdb.sql(f"SELECT {wanted} FROM '{path}' ORDER BY 1").fetchall()


def note(key: str, code: str, **more: Any) -> Note:
    message = Message(f"{key} is late", ask="Decide")
    return Note(f"alert-{code}", key, key, "plan.xlsx", code, date(2026, 5, 4), message, **more)


def flagged(key: str, code: str) -> list[object]:
    return [f"{key} is late", "2026-05-04", "Decide.", None, key, code]


BELOW, RIGHT, TOUCHING = "A9", "J2", "D2"


@pytest.mark.parametrize(
    ("shows", "areas", "work", "second"),
    [
        (BELOW, {"Work": "A2:H5", "Shows": "A9:H12"}, "C2:H4", "C9:H11"),
        (RIGHT, {"Work": "A2:H5", "Shows": "J2:Q5"}, "C2:H4", "L2:Q4"),
        ("J4", {"Work": "A2:H5", "Shows": "J4:Q7"}, "C2:H4", "L4:Q6"),
    ],
)
def test_flags_into_both_stand_in_both(shows, areas, work, second, tmp_path) -> None:
    plan = Plan(tmp_path, shows)
    notes = [note("M-2", "A1"), note("S-2", "B2")]
    assert [one.outcome for one in plan.push(*notes)] == ["written", "written"]
    assert plan.areas() == areas
    assert plan.texts(work) == [HUB, [None] * 6, flagged("M-2", "A1")]
    assert plan.texts(second) == [HUB, [None] * 6, flagged("S-2", "B2")]
    assert [one.outcome for one in plan.push(*notes)] == ["already", "already"]


@pytest.mark.parametrize("shows", [BELOW, RIGHT])
def test_a_flag_into_the_second_after_one_into_the_first_leaves_that_alone(shows, tmp_path) -> None:
    plan = Plan(tmp_path, shows)
    plan.push(note("M-2", "A1"))
    before = plan.texts("A1:H5")
    plan.push(note("S-3", "B2"))
    assert plan.texts("A1:H5") == before
    assert plan.areas()["Shows"] == ("A9:H12" if shows == BELOW else "J2:Q5")


@pytest.mark.parametrize(("shows", "cells"), [(BELOW, ("F4", "F11")), (RIGHT, ("F4", "O4"))])
def test_answers_beside_each_are_read_as_those_of_its_items(shows, cells, tmp_path) -> None:
    plan = Plan(tmp_path, shows)
    plan.push(note("M-2", "A1"), note("S-2", "B2"))
    first, second = cells

    def answer(sheet: Any) -> None:
        sheet[first], sheet[second] = "ack", "dispute"

    plan.edit(answer)
    assert plan.answers() == [("M-2", "ack", "M-2", "A1"), ("S-2", "dispute", "S-2", "B2")]


def test_a_drop_down_stands_in_the_answer_cells_of_both(tmp_path) -> None:
    plan = Plan(tmp_path, BELOW)
    plan.push(note("M-2", "A1"))
    assert offered(plan) == ["F3:F5"]
    plan.push(note("S-2", "B2"))
    assert offered(plan) == ["F3:F5 F10:F12"]
    both = Plan(tmp_path, RIGHT)
    both.push(note("M-2", "A1"), note("S-2", "B2"))
    assert offered(both) == ["F3:F5 O3:O5"]


def offered(plan: Plan) -> list[str]:
    return [str(offer.sqref) for offer in plan.sheet.data_validations.dataValidation]


def test_a_sort_of_one_table_is_mended_and_the_other_stays(tmp_path) -> None:
    plan = Plan(tmp_path, BELOW)
    plan.push(note("M-2", "A1"), note("S-2", "B2"))

    def sort(sheet: Any) -> None:
        sheet["A10"], sheet["A11"], sheet["F11"] = "S-2", "S-1", "ack"

    plan.edit(sort)
    plan.push(note("S-2", "B2", previous="plan.xlsx!Plan!C11:H11"))
    assert plan.texts("C10:H11") == [[*flagged("S-2", "B2")[:3], "ack", "S-2", "B2"], [None] * 6]
    assert plan.texts("C4:H4") == [flagged("M-2", "A1")]


def test_a_flag_that_was_pasted_into_the_other_table_is_not_moved_out_of_it(tmp_path) -> None:
    """The other table's cells are decided on by its own items: two tables never edit the same cell."""
    plan = Plan(tmp_path, BELOW)
    plan.push(note("M-2", "A1"), note("S-2", "B2"))

    def paste(sheet: Any) -> None:
        for column in "CDEGH":
            sheet[f"{column}12"], sheet[f"{column}4"] = sheet[f"{column}4"].value, None

    plan.edit(paste)
    outcomes = [one.outcome for one in plan.push(note("M-2", "A1"), note("S-2", "B2"))]
    assert outcomes == ["written", "already"]
    assert plan.texts("C4:H4") == [flagged("M-2", "A1")]
    assert plan.texts("C12:H12") == [flagged("M-2", "A1")]


def test_where_no_columns_fit_between_them_the_left_one_has_its_flags_beside_the_workbook(tmp_path) -> None:
    plan = Plan(tmp_path, TOUCHING)
    left, right = plan.push(note("M-2", "A1"), note("S-2", "B2"))
    assert (right.outcome, right.reference) == ("written", "plan.xlsx!Plan!F4:K4")
    assert (left.outcome, left.reference) == ("written", "plan.interlock.xlsx!Flags!C5:H5")
    assert "too few empty columns between the table 'Work' and the next one" in left.detail
    assert plan.areas() == {"Work": "A2:B5", "Shows": "D2:K5"}


def test_columns_between_them_are_used_where_the_table_itself_takes_none(tmp_path) -> None:
    plan = Plan(tmp_path, "K2")
    plan.edit(lambda sheet: sheet.__setitem__("C2", "a note beside the table"))
    plan.push(note("M-2", "A1"), note("S-2", "B2"))
    assert plan.areas() == {"Work": "A2:B5", "Shows": "K2:R5"}
    assert plan.texts("D2:I4") == [HUB, [None] * 6, flagged("M-2", "A1")]
    plan.edit(lambda sheet: sheet.__setitem__("G4", "ack"))
    assert plan.answers() == [("M-2", "ack", "M-2", "A1")]
