"""Seven projects saved by MS Project: the dates and slack that it stored, and each in which ours differ, with why."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.mspdi import Project, Task, read
from unify.schedule import Activity, Calendar, Conventions, Link, Schedule, schedule

FILES = {
    "calendar-calendars-project2013-mspdi.xml": 1,
    "calendar-calendars-project2019-mspdi.xml": 1,
    "legacy-sample.xml": 20,
    "task-dates-project2013-mspdi.xml": 11,
    "task-dates-project2019-mspdi.xml": 11,
    "task-links-project2013-mspdi.xml": 17,
    "task-links-project2019-mspdi.xml": 17,
}
"""And how many tasks each holds."""

LINKS_2019 = "task-links-project2019-mspdi.xml"
MANUAL = (
    "scheduled by hand: MS Project 2019 lets the link from its start (SF or SS) ask nothing of it and gives it "
    "slack up to the project's finish; scheduled automatically (the same network in the file of 2013) it has ours"
)
DIFFERENCES: dict[tuple[str, int, str], tuple[float, float, str]] = {
    (LINKS_2019, 11, "late finish"): (7525, 7524, MANUAL),
    (LINKS_2019, 11, "slack"): (11, 10, MANUAL),
    (LINKS_2019, 13, "late finish"): (7525, 7523, MANUAL),
    (LINKS_2019, 13, "slack"): (11, 9, MANUAL),
}
"""Per file, task and value: theirs, ours (boundaries as working days since 1990, slack in working days), and why."""


def _plan(project: Project) -> Schedule:
    calendar = _calendar(project)
    tasks = project.tasks.values()
    return schedule(
        [
            Activity(
                str(task.uid),
                start=task.constraint_date.date() if task.constraint_date else None,
                estimate=_days(project, task, calendar),
                calendar="theirs",
                parent=None if task.parent is None else str(task.parent),
            )
            for task in tasks
        ],
        [
            Link(str(one.uid), str(task.uid), one.type, round(one.lag_hours / project.hours_per_day))  # type: ignore[arg-type]
            for task in tasks
            for one in task.predecessors
        ],
        {"theirs": calendar},
        None,
        Conventions(anchor="project", project_start=project.start.date()),
    )


def _calendar(project: Project) -> Calendar:
    return Calendar(project.weekend, [day.toordinal() for day in project.closed])  # type: ignore[arg-type]


def _days(project: Project, task: Task, calendar: Calendar) -> float:
    if task.is_summary:
        return 0  # its children say
    if task.has_resources:
        # Who is assigned, in which shifts and for what share of the day decides how long it takes: Interlock knows
        # no shifts, and is told how long it took.
        return calendar.count(_boundary(task.finish)) - calendar.count(_boundary(task.start))
    return task.hours / project.hours_per_day


def _boundary(at: datetime) -> int:
    """Their day runs from 8 to 17 o'clock."""
    assert at.hour in (8, 17)
    return at.toordinal() + (at.hour == 17)


@pytest.mark.parametrize("name", FILES)
def test_dates_and_slack_are_theirs_but_for_the_differences_that_are_listed(
    material: Path, name: str
) -> None:
    project = read(material / "scheduling" / "msproject" / name)
    assert len(project.tasks) == FILES[name]
    plan, calendar = _plan(project), _calendar(project)
    count = calendar.count
    different = {}
    for task in project.tasks.values():
        item = plan.index(str(task.uid))
        theirs = {
            "start": count(_boundary(task.start)),
            "finish": count(_boundary(task.finish)),
            "late finish": count(_boundary(task.late_finish)),
            "slack": task.slack_hours / project.hours_per_day,
        }
        ours = {
            "start": count(plan.early[item].start),
            "finish": count(plan.early[item].finish),
            "late finish": count(plan.late(item)),
            "slack": plan.float_days[item],
        }
        different |= {
            (name, task.uid, field): (theirs[field], ours[field])
            for field in theirs
            if ours[field] != theirs[field]
        }
    assert all(project.tasks[uid].is_manual for _, uid, _ in different)
    assert different == {key: value[:2] for key, value in DIFFERENCES.items() if key[0] == name}
