"""A tenant for each test, with a library of trackers; a connector to it, and a clock that does not wait."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from connectors import excel
from connectors._readings import files
from connectors.contract import Cursor, Message, Note, Page, Place, SourceError, Trouble
from sandbox.graph import Drive, Entry, GraphSandbox, Tenant

COLUMNS = {"id": "Ref", "title": "Activity", "due": "Due", "owner": "Who"}
HEADER = ["Ref", "Activity", "Due", "Who"]
ROWS = [
    ["M-1", "Write the brief", date(2026, 3, 20), "Mo"],
    ["M-2", "Book the hall", date(2026, 4, 3), "Ann"],
]
MO, ANN = Tenant.person("Mo Field"), Tenant.person("Ann Lee")


@dataclass
class Clock:
    """Starts on a Monday morning; sleeping moves it and is remembered."""

    moment: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.moment += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


def workbook(rows: Sequence[Sequence[Any]] = ROWS, header: Sequence[str] = HEADER, filler: int = 0) -> bytes:
    """A workbook with a sheet Plan and one of other things; `filler`: bytes of a picture that does not pack."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Plan"
    for row in [header, *rows]:
        sheet.append(list(row))
    book.create_sheet("Notes")["B2"] = "Keep this"
    out = io.BytesIO()
    book.save(out)
    if not filler:
        return out.getvalue()
    import zipfile

    with zipfile.ZipFile(out, "a") as package:
        package.writestr("xl/media/image1.bin", bytes(range(256)) * (filler // 256), zipfile.ZIP_STORED)
    return out.getvalue()


def cells(content: bytes, sheet: str = "Plan") -> list[list[Any]]:
    """Every cell of a sheet."""
    found = openpyxl.load_workbook(io.BytesIO(content))[sheet]
    return [[cell.value for cell in row] for row in found.iter_rows()]


def typed(content: bytes, key: str, header: str, value: Any) -> bytes:
    """The workbook with a cell of an item's row as a person would leave it."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Plan"]
    column = next(cell.column for cell in sheet[1] if cell.value == header)
    row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value == key)
    sheet.cell(row, column).value = value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.fixture
def tenant(clock: Clock) -> Tenant:
    made = Tenant(clock.now)
    made.register("app", "secret")
    return made


@pytest.fixture
def drive(tenant: Tenant) -> Drive:
    return tenant.add_site("/sites/Marketing")


@pytest.fixture(scope="session")
def plan() -> bytes:
    return workbook()


@pytest.fixture
def tracker(drive: Drive, plan: bytes) -> Entry:
    return drive.put("Plans/marketing.xlsx", plan, MO)


@pytest.fixture
def graph(tenant: Tenant) -> Iterator[GraphSandbox]:
    with GraphSandbox(tenant) as sandbox:
        yield sandbox


@dataclass
class Pulled:
    """What a pull gave: pages by stream and scope."""

    pages: dict[tuple[str, str], Page] = field(default_factory=dict)
    troubles: dict[str, SourceError] = field(default_factory=dict)

    @property
    def scopes(self) -> list[str]:
        return sorted({scope for _, scope in self.pages})

    def rows(self, scope: str, columns: str = "_key, _fate", stream: str = "row") -> list[Any]:
        return duckdb.sql(f"SELECT {columns} FROM '{self.pages[stream, scope].path}'").fetchall()


@dataclass
class Trackers:
    """The source, as the main job uses it: what it keeps lies in a folder, the cursor goes from pull to pull."""

    folder: Path
    graph: GraphSandbox
    clock: Clock
    cursor: Cursor = field(default_factory=dict)
    path: dict[str, Any] = field(default_factory=dict)
    auth: dict[str, Any] = field(default_factory=dict)

    def options(self, **more: Any) -> excel.Options:
        path = {"site": "https://contoso.sharepoint.com/sites/Marketing", "path": "Plans/*.xlsx",
                "graph": self.graph.url} | self.path  # fmt: skip
        auth = {"tenant": "contoso.example", "client_id": "app", "authority": self.graph.url} | (
            self.auth or {"client_secret": "secret"}
        )
        return excel.Options.model_validate({"path": path, "auth": auth, "columns": COLUMNS, **more})

    @property
    def place(self) -> Place:
        return Place("trackers", self.folder, self.clock, keep=self.folder / "kept")

    @property
    def connector(self) -> excel.Excel:
        return excel.connect(self.place, self.options())

    def shelf(self) -> files.Shelf:
        options = self.options()
        return files.shelf(self.place, options.path, options.auth)

    def pull(self, troubled: bool = False) -> Pulled:
        spool = Path(tempfile.mkdtemp(prefix="spool-", dir=self.folder))
        pulled = Pulled()
        for part in self.connector.pull(self.cursor, [], spool):
            if isinstance(part, Trouble):
                pulled.troubles[part.scope] = part.error
            else:
                pulled.pages[part.stream, part.scope] = part
                self.cursor = part.cursor if part.cursor is not None else self.cursor
        assert troubled or not pulled.troubles, pulled.troubles
        return pulled

    def push(self, *notes: Note) -> list[tuple[str, str]]:
        """Outcome and detail of each note."""
        return [(receipt.outcome, receipt.detail) for receipt in self.connector.push(notes or [note()])]

    def check(self) -> list[tuple[str, str]]:
        return [(finding.level, finding.text) for finding in self.connector.check()]

    def asked(self, pattern: str = "") -> list[str]:
        """What Graph was asked since the last look, ids left out."""
        lines = self.graph.asked(pattern)
        self.graph.log.clear()
        return lines


def note(
    key: str = "M-1", scope: str = "Plans/marketing.xlsx", headline: str = "Late by 21 days", **of: Any
) -> Note:
    given: Mapping[str, Any] = {"previous": ""} | of
    message = Message(headline, ask="Decide by Friday.", how="Write in Answer.")
    return Note(f"alert-{key}", key, key, scope, "K7QX", date(2026, 3, 2), message, **given)


@pytest.fixture
def trackers(graph: GraphSandbox, clock: Clock, tmp_path: Path) -> Callable[..., Trackers]:
    """Makes the source; keyword arguments are keys of `path`, `auth` is the whole of it but tenant and app."""

    def make(auth: Mapping[str, Any] | None = None, **path: Any) -> Trackers:
        return Trackers(tmp_path, graph, clock, path=path, auth=dict(auth or {}))

    return make
