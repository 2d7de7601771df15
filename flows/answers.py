"""Answers: what people said beside a flag, in a comment or a cell, taken in.

Every statement is recorded once, whatever it comes to. One that counts changes its break's episode and the
words of its alerts; one that does not is answered with who may, or with how to write it.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from flows.announce import reword
from flows.context import Run
from flows.weighing import COMMAND_LINE, COUNTED, END_OF_COUNTED, Outcome, Statement, weigh
from rules.engine import episodes
from rules.engine.answers import Answer, Speaker, take_effect
from rules.engine.settle import Episode
from warehouse import journal
from warehouse.database import Transaction, fingerprint, one, quote, rows, set_fingerprint, transaction

NEW_STATEMENTS = (Path(__file__).parent / "new_statements.sql").read_text(encoding="utf-8")


PULLED = "SELECT max(seq) FROM ops.guard WHERE stage = 'pull'"


def read_answers(run: Run) -> int:
    """Take in every statement that was not read before; returns how many there were."""
    # Nothing can be new where no page landed and no item came to be known since they were read last.
    stands_on = f"{one(run.db, PULLED)} {fingerprint(run.db, 'unify')}"
    if fingerprint(run.db, "answers") == stands_on:
        return 0
    statements = [s for source in run.settings.sources for s in _new_statements(run, source.source_id)]
    with transaction(run.db, "answers") as tx:
        for statement in statements:
            record(tx, run, statement, weigh(run, statement))
        set_fingerprint(run.db, "answers", stands_on)
    return len(statements)


def _new_statements(run: Run, source_id: str) -> list[Statement]:
    """The answers that no earlier run read. An edited one is new; one whose words stand as before is not.

    In a cell the words stay when a row turns to another break and other codes come to stand beside them: an
    answer to one break is never taken for an answer to the next.
    """
    stream = one(
        run.db, "SELECT table_name FROM ops.stream WHERE source_id = ? AND stream = 'answer'", [source_id]
    )
    if stream is None:
        return []
    table = "raw." + quote(f"{source_id}/answer")
    if not one(run.db, f"""SELECT EXISTS (FROM {table} WHERE "@line" IS NOT NULL)"""):
        return []  # nobody ever answered there
    query = NEW_STATEMENTS.replace("said_in_source", table)
    return [_statement(source_id, row) for row in rows(run.db, query, {"source": source_id})]


def _statement(source_id: str, row: dict[str, Any]) -> Statement:
    said_at = row["@said_at"]
    moment = datetime.fromisoformat(said_at) if said_at else None
    if moment is not None and moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return Statement(
        source_id=source_id,
        statement_id=row["statement_id"],
        version=row["version"],
        item_id=row["item_id"],
        item_key=row["@item_key"],
        line=row["@line"],
        author_id=row["@author_id"],
        author_email=row["@author_email"],
        author_name=row["@author_name"],
        author_kind=row["@author_kind"] or "person",
        beside_item=row["@beside_item"],
        beside_code=row["@beside_code"],
        said_at=moment,
        native_key=row["native_key"],
    )


def record(tx: Transaction, run: Run, statement: Statement, outcome: Outcome) -> None:
    """Keep the statement with its outcome, and let one that counts take effect."""
    episode, answer, speaker = outcome.episode, outcome.answer, outcome.speaker
    tx.db.execute(
        f"INSERT INTO breaks.answer VALUES ({', '.join('?' * 15)})",
        [
            statement.answer_id, statement.source_id, statement.item_id, statement.statement_id, statement.version,
            episode.break_id if episode else None, episode.episode if episode else None,
            answer.kind if answer else None,
            (speaker.person_id or speaker.department_id) if speaker else statement.author_id,
            statement.said_at, run.today, outcome.outcome, outcome.because, answer.note if answer else None,
            journal.canonical({"line": statement.line}),
        ],
    )  # fmt: skip
    body = {"outcome": outcome.outcome, "break": episode.break_id if episode else None,
            "version": statement.version}  # fmt: skip
    words = {"line": statement.line, "because": outcome.because, "author": statement.author_name}
    journal.append(tx, run.now, "answer read", statement.answer_id, body, words)
    if episode is not None and answer is not None and speaker is not None and outcome.outcome == "counted":
        _take_effect(tx, run, statement, episode, answer, speaker)
    if episode is not None and outcome.reply:
        _show_reply(tx, run, episode, statement.item_id, outcome)
    if outcome.outcome in ("refused", "not understood", "waits"):
        run.report.notes.append(f"{statement.source_id}: answer on {statement.native_key} {outcome.outcome}:"
                                f" {outcome.because}")  # fmt: skip


def _take_effect(
    tx: Transaction, run: Run, statement: Statement, episode: Episode, answer: Answer, speaker: Speaker
) -> None:
    """An answer that counts: acknowledge, accept, dispute or commit."""
    who = speaker.person_id or speaker.department_id or ""
    on_behalf = who if statement.source_id == COMMAND_LINE else None
    if answer.kind == "commit":
        _commit(tx, run, episode, answer, who, statement.said_on or run.today)
    episodes.save(tx.db, [take_effect(answer, episode)])
    tx.db.execute(
        f"INSERT INTO breaks.decision VALUES ({', '.join('?' * 11)})",
        [
            statement.answer_id, episode.break_id, episode.episode, answer.kind,
            statement.author_id if on_behalf else who, on_behalf, statement.said_on or run.today,
            answer.until or answer.by,
            answer.up_to_days, answer.note or None, statement.source_id,
        ],
    )  # fmt: skip
    body = {
        "episode": episode.episode,
        "kind": answer.kind,
        "until": answer.until or answer.by,
        "up_to_days": answer.up_to_days,
    }
    words = {"by": who, "note": answer.note, "via": statement.source_id}
    journal.append(tx, run.now, "decision", episode.break_id, body, words)


def _commit(tx: Transaction, run: Run, episode: Episode, answer: Answer, who: str, said_on: date) -> None:
    """A commitment is a promise of the provider's item: its date plans from now on, until the tool's own moves."""
    columns = episode.seen.columns
    item = columns.get("provider_item") or episode.seen.subject_id
    due = one(run.db, "SELECT due_date FROM model.work_item WHERE item_id = ?", [item])
    commitment = answer.note or f"by {answer.by}"
    tx.db.execute(
        "INSERT INTO breaks.commitment VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [episode.break_id, item, columns.get("handover_id"), answer.by, commitment, who, said_on, due],
    )
    _ = tx.seq  # the model is built from this


def _show_reply(tx: Transaction, run: Run, episode: Episode, item_id: str, outcome: Outcome) -> None:
    """Edit the flags to say what was understood: all of the break where it counted, else the one answered."""
    alerts = rows(
        tx.db,
        "FROM outbox.alert WHERE break_id = ? AND episode = ? AND standing ORDER BY alert_id",
        [episode.break_id, episode.episode],
    )
    for alert in alerts:
        if outcome.outcome == "counted" or alert["item_id"] == item_id:
            message = json.loads(str(alert["message"]))
            reply = outcome.reply
            if outcome.outcome != "counted" and message["reply"].startswith(COUNTED):
                # What counted still does: a stranger's words come after it, in the place of the last ones.
                reply = f"{message['reply'].split(END_OF_COUNTED)[0]}{END_OF_COUNTED} {reply}"
            reword(tx, run, alert, {**message, "reply": reply}, standing=True)
