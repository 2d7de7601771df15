"""Reads trackers: a workbook into the pages of its scope, and where its rows stand, for writing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors._readings import files
from connectors._readings.columns import Settings
from connectors._readings.table import lay_out, open_desk, quote, write, write_nothing
from connectors._readings.workbook import Workbook
from connectors.contract import ANSWER, Finding, Page, Reading, Unreadable
from connectors.excel.options import Options
from connectors.excel.properties import last_saved_by
from connectors.excel.sheet import AS_TEXT, READS, Sheet, sheets

HERE = Path(__file__).parent
SQL = {
    name: (HERE / f"{name}.sql").read_text(encoding="utf-8") for name in ("fates", "twins", "answers", "said")
}
STANDING = "CREATE TEMP TABLE standing (sheet INTEGER, _row BIGINT, _key VARCHAR, _place VARCHAR)"
HUB_CELL = (
    "CREATE TEMP TABLE hub_cell (sheet INTEGER, _row BIGINT, answer VARCHAR, item VARCHAR, code VARCHAR)"
)
FATES = {"land": "rows can be read", "quarantine": "cannot", "drop": "are headings, totals and the like"}

Said = Mapping[str, Sequence[str]]
"""Item key → the hash of its answer cell, and who had saved the file when that answer was first seen there."""


@dataclass
class SheetLayout:
    """Where things stand in one sheet. Rows and columns count from 1.

    `columns`: header text → column; the hub's own columns by the headers that the options give them. `rows`:
    item key → row, of the rows whose key is readable and stands once in the file. `last_column`: the last one
    that holds anything.
    """

    name: str
    header_row: int
    columns: Mapping[str, int]
    rows: Mapping[str, int]
    last_column: int


@dataclass(frozen=True)
class Layout:
    """A workbook as it was read: `sha256` of the whole file, and the sheets that hold the tracker."""

    sha256: str
    sheets: tuple[SheetLayout, ...]


@dataclass(frozen=True)
class Read:
    """A workbook that was read, its sheets by their number in the reader's desk.

    `saved_by`: who last saved it, as its shelf or it itself tells; for display.
    """

    file: files.Listed
    sha256: str
    bytes: int
    sheets: Mapping[int, Sheet]
    saved_by: str | None = None


class Reader:
    """Reads workbooks of one source side by side, so that an id that stands twice among them is seen.

    First `read` each, then `settle_twins`, then ask for pages and rows.
    """

    def __init__(self, options: Options, spool: Path, reads: Mapping[str, Reading] = READS) -> None:
        self.options = options
        self.spool = spool
        self.reads = reads
        self.desk = open_desk()
        self.desk.execute(STANDING)
        self.desk.execute(HUB_CELL)
        self.numbers = 0

    def read(self, file: files.Listed) -> Read:
        """Lay out the sheets of a file. Raises Unreadable, Unauthorised, Drifted; then nothing stands."""
        content = files.content(file)
        workbook = Workbook(content.data, file.name)
        settings = Settings(self.options.decimal, None, self.options.date_order, workbook.since_1904)
        laid: dict[int, Sheet] = {}
        for sheet in sheets(workbook, self.options):
            self.numbers += 1
            laid[self.numbers] = sheet
            mapped, table = sheet.mapped(self.reads), sheet.table()
            lay_out(self.desk, table, mapped, self.reads, settings, self.spool)
            spot = next(table.spot(column) for column in mapped if column.name == "id")
            self.desk.execute(
                f"CREATE TEMP TABLE {_table(self.numbers)} AS {SQL['fates']}",
                {"sheet": self.numbers, "id_before": spot.before, "id_after": spot.after},
            )
        for number, sheet in laid.items():
            self._stand(number, sheet)
        saved_by = file.saved_by or last_saved_by(content.data, file.name)
        return Read(file, content.sha256, len(content.data), laid, saved_by)

    def _stand(self, number: int, sheet: Sheet) -> None:
        self.desk.execute(
            f"INSERT INTO standing SELECT sheet, _row, _key, _place FROM {_table(number)}"
            " WHERE _key IS NOT NULL"
        )
        answers = [[number, *answer] for answer in sheet.answers()]
        if answers:
            self.desk.executemany("INSERT INTO hub_cell VALUES (?, ?, ?, ?, ?)", answers)

    def ids(self, read: Read) -> list[str]:
        """The ids that stand in a workbook, sorted."""
        found = self.desk.execute(
            "SELECT DISTINCT _key FROM standing WHERE list_contains(?, sheet) ORDER BY 1", [list(read.sheets)]
        )
        return [key for (key,) in found.fetchall()]

    def settle_twins(self) -> None:
        """Quarantine the rows whose id stands more than once in all that was read."""
        self.desk.execute(SQL["twins"])
        for number in range(1, self.numbers + 1):
            self.desk.execute(
                f"UPDATE {_table(number)} AS sheet SET _fate = 'quarantine',"
                " _reason = concat_ws('; ', sheet._reason, twin.reason)"
                " FROM twin WHERE twin.sheet = ? AND twin._row = sheet._row",
                [number],
            )

    def pages(self, read: Read, number: int, said: Said | None = None) -> list[Page]:
        """Spool the pages of a workbook; `number` tells its files from the spool's others.

        `said`: the answers that stood there before, and who had saved the file when each was first seen.
        """
        rows, answers = self.spool / f"row-{number}.parquet", self.spool / f"answer-{number}.parquet"
        tables = " UNION ALL BY NAME ".join(f"FROM {_table(sheet)}" for sheet in read.sheets)
        write(self.desk, f"SELECT * EXCLUDE (sheet) FROM ({tables}) ORDER BY sheet, _row", rows)
        title = quote(self.options.write.answer)
        self._recall(said or {})
        named = {"sheets": list(read.sheets), "saved_by": read.saved_by}
        write(self.desk, SQL["answers"].format(answer=title), answers, named)
        facts = {"sha256": read.sha256, "bytes": read.bytes}
        return [
            Page("row", rows, scope=read.file.scope, complete=True, facts=facts),
            Page("answer", answers, scope=read.file.scope, complete=True, facts=facts),
        ]

    def _recall(self, said: Said) -> None:
        self.desk.execute("CREATE OR REPLACE TEMP TABLE said (_key VARCHAR, hash VARCHAR, saved_by VARCHAR)")
        if said:
            self.desk.executemany(
                "INSERT INTO said VALUES (?, ?, ?)", [[key, *one] for key, one in said.items()]
            )

    def said(self, read: Read) -> Said:
        """The answers of the workbook whose pages were spooled last; none where nobody is known to have saved it."""
        found = self.desk.execute(SQL["said"], {"sheets": list(read.sheets), "saved_by": read.saved_by})
        return {key: (hash, saved_by) for key, hash, saved_by in found.fetchall() if saved_by}

    def empty_pages(self, scope: str, number: int) -> list[Page]:
        """Pages that say that nothing stands in a scope any more."""
        pages = []
        for stream, reads in (("row", READS), (ANSWER.name, ANSWER.reads)):
            path = self.spool / f"{stream}-{number}.parquet"
            write_nothing(reads, path)
            pages.append(Page(stream, path, scope=scope, complete=True))
        return pages

    def findings(self, read: Read) -> Iterator[Finding]:
        """What landed of each sheet of a workbook and what did not, for `check`."""
        for number, sheet in read.sheets.items():
            counted = dict(
                self.desk.execute(f"SELECT _fate, count(*) FROM {_table(number)} GROUP BY 1").fetchall()
            )
            found = ", ".join(f"{counted.get(fate, 0)} {word}" for fate, word in FATES.items())
            yield Finding("ok", f"{sheet.place}: header in row {sheet.header.row}; {found}")
            reasons = self.desk.execute(
                f"SELECT _place, _reason FROM {_table(number)} WHERE _fate = 'quarantine'"
                " ORDER BY _row LIMIT 3"
            ).fetchall()
            yield from (Finding("warn", f"{place}: {reason}") for place, reason in reasons)

    def layout(self, read: Read) -> Layout:
        """Where things stand in a workbook; it must be the only one that was read."""
        found = []
        for number, sheet in read.sheets.items():
            rows = self.desk.execute(
                "SELECT _key, _row FROM standing WHERE sheet = ? AND _key NOT IN (SELECT _key FROM twin)",
                [number],
            ).fetchall()
            columns: dict[str, int] = {}
            for position, header in enumerate(sheet.header.cells, start=1):
                if header:
                    columns.setdefault(header, position)
            titles = self.options.write.model_dump()
            columns |= {titles[name]: position for name, position in sheet.hub.items()}
            width = max((used(cells) for cells in sheet.grid.rows), default=0)
            found.append(SheetLayout(sheet.grid.name, sheet.header.row, columns, dict(rows), width))
        return Layout(read.sha256, tuple(found))


def locate(path: Path, options: Options) -> Layout:
    """Where items and columns stand in a workbook, by the rules by which it is read.

    Raises Unreadable, Unauthorised or Drifted as reading it does.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise Unreadable(
            path.name, f"the file cannot be read ({error.strerror})", "See that it is there"
        ) from error
    with tempfile.TemporaryDirectory() as spool:
        reader = Reader(options, Path(spool), AS_TEXT)
        read = reader.read(files.LocalFile(path, path.name, stat.st_size, stat.st_mtime_ns))
        reader.settle_twins()
        return reader.layout(read)


def used(cells: Sequence[str | None]) -> int:
    """The last filled position of a row (the first is 1); 0 in a blank one."""
    return next((position for position in range(len(cells), 0, -1) if cells[position - 1]), 0)


def _table(number: int) -> str:
    return f"sheet_{number}"
