"""10,000 draws on 2,000 items (DESIGN asks for under 2 s), beside the bound: what the random numbers alone cost.

    python bench/risk.py [items] [draws]

Three departments, three links per item, stretches from 200 made observations each. The bound fills the same array with
numpy's own normals and sorts each row, which any forecast by draws must do. Prints medians of interleaved rounds: these
machines are noisy, so read the ratio.
"""

from __future__ import annotations

import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np

from unify.risk import History, forecast, lay_out
from unify.risk.history import Backtest
from unify.schedule import Calendar, CalendarSettings

TODAY = date(2026, 3, 2)
ROUNDS = 5
CALENDARS = {
    "it": Calendar.of(CalendarSettings(country="GB", subdivision="ENG")),
    "marketing": Calendar.of(None),
    "finance": Calendar.of(None),
}


def company(items: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Things and links as the views `plan_node` and `plan_link` have them."""
    chance = random.Random(7)
    blank = dict.fromkeys(
        ("parent_id", "actual_start", "finish_date", "remaining_days", "progress", "initiative_id")
    )
    things = []
    for number in range(items):
        start = TODAY + timedelta(days=chance.randrange(0, 200))
        days = chance.randrange(1, 20)
        things.append({
            **blank, "node_id": f"n{number:06}", "department_id": chance.choice(list(CALENDARS)),
            "status": "not started", "start_date": start, "due_date": start + timedelta(days=days),
            "estimate_days": float(days), "uncertain": False, "initiative_id": f"initiative {number % 20}",
        })  # fmt: skip
    links = []
    for number in range(1, items):
        for _ in range(3):
            before = chance.randrange(max(0, number - 60), number)
            links.append({"predecessor_id": f"n{before:06}", "successor_id": f"n{number:06}",
                          "type": chance.choice(("FS", "FS", "FS", "SS", "FF")), "lag_days": 0})  # fmt: skip
    return things, links


def histories() -> dict[str, History]:
    chance = np.random.default_rng(7)
    found = {}
    for key in CALENDARS:
        stretch = np.sort(np.maximum(0.6, chance.lognormal(0.1, 0.4, 200)))
        found[key] = History(200, 200, stretch, np.ones(200), Backtest(0, {}))
    return found


def bound(items: int, draws: int) -> None:
    """Random numbers and quantiles alone."""
    chance = np.random.Generator(np.random.SFC64(1))
    places = [draws // 2 - 1, draws * 8 // 10 - 1, draws * 95 // 100 - 1]
    for _ in range(items):
        np.partition((chance.standard_normal(draws, dtype=np.float32) * 256).astype(np.int16), places)


def main() -> None:
    items = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    draws = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    things, links = company(items)
    known = histories()
    laid = lay_out(things, links, CALENDARS, TODAY)
    works: dict[str, Callable[[], object]] = {
        "laid out": lambda: lay_out(things, links, CALENDARS, TODAY),
        "draws, quantiles, criticality": lambda: forecast(laid, known, draws, 1, 0.3),
        "bound: normals and quantiles": lambda: bound(items, draws),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    busy: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            began, spent = time.perf_counter(), time.process_time()
            work()
            taken[name].append(time.perf_counter() - began)
            busy[name].append(time.process_time() - spent)
    print(f"{items:,} items, {len(links):,} links, {draws:,} draws")
    for name, times in taken.items():
        cpu = statistics.median(busy[name])
        print(f"{name:<32} {statistics.median(times):7.2f} s   (best {min(times):.2f}, processor {cpu:.2f})")
    ratio = statistics.median(busy["draws, quantiles, criticality"]) / statistics.median(
        busy["bound: normals and quantiles"]
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"ratio to the bound, of processor time {ratio:.2f}; peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
