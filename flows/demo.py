"""The demo: an insurer's year in its own tools, the main job once a week, and what was found when."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import yaml

from flows import job, reading
from flows.layout import Column, Entry, print_list, print_wrapped
from flows.settings import ConfigurationError, Settings, load
from sandbox.company import LAST_WEEK, Names, Year
from sandbox.jira import plain
from warehouse.database import rows

FIRST_MONDAY = date(2026, 1, 5)
SHOWN = (Path(__file__).parent / "demo_shown.sql").read_text(encoding="utf-8")
CHANGES = (Path(__file__).parent / "demo_changes.sql").read_text(encoding="utf-8")
MARK = ".interlock-demo"


@dataclass(frozen=True)
class Found:
    """One break of the year: when Interlock first saw it, and when a tool alone showed something."""

    code: str
    rule: str
    message: str
    state: str
    first_seen: date
    first_week: int
    shown_on: date | None
    shown_week: int | None
    shown_by: str | None
    days_late: int | None
    amount_at_risk: Decimal | None

    @property
    def warning_days(self) -> int | None:
        """Calendar days between the two."""
        return (self.shown_on - self.first_seen).days if self.shown_on else None


@dataclass
class Played:
    """What the year came to."""

    settings: Settings
    year: Year
    found: list[Found]
    answers: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    seconds: float
    acts: list[tuple[int, str]] = field(default_factory=list)
    jira_comment: str = ""
    task: str = ""


def play(folder: Path, shift_weeks: int, control: bool, out: TextIO) -> int:
    """Play the year, print what was found, and leave everything in `folder` to look at."""
    played = run_year(folder, shift_weeks, control, progress=out)
    _tell(played, out)
    return 0


def run_year(
    folder: Path,
    shift_weeks: int = 0,
    control: bool = False,
    names: Names | None = None,
    last_week: int = LAST_WEEK,
    progress: TextIO | None = None,
) -> Played:
    """Play the company's tools week by week and run the main job each Friday; returns what it found."""
    _clear(folder)
    year = Year(folder, FIRST_MONDAY + timedelta(weeks=shift_weeks), names, in_order=control)
    started = time.perf_counter()
    acts: list[tuple[int, str]] = []
    first_words: dict[str, dict[str, Any]] = {}
    settings = configure(folder, year)
    with year.jira, year.salesforce, job.opened(settings, "demo", year.start, children=2) as holder:
        for week in range(1, last_week + 1):
            acts += [(week, words) for words in year.play(week)]
            run = holder.again(year.friday(week).date())
            with job.recording(run):
                job.main_job(run)
            opened = rows(run.db, "FROM break_open WHERE first_seen = ?", [run.today])
            first_words |= {one["break_id"]: one for one in opened}
            if run.report.failed:
                raise RuntimeError(f"week {week} of the demo failed: {'; '.join(run.report.failed)}")
            if progress is not None and progress.isatty():
                print(f"\rweek {week} of {last_week}", end="", file=progress, flush=True)
        changes = rows(holder.db, CHANGES)
    if progress is not None and progress.isatty():
        print("\r", end="", file=progress)
    with reading.snapshot(settings) as db:
        shown = rows(db, SHOWN, {"last_day": year.day(last_week, 4)})
        answers = rows(db, "FROM answer ORDER BY read_on, answer_id")
    found = [_found(year, row | _as_first_seen(first_words[row["break_id"]])) for row in shown]
    return Played(
        settings,
        year,
        found,
        answers,
        changes,
        time.perf_counter() - started,
        acts,
        _jira_comment(year, found),
        _task(year),
    )


