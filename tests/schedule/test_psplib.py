"""960 networks of PSPLIB (Kolisch and Sprecher 1996), each with its length without resource limits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.psplib import instances
from unify.schedule import Activity, Calendar, Conventions, Link, schedule

pytestmark = pytest.mark.slow


def test_the_length_of_every_network_is_the_one_stated_in_its_file(material: Path) -> None:
    every_day = Calendar(weekend=())
    begin = date(2026, 1, 1)
    networks = instances(material)
    wrong = []
    for network in networks:
        jobs = [
            Activity(str(job), estimate=days, calendar="every day") for job, days in network.durations.items()
        ]
        links = [Link(str(before), str(after)) for before, after in network.links]
        plan = schedule(
            jobs, links, {"every day": every_day}, None, Conventions(anchor="project", project_start=begin)
        )
        length = max(one.finish for one in plan.early) - begin.toordinal()
        critical = [float_ for float_ in plan.float_days if float_ == 0]
        if length != network.length or not critical or min(plan.float_days) != 0:  # type: ignore[type-var]
            wrong.append((network.name, network.length, length))
    assert len(networks) == 960
    assert wrong == []
