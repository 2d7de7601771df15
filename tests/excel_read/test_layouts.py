"""What people do to a sheet around its rows: headers of two rows, units, notes, tables, groups, comments."""

from __future__ import annotations

from datetime import timedelta

import openpyxl
import pytest
from openpyxl.comments import Comment
from openpyxl.styles import Alignment
from openpyxl.worksheet.table import Table

from connectors.contract import Drifted, Unreadable
from connectors.excel import locate
from connectors.excel.profile import profile

HEADER = ["Ref", "Activity", "Due", "Who"]


def item(key, title="Item", due="2026-03-31", who="Mo"):
    return [key, title, due, who]


def fates(pulled):
    return pulled.rows("plan.xlsx", "_row, _key, _fate")


def reasons(pulled, fate="drop"):
    return [
        (row, reason)
        for row, found, reason in pulled.rows("plan.xlsx", "_row, _fate, _reason")
        if found == fate
    ]


def changed(trackers, change):
    """The workbook once more, its sheet as `change` leaves it."""
    path = trackers.folder / "plan.xlsx"
    book = openpyxl.load_workbook(path)
    change(book["Plan"])
    book.save(path)


TWO_ROWS = [
    ["Marketing plan"],
    ["Ref", "Activity", "Planned", None, "Actual", None],
    [None, None, "Start", "Finish", "Start", "Finish"],
    ["M-1", "Campaign", "2026-03-01", "2026-03-31", "2026-03-02", None],
]
TWO_COLUMNS = {
    "id": "Ref",
    "title": "Activity",
    "start": "Planned Start",
    "due": "Planned / Finish",
    "actual_start": "Actual: Start",
}


@pytest.mark.parametrize("merged", [["C2:D2", "E2:F2", "A2:A3", "B2:B3"], ["C2:D2", "E2:F2"]])
def test_a_header_of_two_rows_names_its_columns_by_both(trackers, merged):
    trackers.write("plan.xlsx", TWO_ROWS, merged=merged)
    pulled = trackers.pull(TWO_COLUMNS)
    assert pulled.rows("plan.xlsx", '_row, _key, "@start", "@due", "@actual_start"') == [
        (4, "M-1", "2026-03-01", "2026-03-31", "2026-03-02")
    ]
    (sheet,) = locate(trackers.folder / "plan.xlsx", trackers.options(TWO_COLUMNS)).sheets
    assert (sheet.header_row, sheet.columns["Planned / Finish"], sheet.rows) == (3, 4, {"M-1": 4})


def test_a_word_of_the_lower_row_that_stands_once_needs_no_second(trackers):
    lines = [
        ["Ref", "Activity", "Dates", None],
        [None, None, "Start", "Due"],
        ["M-1", "Campaign", None, "2026-03-31"],
    ]
    trackers.write("plan.xlsx", lines, merged=["C1:D1"])
    columns = {"id": "Ref", "title": "Activity", "due": "Due", "start": "Start"}
    assert trackers.pull(columns).rows("plan.xlsx", '_row, "@due"') == [(3, "2026-03-31")]


EFFORT = [
    ["Ref", "Activity", "Dates", None, "Effort"],
    [None, None, "Start", "Due", "(days)"],
    ["M-1", "Campaign", None, "2026-03-31", 3],
]


@pytest.mark.parametrize("header", ["Effort", "Effort (days)", "(days)"])
def test_a_unit_under_a_word_is_part_of_it(trackers, header):
    trackers.write("plan.xlsx", EFFORT, merged=["C1:D1"])
    columns = {"id": "Ref", "title": "Activity", "due": "Due", "estimate": header}
    assert trackers.pull(columns).rows("plan.xlsx", '_row, "@due", "@estimate"') == [(3, "2026-03-31", "3")]
    (one,) = profile(trackers.folder / "plan.xlsx")
    assert one.mapping["estimate"] == "Effort (days)"


def test_a_word_that_stands_under_two_groups_is_asked_about(trackers):
    trackers.write("plan.xlsx", TWO_ROWS, merged=["C2:D2", "E2:F2"])
    with pytest.raises(Drifted, match=r'no column "Start" .* there is .*"Planned Start"'):
        trackers.pull({"id": "Ref", "title": "Activity", "start": "Start"})


def test_a_row_of_units_below_the_header_is_no_item(trackers):
    trackers.write("plan.xlsx", [HEADER, ["no.", "text", "(dd.mm.yyyy)", None], item("M-1")], merged=[])
    pulled = trackers.pull()
    assert fates(pulled)[1] == (3, "M-1", "land")
    trackers.write("plan.xlsx", [HEADER, [None, "text", "[dd.mm.yyyy]", "Name"], item("M-1")])
    pulled = trackers.pull()
    assert reasons(pulled) == [(2, "the units of the columns")]


