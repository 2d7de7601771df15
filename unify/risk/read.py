"""The forecast of a published plan: from the documented views to one row per open thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import duckdb

from unify.risk.draws import Forecast, forecast
from unify.risk.history import ENOUGH, LEVELS, History, histories
from unify.risk.network import FURTHEST, NONE, Laid, Node, lay_out
from unify.schedule import Calendar
from warehouse.database import one, rows

THINGS = (Path(__file__).parent / "things.sql").read_text(encoding="utf-8")

DRAWS: Final = 10_000
SEED: Final = 1
CORRELATION: Final = 0.3
"""How strongly the draws of one department go together where nobody says otherwise: an assumption, not measured."""


@dataclass(frozen=True)
class Risk:
    """The rows, and what they rest on. A row: `item_id`, `kind`, `department_id`, `initiative_id`,
    `projected_finish` (the computed date), `finish_50`, `finish_80`, `finish_95`, `critical_share`, `because` (why
    there is no forecast, or what it lacks; empty otherwise), `is_handed_over`."""

    today: date
    draws: int
    seed: int
    correlation: float
    rows: Sequence[dict[str, Any]]
    histories: Mapping[str, History]


def risk(
    db: duckdb.DuckDBPyConnection,
    calendars: Mapping[str, Calendar],
    draws: int = DRAWS,
    seed: int = SEED,
    correlation: float = CORRELATION,
) -> Risk:
    """Forecast every open thing of the plan in `db` (a snapshot, or the warehouse). Writes nothing."""
    today: date = one(db, "SELECT day FROM plan_day")
    things = rows(db, THINGS)
    laid = lay_out(things, rows(db, "FROM plan_link"), calendars, today)
    known = histories(db)
    drawn = forecast(laid, known, draws, seed, correlation)
    unstretched = forecast(laid, {}, 1, seed, correlation)
    waits_on = _waits_on(laid)
    called = dict(
        db.execute("SELECT department_id, coalesce(name, department_id) FROM department").fetchall()
    )
    found = [
        _row(thing, laid, drawn, unstretched, known, waits_on, called)
        for thing in things
        if thing["status"] not in ("done", "dropped")
    ]
    return Risk(today, drawn.draws, seed, correlation, found, known)


def _row(
    thing: Mapping[str, Any],
    laid: Laid,
    drawn: Forecast,
    unstretched: Forecast,
    known: Mapping[str, History],
    waits_on: Mapping[int, frozenset[str]],
    called: Mapping[str, str],
) -> dict[str, Any]:
    names = ("item_id", "kind", "department_id", "initiative_id", "projected_finish", "is_handed_over")
    row = {name: thing[name] for name in names}
    place = laid.where.get(thing["node_id"])
    because = _unforeseeable(thing, laid, unstretched, known, place, called)
    waits: frozenset[str] = waits_on[place] if place is not None else frozenset()
    lacking = sorted(called.get(one, one) for one in waits if not _enough(known, one))
    if not because and place is not None and laid.nodes[place].kind != "leaf" and len(lacking) == len(waits):
        because = f"too little history of all that it waits for ({', '.join(lacking) or 'nothing open'})"
    dates: list[date | None] = [None] * len(LEVELS)
    share = None
    if place is not None and not because:
        node = laid.nodes[place]
        dates = [_day(node, int(count)) for count in drawn.finish[place]]
        share = round(float(drawn.critical[place]), 4)
        if lacking:
            because = (
                f"too little history of {', '.join(lacking)}: what it waits for there is taken as planned"
            )
    levels = {f"finish_{round(level * 100)}": day for level, day in zip(LEVELS, dates, strict=True)}
    return {**row, **levels, "critical_share": share, "because": because}


def _unforeseeable(
    thing: Mapping[str, Any],
    laid: Laid,
    unstretched: Forecast,
    known: Mapping[str, History],
    place: int | None,
    called: Mapping[str, str],
) -> str:
    if thing["projected_finish"] is None:
        return "no date"
    if thing["uncertain"] or place is None:
        return "it waits for itself in a circle, or for something that does"
    node = laid.nodes[place]
    # A day between calendars is no other plan: see `network`.
    if abs(int(unstretched.finish[place, 0]) - _count(node, thing["projected_finish"])) > 1:
        return "the draws date it otherwise than the plan, even unstretched (parents within parents): no forecast"
    department = thing["department_id"] or ""
    if node.kind == "leaf" and not _enough(known, department):
        have = known[department].items if department in known else 0
        whose = called.get(department, department) or "no department"
        return f"too little history: {have} of the {ENOUGH} things needed have come out in {whose}"
    return ""


def _enough(known: Mapping[str, History], department: str) -> bool:
    return department in known and known[department].is_enough


def _waits_on(laid: Laid) -> dict[int, frozenset[str]]:
    """Per node, the departments whose open work it waits for, its own not among them."""
    reached: dict[int, frozenset[str]] = {}
    for place, node in enumerate(laid.nodes):
        found: set[str] = set()
        for source in (*(source for source, *_ in node.into), *node.children):
            found |= reached[source]
            if laid.nodes[source].kind == "leaf":
                found.add(laid.nodes[source].department)
        reached[place] = frozenset(found)
    return {
        place: found - ({laid.nodes[place].department} if laid.nodes[place].kind == "leaf" else set())
        for place, found in reached.items()
    }


def _day(node: Node, count: int) -> date | None:
    """The working day whose evening a count is."""
    if count <= NONE or count >= FURTHEST:
        return None
    return date.fromordinal(node.calendar.opening(node.base + count - 1))


def _count(node: Node, day: date) -> int:
    """The count of a day's evening."""
    return min(node.calendar.count(day.toordinal() + 1) - node.base, FURTHEST)
