"""36 networks of the package criticalpath: all link types, leads and lags, starts before time 0."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from unify.schedule import Activity, Calendar, Conventions, Link, schedule

ZERO = date(2026, 1, 5)


def test_every_early_and_late_time_is_theirs(material: Path) -> None:
    path = material / "scheduling" / "criticalpath_early_late_by_relation_type.json"
    cases = json.loads(path.read_text(encoding="utf-8"))
    conventions = Conventions(anchor="terminal", project_start=ZERO, clamp_implied_starts=False)
    values = 0
    for case in cases:
        plan = schedule(
            [
                Activity(str(one["id"]), estimate=one["duration"], calendar="every day")
                for one in case["activities"]
            ],
            [Link(str(one["from"]), str(one["to"]), one["type"], one["lag"]) for one in case["relations"]],
            {"every day": Calendar(weekend=())},
            None,
            conventions,
        )
        for id_, expected in case["expected"].items():
            item = plan.index(id_)
            start, finish = plan.early[item].start, plan.early[item].finish
            late = plan.late(item)
            found = {
                "early_start": start - ZERO.toordinal(),
                "early_finish": finish - ZERO.toordinal(),
                "late_start": late - (finish - start) - ZERO.toordinal(),
                "late_finish": late - ZERO.toordinal(),
            }
            assert found == expected, (case["name"], id_)
            values += len(expected)
        assert (
            max(one.finish for one in plan.early) - min(one.start for one in plan.early)
            == case["expected_duration"]
        ), case["name"]
    assert (len(cases), values) == (36, 576)
