"""How `interlock simulate` prints: for people, as JSON whole, or as one CSV row per thing that is hit."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from flows.layout import print_wrapped
from flows.reading import csv_cell, plain
from rules.engine.message import SEES
from rules.engine.names import Names
from rules.engine.template import count, day, money

MOST = 12
CSV_COLUMNS = (
    "kind",
    "id",
    "department",
    "initiative",
    "before",
    "after",
    "days",
    "days_late_before",
    "days_late_after",
)


def show(story: Mapping[str, Any], names: Names, shape: str, out: TextIO) -> None:
    """`names` must hold the items of the story."""
    if shape == "json":
        json.dump(story, out, indent=1, default=plain, ensure_ascii=False)
        print(file=out)
    elif shape == "csv":
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(CSV_COLUMNS)
        writer.writerows([csv_cell(value) for value in row] for row in _rows(story))
    else:
        _Words(story, names, out).tell()


def ids_of(story: Mapping[str, Any]) -> set[str]:
    """Every item that the story names."""
    ids = {one["item_id"] for one in (*story["items"], *story["changes"])}
    ids |= {item["item_id"] for one in story["clashes"] for item in one["items"]}
    for one in story["handovers"]:
        ids |= {one[side] for side in ("provider_item", "consumer_item") if one[side]}
    return ids


def _rows(story: Mapping[str, Any]) -> list[list[Any]]:
    found = [
        ["handover", one["handover_id"], one["to_department"], one["initiative_id"], one["reaches_before"],
         one["reaches_after"], None, one["days_late_before"], one["days_late_after"]]
        for one in story["handovers"]
    ]  # fmt: skip
    found += [
        ["milestone" if one["kind"] == "milestone" else "item", one["item_id"], one["department_id"],
         one["initiative_id"], one["finish_before"], one["finish_after"], one["days"], None, None]
        for one in story["items"]
    ]  # fmt: skip
    return found


class _Words:
    def __init__(self, story: Mapping[str, Any], names: Names, out: TextIO) -> None:
        self.story, self.names, self.out = story, names, out
        self.item_of = {one["item_id"]: one for one in story["items"]}

    def tell(self) -> None:
        for change in self.story["changes"]:
            self._say(self._change(change))
        self._say(f"Planned as of {day(self.story['today'])}. Nothing was written.")
        slips = any(change["change"] == "slip" for change in self.story["changes"])
        if slips:
            self._handovers()
            self._milestones()
            self._money()
            self._items()
        self._load()
        self._clashes()

    def _change(self, change: Mapping[str, Any]) -> str:
        item = self._item(change["item_id"])
        if change["change"] == "reassign":
            had = self.names.person(change["from_person"]) if change["from_person"] else "nobody"
            return f"If {self.names.person(change['to_person'])} does {item} in place of {had}:"
        parts = change["parts"]
        with_parts = f" (its {count(len(parts), 'open part')} each)" if len(parts) > 1 else ""
        return (
            f"If {item} finishes {_days(change['days'])} later{with_parts}, on {day(change['finish_after'])}"
            f" in place of {day(change['finish_before'])}:"
        )

    def _handovers(self) -> None:
        found = self.story["handovers"]
        breaks = sum(bool(one["breaks"]) for one in found)
        self._head("Handovers hit", len(found), f"{breaks} of them held before" if breaks else "")
        for one in found[:MOST]:
            what = self._item(one["provider_item"]) if one["provider_item"] else one["what"] or "the handover"
            sides = f"{self._department(one['from_department'])} to {self._department(one['to_department'])}"
            self._say(f"{sides}: {what}: {_standing(one['days_late_after'], one['days_late_before'])}.", "  ")
            for sentence in one["chain"]:
                self._say(sentence, "    ")
        self._more(found)

    def _milestones(self) -> None:
        found = self.story["milestones"]
        self._head("Milestones that move", len(found))
        for one in found[:MOST]:
            self._say(f"{self._moved(one)}{_due(one)}.", "  ")
        self._more(found)

    def _money(self) -> None:
        told = self.story["money"]
        currency = told["currency"]
        if not told["quarters"]:
            self._say("\nMoney at stake: no planned benefit is stated for a quarter that this reaches.")
            return
        after, before = money(told["at_stake_after"], currency), money(told["at_stake_before"], currency)
        self._say(
            f"\nMoney at stake: {after}" + (f", was {before}" if after != before else ", as before") + "."
        )
        for one in told["quarters"]:
            if one["after"] != one["before"]:
                verb = "comes to it" if one["after"] else "is out of it"
                self._say(
                    f"{one['initiative_id']}, {one['quarter']}: planned benefit of"
                    f" {money(one['planned'], currency)} {verb}.", "  ",
                )  # fmt: skip

    def _items(self) -> None:
        found = [one for one in self.story["items"] if one["kind"] != "milestone"]
        by = [
            f"{self._department(one['department_id'])} {one['items']} (at most {_days(one['most_days'])})"
            for one in self.story["departments"]
            if one["items"]
        ]
        self._head("Items that move, milestones with them", len(self.story["items"]), ", ".join(by))
        for one in found[:MOST]:
            self._say(f"{self._moved(one)}.", "  ")
        self._more(found)

    def _load(self) -> None:
        weeks = self.story["load"]
        groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
        for one in weeks:
            groups.setdefault((one["department_id"] or "", one["person_id"] or ""), []).append(one)
        self._head("Load that moves", len({one["week"] for one in weeks}), unit="week")
        for (department, person), rows in groups.items():
            who = self.names.person(person) if person else self._department(department)
            more = [one for one in rows if one["hours_after"] > one["hours_before"]]
            less = [one for one in rows if one["hours_after"] < one["hours_before"]]
            says = [f"{_change_of(part)} in {_weeks(part)}" for part in (less, more) if part]
            if more:
                worst = max(more, key=lambda one: one["hours_after"])
                most = f"at most {_hours(worst['hours_after'])} in {worst['week']}"
                capacity = worst["capacity_hours"]
                says.append(most + (f" of {_hours(capacity)} that they have" if capacity is not None else ""))
            self._say(f"{who}: {'; '.join(says)}.", "    " if person else "  ")

    def _clashes(self) -> None:
        found = self.story["clashes"]
        if not found:
            return
        self._head("More than there is time for", len(found), unit="person/people")
        for one in found:
            weeks = one["weeks"]
            worst = max(weeks, key=lambda week: week["hours_after"] - week["capacity_hours"])
            stated = (
                "" if one["capacity_stated"] else " (nobody has stated their hours: 40 a week are assumed)"
            )
            self._say(
                f"{self.names.person(one['person_id'])}: {_hours(worst['hours_after'])} of"
                f" {_hours(worst['capacity_hours'])} in {worst['week']}, {count(len(weeks), 'week')} in all{stated}."
                " These clash:", "  ",
            )  # fmt: skip
            for item in one["items"][:MOST]:
                self._say(f"{self._item(item['item_id'])}: {_hours(item['hours'])}, {_rank(item)}.", "    ")

    # --- words -----------------------------------------------------------------------------------------

    def _moved(self, one: Mapping[str, Any]) -> str:
        by = f", {_days(abs(one['days']))} {'later' if one['days'] > 0 else 'earlier'}" if one["days"] else ""
        before = day(one["finish_before"]) if one["finish_before"] else "no date"
        after = day(one["finish_after"]) if one["finish_after"] else "no date"
        if before == after:
            return f"{self._whose(one)}: starts on {day(one['start_after'])} in place of {day(one['start_before'])}"
        return f"{self._whose(one)}: {after} in place of {before}{by}"

    def _whose(self, one: Mapping[str, Any]) -> str:
        return f"{self._item(one['item_id'])} ({self._department(one['department_id'])})"

    def _item(self, item_id: str) -> str:
        return self.names.item(item_id, SEES)

    def _department(self, department_id: str | None) -> str:
        return self.names.department(department_id) if department_id else "no department"

    def _head(self, what: str, number: int, more: str = "", unit: str = "") -> None:
        figure = "none" if number == 0 else count(number, unit) if unit else f"{number:,}"
        self._say(f"\n{what}: {figure}{f': {more}' if more and number else ''}.")

    def _more(self, found: Sequence[Any]) -> None:
        if len(found) > MOST:
            self._say(f"… and {len(found) - MOST} more; --format json has them all.", "  ")

    def _say(self, text: str, indent: str = "") -> None:
        if text.startswith("\n"):
            print(file=self.out)
        print_wrapped(text.lstrip("\n"), self.out, indent)


def _days(number: int) -> str:
    return count(number, "working day")


def _hours(number: float) -> str:
    return f"{number:,.1f} h".replace(".0 h", " h")


def _standing(after: int | None, before: int | None) -> str:
    """`50 working days late, was 35`; `3 working days to spare, were 18`."""
    if after is None:
        return "no longer dated"
    if after > 0:
        was = "" if before is None else f", was {before} late" if before > 0 else ", was in time"
        return f"{_days(after)} late{was}"
    spare = "no day to spare" if after == 0 else f"{_days(-after)} to spare"
    return f"{spare}, was {_days(-before)}" if before is not None and before < 0 else spare


def _due(one: Mapping[str, Any]) -> str:
    return f"; due {day(one['due_date'])}" if one["due_date"] else ""


def _change_of(weeks: Sequence[Mapping[str, Any]]) -> str:
    moved = sum(one["hours_after"] - one["hours_before"] for one in weeks)
    return f"{_hours(abs(moved))} {'more' if moved > 0 else 'less'}"


def _weeks(rows: Sequence[Mapping[str, Any]]) -> str:
    labels = sorted(one["week"] for one in rows)
    return labels[0] if len(labels) == 1 else f"{labels[0]} to {labels[-1]}"


def _rank(item: Mapping[str, Any]) -> str:
    rank = f"rank {item['rank']}" if item["rank"] is not None else "not ranked"
    spare = item["float_days"]
    told = "no float known" if spare is None else f"{_days(spare)} of float" if spare > 0 else "no float"
    return f"{rank}, {told}{': could yield' if item['could_yield'] else ''}"
