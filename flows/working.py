"""`interlock workload`: who has how much to do in which week, and what clashes, from the published snapshot."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from flows.layout import Column, Entry, print_list, print_wrapped
from flows.naming import department_meant, person_meant
from flows.reading import csv_cell, plain, snapshot
from flows.settings import Settings
from rules.engine.message import SEES
from rules.engine.names import Names, read_names
from rules.engine.template import count, day
from warehouse.database import rows

HERE = Path(__file__).parent
WEEKS = (HERE / "workload_weeks.sql").read_text(encoding="utf-8")
ITEMS = (HERE / "workload_items.sql").read_text(encoding="utf-8")
UNDATED = (HERE / "workload_undated.sql").read_text(encoding="utf-8")
MOST = 12


def workload(settings: Settings, department: str | None, person: str | None, weeks: int) -> dict[str, Any]:
    """The weeks asked for, from the week of the plan's day on: departments', one department's people's, or one
    person's; with the items of each week in which somebody has more to do than time. Raises naming.Unknown."""
    with snapshot(settings) as db:
        asked: dict[str, object] = {
            "department": department_meant(settings, department) if department else None,
            "person": person_meant(db, settings, person) if person else None,
            "weeks": weeks,
        }
        found = rows(db, WEEKS, asked)
        items = rows(db, ITEMS, asked)
        for week in found:
            week["clash"] = [
                {name: value for name, value in one.items() if name not in ("person_id", "week")}
                for one in items
                if (one["person_id"], one["week"]) == (week["person_id"], week["week"])
            ]
        ids = {one["item_id"] for one in items}
        return {
            **asked,
            "weeks": found,
            "undated": rows(db, UNDATED, {"department": asked["department"], "person": asked["person"]})[0],
            "names": read_names(db, ids, settings.file.currency),
        }


def show(found: Mapping[str, Any], shape: str, out: TextIO) -> None:
    """Print the weeks for people, or whole as JSON or CSV."""
    weeks = found["weeks"]
    if shape == "json":
        json.dump(weeks, out, indent=1, default=plain, ensure_ascii=False)
        print(file=out)
    elif shape == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows([csv_cell(week[name]) for name in COLUMNS] for week in weeks)
    else:
        _show_list(found, out)


COLUMNS = ("department_id", "person_id", "week", "week_starts", "load_hours", "capacity_hours", "over_hours",
           "unestimated_hours", "unowned_hours", "items", "sources")  # fmt: skip


def _show_list(found: Mapping[str, Any], out: TextIO) -> None:
    names: Names = found["names"]
    if not found["weeks"]:
        print("There is no open work with a date in these weeks.", file=out)
    else:
        print_list(
            [Column("who"), Column("week"), Column("from"), Column("hours", True), Column("can give", True),
             Column("over", True), Column("not estimated", True), Column("nobody's", True), Column("in")],
            [Entry(_cells(week, names), _clash(week, names)) for week in found["weeks"]],
            out,
        )  # fmt: skip
        print(file=out)
    _notes(found, out)


def _cells(week: Mapping[str, Any], names: Names) -> list[str]:
    who = names.person(week["person_id"]) if week["person_id"] else names.department(week["department_id"])
    return [
        who, week["week"], day(week["week_starts"]), _figure(week["load_hours"]), _figure(week["capacity_hours"]),
        _figure(week["over_hours"]), _figure(week["unestimated_hours"]),
        _figure(week["unowned_hours"]) if not week["person_id"] else "", ", ".join(week["sources"]),
    ]  # fmt: skip


def _figure(hours: float | None) -> str:
    return "" if not hours else f"{hours:,.1f}".removesuffix(".0")


def _clash(week: Mapping[str, Any], names: Names) -> list[str]:
    said = []
    for item in week["clash"][:MOST]:
        float_days, rank = item["float_days"], item["rank"]
        spare = count(float_days, "working day") + " of float" if (float_days or 0) > 0 else "no float"
        said.append(
            f"{names.item(item['item_id'], SEES)}: {_figure(item['hours'])} h"
            f" ({'by its dates, not estimated' if item['basis'] == 'dates' else item['basis']}),"
            f" {'not ranked' if rank is None else f'rank {rank}'}, {spare}"
            f"{': could yield' if item['could_yield'] else ''}"
        )
    if len(week["clash"]) > MOST:
        said.append(f"… and {len(week['clash']) - MOST} more")
    return said


def _notes(found: Mapping[str, Any], out: TextIO) -> None:
    undated = found["undated"]
    notes: Sequence[str] = [
        "Hours: what is left of each open thing (8 to a day), spread evenly over the working days that the plan"
        " gives it; where nobody estimates, its days count whole.",
    ]
    if any(week["capacity_hours"] is None for week in found["weeks"]):
        notes = [*notes, "“Can give” is empty where nobody has stated hours_per_week under `people`."]
    if undated["items"]:
        notes = [
            *notes,
            f"In no week: {count(undated['items'], 'open item')} with an estimate and no date"
            f" ({_figure(undated['hours'])} h).",
        ]
    for note in notes:
        print_wrapped(note, out)
