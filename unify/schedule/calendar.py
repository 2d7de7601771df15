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

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# Within these years every day is looked up; before and after only weekends count. Nobody has published the
# holidays of later years, and tools hold dates like 2999-12-31 that mean "never".
FIRST: Final = date(1990, 1, 1).toordinal()
LAST: Final = date(2061, 1, 1).toordinal()


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
        self._week = worked
        self._worked_before = [sum(day < number for day in worked) for number in range(7)]
        off = set(days_off)
        self._days = [day for day in range(FIRST, LAST) if (day - 1) % 7 in worked and day not in off]
        self._before = _running_count(self._days)

    @classmethod
    def of(cls, settings: CalendarSettings | None) -> Calendar:
        """The calendar of these settings; Monday to Friday without holidays for None."""
        return _calendar(settings or CalendarSettings())

    def count(self, boundary: int) -> int:
        """How many working days lie between 1990-01-01 and the boundary; negative before that day."""
        if FIRST <= boundary <= LAST:
            return self._before[boundary - FIRST]
        if boundary < FIRST:
            return self._by_weeks(boundary) - self._by_weeks(FIRST)
        return len(self._days) + self._by_weeks(boundary) - self._by_weeks(LAST)

    def opening(self, number: int) -> int:
        """The boundary at which working day `number` starts."""
        if 0 <= number < len(self._days):
            return self._days[number]
        nth = number + self._by_weeks(FIRST)
        if number >= 0:
            nth = number - len(self._days) + self._by_weeks(LAST)
        weeks, rest = divmod(nth, len(self._week))
        return 1 + 7 * weeks + self._week[rest]

    def closing(self, number: int) -> int:
        """The boundary by which `number` working days have passed, as early as that is so."""
        return self.opening(number - 1) + 1

    def works_on(self, day: date) -> bool:
        """Whether the day is a working day."""
        return self.count(day.toordinal() + 1) > self.count(day.toordinal())

    def last_day(self, boundary: int) -> int:
        """The last working day that is over at the boundary."""
        return self.opening(self.count(boundary) - 1)

    def later(self, boundary: int, lag: int) -> int:
        """The boundary `lag` working days later, on a boundary of a working day: the early pass of a link.

        Lag 0 on a boundary inside a weekend rolls forward to its end. A positive lag ends with its last
        working day, a negative one begins with its first.
        """
        if lag > 0:
            return self.closing(self.count(boundary) + lag)
        if lag < 0:
            return self.opening(self.count(boundary) + lag)
        passed = self.count(boundary)
        return boundary if self.closing(passed) == boundary else self.opening(passed)

    def latest_before(self, ceiling: int, lag: int) -> int:
        """The latest boundary b with `later(b, lag) <= ceiling`: the late pass of a link."""
        if lag > 0:
            return self.opening(self.count(ceiling) - lag)
        if lag < 0:
            return self.opening(self.count(ceiling + 1) - 1 - lag)
        passed = self.count(ceiling)
        return ceiling if self.opening(passed) == ceiling else self.closing(passed)

    def _by_weeks(self, boundary: int) -> int:
        # Ordinal 1, the first of January of year 1, is a Monday.
        weeks, rest = divmod(boundary - 1, 7)
        return weeks * len(self._week) + self._worked_before[rest]


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
