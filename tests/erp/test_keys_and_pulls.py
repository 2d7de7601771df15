"""What a posting is known by, and what is read again when files change."""

from __future__ import annotations

import os
from decimal import Decimal

import duckdb
import pytest

from connectors.contract import Unreadable

DECLARED = {"document": "Doc", "line": "Line", "posting_date": "Date", "amount": "Amount"}


def keys(pulled, scope):
    return [key for (key,) in pulled.lines(scope, "_key")]


def test_a_declared_key_names_company_ledger_year_document_and_line(exports):
    columns = DECLARED | {"company_code": "Co", "ledger": "L", "fiscal_year": "Year"}
    exports.write(
        "a.csv",
        "Co;L;Year;Doc;Line;Date;Amount\n1000;0L;2026;4711;1.0;31.03.2026;1,00\n1000;;2026;4711;2;31.03.2026;1,00\n",
    )
    assert keys(exports.pull(columns), "a.csv") == ["1000|0L|2026|4711|1", "1000||2026|4711|2"]
    assert exports.connector(columns).streams[0].unique
    assert not exports.connector().streams[0].unique


def test_a_declared_key_that_stands_twice_quarantines_both_each_naming_the_other(exports):
    exports.write(
        "a.csv", "Doc;Line;Date;Amount\n1;1;31.03.2026;1,00\n1;2;31.03.2026;2,00\n1;1;31.03.2026;3,00\n"
    )
    assert exports.pull(DECLARED).lines("a.csv", "_row, _fate, _key, _reason") == [
        (2, "quarantine", "|||1|1", "document 1 line 1 stands also in line 4; correct it in the export"),
        (3, "land", "|||1|2", None),
        (4, "quarantine", "|||1|1", "document 1 line 1 stands also in line 2; correct it in the export"),
    ]


def test_the_same_line_twice_in_a_file_is_two_postings_and_in_two_exports_one(exports, export):
    exports.write("a.csv", export("1;30.03.2026;1,00;a", "2;31.03.2026;2,00;b", "2;31.03.2026;2,00;b"))
    exports.write("b.csv", export("2;31.03.2026;2,00;b", "2;31.03.2026;2,00;b", "3;31.03.2026;3,00;c"))
    pulled = exports.pull()
    in_a, in_b = keys(pulled, "a.csv"), keys(pulled, "b.csv")
    assert len(set(in_a)) == len(set(in_b)) == 3
    assert set(in_a) & set(in_b) == set(in_a[1:])
    assert [key[-2:] for key in in_a] == ["#1", "#1", "#2"]


def test_the_hash_of_a_line_does_not_depend_on_the_order_of_columns_or_on_blank_ones(exports):
    exports.write("a.csv", "Doc;Date;Amount;Text\n1;31.03.2026;1,00;a\n")
    exports.write("b.csv", 'Text,Amount,New,Date,Doc\n a ,"1,00",,31.03.2026,1\n')
    pulled = exports.pull()
    assert keys(pulled, "a.csv") == keys(pulled, "b.csv")


def test_a_line_of_a_declared_key_without_its_number_falls_back_to_the_hash(exports):
    exports.write("a.csv", "Doc;Line;Date;Amount\n1;;31.03.2026;1,00\n1;;31.03.2026;1,00\n")
    assert [key[-2:] for key in keys(exports.pull(DECLARED), "a.csv")] == ["#1", "#2"]


def test_a_quarantined_line_keeps_its_key(exports):
    exports.write("a.csv", "Doc;Line;Date;Amount\n1;1;31.02.2026;1,00\n")
    assert exports.pull(DECLARED).lines("a.csv", "_key, _fate") == [("|||1|1", "quarantine")]


