"""A pull so large that its pages are read ahead of the landing, and landed in little memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flows.context import Run, SystemClock
from flows.pull import pull
from flows.settings import load
from sandbox.jira import JiraSandbox, JiraSite
from warehouse import database, digesting
from warehouse.database import open_database

FILE = """
company: Meridian
departments: {{it: {{name: IT, lead: dana@meridian.example}}}}
sources:
  jira:
    kind: jira
    department: it
    url: {url}
    auth: {{email: hub@meridian.example, token: secret}}
    page_size: 5
"""


def landed(folder: Path, url: str) -> list[Any]:
    """What stands in the warehouse after two pulls, and how many records landed in each."""
    folder.mkdir()
    (folder / "interlock.yaml").write_text(FILE.format(url=url), encoding="utf-8")
    settings = load(folder / "interlock.yaml", {})
    counts = []
    with open_database(settings.warehouse) as db:
        for _ in range(2):
            run = Run(settings, db, SystemClock(), ())
            run.scratch.mkdir(exist_ok=True)
            pull(run)
            assert run.report.failed == []
            counts.append(run.report.landed)
        found = [
            db.execute(
                f'SELECT * EXCLUDE (_at, _batch) FROM raw."jira/{stream}" ORDER BY _key, _version'
            ).fetchall()
            for stream in ("issue", "change", "status")
        ]
        # More than a few megabytes can be held afterwards, in memory alone.
        db.execute("SET max_temp_directory_size = '0KiB'")
        db.execute("CREATE TEMP TABLE much AS SELECT range AS a, hash(range) AS b FROM range(1000000)")
    return [counts, found]


@pytest.mark.parametrize("memory", ["128MB", "2MB"])
def test_a_large_pull_lands_as_a_small_one_does_even_where_memory_is_too_little(
    memory: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = JiraSite(SystemClock().now)
    site.add_user("Interlock", "hub@meridian.example")
    site.grant("hub@meridian.example", "secret")
    site.add_user("Dana Smith", "dana@meridian.example")
    site.add_project("PLAT", "Platform")
    for number in range(23):
        made = site.create_issue("PLAT", f"Work {number}", by="Dana Smith")
        site.set_fields(made.key, {"duedate": "2026-04-01"}, by="Dana Smith")
    with JiraSandbox(site) as jira:
        read_when_landed = landed(tmp_path / "small", jira.url)
        monkeypatch.setattr(digesting, "BATCH", 20_000)
        monkeypatch.setattr(database, "LANDING_MEMORY", memory)
        assert landed(tmp_path / "large", jira.url) == read_when_landed
    assert read_when_landed[0] == [23 + 23 + len(read_when_landed[1][2]), 0]
