"""What people answer beside a flag: the grammar, and who may say what (DESIGN section 6).

answer = kind [ code ] { limit } [ note ]
kind   = "ack" | "accept" | "commit" | "dispute"
limit  = "up to" days | "until" date | "by" date
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from rules.engine.dates import DATE, NoDate, read_date
from rules.engine.settle import CODE_ALPHABET, SHORTEST_CODE, Episode, State
from rules.policy import DecisionPolicy

KINDS = ("ack", "accept", "commit", "dispute")
LATER_KINDS = ("replan", "reallocate", "descope", "counter", "delivered", "received", "returned", "needs",
               "confirm", "refuse")  # fmt: skip
QUIET_WITHOUT_A_DATE = timedelta(days=30)


@dataclass(frozen=True)
class Answer:
    """An answer as understood. `up_to_days` in working days."""

    kind: Literal["ack", "accept", "commit", "dispute"]
    code: str | None = None
    up_to_days: int | None = None
    until: date | None = None
    by: date | None = None
    note: str = ""


class NotUnderstood(Exception):
    """The words are no answer; the message says what was missing and how to write it."""


_UP_TO = re.compile(r"\bup\s+to\s+(\d+)\s*(d|days?|w|weeks?)?\b", re.IGNORECASE)
_UNTIL = re.compile(r"\buntil\s+" + DATE, re.IGNORECASE)
_BY = re.compile(r"\bby\s+" + DATE, re.IGNORECASE)


CODE = re.compile(f"(?=.*[A-Z])[{CODE_ALPHABET}]{{{SHORTEST_CODE}}}")
"""What looks like a break's code: so typed, and of no break, it is a mistake rather than a note."""


def parse(line: str, codes: Collection[str]) -> Answer:
    """Read one line, already without its `interlock:`. `codes` are those of the breaks that there are.

    Raises NotUnderstood. A code is recognised wherever it is the word after the kind, whatever its case.
    """
    words = line.strip().split()
    if not words:
        raise NotUnderstood(f"there is no answer; write one of {', '.join(KINDS)}")
    kind = words[0].rstrip(":,.").lower()
    if kind in LATER_KINDS:
        raise NotUnderstood(f"'{kind}' is not possible yet; write one of {', '.join(KINDS)}")
    if kind not in KINDS:
        raise NotUnderstood(f"'{words[0]}' is no answer; write one of {', '.join(KINDS)}")
    rest = words[1:]
    known = {code.upper() for code in codes}
    code = None
    if rest and rest[0].strip("#[]():,.").upper() in known:
        code = rest[0].strip("#[]():,.").upper()
        rest = rest[1:]
    elif rest and CODE.fullmatch(rest[0].strip("#[]():,.")):
        raise NotUnderstood(f"there is no break {rest[0]}")
    text = " ".join(rest)
    up_to, text = _take_days(text) if kind == "accept" else (None, text)
    until, text = _take_date(_UNTIL, text) if kind == "accept" else (None, text)
    by, text = _take_date(_BY, text) if kind == "commit" else (None, text)
    if kind == "commit" and by is None:
        raise NotUnderstood("a commitment needs its date: commit 10d by 2026-05-01")
    return Answer(kind, code, up_to, until, by, text.strip(" ,;:-"))  # type: ignore[arg-type]


def _take_days(text: str) -> tuple[int | None, str]:
    match = _UP_TO.search(text)
    if match is None:
        return None, text
    days = int(match[1]) * (5 if (match[2] or "d").lower().startswith("w") else 1)
    return days, text[: match.start()] + text[match.end() :]


def _take_date(pattern: re.Pattern[str], text: str) -> tuple[date | None, str]:
    match = pattern.search(text)
    if match is None:
        return None, text
    try:
        found = read_date(match["date"].rstrip(".,;"))
    except NoDate as no_date:
        raise NotUnderstood(str(no_date)) from no_date
    return found, text[: match.start()] + text[match.end() :]


# --- who may -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Speaker:
    """Who said it: a person proven by the tool's account id, or only the department whose tracker it is."""

    person_id: str | None
    department_id: str | None
    name: str


@dataclass(frozen=True)
class Sides:
    """Who is concerned by a break: person ids, lower-case e-mail addresses as a rule."""

    provider: frozenset[str]
    consumer: frozenset[str]
    sponsor: str | None = None
    controller: str | None = None
    controllers: frozenset[str] = frozenset()  # of money that belongs to no initiative


@dataclass(frozen=True)
class Ruling:
    """Whether an answer counts. `waits`: it needs a proven author; `refused`: this person may not."""

    outcome: Literal["counted", "waits", "refused"]
    because: str


def rule_on(
    answer: Answer, speaker: Speaker, episode: Episode, sides: Sides, money: bool, policy: DecisionPolicy
) -> Ruling:
    """Whether this speaker may give this answer to this break. `money`: the break is about money."""
    if speaker.person_id is None:
        return _of_a_cell(answer, speaker, episode, money, policy)
    if answer.kind in ("ack", "dispute"):
        anybody = sides.provider | sides.consumer | {p for p in (sides.sponsor, sides.controller) if p}
        anybody |= sides.controllers
        return _one_of(speaker, anybody, "the owners and leads on both sides")
    if answer.kind == "commit":
        return _one_of(speaker, sides.provider, "the provider's side")
    if money:
        entitled = _some(sides.controller) | sides.controllers
        return _one_of(speaker, entitled, "the controller")
    if beyond := _beyond(answer, episode, policy.above.days, policy.above.amount):
        return _one_of(speaker, _some(sides.sponsor), f"the sponsor, because {beyond}")
    return _one_of(speaker, sides.consumer, "the consumer's side, whose harm it is")


