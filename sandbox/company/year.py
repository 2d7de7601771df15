"""What the company's people do in their tools, week by week.

Week 1 begins on `start`, a Monday; everything in a week is done by its Friday. In the story nobody states a
handover, plans the audit or maps the benefit until it hurts; in the control year (`in_order`) all of it is in
place from the start, and no date moves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.company import exports, workbooks
from sandbox.company.names import Names
from sandbox.jira import JiraSandbox, JiraSite, plain
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


class Year:
    """The tools of the company in `folder` and its Jira site, played from week 1 to LAST_WEEK."""

    def __init__(
        self,
        folder: Path,
        start: date,
        names: Names | None = None,
        in_order: bool = False,
        fiscal_start: int = 4,
    ) -> None:
        if start.weekday() != 0:
            raise ValueError(f"{start} is no Monday")
        self.folder = folder
        self.start = start
        self.names = names or Names()
        self.in_order = in_order
        self.fiscal_start = fiscal_start
        self._moment = self.friday(1)
        self.jira = JiraSandbox(JiraSite(clock=lambda: self._moment), forget_replies=True)
        self.salesforce = SalesforceSandbox(Org(clock=lambda: self._moment))
        self.tracker = workbooks.Sheet(folder / "trackers" / "marketing-plan.xlsx", "Plan", header_row=3)
        self.money = workbooks.Sheet(folder / "register.xlsx", "Money")
        self._register = folder / "register.xlsx"
        self._document = 1900000000

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

    # --- the play ----------------------------------------------------------------------------------------

    def play(self, week: int) -> list[str]:
        """Do what people do in a week; returns it in words."""
        self._moment = self.friday(week)
        script = self._script_in_order() if self.in_order else self._script()
        done = []
        for when, words, act in script:
            if when == week:
                act()
                done.append(words)
        self._export_ledger(week)
        return done

    def _script(self) -> list[tuple[int, str, Callable[[], None]]]:
        n = self.names
        return [
            (1, f"{n.money} registers “{n.initiative}”; {n.provider} plans its first work in Jira", self._begin),
            (3, f"{n.maker} plans a release in Jira", self._plan_release),
            (3, f"{n.consumer} plans its campaign in its tracker", self._plan_campaign),
            (5, f"{n.provider}: design done", lambda: self._finish("design")),
            (5, f"{n.provider}: pipelines started", lambda: self._begin_work("pipelines")),
            (5, f"{n.seller} writes into Salesforce which release its deal waits for", self._open_deal),
            (9, f"{n.provider} plans campaign access, as secondary maintenance", self._plan_access),
            (9, f"{n.money} holds the budget of the quarter in which it starts: its benefit is not mapped",
             self._hold_budget),
            (10, f"{n.consumer} writes down what its segments wait for", self._state_need),
            (12, f"{n.consumer} keeps a copy of {n.provider}'s date in its tracker", self._copy_access),
            (15, f"{n.provider} moves its pipelines by seven weeks", self._slip_pipelines),
            (17, f"{n.consumer_lead} answers in the tracker's cell: accepts the delay for now", self._accept_in_cell),
            (20, f"{n.maker} moves its release by nine weeks", self._slip_release),
            (20, f"{n.provider} moves its pipelines by two more weeks", self._slip_pipelines_again),
            (23, f"{n.money} maps the benefit and releases the budget", self._release_budget),
            (23, f"{n.seller_lead} answers in the Task: seen", self._answer_in_task),
            (24, f"{n.provider} moves its own access date at last", self._move_access),
            (26, f"{n.provider_lead} answers in a Jira comment: commits to a first slice", self._commit_in_comment),
            (29, f"{n.provider}: pipelines done", lambda: self._finish("pipelines")),
            (29, f"{n.seller} moves its deal, whose close date has passed", self._move_deal),
            (29, f"{n.provider}: access started", lambda: self._begin_work("access")),
            (35, f"{n.provider} learns of the security audit: six months", self._discover_audit),
            (35, f"{n.maker}: released", lambda: self._finish("release")),
            (36, f"{n.seller}: deal won", self._win_deal),
            (36, f"{n.consumer}: creative done", lambda: self.tracker.edit(self.row(2), {"Status": "Done"})),
        ]  # fmt: skip

    def _script_in_order(self) -> list[tuple[int, str, Callable[[], None]]]:
        n = self.names
        rows = self.tracker

        def row_is(number: int, status: str) -> Callable[[], None]:
            return lambda: rows.edit(self.row(number), {"Status": status})

        return [
            (1, f"{n.initiative} begins with its handover stated, its audit planned and its budget released",
             self._begin_in_order),
            (5, f"{n.provider}: design done", lambda: self._finish("design")),
            (5, f"{n.provider}: pipelines started", lambda: self._begin_work("pipelines")),
            (15, f"{n.provider}: pipelines done", lambda: self._finish("pipelines")),
            (16, f"{n.provider}: access started", lambda: self._begin_work("access")),
            (24, f"{n.provider}: access done", lambda: self._finish("access")),
            (25, f"{n.maker}: released", lambda: self._finish("release")),
            (28, f"{n.seller}: deal won", self._win_deal),
            (16, f"{n.consumer} notes that access is being worked on", row_is(5, "In progress")),
            (24, f"{n.consumer} notes that it has access", row_is(5, "Done")),
            (25, "the audit starts", lambda: self._begin_work("audit")),
            (28, "the audit is passed", lambda: self._finish("audit")),
            (31, f"{n.consumer}: creative done", row_is(2, "Done")),
            (36, f"{n.consumer}: segments done", row_is(3, "Done")),
            (40, f"{n.consumer}: campaign done", row_is(1, "Done")),
            (41, f"{n.provider} closes the epic", lambda: self._finish("epic")),
        ]  # fmt: skip

    # --- Jira --------------------------------------------------------------------------------------------

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

    # --- the story ---------------------------------------------------------------------------------------

    def _begin(self) -> None:
        self._open_tools()
        self._first_issues("Low", pipelines_until=20)

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

    def _plan_campaign(self) -> None:
        n = self.names
        self._row(1, n.campaign, 33, 40, Kind="Milestone")
        self._row(2, n.creative, 26, 36, parent=False)
        self._row(3, n.segments, 31, 36, parent=False)

    def row(self, number: int) -> str:
        return f"{self.names.row_prefix}{number}"

    def _row(self, number: int, title: str, first: int, last: int, parent: bool = True, **more: Any) -> None:
        self.tracker.write_row({
            "Ref": self.row(number), "Activity": title, "Who": self.names.consumer_lead, "Start": self.day(first),
            "Due": self.day(last, 4), "Status": "Planned", "Programme": self.names.alias, "Prio": "Must", **more,
        })  # fmt: skip

    def _plan_access(self) -> None:
        self._issue(
            "access", self.names.access, "Story", priority="Low", labels=["platform"], **self._work(21, 30)
        )
        self.jira.site.link("Blocks", self.keys["pipelines"], self.keys["access"],
                            self.names.mail(self.names.provider_lead))  # fmt: skip

    def _hold_budget(self) -> None:
        self._edit_money(self.quarter(self.day(21)), {"State": "Held", "Benefit planned": None})

    def _release_budget(self) -> None:
        self._edit_money(self.quarter(self.day(21)), {"State": "Released", "Benefit planned": 300_000})

    def _edit_money(self, quarter: Quarter, values: Mapping[str, Any]) -> None:
        self.money.edit(quarter.label, values, by="Fiscal quarter")

    def _state_need(self) -> None:
        self.tracker.edit(
            self.row(3), {"Needs from others": self.keys["access"], "Needed by": self.day(30, 4)}
        )

    def _copy_access(self) -> None:
        self.tracker.write_row({
            "Ref": self.row(5), "Activity": self.names.access_copy, "Start": self.day(21), "Due": self.day(30, 4),
            "Status": "Planned", "Programme": self.names.alias, "Same as": self.keys["access"],
        })  # fmt: skip

    def _slip_pipelines(self) -> None:
        self._set("pipelines", duedate=self.day(27, 4).isoformat())

    def _slip_pipelines_again(self) -> None:
        self._set("pipelines", duedate=self.day(29, 4).isoformat())

    def _move_access(self) -> None:
        self._set("access", duedate=self.day(39, 4).isoformat())
        self.jira.site.set_fields(self.keys["access"], {START_FIELD: self.day(30).isoformat()},
                                  self.names.mail(self.names.provider_lead))  # fmt: skip

    def _discover_audit(self) -> None:
        n = self.names
        self._issue("audit", n.audit, "Audit", priority="High", **self._work(36, 61))
        self.jira.site.link("Blocks", self.keys["access"], self.keys["audit"], n.mail(n.provider_lead))
        self._set("access", duedate=self.day(61, 4).isoformat())

    # --- a deal that waits for a release -----------------------------------------------------------------

    def _open_salesforce(self) -> None:
        n, org = self.names, self.salesforce.org
        for person in ("Interlock Hub", n.seller_lead):
            org.add_user(person, f"hub@{n.domain}" if person == "Interlock Hub" else n.mail(person))
        org.grant(f"hub@{n.domain}", "demo-app", "demo-secret")
        org.add_field("Opportunity", Field("Needs_Release__c"))
        org.add_field("Task", Field("Interlock_Key__c", length=40, external_id=True))

    def _plan_release(self) -> None:
        n = self.names
        due = {"duedate": self.day(26, 4).isoformat(), "assignee": n.mail(n.maker_lead)}
        issue = self.jira.site.create_issue(n.product_project, n.release, "Story", n.mail(n.maker_lead), due)
        self.keys["release"] = issue.key

    def _open_deal(self) -> None:
        fields = {
            "Name": self.names.deal, "StageName": "Negotiation/Review", "CloseDate": self.day(28, 4).isoformat(),
            "Needs_Release__c": self.keys["release"],
        }  # fmt: skip
        self.deal = self.salesforce.org.create(
            "Opportunity", fields, self.names.mail(self.names.seller_lead)
        )["Id"]

    def _slip_release(self) -> None:
        due = {"duedate": self.day(35, 4).isoformat()}
        self.jira.site.set_fields(self.keys["release"], due, self.names.mail(self.names.maker_lead))

    def _answer_in_task(self) -> None:
        """She finds the flag among her Tasks, and writes below its line."""
        for task in self.salesforce.org.tasks():
            if task["WhatId"] == self.deal:
                text = f"{task['Description'].rstrip()}\nack we tell the customer"
                self.salesforce.org.update(
                    task["Id"], {"Description": text}, self.names.mail(self.names.seller_lead)
                )

    def _edit_deal(self, **fields: Any) -> None:
        self.salesforce.org.update(self.deal, fields, self.names.mail(self.names.seller_lead))

    def _move_deal(self) -> None:
        self._edit_deal(CloseDate=self.day(36, 4).isoformat())

    def _win_deal(self) -> None:
        self._edit_deal(StageName="Closed Won")

    # --- what people answer ------------------------------------------------------------------------------

    def _accept_in_cell(self) -> None:
        """She sees the flag in her row, and answers in the cell that stands beside it."""
        flagged = self.tracker.read(self.row(3))
        answer = next((name for name in flagged if name.lower().endswith("answer")), None)
        if answer is not None:
            self.tracker.edit(self.row(3), {answer: f"accept up to 45d until {self.day(22, 4)}"})

    def _commit_in_comment(self) -> None:
        """He sees the comments on his issue, and answers the one about the delay by its code."""
        site = self.jira.site
        comments = site.issue(self.keys["access"]).comments
        for comment in comments:
            words = plain(comment.body)
            found = re.search(r"interlock: commit (\w+)", words)
            if found:
                line = f"interlock: commit {found[1]} first slice for segments by {self.day(33, 4)}"
                site.comment(self.keys["access"], line, self.names.mail(self.names.provider_lead))
                return

    # --- the control year --------------------------------------------------------------------------------

    def _begin_in_order(self) -> None:
        n = self.names
        self._open_tools()
        self._first_issues("High", pipelines_until=15)
        self._issue("access", n.access, "Story", priority="High", labels=["platform"], **self._work(16, 24))
        self._issue("audit", n.audit, "Audit", priority="High", **self._work(25, 28))
        lead = n.mail(n.provider_lead)
        self.jira.site.link("Blocks", self.keys["pipelines"], self.keys["access"], lead)
        self.jira.site.link("Blocks", self.keys["access"], self.keys["audit"], lead)
        self._plan_release()
        self._open_deal()
        self._plan_campaign()
        self.tracker.edit(self.row(2), {"Due": self.day(31, 4)})
        self._state_need()
        self.tracker.write_row({
            "Ref": self.row(5), "Activity": n.access_copy, "Start": self.day(16), "Due": self.day(24, 4),
            "Status": "Planned", "Programme": n.alias, "Same as": self.keys["access"],
        })  # fmt: skip

    # --- the ledger --------------------------------------------------------------------------------------

    def _export_ledger(self, week: int) -> None:
        """In the first week of each month, and of the year, the last month's postings are exported."""
        friday, before = self.day(week, 4), self.day(week - 1, 4)
        if week > 1 and friday.month == before.month:
            return
        last_month = friday.replace(day=1) - timedelta(days=1)
        first = last_month.replace(day=1)
        work = self.names.work_code
        lines = [
            self._line(first, 5, Decimal("38250.40"), work, "Northbridge Consulting", "Build"),
            self._line(first, 12, Decimal("12999.99"), work, "Cloud hosting", "Platform"),
            self._line(first, 20, Decimal("-1250.00"), work, "Cloud hosting", "Credit note"),
        ]
        if not self.in_order and 13 <= week <= 26:
            lines.append(
                self._line(first, 22, Decimal("18400.00"), "", "Northbridge Consulting", "Data advice")
            )
        exports.write(self.folder / "exports" / f"ledger-{first:%Y-%m}.csv", lines)

    def _line(self, month: date, day: int, amount: Decimal, wbs: str, vendor: str, text: str) -> exports.Line:
        self._document += 1
        posted = month.replace(day=day)
        quarter = self.quarter(posted)
        period = (posted.year * 12 + posted.month - self.fiscal_start) % 12 + 1
        return exports.Line(self._document, posted, int(quarter.label[:4]), period, amount, wbs, vendor, text)
