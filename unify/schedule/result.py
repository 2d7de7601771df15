"""Plans activities and links given as plain values, and gives the dates as days and ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from math import nan
from typing import Final

from unify.schedule.activity import Activity, Link
from unify.schedule.backward import as_a_whole
from unify.schedule.calendar import Calendar
from unify.schedule.conventions import Conventions
from unify.schedule.engine import Plain
from unify.schedule.project import Projection, project
from unify.schedule.records import (
    DONE,
    DROPPED,
    FF,
    FS,
    NEED_BY,
    NO_COUNT,
    NO_DAY,
    NONE,
    NOT_STARTED,
    PROJECT,
    SF,
    SS,
    STARTED,
    TERMINAL,
    UNKNOWN,
    Early,
    Item,
    Links,
    Node,
    Terms,
)

LINK_TYPES: Final = {"FS": FS, "SS": SS, "FF": FF, "SF": SF}
STATES: Final = {"not started": NOT_STARTED, "in progress": STARTED, "done": DONE, "dropped": DROPPED}
ANCHORS: Final = {"need_by": NEED_BY, "project": PROJECT, "terminal": TERMINAL}


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
    activities: list[Activity]
    calendar: list[Calendar]
    projection: Projection

    def index(self, id_: str) -> int:
        """The place of an activity in the lists. Raises KeyError."""
        return self._index[id_]

    @cached_property
    def _index(self) -> dict[str, int]:
        return {id_: number for number, id_ in enumerate(self.ids)}

    @property
    def items(self) -> Sequence[Item]:
        """What each activity says of itself."""
        return self.projection.plan.items

    @property
    def early(self) -> Sequence[Early]:
        """Early starts and finishes, as boundaries: of the activities, and after them of their parents'
        starts."""
        return self.projection.plan.early

    @property
    def nodes(self) -> Sequence[Node]:
        """What people see of these, and where it comes from."""
        return self.projection.plan.nodes

    def late(self, item: int) -> int:
        """The boundary by which an activity must finish, NEVER for none."""
        return as_a_whole(self.projection.plan, item)[0]


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
    ordered = sorted(activities, key=lambda activity: activity.id)
    index = _numbered(ordered)
    usual = Calendar.of(None)
    calendar = [calendars.get(one.calendar or "", usual) for one in ordered]
    different = list(dict.fromkeys(calendar))
    items = [_item(one, different.index(works), index) for one, works in zip(ordered, calendar, strict=True)]
    terms = terms_of(today, conventions or Conventions())
    engine = Plain()
    projected = project(engine, items, columns(links, index), engine.tables(different or [usual]), terms)
    return _as_people_read_it(ordered, calendar, projected)


def terms_of(today: date | None, conventions: Conventions) -> Terms:
    """What a run goes by, in numbers."""
    begin = UNKNOWN if conventions.project_start is None else conventions.project_start.toordinal()
    return Terms(
        today=UNKNOWN if today is None else today.toordinal(),
        begin=begin,
        clamp=begin if conventions.clamp_implied_starts else UNKNOWN,
        anchor=ANCHORS[conventions.anchor],
        last=UNKNOWN,
        last_item=NONE,
    )


def _numbered(ordered: Sequence[Activity]) -> dict[str, int]:
    index = {one.id: number for number, one in enumerate(ordered)}
    if len(index) < len(ordered):
        twice = next(one.id for one, after in pairwise(ordered) if one.id == after.id)
        raise ValueError(f"activity {twice} is given twice")
    return index


def _item(one: Activity, calendar: int, index: Mapping[str, int]) -> Item:
    return Item(
        status=STATES[one.status],
        due_is_deadline=one.due_is_deadline,
        calendar=calendar,
        parent=NONE if one.parent is None else _index_of(index, one.parent, "parent", one.id),
        start=_day(one.start),
        due=_day(one.due),
        actual_start=_day(one.actual_start),
        actual_finish=_day(one.actual_finish),
        deadline=_day(one.deadline),
        baseline=_day(one.baseline),
        estimate=nan if one.estimate is None else float(one.estimate),
        remaining=nan if one.remaining is None else float(one.remaining),
        progress=nan if one.progress is None else float(one.progress),
    )


def _index_of(index: Mapping[str, int], id_: str, role: str, of: str) -> int:
    if id_ not in index:
        raise ValueError(f"{role} {id_} of {of} is not among the activities")
    return index[id_]


def columns(links: Sequence[Link], index: Mapping[str, int]) -> Links:
    """Links as columns of numbers."""
    return Links(
        [_index_of(index, one.predecessor, "predecessor", one.successor) for one in links],
        [_index_of(index, one.successor, "successor", one.predecessor) for one in links],
        [LINK_TYPES[one.type] for one in links],
        [one.lag for one in links],
        [_day(one.need_by) for one in links],
    )


def _day(day: date | None) -> int:
    return NO_DAY if day is None else day.toordinal()


def _as_people_read_it(ordered: list[Activity], calendar: list[Calendar], projected: Projection) -> Schedule:
    ids, rows = [one.id for one in ordered], projected.shown
    return Schedule(
        ids=ids,
        start=[_date(row.start) for row in rows],
        finish=[_date(row.finish) for row in rows],
        late_finish=[_date(row.late_finish) for row in rows],
        float_days=[_count(row.float_days) for row in rows],
        binding=[_id(ids, row.binding) for row in rows],
        driver=[_id(ids, row.driver) for row in rows],
        root=[_id(ids, row.root) for row in rows],
        baseline=[one.baseline for one in ordered],
        slip_days=[_count(row.slip_days) for row in rows],
        uncertain=[row.uncertain for row in rows],
        cycles=[[ids[item] for item in cycle] for cycle in projected.cycles],
        activities=ordered,
        calendar=calendar,
        projection=projected,
    )


def _date(day: int) -> date | None:
    return None if day == NO_DAY else date.fromordinal(day)


def _count(days: int) -> int | None:
    return None if days == NO_COUNT else days


def _id(ids: Sequence[str], item: int) -> str | None:
    return None if item == NONE else ids[item]
