"""kill -9 before and after each effect outside the process: a plain re-run ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from flows.settings import load
from sandbox.jira import JiraSandbox, plain
from tests.flows.conftest import DAY, Company
from warehouse.database import open_database
from warehouse.verify import faults

SCRIPT = Path(__file__).with_name("killed.py")
ENVIRONMENT = {**os.environ, "JIRA_TOKEN": "secret"}


def populate(company: Company, jira: JiraSandbox) -> None:
    """Something for every kind of effect: an issue, a tracker, a ledger, and a break told on both sides."""
    jira.site.create_issue(
        "PLAT", "Open access", by="Dana Smith", fields={"duedate": "2026-03-20", "Start date": "2026-03-02"}
    )
    company.jira(jira)
    company.tracker(
        "marketing", [{"id": "M-1", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "PLAT-1"}]
    )
    company.ledger("march.csv", [["1", "1", "2026-03-01", "100.50", "X", "a"]])
    assert company.config.exists()


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Callable[..., tuple[int, list[str]]]]:
    """A sync in a process of its own, killed at an effect if so told; its status and the effects it had."""
    with (tmp_path / "stderr.txt").open("w+") as errors, subprocess.Popen(
        [sys.executable, str(SCRIPT)], env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=errors, text=True, cwd=Path(__file__).parents[2],
    ) as forking:  # fmt: skip

        def run(folder: Path, number: int = 0, when: str = "") -> tuple[int, list[str]]:
            counted = folder / "effects.json"
            counted.unlink(missing_ok=True)
            asked = [str(folder / "interlock.yaml"), DAY.isoformat(), str(counted), number, when]
            assert forking.stdin is not None
            assert forking.stdout is not None
            forking.stdin.write(json.dumps(asked) + "\n")
            forking.stdin.flush()
            status = int(forking.stdout.readline())
            assert status in (0, -9), Path(errors.name).read_text()
            return status, json.loads(counted.read_text()) if counted.exists() else []

        yield run
        assert forking.stdin is not None
        forking.stdin.close()


def state(folder: Path, jira: JiraSandbox) -> dict[str, Any]:
    """What people and readers see, and what the journal tells: everything but how often it was tried."""
    settings = load(folder / "interlock.yaml", ENVIRONMENT)
    with open_database(settings.warehouse) as db:
        assert list(faults(db)) == []
        seen: dict[str, Any] = {
            "journal": db.execute("SELECT kind, subject FROM journal.entry ORDER BY n").fetchall(),
            "alerts": db.execute(
                "SELECT * EXCLUDE (reference) FROM outbox.alert ORDER BY alert_id"
            ).fetchall(),
            "sources": db.execute("SELECT source_id, state, reason FROM ops.source ORDER BY 1").fetchall(),
        }
        for view in (
            "work_item",
            "dependency",
            "handover",
            "schedule",
            "posting",
            "break_open",
            "break_history",
        ):
            seen[view] = sorted(db.execute(f"FROM {view}").fetchall(), key=str)
        for stream, table in db.execute("SELECT stream, table_name FROM ops.stream ORDER BY 2").fetchall():
            seen[f"record {table}"] = (
                db.execute(f"SELECT _key, _version, _hash, _gone FROM {table} ORDER BY 1, 2").fetchall(),
                stream,
            )
    issue = jira.site.issue("PLAT-1")
    seen["comments"] = [plain(comment.body) for comment in issue.comments]
    seen["tracker"] = [[cell.value for cell in row] for row in _plan(folder)]
    seen["left over"] = sorted(
        p.name for p in folder.rglob("*") if p.is_file() and p.suffix not in (".xlsx", ".json")
    )
    return seen


def _plan(folder: Path) -> Any:
    from openpyxl import load_workbook

    return load_workbook(folder / "marketing.xlsx")["Plan"].iter_rows()


@pytest.mark.slow
@pytest.mark.parametrize("part", [1, 0])  # two parts, for two workers
def test_a_kill_at_any_effect_is_mended_by_a_plain_rerun(
    company: Company, jira: JiraSandbox, tmp_path: Path, part: int, sync: Callable[..., tuple[int, list[str]]]
) -> None:
    populate(company, jira)
    untouched = tmp_path / "untouched"
    shutil.copytree(company.folder, untouched, ignore=shutil.ignore_patterns("untouched"))
    whole = tmp_path / "whole"
    shutil.copytree(untouched, whole)
    status, effects = sync(whole)
    assert status == 0
    assert {"commit", "comment", "file marketing.xlsx", "file snapshot"} <= set(effects)
    expected = state(whole, jira)
    assert len(expected["comments"]) == 1
    for number in range(1 + part, len(effects) + 1, 2):
        for when in ("before", "after"):
            if when == "before" and number > 1 and not effects[number - 1].startswith("file"):
                continue  # nothing was made since the effect before it; beside a file stands what will replace it
            jira.site.issue("PLAT-1").comments.clear()
            jira.site.commented.clear()
            folder = tmp_path / f"{number}-{when}"
            shutil.copytree(untouched, folder)
            assert sync(folder, number, when)[0] == -9
            assert sync(folder)[0] == 0
            found = state(folder, jira)
            where = f"killed {when} effect {number} ({effects[number - 1]})"
            assert {name: value for name, value in found.items() if value != expected[name]} == {}, where
            shutil.rmtree(folder)
