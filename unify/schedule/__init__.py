"""The plan: dates, float, drivers and cycles of a network of activities, a pure computation.

`schedule` reads activities and links and returns a `Schedule`; it knows no database, clock or environment.
The way through it: `network` (flat lists), `order` (cycles, topological order), `own` (what each activity
says of itself), `forward`, `drivers`, `backward`. The conventions stand in `conventions`.
"""

from __future__ import annotations

from unify.schedule.activity import Activity, Link, LinkType, Status
from unify.schedule.calendar import Calendar, CalendarSettings
from unify.schedule.conventions import Conventions
from unify.schedule.result import Schedule, schedule

__all__ = [
    "Activity",
    "Calendar",
    "CalendarSettings",
    "Conventions",
    "Link",
    "LinkType",
    "Schedule",
    "Status",
    "schedule",
]