def _clear(folder: Path) -> None:
    """Begin with an empty folder; one that the demo did not make is never emptied."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise ConfigurationError(
                f"{folder}: is not empty, and was not made by the demo. Name another --folder."
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def configure(folder: Path, year: Year) -> Settings:
    """Write the company's configuration into its folder, and read it as any user's."""
    secrets = folder / "secrets"
    secrets.mkdir()
    (secrets / "JIRA_TOKEN").write_text("demo-token", encoding="utf-8")
    (secrets / "SF_SECRET").write_text("demo-secret", encoding="utf-8")
    path = folder / "interlock.yaml"
    path.write_text(
        yaml.safe_dump(_configuration(year), sort_keys=False, allow_unicode=True), encoding="utf-8"
    )
    return load(path, {})


def _configuration(year: Year) -> dict[str, Any]:
    n = year.names
    teams = {n.provider: n.provider_lead, n.consumer: n.consumer_lead, n.money: n.money_lead,
             n.maker: n.maker_lead, n.seller: n.seller_lead}  # fmt: skip
    it, marketing, finance, product, sales = map(n.department, teams)
    leads = {n.department(team): lead for team, lead in teams.items()}
    named = {n.department(team): team for team in teams}
    return {
        "company": n.company,
        "timezone": "Europe/London",
        "currency": "GBP",
        "fiscal_year": {"starts": year.fiscal_start, "label": "end"},
        "register": "register.xlsx",
        "departments": {key: {"name": named[key], "lead": n.mail(lead)} for key, lead in leads.items()},
        "people": {n.mail(lead): {"aliases": [lead]} for lead in leads.values()},
        "sources": {
            "jira": {
                "kind": "jira",
                "department": it,
                "url": year.jira.url,
                "auth": {"email": f"hub@{n.domain}", "token": "${JIRA_TOKEN}"},
                "jql": f"project in ({n.build_project}, {n.audit_project}, {n.product_project})",
                "departments": {"project": {n.product_project: product}},
                "fields": {"start": "customfield_10015"},
                "links": {"Blocks": {"type": "FS", "predecessor": "outward"}},
            },
            "tracker": {
                "kind": "excel",
                "department": marketing,
                "path": "trackers/*.xlsx",
                "sheet": "Plan",
                "columns": {
                    "id": "Ref", "title": "Activity", "owner": "Who", "start": "Start", "due": "Due",
                    "status": "Status", "progress": "% done", "estimate": "Days",
                    "depends_on": "Needs from others", "need_by": "Needed by", "initiative": "Programme",
                    "priority": "Prio", "same_as": "Same as", "type": "Kind",
                },
            },
            "salesforce": {
                "kind": "salesforce",
                "department": sales,
                "domain": year.salesforce.url,
                "auth": {"client_id": "demo-app", "client_secret": "${SF_SECRET}"},
                "objects": {
                    "Opportunity": {
                        "title": "Name", "due": "CloseDate", "status": "StageName", "owner": "Owner.Email",
                        "depends_on": "Needs_Release__c",
                    }
                },
            },
            "erp": {
                "kind": "erp",
                "path": "exports/*.csv",
                "columns": {
                    "company_code": "CoCd", "document": "Document No.", "line": "Item",
                    "posting_date": "Posting Date", "fiscal_year": "Year", "period": "Period",
                    "amount": "Amount in LC", "currency": "LCurr", "cost_center": "Cost Center",
                    "project": "WBS Element", "supplier": "Vendor", "text": "Text",
                },
            },
        },
        "policy": {
            "gates": [{
                "gate": "security-audit", "when": {"handover_to": [marketing], "labels": ["platform"]},
                "match": {"project": n.audit_project, "type": "Audit"}, "typical_days": 60,
            }],
            "map_spend": [{"match": {"project": f"{n.work_code}*"}, "to": n.alias}],
            "templates": {"platform": {"handovers": [
                {"from": it, "to": marketing, "what": "access"}, {"from": finance, "to": it, "what": "budget release"},
            ]}},
            "decisions": {"above": {"days": 60, "amount": 5_000_000, "by": "sponsor"}, "unproven": {"days": 45}},
        },
        "alerts": {"mode": "notify", "hold": "0d"},
    }  # fmt: skip


def _as_first_seen(row: Mapping[str, Any]) -> dict[str, Any]:
    """What was said of a break in the week in which it was first seen."""
    return {name: row[name] for name in ("message", "days_late", "amount_at_risk")}


def _found(year: Year, row: Mapping[str, Any]) -> Found:
    def week(day: date | None) -> int | None:
        return (day - year.start).days // 7 + 1 if day else None

    shown_on = row["shown_on"]
    first_week = week(row["first_seen"])
    assert first_week is not None
    return Found(
        code=row["code"], rule=row["rule"], message=row["message"], state=row["state"],
        first_seen=row["first_seen"], first_week=first_week, shown_on=shown_on, shown_week=week(shown_on),
        shown_by=row["shown_by"], days_late=row["days_late"], amount_at_risk=row["amount_at_risk"],
    )  # fmt: skip


def _jira_comment(year: Year, found: Sequence[Found]) -> str:
    """The flag of the costliest break that stands on the provider's issue, as its people read it."""
    comments = year.jira.site.issue(year.keys["access"]).comments if "access" in year.keys else []
    flags = [plain(one.body) for one in comments if one.author == f"acc-hub@{year.names.domain}"]
    costliest = sorted(found, key=lambda one: one.amount_at_risk or 0, reverse=True)
    return next((flag for one in costliest for flag in flags if one.code in flag), "")


