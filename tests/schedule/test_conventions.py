"""The examples of `conventions`, where other schedulers differ."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from unify.schedule import Conventions

BEGIN = date(2026, 4, 6)  # a Monday


def _two_alone(planned: Any, conventions: Conventions) -> list[int | None]:
    plan = planned(
        {"A": {"start": "04-06", "estimate": 3}, "B": {"start": "04-06", "estimate": 5}},
        [],
        None,
        conventions,
    )
    return [plan.float_days("A"), plan.float_days("B")]


def test_interlock_counts_late_dates_from_deadlines_and_others_from_the_last_finish(planned: Any) -> None:
    assert _two_alone(planned, Conventions()) == [None, None]
    assert _two_alone(planned, Conventions(anchor="project")) == [2, 0]


def test_anchored_at_terminal_items_those_with_a_successor_may_end_after_the_project(planned: Any) -> None:
    given = {"A": {"start": "04-06", "estimate": 5}, "B": {"estimate": 1}}
    floats = {}
    for anchor in ("project", "terminal"):
        plan = planned(given, ["A SS B"], None, Conventions(anchor=anchor))  # type: ignore[arg-type]
        floats[anchor] = plan.float_days("A")
    assert floats == {"project": 0, "terminal": 4}


def test_a_lead_reaches_back_before_the_projects_start(planned: Any) -> None:
    plan = planned({"A": {}, "B": {"estimate": 3}}, ["A FS-2 B"], None, Conventions(project_start=BEGIN))
    assert plan.dates("B") == "04-02..04-06"


def test_a_project_starts_its_tasks_below_summaries_too(planned: Any) -> None:
    tasks = {"P": {}, "a": {"estimate": 3, "parent": "P"}, "b": {"estimate": 5, "parent": "P"}}
    plan = planned(tasks, ["a FS b"], None, Conventions(anchor="project", project_start=BEGIN))
    assert [plan.dates(one) for one in "Pab"] == ["04-06..04-15", "04-06..04-08", "04-09..04-15"]


@pytest.mark.parametrize(("clamp", "dates"), [(True, "04-06..04-10"), (False, "03-31..04-06")])
def test_a_start_implied_by_a_finish_is_clamped_at_the_projects_start_or_not(
    planned: Any, clamp: bool, dates: str
) -> None:
    conventions = Conventions(project_start=BEGIN, clamp_implied_starts=clamp)
    plan = planned({"A": {"estimate": 1}, "B": {"estimate": 5}}, ["A FF B"], None, conventions)
    assert plan.dates("B") == dates
