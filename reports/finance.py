"""The finance workbook: spend by initiative and fiscal period, what is unmapped, and that every file ties."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from warehouse.database import rows

MONEY = "#,##0.00;[Red]-#,##0.00"
HEAD = PatternFill("solid", fgColor="1F3A5F")
SUM_LINE = Border(top=Side(style="thin"))
UNMAPPED = "(unmapped)"


class UnknownPeriod(Exception):
    """The words are no fiscal period."""


@dataclass(frozen=True)
class Period:
    """A fiscal quarter or period, as labelled by the company: `2026-Q1`, `2026-P03`."""

    label: str
    fiscal_year: int
    periods: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Period:
        """Raises UnknownPeriod. Periods 13 to 16 belong to the fourth quarter."""
        match = re.fullmatch(r"(\d{4})-(?:Q([1-4])|P(\d{1,2}))", text.strip().upper())
        if match and match[2]:
            first = 3 * int(match[2]) - 2
            last = 16 if match[2] == "4" else first + 2
            return cls(f"{match[1]}-Q{match[2]}", int(match[1]), tuple(range(first, last + 1)))
        if match and 1 <= int(match[3]) <= 16:
            return cls(f"{match[1]}-P{int(match[3]):02d}", int(match[1]), (int(match[3]),))
        raise UnknownPeriod(
            f"{text!r} is no fiscal period. Write a quarter as 2026-Q1 or a period as 2026-P03."
        )


def write(db: duckdb.DuckDBPyConnection, period: str, target: Path, company: str, currency: str) -> Path:
    """Write the workbook for a period from the published views; returns its path.

    Amounts are in the reporting currency, summed as decimals. Raises UnknownPeriod.
    """
    wanted = Period.parse(period)
    book = Workbook()
    book.remove(book.active)
    _summary(book.create_sheet("Summary"), db, wanted, company, currency)
    _spend(book.create_sheet("Spend"), db, wanted)
    _unmapped(book.create_sheet("Unmapped"), db, wanted)
    _files(book.create_sheet("Files"), db)
    _postings(book.create_sheet("Postings"), db, wanted)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f".{target.name}.draft")
    book.save(draft)
    return draft.replace(target)


def _selected(wanted: Period) -> dict[str, Any]:
    return {"year": wanted.fiscal_year, "periods": list(wanted.periods)}


IN_PERIOD = "fiscal_year = $year AND list_contains($periods, period)"


def _summary(
    sheet: Worksheet, db: duckdb.DuckDBPyConnection, wanted: Period, company: str, currency: str
) -> None:
    _title(
        sheet, f"{company}: spend in fiscal {wanted.label}", f"All amounts in {currency}{_dates(db, wanted)}"
    )
    totals = rows(
        db,
        "SELECT count(*) AS postings, coalesce(sum(reporting_amount), 0) AS total,"
        " coalesce(sum(reporting_amount) FILTER (initiative_id IS NOT NULL), 0) AS mapped,"
        " coalesce(sum(reporting_amount) FILTER (initiative_id IS NULL), 0) AS unmapped,"
        " count(*) FILTER (reporting_amount IS NULL) AS unconverted,"
        " count(*) FILTER (period_basis = 'derived') AS derived"
        f" FROM posting WHERE {IN_PERIOD}",
        _selected(wanted),
    )[0]
    tie = _tie(db)
    head = db.execute("SELECT n, hash FROM journal_head").fetchone() or (0, "")
    lines: list[tuple[str, Any]] = [
        ("Spend in this period", totals["total"]),
        ("  of that, mapped to an initiative", totals["mapped"]),
        ("  of that, unmapped (sheet Unmapped)", totals["unmapped"]),
        ("Postings in this period", totals["postings"]),
        ("  of these, period derived from the posting date", totals["derived"]),
        ("  of these, in another currency and not in the sums", totals["unconverted"]),
        ("", None),
        ("All files, all periods: amount of the rows read", tie["read"]),
        ("  dropped by rule (subtotals, repeated headers)", tie["dropped"]),
        ("  in quarantine, where an amount can be read", tie["quarantined"]),
        ("  read again, or standing in another file too", tie["unchanged"]),
        ("  restated by a later version", tie["superseded"]),
        ("  gone from its file", tie["gone"]),
        ("  postings now", tie["postings"]),
        ("  difference (must be 0)", tie["read"] - sum(tie[part] for part in PARTS)),
        ("", None),
        ("Journal entry at the time of this report", head[0]),
        ("Its hash", head[1]),
    ]  # fmt: skip
    for row, (label, value) in enumerate(lines, start=4):
        _text(sheet.cell(row, 1), label)
        _value(sheet.cell(row, 2), value)
    sheet.cell(4, 1).font = sheet.cell(4, 2).font = Font(bold=True)
    _widths(sheet, [58, 24])


def _dates(db: duckdb.DuckDBPyConnection, wanted: Period) -> str:
    """The days of the quarter that holds the period, beside its label."""
    quarter = f"{wanted.fiscal_year}-Q{(min(wanted.periods[0], 12) - 1) // 3 + 1}"
    found = db.execute(
        "SELECT starts_on, ends_on FROM fiscal_quarter WHERE quarter = ?", [quarter]
    ).fetchone()
    return f"; quarter {quarter} is {found[0]} to {found[1]}" if found else ""


PARTS = ("dropped", "quarantined", "unchanged", "superseded", "gone", "postings")


def _tie(db: duckdb.DuckDBPyConnection) -> dict[str, Decimal]:
    """What was read, and what became of it: by the files' accounts, but `postings` by the postings themselves."""
    kinds = ("read", *PARTS[:-1])
    sums = ", ".join(f"coalesce(sum(amount_{kind}), 0) AS {kind}" for kind in kinds)
    (accounts,) = rows(db, f"SELECT {sums} FROM file_account")
    (postings,) = rows(db, "SELECT coalesce(sum(amount), 0) AS postings FROM posting")
    return accounts | postings


