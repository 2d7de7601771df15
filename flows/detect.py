"""Detect and settle: what is wrong today, and what that changes since the last run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from flows.announce import announce
from flows.context import Run
from flows.desk import mentioned
from flows.model import calendars
from rules.engine import episodes
from rules.engine.facts import write_facts
from rules.engine.message import headline
from rules.engine.names import Names, read_names
from rules.engine.run import Failure, Finding, Job, Limits, run_job
from rules.engine.settle import Seen, Transition, settle
from rules.engine.verdict import sources_of
from unify.schedule.calendar import Calendar
from warehouse import journal
from warehouse.database import one, transaction

QUIET_KINDS = frozenset({"updated"})  # figures that moved a little: kept, not journalled


WORD = re.compile(r"\w+")
ENDINGS = (Path(__file__).parent / "endings.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Detected:
    """What the rules found, and those that could not run."""

    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]


def detect(run: Run) -> Detected:
    """Run every enabled rule on a copy of the documented views. Changes nothing in the warehouse."""
    facts = run.scratch / "facts.duckdb"
    facts.unlink(missing_ok=True)
    # A word that stands in no rule is no view that one reads: the others are copied for readers alone.
    words = {word for rule in run.settings.rules for word in WORD.findall(rule.sql.lower())}
    write_facts(run.db, facts, words)
    run.facts = facts
    # As many threads as the warehouse itself found worth their cost.
    limits = Limits(threads=one(run.db, "SELECT current_setting('threads')"))
    parameters = run.settings.selection.parameters
    parts = [run.settings.rules[n :: len(run.children)] for n in range(len(run.children))]
    jobs = [Job(rules, facts, run.today, parameters, limits) for rules in parts]
    with ThreadPoolExecutor(len(jobs)) as pool:
        results = list(pool.map(run_job, run.children, jobs))
    found = sorted(
        (one for result in results for one in result.findings), key=lambda one: (one.rule, one.key)
    )
    failed = sorted((one for result in results for one in result.failures), key=lambda one: one.rule)
    run.report.failed += [f"rule {failure.rule}: {failure.reason}" for failure in failed]
    return Detected(tuple(found), tuple(failed))


def settle_breaks(run: Run, detected: Detected) -> list[Transition]:
    """Compare with what stood before, and write what changed: breaks, journal, and alerts that are due."""
    alerts = run.settings.file.alerts
    health = _health(run)
    transitions = settle(
        episodes.latest(run.db),
        _seen(run, detected),
        fresh=lambda source: health.get(source) == "fresh",
        failed_rules={failure.rule for failure in detected.failures},
        today=run.today,
        hold_days=alerts.hold_days,
        step=alerts.step,
        endings=dict(run.db.execute(ENDINGS).fetchall()),
        hidden={item for (item,) in run.db.execute("SELECT item_id FROM model.hidden_item").fetchall()},
    )
    with transaction(run.db, "settle") as tx:
        episodes.save(run.db, [transition.after for transition in transitions])
        told = [_entry(transition) for transition in transitions if transition.kind not in QUIET_KINDS]
        journal.append_all(tx, run.now, told)
        announce(tx, run, transitions)
    run.report.opened += sum(t.kind in ("opened", "reopened") for t in transitions)
    run.report.resolved += sum(t.kind == "resolved" for t in transitions)
    run.report.unknown += sum(t.kind == "unknown" for t in transitions)
    return transitions


def _health(run: Run) -> dict[str, str]:
    """The state of each configured source; one that is no longer configured is not read by anybody."""
    configured = {source.source_id for source in run.settings.sources}
    found = run.db.execute("SELECT source_id, state FROM ops.source").fetchall()
    return {source_id: state for source_id, state in found if source_id in configured}


def _names(run: Run, detected: Detected) -> Names:
    ids = {one for finding in detected.findings for one in mentioned(finding)}
    return read_names(run.db, ids, run.settings.file.currency)


def _seen(run: Run, detected: Detected) -> list[Seen]:
    rules = {rule.id: rule for rule in run.settings.rules}
    kinds = {source.source_id: source.kind for source in run.settings.sources}
    names, working = _names(run, detected), calendars(run)
    return [
        Seen(
            rule=finding.rule,
            severity=rules[finding.rule].header.severity,
            key=finding.key,
            subject_id=finding.subject_id,
            message=headline(rules[finding.rule], finding, names),
            sources=sources_of(finding, rules[finding.rule], kinds),
            initiative_id=finding.initiative_id,
            from_department=finding.from_department,
            to_department=finding.to_department,
            days_late=finding.days_late,
            amount_at_risk=_to_cent(finding.amount_at_risk),
            root_id=finding.root_id,
            evidence=finding.evidence,
            columns=finding.columns,
            decide_by=_decide_by(run, finding, working),
        )
        for finding in detected.findings
    ]


def _to_cent(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(Decimal("0.0001"))


def _decide_by(run: Run, finding: Finding, working: Mapping[str, Calendar]) -> date:
    """Some working days from today, but not after the day on which it is needed, where that lies ahead."""
    calendar = working.get(finding.to_department or finding.from_department or "", Calendar.of(None))
    asked = working_days_after(calendar, run.today, run.settings.file.policy.decisions.within)
    needed = finding.columns.get("needed_on")
    if isinstance(needed, str) and run.today < date.fromisoformat(needed[:10]) < asked:
        return date.fromisoformat(needed[:10])
    return asked


def working_days_after(calendar: Calendar, day: date, number: int) -> date:
    """The day that lies this many working days after `day`."""
    while number > 0:
        day += timedelta(days=1)
        number -= calendar.works_on(day)
    return day


def _entry(transition: Transition) -> journal.Entry:
    after = transition.after
    body: Mapping[str, object] = {
        "episode": after.episode,
        "rule": after.seen.rule,
        "state": after.state,
        "days_late": after.seen.days_late,
        "amount_at_risk": after.seen.amount_at_risk,
    }
    words = {"reason": transition.reason, "key": list(after.seen.key), "code": after.code}
    return journal.Entry(f"break {transition.kind}", after.break_id, body, words)
