"""What becomes of each row of a tracker."""

from __future__ import annotations

from datetime import date, datetime

import duckdb
import pytest

from connectors.contract import ANSWER, Drifted

HEADER = ["Ref", "Activity", "Due", "Who"]
ITEM = ["M-1", "Campaign", date(2026, 3, 31), "Mo"]


def test_a_row_lands_with_what_its_columns_say(trackers):
    columns = {
        "id": "Ref", "title": "Activity", "due": "Due", "progress": "% done", "estimate": "Days",
        "depends_on": "Needs",
    }  # fmt: skip
    trackers.write(
        "plan.xlsx",
        [
            ["Ref", "Activity", "Due", "% done", "Days", "Needs", "Notes"],
            [12, " Campaign ", datetime(2026, 3, 31, 17, 30), 0.4, "2w", 'PLAT-42;\n"Data bridge"', True],
            ["M-2", "Launch", "tbc", "100%", 3, None, 1.5],
        ],
    )
    pulled = trackers.pull(columns)
    named = (
        '_key, _place, "@title", "@due", "@progress", "@estimate", "@depends_on", "@owner", "% done", Notes'
    )
    assert pulled.rows("plan.xlsx", named) == [
        (
            "12",
            "plan.xlsx, sheet Plan, row 2",
            "Campaign",
            "2026-03-31",
            "0.4",
            "10",
            'PLAT-42;\n"Data bridge"',
            None,
            "0.4",
            "TRUE",
        ),
        ("M-2", "plan.xlsx, sheet Plan, row 3", "Launch", None, "1", "3", None, None, "100%", "1.5"),
    ]
    page = pulled.pages["row", "plan.xlsx"]
    assert (page.complete, sorted(page.facts)) == (True, ["bytes", "sha256"])


def test_the_header_may_stand_in_any_row_and_column(trackers):
    trackers.write(
        "plan.xlsx",
        [["Marketing plan 2026"], [], [None, None, "REF", " activity ", "due", "Who"], [None, None, *ITEM]],
    )
    assert trackers.pull().rows("plan.xlsx", '_row, _key, "@title", "@due"') == [
        (4, "M-1", "Campaign", "2026-03-31")
    ]


@pytest.mark.parametrize("many", [20_000, 0])
def test_headings_totals_repeated_headers_and_notes_are_dropped_each_with_its_rule(
    trackers, monkeypatch, many
):
    """Also as of a large sheet, which is spooled unsorted: on few rows DuckDB turns joins round, and that is seen."""
    monkeypatch.setattr("connectors.excel.read.MANY", many)
    trackers.write(
        "plan.xlsx",
        [
            [*HEADER, "Days", None, "Key"],
            ["Phase 1: Discovery"],
            [*ITEM, 5],
            HEADER,
            [None, "Phase 2"],
            ["M-2", "Launch", None, None, 3],
            [None, None, None, None, None, None, "In progress"],
            ["Total", None, None, None, 8],
            [],
            ["M-99"],
            [None, "Everything here is provisional."],
        ],
        merged=["A2:D2"],
    )
    assert trackers.pull().rows("plan.xlsx", "_row, _fate, _reason") == [
        (2, "drop", "a heading, or an id without an item"),
        (3, "land", None),
        (4, "drop", "the header again"),
        (5, "drop", "a heading: one cell in the whole row"),
        (6, "land", None),
        (7, "drop", "nothing stands in a mapped column"),
        (8, "drop", "a total"),
        (10, "drop", "a heading, or an id without an item"),
        (11, "drop", "a heading: one cell in the whole row"),
    ]


def test_an_unreadable_cell_quarantines_its_row_and_names_it(trackers):
    trackers.write("plan.xlsx", [HEADER, ITEM, ["M-2", "Launch", "31.02.2026", "Mo"]])
    assert trackers.pull().rows("plan.xlsx")[1] == (
        3,
        "M-2",
        "quarantine",
        'C3 (Due): "31.02.2026" is no date; correct it in the tracker',
    )


def test_a_blank_id_with_content_is_quarantined(trackers):
    trackers.write("plan.xlsx", [HEADER, ITEM, [None, "Launch", None, "Mo"]])
    assert trackers.pull().rows("plan.xlsx")[1] == (
        3,
        None,
        "quarantine",
        "A3 (Ref): blank, but the row has content; give the row an id, or clear it",
    )