def _spend(sheet: Worksheet, db: duckdb.DuckDBPyConnection, wanted: Period) -> None:
    found = rows(
        db,
        "SELECT initiative_id, milestone_id, period, sum(amount) AS amount"
        f" FROM spend_by_period WHERE {IN_PERIOD} AND amount IS NOT NULL GROUP BY ALL"
        " ORDER BY initiative_id NULLS LAST, milestone_id NULLS FIRST, period",
        _selected(wanted),
    )
    periods = sorted({row["period"] for row in found} | {p for p in wanted.periods if p <= 12})
    labels = [f"{wanted.fiscal_year}-P{number:02d}" for number in periods]
    _title(sheet, "Spend by initiative and fiscal period", "")
    _header(sheet, 3, ["Initiative", "Milestone", *labels, "Total"])
    lines: dict[tuple[str, str], dict[int, Decimal]] = {}
    for row in found:
        line = lines.setdefault((str(row["initiative_id"] or UNMAPPED), str(row["milestone_id"] or "")), {})
        line[row["period"]] = row["amount"]
    at = 4
    for (initiative, milestone), amounts in lines.items():
        _text(sheet.cell(at, 1), initiative)
        _text(sheet.cell(at, 2), milestone)
        for column, number in enumerate(periods, start=3):
            _value(sheet.cell(at, column), amounts.get(number, Decimal(0)))
        _value(sheet.cell(at, 3 + len(periods)), sum(amounts.values(), Decimal(0)))
        at += 1
    _text(sheet.cell(at, 1), "Total")
    for column, number in enumerate(periods, start=3):
        _value(sheet.cell(at, column), sum((a.get(number, Decimal(0)) for a in lines.values()), Decimal(0)))
    _value(
        sheet.cell(at, 3 + len(periods)),
        sum((sum(a.values(), Decimal(0)) for a in lines.values()), Decimal(0)),
    )
    for column in range(1, 4 + len(periods)):
        sheet.cell(at, column).font = Font(bold=True)
        sheet.cell(at, column).border = SUM_LINE
    _widths(sheet, [36, 26, *([16] * (len(periods) + 1))])


def _unmapped(sheet: Worksheet, db: duckdb.DuckDBPyConnection, wanted: Period) -> None:
    _title(
        sheet,
        "Postings that belong to no initiative",
        "Map them with `policy: map_spend`, or correct the export",
    )
    columns = ["source_id", "fiscal_year", "period", "posting_date", "document", "line", "project", "cost_center",
               "supplier", "text", "amount", "currency", "file", "row"]  # fmt: skip
    _table(
        sheet,
        columns,
        rows(
            db,
            f"SELECT {', '.join(columns)} FROM posting WHERE initiative_id IS NULL AND {IN_PERIOD}"
            " ORDER BY abs(amount) DESC, posting_id",
            _selected(wanted),
        ),
    )