def test_files_that_did_not_change_are_not_read_again(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a"))
    assert list(exports.pull().pages) == ["a.csv"]
    exports.write("b.csv", export("2;31.03.2026;2,00;b"))
    assert list(exports.pull().pages) == ["b.csv"]
    # Other bytes under the same size and time: who opens the file sees them.
    stat = (exports.folder / "a.csv").stat()
    exports.write("a.csv", export("9;31.03.2026;9,00;z"))
    os.utime(exports.folder / "a.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert list(exports.pull().pages) == []


def test_when_a_file_changed_in_place_all_are_read_again(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a"))
    exports.write("b.csv", export("2;31.03.2026;2,00;b"))
    exports.pull()
    exports.write("a.csv", export("1;31.03.2026;1,00;a", "3;31.03.2026;3,00;c"))
    pulled = exports.pull()
    assert [(page.scope, page.complete) for page in pulled.pages.values()] == [
        ("a.csv", True),
        ("b.csv", True),
    ]


def test_nothing_counts_as_gone_while_one_of_the_files_cannot_be_read(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a", "2;31.03.2026;2,00;b"))
    exports.write("b.csv", export("2;31.03.2026;2,00;b"))
    exports.pull()
    exports.write("a.csv", export("1;31.03.2026;1,00;a"))
    exports.write("b.csv", export("2;31.03.2026;2,00;b", "Total;;9,00;"))
    pulled = exports.pull()
    assert ([(page.scope, page.complete) for page in pulled.pages.values()], list(pulled.troubles)) == (
        [("a.csv", False)],
        ["b.csv"],
    )
    exports.write("b.csv", export("2;31.03.2026;2,00;b", "Total;;2,00;"))
    assert [(page.scope, page.complete) for page in exports.pull().pages.values()] == [
        ("a.csv", True),
        ("b.csv", True),
    ]


def test_what_was_gone_is_told_once_a_new_file_that_could_not_be_read_can_be(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a", "2;31.03.2026;2,00;b"))
    exports.pull()
    exports.write("a.csv", export("1;31.03.2026;1,00;a"))
    exports.write("b.csv", export("2;31.03.2026;2,00;b", "Total;;9,00;"))
    assert [page.complete for page in exports.pull().pages.values()] == [False]
    exports.write("b.csv", export("2;31.03.2026;2,00;b", "Total;;2,00;"))
    assert [(page.scope, page.complete) for page in exports.pull().pages.values()] == [
        ("a.csv", True),
        ("b.csv", True),
    ]


def test_an_export_that_was_archived_is_no_error(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a"))
    exports.pull()
    (exports.folder / "a.csv").unlink()
    pulled = exports.pull()
    assert (pulled.pages, pulled.troubles) == ({}, {})


def test_a_file_that_is_held_back_is_looked_at_again_until_it_ties(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a", "Total;;2,00;"))
    assert list(exports.pull().troubles) == ["a.csv"]
    assert list(exports.pull().troubles) == ["a.csv"]
    exports.write("a.csv", export("1;31.03.2026;1,00;a", "Total;;1,00;"))
    assert list(exports.pull().pages) == ["a.csv"]


def test_other_options_read_every_file_anew(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a"))
    exports.pull()
    assert list(exports.pull(decimal=",").pages) == ["a.csv"]


@pytest.mark.parametrize(
    ("cut", "problem"),
    [
        (-14, "its last line (3) has 2 of 4 cells and no line end"),
        (-4, "the quote that opens in line 3 is never closed"),
    ],
)
def test_a_file_that_was_cut_short_is_held_back_whole(exports, export, cut, problem):
    exports.write("a.csv", export("1;31.03.2026;1,00;a", '2;31.03.2026;2,00;"b"')[:cut])
    error = exports.pull().troubles["a.csv"]
    assert type(error) is Unreadable
    assert str(error) == (
        f"a.csv: the file was cut short: {problem}. Nothing of this file was taken. Export it again"
    )


def test_a_file_cut_within_a_character_is_held_back(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;Müll").encode()[:-5])
    assert "cut short: it ends within a character" in str(exports.pull().troubles["a.csv"])


def test_a_whole_last_line_needs_no_line_end(exports, export):
    exports.write("a.csv", export("1;31.03.2026;1,00;a", "2;31.03.2026;2,00;b").removesuffix("\r\n"))
    assert exports.pull().sums("a.csv") == {"land": (2, Decimal("3.0000"))}


def test_exports_in_folders_are_told_apart_by_their_path(exports, export):
    exports.write("2026/a.csv", export("1;31.03.2026;1,00;a"))
    exports.write("2025/a.csv", export("1;31.03.2025;1,00;a"))
    pulled = exports.pull(path="20*/*.csv")
    assert list(pulled.pages) == ["2025/a.csv", "2026/a.csv"]
    places = [duckdb.sql(f"SELECT _place FROM '{page.path}'").fetchone() for page in pulled.pages.values()]
    assert places == [("2025/a.csv, line 2",), ("2026/a.csv, line 2",)]
