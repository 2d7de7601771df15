"""Workbooks that somebody changed since their flags were written, so that a sort is noticed and mended.

A connector opens a workbook only if it changed, so a page of it means that people (or Interlock itself) were in
it. The flags that stand there are then looked at in the next push, as if they were to be written once more: where
all is as it was, nothing is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import duckdb

from warehouse.database import set_fingerprint

_MARK = "look again at "


def mark(db: duckdb.DuckDBPyConnection, source_id: str, scopes: Collection[str]) -> None:
    """Remember that these workbooks changed; belongs into the transaction that lands their pages."""
    for scope in scopes:
        set_fingerprint(db, f"{_MARK}{source_id}/{scope}", "changed")


def marked(db: duckdb.DuckDBPyConnection, source_id: str) -> list[str]:
    """The workbooks of a source that changed and were not looked at since."""
    stages = db.execute(
        "SELECT stage FROM ops.fingerprint WHERE starts_with(stage, ?) ORDER BY stage",
        [f"{_MARK}{source_id}/"],
    ).fetchall()
    return [stage.removeprefix(f"{_MARK}{source_id}/") for (stage,) in stages]


def unmark(db: duckdb.DuckDBPyConnection, source_id: str, scopes: Collection[str]) -> None:
    """Forget those that were looked at."""
    for scope in scopes:
        db.execute("DELETE FROM ops.fingerprint WHERE stage = ?", [f"{_MARK}{source_id}/{scope}"])


def stands_in(alert: Mapping[str, Any], scopes: Collection[str]) -> bool:
    """Whether an alert is shown in one of these workbooks: its item's own, or one that its reference begins with."""
    if alert["state"] != "shown" or not alert["standing"]:
        return False
    lines = (alert["reference"] or "").splitlines()
    beginnings = tuple(f"{scope}!" for scope in scopes)
    return alert["scope"] in scopes or any(line.startswith(beginnings) for line in lines)