def _files(sheet: Worksheet, db: duckdb.DuckDBPyConnection) -> None:
    _title(sheet, "Files: every row and every cent accounted for",
           "rows read = landed + unchanged + quarantined + dropped, and amounts likewise;"
           " superseded and gone are of what landed")  # fmt: skip
    columns = ["source_id", "file", "landed_at", "rows_read", "landed", "unchanged", "quarantined", "dropped", "gone",
               "amount_read", "amount_landed", "amount_unchanged", "amount_quarantined", "amount_dropped",
               "amount_superseded", "amount_gone", "stated_total", "sha256"]  # fmt: skip
    found = rows(
        db,
        f"SELECT {', '.join(columns)} FROM file_account WHERE amount_read IS NOT NULL"
        " ORDER BY source_id, file, landed_at",
    )
    for row in found:
        parts = ("amount_landed", "amount_unchanged", "amount_quarantined", "amount_dropped")
        row["ties"] = "yes" if row["amount_read"] == sum(row[part] for part in parts) else "NO"
    _table(sheet, [*columns[:-1], "ties", "sha256"], found)


def _postings(sheet: Worksheet, db: duckdb.DuckDBPyConnection, wanted: Period) -> None:
    _title(sheet, "Every posting of this period", "matched_by names the mapping rule that placed it")
    columns = ["posting_id", "initiative_id", "milestone_id", "matched_by", "posting_date", "fiscal_year", "period",
               "period_basis", "amount", "currency", "reporting_amount", "supplier", "text", "file", "row"]  # fmt: skip
    _table(
        sheet,
        columns,
        rows(
            db,
            f"SELECT {', '.join(columns)} FROM posting WHERE {IN_PERIOD} ORDER BY posting_date, posting_id",
            _selected(wanted),
        ),
    )


# --- how sheets look ------------------------------------------------------------------------------------


def _title(sheet: Worksheet, title: str, below: str) -> None:
    _text(sheet.cell(1, 1), title)
    sheet.cell(1, 1).font = Font(bold=True, size=14)
    _text(sheet.cell(2, 1), below)
    sheet.cell(2, 1).font = Font(italic=True, color="555555")
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.sheet_view.showGridLines = False


def _header(sheet: Worksheet, row: int, labels: Sequence[str]) -> None:
    for column, label in enumerate(labels, start=1):
        cell = sheet.cell(row, column)
        _text(cell, label)
        cell.font = Font(bold=True, color="FFFFFF")
        cell.fill = HEAD
        cell.alignment = Alignment(vertical="center")
    sheet.freeze_panes = sheet.cell(row + 1, 1)


def _table(sheet: Worksheet, columns: Sequence[str], found: Iterable[dict[str, Any]]) -> None:
    _header(sheet, 3, [column.replace("_", " ") for column in columns])
    widths = [len(column) + 2 for column in columns]
    last = 3
    for last, row in enumerate(found, start=4):
        for column, name in enumerate(columns):
            _value(sheet.cell(last, column + 1), row[name])
            shown = f"{row[name]:,.2f}" if isinstance(row[name], Decimal) else str(row[name] or "")
            widths[column] = max(widths[column], min(len(shown) + 2, 44))
    if last == 3:
        _text(sheet.cell(4, 1), "none")
    sheet.auto_filter.ref = f"A3:{get_column_letter(len(columns))}{last}"
    _widths(sheet, widths)


def _value(cell: Cell, value: Any) -> None:
    if isinstance(value, Decimal):
        cell.value = value
        cell.number_format = MONEY
    elif isinstance(value, date):  # a datetime is one, too
        cell.value = value
        cell.number_format = "yyyy-mm-dd hh:mm" if hasattr(value, "hour") else "yyyy-mm-dd"
    elif isinstance(value, int):
        cell.value = value
    elif value is not None:
        _text(cell, str(value))


def _text(cell: Cell, value: str) -> None:
    """Text from people and files is text, whatever it begins with: never a formula."""
    # Control characters cannot stand in a workbook.
    cell.value = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", value)
    cell.data_type = "s"


def _widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width
