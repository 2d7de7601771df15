"""Unify and plan: the model and its projected dates, rebuilt from the record when something changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb

import unify as unify_package
import warehouse as warehouse_package
from flows.context import Run
from flows.settings import Settings
from unify.build import tell_day
from unify.build import unify as build
from unify.ledger import names_digest, post
from unify.plan import plan as project
from unify.schedule.calendar import Calendar, CalendarSettings
from unify.settings import Company
from unify.workload import capacity_depends_on, tell_capacity
from unify.workload import tell_day as tell_plan_day
from warehouse.database import fingerprint, one, set_fingerprint, transaction


def unify(run: Run) -> bool:
    """Rebuild the unified model; False where the record, the configuration and the code are as before."""
    rebuilt = _rebuild(run, "unify", _digest(run), build)
    posted = _rebuild(run, "ledger", _ledger_digest(run), post)
    return rebuilt or posted


def _rebuild(
    run: Run, part: str, works_on: str, work: Callable[[duckdb.DuckDBPyConnection, Company], None]
) -> bool:
    if fingerprint(run.db, part) == works_on:
        return False
    run.facts = None
    with transaction(run.db, part):
        work(run.db, run.settings.company())
        set_fingerprint(run.db, part, works_on)
    return True


def plan(run: Run) -> bool:
    """Recompute the projected dates; False where the model and the day are as before."""
    works_on = f"{_digest(run)} on {run.today}"
    if fingerprint(run.db, "plan") == works_on:
        return False
    run.facts = None
    with transaction(run.db, "plan"):
        _tell_quarters(run)
        project(run.db, run.today, calendars(run), run.compiled_code)
        tell_plan_day(run.db, run.today)
        _tell_capacity(run)
        set_fingerprint(run.db, "plan", works_on)
    return True


def _tell_quarters(run: Run) -> None:
    """The fiscal quarters around today; they begin with a month, so they stand while it lasts."""
    fiscal = run.settings.file.fiscal_year
    of_month = f"{run.today:%Y-%m} {fiscal.starts} {fiscal.label} {code_version()}"
    if fingerprint(run.db, "quarters") != of_month:
        tell_day(run.db, run.settings.company(), run.today)
        set_fingerprint(run.db, "quarters", of_month)


def _tell_capacity(run: Run) -> None:
    """The working days of the years around today, and who is away: they stand while the configuration does."""
    file = run.settings.file
    depends_on = f"{capacity_depends_on(run.today, file.departments, file.people)} {code_version()}"
    if fingerprint(run.db, "capacity") != depends_on:
        tell_capacity(run.db, run.today, file.departments, file.people)
        set_fingerprint(run.db, "capacity", depends_on)


def calendars(run: Run) -> dict[str, Calendar]:
    """The working calendar of each department."""
    return calendars_of(run.settings)


def calendars_of(settings: Settings) -> dict[str, Calendar]:
    """The same, where there is no run."""
    return {
        department_id: Calendar.of(department.calendar or CalendarSettings())
        for department_id, department in settings.file.departments.items()
    }


def _digest(run: Run) -> str:
    """What the model is made from, as a hash: the record, the answers, the configuration and the code."""
    company = run.settings.company()
    told = {
        "record": one(run.db, "SELECT max(seq) FROM ops.guard WHERE stage IN ('pull', 'answers')"),
        "known": one(
            run.db,
            "SELECT string_agg(source_id || coalesce(cursor ->> '$.account', '') ||"
            " coalesce(cursor ->> '$.fields', '') || coalesce(cursor ->> '$.sheets', ''), ';' ORDER BY source_id)"
            " FROM ops.source",
        ),
        "company": repr(company),
        "code": code_version(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


def _ledger_digest(run: Run) -> str:
    """What the postings are made from, as a hash: their record, the names they reach, configuration and code."""
    told = {
        "record": one(run.db, "SELECT max(seq) FROM ops.guard WHERE stage = 'pull ledger'"),
        "names": names_digest(run.db),
        "company": repr(run.settings.company()),
        "code": code_version(),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@cache
def code_version() -> str:
    """A hash of the code that turns records into facts."""
    digest = hashlib.sha256()
    for package in (unify_package, warehouse_package):
        folder = Path(str(package.__file__)).parent
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".py", ".sql"):
                digest.update(path.read_bytes())
    return digest.hexdigest()