def test_notes_below_the_table_are_no_items(trackers):
    lines = [
        HEADER,
        item("M-1"), item("M-2"), [], item("M-3"),
        ["Total", None, None, 3],
        [],
        ["Status", "Meaning"],
        ["A-1", "on track"],
    ]  # fmt: skip
    trackers.write("plan.xlsx", lines)
    assert reasons(trackers.pull()) == [
        (6, "a total"),
        (8, "stands below the table, apart from it"),
        (9, "stands below the table, apart from it"),
    ]


def test_a_key_to_the_colours_two_rows_below_is_none_but_an_item_is(trackers):
    trackers.write("plan.xlsx", [HEADER, item("M-1"), item("M-2"), [], [], ["R", "late"], ["G", "on time"]])
    assert [row for row, _ in reasons(trackers.pull())] == [6, 7]
    trackers.write("plan.xlsx", [HEADER, item("M-1"), item("M-2"), [], [], ["M-3", "Launch"]])
    assert fates(trackers.pull())[-1] == (6, "M-3", "land")


def test_tables_are_found_by_name_wherever_they_stand(trackers):
    lines = [
        ["Plan", None, None, None, None, None, "Budget"],
        [*HEADER, None, None, "Ref", "Activity", "Due"],
        [*item("M-1"), None, None, "B-1", "Rent", "2026-05-01"],
        [*item("M-2"), None, None, "B-2", "Food", None],
        ["Total", None, None, 2, None, None, "x", "y"],
    ]
    trackers.write("plan.xlsx", lines)

    def tables(sheet):
        plan = Table(displayName="PlanItems", ref="A2:D5", totalsRowCount=1)
        sheet.add_table(plan)
        sheet.add_table(Table(displayName="Spend", ref="G2:I4"))

    changed(trackers, tables)
    assert trackers.pull(sheet={"table": "planitems"}).rows("plan.xlsx", "_place, _key") == [
        ("plan.xlsx, sheet Plan, table PlanItems, row 3", "M-1"),
        ("plan.xlsx, sheet Plan, table PlanItems, row 4", "M-2"),
    ]
    columns = {"id": "Ref", "title": "Activity", "due": "Due"}
    both = trackers.pull(columns, sheet={"table": ["PlanItems", "Spend"]})
    assert both.rows("plan.xlsx", '_key, "@title", "@due"')[2:] == [
        ("B-1", "Rent", "2026-05-01"),
        ("B-2", "Food", None),
    ]
    with pytest.raises(Drifted, match='no table "Plans"; there is "PlanItems", "Spend"'):
        trackers.pull(sheet={"table": "Plans"})


def test_hidden_and_filtered_rows_are_read_and_said_so(trackers):
    trackers.write("plan.xlsx", [HEADER, item("M-1"), item("M-2"), item("M-3")])

    def hide(sheet):
        sheet.auto_filter.ref = "A1:D4"
        sheet.row_dimensions[3].hidden = True

    changed(trackers, hide)
    assert [key for _, key, _ in fates(trackers.pull())] == ["M-1", "M-2", "M-3"]
    (finding,) = trackers.connector().check()
    assert finding.text.endswith("; 1 of them stand in hidden rows (the sheet is filtered)")


@pytest.mark.parametrize(
    ("levels", "below", "parents"),
    [
        ([0, 1, 2, 1], True, [None, "M-1", "M-2", "M-1"]),
        ([1, 2, 1, 0], False, ["M-4", "M-3", "M-4", None]),
        ([0, 1, 1, 0], True, [None, "M-4", "M-4", None]),
        ([0, 1, 1, 0], False, [None, "M-1", "M-1", None]),
    ],
)
def test_outline_levels_are_parents_and_children(trackers, levels, below, parents):
    trackers.write("plan.xlsx", [HEADER, *(item(f"M-{number}") for number in range(1, 5))])

    def group(sheet):
        sheet.sheet_properties.outlinePr.summaryBelow = below
        for row, level in enumerate(levels, start=2):
            sheet.row_dimensions[row].outlineLevel = level

    changed(trackers, group)
    assert [parent for (parent,) in trackers.pull().rows("plan.xlsx", '"@parent"')] == parents


INDENTED = [("Phase", 0), ("Design", 1), ("Sketch", 2), ("Build", 1), ("Close", 0)]
UNDER_INDENTS = [None, "M-1", "M-2", "M-1", None]


