"""Runs the examples in a rule's header: real tables, the real planner, the real child process.

Each case runs with its rows as written and again with rows shuffled and other thread counts; the result must
be the same. The findings are then settled as in production: with every source fresh each of them opens, with
one stale none that rests on it does.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb

from rules.engine.check import Checker
from rules.engine.discover import Rule, RuleError
from rules.engine.facts import read_shape, write_facts
from rules.engine.given import GIVEN, Given, complete
from rules.engine.header import Case
from rules.engine.run import Failure, Finding, Job, Limits, run_jobs
from rules.engine.settle import Seen, settle
from rules.engine.verdict import sources_of
from unify.derive import derive
from unify.plan import plan
from unify.settings import Department
from unify.workload import tell_capacity, tell_day
from warehouse.database import open_database, quote, transaction

# How the runs of a case differ: the seed that shuffles its rows (None: as written), and the threads.
RUNS: tuple[tuple[int | None, int], ...] = ((None, 1), (1, 4))

# Filled by derivation, so a case's own rows go in after it.
AFTER = frozenset({"claim_conflict"})
# Views that measure against the departments' working days.
CALENDAR = frozenset({"calendar_day", "work_item_week", "workload"})
# Not a table of the model.
ELSEWHERE = frozenset({"source_health"})


@dataclass(frozen=True)
class Outcome:
    """What one run of one case came to; `problem` is empty where it came to what was expected."""

    case: Case
    run: str
    findings: tuple[Finding, ...]
    problem: str


def run_cases(rule: Rule) -> list[Outcome]:
    """Every run of every case of a rule. Raises RuleError for a case that cannot be set up."""
    with tempfile.TemporaryDirectory(prefix="interlock-cases-") as folder:
        prepared = list(_prepare(rule, Path(folder)))
        results = run_jobs([job for _, _, _, job in prepared])
    outcomes: list[Outcome] = []
    first: dict[str, tuple[Finding, ...]] = {}
    for (case, run, given, _), result in zip(prepared, results, strict=True):
        problem = _problem(rule, case, given, result.findings, result.failures)
        if not problem and result.findings != first.setdefault(case.name, result.findings):
            problem = "its rows in another order give another result: something in it depends on chance"
        outcomes.append(Outcome(case, run, result.findings, problem))
    return outcomes


def _prepare(rule: Rule, folder: Path) -> Iterator[tuple[Case, str, Given, Job]]:
    db = open_database(None)
    views = Checker(read_shape(db)).check(rule).views
    for number, case in enumerate(rule.header.cases):
        given = complete(f"{rule.place()}, case {case.name!r}", case)
        for seed, threads in RUNS:
            facts = folder / f"{number}-{threads}.duckdb"
            db.execute(f"SET threads = {threads}")
            _build(db, given, case.today, seed)
            if CALENDAR & views:
                _tell_calendar(db, given, case.today)
            write_facts(db, facts, views)
            run = "as written" if seed is None else f"shuffled ({seed}), {threads} threads"
            limits = Limits(seconds=20, threads=threads)
            yield case, run, given, Job([rule], facts, case.today, {rule.id: case.parameters}, limits)


def _build(db: duckdb.DuckDBPyConnection, given: Given, today: date, seed: int | None) -> None:
    """The model as the case gives it, derived and planned as in production."""
    with transaction(db, "cases"):
        for table in ("ops.source", *(f"model.{quote(table)}" for table in sorted(GIVEN - ELSEWHERE))):
            db.execute(f"DELETE FROM {table}")
        _insert(db, {table: rows for table, rows in given.tables.items() if table not in AFTER}, seed)
        derive(db)
        _insert(db, {table: rows for table, rows in given.tables.items() if table in AFTER}, seed)
        plan(db, today, calendars={})


def _tell_calendar(db: duckdb.DuckDBPyConnection, given: Given, today: date) -> None:
    """Working days for those rules alone that look at load: a thousand rows for each run of a case."""
    departments = {row["department_id"]: Department() for row in given.tables["department"]}
    tell_day(db, today)
    tell_capacity(db, today, departments, {})


def _insert(
    db: duckdb.DuckDBPyConnection, tables: Mapping[str, Sequence[Mapping[str, Any]]], seed: int | None
) -> None:
    for table, rows in tables.items():
        order = list(rows)
        if seed is not None:
            random.Random(seed).shuffle(order)
        names = list(dict.fromkeys(name for row in order for name in row))
        if not names:
            continue
        home = "ops.source" if table in ELSEWHERE else f"model.{quote(table)}"
        columns = ", ".join(quote(name) for name in names)
        values = ", ".join(f"row ->> {_literal(name)}" for name in names)
        # One document per table: DuckDB takes its time over each parameter.
        document = json.dumps(order, default=str)
        try:
            db.execute(
                f"INSERT INTO {home} ({columns}) SELECT {values}"
                " FROM (SELECT unnest(CAST(? AS JSON[])) AS row)",
                [document],
            )
        except duckdb.Error as error:
            raise RuleError(f"given {table}", str(error).split("\n")[0], "Correct its rows") from error


def _literal(name: str) -> str:
    """A column's name as a text in SQL."""
    return "'" + name.replace("'", "''") + "'"


