"""What a small warehouse pays per statement and per snapshot, with each setting of `open_database` on and off.

    python bench/small_statements.py

Prints medians and their ratio; these machines are noisy, so read the ratio.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from flows import demo
from warehouse import database, publish
from warehouse.database import open_database

ROUNDS = 15


def median(work: Callable[[], object]) -> float:
    """Milliseconds."""
    work()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


def tell(what: str, ours: float, without: float) -> None:
    print(f"{what:<58} {ours:8.2f} ms   without {without:8.2f} ms   ratio {ours / without:.2f}")


def bound_values(db: duckdb.DuckDBPyConnection) -> None:
    for number in range(50):
        db.execute("SELECT ?::INTEGER + ?::INTEGER", [number, number]).fetchall()


def snapshot(db: duckdb.DuckDBPyConnection) -> None:
    with tempfile.TemporaryDirectory() as folder:
        publish.publish(db, Path(folder), 1)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        played = demo.run_year(Path(folder) / "week", last_week=1)
        compare(open_database(played.settings.warehouse))


def compare(db: duckdb.DuckDBPyConnection) -> None:
    ours = median(lambda: bound_values(db))
    blocked = sys.modules.pop("pandas", None)
    tell("50 statements with 2 values each, pandas ruled out", ours, median(lambda: bound_values(db)))
    sys.modules["pandas"] = blocked  # type: ignore[assignment]
    ours = median(lambda: snapshot(db))
    rows_worth_both, database.ROWS_WORTH_BOTH = database.ROWS_WORTH_BOTH, 0
    tell("a snapshot of all views, small blocks", ours, median(lambda: snapshot(db)))
    database.ROWS_WORTH_BOTH = rows_worth_both
    db.execute("SET force_compression = 'auto'")
    tell("a snapshot of all views, uncompressed", ours, median(lambda: snapshot(db)))
    db.execute("SET force_compression = 'uncompressed'")
    db.execute("SET threads = 2")
    tell("a snapshot of all views, one thread", ours, median(lambda: snapshot(db)))


if __name__ == "__main__":
    main()
