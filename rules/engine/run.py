"""Runs rules in a child process that can do nothing but read the facts it is given.

A rule that fails (an error, too slow, too much memory, a malformed result) fails alone: the others' findings
stand, and its own breaks count as unknown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from rules.engine.children import Children, EngineError, Failure, Limits
from rules.engine.discover import Rule

__all__ = ["EngineError", "Failure", "Finding", "Job", "Limits", "RunResult", "run_jobs", "run_rules"]


@dataclass(frozen=True)
class Finding:
    """One row of a rule: one thing that is wrong today.

    `key` are the texts of the key columns (an absent value is ''), `evidence` the sorted ids that it rests
    on, `days_late` working days, `amount_at_risk` in the reporting currency. `columns` is the whole row as
    plain JSON values, decimals and dates as text.
    """

    rule: str
    key: tuple[str, ...]
    subject_id: str
    from_department: str | None
    to_department: str | None
    initiative_id: str | None
    days_late: int | None
    amount_at_risk: Decimal | None
    root_id: str | None
    evidence: tuple[str, ...]
    columns: Mapping[str, Any]


@dataclass(frozen=True)
class RunResult:
    """Findings sorted by rule and key; failures sorted by rule; seconds that each rule took."""

    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...] = ()
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """Rules to run on one facts file, for one day."""

    rules: Sequence[Rule]
    facts: Path
    today: date
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def message(self, rules: Sequence[Rule]) -> str:
        """The job for these of its rules, as the child reads it."""
        given = [{"id": rule.id, "sql": rule.sql, "parameters": self._values(rule)} for rule in rules]
        return json.dumps(
            {
                "facts": str(self.facts.absolute()),
                "today": self.today.isoformat(),
                "seconds": self.limits.seconds,
                "megabytes": self.limits.megabytes,
                "threads": self.limits.threads,
                "rows": self.limits.rows,
                "rules": given,
            }
        )

    def _values(self, rule: Rule) -> dict[str, Any]:
        defaults = {name: parameter.default for name, parameter in rule.header.parameters.items()}
        return {**defaults, **self.parameters.get(rule.id, {})}


def run_rules(
    rules: Sequence[Rule],
    facts: Path,
    today: date,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
    limits: Limits | None = None,
) -> RunResult:
    """What the rules find on `facts` (written by `facts.write_facts`) as of `today`.

    `parameters` maps a rule's id to values that replace its defaults. Raises EngineError where the facts
    cannot be opened or no child can be started.
    """
    return run_jobs([Job(rules, facts, today, parameters or {}, limits or Limits())])[0]


def run_jobs(jobs: Sequence[Job]) -> list[RunResult]:
    """Several jobs, one after the other, in one child while none breaks it."""
    with Children() as children:
        return [run_job(children, job) for job in jobs]


def run_job(children: Children, job: Job) -> RunResult:
    """The same in a child that the caller keeps, and may have started while the facts were written."""
    findings: list[Finding] = []
    failures: list[Failure] = []
    seconds: dict[str, float] = {}
    waiting = {rule.id: rule for rule in job.rules}
    while waiting:
        message = job.message(list(waiting.values()))
        for id_, outcome in children.run(message, job.facts, job.limits):
            rule = waiting.pop(id_)
            if isinstance(outcome, Failure):
                failures.append(outcome)
                continue
            seconds[id_] = outcome.seconds
            found = _findings(rule, outcome.columns, outcome.rows)
            if isinstance(found, Failure):
                failures.append(found)
            else:
                findings += found
    return RunResult(
        tuple(sorted(findings, key=lambda one: (one.rule, one.key))),
        tuple(sorted(failures, key=lambda one: one.rule)),
        seconds,
    )


def _findings(rule: Rule, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Finding] | Failure:
    found: dict[tuple[str, ...], Finding] = {}
    for values in rows:
        row = dict(zip(columns, values, strict=True))
        key = tuple(_key_text(row.get(name)) for name in rule.header.key)
        named = ", ".join(f"{name} {value!r}" for name, value in zip(rule.header.key, key, strict=True))
        if key in found:
            return Failure(rule.id, "result", f"it returns two rows for {named}")
        if not row.get("subject_id"):
            return Failure(rule.id, "result", f"it returns no subject_id for {named}")
        evidence = tuple(sorted({one for one in row.get("evidence") or () if one}))
        if not evidence:
            return Failure(rule.id, "result", f"it returns no evidence for {named}")
        amount = row.get("amount_at_risk")
        found[key] = Finding(
            rule=rule.id,
            key=key,
            subject_id=row["subject_id"],
            from_department=row.get("from_department"),
            to_department=row.get("to_department"),
            initiative_id=row.get("initiative_id"),
            days_late=row.get("days_late"),
            amount_at_risk=None if amount is None else Decimal(str(amount)),
            root_id=row.get("root_id"),
            evidence=evidence,
            columns=row,
        )
    return list(found.values())


def _key_text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)
