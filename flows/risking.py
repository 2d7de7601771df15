"""`interlock risk`: the forecast beside the computed dates, from the published snapshot."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TextIO

from flows.layout import Column, Entry, print_list, print_wrapped
from flows.model import calendars_of
from flows.naming import department_meant, item_meant
from flows.reading import csv_cell, plain, snapshot
from flows.settings import Settings
from rules.engine.message import SEES
from rules.engine.names import Names, read_names
from rules.engine.template import count
from unify.risk import ENOUGH, LEVELS, Risk, risk

MOST = 40


@dataclass(frozen=True)
class Asked:
    """The forecast, which of its rows were asked for, and the words for them."""

    risk: Risk
    rows: Sequence[dict[str, Any]]
    names: Names
    everything: bool


def forecast(
    settings: Settings,
    item: str | None,
    department: str | None,
    everything: bool,
    draws: int,
    seed: int,
    correlation: float,
) -> Asked:
    """The forecast of milestones and of what is handed over; of one item, one department, or everything open."""
    with snapshot(settings) as db:
        item_id = item_meant(db, item) if item else None
        of_department = department_meant(settings, department) if department else None
        made = risk(db, calendars_of(settings), draws, seed, correlation)
        chosen = [one for one in made.rows if everything or item_id or _others_rely_on(one)]
        if item_id:
            node = db.execute("SELECT node_id FROM work_item WHERE item_id = ?", [item_id]).fetchone()
            members = {
                member
                for (member,) in db.execute(
                    "SELECT item_id FROM work_item WHERE node_id = ?", node
                ).fetchall()
            }
            chosen = [one for one in chosen if one["item_id"] in members]
        if of_department:
            chosen = [one for one in chosen if one["department_id"] == of_department]
        chosen.sort(key=lambda one: (one["projected_finish"] or date.max, one["item_id"]))
        names = read_names(db, {one["item_id"] for one in chosen}, settings.file.currency)
    return Asked(made, chosen, names, everything or item_id is not None)


def _others_rely_on(row: Mapping[str, Any]) -> bool:
    return row["kind"] == "milestone" or bool(row["is_handed_over"])


FIGURES = ("projected_finish", *(f"finish_{round(level * 100)}" for level in LEVELS))
COLUMNS = ("item_id", "kind", "department_id", "initiative_id", *FIGURES, "critical_share", "because")


def show(asked: Asked, shape: str, out: TextIO) -> None:
    """Print for people, as JSON (with what it rests on) or CSV."""
    if shape == "json":
        json.dump(_as_json(asked), out, indent=1, default=plain, ensure_ascii=False)
        print(file=out)
    elif shape == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([csv_cell(row[name]) for name in COLUMNS] for row in asked.rows)
    else:
        _show_list(asked, out)


def _as_json(asked: Asked) -> dict[str, Any]:
    made = asked.risk
    return {
        "today": made.today,
        "draws": made.draws,
        "seed": made.seed,
        "correlation": made.correlation,
        "history": [
            {
                "department_id": key, "items": one.items, "promises": one.promises, "enough": one.is_enough,
                "backtest": {
                    "tested": one.backtest.tested,
                    **{
                        f"held_{round(level * 100)}": None if math.isnan(share) else round(share, 4)
                        for level, share in one.backtest.held.items()
                    },
                },
            }
            for key, one in sorted(made.histories.items())
        ],
        "items": [{name: row[name] for name in COLUMNS} for row in asked.rows],
    }  # fmt: skip


def _show_list(asked: Asked, out: TextIO) -> None:
    made, names = asked.risk, asked.names
    if not asked.rows:
        print("There is no open item to forecast.", file=out)
    else:
        heads = [f"{round(level * 100)} %" for level in LEVELS]
        print_list(
            [Column("item"), Column("department"), Column("computed"), *(Column(head) for head in heads),
             Column("drives the end in", figures=True)],
            [
                Entry(
                    [names.item(row["item_id"], SEES), names.department(row["department_id"] or ""),
                     *(_date(row[name]) for name in FIGURES), _share(row["critical_share"])],
                    [f"{row['because'][0].upper()}{row['because'][1:]}."] if row["because"] else [],
                )
                for row in asked.rows[:MOST]
            ],
            out,
        )  # fmt: skip
        if len(asked.rows) > MOST:
            print(f"… and {len(asked.rows) - MOST} more; --format json has them all.", file=out)
    print(file=out)
    print_wrapped(
        f"Computed: what the plan says, believing everybody. 50, 80, 95 %: so many of {made.draws:,} draws end by then,"
        " if promises come out as each department's did before. Drives the end in: the share of draws in which the item"
        " decides when its initiative ends."
        f" Draws of a department go together (correlation {made.correlation:g}, assumed; seed {made.seed}).",
        out,
    )
    _tell_history(made, names, out)


def _tell_history(made: Risk, names: Names, out: TextIO) -> None:
    for key, one in sorted(made.histories.items()):
        dates, things = count(one.promises, "date"), count(one.items, "thing")
        said = f"{names.department(key)}: {dates} stated for {things} that came out"
        if not one.is_enough:
            print_wrapped(f"{said}: too little history ({ENOUGH} things are needed).", out)
        elif not one.backtest.tested:
            print_wrapped(f"{said}. Not backtested: too few of them followed on enough others.", out)
        else:
            held = one.backtest.held[0.8]
            print_wrapped(
                f"{said}. Backtest: forecast from what was known on their own day, {held:.0%} of"
                f" {one.backtest.tested} promises came by their 80 % date"
                f" ({one.backtest.held[0.5]:.0%} by the 50 %, {one.backtest.held[0.95]:.0%} by the 95 %).",
                out,
            )


def _date(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _share(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"
