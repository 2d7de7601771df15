"""What a handover comes to: the day that the provider's side reaches, and whether that is in time.

What is compared is what the link reads: FS and FF the provider's finish plus lag, SS and SF its start plus
lag. When it is needed, the first of these that is known: the stated need-by, which always counts; where the
consumer has started, its due date; for FS the evening before the consumer's planned start, for SS that day;
without a planned start, its due date less its remaining work; for FF and SF its due date.

A start is in time on the day on which it is needed. Only an unstated SF is read as the plan reads it: the
consumer may finish on the evening before the provider starts.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, Protocol

from unify.schedule.activity import LinkType
from unify.schedule.calendar import Calendar
from unify.schedule.engine import Rows
from unify.schedule.records import DONE, STARTED, UNKNOWN, Early, Item, Node

Because = Literal["stated", "consumer start", "consumer due"]


@dataclass(frozen=True, slots=True)
class Handover:
    """A dependency between two departments; a side without an item in any tool is None."""

    id: str
    provider: str | None
    consumer: str | None
    calendar: Calendar
    """The consumer's."""
    type: LinkType = "FS"
    lag: int = 0
    need_by: date | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Dates are inclusive; `days_late` in the consumer's working days: negative to spare, None for none."""

    reaches_on: date | None = None
    needed_on: date | None = None
    needed_because: Because | None = None
    days_late: int | None = None
    delivered: bool = False


class Dated(Protocol):
    """A plan that has its dates."""

    @property
    def items(self) -> Rows[Item]: ...

    @property
    def early(self) -> Rows[Early]: ...

    @property
    def nodes(self) -> Rows[Node]: ...

    def index(self, id_: str) -> int:
        """The place of an item in these. Raises KeyError."""


@dataclass(frozen=True, slots=True)
class _At:
    """A boundary, and the day that stands for it."""

    boundary: int
    day: int


def verdict(handover: Handover, plan: Dated, today: date) -> Verdict:
    """The verdict on one handover. Its items must be in the plan (KeyError).

    Without a consumer who still wants it there are no days late. Where the provider is done, `delivered` is
    true and the days late are those of the delivery. A handover whose provider has no item is dated by when
    it is needed, and like any open point not before today.
    """
    needed, because = _needed(handover, plan)
    delivered = _delivered(handover, plan)
    reached = _reached(handover, plan, because)
    if handover.provider is None and needed is not None and not delivered:
        reached = _At(max(needed.boundary, today.toordinal() + 1), max(needed.day, today.toordinal()))
    days_late = None
    if reached is not None and needed is not None and _wanted(handover, plan):
        count = handover.calendar.count
        days_late = int(count(reached.boundary) - count(needed.boundary))
    return Verdict(
        reaches_on=None if reached is None else date.fromordinal(int(min(reached.day, date.max.toordinal()))),
        needed_on=None if needed is None else date.fromordinal(int(max(needed.day, 1))),
        needed_because=because,
        days_late=days_late,
        delivered=bool(delivered),
    )


def _wanted(handover: Handover, plan: Dated) -> bool:
    """Whether the handover stands and its consumer still waits."""
    if handover.state == "dropped":
        return False
    return handover.consumer is None or plan.items[plan.index(handover.consumer)].state < DONE


def _delivered(handover: Handover, plan: Dated) -> bool:
    if handover.state == "accepted":
        return True
    if handover.provider is None:
        return handover.state == "delivered"
    state = plan.items[plan.index(handover.provider)].state
    # Who waits for a start has what he waits for once it has started.
    return state == DONE or (handover.type in ("SS", "SF") and state == STARTED)


def _reads_morning(handover: Handover, plan: Dated) -> bool:
    """Whether it is a start that is handed over; a point has only an evening."""
    if handover.type not in ("SS", "SF") or handover.provider is None:
        return False
    item = plan.index(handover.provider)
    return plan.early[item].start == plan.nodes[item].first_day


def _reached(handover: Handover, plan: Dated, because: Because | None) -> _At | None:
    if handover.provider is None:
        return None
    item, calendar, lag = plan.index(handover.provider), handover.calendar, handover.lag
    reads_start = handover.type in ("SS", "SF")
    boundary = plan.early[item].start if reads_start else plan.early[item].finish
    if boundary == UNKNOWN:
        return None
    if not _reads_morning(handover, plan):
        node = plan.nodes[item]
        shown = node.first_day if reads_start else node.last_day
        evening = calendar.later(boundary, lag)
        return _At(evening, calendar.last_day(evening) if lag else shown)
    number = calendar.count(boundary) + lag
    if handover.type == "SF" and because == "consumer due":
        return _At(calendar.opening(number), calendar.last_day(calendar.opening(number)))
    return _At(calendar.closing(number + 1), calendar.opening(number))


def _needed(handover: Handover, plan: Dated) -> tuple[_At | None, Because | None]:
    if handover.need_by is not None:
        return _At(handover.need_by.toordinal() + 1, handover.need_by.toordinal()), "stated"
    if handover.consumer is None:
        return None, None
    item, calendar = plan.index(handover.consumer), handover.calendar
    start, due, work = plan.items[item].planned_start, plan.items[item].planned_due, plan.items[item].work
    before_start = handover.type in ("FS", "SS") and plan.items[item].state < STARTED
    if before_start and start != UNKNOWN:
        return _by_start(handover, plan, start), "consumer start"
    if due == UNKNOWN:
        return None, None
    if before_start and work > 0:
        return _by_start(handover, plan, calendar.opening(calendar.count(due) - work)), "consumer due"
    return _At(due, due - 1), "consumer due"


def _by_start(handover: Handover, plan: Dated, start: int) -> _At:
    """In time for a start: on the evening before; a start that is waited for, on that day."""
    calendar = handover.calendar
    if _reads_morning(handover, plan):
        number = calendar.count(start)
        return _At(calendar.closing(number + 1), calendar.opening(number))
    return _At(start, calendar.last_day(start))
