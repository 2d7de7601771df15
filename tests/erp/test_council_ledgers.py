"""Ledgers that public bodies published: every line and every penny, as others counted them.

`expected.json` holds rows and sums of the publishers' own canonical files, not made by us.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
from decimal import Decimal

import duckdb
import pytest

COLUMNS = {
    "leeds": {
        "amount": ["Net amount", "Amount"],
        "posting_date": ["Date paid", "Payment Date"],
        "document": "Transaction number",
        "supplier": ["Supplier name", "Beneficiary Name"],
        "cost_center": ["Detailed expenditure code", "Detailed expense code"],
    },
    "manchester": {
        "amount": ["Net amount", "Amount"],
        "posting_date": "Invoice Payment Date",
        "document": "Transaction number",
        "supplier": "Supplier name",
    },
    "cabinetoffice": {"amount": "Amount", "posting_date": "Date", "document": "Transaction number"},
    "newcastle": {
        "amount": ["Total", "Total (excludes VAT)"],
        "posting_date": "Paid Date",
        "document": "Internal Ref",
    },
    "darlington": {
        "amount": "Invoice Line Value (net of VAT)",
        "posting_date": ["Transaction Date", "Date"],
    },
    "tfl": {"amount": "Amount", "posting_date": "Clearing Date", "document": "Document Number"},
}


@pytest.fixture(scope="session")
def council(material):
    return material / "erp" / "council_spending"


def unpack(exports, folder):
    for path in sorted(folder.glob("*.csv.gz")):
        exports.write(path.name.removesuffix(".gz"), gzip.decompress(path.read_bytes()))


def expected(council, body):
    return json.loads((council / "expected.json").read_text(encoding="utf-8"))["bodies"][body]["files"]


@pytest.mark.parametrize("body", ["leeds", "manchester", "cabinetoffice", "newcastle", "tfl"])
def test_every_line_and_penny_of_the_clean_ledgers_lands(exports, council, body):
    unpack(exports, council / body / "clean")
    pulled = exports.pull(COLUMNS[body])
    files = expected(council, body)
    assert (list(pulled.pages), pulled.troubles) == (sorted(files), {})
    for name, known in files.items():
        assert totals(pulled, name) == {
            "land": (known["processed_rows"], Decimal(known["processed_amount_sum"])),
            "dates": (known["payment_date_min"], known["payment_date_max"]),
            "keys": known["processed_rows"],
        }


def test_a_ledger_dated_in_quarters_is_quarantined_whole_and_still_accounted_for(exports, council):
    unpack(exports, council / "darlington" / "clean")
    pulled = exports.pull(COLUMNS["darlington"])
    for name, known in expected(council, "darlington").items():
        fate = "quarantine" if known["payment_date_min"] == "July 2010-September 2010" else "land"
        assert pulled.sums(name) == {fate: (known["processed_rows"], Decimal(known["processed_amount_sum"]))}
    assert pulled.lines("2010-09.csv", "_reason")[0] == (
        'line 2 (Date): "July 2010-September 2010" is no date; correct it in the export',
    )


def test_the_raw_ledgers_of_leeds_land_with_the_signs_that_their_cleaning_lost(exports, council):
    unpack(exports, council / "leeds" / "raw")
    pulled = exports.pull(COLUMNS["leeds"])
    for name, known in expected(council, "leeds").items():
        found = totals(pulled, name)
        # `-468.60 ` became 468.60 in the publisher's clean files: so they differ by twice the negative lines.
        credits = sum(
            amount for amount in raw_amounts(council / "leeds" / "raw" / f"{name}.gz") if amount < 0
        )
        assert credits < 0
        assert found["land"] == (
            known["processed_rows"],
            Decimal(known["processed_amount_sum"]) + 2 * credits,
        )
        assert found["dates"] == (known["payment_date_min"], known["payment_date_max"])


def test_ledgers_whose_header_changes_from_year_to_year(exports, material):
    for path in sorted((material / "erp" / "oxford").glob("*.csv")):
        exports.write(path.name, path.read_bytes())
    columns = {
        "amount": "Amount",
        "posting_date": ["Paid Date", "paid_date"],
        "document": ["Trans No", "trans_no"],
        "supplier": ["Supplier Name", "supplier_name"],
    }
    pulled = exports.pull(columns)
    assert {name: pulled.sums(name) for name in pulled.pages} == {
        "expenditure-over-500-jan-mar-2014.csv": {
            "land": (3859, Decimal("13413467.98")),
            "drop": (1, None),  # `,,xxx,,,,,,,`
        },
        "expenditure-over-500-jan-mar-2018.csv": {"land": (1220, Decimal("4339765.85"))},
        "expenditure-over-500-oct-dec-2017.csv": {"land": (3855, Decimal("17382055.90"))},
    }


def totals(pulled, name):
    """The account of a file of which every line lands."""
    page = pulled.pages[name]
    found = duckdb.sql(
        'SELECT any_value(_fate), count(*), sum(_amount), min("@posting_date"), max("@posting_date"),'
        f" count(DISTINCT _key) FROM '{page.path}' GROUP BY _fate"
    ).fetchall()
    return {
        key: value
        for fate, number, amount, first, last, keys in found
        for key, value in {fate: (number, amount), "dates": (first, last), "keys": keys}.items()
    }


def raw_amounts(path):
    rows = csv.reader(io.StringIO(gzip.decompress(path.read_bytes()).decode("cp1252")))
    header = next(rows)
    column = next(i for i, name in enumerate(header) if name in ("Net amount", "Amount"))
    return [
        Decimal(row[column].strip().replace(",", ""))
        for row in rows
        if len(row) > column and row[column].strip()
    ]
