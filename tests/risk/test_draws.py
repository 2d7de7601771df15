"""The draws: with nothing stretched they are the plan; with a known history they are what can be computed by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from unify.risk import Forecast, History, Laid, forecast, lay_out
from unify.risk.history import Backtest
from unify.risk.network import NONE
from unify.schedule import Activity, Calendar, CalendarSettings, Link, schedule

MONDAY = date(2026, 3, 2)
CALENDARS = {
    "it": Calendar.of(None),
    "gulf": Calendar.of(CalendarSettings(weekend=("fri", "sat"))),
    "gb": Calendar.of(CalendarSettings(country="GB", subdivision="ENG")),
}


def history(*stretch: float) -> History:
    """Enough things of these stretches, each as often."""
    values = np.sort(np.array(stretch * 10))
    return History(len(values), len(values), values, np.ones(len(values)), Backtest(0, {}))


def laid(activities: Sequence[Activity], links: Sequence[Link] = (), today: date = MONDAY) -> Laid:
    plan = schedule(activities, links, CALENDARS, today)
    things = [
        asdict(one) | {
            "node_id": one.id, "department_id": one.calendar, "parent_id": one.parent, "start_date": one.start,
            "due_date": one.due, "finish_date": one.actual_finish, "estimate_days": one.estimate,
            "remaining_days": one.remaining, "uncertain": plan.uncertain[plan.index(one.id)], "initiative_id": "CDP",
        }
        for one in activities
    ]  # fmt: skip
    rows = [
        {
            "predecessor_id": link.predecessor,
            "successor_id": link.successor,
            "type": link.type,
            "lag_days": link.lag,
        }
        for link in links
    ]
    return lay_out(things, rows, CALENDARS, today)


def drawn(made: Laid, histories: dict[str, History], correlation: float = 0.0) -> Forecast:
    return forecast(made, histories, 4_000, seed=1, correlation=correlation)


def days(made: Laid, found: Forecast, id_: str) -> list[int]:
    """Working days from today to the 50, 80 and 95 per cent date."""
    return [int(count) for count in found.finish[made.where[id_]]]


def work(id_: str, number: float, department: str = "it", **more: Any) -> Activity:
    return Activity(id_, start=MONDAY, estimate=number, calendar=department, **more)


@pytest.mark.parametrize("seed", range(24))
def test_with_nothing_stretched_every_draw_is_the_plan(seed: int) -> None:
    activities, links, today = _chance(seed)
    made = laid(activities, links, today)
    plan = schedule(activities, links, CALENDARS, today)
    found = forecast(made, {}, 1, 1, 0.3)
    for one in activities:
        place = made.where[one.id]
        node, count = made.nodes[place], int(found.finish[place, 0])
        got = None if count == NONE else node.calendar.opening(node.base + count - 1)
        finish = plan.finish[plan.index(one.id)]
        wanted = None if finish is None else node.calendar.last_day(finish.toordinal() + 1)
        assert got == wanted, one


def _chance(seed: int) -> tuple[list[Activity], list[Link], date]:
    """Nine activities of every state but dropped, planned on days that are worked: of one calendar with all types of
    link, or of three. There a finish-to-finish link may end an item on a day that is free for it, which the draws take
    as the evening of the working day before."""
    chance = random.Random(seed)
    calendars = ("it",) if seed % 2 else tuple(CALENDARS)
    types = ("FS", "FS", "SS", "FF", "SF") if seed % 2 else ("FS", "SS")
    today = MONDAY + timedelta(days=chance.randrange(5))

    def worked(department: str, day: date) -> date:
        while not CALENDARS[department].works_on(day):
            day += timedelta(days=1)
        return day

    activities = []
    for number in range(9):
        department = chance.choice(calendars)
        start = worked(department, today + timedelta(days=chance.randrange(-20, 60)))
        due = worked(department, start + timedelta(days=chance.randrange(0, 40)))
        status = chance.choice(("not started", "not started", "not started", "in progress", "done"))
        ended = worked(department, today - timedelta(days=chance.randrange(6, 20)))
        activities.append(Activity(
            f"n{number}", status, calendar=department,
            start=start if chance.random() < 0.7 else None,
            due=due if chance.random() < 0.7 else None,
            estimate=chance.randrange(12) if chance.random() < 0.5 else None,
            progress=chance.random() if chance.random() < 0.2 else None,
            actual_start=ended - timedelta(days=14) if status != "not started" else None,
            actual_finish=ended if status == "done" else None,
        ))  # fmt: skip
    links = []
    for _ in range(9):
        before, after = sorted(chance.sample(range(9), 2))
        lag = chance.choice((0, 0, 1, 3, -2))
        links.append(Link(f"n{before}", f"n{after}", chance.choice(types), lag))  # type: ignore[arg-type]
    return activities, links, today


def test_a_parent_ends_with_its_last_child_and_holds_them_all_back() -> None:
    activities = [
        work("A", 5),
        Activity("P", calendar="it"),
        work("P1", 2, parent="P"),
        work("P2", 4, parent="P"),
        work("B", 1),
    ]
    made = laid(activities, [Link("A", "P"), Link("P", "B")])
    found = forecast(made, {}, 1, 1, 0.3)
    assert {id_: days(made, found, id_)[0] for id_ in ("P1", "P2", "P", "B")} == {
        "P1": 7,
        "P2": 9,
        "P": 9,
        "B": 10,
    }


def test_one_item_takes_its_departments_quantiles_from_today_on() -> None:
    made = laid([Activity("A", due=MONDAY + timedelta(days=25), calendar="it")])  # 20 working days
    found = drawn(made, {"it": history(*[1.0] * 7, 1.5, *[2.0] * 2)})
    assert days(made, found, "A") == [20, 30, 40]


def test_a_department_with_too_little_history_is_taken_as_planned() -> None:
    short = History(9, 30, np.array([2.0]), np.ones(1), Backtest(0, {}))
    made = laid([work("A", 5), work("B", 5, "gb")], [Link("A", "B")])
    found = drawn(made, {"it": short, "gb": history(1.0, 3.0)})
    assert days(made, found, "A") == [5, 5, 5]
    assert days(made, found, "B")[2] == 20


def test_paths_that_merge_are_later_than_each_of_them_and_less_so_where_they_go_together() -> None:
    parts = [work(f"A{number}", 20) for number in range(5)]
    made = laid([*parts, Activity("GO", calendar="none")], [Link(one.id, "GO") for one in parts])
    spread = {"it": history(1.0, 1.0, 1.0, 1.0, 2.0)}
    apart, together = drawn(made, spread), drawn(made, spread, correlation=0.95)
    # One in five is late: of five apart two draws in three are, of five that go together hardly more than one in five.
    assert days(made, apart, "A0") == [20, 20, 40]
    assert days(made, apart, "GO")[0] == 40
    assert days(made, together, "GO")[0] == 20
    assert days(made, together, "A0")[2] == 40


def test_an_item_is_critical_as_often_as_it_decides_the_end() -> None:
    made = laid(
        [work("A", 10), work("B", 6, "gb"), work("C", 5), work("D", 1)],
        [Link("A", "D"), Link("B", "D"), Link("C", "A", "FF")],
    )
    found = drawn(made, {"it": history(1.0), "gb": history(1.0, 1.0, 1.0, 2.0)})
    share = {id_: float(found.critical[made.where[id_]]) for id_ in "ABCD"}
    assert share["D"] == 1
    assert share["C"] == 0
    assert share["B"] == pytest.approx(0.25, abs=0.03)
    assert share["A"] == pytest.approx(0.75, abs=0.03)


def test_the_same_seed_gives_the_same_dates_and_another_one_others() -> None:
    made = laid([work(f"A{number}", 20) for number in range(6)])
    spread = {"it": history(*np.linspace(0.8, 2.5, 40))}
    first = forecast(made, spread, 500, 1, 0.3)
    assert np.array_equal(first.finish, forecast(made, spread, 500, 1, 0.3).finish)
    assert not np.array_equal(first.finish, forecast(made, spread, 500, 2, 0.3).finish)


def test_a_far_date_and_a_long_lag_stay_in_their_16_bits() -> None:
    made = laid(
        [Activity("A", due=date(9999, 12, 31), calendar="it"), work("B", 5)], [Link("A", "B", "FS", 100_000)]
    )
    found = drawn(made, {"it": history(1.0, 50.0)})
    assert days(made, found, "B") == [14_000, 14_000, 14_000]
