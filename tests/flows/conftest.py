"""A small company in a folder, with its configuration, and the command line run on it as a user would."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from openpyxl import Workbook, load_workbook

from flows import cli
from flows.settings import load
from sandbox.jira import JiraSandbox, JiraSite
from warehouse.database import open_database, rows
from warehouse.publish import current

TRACKER = {
    "id": "Ref", "title": "Activity", "owner": "Who", "start": "Start", "due": "Due", "status": "Status",
    "estimate": "Days", "depends_on": "Needs", "need_by": "Needed by", "initiative": "Programme",
    "priority": "Prio", "same_as": "Same as", "labels": "Labels", "type": "Kind", "parent": "Parent",
    "progress": "% done", "department": "Dept",
}  # fmt: skip
LEDGER = {
    "document": "Document", "line": "Line", "posting_date": "Posted", "amount": "Amount", "project": "Project",
    "text": "Text",
}  # fmt: skip
DAY = date(2026, 3, 2)


@dataclass
class Result:
    """What a command came to."""

    status: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Company:
    """A folder with an `interlock.yaml` of two departments, whatever sources a test gives it, and a command line."""

    folder: Path
    command: Callable[..., Result]
    settings: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.settings |= {
            "company": "Test Company",
            "timezone": "Europe/London",
            "currency": "GBP",
            "fiscal_year": {"starts": 1, "label": "end"},
            "departments": {
                "it": {"name": "IT", "lead": "dana@x.example"},
                "marketing": {"name": "Marketing", "lead": "mo@x.example"},
                "finance": {"name": "Finance", "lead": "fay@x.example"},
            },
            "people": {"dana@x.example": {"aliases": ["Dana Smith"]}, "mo@x.example": {"aliases": ["Mo"]}},
            "sources": {},
            "alerts": {"mode": "notify", "hold": "0d"},
        }

    # --- tools ---------------------------------------------------------------------------------------------

    def tracker(
        self, name: str, items: Sequence[Mapping[str, Any]], department: str = "", **options: Any
    ) -> Path:
        """A tracker of one sheet `Plan`, and the source of its name. Items are by hub names."""
        path = self.folder / f"{name}.xlsx"
        book = Workbook()
        sheet = book.active
        sheet.title = "Plan"
        sheet.append(list(TRACKER.values()))
        for item in items:
            sheet.append([item.get(hub) for hub in TRACKER])
        book.save(path)
        source = {"kind": "excel", "department": department or name, "path": path.name, "sheet": "Plan",
                  "columns": TRACKER, **options}  # fmt: skip
        self.settings["sources"].setdefault(name, source)
        return path

    def cell(self, path: Path, key: str, header: str, value: Any = ...) -> Any:
        """Read a cell of a tracker's row, or write it as a person would."""
        book = load_workbook(path)
        sheet = book["Plan"]
        column = next(cell.column for cell in sheet[1] if cell.value == header)
        row = next(row for row in range(2, sheet.max_row + 1) if sheet.cell(row, 1).value == key)
        if value is ...:
            return sheet.cell(row, column).value
        sheet.cell(row, column).value = value
        book.save(path)
        return value

    def register(self, **sheets: Sequence[Mapping[str, Any]]) -> None:
        """The initiative register, as YAML."""
        named = {name.replace("_", " "): [dict(row) for row in found] for name, found in sheets.items()}
        (self.folder / "register.yaml").write_text(yaml.safe_dump(named, sort_keys=False), encoding="utf-8")
        self.settings["register"] = "register.yaml"

    def ledger(
        self, file: str, lines: Sequence[Sequence[Any]], header: Sequence[str] = tuple(LEDGER.values())
    ) -> Path:
        """An export, semicolon-separated, and the source `erp`."""
        path = self.folder / "exports" / file
        path.parent.mkdir(exist_ok=True)
        text = "\n".join(";".join(str(cell) for cell in line) for line in [header, *lines]) + "\n"
        path.write_text(text, encoding="utf-8")
        self.settings["sources"].setdefault(
            "erp", {"kind": "erp", "path": "exports/*.csv", "columns": LEDGER}
        )
        return path

    def jira(self, sandbox: JiraSandbox, **options: Any) -> None:
        """The source `jira` on a sandbox."""
        self.settings["sources"]["jira"] = {
            "kind": "jira", "department": "it", "url": sandbox.url,
            "auth": {"email": "hub@x.example", "token": "${JIRA_TOKEN}"},
            "jql": "project is not EMPTY", "fields": {"start": "customfield_10015"}, **options,
        }  # fmt: skip

    # --- commands ------------------------------------------------------------------------------------------

    @property
    def config(self) -> Path:
        path = self.folder / "interlock.yaml"
        path.write_text(yaml.safe_dump(self.settings, sort_keys=False), encoding="utf-8")
        return path

    def run(self, *arguments: str) -> Result:
        return self.command(*arguments, "-c", str(self.config))

    def sync(self, day: date = DAY, status: int = 0, **options: str) -> Result:
        """`interlock sync --today DAY`; fails the test where its exit status is another."""
        more = [word for name, value in options.items() for word in (f"--{name}", value)]
        result = self.run("sync", "--today", day.isoformat(), *more)
        assert result.status == status, result.err
        return result

    def breaks(self, state: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.run(
            "breaks", "--format", "json", *(["--state", state] if state else [])
        ).json()
        return found

    def keys(self, state: str = "") -> set[tuple[str, ...]]:
        """The breaks that stand, as (rule, key …)."""
        return {(one["rule"], *one["key"]) for one in self.breaks(state)}

    def view(self, query: str) -> list[dict[str, Any]]:
        """Rows of the published views."""
        path = current(load(self.config, {"JIRA_TOKEN": "secret"}).warehouse.parent)
        assert path is not None, "nothing was published"
        with open_database(path, read_only=True) as db:
            return rows(db, query)

    def warehouse(self) -> duckdb.DuckDBPyConnection:
        """The warehouse itself, for what no view shows."""
        return open_database(load(self.config, {"JIRA_TOKEN": "secret"}).warehouse)

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the warehouse that a run may append to, for comparing whole."""
        tables = ("breaks.episode", "breaks.answer", "breaks.decision", "outbox.alert", "outbox.delivery",
                  "journal.entry", "ops.batch", "ops.quarantine")  # fmt: skip
        with self.warehouse() as db:
            streams = [
                table for (table,) in db.execute("SELECT table_name FROM ops.stream ORDER BY 1").fetchall()
            ]
            return {
                table: sorted(db.execute(f"FROM {table}").fetchall(), key=str)
                for table in (*tables, *streams)
            }


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("JIRA_TOKEN", "secret")
    monkeypatch.setenv("COLUMNS", "200")

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        monkeypatch.setattr("sys.argv", ["interlock", *arguments])
        with pytest.raises(SystemExit) as ending:
            cli.main()
        printed = capsys.readouterr()
        return Result(int(ending.value.code or 0), printed.out, printed.err)

    return call


@pytest.fixture
def company(tmp_path: Path, command: Callable[..., Result]) -> Company:
    return Company(tmp_path, command)


class Clock:
    """The Jira site's clock, moved by tests."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jira(clock: Clock) -> Iterator[JiraSandbox]:
    site = JiraSite(clock)
    site.add_user("Interlock", "hub@x.example")
    site.grant("hub@x.example", "secret")
    for name, address in (
        ("Dana Smith", "dana@x.example"),
        ("Mo Adeyemi", "mo@x.example"),
        ("Eve", "eve@x.example"),
    ):
        site.add_user(name, address)
    site.add_project("PLAT")
    with ExitStack() as stack:
        yield stack.enter_context(JiraSandbox(site))
