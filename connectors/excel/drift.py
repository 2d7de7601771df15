"""A column that is missing: which of those that are there it may have become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connectors._readings.headers import Alternatives, folded, positions, shown
from connectors.contract import Drifted, Reading
from connectors.excel.guess import Fit, fit, held

LIKELY = 0.5
"""Below, no header is named as the likely one."""
LOOKED_AT = 500

Cells = Sequence[str | None]


def proposed(
    error: Drifted, below: Sequence[Cells], cells: Cells, wanted: Alternatives, reads: Mapping[str, Reading]
) -> Drifted:
    """The error with the likely new mapping in its advice: a line for `columns` each, with the reason."""
    lines = [
        f'`{name}: "{header}"` ({found.reason})'
        for name, (header, found) in candidates(below, cells, wanted, reads).items()
    ]
    if not lines:
        return error
    return Drifted(error.place, error.problem, f"{error.advice}. Likely is {' and '.join(lines)}")


def candidates(
    below: Sequence[Cells], cells: Cells, wanted: Alternatives, reads: Mapping[str, Reading]
) -> dict[str, tuple[str, Fit]]:
    """Missing name → the header that it may stand under now, where one fits better than all others."""
    found = positions(cells, wanted)
    free = [at for at, cell in enumerate(cells, 1) if folded(cell) and at not in found.values()]
    rows = [row for row in below[:LOOKED_AT] if any(row)]
    values = {at: held([row[at - 1] if at <= len(row) else None for row in rows]) for at in free}
    fits = {
        (name, at): fit(name, reads[name], shown(cells[at - 1]), values[at], headers)
        for name, headers in wanted.items()
        if name not in found
        for at in free
    }
    likely: dict[str, tuple[str, Fit]] = {}
    for (name, at), one in sorted(fits.items(), key=lambda item: -item[1].confidence):
        rivals = [f.confidence for (n, a), f in fits.items() if (n == name) != (a == at)]
        if one.confidence >= LIKELY and name not in likely and one.confidence > max(rivals, default=0):
            likely[name] = (shown(cells[at - 1]), one)
    return {name: likely[name] for name in wanted if name in likely}
