"""The main job: the stages in order, each a plain function that can also be run alone."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path

import duckdb

from flows import push as pushing
from flows.answers import read_answers
from flows.configuration import ConfigurationError
from flows.context import Run, clock_for
from flows.custom_rules import own_rules, vet
from flows.detect import detect, settle_breaks
from flows.inbox import take_inbox
from flows.model import code_version, plan, unify
from flows.pull import pull
from flows.settings import Settings
from rules.engine.children import Children
from warehouse import journal
from warehouse import publish as publishing
from warehouse.database import fingerprint, last_seq, one, open_database, set_fingerprint, transaction
from warehouse.lock import LOCK, writer_lock

STANDING = "SELECT string_agg(break_id, ',' ORDER BY break_id) FROM breaks.episode WHERE state <> 'resolved'"


def main_job(run: Run, only: str | None = None) -> None:
    """What `interlock sync` does."""
    pull(run, only)
    conclude(run)
    pushing.push(run)
    publish(run)


def conclude(run: Run) -> None:
    """From the record to the alerts that are due; touches no tool."""
    for child in run.children:
        child.start()  # it gets ready while the model is made
    read_answers(run)
    take_inbox(run)
    unify(run)
    plan(run)
    settle_breaks(run, detect(run))


def publish(run: Run) -> bool:
    """Publish a snapshot for readers; False where nothing that they see has changed."""
    shown = _shown(run)
    folder = run.settings.warehouse.parent
    if fingerprint(run.db, "publish") == shown and publishing.current(folder) is not None:
        return False
    publishing.publish(run.db, folder, last_seq(run.db), begun=run.facts)
    run.facts = None
    with transaction(run.db, "publish"):
        set_fingerprint(run.db, "publish", shown)
    return True


def _shown(run: Run) -> str:
    """What a snapshot would show, as a hash: the commits, the model, the day and the sources' health."""
    parts = [
        last_seq(run.db),
        fingerprint(run.db, "plan"),
        one(run.db, "SELECT hash FROM journal.head"),
        one(run.db, "SELECT string_agg(source_id || state || coalesce(reason, ''), ';' ORDER BY source_id)"
            " FROM ops.source"),
        one(run.db, "SELECT string_agg(break_id || state || coalesce(days_late, 0) || last_seen, ';'"
            " ORDER BY break_id, episode) FROM breaks.episode"),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


@contextmanager
def opened(settings: Settings, command: str, today: date | None, children: int = 1) -> Iterator[Run]:
    """A run that holds the writer lock, with the warehouse open. `recording` keeps its manifest.

    `children`: processes among which the rules are divided; who runs often shares their start among many runs.
    """
    clock = clock_for(settings, today)
    _alone_in_its_folder(settings.warehouse)
    with writer_lock(settings.warehouse, command, clock.now()):
        db = open_database(settings.warehouse)
        try:
            _vet_own_rules(settings, db)
            with ExitStack() as stack:
                started = tuple(stack.enter_context(Children()) for _ in range(children))
                run = Run(settings, db, clock, started, command)
                # What a killed run left behind is nobody's: this one holds the lock.
                shutil.rmtree(run.scratch, ignore_errors=True)
                run.scratch.mkdir()
                yield run
                shutil.rmtree(run.scratch)
        finally:
            db.close()


def _alone_in_its_folder(warehouse: Path) -> None:
    """Snapshot, inbox and scratch stand beside a warehouse: two in one folder would take each other's."""
    others = [path for path in warehouse.parent.glob(f"*{LOCK}") if path.name != warehouse.name + LOCK]
    if others:
        raise ConfigurationError(
            f"{warehouse}: its folder is that of another warehouse, {others[0].name.removesuffix(LOCK)}."
            f" Give each a folder of its own; if that one is gone, delete {others[0]}."
        )


def _vet_own_rules(settings: Settings, db: duckdb.DuckDBPyConnection) -> None:
    """Hold the ops admin's own rules to the contract before anything is done; each file once, until it changes."""
    own = own_rules(settings)
    known = frozenset(rule.digest for rule in own if fingerprint(db, f"rule {rule.id}") == rule.digest)
    if vet(settings, known):
        with transaction(db, "run"):
            for rule in own:
                set_fingerprint(db, f"rule {rule.id}", rule.digest)


@contextmanager
def recording(run: Run) -> Iterator[None]:
    """Keep the manifest of what is done inside: what it was told, what it read, what it found."""
    started = run.now
    yield
    manifest = journal.canonical(_manifest(run))
    found = one(run.db, STANDING) or ""
    with transaction(run.db, "run"):
        run.db.execute(
            "INSERT INTO ops.run VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                hashlib.sha256(f"{started.isoformat()}{manifest}".encode()).hexdigest()[:16], started, run.now,
                run.today, run.command, "failed in part" if run.report.failed else "done", last_seq(run.db),
                hashlib.sha256(str(found).encode()).hexdigest(), manifest,
            ],
        )  # fmt: skip


def _manifest(run: Run) -> dict[str, object]:
    return {
        "today": run.today.isoformat(),
        "read_seq": last_seq(run.db),
        "configuration": dict(run.settings.raw),
        "rules": {rule.id: rule.digest for rule in run.settings.rules},
        "parameters": run.settings.selection.parameters,
        "sources": dict(run.db.execute("SELECT source_id, state FROM ops.source ORDER BY 1").fetchall()),
        "code": code_version(),
    }
