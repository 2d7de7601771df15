"""The finance workbook ties what was read to the postings that stand, to the cent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest
from openpyxl import load_workbook

from flows.settings import load
from reports import finance
from tests.flows.conftest import DAY, LEDGER, Company
from warehouse.publish import current

READ = "All files, all periods: amount of the rows read"
DROPPED = "  dropped by rule (subtotals, repeated headers)"
HELD = "  in quarantine, where an amount can be read"
AGAIN = "  read again, or standing in another file too"
RESTATED = "  restated by a later version"
GONE = "  gone from its file"
POSTINGS = "  postings now"
DIFFERENCE = "  difference (must be 0)"

WITHOUT_KEYS = ("Posted", "Amount", "Project", "Text")


def tie(company: Company) -> dict[str, float]:
    """The lines of the Summary sheet from the rows read to the difference, without those that are 0."""
    target = company.folder / "report.xlsx"
    result = company.run("report", "finance", "--period", "2026-P03", "-o", str(target))
    assert result.status == 0, result.err
    lines = {row[0].value: row[1].value for row in load_workbook(target)["Summary"].iter_rows()}
    assert lines[DIFFERENCE] == 0
    wanted = (READ, DROPPED, HELD, AGAIN, RESTATED, GONE, POSTINGS)
    return {label: lines[label] for label in wanted if lines[label]}


def line(number: int, amount: str, posted: str = "2026-03-01") -> Sequence[Any]:
    return [str(number), "1", posted, amount, "CDP-1", "a"]


def test_a_posting_that_a_later_export_restates_counts_once_as_it_stands(company: Company) -> None:
    company.ledger("1.csv", [line(1, "100.00"), line(2, "7.00")])
    company.sync()
    assert tie(company) == {READ: 107, POSTINGS: 107}
    company.ledger("2.csv", [line(1, "120.00"), line(2, "7.00")])
    company.sync(DAY + timedelta(days=1))
    assert tie(company) == {READ: 234, AGAIN: 7, RESTATED: 100, POSTINGS: 127}
    assert company.view("SELECT sum(amount) AS spend FROM spend_by_period") == [{"spend": Decimal(127)}]


def test_a_changed_export_does_not_undo_what_a_later_one_restates(company: Company) -> None:
    company.ledger("1.csv", [line(1, "100.00")])
    company.ledger("2.csv", [line(1, "120.00")])
    company.sync()
    company.ledger("1.csv", [line(1, "110.00")])
    company.sync(DAY + timedelta(days=1))
    assert tie(company) == {READ: 330, AGAIN: 210, POSTINGS: 120}


def test_the_same_line_twice_in_one_file_is_two_postings_and_in_two_exports_one(company: Company) -> None:
    company.ledger("1.csv", [["2026-03-01", "10.00", "CDP-1", "a"]] * 2, WITHOUT_KEYS)
    company.settings["sources"]["erp"]["columns"] = {
        name: header for name, header in LEDGER.items() if header in WITHOUT_KEYS
    }
    company.sync()
    assert tie(company) == {READ: 20, POSTINGS: 20}
    company.ledger("2.csv", [["2026-03-01", "10.00", "CDP-1", "a"]], WITHOUT_KEYS)
    company.sync(DAY + timedelta(days=1))
    assert tie(company) == {READ: 30, AGAIN: 10, POSTINGS: 20}


def test_a_subtotal_and_a_row_in_quarantine_are_no_postings(company: Company) -> None:
    company.ledger(
        "1.csv",
        [line(1, "100.50"), line(2, "20.25-"), ["", "", "", "80.25", "", "Total"], line(3, "5.00", "soon")],
    )
    company.sync()
    assert tie(company) == {READ: 165.5, DROPPED: 80.25, HELD: 5, POSTINGS: 80.25}


def test_a_posting_is_gone_when_its_file_was_replaced_by_one_without_it(company: Company) -> None:
    company.ledger("1.csv", [line(1, "100.00"), line(2, "7.00")])
    company.sync()
    company.ledger("1.csv", [line(2, "7.00")])
    company.sync(DAY + timedelta(days=1))
    assert tie(company) == {READ: 114, AGAIN: 7, GONE: 100, POSTINGS: 7}
    company.ledger("1.csv", [line(1, "90.00"), line(2, "8.00")])
    company.sync(DAY + timedelta(days=2))
    assert tie(company) == {READ: 212, AGAIN: 7, RESTATED: 7, GONE: 100, POSTINGS: 98}


@pytest.mark.parametrize(
    ("harm", "difference"),
    [
        ("DELETE FROM posting WHERE document = '1'", 120),
        ("INSERT INTO posting FROM posting WHERE document = '2'", -7),
        ("UPDATE posting SET amount = amount + 0.01 WHERE document = '2'", -0.01),
    ],
    ids=["one lost", "one doubled", "a cent off"],
)
def test_the_difference_is_told_from_the_postings_themselves(
    company: Company, harm: str, difference: float
) -> None:
    company.ledger("1.csv", [line(1, "100.00"), line(2, "7.00")])
    company.sync()
    company.ledger("2.csv", [line(1, "120.00")])
    company.sync(date(2026, 3, 3))
    published = current(load(company.config, {}).warehouse.parent)
    assert published is not None
    with duckdb.connect(str(published)) as db:
        db.execute(harm)
        path = finance.write(db, "2026-P03", company.folder / "report.xlsx", "Test Company", "GBP")
    lines = {row[0].value: row[1].value for row in load_workbook(path)["Summary"].iter_rows()}
    assert lines[DIFFERENCE] == pytest.approx(difference)
