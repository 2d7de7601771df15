"""Break episodes in the warehouse: read back as they were written."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import duckdb

from rules.engine.settle import Episode, Seen
from warehouse.database import insert, rows
from warehouse.journal import canonical

LATEST = """
FROM breaks.episode
QUALIFY row_number() OVER (PARTITION BY break_id ORDER BY episode DESC) = 1
ORDER BY break_id
"""


def latest(db: duckdb.DuckDBPyConnection) -> list[Episode]:
    """The latest episode of every break that there ever was, in order of their identities."""
    return [_read(row) for row in rows(db, LATEST)]


def save(db: duckdb.DuckDBPyConnection, episodes: Iterable[Episode]) -> None:
    """Write episodes, each in the place of what was known of it. Belongs into the caller's transaction."""
    written = [_write(episode) for episode in episodes]
    if not written:
        return
    known = [f"{row['break_id']} {row['episode']}" for row in written]
    db.execute(
        "DELETE FROM breaks.episode WHERE break_id || ' ' || episode IN"
        """ (SELECT unnest(from_json($known, '["VARCHAR"]')))""",
        {"known": json.dumps(known)},
    )
    insert(db, "breaks.episode", written)


def _write(episode: Episode) -> dict[str, Any]:
    seen = episode.seen
    return {
        "break_id": episode.break_id, "episode": episode.episode, "code": episode.code, "rule": seen.rule,
        "key": list(seen.key), "severity": seen.severity, "subject_id": seen.subject_id,
        "initiative_id": seen.initiative_id, "from_department": seen.from_department,
        "to_department": seen.to_department, "days_late": seen.days_late,
        "amount_at_risk": seen.amount_at_risk, "root_id": seen.root_id, "evidence": list(seen.evidence),
        "evidence_sources": sorted(seen.sources), "columns": canonical(seen.columns),
        "message": seen.message, "state": episode.state, "state_before": episode.state_before,
        "first_seen": episode.first_seen, "last_seen": episode.last_seen, "closed_on": episode.closed_on,
        "decide_by": seen.decide_by, "told_on": episode.told_on, "told_days_late": episode.told_days_late,
        "told_departments": list(episode.told_departments), "silent_until": episode.silent_until,
        "silent_up_to": episode.silent_up_to, "closed_because": episode.closed_because,
    }  # fmt: skip


def _read(row: dict[str, Any]) -> Episode:
    seen = Seen(
        rule=row["rule"],
        severity=row["severity"],
        key=tuple(row["key"]),
        subject_id=row["subject_id"],
        message=row["message"],
        sources=frozenset(row["evidence_sources"]),
        initiative_id=row["initiative_id"],
        from_department=row["from_department"],
        to_department=row["to_department"],
        days_late=row["days_late"],
        amount_at_risk=row["amount_at_risk"],
        root_id=row["root_id"],
        evidence=tuple(row["evidence"]),
        columns=json.loads(row["columns"]),
        decide_by=row["decide_by"],
    )
    return Episode(
        break_id=row["break_id"],
        episode=row["episode"],
        code=row["code"],
        seen=seen,
        state=row["state"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        state_before=row["state_before"],
        closed_on=row["closed_on"],
        closed_because=row["closed_because"],
        told_on=row["told_on"],
        told_days_late=row["told_days_late"],
        told_departments=tuple(row["told_departments"] or ()),
        silent_until=row["silent_until"],
        silent_up_to=row["silent_up_to"],
    )
