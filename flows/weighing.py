"""What a statement beside a flag comes to: for which break, by whom, and whether it counts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flows.context import Run
from rules.engine import episodes
from rules.engine.answers import (
    Answer,
    NotUnderstood,
    Ruling,
    Sides,
    Speaker,
    objection,
    parse,
    people_of,
    rule_on,
    understood,
)
from rules.engine.settle import ACTIVE, Episode, harm
from warehouse.database import one, rows

COMMAND_LINE = "command line"
"""Where a statement comes from that was made with `interlock decide`."""


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
    said_on: date | None = (
        None  # the company's day; the day of the run that reads it where the tool tells none
    )
    native_key: str = ""
    item_key: str = ""

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


def weigh(run: Run, statement: Statement) -> Outcome:
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
    except NotUnderstood as error:
        return _not_understood(here, statement, str(error), speaker)
    named = answer.code or _code_beside(statement, here)
    if named is not None and named not in {episode.code for episode in here}:
        return Outcome("ignored", f"{named} is not open on {statement.native_key}: copied, or already settled",
                       answer=answer, speaker=speaker)  # fmt: skip
    if named is None:
        here = [episode for episode in here if episode.state == "open"] or here
    if named is None and len(here) != 1:
        codes = ", ".join(episode.code for episode in here)
        problem = f"several breaks are open here; name one: {codes}" if here else "no break is open here"
        return _not_understood(here, statement, problem, speaker)
    episode = next(e for e in here if named in (None, e.code))
    return judge(run, answer, speaker, episode, run.today)


def judge(run: Run, answer: Answer, speaker: Speaker, episode: Episode, said_on: date) -> Outcome:
    """What an answer comes to: by whom it is, and by what it amounts to once its limits are filled in."""
    policy = run.settings.file.policy.decisions
    if problem := objection(answer, said_on, episode):
        reply = f"“{answer.kind}” by {speaker.name} was not counted: {problem}."
        return Outcome("not understood", problem, episode, answer, reply, speaker)
    sides = _sides(run, episode)
    ruling = rule_on(answer, speaker, episode, sides, _about_money(run, episode), policy)
    most = policy.unproven.days if speaker.person_id is None else policy.above.days
    if speaker.person_id is not None and speaker.person_id == sides.sponsor:
        most = None
    filled, words = understood(answer, said_on, episode, run.settings.file.alerts.step, most)
    return Outcome(
        ruling.outcome, ruling.because, episode, filled, _reply(ruling, speaker, words, answer), speaker
    )


COUNTED, END_OF_COUNTED = "Understood as: ", ")."


def _reply(ruling: Ruling, speaker: Speaker, words: str, answer: Answer) -> str:
    if ruling.outcome == "counted":
        return f"{COUNTED}{words} ({speaker.name}{END_OF_COUNTED}"
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
    shown = run.db.execute(
        "SELECT DISTINCT break_id FROM outbox.alert WHERE item_id = ?", [item_id]
    ).fetchall()
    ids = {identity for (identity,) in shown}
    here = [episode for episode in known if episode.break_id in ids and episode.state in ACTIVE]
    return sorted(here, key=harm)


def _copied(statement: Statement, here: Sequence[Episode]) -> str:
    """Why a cell's answer is not believed: its neighbours name another item or break, or an empty string."""
    if statement.author_kind != "unproven":
        return ""
    beside = (statement.beside_item or "").strip()
    if beside != statement.item_key:
        return f"the cells beside it name {beside or 'no item'}, not {statement.native_key}: copied or sorted away"
    codes = {episode.code for episode in here}
    if (statement.beside_code or "").strip() not in codes:
        return f"the code beside it, {statement.beside_code or 'none'}, is not open on {statement.native_key}"
    return ""


def _code_beside(statement: Statement, here: Sequence[Episode]) -> str | None:
    """A cell answers the break whose code stands beside it."""
    return (
        statement.beside_code.strip()
        if statement.author_kind == "unproven" and statement.beside_code
        else None
    )


def _speaker(run: Run, statement: Statement) -> Speaker:
    """Who speaks, by what the tool proves: an account id or its address; never a display name."""
    if statement.author_kind == "unproven":
        department = one(
            run.db, "SELECT department_id FROM model.work_item WHERE item_id = ?", [statement.item_id]
        )
        return Speaker(
            None, str(department) if department else None, f"{department or 'somebody'}, in the tracker"
        )
    person = one(
        run.db,
        "SELECT person_id FROM model.account WHERE source_id = ? AND account_id = ?",
        [statement.source_id, statement.author_id],
    )
    for key, known in run.settings.file.people.items():
        ids = {key.lower(), *(alias.lower() for alias in known.aliases)}
        if {(statement.author_id or "").lower(), (statement.author_email or "").lower()} & (ids - {""}):
            person = key.lower()
    person = (
        person or (statement.author_email or "").lower() or f"{statement.source_id}:{statement.author_id}"
    )
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
    columns["owner_id"] = one(
        run.db, "SELECT owner_id FROM model.work_item WHERE item_id = ?", [seen.subject_id]
    )
    provider, consumer = people_of(columns, leads, seen.from_department, seen.to_department)
    found = rows(
        run.db,
        "SELECT sponsor_id, controller_id FROM model.initiative WHERE initiative_id = ?",
        [seen.initiative_id],
    )
    above = found[0] if found else {}
    return Sides(
        provider,
        consumer,
        above.get("sponsor_id"),
        above.get("controller_id"),
        _controllers(run, episode, leads),
    )


def _controllers(run: Run, episode: Episode, leads: Mapping[str, str | None]) -> frozenset[str]:
    """Who answers for money that belongs to no initiative: every controller, and the lead of Finance."""
    if episode.seen.initiative_id is not None or not _about_money(run, episode):
        return frozenset()
    named = run.db.execute("SELECT DISTINCT controller_id FROM model.initiative").fetchall()
    finance = (
        leads[key]
        for key, department in run.settings.file.departments.items()
        if "finance" in (key.lower(), (department.name or "").lower())
    )
    return frozenset(person for person in (*finance, *(one for (one,) in named)) if person)


def _about_money(run: Run, episode: Episode) -> bool:
    rule = next((rule for rule in run.settings.rules if rule.id == episode.seen.rule), None)
    return rule is not None and rule.header.money
