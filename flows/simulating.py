"""`interlock simulate`: what a slip, or another owner, would come to. Reads the published snapshot, writes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flows.chain import handover_chain
from flows.configuration import ConfigurationError
from flows.naming import item_meant, person_meant
from flows.reading import NothingPublished
from flows.settings import Settings
from unify.simulation import WhatIf
from warehouse.publish import current

DAYS_A_WEEK = 5


def simulate(settings: Settings, slips: Sequence[str], reassigned: Sequence[str]) -> dict[str, Any]:
    """Everything that these changes together move, as plain values.

    `slips` are written `ITEM=15d` (working days of its department) or `ITEM=3w`, `reassigned` `ITEM=PERSON`.
    Raises ConfigurationError for one that is not, naming.Unknown for an item or person that is not known.
    """
    if not slips and not reassigned:
        raise ConfigurationError("nothing to simulate: give --slip ITEM=15d or --reassign ITEM=PERSON.")
    with _what_if(settings) as what_if:
        changes = [_slip(what_if, *_parts(text, "--slip ITEM=15d")) for text in slips]
        changes += [
            _reassign(what_if, settings, *_parts(text, "--reassign ITEM=PERSON")) for text in reassigned
        ]
        what_if.replan()
        return _story(what_if, settings, changes)


@contextmanager
def _what_if(settings: Settings) -> Iterator[WhatIf]:
    path = current(settings.warehouse.parent)
    if path is None:
        raise NothingPublished(
            f"{settings.warehouse.parent}: nothing was published yet. Run `interlock sync -c {settings.path}` first."
        )
    with WhatIf.of(path, settings.file.departments, settings.file.people) as what_if:
        yield what_if


def _parts(text: str, example: str) -> tuple[str, str]:
    # An item's id may hold `=`; what follows the last one is the change.
    item, equals, value = text.rpartition("=")
    if not equals or not item.strip() or not value.strip():
        raise ConfigurationError(f"{example.split()[0]} {text}: write it as {example}.")
    return item.strip(), value.strip()


def _days(item: str, text: str) -> int:
    found = re.fullmatch(r"(\d{1,5})\s*([dw]?)", text.lower())
    if found is None or int(found[1]) == 0:
        raise ConfigurationError(
            f"--slip {item}={text}: write a delay in working days or weeks, such as 15d or 3w."
        )
    return int(found[1]) * (DAYS_A_WEEK if found[2] == "w" else 1)


def _slip(what_if: WhatIf, item: str, text: str) -> dict[str, Any]:
    days = _days(item, text)
    item_id = item_meant(what_if.db, item)
    moved = what_if.slip(item_id, days)
    last = max(moved, key=lambda one: one.finish_after)
    return {
        "change": "slip", "item_id": item_id, "days": days, "finish_before": last.finish_before,
        "finish_after": last.finish_after, "parts": [one.node_id for one in moved],
    }  # fmt: skip


def _reassign(what_if: WhatIf, settings: Settings, item: str, person: str) -> dict[str, Any]:
    item_id = item_meant(what_if.db, item)
    person_id = person_meant(what_if.db, settings, person)
    had = what_if.reassign(item_id, person_id)
    return {"change": "reassign", "item_id": item_id, "from_person": had, "to_person": person_id}


def _story(what_if: WhatIf, settings: Settings, changes: list[dict[str, Any]]) -> dict[str, Any]:
    items = what_if.ask("items")
    for one in items:
        one["days"] = _moved_by(what_if, one)
    handovers = what_if.ask("handovers")
    for one in handovers:
        one["chain"] = list(handover_chain(what_if.db, one["handover_id"]).words)
    return {
        "today": what_if.today,
        "changes": changes,
        "departments": _by_department(items, handovers),
        "handovers": handovers,
        "milestones": [one for one in items if one["kind"] == "milestone"],
        "money": _money(what_if, settings),
        "items": items,
        "load": what_if.ask("load"),
        "clashes": _clashes(what_if),
    }


def _moved_by(what_if: WhatIf, item: Mapping[str, Any]) -> int | None:
    if item["finish_before"] is None or item["finish_after"] is None:
        return None
    return what_if.days_between(item["department_id"], item["finish_before"], item["finish_after"])


def _by_department(
    items: Sequence[Mapping[str, Any]], handovers: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Who is hit, and by how much: the items of each department that move, its handovers that get later."""
    found: dict[str, dict[str, Any]] = {}
    for item in items:
        one = found.setdefault(item["department_id"] or "", {"items": 0, "most_days": 0, "handovers": 0})
        one["items"] += 1
        one["most_days"] = max(one["most_days"], item["days"] or 0)
    for handover in handovers:
        if (handover["days_late_after"] or 0) > max(handover["days_late_before"] or 0, 0):
            key = handover["to_department"] or ""
            found.setdefault(key, {"items": 0, "most_days": 0, "handovers": 0})["handovers"] += 1
    return [{"department_id": key or None, **found[key]} for key in sorted(found)]


def _money(what_if: WhatIf, settings: Settings) -> dict[str, Any]:
    quarters = what_if.ask("money")
    return {
        "currency": settings.file.currency,
        "at_stake_before": sum(one["planned"] for one in quarters if one["before"]),
        "at_stake_after": sum(one["planned"] for one in quarters if one["after"]),
        "quarters": quarters,
    }


def _clashes(what_if: WhatIf) -> list[dict[str, Any]]:
    people: dict[str, dict[str, Any]] = {}
    for week in what_if.ask("clashes"):
        person = people.setdefault(
            week.pop("person_id"), {"capacity_stated": week["capacity_stated"], "weeks": [], "items": []}
        )
        person["weeks"].append(week)
    for item in what_if.ask("clashing_items"):
        people[item.pop("person_id")]["items"].append(item)
    return [{"person_id": key, **person} for key, person in people.items()]
