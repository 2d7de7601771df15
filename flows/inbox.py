"""The inbox: decisions from the command line, on disk until a run takes them in.

A decision that arrives while another run holds the writer lock is not lost, and is taken in once.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.answers import record
from flows.context import Run
from flows.weighing import COMMAND_LINE, Outcome, Statement, judge
from rules.engine import episodes
from rules.engine.answers import NotUnderstood, Speaker, parse
from rules.engine.settle import ACTIVE, Episode
from warehouse.database import Transaction, one, transaction
from warehouse.publish import sync

INBOX = "inbox"


def drop_in_inbox(folder: Path, decision: dict[str, Any]) -> Path:
    """Keep a decision on disk until a run takes it in; it is not lost if another run holds the lock."""
    inbox = folder / INBOX
    inbox.mkdir(parents=True, exist_ok=True)
    text = json.dumps(decision, sort_keys=True, indent=1)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    draft = inbox / f".{name}.draft"
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    kept = draft.replace(inbox / f"{name}.json")
    sync(inbox)
    return kept


def take_inbox(run: Run) -> int:
    """Take in the decisions that wait in the inbox; returns how many."""
    waiting = sorted((run.settings.warehouse.parent / INBOX).glob("*.json"))
    for path in waiting:
        try:
            decision = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            put_aside = path.rename(path.with_suffix(".unreadable"))
            run.report.notes.append(f"{put_aside}: no decision can be read from it; decide again")
            continue
        with transaction(run.db, "answers") as tx:
            known = one(run.db, "SELECT 1 FROM breaks.answer WHERE statement_id = ?", [path.stem])
            if known is None:
                _record_decision(tx, run, path.stem, decision)
        path.unlink()
    return len(waiting)


def _record_decision(tx: Transaction, run: Run, name: str, decision: dict[str, Any]) -> None:
    episode = find_break(run, decision["break"])
    who = decision["on_behalf_of"].lower()
    speaker = Speaker(who, None, decision["on_behalf_of"])
    moment = datetime.fromisoformat(decision["decided_at"])
    decided_on = moment.astimezone(run.settings.timezone).date()
    statement = Statement(
        COMMAND_LINE, name, 1, episode.seen.subject_id if episode else "", decision["line"],
        author_id=decision["os_user"], author_name=decision["on_behalf_of"], native_key=decision["break"],
        said_at=moment.astimezone(UTC).replace(tzinfo=None), said_on=decided_on,
    )  # fmt: skip
    if episode is None or episode.state not in ACTIVE:
        record(tx, run, statement, Outcome("ignored", f"{decision['break']} is not open", speaker=speaker))
        return
    try:
        answer = parse(decision["line"], [])
    except NotUnderstood as problem:
        record(tx, run, statement, Outcome("not understood", str(problem), speaker=speaker))
        return
    answer = replace(answer, note=" ".join(part for part in (answer.note, decision["note"]) if part))
    record(tx, run, statement, judge(run, answer, speaker, episode, decided_on))


def find_break(run: Run, name: str) -> Episode | None:
    """The latest episode of a break by its code or id."""
    for episode in episodes.latest(run.db):
        if name.upper() == episode.code or name.lower() == episode.break_id:
            return episode
    return None
