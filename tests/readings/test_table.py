"""Source columns as they are landed, headers as they are found, files as they are told apart."""

from __future__ import annotations

import os

import duckdb
import pytest

from connectors._readings import files
from connectors._readings.blocks import SIZE, Row
from connectors._readings.columns import Mapped, Settings
from connectors._readings.headers import folded, settle
from connectors._readings.table import Table, lay_out, letters, open_desk, source_columns
from connectors.contract import Drifted


def test_source_columns_keep_their_names_and_none_stands_twice():
    headers = ["Amount", "AMOUNT", "", " Net\nvalue ", "_key", "@due", "Amount (2)"]
    assert [name for _, name in source_columns(headers)] == [
        "Amount",
        "AMOUNT (2)",
        "column 3",
        "Net value",
        "column _key",
        "column @due",
        "Amount (2) (2)",
    ]


def test_columns_are_lettered_as_in_a_workbook():
    assert [letters(position) for position in (1, 26, 27, 52, 703)] == ["A", "Z", "AA", "AZ", "AAA"]


def test_every_character_of_a_row_is_kept_as_it_was(tmp_path):
    desk = open_desk()
    odd = 'a "quoted"; text,\twith\nbreaks, \\ and \x01 and 😀'
    lay_out(
        desk,
        Table(
            "f.csv",
            ["One", "Two"],
            [Row(2, [" x ", odd]), Row(3, ["y", "", "z"], fault="too long")],
            "line",
            "fix",
        ),
        [Mapped("one", "text", 1, "One")],
        {"one": "text"},
        Settings(),
    )
    found = desk.execute(
        'SELECT _place, "@one", One, Two, "beyond the columns", _problem FROM laid ORDER BY _row'
    )
    assert found.fetchall() == [
        ("f.csv, line 2", "x", " x ", odd, "", None),
        ("f.csv, line 3", None, "y", None, "z", "too long"),
    ]
    assert list(tmp_path.iterdir()) == []


def test_many_rows_are_worth_all_processors_and_the_next_small_file_one():
    def threads(number_of_rows: int) -> int:
        desk = open_desk()
        rows = (Row(number, ["x"]) for number in range(2, number_of_rows + 2))
        table = Table("f", ["One"], rows, "line", "fix")
        lay_out(desk, table, [Mapped("one", "text", 1, "One")], {"one": "text"}, Settings())
        return desk.execute("SELECT current_setting('threads')").fetchone()[0]

    with duckdb.connect() as other:
        all_of_them = other.execute("SELECT current_setting('threads')").fetchone()[0]
    assert [threads(SIZE), threads(2 * SIZE + 1), threads(1)] == [1, all_of_them, 1]


def test_a_table_without_columns_has_no_rows():
    desk = open_desk()
    lay_out(desk, Table("f.csv", [], [Row(1, [])], "line", "fix"), [], {"one": "text"}, Settings())
    assert desk.execute("FROM laid").fetchall() == []


@pytest.mark.parametrize("header", ["Due", " due ", "DUE", "\ufeffDue", "ï»¿Due", "Due\u00a0"])
def test_a_header_is_known_whatever_its_case_space_or_byte_order_mark(header):
    found = settle("f", 3, "row", ["Ref", header], {"due": ["Due date", "Due"]})
    assert (found.row, found.positions) == (3, {"due": 2})


def test_the_first_alternative_that_is_there_counts():
    found = settle("f", 1, "row", ["Amount", "Net amount"], {"amount": ["Net amount", "Amount"]})
    assert found.positions == {"amount": 2}


def test_a_missing_column_is_named_with_those_that_are_there_the_likeliest_first():
    with pytest.raises(Drifted) as raised:
        settle("plan.xlsx", 4, "row", ["Ref", "Notes", "Due date", None], {"id": ["Ref"], "due": ["Due"]})
    assert str(raised.value) == (
        'plan.xlsx: no column "Due" (due); in row 4 there is "Due date", "Notes", "Ref". If it'
        " was renamed, set"
        " `columns.due` to its header as it is now; else put it back"
    )


def test_a_mapped_header_that_stands_twice_is_no_guess():
    with pytest.raises(Drifted, match='the header "Due" stands more than once'):
        settle("plan.xlsx", 1, "row", ["Due", "due"], {"due": ["Due"]})
    assert folded("due") == folded("Due")


def test_files_are_listed_by_name_without_the_lock_files_of_excel(tmp_path):
    for name in ("b.xlsx", "a.xlsx", "~$a.xlsx", "c.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "d.xlsx").mkdir()
    assert [file.scope for file in files.listed(tmp_path, "*.xlsx")] == ["a.xlsx", "b.xlsx"]
    assert [file.scope for file in files.listed(tmp_path, str(tmp_path / "?.xlsx"))] == ["a.xlsx", "b.xlsx"]
    assert files.listed(tmp_path, "none.xlsx") == []


def test_a_file_name_with_brackets_is_no_glob_where_the_file_is_there(tmp_path):
    (tmp_path / "plan [1].xlsx").write_bytes(b"x")
    assert [file.scope for file in files.listed(tmp_path, "plan [1].xlsx")] == ["plan [1].xlsx"]


def test_a_touched_file_is_unchanged_and_one_of_the_same_size_is_not(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"one")
    known = files.Known("f")
    (file,) = files.listed(tmp_path, "a.csv")
    known.learn(file, files.content(file).sha256)
    assert files.Known.of(known.cursor(), "f").unchanged(file)
    os.utime(path, ns=(1, 1))
    assert known.unchanged(files.listed(tmp_path, "a.csv")[0])
    path.write_bytes(b"two")
    assert not known.unchanged(files.listed(tmp_path, "a.csv")[0])


def test_other_options_make_every_file_unknown(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"one")
    (file,) = files.listed(tmp_path, "a.csv")
    known = files.Known("before")
    known.learn(file, files.content(file).sha256)
    again = files.Known.of(known.cursor(), "after")
    assert (again.files, list(again.before)) == ({}, ["a.csv"])
