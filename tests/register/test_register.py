"""The initiative register, as a workbook and as YAML."""

from __future__ import annotations

from datetime import UTC, date, datetime

import duckdb
import openpyxl
import pytest

from connectors import register
from connectors.contract import Drifted, Place, Refused, Unreadable

YAML = """\
Initiatives:
  - Initiative: CDP
    Aliases: [Customer Data Platform, Data-Bridge]
    Departments: IT; Marketing
    Rank: 1
    Start: 2026-01-05
    baseline_finish: 30.09.2026
  - {Initiative: Claims, Stage: on hold}
Money:
  - {Initiative: CDP, Fiscal quarter: 2026-Q1, Budget: 50000, State: released, Benefit planned: 0}
Handovers:
  - {Initiative: CDP, From: IT, To: Marketing, What: access, Need by: 2026-06-01}
Same thing:
  - {Item: "jira-it:PLAT-42", Same as: "marketing:M-1"}
Notes:
  - whatever
"""
INITIATIVES = [["Initiative", "Departments", "Start"], ["CDP", "IT; Marketing", date(2026, 1, 5)]]


class StandingClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("no file is worth waiting for")


@pytest.fixture
def connector(tmp_path):
    def connect(path="register.xlsx"):
        return register.connect(Place("register", tmp_path, StandingClock()), register.Options(path=path))

    return connect


@pytest.fixture
def pull(tmp_path, connector):
    """Stream → its page."""
    (tmp_path / "spool").mkdir()

    def pull(path="register.xlsx", cursor=None):
        return {page.stream: page for page in connector(path).pull(cursor or {}, [], tmp_path / "spool")}

    return pull


@pytest.fixture
def book(tmp_path):
    def write(**sheets):
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, lines in sheets.items():
            sheet = workbook.create_sheet(title.replace("_", " "))
            for line in lines:
                sheet.append(line)
        workbook.save(tmp_path / "register.xlsx")

    return write


def rows(page, columns="_row, _key, _fate, _reason"):
    return duckdb.sql(f"SELECT {columns} FROM '{page.path}'").fetchall()


def test_all_four_lists_are_read_from_yaml(tmp_path, pull):
    (tmp_path / "register.yaml").write_text(YAML)
    pages = pull("register.yaml")
    assert rows(
        pages["initiative"],
        '_row, _key, "@aliases", "@departments", "@rank", "@start", "@baseline_finish", "@stage"',
    ) == [
        (
            2,
            "CDP",
            "Customer Data Platform; Data-Bridge",
            "IT; Marketing",
            "1",
            "2026-01-05",
            "2026-09-30",
            None,
        ),
        (8, "Claims", None, None, None, None, None, "on hold"),
    ]
    assert rows(pages["money"], '_key, "@budget", "@state", "@benefit_planned", "@benefit_forecast"') == [
        ("CDP|2026-Q1", "50000.0000", "released", "0.0000", None)
    ]
    assert rows(pages["handover"], '_key, "@from_department", "@what", "@need_by"') == [
        ("CDP|IT|Marketing|access||", "IT", "access", "2026-06-01")
    ]
    assert rows(pages["same"], '_key, "@item", "@same_as"') == [
        ("jira-it:PLAT-42|marketing:M-1", "jira-it:PLAT-42", "marketing:M-1")
    ]
    assert {page.scope for page in pages.values()} == {"register.yaml"}
    assert all(page.complete for page in pages.values())


def test_which_sheets_there_are_stands_in_the_cursor(tmp_path, pull, book):
    (tmp_path / "register.yaml").write_text(YAML)
    assert pull("register.yaml")["same"].cursor["sheets"] == [
        "Initiatives",
        "Money",
        "Handovers",
        "Same thing",
    ]
    book(initiatives=INITIATIVES, MONEY=[])
    assert pull()["same"].cursor["sheets"] == ["Initiatives", "Money"]


def test_a_workbook_says_the_same_and_its_numbers_are_certain(pull, book):
    book(
        Initiatives=[["Meridian's initiatives"], [], *INITIATIVES, ["Claims", None, None]],
        Money=[
            ["Initiative", "FISCAL  quarter", "Budget", "Benefit planned"],
            ["CDP", "2026-Q1", 1.234, 0],
            ["CDP", "2026-Q2", "1.234,50", None],
            ["Total", None, 1235.734],
        ],
    )
    pages = pull()
    assert rows(pages["initiative"], '_row, _key, "@start"') == [
        (4, "CDP", "2026-01-05"),
        (5, "Claims", None),
    ]
    assert rows(pages["money"], '_key, _fate, "@budget", "@benefit_planned"') == [
        ("CDP|2026-Q1", "land", "1.2340", "0.0000"),
        ("CDP|2026-Q2", "land", "1234.5000", None),
        (None, "drop", "1235.7340", None),
    ]
    assert rows(pages["handover"]) == rows(pages["same"]) == []


