"""Finds a tracker's header: one row, or two of which the upper groups the columns of the lower."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from connectors._readings.grid import Grid
from connectors._readings.headers import Alternatives, folded, positions, shown

IDENTIFYING = ("id", "title")
DEEPEST = 200
"""Where the second row of a header may stand at most; one row of all columns may stand anywhere."""

_UNIT = re.compile(r"\(.*\)|\[.*\]")
_BETWEEN = re.compile(r"\s*[/:›>|–-]\s+|\s+[/›>|]\s*")

Cells = Sequence[str | None]


def find_header(grid: Grid, wanted: Alternatives) -> tuple[int, Cells] | None:
    """The number and the cells of the header row; of a header of two rows, the lower and both rows' words.

    The first row that holds every wanted column, else two rows that do, else the first that holds the columns
    by which an item is known. None where there is none.
    """
    known = {name: wanted[name] for name in IDENTIFYING if name in wanted}
    partial: tuple[int, Cells] | None = None
    for number, cells in enumerate(grid.rows, start=1):
        if len(positions(cells, known)) == len(known):
            if _holds_once(cells, wanted):
                return number, cells
            partial = partial or (number, cells)
    for number in range(2, min(len(grid.rows), DEEPEST) + 1):
        both = two_rows(grid, number, wanted)
        if len(positions(both, known)) == len(known):
            if _holds_once(both, wanted):
                return number, both
            if partial is None or _groups(grid, number - 1):
                partial = (number, both)
    return partial


def two_rows(grid: Grid, number: int, wanted: Alternatives) -> Cells:
    """The words of a header of two rows, of which `number` is the lower.

    A column is called by its lower word; where that is blank by its upper one, and so where `columns` asks for that
    one, above this column alone; where the lower word stands twice or is but a unit, or where `columns` asks for it
    so, by both: `Planned Start`, `Effort (days)`.
    """
    upper, lower = _spread(grid, number - 1), grid.rows[number - 1]
    width = max(len(upper), len(lower))
    above, below = _padded(upper, width), _padded(lower, width)
    often = Counter(folded(cell) for cell in below if folded(cell))
    alone = Counter(folded(cell) for cell in above)
    asked = {_joined(header) for headers in wanted.values() for header in headers}
    cells: list[str | None] = []
    for high, low in zip(above, below, strict=True):
        group, word = shown(high), shown(low)
        both = f"{group} {word}"
        if not folded(low) or not folded(high) or folded(high) == folded(low):
            cells.append(low if folded(low) else high)
        elif _joined(both) in asked:
            cells.append(_as_asked(both, wanted))
        elif _joined(word) in asked and often[folded(low)] == 1:
            cells.append(word)
        elif _joined(group) in asked and alone[folded(group)] == 1:
            cells.append(group)
        else:
            cells.append(both if often[folded(low)] > 1 or _UNIT.fullmatch(word) else low)
    return cells


def _holds_once(cells: Cells, wanted: Alternatives) -> bool:
    """Whether every wanted column is there, and none of them twice."""
    found = positions(cells, wanted)
    texts = Counter(folded(cell) for cell in cells)
    return len(found) == len(wanted) and all(texts[folded(cells[at - 1])] == 1 for at in found.values())


def _groups(grid: Grid, number: int) -> bool:
    """Whether cells of a row are merged over several columns, as groups of columns are headed."""
    return any(area.top <= number <= area.bottom and area.left < area.right for area in grid.merged)


def _spread(grid: Grid, number: int) -> Cells:
    """A row of the grid, its horizontally merged cells filled to their right."""
    cells = list(grid.rows[number - 1])
    for area in grid.merged:
        if area.top <= number <= area.bottom:
            for position in range(area.left + 1, min(area.right, len(cells)) + 1):
                cells[position - 1] = cells[area.left - 1]
    return cells


def _padded(cells: Cells, width: int) -> list[str | None]:
    return [*cells, *[None] * (width - len(cells))]


def _joined(header: str) -> str:
    """Headers of two words are compared without what people put between them: `Planned / Start`."""
    return folded(_BETWEEN.sub(" ", header))


def _as_asked(both: str, wanted: Alternatives) -> str:
    every = (header for headers in wanted.values() for header in headers)
    return next(header for header in every if _joined(header) == _joined(both))
