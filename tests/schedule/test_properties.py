"""What holds for every plan."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from unify.schedule import Activity, Calendar, CalendarSettings, Link, Schedule, schedule
from unify.schedule.handover import Handover, verdict
from unify.schedule.records import BEGIN, NONE, NOT_STARTED, UNKNOWN

pytestmark = pytest.mark.slow

TODAY = date(2026, 3, 4)
CALENDARS = {
    "every day": Calendar.of(CalendarSettings(weekend=())),
    "gulf": Calendar.of(CalendarSettings(weekend=("fri", "sat"))),
    "closed": Calendar.of(
        CalendarSettings.model_validate({"closures": [{"from": "2026-03-10", "to": "2026-03-12"}]})
    ),
}
IDS = "ABCDEFGH"
MUCH = 60
"""Working days by which a delay passes everything that a network asks."""
Network = tuple[list[Activity], list[Link]]

days = st.integers(-12, 25).map(lambda number: TODAY + timedelta(days=number))
calendars = st.sampled_from([None, *CALENDARS])
types = st.sampled_from(["FS", "FS", "SS", "FF", "SF"])


@st.composite
def activities(draw: st.DrawFn, id_: str, dated: bool = False) -> Activity:
    status = draw(st.sampled_from(["not started"] * 5 + ["in progress", "done", "dropped"]))
    begun = draw(st.integers(-20, 0).map(lambda number: TODAY + timedelta(days=number)))
    return Activity(
        id_,
        status=status,  # type: ignore[arg-type]
        start=draw(days if dated else st.none() | days),
        due=draw(st.none() | days),
        actual_start=begun if status in ("in progress", "done") else None,
        actual_finish=begun + timedelta(days=2) if status == "done" else None,
        estimate=draw(st.none() | st.integers(0, 6)),
        progress=draw(st.none() | st.sampled_from([0.0, 0.5, 1.0])),
        deadline=draw(st.none() | days),
        baseline=draw(st.none() | days),
        due_is_deadline=draw(st.booleans()),
        calendar=draw(calendars),
    )


@st.composite
def links(draw: st.DrawFn, count: int, forwards: bool) -> Link:
    """Between the first `count` ids; `forwards`: from a smaller to a larger one."""
    a, b = draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))
    if forwards:
        a, b = (min(a, b), max(a, b)) if a != b else (0, max(1, a))
    return Link(IDS[a], IDS[b], draw(types), draw(st.integers(-3, 3)), draw(st.none() | days))


@st.composite
def networks(draw: st.DrawFn, forwards: bool = False, dated: bool = False) -> Network:
    """Activities, some of them parents, and links; `forwards`: without circles."""
    count = draw(st.integers(2, len(IDS)))
    items = [draw(activities(id_, dated)) for id_ in IDS[:count]]
    found = draw(st.lists(links(count, forwards), max_size=10))
    for number in range(1, count):
        if draw(st.integers(0, 4)) == 0:
            child = replace(items[number], parent=IDS[draw(st.integers(0, number - 1))])
            grown = [*items[:number], child, *items[number + 1 :]]
            if not forwards or not _plan(grown, found).cycles:
                items = grown
    return items, found


def _plan(items: Sequence[Activity], found: Sequence[Link]) -> Schedule:
    return schedule(items, found, CALENDARS, TODAY)


@given(networks(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(network: Network, rng: random.Random) -> None:
    items, found = network
    shuffled, others = list(items), list(found)
    rng.shuffle(shuffled)
    rng.shuffle(others)
    assert _columns(_plan(items, found)) == _columns(_plan(shuffled, others))


def _columns(plan: Schedule) -> list[object]:
    return [
        plan.ids, plan.start, plan.finish, plan.late_finish, plan.float_days, plan.binding, plan.driver,
        plan.root, plan.slip_days, plan.uncertain, plan.cycles,
    ]  # fmt: skip


@given(networks(forwards=True, dated=True), st.data())
def test_adding_a_link_never_makes_anything_earlier(network: Network, data: st.DataObject) -> None:
    items, found = network
    added = data.draw(links(len(items), forwards=True))
    before, after = _plan(items, found), _plan(items, [*found, added])
    assume(not after.cycles)
    for item, id_ in enumerate(before.ids):
        assert after.early[item].start >= before.early[item].start, id_
        assert after.early[item].finish >= before.early[item].finish, id_


@given(networks())
def test_every_link_outside_a_cycle_holds(network: Network) -> None:
    plan = _plan(*network)
    for link in network[1]:
        before, after = plan.index(link.predecessor), plan.index(link.successor)
        open_leaf = plan.items[after].state == NOT_STARTED and not _children(plan, after)
        circular = plan.uncertain[before] or plan.uncertain[after]
        read = plan.early[before].start if link.type in ("SS", "SF") else plan.early[before].finish
        if circular or not open_leaf or read == UNKNOWN:
            continue
        calendar = plan.calendar[after]
        bounded = plan.early[after].start if link.type in ("FS", "SS") else plan.early[after].finish
        assert calendar.count(calendar.later(read, link.lag)) <= calendar.count(bounded), link


def _children(plan: Schedule, item: int) -> list[int]:
    return [child for child, one in enumerate(plan.items) if one.above == item]


@given(networks())
def test_an_item_is_its_own_root_exactly_where_nothing_drives_it(network: Network) -> None:
    plan = _plan(*network)
    for item, root in enumerate(plan.root):
        assert (root is None) == (plan.finish[item] is None)
        if root is not None:
            assert (plan.driver[item] is None) == (root == plan.ids[item])


@given(networks())
def test_nothing_open_is_planned_to_finish_before_today(network: Network) -> None:
    plan = _plan(*network)
    for item, finish in enumerate(plan.finish):
        if finish is not None and plan.items[item].state < 2:
            calendar = plan.calendar[item]
            assert calendar.count(finish.toordinal() + 1) >= calendar.count(TODAY.toordinal() + 1)


@given(networks(forwards=True))
def test_float_is_the_largest_delay_that_harms_nobody(network: Network) -> None:
    # What is late already cannot be harmed by a delay that ends before it: it says nothing about float.
    items, found = _without_what_is_late(*network)
    plan = _plan(items, found)
    assume(_all_children_begin_their_parents(plan))
    assert _harm(plan, items, found) == set()
    for item in range(len(items)):
        if not _can_be_delayed(plan, item) or plan.finish[item] is None:
            continue
        room = plan.float_days[item]
        if room is None:
            assert _harm(*_delayed(plan, items, found, item, MUCH)) == set(), plan.ids[item]
        else:
            assert _harm(*_delayed(plan, items, found, item, room)) == set(), plan.ids[item]
            assert _harm(*_delayed(plan, items, found, item, room + 1)) != set(), plan.ids[item]


def _all_children_begin_their_parents(plan: Schedule) -> bool:
    """Whether no start was left out of a circle: a child that waits for its parent's start begins it no later."""
    laid = plan.projection.plan
    asked = [(first, item) for item, first in enumerate(laid.first) if first != NONE]
    return all(
        sum(edge.type == BEGIN for edge in laid.into[laid.into_at[first] : laid.into_at[first + 1]])
        == len(_children(plan, item))
        for first, item in asked
    )


