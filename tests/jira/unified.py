"""A company whose only tool is a Jira: pulled, landed and unified as a run does it, without rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import yaml

from flows import model
from flows.context import Run, clock_for
from flows.pull import pull
from flows.settings import load
from warehouse.database import open_database


@dataclass
class Unified:
    """`options` are the keys of the source, `timezone` is the company's; the warehouse is in memory."""

    folder: Path
    options: Mapping[str, Any]
    timezone: str = "Europe/London"
    db: duckdb.DuckDBPyConnection = field(default_factory=lambda: open_database(None))
    failed: list[str] = field(default_factory=list)

    def sync(self, today: date = date(2026, 1, 5), **options: Any) -> Unified:
        """Pull and unify; `failed` holds what went wrong. `options` change the source from now on."""
        self.options = dict(self.options) | options
        auth = {"email": "hub@meridian.example", "token": "${JIRA_TOKEN}"}
        source = {"kind": "jira", "department": "it", "auth": auth} | self.options
        told = {
            "company": "Test Company", "timezone": self.timezone, "currency": "GBP",
            "departments": {"it": {"name": "IT"}}, "sources": {"jira-it": source},
        }  # fmt: skip
        path = self.folder / "interlock.yaml"
        path.write_text(yaml.safe_dump(told), encoding="utf-8")
        settings = load(path, {"JIRA_TOKEN": "secret"})
        run = Run(settings, self.db, clock_for(settings, today), ())
        run.scratch.mkdir(parents=True, exist_ok=True)
        pull(run)
        model.unify(run)
        self.failed = list(run.report.failed)
        return self

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Of the documented views, or of the record."""
        return self.db.execute(query).fetchall()
