"""The chain from where a slip starts to whom it hits, in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from rules.engine.message import SEES
from rules.engine.names import Names, read_names
from rules.engine.template import day
from warehouse.database import rows

LONGEST = 30
STEPS = (Path(__file__).parent / "chain.sql").read_text(encoding="utf-8")

WAITS = {
    "FS": "waits for it to finish",
    "SS": "waits for it to start",
    "FF": "cannot finish before it does",
    "SF": "cannot finish before it starts",
    "PARENT": "is finished with it, its last part",
    "GATE": "is held back by it",
}


@dataclass(frozen=True)
class Chain:
    """The ids from the root to the victim, and a sentence for each."""

    items: Sequence[str]
    words: Sequence[str]


def chain_to(db: duckdb.DuckDBPyConnection, item_id: str) -> Chain:
    """The chain of drivers that sets an item's projected finish, the root first.

    `db` has the documented views in `main`. An item that nothing drives is a chain of one.
    """
    steps: list[dict[str, Any]] = []
    at: str | None = item_id
    while at is not None and len(steps) < LONGEST and at not in {step["item_id"] for step in steps}:
        found = rows(db, STEPS, {"item_id": at})
        if not found:
            break
        steps.insert(0, found[0])
        at = found[0]["driver_id"]
    ids = [step["item_id"] for step in steps]
    names = read_names(db, ids)
    return Chain(ids, [_sentence(step, first, names) for first, step in _numbered(steps)])


def handover_chain(db: duckdb.DuckDBPyConnection, handover_id: str) -> Chain:
    """The chain that sets when a handover reaches its consumer, and what that comes to for them."""
    one = rows(db, "FROM handover WHERE handover_id = ?", [handover_id])[0]
    made = chain_to(db, one["provider_item"]) if one["provider_item"] else Chain([], [])
    ids = [one_id for one_id in (*made.items, one["consumer_item"]) if one_id]
    names = read_names(db, ids)
    return Chain(ids, [*made.words, came_to(one, names)])


def came_to(one: Mapping[str, Any], names: Names) -> str:
    """What a handover comes to: days late, or days to spare."""
    consumer = names.item(one["consumer_item"], SEES) if one["consumer_item"] else one["what"] or "its work"
    who = f"{consumer} ({names.department(one['to_department'])})"
    if one["delivered"]:
        return f"{who} has it: it is delivered."
    if one["needed_on"] is None:
        return f"{who} waits for it, and nobody has stated by when."
    needs = f"{who} needs it by {day(one['needed_on'])}"
    if one["reaches_on"] is None:
        return f"{needs}, and no tool says when it comes."
    late = one["days_late"]
    if late is None:
        return f"{needs}; it no longer waits."
    if late > 0:
        return f"{needs} and gets it on {day(one['reaches_on'])}: {_days(late)} late."
    spare = f"{_days(-late)} to spare" if late < 0 else "on the last day that is in time"
    return f"{needs} and gets it on {day(one['reaches_on'])}: {spare}."


def _numbered(steps: Sequence[dict[str, Any]]) -> Sequence[tuple[bool, dict[str, Any]]]:
    return [(number == 0, step) for number, step in enumerate(steps)]


def _sentence(step: Mapping[str, Any], first: bool, names: Names) -> str:
    who = f"{names.item(step['item_id'], SEES)} ({names.department(step['department_id'] or '') or 'no department'})"
    if step["projected_finish"] is None:
        return f"{who} has no date."
    finish = f"{'finished' if step['status'] == 'done' else 'finishes'} on {day(step['projected_finish'])}"
    if not first:
        return f"{who} {WAITS.get(step['waits'], 'waits for it')}: {finish}{_since(step)}."
    return f"It starts at {who}: {finish}{_since(step)}."


def _since(step: Mapping[str, Any]) -> str:
    """How far it has moved from the first date that was promised."""
    slip, baseline = step["slip_days"], step["baseline_finish"]
    if not slip or not isinstance(baseline, date):
        return ""
    return f", {_days(abs(slip))} {'after' if slip > 0 else 'before'} its first date ({day(baseline)})"


def _days(number: int) -> str:
    return f"{number:,} working day{'' if number == 1 else 's'}"