def test_an_id_that_stands_twice_lands_from_neither_row_over_sheets_and_files(trackers):
    trackers.write(
        "a.xlsx",
        sheets={
            "Plan": [HEADER, ITEM, ["M-2", "Launch", None, "Mo"]],
            "More": [HEADER, ["M-1.0", "x", None, "y"], ITEM],
        },
    )
    trackers.write("b.xlsx", [HEADER, ["M-2", "Other", None, "Al"], ["M-3", "Alone", None, "Al"]])
    pulled = trackers.pull(path="*.xlsx", sheet=None)
    assert pulled.rows("a.xlsx") == [
        (2, "M-1", "land", None),
        (
            3,
            "M-2",
            "quarantine",
            'the id "M-2" stands also in b.xlsx, sheet Plan, row 2; give each row an id of its own',
        ),
    ]
    assert (
        pulled.rows("b.xlsx")[0][3]
        == 'the id "M-2" stands also in a.xlsx, sheet Plan, row 3; give each row an id of its own'
    )
    both = trackers.pull(path="a.xlsx", sheet=["Plan", "more"])
    assert both.rows("a.xlsx", "_place, _key, _fate") == [
        ("a.xlsx, sheet Plan, row 2", "M-1", "quarantine"),
        ("a.xlsx, sheet Plan, row 3", "M-2", "land"),
        ("a.xlsx, sheet More, row 2", "M-1.0", "land"),
        ("a.xlsx, sheet More, row 3", "M-1", "quarantine"),
    ]


def test_a_merged_cell_counts_for_each_of_its_rows(trackers):
    trackers.write(
        "plan.xlsx",
        [HEADER, ITEM, ["M-2", "Launch", None, None], ["M-3", "Review", None, None]],
        merged=["D2:D4", "C2:C3"],
    )
    assert trackers.pull().rows("plan.xlsx", '_key, "@owner", "@due"') == [
        ("M-1", "Mo", "2026-03-31"),
        ("M-2", "Mo", "2026-03-31"),
        ("M-3", "Mo", None),
    ]


@pytest.mark.parametrize(("error", "column"), [("#REF!", "C"), ("#N/A", "D"), ("#DIV/0!", "B")])
def test_an_error_value_in_a_mapped_column_quarantines_the_row(trackers, error, column):
    row = {"A": "M-1", "B": "Campaign", "C": None, "D": "Mo"} | {column: error}
    trackers.write("plan.xlsx", [HEADER, list(row.values()), ["M-2", "Launch", None, None]])
    header = HEADER["ABCD".index(column)]
    assert trackers.pull().rows("plan.xlsx") == [
        (2, "M-1", "quarantine", f"{column}2 ({header}): holds the error {error}; correct it in the tracker"),
        (3, "M-2", "land", None),
    ]


def test_an_error_value_elsewhere_harms_nobody_and_is_kept(trackers):
    trackers.write("plan.xlsx", [[*HEADER, "Cost"], [*ITEM, "#REF!"]])
    assert trackers.pull().rows("plan.xlsx", "_fate, Cost") == [("land", "#REF!")]


@pytest.mark.parametrize("since_1904", [False, True])
def test_dates_and_serial_numbers_of_both_calendars(trackers, since_1904):
    serial = (date(2026, 3, 31) - (date(1904, 1, 1) if since_1904 else date(1899, 12, 30))).days
    trackers.write("plan.xlsx", [HEADER, ITEM, ["M-2", "Launch", serial, None]], since_1904=since_1904)
    assert trackers.pull().rows("plan.xlsx", '"@due"') == [("2026-03-31",), ("2026-03-31",)]


def test_an_ambiguous_column_of_text_dates_is_asked_about(trackers):
    trackers.write("plan.xlsx", [HEADER, ["M-1", "Campaign", "03/04/2026", "Mo"]])
    with pytest.raises(
        Drifted,
        match=r"plan.xlsx, sheet Plan, column C .Due.: .* in C2. Say which it is: add `date_order: dmy`",
    ):
        trackers.pull()
    assert trackers.pull(date_order="dmy").rows("plan.xlsx", '"@due"') == [("2026-04-03",)]


