"""What changed since the last run, and why: a pure function from yesterday's breaks and today's findings.

A break opens only if every source that its finding rests on is fresh, and closes only if every source that
its last finding rested on is. Otherwise it is unknown: neither opened nor closed. Nothing here tells anybody
anything; `told` and silence only decide which transitions are worth telling (`announce`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Literal

ACTIVE = ("open", "acknowledged", "decided", "unknown")
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTVWXYZ23456789"  # without letters and digits that people mix up
SHORTEST_CODE = 4

State = Literal["open", "acknowledged", "decided", "resolved", "unknown"]


@dataclass(frozen=True)
class Seen:
    """A finding of today, with the sources that it rests on."""

    rule: str
    severity: str
    key: tuple[str, ...]
    subject_id: str
    message: str
    sources: frozenset[str]
    initiative_id: str | None = None
    from_department: str | None = None
    to_department: str | None = None
    days_late: int | None = None
    amount_at_risk: Decimal | None = None
    root_id: str | None = None
    evidence: tuple[str, ...] = ()
    columns: Mapping[str, Any] = field(default_factory=dict)
    decide_by: date | None = None

    @property
    def break_id(self) -> str:
        return break_id(self.rule, self.key)


@dataclass(frozen=True)
class Episode:
    """One opening of a break, from `first_seen` until it closes; the columns of `breaks.episode`."""

    break_id: str
    episode: int
    code: str
    seen: Seen
    state: State
    first_seen: date
    last_seen: date
    state_before: State | None = None
    closed_on: date | None = None
    closed_because: str | None = None
    told_on: date | None = None
    told_days_late: int | None = None
    told_departments: tuple[str, ...] = ()
    silent_until: date | None = None
    silent_up_to: int | None = None


@dataclass(frozen=True)
class Transition:
    """What became of one break in this run; `reason` says why, in words for the journal.

    `real` marks what people are told again about once they were told: a real change, a recovery, a silence
    that ended.
    """

    kind: Literal[
        "opened", "reopened", "changed", "updated", "resolved", "unknown", "known again", "silence ended"
    ]
    reason: str
    after: Episode
    real: bool


def break_id(rule: str, key: Sequence[str]) -> str:
    """The identity of a break: the same from run to run and episode to episode. 32 hex digits."""
    text = json.dumps([rule, *key], ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def short_code(identity: str, taken: Collection[str]) -> str:
    """A name for people to type, made from the break's identity; longer only where a shorter one is taken."""
    number, letters = int(identity, 16), ""
    while number:
        number, digit = divmod(number, len(CODE_ALPHABET))
        letters += CODE_ALPHABET[digit]
    length = SHORTEST_CODE
    while letters[:length] in taken:
        length += 1
    return letters[:length]


def settle(
    previous: Sequence[Episode],
    findings: Sequence[Seen],
    fresh: Callable[[str], bool],
    failed_rules: Collection[str],
    today: date,
    hold_days: int = 0,
    step: int = 5,
    hidden: Collection[str] = frozenset(),
    endings: Mapping[str, str] = MappingProxyType({}),
) -> list[Transition]:
    """The transitions of this run, in order of the breaks' identities.

    `previous` holds the latest episode of every break that there ever was. `fresh` says of a source whether
    this run read all of it; `failed_rules` could not run, so nothing is known of their breaks. `hold_days`:
    a break that returns so soon after it closed is the same episode. `step`: working days by which a delay
    must change to be a real change. `hidden` are items that Interlock may not see any more: a break that rests on
    one does not close, however little is found. `endings` says of a subject how it came to its end, where that
    is known.
    """
    found = {seen.break_id: seen for seen in findings}
    known = {episode.break_id: episode for episode in previous}
    taken = {episode.code for episode in previous}
    transitions = []
    for identity in sorted({*found, *known}):
        seen, before = found.get(identity), known.get(identity)
        if before is not None and before.state in ACTIVE:
            transition = _standing(before, seen, fresh, failed_rules, today, step, hidden, endings)
        elif seen is not None and all(map(fresh, seen.sources)):
            transition = _opening(identity, seen, before, taken, today, hold_days)
            taken.add(transition.after.code)
        else:
            transition = None
        if transition is not None:
            transitions.append(transition)
    return transitions


