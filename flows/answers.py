"""Answers: what people said beside a flag, in a comment or a cell or on the command line, and what it comes to.

Every statement is recorded once, whatever it comes to. One that counts changes its break's episode and the
words of its alerts; one that does not is answered with who may, or with how to write it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.announce import reword
from flows.context import Run
from rules.engine import episodes
from rules.engine.answers import (
    Answer,
    NotUnderstood,
    Ruling,
    Sides,
    Speaker,
    parse,
    people_of,
    rule_on,
    understood,
)
from rules.engine.settle import ACTIVE, Episode
from warehouse import journal
from warehouse.database import Transaction, one, quote, rows, transaction

INBOX = "inbox"


@dataclass(frozen=True)
class Statement:
    """Something that a person wrote: where, in which version, who by the tool's account, and the words."""

    source_id: str
    statement_id: str
    version: int
    item_id: str
    line: str
    author_id: str | None = None
    author_email: str | None = None
    author_name: str | None = None
    author_kind: str = "person"
    beside_item: str | None = None
    beside_code: str | None = None
    said_at: datetime | None = None
    native_key: str = ""

    @property
    def answer_id(self) -> str:
        text = json.dumps([self.source_id, self.statement_id, self.version])
        return hashlib.sha256(text.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class Outcome:
    """What became of a statement: for which break, and the words that its flag shows in reply."""

    outcome: str  # counted, waits, refused, not understood, ignored
    because: str
    episode: Episode | None = None
    answer: Answer | None = None
    reply: str = ""
    speaker: Speaker | None = None


def read_answers(run: Run) -> int:
    """Take in every statement that was not read before; returns how many there were."""
    statements = [s for source in run.settings.sources for s in _new_statements(run, source.source_id)]
    with transaction(run.db, "answers") as tx:
        for statement in statements:
            _record(tx, run, statement, _weigh(run, statement))
    return len(statements) + take_inbox(run)


def _new_statements(run: Run, source_id: str) -> list[Statement]:
    """The versions of answers that no earlier run read; an edited answer is a new statement."""
    stream = one(
        run.db, "SELECT table_name FROM ops.stream WHERE source_id = ? AND stream = 'answer'", [source_id]
    )
    if stream is None:
        return []
    table = "raw." + quote(f"{source_id}/answer")
    found = rows(
        run.db,
        "SELECT said._key AS statement_id, said._version AS version, said.* , item.item_id, item.native_key"
        f" FROM {table} AS said"
        " JOIN model.work_item AS item ON item.source_id = $source AND item.record_key = said.\"@item_key\""
        " WHERE said._gone IS NULL AND said.\"@line\" IS NOT NULL"
        " AND NOT EXISTS (FROM breaks.answer AS known WHERE known.source_id = $source"
        "   AND known.statement_id = said._key AND known.version = said._version)"
        f" AND said._version = (SELECT max(_version) FROM {table} AS later WHERE later._key = said._key)"
        " ORDER BY said.\"@said_at\", said._seq, said._key",
        {"source": source_id},
    )
    return [_statement(source_id, row) for row in found]


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


# --- what a statement comes to --------------------------------------------------------------------------


def _weigh(run: Run, statement: Statement) -> Outcome:
    if statement.author_kind == "self":
        return Outcome("ignored", "Interlock's own words")
    if statement.author_kind == "automation":
        return Outcome("ignored", "an automation account decides nothing")
    known = episodes.latest(run.db)
    here = _open_here(run, statement.item_id, known)
    if copied := _copied(statement, here):
        return Outcome("ignored", copied)
    speaker = _speaker(run, statement)
    try:
        answer = parse(statement.line, [episode.code for episode in known])
    except NotUnderstood as problem:
        return _not_understood(here, statement, str(problem), speaker)
    named = answer.code or _code_beside(statement, here)
    if named is not None and named not in {episode.code for episode in here}:
        return Outcome("ignored", f"{named} is not open on {statement.native_key}: copied, or already settled",
                       answer=answer, speaker=speaker)  # fmt: skip
    if named is None and len(here) != 1:
        codes = ", ".join(episode.code for episode in here)
        problem = f"several breaks are open here; name one: {codes}" if here else "no break is open here"
        return _not_understood(here, statement, problem, speaker)
    episode = next(e for e in here if named in (None, e.code))
    return _judge(run, answer, speaker, episode)


def _judge(run: Run, answer: Answer, speaker: Speaker, episode: Episode) -> Outcome:
    policy = run.settings.file.policy.decisions
    sides = _sides(run, episode)
    ruling = rule_on(answer, speaker, episode, sides, _about_money(run, episode), policy)
    filled, words = understood(answer, run.today, episode, run.settings.file.alerts.step)
    return Outcome(ruling.outcome, ruling.because, episode, filled, _reply(ruling, speaker, words, answer), speaker)


def _reply(ruling: Ruling, speaker: Speaker, words: str, answer: Answer) -> str:
    if ruling.outcome == "counted":
        return f"Understood as: {words} ({speaker.name})."
    if ruling.outcome == "waits":
        return f"Understood as: {words} ({speaker.name}). It does not count yet: {ruling.because}."
    return f"“{answer.kind}” by {speaker.name} was not counted: {ruling.because}."


def _not_understood(here: Sequence[Episode], statement: Statement, problem: str, speaker: Speaker) -> Outcome:
    """The flag says what was not understood, where there is one flag to say it."""
    first = here[0] if here else None
    reply = f"Not understood: “{statement.line[:80]}”: {problem}."
    return Outcome("not understood", problem, first, reply=reply if first else "", speaker=speaker)


def _open_here(run: Run, item_id: str, known: Sequence[Episode]) -> list[Episode]:
    """The breaks that are shown on this item and not resolved, the most harmful first."""
    shown = run.db.execute("SELECT DISTINCT break_id FROM outbox.alert WHERE item_id = ?", [item_id]).fetchall()
    ids = {identity for (identity,) in shown}
    return [episode for episode in known if episode.break_id in ids and episode.state in ACTIVE]


def _copied(statement: Statement, here: Sequence[Episode]) -> str:
    """Why a cell's answer is not believed: its neighbours name another item or break, or an empty string."""
    if statement.author_kind != "unproven":
        return ""
    beside = (statement.beside_item or "").strip()
    if beside != statement.native_key:
        return f"the cells beside it name {beside or 'no item'}, not {statement.native_key}: copied or sorted away"
    codes = {episode.code for episode in here}
    if (statement.beside_code or "").strip() not in codes:
        return f"the code beside it, {statement.beside_code or 'none'}, is not open on {statement.native_key}"
    return ""


def _code_beside(statement: Statement, here: Sequence[Episode]) -> str | None:
    """A cell answers the break whose code stands beside it."""
    return statement.beside_code.strip() if statement.author_kind == "unproven" and statement.beside_code else None


def _speaker(run: Run, statement: Statement) -> Speaker:
    """Who speaks, by what the tool proves: an account id or its address; never a display name."""
    if statement.author_kind == "unproven":
        department = one(
            run.db, "SELECT department_id FROM model.work_item WHERE item_id = ?", [statement.item_id]
        )
        return Speaker(None, str(department) if department else None, f"{department or 'somebody'}, in the tracker")
    person = one(
        run.db,
        "SELECT person_id FROM model.account WHERE source_id = ? AND account_id = ?",
        [statement.source_id, statement.author_id],
    )
    for key, known in run.settings.file.people.items():
        ids = {key.lower(), *(alias.lower() for alias in known.aliases)}
        if {(statement.author_id or "").lower(), (statement.author_email or "").lower()} & (ids - {""}):
            person = key.lower()
    person = person or (statement.author_email or "").lower() or f"{statement.source_id}:{statement.author_id}"
    return Speaker(str(person), None, statement.author_name or str(person))


def _sides(run: Run, episode: Episode) -> Sides:
    leads = {
        department: settings.lead.lower() if settings.lead else None
        for department, settings in run.settings.file.departments.items()
    }
    seen = episode.seen
    columns = dict(seen.columns)
    handover = rows(
        run.db,
        "SELECT provider_owner, consumer_owner FROM model.handover WHERE handover_id = ?",
        [str(columns.get("handover_id") or seen.subject_id)],
    )
    columns |= handover[0] if handover else {}
    columns["owner_id"] = one(run.db, "SELECT owner_id FROM model.work_item WHERE item_id = ?", [seen.subject_id])
    provider, consumer = people_of(columns, leads, seen.from_department, seen.to_department)
    found = rows(
        run.db, "SELECT sponsor_id, controller_id FROM model.initiative WHERE initiative_id = ?", [seen.initiative_id]
    )
    above = found[0] if found else {}
    return Sides(provider, consumer, above.get("sponsor_id"), above.get("controller_id"))  # type: ignore[arg-type]


def _about_money(run: Run, episode: Episode) -> bool:
    rule = next((rule for rule in run.settings.rules if rule.id == episode.seen.rule), None)
    return rule is not None and rule.header.money


# --- what a statement does ------------------------------------------------------------------------------


def _record(tx: Transaction, run: Run, statement: Statement, outcome: Outcome) -> None:
    """Keep the statement with its outcome, and let one that counts take effect."""
    episode, answer, speaker = outcome.episode, outcome.answer, outcome.speaker
    tx.db.execute(
        f"INSERT INTO breaks.answer VALUES ({', '.join('?' * 15)})",
        [
            statement.answer_id, statement.source_id, statement.item_id, statement.statement_id, statement.version,
            episode.break_id if episode else None, episode.episode if episode else None,
            answer.kind if answer else None, speaker.person_id if speaker else statement.author_id,
            statement.said_at, run.today, outcome.outcome, outcome.because, answer.note if answer else None,
            journal.canonical({"line": statement.line}),
        ],
    )  # fmt: skip
    body = {"outcome": outcome.outcome, "break": episode.break_id if episode else None,
            "version": statement.version}  # fmt: skip
    words = {"line": statement.line, "because": outcome.because, "author": statement.author_name}
    journal.append(tx, run.now, "answer read", statement.answer_id, body, words)
    if episode is not None and answer is not None and speaker is not None and outcome.outcome == "counted":
        _take_effect(tx, run, episode, answer, speaker, via=statement.source_id)
    if episode is not None and outcome.reply:
        _show_reply(tx, run, episode, statement.item_id, outcome)
    if outcome.outcome in ("refused", "not understood", "waits"):
        run.report.notes.append(f"{statement.source_id}: answer on {statement.native_key} {outcome.outcome}:"
                                f" {outcome.because}")  # fmt: skip


def _take_effect(
    tx: Transaction, run: Run, episode: Episode, answer: Answer, speaker: Speaker, via: str, on_behalf: str | None = None
) -> None:
    """An answer that counts: acknowledge, accept, dispute or commit."""
    who = speaker.person_id or speaker.department_id or ""
    after = episode
    if answer.kind == "ack" and episode.state == "open":
        after = replace(episode, state="acknowledged")
    elif answer.kind == "dispute" and episode.state in ("open", "decided"):
        # What somebody disputes is not quiet, whatever was accepted before.
        after = replace(episode, state="acknowledged", silent_until=None, silent_up_to=None)
    elif answer.kind == "accept":
        after = replace(episode, state="decided", silent_until=answer.until, silent_up_to=answer.up_to_days)
    elif answer.kind == "commit":
        after = replace(episode, state="acknowledged" if episode.state == "open" else episode.state)
        _commit(tx, run, episode, answer, who)
    if episode.state == "unknown":
        after = replace(after, state="unknown", state_before=after.state if after.state != "unknown"
                        else {"accept": "decided"}.get(answer.kind, "acknowledged"))  # fmt: skip
    episodes.save(tx.db, [after])
    decision_id = hashlib.sha256(f"{episode.break_id}{episode.episode}{answer}{who}{run.today}".encode()).hexdigest()
    tx.db.execute(
        f"INSERT INTO breaks.decision VALUES ({', '.join('?' * 11)})",
        [
            decision_id[:32], episode.break_id, episode.episode, answer.kind, who, on_behalf, run.today,
            answer.until or answer.by, answer.up_to_days, answer.note or None, via,
        ],
    )  # fmt: skip
    body = {"episode": episode.episode, "kind": answer.kind, "until": answer.until or answer.by,
            "up_to_days": answer.up_to_days}  # fmt: skip
    journal.append(tx, run.now, "decision", episode.break_id, body, {"by": who, "note": answer.note, "via": via})


def _commit(tx: Transaction, run: Run, episode: Episode, answer: Answer, who: str) -> None:
    """A commitment is a promise of the provider's item: its date plans from now on, until the tool's own moves."""
    columns = episode.seen.columns
    item = columns.get("provider_item") or episode.seen.subject_id
    due = one(run.db, "SELECT due_date FROM model.work_item WHERE item_id = ?", [item])
    commitment = answer.note or f"by {answer.by}"
    tx.db.execute(
        "INSERT INTO breaks.commitment VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [episode.break_id, item, columns.get("handover_id"), answer.by, commitment, who, run.today, due],
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
            reword(tx, run, alert, {**message, "reply": outcome.reply}, standing=True)


# --- decisions from the command line --------------------------------------------------------------------


def drop_in_inbox(folder: Path, decision: dict[str, Any]) -> Path:
    """Keep a decision on disk until a run takes it in; it is not lost if another run holds the lock."""
    inbox = folder / INBOX
    inbox.mkdir(parents=True, exist_ok=True)
    text = json.dumps(decision, sort_keys=True, indent=1)
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    draft = inbox / f".{name}.draft"
    draft.write_text(text, encoding="utf-8")
    return draft.replace(inbox / f"{name}.json")


def take_inbox(run: Run) -> int:
    """Take in the decisions that wait in the inbox; returns how many."""
    waiting = sorted((run.settings.warehouse.parent / INBOX).glob("*.json"))
    for path in waiting:
        decision = json.loads(path.read_text(encoding="utf-8"))
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
    statement = Statement(
        "command line", name, 1, episode.seen.subject_id if episode else "", decision["line"],
        author_id=decision["os_user"], author_name=decision["on_behalf_of"], native_key=decision["break"],
    )  # fmt: skip
    if episode is None or episode.state not in ACTIVE:
        _record(tx, run, statement, Outcome("ignored", f"{decision['break']} is not open", speaker=speaker))
        return
    try:
        answer = parse(decision["line"], [])
    except NotUnderstood as problem:
        _record(tx, run, statement, Outcome("not understood", str(problem), speaker=speaker))
        return
    answer = replace(answer, note=" ".join(part for part in (answer.note, decision["note"]) if part))
    _record(tx, run, statement, _judge(run, answer, speaker, episode))


def find_break(run: Run, name: str) -> Episode | None:
    """The latest episode of a break by its code or id."""
    for episode in episodes.latest(run.db):
        if name.upper() == episode.code or name.lower() == episode.break_id:
            return episode
    return None


