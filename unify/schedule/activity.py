"""What is planned: activities and the links between them, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Status = Literal["not started", "in progress", "done", "dropped"]
LinkType = Literal["FS", "SS", "FF", "SF"]


@dataclass(frozen=True, slots=True)
class Activity:
    """One thing with dates; all dates are inclusive days, as people write them."""

    id: str
    status: Status = "not started"
    start: date | None = None
    """As planned."""
    due: date | None = None
    """As planned."""
    actual_start: date | None = None
    actual_finish: date | None = None
    estimate: float | None = None
    """Working days of the whole."""
    remaining: float | None = None
    """Working days left, where the tool itself says so."""
    progress: float | None = None
    """0 to 1."""
    deadline: date | None = None
    baseline: date | None = None
    """The finish first committed to."""
    due_is_deadline: bool = False
    """A milestone: others rely on its due date. A parent's due date always is one."""
    calendar: str | None = None
    """Its name in the mapping of calendars; Monday to Friday where it is not there."""
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """The successor waits for the predecessor."""

    predecessor: str
    successor: str
    type: LinkType = "FS"
    lag: int = 0
    """Working days on the successor's calendar; negative: a lead."""
    need_by: date | None = None
    """The day by which the successor's side said that it needs this."""