def _task(year: Year) -> str:
    """The flag on the deal, as its owner reads it."""
    tasks = [f"{task['Subject']}\n{task['Description']}" for task in year.salesforce.org.tasks()]
    return tasks[0] if tasks else ""


# --- what is printed ------------------------------------------------------------------------------------


def _tell(played: Played, out: TextIO) -> None:
    names, settings = played.year.names, played.settings
    span = f"{played.year.start} to {played.year.day(LAST_WEEK, 4)}"
    print(
        f"{names.company}, {span}: {LAST_WEEK} weeks, the main job each Friday, {played.seconds:.0f} s.\n",
        file=out,
    )
    if not played.found:
        print(
            "No break: the handover was stated, the audit planned, the budget released, and no date moved.",
            file=out,
        )
        return
    print("What people did in their tools:", file=out)
    for week, words in played.acts:
        print(f"  week {week:2}  {words}", file=out)
    print("\nWhat Interlock said, and when a tool alone showed something:\n", file=out)
    _tell_found(played.found, settings.file.currency, out)
    print(file=out)
    print_wrapped(
        "“A tool alone”: the first later day on which a due date of the items concerned passed undone, or was moved"
        " to a later day, by that tool's own fields. At stake: the money that the rule names.",
        out,
    )
    _tell_answers(played, out)
    _tell_places(played, out)


def _tell_found(found: Sequence[Found], currency: str, out: TextIO) -> None:
    columns = [Column("rule"), Column("first seen"), Column("a tool alone"), Column("warning", figures=True),
               Column(f"{currency} at stake", figures=True)]  # fmt: skip
    entries = [
        Entry(
            [
                one.rule,
                f"week {one.first_week}",
                f"week {one.shown_week}" if one.shown_on else "never",
                f"{one.warning_days} days" if one.warning_days is not None else "",
                f"{one.amount_at_risk:,.0f}" if one.amount_at_risk is not None else "",
            ],
            [one.message, *([f"A tool alone: {one.shown_by}."] if one.shown_by else [])],
        )
        for one in found
    ]
    print_list(columns, entries, out)


def _tell_answers(played: Played, out: TextIO) -> None:
    def week(day: date) -> str:
        return f"week {(day - played.year.start).days // 7 + 1:2}"

    print("\nThe way back: what people answered, and what it came to:", file=out)
    for answer in played.answers:
        print_wrapped(
            f"{week(answer['read_on'])}  {answer['kind'] or '?'} in {answer['source_id']} on {answer['item_id']}:"
            f" {answer['outcome']} ({answer['because']})",
            out,
            "  ",
        )
    print("What changed after that:", file=out)
    for change in played.changes:
        print_wrapped(f"{week(change['on_day'])}  {change['code']}: {change['reason']}", out, "  ")


def _tell_places(played: Played, out: TextIO) -> None:
    settings = played.settings
    report = reading.finance(settings, played.year.quarter(played.year.day(20)).label, None)
    names = played.year.names
    for whose, tool, text in (
        (f"{names.provider}'s issue", "Jira", played.jira_comment),
        (f"{names.seller}'s deal, a Task", "Salesforce", played.task),
    ):
        print(f"\nThe flag on {whose}, as it reads in {tool}:\n", file=out)
        for line in text.splitlines():
            print_wrapped(line, out, "    ")
    print("\nWhere to look:", file=out)
    for what, where in (
        ("the tracker, its flag columns at the right", played.year.tracker.path),
        ("the warehouse (views: docs/views.md)", settings.warehouse.parent / "snapshot.duckdb"),
        ("the finance report", report),
        ("the ledger's exports", settings.folder / "exports"),
    ):
        print(f"  {what}: {where}", file=out)
    print(f"  every break: interlock breaks -c {settings.path}", file=out)
    print(f"  one of them: interlock explain {played.found[0].code} -c {settings.path}", file=out)
