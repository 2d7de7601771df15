"""The ledger's monthly export: semicolons, decimal commas, a trailing minus, subtotals, cp1252."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

HEADER = ("CoCd", "Document No.", "Item", "Posting Date", "Year", "Period", "Amount in LC", "LCurr", "Cost Center",
          "WBS Element", "Vendor", "Text")  # fmt: skip


@dataclass(frozen=True)
class Line:
    """One posting; `period` as the ledger states it."""

    document: int
    day: date
    fiscal_year: int
    period: int
    amount: Decimal
    wbs: str
    vendor: str
    text: str


def write(path: Path, lines: Sequence[Line]) -> None:
    """Write an export: the lines per work element, each followed by its subtotal, and the grand total."""
    rows = [";".join(HEADER)]
    for wbs in sorted({line.wbs for line in lines}):
        own = [line for line in lines if line.wbs == wbs]
        rows += [_row(line) for line in own]
        rows.append(
            _sum_row(f"* {wbs or 'without work element'}", sum((line.amount for line in own), Decimal(0)))
        )
    rows.append(_sum_row("** Total", sum((line.amount for line in lines), Decimal(0))))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(("\r\n".join(rows) + "\r\n").encode("cp1252"))


def _row(line: Line) -> str:
    cells = ("1000", line.document, "001", f"{line.day:%d.%m.%Y}", line.fiscal_year, f"{line.period:03d}",
             number(line.amount), "GBP", "4711", line.wbs, line.vendor, line.text)  # fmt: skip
    return ";".join(str(cell) for cell in cells)


def _sum_row(label: str, amount: Decimal) -> str:
    cells = [""] * len(HEADER)
    cells[0], cells[6], cells[7] = label, number(amount), "GBP"
    return ";".join(cells)


def number(amount: Decimal) -> str:
    """1.234,56 and a minus behind: 1.234,56-."""
    text = f"{abs(amount):,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")
    return text + ("-" if amount < 0 else "")
