"""Rehearses a run: everything but the writes, on a copy of the warehouse that is thrown away."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TextIO

from flows import job
from flows.context import clock_for
from flows.pull import pull
from flows.push import preview
from flows.settings import Settings
from warehouse.lock import writer_lock


def rehearse(settings: Settings, only: str | None, today: date | None, out: TextIO, err: TextIO) -> int:
    """Show each write that a sync would make now, as the tool would show it; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="interlock-rehearsal-") as folder:
        copied = _copy(settings, Path(folder), today)
        with job.opened(copied, "sync --dry-run", today) as run:
            pull(run, only)
            job.conclude(run)
            writes = preview(run)
            for write in writes:
                print(write, end="\n\n", file=out)
            print(f"dry run, {run.today}: {len(writes)} messages would be written; nothing was.", file=out)
            for failure in run.report.failed:
                print(f"failed: {failure}", file=err)
            return run.report.exit_status


def _copy(settings: Settings, folder: Path, today: date | None) -> Settings:
    """The same settings with a copy of the warehouse, taken while nobody writes to it."""
    copy = folder / settings.warehouse.name
    if settings.warehouse.exists():
        clock = clock_for(settings, today)
        with writer_lock(settings.warehouse, "sync --dry-run", clock.now()):
            shutil.copy2(settings.warehouse, copy)
            wal = settings.warehouse.with_name(settings.warehouse.name + ".wal")
            if wal.exists():
                shutil.copy2(wal, copy.with_name(copy.name + ".wal"))
    return replace(settings, file=settings.file.model_copy(update={"warehouse": str(copy.resolve())}))
