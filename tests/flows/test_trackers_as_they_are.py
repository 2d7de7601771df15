"""Trackers as teams keep them, through the whole run: no ids, copies beside them, names spelled anyhow."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

from openpyxl import load_workbook

from tests.flows.conftest import DAY, TRACKER, Company

TITLES = {name: header for name, header in TRACKER.items() if name not in ("id", "parent")}


def slipping(company: Company) -> Path:
    """IT's platform is late for a campaign in a tracker of Marketing's that has no ids."""
    company.tracker(
        "it", [{"id": "P-1", "title": "Build the platform", "due": "2026-05-29", "owner": "Dana Smiht"}]
    )
    company.tracker("marketing", [
        {"title": "Launch campaign", "start": "2026-04-01", "due": "2026-04-30", "owner": "Mo",
         "depends_on": "it:P-1", "need_by": "2026-04-01"},
        {"title": "Brief agency", "start": "2026-04-01", "due": "2026-04-30", "owner": "Mo"},
        {"title": "Print flyers", "start": "2026-04-01", "due": "2026-04-30", "owner": "Mo"},
    ], columns=TITLES, path="marketing*.xlsx")  # fmt: skip
    return company.folder / "marketing.xlsx"


def flagged(path: Path) -> dict[str, str]:
    """Title → the key that stands beside its flag."""
    sheet = load_workbook(path)["Plan"]
    at = {cell.value: cell.column for cell in sheet[1]}
    rows = range(2, sheet.max_row + 1)
    found = {sheet.cell(row, at["Activity"]).value: sheet.cell(row, at["Hub item"]).value for row in rows}
    return {title: key for title, key in found.items() if key}


def test_a_flag_stays_with_its_row_though_the_row_has_no_id(company: Company) -> None:
    path = slipping(company)
    company.sync()
    (key,) = flagged(path).values()
    before = company.keys()
    book = load_workbook(path)
    book["Plan"].insert_rows(2)
    book["Plan"]["B2"], book["Plan"]["B3"] = "Something new", "Launch the campaign"
    book.save(path)
    told = company.sync(DAY + timedelta(days=1)).err
    assert f'"Launch the campaign" is taken for {key}, which was "Launch campaign"' in told
    assert flagged(path) == {"Launch the campaign": key}
    assert company.keys() == before


def test_a_copy_of_a_tracker_is_told_of_and_brings_no_work(company: Company) -> None:
    path = slipping(company)
    company.sync()
    shutil.copy(path, path.with_name("marketing v3 FINAL.xlsx"))
    told = company.sync(DAY + timedelta(days=1)).err
    assert (
        "marketing: marketing v3 FINAL.xlsx: this is a copy of marketing.xlsx (all 3 rows are told alike)"
        in told
    )
    assert len(company.view("FROM work_item WHERE source_id = 'marketing'")) == 3


def test_a_name_that_is_nearly_somebodys_is_suggested_and_never_taken(company: Company) -> None:
    slipping(company)
    company.sync()
    assert (
        'look it: "Dana Smiht", who owns 1 item, is nobody under `people`; perhaps dana@x.example ("Dana Smith"): if'
        ' so, add "Dana Smiht" to the `aliases`\n'
    ) in company.run("check").out
    assert company.view("SELECT owner_id FROM work_item WHERE native_key = 'P-1'") == [
        {"owner_id": "it:Dana Smiht"}
    ]
