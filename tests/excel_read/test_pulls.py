"""Which workbooks are opened, and what is said of those that changed, moved or vanished."""

from __future__ import annotations

import os

import pytest

from connectors.contract import Drifted, Unreadable

HEADER = ["Ref", "Activity", "Due", "Who"]


def item(key):
    return [key, f"Item {key}", None, "Mo"]


def fates(pulled, scope):
    return dict(pulled.rows(scope, "_key, _fate"))


def swap(path, other):
    """Put other bytes under a file's size and time: who opens it sees them, who lists it does not."""
    stat = path.stat()
    data = other.read_bytes()
    path.write_bytes(data[: stat.st_size].ljust(stat.st_size, b"\0"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def test_workbooks_that_did_not_change_are_listed_and_not_opened(trackers):
    first = trackers.write("a.xlsx", [HEADER, item("A-1")])
    trackers.write("b.xlsx", [HEADER, item("B-1")])
    assert trackers.pull(path="*.xlsx").scopes == ["a.xlsx", "b.xlsx"]
    swap(first, trackers.write("other/c.xlsx", [HEADER, item("C-1")]))
    assert trackers.pull(path="*.xlsx").scopes == []
    trackers.write("b.xlsx", [HEADER, item("B-1"), item("B-2")])
    assert trackers.pull(path="*.xlsx").scopes == ["b.xlsx"]


def test_lock_files_of_excel_are_no_workbooks(trackers):
    trackers.write("a.xlsx", [HEADER, item("A-1")])
    (trackers.folder / "~$a.xlsx").write_bytes(b"\x05Somebody")
    pulled = trackers.pull(path="*.xlsx")
    assert (pulled.scopes, pulled.troubles) == (["a.xlsx"], {})


def test_a_workbook_is_opened_again_when_another_takes_or_gives_back_one_of_its_ids(trackers):
    trackers.write("a.xlsx", [HEADER, item("M-1"), item("M-2")])
    trackers.write("b.xlsx", [HEADER, item("M-3")])
    trackers.pull(path="*.xlsx")
    trackers.write("b.xlsx", [HEADER, item("M-3"), item("M-2")])
    pulled = trackers.pull(path="*.xlsx")
    assert fates(pulled, "a.xlsx") == {"M-1": "land", "M-2": "quarantine"}
    assert fates(pulled, "b.xlsx") == {"M-3": "land", "M-2": "quarantine"}
    trackers.write("b.xlsx", [HEADER, item("M-3"), item("M-4")])
    pulled = trackers.pull(path="*.xlsx")
    assert fates(pulled, "a.xlsx") == {"M-1": "land", "M-2": "land"}
    assert fates(pulled, "b.xlsx") == {"M-3": "land", "M-4": "land"}
    trackers.write("b.xlsx", [HEADER, item("M-3")])
    assert trackers.pull(path="*.xlsx").scopes == ["b.xlsx"]


def test_a_row_that_moves_to_another_workbook_lands_there(trackers):
    trackers.write("a.xlsx", [HEADER, item("M-1"), item("M-2")])
    trackers.write("b.xlsx", [HEADER, item("M-3")])
    trackers.pull(path="*.xlsx")
    trackers.write("a.xlsx", [HEADER, item("M-1")])
    trackers.write("b.xlsx", [HEADER, item("M-3"), item("M-2")])
    pulled = trackers.pull(path="*.xlsx")
    assert (fates(pulled, "a.xlsx"), fates(pulled, "b.xlsx")) == (
        {"M-1": "land"},
        {"M-3": "land", "M-2": "land"},
    )


def test_a_workbook_that_vanished_keeps_its_last_good_data_and_is_asked_about_until_it_is_back(trackers):
    path = trackers.write("a.xlsx", [HEADER, item("A-1")])
    trackers.write("b.xlsx", [HEADER, item("B-1")])
    trackers.pull(path="*.xlsx")
    kept = path.rename(trackers.folder / "a.bak")
    trackers.write("b.xlsx", [HEADER, item("B-1"), item("B-2")])
    for scopes in (["b.xlsx"], []):
        pulled = trackers.pull(path="*.xlsx")
        assert (pulled.scopes, list(pulled.troubles)) == (scopes, ["a.xlsx"])
    assert type(pulled.troubles["a.xlsx"]) is Unreadable
    assert str(pulled.troubles["a.xlsx"]).startswith(
        "a.xlsx: this workbook was read before and is no longer there."
    )
    kept.rename(path)
    assert trackers.pull(path="*.xlsx").troubles == {}


def test_a_workbook_that_vanished_is_asked_about_still_when_other_options_changed(trackers):
    path = trackers.write("a.xlsx", [HEADER, item("A-1")])
    trackers.write("b.xlsx", [HEADER, item("B-1")])
    trackers.pull(path="*.xlsx")
    path.unlink()
    for _ in range(2):
        assert list(trackers.pull(path="*.xlsx", decimal=",").troubles) == ["a.xlsx"]


def test_a_workbook_that_was_renamed_is_no_trouble_and_its_old_scope_is_emptied(trackers):
    path = trackers.write("a.xlsx", [HEADER, item("A-1")])
    trackers.pull(path="*.xlsx")
    path.unlink()
    trackers.write("a v2.xlsx", [HEADER, item("A-1"), item("A-2")])
    pulled = trackers.pull(path="*.xlsx")
    assert pulled.troubles == {}
    assert fates(pulled, "a v2.xlsx") == {"A-1": "land", "A-2": "land"}
    assert (fates(pulled, "a.xlsx"), pulled.pages["row", "a.xlsx"].complete) == ({}, True)
    assert trackers.pull(path="*.xlsx").scopes == []


def test_a_workbook_that_path_no_longer_names_is_no_trouble(trackers):
    trackers.write("a.xlsx", [HEADER, item("A-1")])
    trackers.write("b.xlsx", [HEADER, item("B-1")])
    trackers.pull(path="*.xlsx")
    pulled = trackers.pull(path="b.xlsx")
    assert (pulled.scopes, pulled.troubles) == (["b.xlsx"], {})


def test_a_bad_workbook_stops_neither_the_others_nor_its_own_next_try(trackers):
    trackers.write("a.xlsx", [["Ref", "Activity", "Due date", "Who"], item("A-1")])
    trackers.write("b.xlsx", [HEADER, item("B-1")])
    (trackers.folder / "c.xlsx").write_text("Ref,Activity\n")
    pulled = trackers.pull(path="*.xlsx")
    assert pulled.scopes == ["b.xlsx"]
    assert {scope: type(error) for scope, error in pulled.troubles.items()} == {
        "a.xlsx": Drifted,
        "c.xlsx": Unreadable,
    }
    trackers.write("a.xlsx", [HEADER, item("A-1")])
    pulled = trackers.pull(path="*.xlsx")
    assert (pulled.scopes, list(pulled.troubles)) == (["a.xlsx"], ["c.xlsx"])


def test_a_single_workbook_that_is_not_there_is_an_error_of_the_source(trackers):
    with pytest.raises(Unreadable, match="no workbook is there"):
        trackers.pull()
    trackers.write("plan.xlsx", [HEADER, item("A-1")])
    trackers.pull()
    (trackers.folder / "plan.xlsx").unlink()
    with pytest.raises(Unreadable, match="no workbook is there"):
        trackers.pull()


def test_a_glob_that_matches_nothing_and_never_did_is_an_error(trackers):
    with pytest.raises(Unreadable, match="no workbook is there"):
        trackers.pull(path="*.xlsx")


def test_a_failing_sheet_leaves_nothing_of_its_workbook_behind(trackers):
    trackers.write("a.xlsx", sheets={"Plan": [HEADER, item("M-1")], "More": [["Ref"]]})
    trackers.write("b.xlsx", sheets={"Plan": [HEADER, item("M-1")], "More": [HEADER, item("M-2")]})
    pulled = trackers.pull(path="*.xlsx", sheet=["Plan", "More"])
    assert (fates(pulled, "b.xlsx"), list(pulled.troubles)) == ({"M-1": "land", "M-2": "land"}, ["a.xlsx"])


def test_a_workbook_that_cannot_be_understood_leaves_the_others_alone(trackers):
    trackers.write("a.xlsx", [HEADER, ["A-1", "Item A-1", "03/04/2026", "Mo"]])
    trackers.write("b.xlsx", [HEADER, item("B-1")])
    pulled = trackers.pull(path="*.xlsx")
    assert (pulled.scopes, list(pulled.troubles)) == (["b.xlsx"], ["a.xlsx"])


def test_check_says_what_would_land_and_what_would_not(trackers):
    trackers.write("plan.xlsx", [["Plan"], HEADER, item("M-1"), ["M-2", "x", "31.02.2026", None]])
    assert [(finding.level, finding.text) for finding in trackers.connector().check()] == [
        (
            "ok",
            "plan.xlsx, sheet Plan: header in row 2; 1 rows can be read, 1 cannot, 0 are"
            " headings, totals and the"
            " like",
        ),
        (
            "warn",
            'plan.xlsx, sheet Plan, row 4: C4 (Due): "31.02.2026" is no date; correct it in the tracker',
        ),
    ]
    (trackers.folder / "plan.xlsx").write_bytes(b"no")
    assert [finding.level for finding in trackers.connector().check()] == ["fail"]
