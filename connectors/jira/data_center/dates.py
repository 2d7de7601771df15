"""Moments as JQL takes them.

A bare number is milliseconds since 1970 in every time zone: Jira's own query parser has read it so since 4.0
(`JqlDateSupport.convertToDate(Long)`; its validator: "we are ok with longValues"), though the manual of fields
names only "yyyy/MM/dd HH:mm" and the like, which mean the account's time zone. The number is asked first. A
site that refuses it is asked in minutes of the account's zone instead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FURTHEST = timedelta(hours=14)
"""No place is further ahead of UTC: where the account's zone is not known here, this is early enough for all."""


class Dates:
    """How this site is told a moment. `in_minutes` once it has refused the number."""

    def __init__(self, zone: str | None) -> None:
        self.in_minutes = False
        self._zone = _known(zone)

    @property
    def knows_zone(self) -> bool:
        return self._zone is not None

    def at_latest(self, epoch_ms: int) -> str:
        """A literal for this moment, or for one before it where it cannot be said exactly."""
        if not self.in_minutes:
            return str(epoch_ms)
        moment = datetime.fromtimestamp(epoch_ms / 1000, UTC)
        if self._zone is None:
            return _minute(moment - FURTHEST)
        local = moment.astimezone(self._zone)
        while _twice(local):
            # When clocks go back an hour, a wall time comes twice, and nobody promises which one is meant.
            moment -= timedelta(hours=1)
            local = moment.astimezone(self._zone)
        return _minute(local)

    def exactly(self, epoch_ms: int) -> tuple[int, str] | None:
        """The second (or minute) in which the moment lies, as epoch ms and as a literal.

        None where its literal could be read as another one.
        """
        if not self.in_minutes:
            second = epoch_ms // 1000 * 1000  # as fine as Jira's index is
            return second, str(second)
        minute = epoch_ms // 60_000 * 60_000
        if self._zone is None:
            return None
        local = datetime.fromtimestamp(minute / 1000, UTC).astimezone(self._zone)
        return None if _twice(local) else (minute, _minute(local))


def _known(zone: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def _twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _minute(moment: datetime) -> str:
    return f'"{moment:%Y/%m/%d %H:%M}"'
