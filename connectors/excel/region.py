"""Which columns of a sheet are a table's own where several of its tables are trackers: for the hub's columns.

Two tables side by side share rows, and their hub columns share headers. So those of a table stand in it, or between
it and the next of these tables at its right; only the leftmost one has the columns at the left of all, too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol


class Area(Protocol):
    """Rows and columns count from 1, the last ones included."""

    @property
    def top(self) -> int: ...

    @property
    def left(self) -> int: ...

    @property
    def bottom(self) -> int: ...

    @property
    def right(self) -> int: ...


def own_columns(area: Area, others: Iterable[Area], last_column: int) -> tuple[int, int]:
    """The first and last column in which the hub's columns of the table `area` may stand."""
    beside = [other for other in others if other.top <= area.bottom and area.top <= other.bottom]
    first = area.left if any(other.right < area.left for other in beside) else 1
    last = min((other.left - 1 for other in beside if other.left > area.right), default=last_column)
    return first, last
