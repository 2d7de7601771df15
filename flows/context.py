"""What one run carries through its stages, and what it has to tell at its end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any

import duckdb

from connectors import registry
from connectors.contract import Clock, Connector, Place
from flows.settings import Settings, Source
from rules.engine.children import Children

DONE, DONE_WITH_FAILURES, WRONG_CALL, LOCKED = 0, 1, 2, 3
"""Exit statuses (DESIGN section 8)."""


class SystemClock:
    """The machine's clock: the only place where the product reads it."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class DayClock:
    """Noon of a given day in the company's timezone, for `--today`: a repeated run writes the same record."""

    moment: datetime
    waiting: Clock

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.waiting.sleep(seconds)


def clock_for(settings: Settings, today: date | None) -> Clock:
    """The machine's clock, or one that stands at noon of `today`."""
    system = SystemClock()
    if today is None:
        return system
    return DayClock(datetime.combine(today, time_of_day(12), settings.timezone).astimezone(UTC), system)


@dataclass
class Report:
    """What a run has to tell: `failed` decides the exit status, the rest is counted on stderr."""

    failed: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    landed: int = 0
    quarantined: list[str] = field(default_factory=list)
    opened: int = 0
    resolved: int = 0
    unknown: int = 0
    sent: int = 0
    deferred: list[str] = field(default_factory=list)
    undeliverable: list[str] = field(default_factory=list)

    @property
    def exit_status(self) -> int:
        return DONE_WITH_FAILURES if self.failed else DONE


@dataclass
class Run:
    """One run of one or more stages: the configuration, the open warehouse, the time, and the report."""

    settings: Settings
    db: duckdb.DuckDBPyConnection
    clock: Clock
    children: tuple[Children, ...]  # the processes in which rules run, started when first needed
    command: str = ""
    report: Report = field(default_factory=Report)
    facts: Path | None = None  # the copy of the views that this run's rules read

    def again(self, today: date) -> Run:
        """The same stages once more, on another day, by the same holder of the warehouse."""
        return replace(self, clock=clock_for(self.settings, today), report=Report(), facts=None)

    @property
    def now(self) -> datetime:
        """UTC without a timezone, as the warehouse keeps it."""
        return self.clock.now().astimezone(UTC).replace(tzinfo=None, microsecond=0)

    @property
    def today(self) -> date:
        """The company's calendar day."""
        return self.clock.now().astimezone(self.settings.timezone).date()

    @property
    def scratch(self) -> Path:
        """A folder for what a run needs on disk while it runs; emptied when the next run begins."""
        return self.settings.warehouse.parent / "scratch"

    @property
    def compiled_code(self) -> Path:
        """Where the compiled passes of large plans are kept."""
        return self.settings.warehouse.parent / "compiled"

    def cursor(self, source: Source) -> dict[str, Any]:
        """A source's cursor as it was landed last."""
        query = "SELECT cursor FROM ops.source WHERE source_id = ?"
        row = self.db.execute(query, [source.source_id]).fetchone()
        cursor: dict[str, Any] = json.loads(row[0]) if row and row[0] else {}
        return cursor

    def connector(self, source: Source) -> Connector:
        stands = place(self.settings, source, self.clock, lambda: self.cursor(source))
        return registry.connect(source.kind, stands, source.options)


def place(
    settings: Settings, source: Source, clock: Clock, memory: Callable[[], Mapping[str, Any]] = dict
) -> Place:
    """Where a source stands; what it keeps between runs lies beside the warehouse."""
    keep = settings.warehouse.parent / "sources" / source.source_id
    return Place(source.source_id, settings.folder, clock, keep, memory)