@pytest.mark.parametrize("by", ["spaces", "style"])
def test_titles_that_are_indented_stand_under_others_and_that_is_said(trackers, by):
    spaces = "   " if by == "spaces" else ""
    rows = [item(f"M-{n}", spaces * steps + title) for n, (title, steps) in enumerate(INDENTED, start=1)]
    trackers.write("plan.xlsx", [HEADER, *rows])

    def indent(sheet):
        for row, (_, steps) in enumerate(INDENTED, start=2):
            sheet.cell(row, 2).alignment = Alignment(horizontal="left", indent=steps)

    if by == "style":
        changed(trackers, indent)
    pulled = trackers.pull()
    assert [parent for (parent,) in pulled.rows("plan.xlsx", '"@parent"')] == UNDER_INDENTS
    assert [title for (title,) in pulled.rows("plan.xlsx", '"@title"')] == [title for title, _ in INDENTED]
    (finding,) = trackers.connector().check()
    assert finding.text.endswith("; 3 of them stand under others, as their titles are indented")


def test_rows_without_ids_are_known_by_the_indented_title_above(trackers):
    trackers.write(
        "plan.xlsx", [["Activity", "Who"], ["One", "Mo"], ["  Test", "Mo"], ["Two", "Mo"], ["  Test", "Mo"]]
    )
    keys = [key for (key,) in trackers.pull({"title": "Activity", "owner": "Who"}).rows("plan.xlsx", "_key")]
    assert len(set(keys)) == 4
    assert None not in keys


@pytest.mark.parametrize("titles", [[" One", "Two"], ["One", " Two"], ["  One", "Two"], ["  One", "  Two"]])
def test_a_stray_space_or_an_indent_of_all_is_no_parent(trackers, titles):
    trackers.write("plan.xlsx", [HEADER, *(item(f"M-{n}", title) for n, title in enumerate(titles))])
    assert trackers.pull().rows("plan.xlsx", '"@parent"') == [(None,), (None,)]


def test_an_outline_or_a_column_of_parents_comes_before_the_indent(trackers):
    trackers.write("plan.xlsx", [[*HEADER, "Under"], [*item("M-1", "One"), None], [*item("M-2", "  Two"), "M-9"],
                                 [*item("M-3", "Three"), None]])  # fmt: skip
    columns = {"id": "Ref", "title": "Activity", "parent": "Under"}
    assert trackers.pull(columns).rows("plan.xlsx", '"@parent"') == [(None,), ("M-9",), (None,)]
    changed(trackers, lambda sheet: setattr(sheet.row_dimensions[4], "outlineLevel", 1))
    assert trackers.pull().rows("plan.xlsx", '"@parent"') == [(None,), (None,), ("M-2",)]


def test_time_that_a_cell_counts_in_hours_is_an_estimate(trackers):
    trackers.write("plan.xlsx", [[*HEADER, "Effort"], *([*item(f"M-{n}"), None] for n in range(1, 4))])

    def count(sheet):
        for row, hours in enumerate((40, 12.5, 4), start=2):
            sheet.cell(row, 5, timedelta(hours=hours)).number_format = "[h]:mm"

    changed(trackers, count)
    columns = {"id": "Ref", "title": "Activity", "estimate": "Effort"}
    assert trackers.pull(columns).rows("plan.xlsx", '"@estimate", "Effort"') == [
        ("5", "40:00:00"),
        ("1.5625", "12:30:00"),
        ("0.5", "4:00:00"),
    ]


def test_a_column_of_parents_comes_before_the_outline(trackers):
    trackers.write("plan.xlsx", [[*HEADER, "Under"], [*item("M-1"), None], [*item("M-2"), "M-9"]])
    changed(trackers, lambda sheet: setattr(sheet.row_dimensions[3], "outlineLevel", 1))
    columns = {"id": "Ref", "title": "Activity", "parent": "Under"}
    assert trackers.pull(columns).rows("plan.xlsx", '"@parent"') == [(None,), ("M-9",)]


def test_comments_and_links_stand_beside_the_row_as_evidence(trackers):
    trackers.write("plan.xlsx", [HEADER, item("M-1"), item("M-2")])

    def annotate(sheet):
        sheet["C2"].comment = Comment("moved again,\nask Dana", "Mo")
        sheet["B2"].hyperlink = "https://wiki.example/campaign"
        sheet["D3"].hyperlink = "mailto:mo@meridian.example"

    changed(trackers, annotate)
    assert trackers.pull().rows("plan.xlsx", '_key, "cell comments", "cell links", "@url"') == [
        (
            "M-1",
            "C2: moved again, ask Dana",
            "B2: https://wiki.example/campaign",
            "https://wiki.example/campaign",
        ),
        ("M-2", None, None, None),
    ]


