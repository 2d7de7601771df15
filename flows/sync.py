"""The same stages as Prefect flows: one task per source and stage, never per row.

`interlock sync` runs the functions below without Prefect; here they are only wrapped. Entry points are module
paths (`flows.sync.sync`): the path form would put `flows/` first on `sys.path`.
"""

from __future__ import annotations

import os

# Before Prefect is imported: neither of its two kinds of telemetry leaves this machine unless somebody asks.
os.environ.setdefault("DO_NOT_TRACK", "1")
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")

from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows import job
from flows import pull as pulling
from flows import push as pushing
from flows.settings import load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flows.context import Run


@flow(name="sync", log_prints=True)
def sync(config: str = "interlock.yaml", today: str | None = None) -> dict[str, Any]:
    """The main job once; fails when a source or a delivery failed, after everything else was done."""
    with _run("sync", config, today) as run:
        _pull_sources(run)
        conclude_task(run)
        push_task(run)
        publish_task(run)
    return _account(run)


@flow(name="pull", log_prints=True)
def pull(config: str = "interlock.yaml", today: str | None = None) -> dict[str, Any]:
    """Read the sources and land what is new."""
    with _run("pull", config, today) as run:
        _pull_sources(run)
    return _account(run)


@flow(name="detect", log_prints=True)
def detect(config: str = "interlock.yaml", today: str | None = None) -> dict[str, Any]:
    """Unify, plan, detect and settle what was pulled before, and publish it."""
    with _run("detect", config, today) as run:
        conclude_task(run)
        publish_task(run)
    return _account(run)


@flow(name="push", log_prints=True)
def push(config: str = "interlock.yaml", today: str | None = None) -> dict[str, Any]:
    """Deliver the alerts that are due."""
    with _run("push", config, today) as run:
        push_task(run)
        publish_task(run)
    return _account(run)


@task(name="spool", task_run_name="spool {source_id}", cache_policy=NO_CACHE)
def spool_task(source_id: str, spooling: pulling.Spooling) -> pulling.Pulled:
    """Ask one source for its news; touches no warehouse."""
    return spooling.spool(source_id)


@task(name="land", task_run_name="land {source_id}", cache_policy=NO_CACHE)
def land_task(source_id: str, run: Run, pulled: pulling.Pulled) -> None:
    """Land what one source gave."""
    pulling.land(run, pulled)


@task(name="conclude", cache_policy=NO_CACHE)
def conclude_task(run: Run) -> None:
    """Answers, model, plan, rules, breaks, alerts."""
    job.conclude(run)


@task(name="push", cache_policy=NO_CACHE)
def push_task(run: Run) -> None:
    """Make the tools show what is due."""
    pushing.push(run)


@task(name="publish", cache_policy=NO_CACHE)
def publish_task(run: Run) -> None:
    """Swap in a new snapshot for readers."""
    job.publish(run)


def _pull_sources(run: Run) -> None:
    with pulling.spooling(run) as spooling:
        asked = [(source_id, spool_task.submit(source_id, spooling)) for source_id in spooling.source_ids]
        for source_id, future in asked:
            land_task(source_id, run, future.result())


@contextmanager
def _run(command: str, config: str, today: str | None) -> Iterator[Run]:
    settings = load(Path(config), os.environ)
    with (
        job.opened(settings, command, date.fromisoformat(today) if today else None) as run,
        job.recording(run),
    ):
        yield run


def _account(run: Run) -> dict[str, Any]:
    """What the flow run says of itself. A failed source fails the flow run, so that somebody is told."""
    report = run.report
    logger = get_run_logger()
    logger.info("%s new versions, %s breaks opened, %s resolved, %s messages", report.landed, report.opened,
                report.resolved, report.sent)  # fmt: skip
    if report.failed:
        raise RuntimeError("; ".join(report.failed))
    return {
        "landed": report.landed,
        "opened": report.opened,
        "resolved": report.resolved,
        "sent": report.sent,
    }
