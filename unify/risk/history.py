"""How far each department's promises came true, and how well that would have foretold what followed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
from numpy.typing import NDArray

HISTORY = (Path(__file__).parent / "history.sql").read_text(encoding="utf-8")

LEVELS: Final = (0.5, 0.8, 0.95)
ENOUGH: Final = 10
"""Things with a promise that came out, below which a department has too little history: of fewer, the 80 per cent
quantile is the second worst of them, or the worst."""
MOST_TESTS: Final = 500
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Backtest:
    """Of the promises of things that are done, each forecast from what was known on its own day: how many could be
    tested, and the share that came by its 50, 80 and 95 per cent date."""

    tested: int
    held: Mapping[float, float]


@dataclass(frozen=True)
class History:
    """One department's observations. `stretch` is sorted: 1.5 took half as long again as was said; each thing weighs
    the same however often it was re-dated."""

    items: int
    promises: int
    stretch: Floats
    weight: Floats
    backtest: Backtest

    @property
    def is_enough(self) -> bool:
        return self.items >= ENOUGH

    def quantile(self, levels: Floats) -> Floats:
        """The smallest stretch by which at least that share of the promises came out."""
        return _quantile(self.stretch, self.weight, levels)


def histories(db: duckdb.DuckDBPyConnection) -> dict[str, History]:
    """The history of each department that has one, from the documented views `promise`, `work_item`, `plan_node`."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for department, *row in db.execute(HISTORY).fetchall():
        found.setdefault(department, []).append(tuple(row))
    return {department: _history(rows) for department, rows in found.items()}


def _history(rows: list[tuple[Any, ...]]) -> History:
    items, promised, known, done, stretch, weight = zip(*rows, strict=True)
    x, w = np.array(stretch, float), np.array(weight, float)
    numbers = {item: number for number, item in enumerate(dict.fromkeys(items))}
    return History(
        len(numbers),
        len(rows),
        x,
        w,
        _backtest(
            np.array([numbers[item] for item in items]),
            np.array([day.toordinal() for day in promised]),
            np.array([day.toordinal() for day in known]),
            np.array(done),
            x,
            w,
        ),
    )


def _backtest(
    item: NDArray[Any], promised: NDArray[Any], known: NDArray[Any], done: NDArray[Any], x: Floats, w: Floats
) -> Backtest:
    """Forecast each promise of a done thing from the observations that were known before its day; the newest first."""
    held: list[NDArray[np.bool_]] = []
    for one in np.argsort(-promised, kind="stable"):
        before = known < promised[one]
        if not done[one] or len(np.unique(item[before])) < ENOUGH:
            continue
        held.append(x[one] <= _quantile(x[before], w[before], np.array(LEVELS)) + 1e-9)
        if len(held) == MOST_TESTS:
            break
    shares = np.mean(held, axis=0) if held else np.full(len(LEVELS), np.nan)
    return Backtest(len(held), {level: float(share) for level, share in zip(LEVELS, shares, strict=True)})


def _quantile(x: Floats, w: Floats, levels: Floats) -> Floats:
    passed = np.cumsum(w)
    place = np.searchsorted(passed, levels * passed[-1] - 1e-9)
    return np.asarray(x[np.minimum(place, len(x) - 1)], dtype=np.float64)
