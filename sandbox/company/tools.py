"""The company's tools, and what can be done in them: a Jira site, a Salesforce org, a tracker and the register."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sandbox.company import workbooks
from sandbox.company.names import Names
from sandbox.jira import JiraSandbox, JiraSite
from sandbox.jira.model import IssueType, Project, User
from sandbox.salesforce import Org, SalesforceSandbox
from sandbox.salesforce.schema import Field

LAST_WEEK = 52
START_FIELD = "customfield_10015"

TRACKER_COLUMNS = ("Ref", "Activity", "Who", "Start", "Due", "Status", "% done", "Days", "Needs from others",
                   "Needed by", "Programme", "Prio", "Same as", "Kind")  # fmt: skip
REGISTER_SHEETS = {
    "Initiatives": ("Initiative", "Aliases", "Objective", "Type", "Departments", "Sponsor", "Controller", "Rank",
                    "Stage", "Start", "Baseline finish", "Closure criteria"),
    "Money": ("Initiative", "Fiscal quarter", "Budget", "State", "Benefit planned", "Benefit forecast",
              "Benefit confirmed"),
    "Handovers": ("Initiative", "From", "To", "What", "Provider item", "Consumer item", "Need by", "Provider owner",
                  "Consumer owner", "Commitment", "State"),
}  # fmt: skip


@dataclass(frozen=True)
class Quarter:
    """A fiscal quarter as the register writes it."""

    label: str
    starts_on: date


class Tools:
    """The tools of the company in `folder`; week 1 begins on `start`, a Monday."""

    def __init__(self, folder: Path, start: date, names: Names, fiscal_start: int) -> None:
        if start.weekday() != 0:
            raise ValueError(f"{start} is no Monday")
        self.folder = folder
        self.start = start
        self.names = names
        self.fiscal_start = fiscal_start
        self._moment = self.friday(1)
        self.jira = JiraSandbox(JiraSite(clock=lambda: self._moment), forget_replies=True)
        self.salesforce = SalesforceSandbox(Org(clock=lambda: self._moment))
        self.tracker = workbooks.Sheet(folder / "trackers" / "marketing-plan.xlsx", "Plan", header_row=3)
        self.money = workbooks.Sheet(folder / "register.xlsx", "Money")
        self._register = folder / "register.xlsx"

    # --- time --------------------------------------------------------------------------------------------

    def day(self, week: int, weekday: int = 0) -> date:
        """A day of a week: 0 is its Monday."""
        return self.start + timedelta(weeks=week - 1, days=weekday)

    def friday(self, week: int) -> datetime:
        """Friday noon of a week: by then the week's work is done."""
        return datetime.combine(self.day(week, 4), time(12), tzinfo=UTC)

    def quarter(self, day: date) -> Quarter:
        """The fiscal quarter of a day, labelled by the year in which the fiscal year ends."""
        months = day.year * 12 + day.month - self.fiscal_start
        first = months - months % 3 + self.fiscal_start - 1
        label = months // 12 + (1 if self.fiscal_start > 1 else 0)
        return Quarter(f"{label}-Q{months % 12 // 3 + 1}", date(first // 12, first % 12 + 1, 1))

    # --- as they are on the first day -----------------------------------------------------------------------

    def _open_tools(self) -> None:
        self._open_jira()
        self._open_salesforce()
        self._open_register()
        title = f"{self.names.consumer} plan"
        workbooks.make(self.tracker.path, {"Plan": TRACKER_COLUMNS}, title, beside=(80, 12, 60, 26, 10, 10))

    def _open_register(self) -> None:
        n = self.names
        workbooks.make(self._register, REGISTER_SHEETS)
        workbooks.Sheet(self._register, "Initiatives").write_row({
            "Initiative": n.initiative, "Aliases": n.alias, "Objective": n.objective, "Type": "Platform",
            "Departments": f"{n.provider}; {n.consumer}; {n.money}", "Sponsor": n.mail(n.sponsor),
            "Controller": n.mail(n.money_lead), "Rank": 1, "Stage": "Decided", "Start": self.day(1),
            "Closure criteria": "Campaign live on platform data",
        })  # fmt: skip
        quarters = {self.quarter(self.day(week)) for week in range(-12, LAST_WEEK + 60)}
        for quarter in sorted(quarters, key=lambda q: q.starts_on):
            self.money.write_row(self._released(quarter))
        stated = workbooks.Sheet(self._register, "Handovers")
        stated.write_row({
            "Initiative": n.alias, "From": n.money, "To": n.provider, "What": "budget release",
            "Need by": self.day(1, 4), "State": "accepted",
        })  # fmt: skip

    def _released(self, quarter: Quarter) -> dict[str, Any]:
        return {
            "Initiative": self.names.initiative, "Fiscal quarter": quarter.label, "Budget": 450_000,
            "State": "Released", "Benefit planned": 300_000,
        }  # fmt: skip

    def _open_jira(self) -> None:
        n, site = self.names, self.jira.site
        site.tokens[f"hub@{n.domain}"] = "demo-token"
        people = (n.provider_lead, n.consumer_lead, n.money_lead, n.maker_lead, n.seller_lead, "Pat Lindgren")
        for person in ("Interlock Hub", *people):
            address = f"hub@{n.domain}" if person == "Interlock Hub" else n.mail(person)
            site.users[f"acc-{address}"] = User(f"acc-{address}", person, address)
        for number, (key, name) in enumerate(
            ((n.build_project, "Platform"), (n.audit_project, "Security"), (n.product_project, n.maker)),
            10100,
        ):
            site.projects[str(number)] = Project(str(number), key, name)
        site.issue_types["10009"] = IssueType("10009", "Audit")
        self.keys: dict[str, str] = {}

    def _open_salesforce(self) -> None:
        n, org = self.names, self.salesforce.org
        for person in ("Interlock Hub", n.seller_lead):
            org.add_user(person, f"hub@{n.domain}" if person == "Interlock Hub" else n.mail(person))
        org.grant(f"hub@{n.domain}", "demo-app", "demo-secret")
        org.add_field("Opportunity", Field("Needs_Release__c"))
        org.add_field("Task", Field("Interlock_Key__c", length=40, external_id=True))

    # --- Jira ----------------------------------------------------------------------------------------------

    def _issue(self, name: str, title: str, type: str, **fields: Any) -> None:
        project = self.names.audit_project if type == "Audit" else self.names.build_project
        epic = {} if name == "epic" else {"parent": self.keys["epic"]}
        issue = self.jira.site.create_issue(project, title, type, self.names.mail(self.names.provider_lead),
                                            {**epic, **fields})  # fmt: skip
        self.keys[name] = issue.key

    def _set(self, name: str, **changes: Any) -> None:
        self.jira.site.set_fields(self.keys[name], changes, self.names.mail(self.names.provider_lead))

    def _begin_work(self, name: str) -> None:
        self.jira.site.transition(self.keys[name], "In Progress", self.names.mail(self.names.provider_lead))

    def _finish(self, name: str) -> None:
        self.jira.site.transition(self.keys[name], "Done", self.names.mail(self.names.provider_lead))

    def _work(self, first: int, last: int) -> dict[str, Any]:
        """From Monday of a week to Friday of another. Nobody here logs hours, so nobody estimates any."""
        return {
            START_FIELD: self.day(first).isoformat(),
            "duedate": self.day(last, 4).isoformat(),
            "assignee": self.names.mail(self.names.provider_lead),
        }

    def _first_issues(self, priority: str, pipelines_until: int) -> None:
        n = self.names
        self._issue("epic", n.initiative, "Epic", priority=priority, assignee=n.mail(n.provider_lead))
        self._issue("design", n.design, "Story", priority=priority, **self._work(1, 5))
        self._issue("pipelines", n.pipelines, "Story", priority=priority, **self._work(6, pipelines_until))
        self._begin_work("epic")
        self._begin_work("design")

    # --- workbooks -----------------------------------------------------------------------------------------

    def row(self, number: int) -> str:
        return f"{self.names.row_prefix}{number}"

    def _row(self, number: int, title: str, first: int, last: int, parent: bool = True, **more: Any) -> None:
        self.tracker.write_row({
            "Ref": self.row(number), "Activity": title, "Who": self.names.consumer_lead, "Start": self.day(first),
            "Due": self.day(last, 4), "Status": "Planned", "Programme": self.names.alias, "Prio": "Must", **more,
        })  # fmt: skip

    def _edit_money(self, quarter: Quarter, values: Mapping[str, Any]) -> None:
        self.money.edit(quarter.label, values, by="Fiscal quarter")
