"""Finds the ledger's table in the text of an export: delimiter, header row, records of the right width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from connectors._readings.blocks import Row
from connectors._readings.columns import Mapped
from connectors._readings.headers import Header, absent, positions, settle
from connectors._readings.options import configured
from connectors._readings.table import Table
from connectors.contract import Reading, Unreadable
from connectors.erp.options import Options
from connectors.erp.text import AGAIN, CORRECT, DELIMITERS, Record, records

READS: dict[str, Reading] = {
    "document": "key", "line": "key", "posting_date": "date", "fiscal_year": "integer", "period": "integer",
    "amount": "amount", "currency": "text", "company_code": "key", "ledger": "key", "account": "key",
    "cost_center": "key", "project": "key", "purchase_order": "key", "supplier": "text", "text": "text",
    "milestone": "text",
}  # fmt: skip
MUST_STAND = ("amount", "posting_date", "document")
"""Of the configured columns, those by which the header row is known; then all of them must be in it."""

HEADER_WITHIN = 200  # records; what an export prints above its table is shorter


@dataclass(frozen=True)
class Export:
    """An export's table. `width`: how many cells a record must at least have."""

    place: str
    text: str
    delimiter: str
    header: Header

    @cached_property
    def width(self) -> int:
        return max(position for position, cell in enumerate(self.header.cells, start=1) if cell)

    def mapped(self) -> list[Mapped]:
        cells = self.header.cells
        return [
            Mapped(name, READS[name], position, cells[position - 1])
            for name, position in self.header.positions.items()
        ]

    def table(self) -> Table:
        return Table(self.place, self.header.cells, self._rows(), "line", CORRECT)

    def _rows(self) -> Iterator[Row]:
        """The records below the header. Raises Unreadable where the file was cut short."""
        for record in records(self.text, self.delimiter, self.place, self._fits):
            if record.line <= self.header.row:
                continue
            cells = record.cells
            if record.fault:
                yield Row(record.line, cells, record.fault)
            elif self._fits(cells):
                yield Row(record.line, cells[: len(self.header.cells)])
            elif not record.closed and (len(cells) > 1 or cells[0].strip()) and len(cells) < self.width:
                raise self._cut(record)
            else:
                counted = f"{len(cells)} cells where the header has {self.width}"
                yield Row(record.line, cells, f"line {record.line}: {counted}; {CORRECT}")

    def _fits(self, cells: Sequence[str]) -> bool:
        extra = cells[len(self.header.cells) :]
        return self.width <= len(cells) and not (extra and any(cell.strip() for cell in extra))

    def _cut(self, record: Record) -> Unreadable:
        problem = (
            f"the file was cut short: its last line ({record.line}) has {len(record.cells)} of {self.width}"
            " cells and no line end"
        )
        return Unreadable(self.place, problem, AGAIN)


def find(text: str, options: Options, place: str) -> Export:
    """The ledger's table in a text. Raises Drifted where its header is not there, or not all of it."""
    wanted = configured(options.columns)
    must_stand = {name: wanted[name] for name in MUST_STAND if name in wanted}
    delimiters = (options.delimiter,) if options.delimiter else DELIMITERS
    tops = {delimiter: _top(text, delimiter, place) for delimiter in delimiters}
    found = [
        (len(record.cells), delimiter, record)
        for delimiter, top in tops.items()
        if (
            record := next(
                (one for one in top if len(positions(one.cells, must_stand)) == len(must_stand)), None
            )
        )
    ]
    if not found:
        top = max(
            tops.values(),
            key=lambda top: max((len(positions(one.cells, wanted)), len(one.cells)) for one in top),
        )
        raise absent(place, "line", [(record.line, record.cells) for record in top], wanted)
    _, delimiter, record = max(found, key=lambda one: one[0])
    header = settle(place, record.line, "line", record.cells, wanted)
    return Export(place, text, delimiter, header)


def _top(text: str, delimiter: str, place: str) -> list[Record]:
    """The first records, as far as they can be read by this delimiter."""
    top: list[Record] = []
    try:
        for record in islice(records(text, delimiter, place), HEADER_WITHIN):
            top.append(record)
    except Unreadable:
        pass  # by another delimiter the quote may close; by the right one, reading the rows will say so
    return top or [Record(1, [""])]
