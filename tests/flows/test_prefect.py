"""Prefect for real: a server on loopback, a deployment from prefect.yaml, a worker, and a schedule that fires.

With SQLAlchemy 2.1 the server starts, takes the deployment, and never schedules a run: only a run that fired
shows that schedules fire.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.settings import load
from sandbox.jira import JiraSandbox
from tests.flows.conftest import Company
from warehouse.database import open_database
from warehouse.publish import current

REPOSITORY = Path(__file__).parents[2]
PREFECT = Path(sys.executable).with_name("prefect")
PATIENCE = 180.0  # seconds; a loaded machine takes most of a minute to start a server


@pytest.mark.slow
@pytest.mark.xdist_group("prefect")
def test_a_scheduled_run_fires_and_finishes(company: Company, jira: JiraSandbox, tmp_path: Path) -> None:
    jira.site.create_issue(
        "PLAT", "Open access", by="Dana Smith", fields={"duedate": "2026-03-20", "Start date": "2026-03-02"}
    )
    company.jira(jira)
    company.tracker(
        "marketing", [{"id": "M-1", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "PLAT-1"}]
    )
    config = company.config
    with _free_port() as port:
        pass
    environment = _environment(tmp_path, port)
    parameters = json.dumps({"config": str(config), "today": "2026-03-02"})
    with _running(
        "server", "start", "--host", "127.0.0.1", "--port", str(port), into=tmp_path, env=environment
    ):
        api = f"http://127.0.0.1:{port}/api"
        _wait("the server to answer", tmp_path, lambda: _ok(f"{api}/health"))
        _prefect(environment, "work-pool", "create", "interlock", "--type", "process")
        _prefect(
            environment, "--no-prompt", "deploy", "-n", "weekdays", "--interval", "5", "--params", parameters
        )
        with _running(
            "worker", "start", "--pool", "interlock", "--type", "process", into=tmp_path, env=environment
        ):
            run = _wait("a scheduled run to end", tmp_path, lambda: _ended(api))
    assert (run["state_type"], run["auto_scheduled"]) == ("COMPLETED", True)
    published = current(load(config, {"JIRA_TOKEN": "secret"}).warehouse.parent)
    assert published is not None
    with open_database(published, read_only=True) as db:
        assert db.execute("SELECT rule, days_late FROM break_open").fetchall() == [("slip-hits-peer", 5)]
    assert len(jira.site.issue("PLAT-1").comments) == 1


def _environment(folder: Path, port: int) -> dict[str, str]:
    """A fresh home, no telemetry, and services that look often enough for a test."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return kept | {
        "HOME": str(folder),
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
        "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_LOGGING_LEVEL": "INFO",
        "JIRA_TOKEN": "secret",
    }


@contextmanager
def _free_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        yield int(listener.getsockname()[1])


@contextmanager
def _running(*command: str, into: Path, env: dict[str, str]) -> Iterator[None]:
    """A Prefect process with its children, ended with the block; what it said is kept for a failure."""
    with (into / f"{command[0]}.log").open("w") as log:
        process = subprocess.Popen(
            [str(PREFECT), *command], env=env, cwd=REPOSITORY, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _prefect(env: dict[str, str], *command: str) -> None:
    done = subprocess.run(
        [str(PREFECT), *command], env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _wait(what: str, folder: Path, look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.5)
    logs = "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in folder.glob("*.log"))
    pytest.fail(f"waited {PATIENCE:.0f} s for {what}\n{logs}")


def _ok(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def _ended(api: str) -> dict[str, Any] | None:
    wanted = {
        "flow_runs": {"state": {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}},
        "sort": "END_TIME_DESC",
    }
    found: list[dict[str, Any]] = httpx.post(f"{api}/flow_runs/filter", json=wanted, timeout=10).json()
    return found[-1] if found else None
