"""Workbooks in a folder, made with openpyxl and pulled as the main job pulls them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from connectors import excel
from connectors.contract import Cursor, Page, Place, SourceError, Trouble

COLUMNS = {"id": "Ref", "title": "Activity", "due": "Due", "owner": "Who"}
HEADER = ["Ref", "Activity", "Due", "Who"]


class StandingClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("no file is worth waiting for")


@dataclass
class Pulled:
    """What a pull gave: pages by stream and scope."""

    pages: dict[tuple[str, str], Page] = field(default_factory=dict)
    troubles: dict[str, SourceError] = field(default_factory=dict)
    cursor: Cursor = field(default_factory=dict)

    def rows(self, scope: str, columns: str = "_row, _key, _fate, _reason", stream: str = "row") -> list[Any]:
        return duckdb.sql(f"SELECT {columns} FROM '{self.pages[stream, scope].path}'").fetchall()

    @property
    def scopes(self) -> list[str]:
        return list(dict.fromkeys(scope for _, scope in self.pages))


@dataclass
class Trackers:
    """A folder of trackers; `pull` reads it on from where the last pull ended."""

    folder: Path
    cursor: Cursor = field(default_factory=dict)
    pulls: int = 0

    def write(
        self,
        name: str,
        rows: Iterable[Sequence[Any]] | None = None,
        sheets: Mapping[str, Iterable[Sequence[Any]]] | None = None,
        merged: Sequence[str] = (),
        since_1904: bool = False,
    ) -> Path:
        """A workbook of one sheet, Plan, or of several; `merged` ranges are of its last sheet."""
        book = openpyxl.Workbook()
        book.remove(book.active)
        if since_1904:
            book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
        for title, lines in (sheets or {"Plan": rows or []}).items():
            sheet = book.create_sheet(title)
            for number, line in enumerate(lines, start=1):
                for column, value in enumerate(line, start=1):
                    if value is not None:
                        sheet.cell(number, column, value)
        for area in merged:
            sheet.merge_cells(area)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
        return path

    def options(
        self, columns: Mapping[str, Any] = COLUMNS, path: str = "plan.xlsx", **more: Any
    ) -> excel.Options:
        return excel.Options.model_validate({"path": path, "columns": dict(columns), **more})

    def connector(self, *args: Any, **options: Any) -> excel.Excel:
        return excel.connect(Place("trackers", self.folder, StandingClock()), self.options(*args, **options))

    def pull(self, *args: Any, **options: Any) -> Pulled:
        self.pulls += 1
        spool = self.folder / f"spool-{self.pulls}"
        spool.mkdir()
        pulled = Pulled(cursor=self.cursor)
        for part in self.connector(*args, **options).pull(self.cursor, [], spool):
            if isinstance(part, Trouble):
                pulled.troubles[part.scope] = part.error
            else:
                pulled.pages[part.stream, part.scope] = part
                self.cursor = pulled.cursor = part.cursor if part.cursor is not None else pulled.cursor
        assert {path.suffix for path in spool.iterdir()} <= {".parquet"}
        return pulled


@pytest.fixture
def trackers(tmp_path) -> Trackers:
    return Trackers(tmp_path)
