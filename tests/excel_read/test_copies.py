"""Copies of whole workbooks: recognised, flagged, and never new work."""

from __future__ import annotations

import shutil

import pytest

HEADER = ["Ref", "Activity", "Due", "Who"]


def item(key, title=None):
    return [key, title or f"Item {key}", None, "Mo"]


def items(letter, count, start=1):
    return [item(f"{letter}-{number}") for number in range(start, start + count)]


def fates(pulled, scope):
    return dict(pulled.rows(scope, "_key, _fate"))


@pytest.mark.parametrize(
    "columns", [{"id": "Ref", "title": "Activity"}, {"title": "Activity", "owner": "Who"}]
)
def test_a_copy_under_another_name_is_flagged_and_not_read_as_work(trackers, columns):
    path = trackers.write("plan.xlsx", [HEADER, *items("M", 4)])
    first = fates(trackers.pull(columns, path="*.xlsx"), "plan.xlsx")
    shutil.copy(path, trackers.folder / "a plan v3 FINAL.xlsx")
    pulled = trackers.pull(columns, path="*.xlsx")
    assert fates(pulled, "a plan v3 FINAL.xlsx") == {}
    assert list(pulled.pages["row", "a plan v3 FINAL.xlsx"].notes) == [
        "a plan v3 FINAL.xlsx: this is a copy of plan.xlsx (all 4 rows are told alike), so it was not read as new"
        " work. Move it out of what `path` matches; if it is the one in use now, move the other"
    ]
    assert pulled.troubles == {}
    assert all(fates(pulled, scope) == first for scope in pulled.scopes if scope == "plan.xlsx")
    assert trackers.pull(columns, path="*.xlsx").scopes == []


@pytest.mark.parametrize(
    "columns", [{"id": "Ref", "title": "Activity"}, {"title": "Activity", "owner": "Who"}]
)
def test_a_copy_that_people_worked_on_is_a_copy_still(trackers, columns):
    trackers.write("plan.xlsx", [HEADER, *items("M", 9)])
    trackers.pull(columns, path="*.xlsx")
    trackers.write("plan new.xlsx", [HEADER, *items("M", 9)[1:], item("M-10")])
    pulled = trackers.pull(columns, path="*.xlsx")
    assert fates(pulled, "plan new.xlsx") == {}
    assert "8 of 9 rows are told alike" in pulled.pages["row", "plan new.xlsx"].notes[0]
    # The original goes its way; who did not touch the copy has no new tracker.
    trackers.write("plan.xlsx", [HEADER, *items("M", 9, start=6)])
    assert trackers.pull(columns, path="*.xlsx").scopes == ["plan.xlsx"]


@pytest.mark.parametrize(
    "columns", [{"id": "Ref", "title": "Activity"}, {"title": "Activity", "owner": "Who"}]
)
def test_where_the_original_is_gone_the_copy_counts_and_its_rows_keep_their_keys(trackers, columns):
    path = trackers.write("plan.xlsx", [HEADER, *items("M", 4)])
    first = fates(trackers.pull(columns, path="*.xlsx"), "plan.xlsx")
    shutil.copy(path, trackers.folder / "plan FINAL.xlsx")
    trackers.pull(columns, path="*.xlsx")
    path.unlink()
    pulled = trackers.pull(columns, path="*.xlsx")
    assert (fates(pulled, "plan FINAL.xlsx"), fates(pulled, "plan.xlsx"), pulled.troubles) == (first, {}, {})


def test_of_two_that_are_new_the_one_whose_name_says_less_of_a_copy_counts(trackers):
    path = trackers.write("plan.xlsx", [HEADER, *items("M", 4)])
    shutil.copy(path, trackers.folder / "Copy of plan.xlsx")
    pulled = trackers.pull(path="*.xlsx")
    assert (len(fates(pulled, "plan.xlsx")), len(fates(pulled, "Copy of plan.xlsx"))) == (4, 0)


def test_of_two_that_are_new_and_say_nothing_each_row_is_quarantined(trackers):
    path = trackers.write("plan a.xlsx", [HEADER, *items("M", 4)])
    shutil.copy(path, trackers.folder / "plan b.xlsx")
    pulled = trackers.pull(path="*.xlsx")
    assert {*fates(pulled, "plan a.xlsx").values(), *fates(pulled, "plan b.xlsx").values()} == {"quarantine"}


def test_teams_that_number_their_rows_alike_are_no_copies_of_each_other(trackers):
    trackers.write("a.xlsx", [HEADER, *(item(n, f"Ours {n}") for n in range(1, 6))])
    trackers.pull(path="*.xlsx")
    trackers.write("a copy.xlsx", [HEADER, *(item(n, f"Theirs {n}") for n in range(1, 6))])
    assert set(fates(trackers.pull(path="*.xlsx"), "a copy.xlsx").values()) == {"quarantine"}


def test_a_new_tracker_with_some_of_anothers_rows_is_no_copy(trackers):
    trackers.write("a.xlsx", [HEADER, *items("M", 6)])
    trackers.pull(path="*.xlsx")
    trackers.write("b.xlsx", [HEADER, *items("M", 2), *items("N", 4)])
    pulled = trackers.pull(path="*.xlsx")
    assert fates(pulled, "b.xlsx")["N-1"] == "land"
    assert fates(pulled, "b.xlsx")["M-1"] == fates(pulled, "a.xlsx")["M-1"] == "quarantine"


def test_a_copy_whose_rows_were_replaced_is_a_tracker_of_its_own(trackers):
    path = trackers.write("plan.xlsx", [HEADER, *items("M", 4)])
    trackers.pull(path="*.xlsx")
    shutil.copy(path, trackers.folder / "next year.xlsx")
    trackers.pull(path="*.xlsx")
    trackers.write("next year.xlsx", [HEADER, *items("N", 4)])
    pulled = trackers.pull(path="*.xlsx")
    assert set(fates(pulled, "next year.xlsx").values()) == {"land"}


def test_check_names_copies(trackers):
    path = trackers.write("plan.xlsx", [HEADER, *items("M", 4)])
    shutil.copy(path, trackers.folder / "plan (1).xlsx")
    found = [(finding.level, finding.text) for finding in trackers.connector(path="*.xlsx").check()]
    assert [level for level, _ in found] == ["warn", "ok"]
    assert found[0][1].startswith("plan (1).xlsx: this is a copy of plan.xlsx")