def _opening(
    identity: str, seen: Seen, before: Episode | None, taken: Collection[str], today: date, hold_days: int
) -> Transition:
    if before is not None and before.closed_on is not None and (today - before.closed_on).days < hold_days:
        after = replace(before, seen=seen, state="open", last_seen=today, closed_on=None, closed_because=None)
        return Transition("reopened", f"it was away for less than {hold_days} days", after, real=False)
    number = before.episode + 1 if before else 1
    code = before.code if before else short_code(identity, taken)
    episode = Episode(identity, number, code, seen, "open", first_seen=today, last_seen=today)
    again = f" again, for the {number}th time" if number > 1 else ""
    return Transition("opened", f"found{again}: {seen.message}", episode, real=True)


def _standing(
    before: Episode,
    seen: Seen | None,
    fresh: Callable[[str], bool],
    failed_rules: Collection[str],
    today: date,
    step: int,
    hidden: Collection[str],
    endings: Mapping[str, str],
) -> Transition | None:
    rests_on = {*before.seen.sources, *(seen.sources if seen else ())}
    stale = sorted(source for source in rests_on if not fresh(source))
    if before.seen.rule in failed_rules:
        return _lost_sight(before, f"the rule {before.seen.rule} could not run")
    if stale:
        return _lost_sight(before, f"not read in this run: {', '.join(stale)}")
    if seen is None and (unseen := sorted(set(before.seen.evidence).intersection(hidden))):
        return _lost_sight(before, f"no longer visible to Interlock: {', '.join(unseen)}")
    if seen is None:
        because = endings.get(before.seen.subject_id, "no longer found")
        closed = replace(before, state="resolved", state_before=None, closed_on=today, closed_because=because)
        return Transition("resolved", f"{because}; all that it rested on was read", closed, real=True)
    return _compare(before, seen, today, step)


def _lost_sight(before: Episode, reason: str) -> Transition | None:
    if before.state == "unknown":
        return None
    after = replace(before, state="unknown", state_before=before.state)
    return Transition("unknown", reason, after, real=False)


def _compare(before: Episode, seen: Seen, today: date, step: int) -> Transition | None:
    state: State = (before.state_before or "open") if before.state == "unknown" else before.state
    # When to decide by was said when it was last told; it does not slide with each run.
    after = replace(
        before,
        seen=replace(seen, decide_by=before.seen.decide_by or seen.decide_by),
        state=state,
        state_before=None,
        last_seen=today,
    )
    if ended := _silence_ended(after, today):
        woken = replace(after, seen=seen, state="open", silent_until=None, silent_up_to=None)
        return Transition("silence ended", ended, woken, real=True)
    change = None if silent(after, today) else _real_change(after, step)
    if change:
        return Transition("changed", change, replace(after, seen=seen), real=True)
    if before.state == "unknown":
        return Transition("known again", "all that it rests on was read again", after, real=False)
    if after != before:
        return Transition("updated", "still found; no real change", after, real=False)
    return None


def silent(episode: Episode, today: date) -> bool:
    """Whether an accepted harm keeps this break quiet today."""
    return (
        episode.state == "decided"
        and (episode.silent_until is not None or episode.silent_up_to is not None)
        and not _silence_ended(episode, today)
    )


def _silence_ended(episode: Episode, today: date) -> str:
    """Why an accepted harm keeps quiet no longer, or an empty string."""
    if episode.state != "decided":
        return ""
    if episode.silent_until is not None and today > episode.silent_until:
        return f"it was accepted until {episode.silent_until}, and that has passed"
    late, limit = episode.seen.days_late, episode.silent_up_to
    if limit is not None and late is not None and late > limit:
        return f"it was accepted up to {limit} days late, and is {late}"
    return ""


def _real_change(episode: Episode, step: int) -> str:
    """Why people who were told should hear of it again, or an empty string."""
    if episode.told_on is None:
        return ""
    late, told = episode.seen.days_late, episode.told_days_late
    if late is not None and told is not None and abs(late - told) >= step:
        return f"{late} days late, was {told} when last told"
    departments = {episode.seen.from_department, episode.seen.to_department} - {None}
    if new := sorted(str(d) for d in departments - set(episode.told_departments)):
        return f"now also hits {', '.join(new)}"
    return ""


def due_to_tell(episode: Episode, today: date, hold_days: int) -> bool:
    """Whether its opening is to be told now: it stands, has held long enough, and nobody was told yet."""
    held = today - episode.first_seen >= timedelta(days=hold_days)
    return episode.state in ("open", "acknowledged") and episode.told_on is None and held


def harm(episode: Episode) -> tuple[int, Decimal, int, str]:
    """Sorts the most harmful first: severity, money at stake, days late, then the code."""
    severity = {"high": 0, "medium": 1, "low": 2}[episode.seen.severity]
    return (
        severity,
        -(episode.seen.amount_at_risk or Decimal(0)),
        -(episode.seen.days_late or 0),
        episode.code,
    )