def test_a_link_that_a_formula_makes_is_evidence_too(trackers):
    link = '=HYPERLINK("https://wiki.example/brief?a=1&b=2","the brief")'
    trackers.write("plan.xlsx", [[*HEADER, "Brief"], [*item("M-1"), link], [*item("M-2"), "=1+1"]])
    assert trackers.pull().rows("plan.xlsx", '_key, "cell links"') == [
        ("M-1", "E2: https://wiki.example/brief?a=1&b=2"),
        ("M-2", None),
    ]


@pytest.mark.parametrize(
    ("cells", "style"),
    [
        ((0.4, 1, 0.25), "0%"),
        ((0.4, 1, 0.25), "0.00"),
        ((40, 100, 25), "0"),
        (("40 %", "100%", "25,0 %"), "@"),
    ],
)
def test_shares_are_read_whether_they_are_fractions_or_per_cents(trackers, cells, style):
    rows = [[*item(f"M-{number}"), cell] for number, cell in enumerate(cells)]
    trackers.write("plan.xlsx", [[*HEADER, "% done"], *rows])

    def formatted(sheet):
        for row in range(2, 5):
            sheet.cell(row, 5).number_format = style

    changed(trackers, formatted)
    columns = {"id": "Ref", "title": "Activity", "progress": "% done"}
    assert [share for (share,) in trackers.pull(columns).rows("plan.xlsx", '"@progress"')] == [
        "0.4",
        "1",
        "0.25",
    ]


def test_durations_are_read_with_their_units_and_either_decimal_mark(trackers):
    efforts = {"3d": "3", "2w": "10", "1,5": "1.5", "2.5 days": "2.5", 4: "4"}
    rows = [[*item(f"M-{number}"), effort] for number, effort in enumerate(efforts)]
    trackers.write("plan.xlsx", [[*HEADER, "Effort"], *rows])
    columns = {"id": "Ref", "title": "Activity", "estimate": "Effort"}
    assert [days for (days,) in trackers.pull(columns).rows("plan.xlsx", '"@estimate"')] == list(
        efforts.values()
    )


def test_rich_text_and_line_breaks_are_read_as_text(trackers):
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    rich = CellRichText("Launch ", TextBlock(InlineFont(b=True), "the campaign"))
    trackers.write(
        "plan.xlsx", [HEADER, item("M-1", rich), item("M-2", "two\nlines"), item("M-3", "a_x000D_b")]
    )
    found = trackers.pull().rows("plan.xlsx", '"@title"')
    assert found == [("Launch the campaign",), ("two\nlines",), ("a\rb",)]


def test_a_formula_that_was_never_calculated_is_refused_with_the_reason(trackers):
    trackers.write("plan.xlsx", [HEADER, item("M-1"), item("M-2", due="=DATE(2026,3,31)")])
    with pytest.raises(Unreadable) as raised:
        trackers.pull()
    assert str(raised.value) == (
        "plan.xlsx, sheet Plan: 1 formula cells in mapped columns, such as C3, hold no value: the workbook was saved"
        " by a program that does not calculate. Open it in Excel, and save it"
    )


def test_a_formula_without_a_value_elsewhere_harms_nobody(trackers):
    trackers.write("plan.xlsx", [[*HEADER, "Sum"], [*item("M-1"), "=1+1"]])
    assert fates(trackers.pull()) == [(2, "M-1", "land")]


def test_a_column_that_moved_is_no_news_and_one_that_was_renamed_is_proposed(trackers):
    trackers.write("plan.xlsx", [HEADER, item("M-1"), item("M-2")])
    first = trackers.pull().rows("plan.xlsx", '_key, "@title", "@due", "@owner"')
    trackers.write("plan.xlsx", [line[::-1] for line in [HEADER, item("M-1"), item("M-2")]])
    assert trackers.pull().rows("plan.xlsx", '_key, "@title", "@due", "@owner"') == first
    trackers.write(
        "plan.xlsx", [["Ref", "Activity", "Fällig am", "Verantwortlich"], item("M-1"), item("M-2")]
    )
    (finding,) = trackers.connector().check()
    assert finding.level == "fail"
    assert finding.text.endswith(
        'Likely is `owner: "Verantwortlich"` (the header reads like "verantwortlich"; 1 different values in 2 cells)'
        ' and `due: "Fällig am"` (the header reads like "fällig am"; 2 of its 2 cells are dates)'
    )
