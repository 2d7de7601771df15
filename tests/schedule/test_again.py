"""A plan that is brought up to date after a change equals one that is computed as a whole."""

from __future__ import annotations

from dataclasses import fields, replace

from hypothesis import given
from hypothesis import strategies as st

from tests.schedule.conftest import activity, link
from tests.schedule.test_properties import CALENDARS, IDS, TODAY, Network, activities, networks
from unify.schedule import Activity, Conventions, Schedule, schedule
from unify.schedule.engine import Plain
from unify.schedule.project import Replanner
from unify.schedule.records import NO_COUNT, Item, Shown

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


def test_a_child_that_begins_its_parent_in_time_no_more_leaves_it_to_the_other() -> None:
    said = {"P": {}, "a": {"start": "03-05", "parent": "P"}, "b": {"start": "03-06", "parent": "P"}}
    items = [activity(id_, estimate=2, **given) for id_, given in said.items()]
    items.append(activity("C", estimate=1, deadline="03-09"))
    kept = schedule(items, [link("P SS C")], CALENDARS, TODAY)
    replanner = Replanner(Plain(), kept.projection)
    a, b = kept.index("a"), kept.index("b")
    assert _rows(kept)[a].float_days == NO_COUNT
    kept.items[b].start += 10
    assert a in replanner.changed([b])
    assert _rows(kept)[a].float_days == 2
