"""Reads trackers: a workbook into the pages of its scope, and where its rows stand, for writing."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb

from connectors._readings import files
from connectors._readings.columns import Settings
from connectors._readings.table import Laid, lay, open_desk, quote, write, write_nothing
from connectors._readings.workbook import Workbook
from connectors.contract import ANSWER, Page, Reading, Unreadable
from connectors.excel.beside import give_keys, put_beside, stand_under, tell_rows
from connectors.excel.identity import Told, name_rows, signature
from connectors.excel.layout import Layout, SheetLayout
from connectors.excel.options import Options
from connectors.excel.properties import last_saved_by
from connectors.excel.remarks import told_of_matches
from connectors.excel.sheet import AS_TEXT, LANDED, READS, Sheet, sheet_table, sheets

__all__ = ["Layout", "Read", "Reader", "SheetLayout", "locate", "used"]

HERE = Path(__file__).parent
SQL = {
    name: (HERE / f"{name}.sql").read_text(encoding="utf-8")
    for name in ("fates", "apart", "row", "twins", "answers", "said", "unordered")
}
STANDING = "CREATE TEMP TABLE standing (sheet INTEGER, _row BIGINT, _key VARCHAR, _place VARCHAR)"
HUB_CELL = (
    "CREATE TEMP TABLE hub_cell (sheet INTEGER, _row BIGINT, answer VARCHAR, item VARCHAR, code VARCHAR)"
)
MANY = 20_000
"""Rows of which sorting takes time."""

Said = Mapping[str, Sequence[str]]
"""Item key → the hash of its answer cell, and who had saved the file when that answer was first seen there."""


@dataclass
class Read:
    """A workbook that was read, its sheets by their number in the reader's desk.

    `saved_by`: who last saved it, as its shelf or it itself tells; for display.
    `told`: what its rows are known by where no column holds ids, by sheet and row; `memory`: the same by key,
    once they have them. `notes`: what people should know of how it was read.
    """

    file: files.Listed
    sha256: str
    bytes: int
    sheets: Mapping[int, Sheet]
    saved_by: str | None = None
    told: Mapping[tuple[int, int], Told] = field(default_factory=dict)
    memory: Mapping[str, Told] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    ids: list[str] | None = None


class Reader:
    """Reads workbooks of one source side by side, so that an id that stands twice among them is seen.

    First `read` each, then `stand` those that count, then `settle_twins`, then ask for pages and rows.
    """

    def __init__(self, options: Options, spool: Path, reads: Mapping[str, Reading] = READS) -> None:
        self.options = options
        self.spool = spool
        self.reads = reads
        self.keyless = options.columns.id is None
        self.numbers = 0
        self.laid: dict[int, Laid] = {}
        self.answered: set[int] = set()

    @cached_property
    def desk(self) -> duckdb.DuckDBPyConnection:
        """Where workbooks are laid out; made for the first, as most pulls find none that changed."""
        desk = open_desk()
        desk.execute(STANDING)
        desk.execute(HUB_CELL)
        return desk

    def read(self, file: files.Listed) -> Read:
        """Lay out the sheets of a file. Raises Unreadable, Unauthorised, Drifted; then nothing stands."""
        content = files.content(file)
        workbook = Workbook(content.data, file.name)
        settings = Settings(self.options.decimal, None, self.options.date_order, workbook.since_1904)
        read = Read(file, content.sha256, len(content.data), {})
        laid: dict[int, Sheet] = {}
        told: dict[tuple[int, int], Told] = {}
        for sheet in sheets(workbook, self.options):
            self.numbers += 1
            laid[self.numbers] = sheet
            sheet.refuse_uncalculated()
            self._lay_out(sheet, settings)
            put_beside(
                self.desk, sheet_table(self.numbers), sheet, workbook.comments(sheet.grid.name), self.options
            )
            if self.keyless:
                told |= tell_rows(self.desk, self.numbers, sheet, self.options)
        read.sheets, read.told = laid, told
        read.saved_by = file.saved_by or last_saved_by(content.data, file.name)
        return read

    def _lay_out(self, sheet: Sheet, settings: Settings) -> None:
        number = self.numbers
        mapped, table = sheet.mapped(self.reads), sheet.table()
        laid = lay(self.desk, table, mapped, self.reads, settings, f"_{number}")
        known_by = "title" if self.keyless else "id"
        spot = next(table.spot(column) for column in mapped if column.name == known_by)
        at = sheet.header.positions
        fates = SQL["fates"].format(laid=laid.query, cell=laid.cell)
        self.desk.execute(
            f"CREATE TEMP TABLE {sheet_table(number)} AS {fates}",
            {
                **laid.values,
                "sheet": number,
                "id_before": spot.before,
                "id_after": spot.after,
                "header": sheet.header.row,
                "keyless": self.keyless,
                "shared": at.get("id") == at["title"],
            },
        )
        if self._holds(f"SELECT max(_row) - min(_row) >= count(*) FROM {sheet_table(number)}"):
            self.desk.execute(SQL["apart"].format(sheet=sheet_table(number)), {"keyless": self.keyless})
        self.laid[number] = laid

    def _holds(self, question: str) -> bool:
        found = self.desk.execute(question).fetchone()
        return bool(found and found[0])

    def stand(self, read: Read, memory: Mapping[str, Told] | None = None) -> None:
        """Let a workbook's rows count, with their keys; `memory` is what was remembered of it."""
        if self.keyless:
            self._name(read, memory or {})
        for number, sheet in read.sheets.items():
            stand_under(self.desk, sheet_table(number), sheet, self.options)
            self.desk.execute(
                f"INSERT INTO standing SELECT sheet, _row, _key, _place FROM {sheet_table(number)}"
                " WHERE _key IS NOT NULL"
            )
            answers = [[number, *answer] for answer in sheet.answers()]
            if answers:
                self.answered.add(number)
                self.desk.executemany("INSERT INTO hub_cell VALUES (?, ?, ?, ?, ?)", answers)

    def _name(self, read: Read, memory: Mapping[str, Told]) -> None:
        """Give rows without an id their keys, and say which were taken for remembered ones."""
        places = list(read.told)
        named = name_rows(read.file.scope, [read.told[place] for place in places], memory)
        give_keys(self.desk, dict(zip(places, named.keys, strict=True)), read.told, sheet_table)
        read.memory = named.memory
        read.notes += told_of_matches(read, places, named)

    def told(self, read: Read) -> set[tuple[str, ...]]:
        """What a workbook's rows are told by, to be compared with another's."""
        if self.keyless:
            return signature(read.told.values())
        tables = " UNION ALL ".join(
            f'SELECT folded(_key), folded("@title") FROM {sheet_table(number)} WHERE _key IS NOT NULL'
            for number in read.sheets
        )
        return {(key, title or "") for key, title in self.desk.execute(tables).fetchall()}

    def whole(self, read: Read) -> frozenset[tuple[str, ...]]:
        """What a workbook's rows are told by, with who does them and when, to be compared with another's."""
        found: set[tuple[str, ...]] = set()
        for number in read.sheets:
            rows = self.desk.execute(
                'SELECT _row, concat_ws(chr(31), folded("@owner"), "@start", "@due", "@status")'
                f" FROM ({self.laid[number].query})",
                self.laid[number].values,
            ).fetchall()
            found |= {
                (*read.told[number, row].folded, text) for row, text in rows if (number, row) in read.told
            }
        return frozenset(found)

    def ids(self, read: Read) -> list[str]:
        """The ids that stand in a workbook, sorted; of one that stands already."""
        if read.ids is None:
            found = self.desk.execute(
                "SELECT list(_key ORDER BY _key) FROM"
                " (SELECT DISTINCT _key FROM standing WHERE list_contains(?, sheet))",
                [list(read.sheets)],
            ).fetchone()
            read.ids = (found and found[0]) or []
        return read.ids

    def settle_twins(self) -> None:
        """Quarantine the rows whose id stands more than once in all that was read."""
        if not self.laid:
            return
        self.desk.execute(SQL["twins"], {"keyless": self.keyless})
        for number in self.laid:
            self.desk.execute(
                f"UPDATE {sheet_table(number)} AS sheet SET _fate = 'quarantine',"
                " _reason = concat_ws('; ', sheet._reason, twin.reason)"
                " FROM twin WHERE twin.sheet = ? AND twin._row = sheet._row",
                [number],
            )

    def pages(self, read: Read, number: int, said: Said | None = None) -> list[Page]:
        """Spool the pages of a workbook; `number` tells its files from the spool's others.

        `said`: the answers that stood there before, and who had saved the file when each was first seen.
        """
        rows, answers = self.spool / f"row-{number}.parquet", self.spool / f"answer-{number}.parquet"
        self._write_rows(read, rows)
        self._recall(said or {})
        if self.answered.isdisjoint(read.sheets):
            write_nothing(ANSWER.reads, answers)
        else:
            title = quote(self.options.write.answer)
            named = {"sheets": list(read.sheets), "saved_by": read.saved_by}
            write(self.desk, SQL["answers"].format(answer=title), answers, named)
        facts = {"sha256": read.sha256, "bytes": read.bytes}
        return [
            Page("row", rows, scope=read.file.scope, complete=True, facts=facts, notes=tuple(read.notes)),
            Page("answer", answers, scope=read.file.scope, complete=True, facts=facts),
        ]

    def _write_rows(self, read: Read, path: Path) -> None:
        """Spool the rows in the order in which they stand.

        Cells came in that order and joins to what is smaller keep it, so that many rows of one sheet are written
        without being sorted (which took as long as writing them) and looked at: only if they are not in order, they
        are.
        """
        laid = {sheet: self.laid[sheet] for sheet in read.sheets}
        tables = [SQL["row"].format(sheet=sheet_table(sheet), laid=one.query) for sheet, one in laid.items()]
        values = {name: value for one in laid.values() for name, value in one.values.items()}
        every = f"SELECT * EXCLUDE (sheet) FROM ({' UNION ALL BY NAME '.join(tables)})"
        many = len(laid) == 1 and self._holds(
            f"SELECT count(*) > {MANY} FROM {sheet_table(next(iter(laid)))}"
        )
        if many:
            write(self.desk, every, path, values)
        if not many or self.desk.execute(SQL["unordered"], {"file": str(path)}).fetchone():
            write(self.desk, f"{every} ORDER BY sheet, _row", path, values)

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

    def empty_pages(self, scope: str, number: int, notes: Sequence[str] = ()) -> list[Page]:
        """Pages that say that nothing stands in a scope any more."""
        pages = []
        for stream, reads in (("row", LANDED), (ANSWER.name, ANSWER.reads)):
            path = self.spool / f"{stream}-{number}.parquet"
            write_nothing(reads, path)
            pages.append(Page(stream, path, scope=scope, complete=True, notes=tuple(notes)))
            notes = ()
        return pages

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


def locate(path: Path, options: Options, scope: str = "", memory: Mapping[str, Told] | None = None) -> Layout:
    """Where items and columns stand in a workbook, by the rules by which it is read.

    `scope` names it as pulling does, and `memory` is what is remembered of it: where no column holds ids, rows
    have their keys from both. Raises Unreadable, Unauthorised or Drifted as reading it does.
    """
    try:
        stat = path.stat()
    except OSError as error:
        raise Unreadable(
            path.name, f"the file cannot be read ({error.strerror})", "See that it is there"
        ) from error
    with tempfile.TemporaryDirectory() as spool:
        reader = Reader(options, Path(spool), AS_TEXT)
        read = reader.read(files.LocalFile(path, scope or path.name, stat.st_size, stat.st_mtime_ns))
        reader.stand(read, memory)
        reader.settle_twins()
        return reader.layout(read)


def used(cells: Sequence[str | None]) -> int:
    """The last filled position of a row (the first is 1); 0 in a blank one."""
    return next((position for position in range(len(cells), 0, -1) if cells[position - 1]), 0)