def test_an_initiative_named_twice_lands_from_neither_row(pull, book):
    book(Initiatives=[["Initiative"], ["CDP"], ["Claims"], ["cdp "]])
    assert rows(pull()["initiative"]) == [
        (
            2,
            "CDP",
            "quarantine",
            '"CDP" stands also in register.xlsx, sheet Initiatives, row 4; keep one of them',
        ),
        (3, "Claims", "land", None),
        (
            4,
            "cdp",
            "quarantine",
            '"cdp" stands also in register.xlsx, sheet Initiatives, row 2; keep one of them',
        ),
    ]


def test_an_unreadable_cell_or_a_missing_name_quarantines_the_row(pull, book):
    book(
        Initiatives=[["Initiative", "Start", "Rank"], ["CDP", "31.02.2026", 1], [None, date(2026, 1, 5), 2]],
        Money=[["Initiative", "Fiscal quarter", "Budget"], ["CDP", "2026-Q1", "much"], ["CDP", None, 5]],
    )
    pages = pull()
    assert rows(pages["initiative"]) == [
        (2, "CDP", "quarantine", 'B2 (Start): "31.02.2026" is no date; correct it in the register'),
        (
            3,
            None,
            "quarantine",
            "Initiative must be filled to tell what the row is about; correct it in the register",
        ),
    ]
    assert [reason for *_, reason in rows(pages["money"])] == [
        'C2 (Budget): "much" is no amount; correct it in the register',
        "Initiative and Fiscal quarter must be filled to tell what the row is about; correct"
        " it in the register",
    ]


def test_a_register_that_did_not_change_is_not_read_again(tmp_path, pull):
    (tmp_path / "register.yaml").write_text(YAML)
    cursor = pull("register.yaml")["same"].cursor
    assert pull("register.yaml", cursor) == {}
    (tmp_path / "register.yaml").write_text(YAML.replace("Claims", "Motor"))
    assert [key for _, key, _, _ in rows(pull("register.yaml", cursor)["initiative"])] == ["CDP", "Motor"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Money: []", "there is no sheet `Initiatives`"),
        ("", "there is no sheet `Initiatives`"),
        ("Initiatives: [", "this is no YAML"),
        ("Initiatives: CDP", "register.yaml, Initiatives, line 1: there is no list of entries"),
        ("Initiatives:\n  - CDP", "register.yaml, Initiatives, line 2: there are no fields"),
        ("Initiatives:\n  - {Initiative: A, Initiative: B}", 'line 2: "Initiative" stands twice'),
        (
            "Initiatives:\n  - {Initiative: {Name: A}}",
            "Initiatives, Initiative, line 2: there are fields where",
        ),
        ("- Initiative: CDP", "register.yaml, line 1: there are no fields"),
    ],
)
def test_yaml_of_another_shape_names_the_line_and_what_to_write(tmp_path, pull, text, problem):
    (tmp_path / "register.yaml").write_text(text)
    with pytest.raises(Unreadable) as raised:
        pull("register.yaml")
    assert problem in str(raised.value)
    assert raised.value.advice


def test_a_workbook_without_initiatives_says_what_to_add(pull, book):
    book(Money=[["Initiative", "Fiscal quarter"]])
    with pytest.raises(Unreadable) as raised:
        pull()
    assert str(raised.value) == (
        "register.xlsx: there is no sheet `Initiatives`. Add one with a column `Initiative`"
        " and a row for each, or set"
        " `register` to the right file"
    )


def test_a_sheet_without_its_header_row_is_drift(pull, book):
    book(Initiatives=INITIATIVES, Money=[["CDP", "2026-Q1", 5]])
    with pytest.raises(Drifted, match="no row holds the headers `Initiative`, `Fiscal quarter`"):
        pull()


def test_a_register_that_is_not_there_says_so(pull):
    with pytest.raises(Unreadable, match="the register is not there"):
        pull()


def test_check_says_what_would_land_and_what_would_not(connector, book):
    book(Initiatives=[["Initiative", "Start"], ["CDP", "31.02.2026"], ["Claims", None]])
    assert [(finding.level, finding.text) for finding in connector().check()] == [
        ("ok", "register.xlsx, sheet Initiatives: 1 rows can be read"),
        (
            "warn",
            'register.xlsx, sheet Initiatives, B2 (Start): "31.02.2026" is no date; correct it'
            " in the register",
        ),
    ]
    assert [finding.level for finding in connector("other.xlsx").check()] == ["fail"]


def test_the_register_takes_no_notes(connector):
    assert not connector().writes
    with pytest.raises(Refused):
        connector().push([])


@pytest.mark.parametrize("stream", ["initiative", "money", "handover", "same"])
def test_every_page_has_the_columns_that_the_contract_names(pull, book, connector, stream):
    book(Initiatives=INITIATIVES)
    reads = next(one.reads for one in connector().streams if one.name == stream)
    found = dict(
        duckdb.sql(f"DESCRIBE FROM '{pull()[stream].path}'").project("column_name, column_type").fetchall()
    )
    own = INITIATIVES[0] if stream == "initiative" else []
    names = ["_key", "_place", "_row", "_fate", "_reason", *(f"@{name}" for name in reads), *own]
    assert found == {name: "BIGINT" if name == "_row" else "VARCHAR" for name in names}