def _without_what_is_late(items: list[Activity], found: list[Link]) -> Network:
    # A parent's due date may date the parent: without it others can be late, so look again.
    while harmed := _harm(_plan(items, found), items, found):
        items = [
            replace(
                one,
                deadline=None if (one.id, "deadline") in harmed else one.deadline,
                baseline=None if (one.id, "baseline") in harmed else one.baseline,
                due=None if (one.id, "due") in harmed else one.due,
            )
            for one in items
        ]
        found = [
            replace(link, need_by=None if number in harmed else link.need_by)
            for number, link in enumerate(found)
        ]
    return items, found


def _can_be_delayed(plan: Schedule, item: int) -> bool:
    """Open, without children, and moved as a whole by its start (or, a point, by its due date)."""
    activity = plan.activities[item]
    is_point = plan.early[item].start == plan.early[item].finish
    moves = is_point or (plan.items[item].work > 0 and activity.due is None)
    return plan.items[item].state == NOT_STARTED and moves and not _children(plan, item)


def _delayed(
    plan: Schedule, items: Sequence[Activity], found: Sequence[Link], item: int, days: int
) -> tuple[Schedule, Sequence[Activity], Sequence[Link]]:
    calendar, old = plan.calendar[item], plan.activities[item]
    if plan.early[item].start == plan.early[item].finish:
        due = calendar.closing(calendar.count(plan.early[item].finish) + days) - 1
        new = replace(old, due=date.fromordinal(due), start=None, estimate=0, due_is_deadline=False)
    else:
        start = calendar.opening(calendar.count(plan.early[item].start) + days)
        new = replace(old, start=date.fromordinal(start), estimate=plan.items[item].work, progress=None)
    if old.due_is_deadline and old.due is not None:
        new = replace(new, deadline=min(old.due, old.deadline or old.due))
    moved = [new if one.id == new.id else one for one in items]
    return _plan(moved, found), items, found


def _harm(plan: Schedule, items: Sequence[Activity], found: Sequence[Link]) -> set[object]:
    """The deadlines and need-bys that are not kept."""
    broken: set[object] = set()
    parents = {one.parent for one in items}
    for one in items:
        item = plan.index(one.id)
        if plan.items[item].state > 1 or plan.early[item].finish == UNKNOWN:
            continue
        counts = one.due_is_deadline or one.id in parents
        calendar = plan.calendar[item]
        for name, day in (
            ("deadline", one.deadline),
            ("baseline", one.baseline),
            ("due", one.due if counts else None),
        ):
            if day and calendar.count(plan.early[item].finish) > calendar.count(day.toordinal() + 1):
                broken.add((one.id, name))
    for number, link in enumerate(found):
        calendar = plan.calendar[plan.index(link.successor)]
        of = verdict(
            Handover("", link.predecessor, link.successor, calendar, link.type, link.lag, link.need_by),
            plan,
            TODAY,
        )
        if link.need_by and (of.days_late or 0) > 0:
            broken.add(number)
    return broken
