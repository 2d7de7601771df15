"""32 networks as MPXJ's scheduler computes them, which reproduces the dates that MS Project stores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from unify.schedule import Activity, Calendar, Conventions, Link, Schedule, schedule

Case = Mapping[str, Any]


@pytest.fixture(scope="module")
def cases(material: Path) -> list[Case]:
    text = (material / "scheduling" / "mpxj_oracle_cases.json").read_text(encoding="utf-8")
    found: list[Case] = json.loads(text)["cases"]
    assert len(found) == 32
    return found


def _plan(case: Case, slip: Mapping[str, int] | None = None) -> Schedule:
    calendar = Calendar(days_off=[date.fromisoformat(day).toordinal() for day in case["holidays"]])
    return schedule(
        [
            Activity(
                task["id"],
                estimate=task["duration_days"] + (slip or {}).get(task["id"], 0),
                calendar="theirs",
            )
            for task in case["tasks"]
        ],
        [Link(one["from"], one["to"], one["type"], one["lag_days"]) for one in case["links"]],
        {"theirs": calendar},
        None,
        Conventions(anchor="project", project_start=date.fromisoformat(case["project_start"][:10])),
    )


def _boundary(stamp: str) -> int:
    """Their day runs from 8 to 17 o'clock."""
    at = datetime.fromisoformat(stamp)
    assert at.hour in (8, 17)
    return at.toordinal() + (at.hour == 17)


def _found(plan: Schedule, id_: str) -> dict[str, object]:
    """Dates as working days since the calendar's first, in which Friday evening is Monday morning."""
    item = plan.index(id_)
    count = plan.calendar[item].count
    start, finish = count(plan.early[item].start), count(plan.early[item].finish)
    late = count(plan.late(item))
    slack = plan.float_days[item]
    assert slack is not None
    return {
        "start": start,
        "finish": finish,
        "late_start": late - (finish - start),
        "late_finish": late,
        "total_slack_hours": 8.0 * slack,
        "critical": slack <= 0,
    }


def _stated(plan: Schedule, expected: Mapping[str, Any]) -> dict[str, object]:
    count = plan.calendar[0].count
    return {
        name: count(_boundary(value)) if isinstance(value, str) else value for name, value in expected.items()
    }


def test_every_date_slack_and_critical_flag_is_theirs(cases: list[Case]) -> None:
    values = 0
    for case in cases:
        plan = _plan(case)
        for id_, expected in case["expected"].items():
            assert _found(plan, id_) == _stated(plan, expected), (case["name"], case["kind"], id_)
            values += len(expected)
    assert values == 32 * 32 * 6


def test_a_slip_moves_the_tasks_that_they_move_to_the_same_dates_and_no_others(cases: list[Case]) -> None:
    for case in cases:
        slip = case["slip"]
        before, after = _plan(case), _plan(case, {slip["task"]: slip["days_added"]})
        count = after.calendar[0].count
        moved = {
            id_: (count(after.early[item].start), count(after.early[item].finish))
            for item, id_ in enumerate(after.ids)
            if (before.early[item].start, before.early[item].finish)
            != (after.early[item].start, after.early[item].finish)
        }
        stated = {
            id_: (count(_boundary(dates["start"])), count(_boundary(dates["finish"])))
            for id_, dates in slip["moved"].items()
        }
        assert moved == stated, (case["name"], case["kind"])
        for plan, key in ((before, "project_finish_before"), (after, "project_finish_after")):
            assert count(max(one.finish for one in plan.early)) == count(_boundary(slip[key])), (
                case["name"],
                key,
            )
