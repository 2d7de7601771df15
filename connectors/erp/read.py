"""Reads one export: its lines laid out, totals held against what they total, each line's key and fate."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb

from connectors._readings.columns import Mapped, Settings
from connectors._readings.files import Content
from connectors._readings.headers import folded
from connectors._readings.table import lay_out, open_desk, quote, source_columns, write
from connectors.contract import Unreadable
from connectors.erp.options import Options
from connectors.erp.table import READS, Export, find
from connectors.erp.text import AGAIN, CORRECT, decoded

HERE = Path(__file__).parent
SQL = {path.stem: path.read_text(encoding="utf-8") for path in HERE.glob("*.sql")}

DEMOTE = """
DELETE FROM suspect
WHERE kind <> 'total' AND _row IN (SELECT _row FROM tally WHERE NOT ties AND NOT closing)
"""
WRONG = """
SELECT _row, _amount, so_far, lines FROM tally
WHERE NOT ties AND unread = 0 AND (kind = 'total' OR closing)
ORDER BY closing, _row LIMIT 1
"""
STATED = "SELECT _amount FROM tally WHERE closing AND (whole OR NOT ties) ORDER BY _row DESC LIMIT 1"


@dataclass(frozen=True)
class Postings:
    """An export that was read, its lines in table `posting`. `stated_total`: its own, if it has one."""

    desk: duckdb.DuckDBPyConnection
    header_row: int
    stated_total: Decimal | None

    def spool(self, path: Path) -> None:
        """Write the lines as a page's file."""
        write(self.desk, "FROM posting", path)

    def counted(self) -> dict[str, tuple[int, Decimal]]:
        """Fate → how many lines, and the sum of their amounts."""
        found = self.desk.execute(
            "SELECT _fate, count(*), coalesce(sum(_amount), 0) FROM posting GROUP BY 1"
        ).fetchall()
        return {fate: (number, amount) for fate, number, amount in found}

    def reasons(self, most: int) -> list[str]:
        """Why the first lines that cannot land cannot."""
        found = self.desk.execute(
            "SELECT _reason FROM posting WHERE _fate = 'quarantine' ORDER BY _row LIMIT ?", [most]
        )
        return [reason for (reason,) in found.fetchall()]


def read_export(content: Content, options: Options, place: str) -> Postings:
    """Read an export from its bytes.

    Raises Unreadable where the file is cut short, empty, or states a total that its lines do not sum to;
    Drifted where a column is missing or its style cannot be told.
    """
    text = decoded(content.data, options.encoding, place)
    if not text.strip():
        raise Unreadable(place, "the file is empty", AGAIN)
    export = find(text, options, place)
    desk = open_desk()
    settings = Settings(options.decimal, options.thousands, options.date_order)
    mapped = export.mapped()
    lay_out(desk, export.table(), mapped, READS, settings)
    stated = _hold_totals(desk, mapped, place)
    _settle_postings(desk, export, mapped)
    return Postings(desk, export.header.row, stated)


def _hold_totals(desk: duckdb.DuckDBPyConnection, mapped: list[Mapped], place: str) -> Decimal | None:
    """Tell totals from postings; returns the total that the file states for itself, if it does.

    What only looks like a total, and totals nothing, is a posting after all; then the others are held against
    their lines anew. Raises Unreadable where a total does not tie.
    """
    names = {column.name for column in mapped}
    desk.execute(SQL["totals"], {"has_document": "document" in names, "has_date": "posting_date" in names})
    desk.execute(SQL["tally"])
    while _count(desk.execute(DEMOTE)):
        desk.execute(SQL["tally"])
    wrong = desk.execute(WRONG).fetchone()
    if wrong is not None:
        row, stated, total, lines = wrong
        raise Unreadable(
            f"{place}, line {row}",
            f"the file states a total of {in_full(stated)}, but the {lines} lines above it sum to {in_full(total)};"
            f" the difference is {in_full(stated - total)}",
            f"{AGAIN}; if a line was taken out on purpose, correct the total",
        )
    found = desk.execute(STATED).fetchone()
    return found[0] if found else None


def _count(changed: duckdb.DuckDBPyConnection) -> int:
    row = changed.fetchone()
    return int(row[0]) if row else 0


def _settle_postings(desk: duckdb.DuckDBPyConnection, export: Export, mapped: list[Mapped]) -> None:
    table = export.table()
    after = {column.name: table.spot(column).after for column in mapped}
    names = dict(source_columns(table.columns))
    by_name = sorted(names, key=lambda position: folded(names[position]))
    identity = ", ".join(f"$name{position} || trimmed({quote(names[position])})" for position in by_name)
    values: dict[str, object] = {f"name{position}": f"{folded(name)}=" for position, name in names.items()}
    amount = next(names[column.position] for column in mapped if column.name == "amount")
    desk.execute(
        SQL["postings"].format(identity=identity, amount=quote(amount)),
        values
        | {
            "before": "line ",
            "after_amount": after["amount"],
            "after_date": after.get("posting_date", ""),
            "has_date": "posting_date" in after,
            "fix": CORRECT,
        },
    )


def in_full(amount: Decimal) -> str:
    """An amount as people write it, with all the digits that it has and two at least."""
    cents = amount.quantize(Decimal("0.01"))
    return f"{cents if cents == amount else amount.normalize():,f}"
