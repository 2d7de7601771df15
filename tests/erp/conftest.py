"""Exports in a folder, pulled as the main job pulls them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors import erp
from connectors.contract import Cursor, Page, Place, SourceError, Trouble

COLUMNS = {"document": "Doc", "posting_date": "Date", "amount": "Amount", "text": "Text"}


class StandingClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("no file is worth waiting for")


@dataclass
class Pulled:
    """What a pull gave, by scope."""

    pages: dict[str, Page] = field(default_factory=dict)
    troubles: dict[str, SourceError] = field(default_factory=dict)
    cursor: Cursor = field(default_factory=dict)

    def lines(self, scope: str, columns: str = "_row, _fate, _amount, _reason") -> list[tuple[Any, ...]]:
        return duckdb.sql(f"SELECT {columns} FROM '{self.pages[scope].path}' ORDER BY _row").fetchall()

    def sums(self, scope: str) -> dict[str, tuple[int, Decimal | None]]:
        found = duckdb.sql(f"SELECT _fate, count(*), sum(_amount) FROM '{self.pages[scope].path}' GROUP BY 1")
        return {fate: (number, amount) for fate, number, amount in found.fetchall()}


@dataclass
class Exports:
    """A folder of exports; `pull` reads it on from where the last pull ended."""

    folder: Path
    cursor: Cursor = field(default_factory=dict)
    pulls: int = 0

    def write(self, name: str, content: str | bytes, encoding: str = "utf-8") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))

    def connector(self, columns: Mapping[str, Any] = COLUMNS, path: str = "*.csv", **options: Any) -> erp.Erp:
        chosen = erp.Options.model_validate({"path": path, "columns": dict(columns), **options})
        return erp.connect(Place("erp", self.folder, StandingClock()), chosen)

    def pull(self, columns: Mapping[str, Any] = COLUMNS, path: str = "*.csv", **options: Any) -> Pulled:
        self.pulls += 1
        spool = self.folder / f"spool-{self.pulls}"
        spool.mkdir()
        pulled = Pulled(cursor=self.cursor)
        for part in self.connector(columns, path, **options).pull(self.cursor, [], spool):
            if isinstance(part, Trouble):
                pulled.troubles[part.scope] = part.error
            else:
                pulled.pages[part.scope] = part
                self.cursor = pulled.cursor = part.cursor if part.cursor is not None else pulled.cursor
        assert {path.suffix for path in spool.iterdir()} <= {".parquet"}
        return pulled


@pytest.fixture
def exports(tmp_path) -> Exports:
    return Exports(tmp_path)


MakeExport = Callable[..., str]


@pytest.fixture
def export() -> MakeExport:
    """A small export: a header and lines `doc;date;amount;text`."""

    def make(*lines: str, header: str = "Doc;Date;Amount;Text") -> str:
        return "\r\n".join([header, *lines, ""])

    return make