def _some(person: str | None) -> frozenset[str]:
    return frozenset([person] if person else [])


def _one_of(speaker: Speaker, entitled: Collection[str], who: str) -> Ruling:
    if speaker.person_id in entitled:
        return Ruling(
            "counted", f"{speaker.name} is one of {who}" if len(entitled) > 1 else f"{speaker.name} may"
        )
    names = ", ".join(sorted(entitled)) or "nobody is named in the register or the configuration"
    return Ruling("refused", f"this is for {who}: {names}")


def _of_a_cell(
    answer: Answer, speaker: Speaker, episode: Episode, money: bool, policy: DecisionPolicy
) -> Ruling:
    """A cell proves the department (it is their tracker) but no person."""
    seen = episode.seen
    confirm = "a cell proves no author; confirm it in Jira, or with `interlock decide`"
    own = speaker.department_id
    consumer = seen.to_department or seen.from_department
    if own is None or own not in (seen.from_department, seen.to_department):
        return Ruling("refused", "this tracker's department is on neither side of the break")
    if answer.kind in ("ack", "dispute"):
        return Ruling("counted", f"said in {own}'s own tracker")
    if answer.kind == "commit":
        if own != seen.from_department:
            return Ruling("refused", f"only the provider's side commits: {seen.from_department}")
        return Ruling("counted", f"said in {own}'s own tracker")
    if own != consumer:
        return Ruling("refused", f"only the consumer's side accepts its own harm: {consumer}")
    if money:
        return Ruling("waits", confirm)
    limit = policy.unproven
    amount = limit.amount if limit.amount is not None else policy.above.amount
    if beyond := _beyond(answer, episode, limit.days, amount):
        return Ruling("waits", f"{beyond}; {confirm}")
    return Ruling("counted", f"said in {own}'s own tracker, within the limit for cells")


def _beyond(answer: Answer, episode: Episode, days: int | None, amount: Decimal | None) -> str:
    """Why the accepted harm exceeds a limit, or an empty string."""
    seen = episode.seen
    accepted = answer.up_to_days if answer.up_to_days is not None else seen.days_late
    if days is not None and accepted is not None and accepted > days:
        return f"{accepted} days is more than {days}"
    if amount is not None and seen.amount_at_risk is not None and seen.amount_at_risk > amount:
        return f"{seen.amount_at_risk:,.0f} at stake is more than {amount:,.0f}"
    return ""


def objection(answer: Answer, today: date, episode: Episode) -> str:
    """Why an answer would change nothing, or an empty string."""
    for day in (answer.until, answer.by):
        if day is not None and day < today:
            return f"{day} has passed"
    late = episode.seen.days_late
    if answer.up_to_days is not None and late is not None and late > answer.up_to_days:
        return f"it is already {late} days late"
    return ""


# --- what an answer does -------------------------------------------------------------------------------


def understood(
    answer: Answer, today: date, episode: Episode, step: int, most: int | None = None
) -> tuple[Answer, str]:
    """The answer with its limits filled in, and the words that say how it was understood.

    `most`: days late that the speaker may accept, where that is limited.
    """
    if answer.kind == "ack":
        return answer, "acknowledged"
    if answer.kind == "dispute":
        return answer, "disputed" + (f": {answer.note}" if answer.note else "")
    if answer.kind == "commit":
        what = f"{answer.note} by {answer.by}" if answer.note else f"by {answer.by}"
        return answer, f"committed {what}"
    late = episode.seen.days_late
    up_to, until = answer.up_to_days, answer.until
    if up_to is None and late is not None:
        # Who accepts a harm accepts the one that he sees, not whatever becomes of it until the day that he names.
        up_to = late + step - 1 if most is None else max(late, min(late + step - 1, most))
    elif up_to is None and until is None:
        until = today + QUIET_WITHOUT_A_DATE
    limits = [f"up to {up_to} days late"] if up_to is not None else []
    limits += [f"until {until}"] if until is not None else []
    filled = Answer("accept", answer.code, up_to, until, None, answer.note)
    return filled, f"accepted {' and '.join(limits)}"


def take_effect(answer: Answer, episode: Episode) -> Episode:
    """The episode after an answer that counts."""
    before: State = episode.state if episode.state != "unknown" else episode.state_before or "open"
    after: State = before
    silent_until, silent_up_to = episode.silent_until, episode.silent_up_to
    if answer.kind == "accept":
        after, silent_until, silent_up_to = "decided", answer.until, answer.up_to_days
    elif answer.kind == "dispute":
        # What somebody disputes is not quiet, whatever was accepted before.
        after, silent_until, silent_up_to = "acknowledged", None, None
    elif before == "open":
        after = "acknowledged"
    changed = replace(episode, silent_until=silent_until, silent_up_to=silent_up_to)
    if episode.state == "unknown":
        return replace(changed, state_before=after)
    return replace(changed, state=after)


def people_of(
    columns: Mapping[str, object], leads: Mapping[str, str | None], seen_from: str | None, seen_to: str | None
) -> tuple[frozenset[str], frozenset[str]]:
    """Provider's and consumer's people of a finding: owners named in its row, and the departments' leads."""
    provider = {columns.get("provider_owner"), leads.get(seen_from or "")}
    consumer = {columns.get("consumer_owner"), leads.get(seen_to or "")}
    owner = {columns.get("owner_id")}
    if not seen_to or seen_to == seen_from:
        everyone = provider | consumer | owner
        people = frozenset(str(p).lower() for p in everyone if p)
        return people, people
    return (
        frozenset(str(p).lower() for p in provider if p),
        frozenset(str(p).lower() for p in consumer if p),
    )
