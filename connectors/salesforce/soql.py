"""SOQL in its literals: values are quoted here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


def text(value: str) -> str:
    """A text literal. Backslash and quote are the only marks that end it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def listed(values: Iterable[str]) -> str:
    return f"({','.join(text(value) for value in values)})"


def moment(stamp: str, earlier: timedelta = timedelta()) -> str:
    """A stamp as replies show it (`2026-01-05T09:00:00.000+0000`) as a literal, moved back by `earlier`."""
    at = datetime.fromisoformat(stamp).astimezone(UTC) - earlier
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def stamp(at: datetime) -> str:
    """A moment in the form of replies."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def select(fields: Sequence[str], kind: str, *conditions: str, order: str = "") -> str:
    """A query; each condition is put into brackets, as SOQL takes no AND beside an OR."""
    stated = [f"({condition})" for condition in conditions if condition]
    where = f" WHERE {' AND '.join(stated)}" if stated else ""
    return f"SELECT {', '.join(fields)} FROM {kind}{where}{f' ORDER BY {order}' if order else ''}"


def chunks(keys: Sequence[T], most: int) -> Iterable[Sequence[T]]:
    for start in range(0, len(keys), most):
        yield keys[start : start + most]
