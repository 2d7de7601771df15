"""Runs the passes one after the other, and gives their results as people read them: as days and ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from unify.schedule.activity import Activity, Link
from unify.schedule.backward import Late, backward
from unify.schedule.calendar import Calendar
from unify.schedule.conventions import Conventions
from unify.schedule.drivers import drivers
from unify.schedule.forward import Early, forward
from unify.schedule.network import Network, network
from unify.schedule.order import order
from unify.schedule.own import NEVER, UNKNOWN, Own, own


@dataclass
class Schedule:
    """What a plan comes to. Lists have one entry per activity, in the order of `ids` (sorted).

    Dates are inclusive days. `float_days` and `slip_days` are working days of the activity's calendar, None
    where one of the two dates is not there. `binding`: the activity whose deadline sets the late finish.
    `driver`: the predecessor or child that sets the finish, None where a bound of its own does. `root`: where
    its date comes from in the end, itself where nothing drives it. `cycles`: ids in order, smallest first.
    """

    ids: list[str]
    start: list[date | None]
    finish: list[date | None]
    late_finish: list[date | None]
    float_days: list[int | None]
    binding: list[str | None]
    driver: list[str | None]
    root: list[str | None]
    baseline: list[date | None]
    slip_days: list[int | None]
    uncertain: list[bool]
    cycles: list[list[str]]
    network: Network
    own: Own
    early: Early
    late: Late

    def __post_init__(self) -> None:
        self._index = {id_: number for number, id_ in enumerate(self.ids)}

    def index(self, id_: str) -> int:
        """The place of an activity in the lists. Raises KeyError."""
        return self._index[id_]


def schedule(
    activities: Sequence[Activity],
    links: Sequence[Link],
    calendars: Mapping[str, Calendar],
    today: date | None,
    conventions: Conventions | None = None,
) -> Schedule:
    """Project all dates. The order of the activities and links does not matter.

    `today` None: nothing is held back until today (for the networks of other schedulers). Raises ValueError
    for an id given twice, and for a link or parent that names no activity.
    """
    follow = conventions or Conventions()
    net = network(activities, links, calendars)
    found = order(net)
    begin, now = _morning(follow.project_start), _morning(today)
    says = own(net, now, begin)
    early = forward(net, found, says, now, begin if follow.clamp_implied_starts else UNKNOWN)
    late = backward(net, found, says, early, follow.anchor)
    driven = drivers(net, found, early)
    count = range(len(net.ids))
    return Schedule(
        ids=net.ids,
        start=[_day(early.first_day[item]) for item in count],
        finish=[_day(early.last_day[item]) for item in count],
        late_finish=[_late_day(net.calendar[item], late.finish[item]) for item in count],
        float_days=[_between(net.calendar[item], early.finish[item], late.finish[item]) for item in count],
        binding=[_id(net.ids, binding) for binding in late.binding],
        driver=[_id(net.ids, item) for item in driven.driver],
        root=[_id(net.ids, item) for item in driven.root],
        baseline=[one.baseline for one in net.activities],
        slip_days=[
            _between(net.calendar[item], _evening(one.baseline), early.finish[item])
            for item, one in enumerate(net.activities)
        ],
        uncertain=found.uncertain,
        cycles=[[net.ids[item] for item in cycle] for cycle in found.cycles],
        network=net,
        own=says,
        early=early,
        late=late,
    )


def _morning(day: date | None) -> int:
    return UNKNOWN if day is None else day.toordinal()


def _evening(day: date | None) -> int:
    return UNKNOWN if day is None else day.toordinal() + 1


def _between(calendar: Calendar, before: int, after: int) -> int | None:
    """Working days from one boundary to the other; None where one is not there."""
    if UNKNOWN in (before, after) or after == NEVER:
        return None
    return calendar.count(after) - calendar.count(before)


def _day(day: int) -> date | None:
    # A tool's 9999-12-31 means "never"; a day after it is that day too.
    return None if day == UNKNOWN else date.fromordinal(min(max(day, 1), date.max.toordinal()))


def _late_day(calendar: Calendar, boundary: int) -> date | None:
    return None if boundary == NEVER else _day(calendar.last_day(boundary))


def _id(ids: Sequence[str], item: int) -> str | None:
    return None if item < 0 else ids[item]