def test_columns_of_the_hub_are_not_part_of_the_row(trackers):
    trackers.write(
        "plan.xlsx",
        [
            [*HEADER, "Hub flag", "HUB ANSWER"],
            [*ITEM, "late", "ack"],
            [None, None, None, None, "late", "ack"],
        ],
    )
    pulled = trackers.pull()
    (row,) = duckdb.sql(f"FROM '{pulled.pages['row', 'plan.xlsx'].path}'").fetchall()
    assert "late" not in row
    assert "ack" not in row


def test_an_answer_beside_an_item_is_read_with_what_stands_beside_it(trackers):
    hub = ["Hub flag", "Hub since", "Hub ask", "Hub answer", "Hub item", "Hub code"]
    trackers.write(
        "plan.xlsx",
        [
            [*HEADER, *hub],
            [
                *ITEM,
                "late",
                "2026-03-02",
                "decide",
                " Interlock: accept up to 10d [B-7]\nbecause",
                "M-1",
                "B-7",
            ],
            ["M-2", "Launch", "31.02.2026", None, None, None, None, "ack", "M-1", None],
            ["M-3", "Review", None, "Mo", "late", None, None, "  ", "M-3", "B-8"],
            ["M-4", "Twin", None, "Mo", None, None, None, "ack"],
            ["M-4", "Twin", None, "Mo", None, None, None, "ack"],
            [None, "Nobody's", None, "Mo", None, None, None, "ack"],
        ],
    )
    pulled = trackers.pull()
    named = "_key, _row, _fate, " + ", ".join(f'"@{name}"' for name in ANSWER.reads)
    assert pulled.rows("plan.xlsx", named, "answer") == [
        (
            "M-1/answer",
            2,
            "land",
            "M-1",
            None,
            None,
            None,
            "unproven",
            "accept up to 10d [B-7]",
            "M-1",
            "B-7",
            None,
        ),
        ("M-2/answer", 3, "land", "M-2", None, None, None, "unproven", "ack", "M-1", None, None),
    ]


def test_the_headers_of_the_hub_can_be_named(trackers):
    trackers.write("plan.xlsx", [[*HEADER, "Answer"], [*ITEM, "ack"]])
    pulled = trackers.pull(write={"answer": "answer"})
    assert pulled.rows("plan.xlsx", '"@line", answer', "answer") == [("ack", "ack")]
    assert trackers.connector(write={"answer": "Antwort"}).answer_cell == "Antwort"


def test_a_tracker_without_answers_says_so_with_an_empty_page(trackers):
    trackers.write("plan.xlsx", [HEADER, ITEM])
    page = trackers.pull().pages["answer", "plan.xlsx"]
    assert (page.complete, duckdb.sql(f"FROM '{page.path}'").fetchall()) == (True, [])


@pytest.mark.parametrize("stream", ["row", "answer"])
def test_the_pages_have_the_columns_that_the_contract_names(trackers, stream):
    trackers.write("plan.xlsx", [[*HEADER, "Hub answer", None, "Notes"], [*ITEM, "ack", None, "x"]])
    page = trackers.pull().pages[stream, "plan.xlsx"]
    reads = next(one.reads for one in trackers.connector().streams if one.name == stream)
    own = [*HEADER, "Notes"] if stream == "row" else ["Hub answer"]
    names = ["_key", "_place", "_row", "_fate", "_reason", *(f"@{name}" for name in reads), *own]
    found = duckdb.sql(f"DESCRIBE FROM '{page.path}'").project("column_name, column_type").fetchall()
    assert dict(found) == {name: "BIGINT" if name == "_row" else "VARCHAR" for name in names}


def test_of_several_columns_whose_dates_read_in_two_ways_one_and_always_the_same_is_asked_about(trackers):
    names = ["actual_start", "deadline", "due", "finish", "need_by", "start"]
    trackers.write("plan.xlsx", [["Ref", "Activity", *names], ["M-1", "Brief", *["03/04/2026"] * len(names)]])
    columns = {"id": "Ref", "title": "Activity", **{name: name for name in names}}
    for _ in range(5):
        with pytest.raises(Drifted, match=r"column H \(start\): every date"):
            trackers.pull(columns)
