"""20 PSPLIB networks as teams would keep them: in tracker workbooks, pulled, unified and planned by a sync."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.flows.conftest import TRACKER, Company
from tests.psplib import Instance, instances

pytestmark = pytest.mark.slow

FRIDAY, MONDAY = date(2026, 2, 27), date(2026, 3, 2)
EVERY_48TH = 48  # 20 of 960, of both sizes and of all densities


def keep(folder: Path, network: Instance) -> None:
    """A workbook of the network: its first job is a point on Friday, the others start when what they need is there."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Plan"
    sheet.append(list(TRACKER.values()))
    for job, days in network.durations.items():
        row = {"id": f"{network.name}-{job}", "title": f"Job {job}", "estimate": days}
        if job == 1:
            row["due"] = FRIDAY
        before = [f"{network.name}-{first}" for first, then in network.links if then == job]
        row["depends_on"] = "; ".join(before) or None
        sheet.append([row.get(hub) for hub in TRACKER])
    book.save(folder / f"{network.name}.xlsx")


def working_days(first: date, last: date) -> int:
    """Mondays to Fridays from one day to another, both included."""
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return sum(day.weekday() < 5 for day in days)


def test_each_project_takes_the_days_that_its_file_states(company: Company, material: Path) -> None:
    folder = company.folder / "trackers"
    folder.mkdir()
    networks = instances(material)[::EVERY_48TH]
    for network in networks:
        keep(folder, network)
    company.settings["sources"]["plans"] = {
        "kind": "excel", "department": "it", "path": "trackers/*.xlsx", "sheet": "Plan", "columns": TRACKER,
    }  # fmt: skip
    company.sync(FRIDAY)
    found = {
        row["name"]: (working_days(MONDAY, row["finish"]), row["jobs"])
        for row in company.view(
            "SELECT regexp_extract(native_key, '(.*)-', 1) AS name, max(projected_finish) AS finish,"
            " count(*) AS jobs FROM schedule JOIN work_item USING (item_id) GROUP BY 1"
        )
    }
    assert len(found) == 20
    assert found == {network.name: (network.length, len(network.durations)) for network in networks}