def _problem(
    rule: Rule, case: Case, given: Given, findings: Sequence[Finding], failures: Sequence[Failure]
) -> str:
    if failures:
        return f"the rule failed: {failures[0].reason}"
    names = list(case.expect[0]) if case.expect else list(rule.header.key)
    if missing := [name for name in names if findings and name not in findings[0].columns]:
        return f"it expects a column {missing[0]}, which the rule does not return"
    # Evidence is a set: the engine sorts it, and a case may write it in any order.
    rows = [{**one.columns, "evidence": list(one.evidence)} for one in findings]
    found = sorted((_comparable({name: row[name] for name in names}) for row in rows), key=repr)
    wanted = sorted((_comparable(row) for row in case.expect), key=repr)
    if found != wanted:
        return f"expected {wanted or 'nothing'}, found {found or 'nothing'}"
    return _stale_problem([_seen(rule, one, given) for one in findings], given, case.today)


def _seen(rule: Rule, finding: Finding, given: Given) -> Seen:
    return Seen(
        rule=finding.rule,
        severity=rule.header.severity,
        key=finding.key,
        subject_id=finding.subject_id,
        message="",
        sources=sources_of(finding, rule, given.sources),
        evidence=finding.evidence,
    )


def _stale_problem(findings: Sequence[Seen], given: Given, today: date) -> str:
    """The case that nobody writes: each finding opens once, and none while a source that it rests on is stale."""
    for stale in (None, *given.sources):
        fresh = set(given.sources) - {stale}
        opened = [one.after.seen.key for one in settle([], findings, fresh.__contains__, (), today)]
        wanted = [one.key for one in findings if stale not in _rests_on(one)]
        if sorted(opened) != sorted(wanted):
            which = f"with {stale} stale" if stale else "with every source of the case fresh"
            rests = "; ".join(f"{one.key} rests on {', '.join(sorted(_rests_on(one)))}" for one in findings)
            return f"{which} there should open {wanted or 'nothing'}, and there opens {opened or 'nothing'}: {rests}"
    return ""


def _rests_on(finding: Seen) -> set[str]:
    """Told from the evidence itself, so that a source which `sources_of` forgets is missed."""
    return {id_.partition(":")[0] for id_ in finding.evidence} | finding.sources


def _comparable(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: _plain(row[name]) for name in sorted(row)}
    if "evidence" in plain:
        plain["evidence"] = sorted(plain["evidence"])
    return plain


def _plain(value: Any) -> Any:
    """Values of a case and of a finding in one form: dates as text, numbers as exact decimals."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return _comparable(value)
    if isinstance(value, bool) or value is None:
        return value
    try:
        return format(Decimal(str(value)).normalize(), "f")
    except InvalidOperation:
        return value
