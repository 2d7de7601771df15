"""Days as people write them in an answer."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"(?:{'|'.join(_MONTHS)})[a-z]*\.?"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[.,]*\s+)?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_WORDED = rf"{_DAY}[ -]{_MONTH}(?:[ -]\d{{4}})?|{_MONTH} {_DAY}(?:,? \d{{4}})?"
_FIGURES = r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})(?!\d)|\d{1,2}/\d{1,2}/\d{4}"

DATE: Final = rf"(?P<date>{_WEEKDAY}(?:{_WORDED}|{_FIGURES})|\S+)"
"""What stands where a date should, whether it is one or not; case does not count."""

_YEAR_FIRST = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTS = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_SLASHES = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_DAY_FIRST = re.compile(rf"(\d{{1,2}})(?:st|nd|rd|th)?[ -]({_MONTH})[ -](\d{{4}})", re.IGNORECASE)
_MONTH_FIRST = re.compile(rf"({_MONTH}) (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.IGNORECASE)
_BEFORE = re.compile("^" + _WEEKDAY, re.IGNORECASE)


class NoDate(ValueError):
    """The text is no date, or two of them; the message says which."""


def read_date(text: str) -> date:
    """A day where it can be read one way only: 2026-05-01, 1.5.26, 20/04/2026, Fri 1 May 2026, May 1st, 2026.

    A weekday before it is not looked at. Raises NoDate, and does so for 03/04/2026: some read April there, some March.
    """
    try:
        readings = _readings(_BEFORE.sub("", text, count=1))
    except ValueError:
        readings = set()
    if len(readings) > 1:
        one, other = (f"{day.day} {day:%B}" for day in sorted(readings))
        raise NoDate(f"'{text}' may be {one} or {other}; write it as {min(readings)}")
    if not readings:
        raise NoDate(f"'{text}' is no date; write it as 2026-05-01")
    return readings.pop()


def _readings(text: str) -> set[date]:
    if match := _YEAR_FIRST.fullmatch(text):
        return {date(int(match[1]), int(match[2]), int(match[3]))}
    if match := _DOTS.fullmatch(text):
        year = int(match[3])
        return {date(year if year > 99 else 2000 + year, int(match[2]), int(match[1]))}
    if match := _SLASHES.fullmatch(text):
        both = [(int(match[1]), int(match[2])), (int(match[2]), int(match[1]))]
        return {date(int(match[3]), month, day) for day, month in both if month <= 12}
    if match := _DAY_FIRST.fullmatch(text):
        return {date(int(match[3]), _month(match[2]), int(match[1]))}
    if match := _MONTH_FIRST.fullmatch(text):
        return {date(int(match[3]), _month(match[1]), int(match[2]))}
    return set()


def _month(word: str) -> int:
    return _MONTHS.index(word[:3].lower()) + 1
