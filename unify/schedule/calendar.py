"""Working days: which days a department works, and how to count them.

A day is its proleptic ordinal (`date.toordinal`), and a *boundary* is the midnight before the day of the same
number. An item that works Monday and Tuesday occupies [Monday, Wednesday). A calendar numbers its working
days and answers in both directions: how many lie before a boundary, and where the n-th starts and ends.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from unify.schedule import workdays
from unify.schedule.workdays import FIRST, LAST, SPAN, Calendars

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Closure(BaseModel):
    """Days on which a department is closed besides weekends and public holidays, both ends included."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    from_: date = Field(alias="from", description="the first day closed")
    to: date = Field(description="the last day closed")

    @model_validator(mode="after")
    def _runs_forwards(self) -> Closure:
        if self.to < self.from_:
            raise ValueError(f"the closure ends on {self.to}, before it begins on {self.from_}")
        return self


class CalendarSettings(BaseModel):
    """The working days of a department; Monday to Friday without holidays where nothing is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    country: str | None = Field(None, description="ISO code (GB): its public holidays are not worked")
    subdivision: str | None = Field(None, description="the part of the country (ENG), where holidays differ")
    weekend: tuple[Weekday, ...] = Field(("sat", "sun"), description="days of the week that are not worked")
    closures: tuple[Closure, ...] = Field((), description="own days off, such as the days between the years")

    @field_validator("weekend")
    @classmethod
    def _leaves_days_to_work(cls, weekend: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
        if set(weekend) == set(WEEK):
            raise ValueError("a weekend of all seven days leaves none to work on")
        return tuple(sorted(set(weekend), key=WEEK.index))

    @model_validator(mode="after")
    def _names_a_place_with_known_holidays(self) -> CalendarSettings:
        if self.country is None:
            if self.subdivision is not None:
                raise ValueError(f"subdivision {self.subdivision} stands without a country")
            return self
        import holidays  # only companies that name a country pay for the import

        countries = holidays.list_supported_countries()
        if self.country not in countries:
            raise ValueError(
                f"no holidays are known for country {self.country}; give its ISO 3166 code, such as GB or DE"
            )
        if self.subdivision is not None and self.subdivision not in _subdivisions(self.country):
            known = ", ".join(countries[self.country]) or "none"
            raise ValueError(f"{self.country} has no subdivision {self.subdivision}; it has: {known}")
        return self


class Calendar:
    """Counts working days. Made once per settings by `Calendar.of`; two of the same settings are one object.

    `count` and `opening` are inverse to each other: `count(opening(n)) == n`, and `count(b) <= n` exactly
    when `b <= opening(n)`. Working day 0 is the first one from 1990-01-01 on; earlier ones are negative.
    """

    def __init__(self, weekend: Sequence[Weekday] = ("sat", "sun"), days_off: Sequence[int] = ()) -> None:
        """`days_off`: ordinals of days that are not worked, besides the weekend."""
        worked = [number for number, name in enumerate(WEEK) if name not in weekend]
        if not worked:
            raise ValueError("a calendar needs at least one working day in the week")
        off = set(days_off)
        days = [day for day in range(FIRST, LAST) if (day - 1) % 7 in worked and day not in off]
        self.tables = Calendars(
            before=_running_count(days),
            day=days + [0] * (SPAN - len(days)),
            days=[len(days)],
            weekday=worked + [0] * (7 - len(worked)),
            weekdays_before=[sum(day < number for day in worked) for number in range(7)],
            per_week=[len(worked)],
        )

    @classmethod
    def of(cls, settings: CalendarSettings | None) -> Calendar:
        """The calendar of these settings; Monday to Friday without holidays for None."""
        return _calendar(settings or CalendarSettings())

    def count(self, boundary: int) -> int:
        """How many working days lie between 1990-01-01 and the boundary; negative before that day."""
        return workdays.count(self.tables, 0, boundary)

    def opening(self, number: int) -> int:
        """The boundary at which working day `number` starts."""
        return workdays.opening(self.tables, 0, number)

    def closing(self, number: int) -> int:
        """The boundary by which `number` working days have passed, as early as that is so."""
        return workdays.closing(self.tables, 0, number)

    def works_on(self, day: date) -> bool:
        """Whether the day is a working day."""
        return self.count(day.toordinal() + 1) > self.count(day.toordinal())

    def last_day(self, boundary: int) -> int:
        """The last working day that is over at the boundary."""
        return workdays.last_day(self.tables, 0, boundary)

    def later(self, boundary: int, lag: int) -> int:
        """The boundary `lag` working days later: see `workdays.later`."""
        return workdays.later(self.tables, 0, boundary, lag)

    def latest_before(self, ceiling: int, lag: int) -> int:
        """The latest boundary b with `later(b, lag) <= ceiling`."""
        return workdays.latest_before(self.tables, 0, ceiling, lag)


def side_by_side(calendars: Sequence[Calendar]) -> Calendars:
    """The tables of several calendars as one; the n-th of them is calendar n."""
    if len(calendars) == 1:
        return calendars[0].tables
    columns: list[list[int]] = [[] for _ in Calendars._fields]
    for one in calendars:
        for column, part in zip(columns, one.tables, strict=True):
            column.extend(part)
    return Calendars(*columns)


def _running_count(days: Sequence[int]) -> list[int]:
    """For each boundary from FIRST to LAST, how many of the days lie before it."""
    before: list[int] = []
    for number, day in enumerate(days):
        before.extend([number] * (day + 1 - FIRST - len(before)))
    before.extend([len(days)] * (LAST + 1 - FIRST - len(before)))
    return before


@lru_cache(maxsize=256)
def _calendar(settings: CalendarSettings) -> Calendar:
    days_off = [
        day
        for closure in settings.closures
        for day in range(max(closure.from_.toordinal(), FIRST), min(closure.to.toordinal() + 1, LAST))
    ]
    if settings.country:
        days_off.extend(_public_holidays(settings.country, settings.subdivision))
    return Calendar(settings.weekend, days_off)


def _public_holidays(country: str, subdivision: str | None) -> list[int]:
    import holidays

    years = range(date.fromordinal(FIRST).year, date.fromordinal(LAST).year)
    with warnings.catch_warnings():
        # Some countries' holidays follow the moon and are published for some years only.
        warnings.simplefilter("ignore")
        found: Any = holidays.country_holidays(country, subdiv=subdivision, years=years)
    return [day.toordinal() for day in found]


def _subdivisions(country: str) -> set[str]:
    """Codes of a country's parts, and the names that `holidays` takes for them."""
    import holidays

    entity: Any = holidays.country_holidays(country)
    return {*entity.subdivisions, *entity.subdivisions_aliases}
