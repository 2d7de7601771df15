"""A plan that is brought up to date after a change equals one that is computed as a whole."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.schedule.conftest import activity, link
from tests.schedule.test_properties import CALENDARS, IDS, TODAY, Network, activities, networks
from unify.schedule import Activity, Conventions, Schedule, schedule
from unify.schedule.engine import Plain
from unify.schedule.project import Replanner
from unify.schedule.records import Item, Shown

SAID = [one.name for one in fields(Item)][: [one.name for one in fields(Item)].index("above")]


def _rows(plan: Schedule) -> list[Shown]:
    return list(plan.projection.shown)


@given(networks(), st.data(), st.sampled_from(["need_by", "project"]))
def test_after_any_edits_it_equals_a_full_plan_and_names_all_that_changed(
    network: Network, data: st.DataObject, anchor: str
) -> None:
    items, found = network
    conventions = Conventions(anchor=anchor)  # type: ignore[arg-type]
    kept = schedule(items, found, CALENDARS, TODAY, conventions)
    replanner = Replanner(Plain(), kept.projection)
    for _ in range(3):
        number = data.draw(st.integers(0, len(items) - 1))
        items = list(items)
        items[number] = _edited(items[number], data)
        full = schedule(items, found, CALENDARS, TODAY, conventions)
        before = [replace(row) for row in _rows(kept)]
        for name in SAID:
            setattr(kept.items[number], name, getattr(full.items[number], name))
        told = set(replanner.changed([number]))
        assert _rows(kept) == _rows(full)
        changed = {item for item, row in enumerate(before) if row != _rows(kept)[item]}
        assert changed <= told


def _edited(old: Activity, data: st.DataObject) -> Activity:
    """All of it may change but what makes the network: its parent; and its calendar."""
    new = data.draw(activities(IDS[0]))
    return replace(new, id=old.id, parent=old.parent, calendar=old.calendar)


SAME = {"P": {}, "a": {"parent": "P", "estimate": 2}, "b": {"parent": "P", "estimate": 2}, "C": {}}
"""C waits for the start of P, which either of two may begin."""


def _edit(
    said: dict[str, dict[str, Any]], links: list[str], id_: str, **given: Any
) -> tuple[Schedule, Schedule]:
    """A plan brought up to date after one item changed, and as it was computed before."""

    def plan(said: dict[str, dict[str, Any]]) -> Schedule:
        items = [activity(one, **values) for one, values in said.items()]
        return schedule(items, [link(one) for one in links], CALENDARS, TODAY)

    before, kept, full = plan(said), plan(said), plan({**said, id_: {**said[id_], **given}})
    replanner = Replanner(Plain(), kept.projection)
    number = kept.index(id_)
    for name in SAID:
        setattr(kept.items[number], name, getattr(full.items[number], name))
    told = set(replanner.changed([number]))
    assert _rows(kept) == _rows(full)
    assert {item for item, row in enumerate(_rows(before)) if row != _rows(kept)[item]} <= told
    return before, full


def _floats(plans: tuple[Schedule, Schedule], id_: str) -> list[int | None]:
    return [plan.float_days[plan.index(id_)] for plan in plans]


def test_a_child_that_begins_its_parent_in_time_no_more_leaves_it_to_the_other() -> None:
    said = {**SAME, "a": {"start": "03-05", "estimate": 2, "parent": "P"}}
    said |= {"b": {"start": "03-06", "estimate": 2, "parent": "P"}, "C": {"estimate": 1, "deadline": "03-09"}}
    assert _floats(_edit(said, ["P SS C"], "b", start="03-16"), "a") == [None, 2]


def test_a_child_that_gets_a_date_takes_a_parents_start_from_the_other() -> None:
    said = {**SAME, "a": {"start": "03-05", "estimate": 2, "parent": "P"}}
    said |= {"b": {"parent": "P"}, "D": {}, "C": {"estimate": 1, "deadline": "03-09"}}
    assert _floats(_edit(said, ["P SS C", "D FS b"], "D", due="03-05"), "a") == [2, None]


def test_what_lies_before_all_who_may_begin_a_parent_is_asked_anew_when_work_between_changes() -> None:
    # N holds a and b where they are, so that no date moves but that of M.
    said = {**SAME, "L": {"start": "03-05", "estimate": 1}, "M": {"estimate": 1}, "N": {"start": "03-12"}}
    said |= {"C": {"estimate": 1, "deadline": "03-17"}}
    links = ["P SS C", "L FS M", "M FS a", "M FS b", "N FS a", "N FS b"]
    assert _floats(_edit(said, links, "M", estimate=3), "L") == [6, 4]


def test_what_lies_before_a_parents_start_is_asked_anew_when_one_more_child_may_begin_it() -> None:
    said = {**SAME, "L": {"start": "03-05", "estimate": 1}, "c": {"parent": "P"}, "D": {"due": "03-20"}}
    said |= {"z": {"due": "03-31", "parent": "P"}, "C": {"estimate": 1, "deadline": "03-17"}}
    plans = _edit(said, ["P SS C", "L FS a", "L FS b", "D FS c"], "D", due="03-13")
    assert _floats(plans, "L") == [7, None]


def test_what_lies_before_a_parents_start_is_asked_anew_when_it_is_needed_earlier() -> None:
    said = {**SAME, "L": {"start": "03-05", "estimate": 1}, "C": {"estimate": 1, "deadline": "03-17"}}
    plans = _edit(said, ["P SS C", "L FS a", "L FS b"], "C", deadline="03-13")
    assert _floats(plans, "L") == [7, 5]
