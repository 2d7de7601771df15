"""What a sync of two departments' trackers costs, stage by stage, at growing sizes: the first, and one a day later.

    python bench/first_sync.py [ITEMS ...]

Each tracker holds half of the items; a third of them wait for the other department, a third for their own. Prints
seconds per stage and microseconds per item: where the latter grows with the size, something is not linear.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook

from flows import job
from flows.context import Run
from flows.settings import load

HEADERS = ["Ref", "Activity", "Who", "Start", "Due", "Status", "Days", "Needs from others", "Needed by"]
COLUMNS = "{id: Ref, title: Activity, owner: Who, start: Start, due: Due, status: Status, estimate: Days, \
depends_on: Needs from others, need_by: Needed by}"
CONFIGURATION = f"""
company: Large
timezone: Europe/London
currency: GBP
fiscal_year: {{starts: 4, label: end}}
warehouse: data/interlock.duckdb
departments: {{it: {{name: IT}}, marketing: {{name: Marketing}}}}
sources:
  it: {{kind: excel, department: it, path: IT.xlsx, columns: {COLUMNS}}}
  marketing: {{kind: excel, department: marketing, path: MK.xlsx, columns: {COLUMNS}}}
"""
DAY = date(2026, 3, 2)
STAGES: dict[str, Callable[[Run], object]] = {
    "pull": job.pull,
    "unify": job.unify,
    "plan": job.plan,
    "detect": lambda run: job.settle_breaks(run, job.detect(run)),
    "publish": job.publish,
}


def write_tracker(folder: Path, own: str, other: str, items: int) -> None:
    chance = random.Random(own)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Plan")
    sheet.append(HEADERS)
    for number in range(items):
        start = date(2026, 1, 5) + timedelta(days=chance.randrange(300))
        due = start + timedelta(days=chance.randrange(1, 40))
        waits = [f"{other}-{chance.randrange(items)}", f"{own}-{chance.randrange(number or 1)}", None][
            number % 3
        ]
        status = chance.choice(["Not started", "In progress", "Done"])
        sheet.append([f"{own}-{number}", f"Task {number} of {own}", f"p{number % 200}@x.example", start, due, status,
                      chance.randrange(1, 20), waits, start - timedelta(days=3) if waits else None])  # fmt: skip
    book.save(folder / f"{own}.xlsx")


def measure(items: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_tracker(folder, "IT", "MK", items // 2)
        write_tracker(folder, "MK", "IT", items // 2)
        (folder / "interlock.yaml").write_text(CONFIGURATION, encoding="utf-8")
        settings = load(folder / "interlock.yaml", {})
        for day in (DAY, DAY + timedelta(days=1)):
            with job.opened(settings, "sync", day) as run:
                told = []
                for stage, work in STAGES.items():
                    began = time.perf_counter()
                    work(run)
                    seconds = time.perf_counter() - began
                    told.append(f"{stage} {seconds:6.2f} s {seconds / items * 1e6:6.0f} us")
            print(f"{items:8,} items, {day}: " + "   ".join(told), flush=True)


if __name__ == "__main__":
    for size in sys.argv[1:] or ["2000", "8000", "32000"]:
        measure(int(size))
