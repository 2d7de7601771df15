"""What a run prints at its end: what happened on stdout, what needs a person on stderr."""

from __future__ import annotations

from typing import TextIO

from flows.context import Run
from warehouse.accounts import quarantine

MOST_LINES = 20


def summarise(run: Run, out: TextIO, err: TextIO) -> None:
    """Print the account of a run."""
    report = run.report
    standing = run.db.execute(
        "SELECT state, count(*) FROM breaks.episode WHERE state <> 'resolved' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    stands = ", ".join(f"{number} {state}" for state, number in standing) or "none"
    parts = [
        f"{report.landed} new record versions",
        f"{report.opened} breaks opened",
        f"{report.resolved} resolved",
        *([f"{report.unknown} became unknown"] if report.unknown else []),
        f"{report.sent} messages written",
    ]
    print(f"{run.command}, {run.today}: {', '.join(parts)}; breaks standing: {stands}", file=out)
    quarantined = [f"{row['place']}: {row['reason']}" for row in quarantine(run.db)]
    _list(err, "quarantined rows", quarantined)
    _list(err, "deferred writes", report.deferred)
    _list(err, "alerts that no tool can carry", report.undeliverable)
    _list(err, "notes", report.notes)
    for failure in report.failed:
        print(f"failed: {failure}", file=err)


def _list(err: TextIO, what: str, lines: list[str]) -> None:
    if not lines:
        return
    print(f"{what}: {len(lines)}", file=err)
    for line in lines[:MOST_LINES]:
        print(f"  {line}", file=err)
    if len(lines) > MOST_LINES:
        print(f"  … and {len(lines) - MOST_LINES} more", file=err)
