"""A company whose tools fail at random ends as the same company whose tools never do.

`CHAOS="1000 5000 500 7" pytest tests/flows/test_chaos.py -s` is the issue's own size: faults, issues, deals, seed.
The usual run is smaller. Every run prints its seed, and the faults that struck.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows import context, job
from flows.settings import load
from sandbox.jira import Fault, JiraSandbox, JiraSite, plain
from sandbox.jira.faults import Request
from sandbox.salesforce import Org, SalesforceSandbox
from sandbox.salesforce.schema import Field
from tests.flows.conftest import Company
from warehouse.database import open_database
from warehouse.verify import faults as broken

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chaos")]

FAULTS, ISSUES, DEALS, SEED = map(int, os.environ.get("CHAOS", "30 100 20 20261123").split())
DAYS = [date(2026, 3, 2) + timedelta(days=number) for number in range(3)]
MOST_SYNCS = 200
SHARE, HARD = 0.45, 0.15
"""Of the requests in a storm, how many go wrong; of those, how many for longer."""
# Most faults are over when the same is asked again; the others end a source's pull, or a push, for this run.
JIRA_MILD = ("rate_limited", "unavailable", "error", "cut_before", "cut_short")
JIRA_HARD = ("cut_after", "unauthorised", "anonymous", "html", "same_token")
SALESFORCE_MILD = ("rate_limited", "unavailable", "error", "cut_before", "cut_short", "locked")
SALESFORCE_HARD = ("cut_after", "expired", "over_limit", "html", "lost_locator")


class Weather(Fault):
    """Strikes at random until `left` is used up; never as a lie about the data (404, or 403 on a write).

    Each tool has its own, so that the order in which tools are asked does not matter to the seed.
    """

    def __init__(self, seed: int, left: int, mild: Sequence[str], hard: Sequence[str]) -> None:
        super().__init__("*", "error")
        self.dice, self.left, self.mild, self.hard = random.Random(seed), left, mild, hard
        self.struck: Counter[str] = Counter()

    def strikes(self, request: Request) -> bool:
        if self.left == 0 or self.dice.random() > SHARE:
            return False
        kinds = self.hard if self.dice.random() < HARD else self.mild
        kind = self.dice.choice(kinds)
        wait = self.dice.choice([None, 1, 10]) if self.dice.random() > HARD else 400
        self.kind = "error" if kind == "locked" and "/composite/" not in request.path else kind  # type: ignore[assignment]
        self.retry_after = wait
        self.left -= 1
        self.struck[self.kind] += 1
        return True


class SalesforceWeather(Weather):
    act = None


@dataclass
class World:
    """The tools of one company, made alike for the same seed, and what people do in them day by day."""

    company: Company
    jira: JiraSandbox
    salesforce: SalesforceSandbox

    def begin(self) -> None:
        dice, site = random.Random(SEED), self.jira.site
        for number in range(ISSUES):
            due = DAYS[0] + timedelta(days=dice.randrange(5, 90))
            fields = {"duedate": due.isoformat(), "assignee": "Dana Smith"}
            made = site.create_issue(f"P{number % 5}", f"Part {number}", by="Dana Smith", fields=fields)
            if number > 20 and number % 7 == 0:
                before = site.issue(f"P{(number - 13) % 5}-{1 + (number - 13) // 5}")
                site.link("Blocks", before.key, made.key, by="Dana Smith")
        rows = []
        for number in range(ISSUES // 20):
            needed = DAYS[0] + timedelta(days=dice.randrange(10, 120))
            rows.append(
                {
                    "id": f"M-{number}",
                    "title": f"Campaign {number}",
                    "start": needed,
                    "depends_on": self.key(dice),
                }
            )
        self.company.tracker("marketing", rows)
        self.company.jira(self.jira)
        org = self.salesforce.org
        self.deals = [
            org.create(
                "Opportunity",
                {"Name": f"Deal {number}", "StageName": "Prospecting", "Needs_Release__c": self.key(dice),
                 "CloseDate": (DAYS[0] + timedelta(days=dice.randrange(40, 200))).isoformat()},
                "sal@x.example",
            )["Id"]
            for number in range(DEALS)
        ]  # fmt: skip
        self.company.settings["departments"]["sales"] = {"name": "Sales", "lead": "lee@x.example"}
        self.company.settings["sources"]["salesforce"] = {
            "kind": "salesforce", "department": "sales", "domain": self.salesforce.url,
            "auth": {"client_id": "app", "client_secret": "secret"},
            "objects": {"Opportunity": {"title": "Name", "due": "CloseDate", "status": "StageName",
                                        "owner": "Owner.Email", "depends_on": "Needs_Release__c"}},
        }  # fmt: skip

    def key(self, dice: random.Random) -> str:
        number = dice.randrange(ISSUES)
        return f"P{number % 5}-{1 + number // 5}"

    def live(self, day: int) -> None:
        """What people do on a day, after the sync of the day before."""
        dice, site = random.Random(SEED + day), self.jira.site
        for _ in range(ISSUES // 20):
            issue = site.issue(self.key(dice))
            later = date.fromisoformat(issue.fields["duedate"]) + timedelta(days=dice.randrange(1, 30))
            site.set_fields(issue.key, {"duedate": later.isoformat()}, by="Dana Smith")
        site.transition(self.key(dice), "Done", by="Dana Smith")
        org = self.salesforce.org
        for _ in range(DEALS // 20):
            close = (DAYS[0] + timedelta(days=dice.randrange(20, 200))).isoformat()
            org.update(dice.choice(self.deals), {"CloseDate": close}, "sal@x.example")
        # They answer in one tool a day: of two answers to one break, a storm may well decide which is read last.
        # What stands in a tool is taken in the order of its text: a storm decides what was written there first.
        tasks = sorted(org.tasks(), key=lambda task: (task["WhatId"], task["Subject"]))
        for task in tasks[:2] if day % 2 else []:
            org.update(task["Id"], {"Description": f"{task['Description'].rstrip()}\nack"}, "sal@x.example")
        flagged = [issue for issue in site.issues.values() if issue.comments and day % 2 == 0]
        for issue in flagged[:3]:
            # By its code: a bare answer means the one break that is open, and which tool's answer is read first, a
            # storm may well decide.
            said = " ".join(plain(comment.body) for comment in issue.comments)
            code = min(re.findall(r"interlock: ack (\w+)", said))
            words = dice.choice([f"ack {code}", f"dispute {code} not so", "gibberish"])
            site.comment(issue.key, f"interlock: {words}", by="Dana Smith")

    def state(self) -> dict[str, Any]:
        """What people and readers see; and the record, version by version."""
        with open_database(load(self.company.config, {"JIRA_TOKEN": "secret"}).warehouse) as db:
            assert list(broken(db)) == []
            seen: dict[str, Any] = {
                view: sorted(db.execute(f"FROM {view}").fetchall(), key=str)
                for view in (
                    "work_item",
                    "dependency",
                    "handover",
                    "schedule",
                    "promise",
                    "break_history",
                    "answer",
                )
            }
            for (table,) in db.execute("SELECT table_name FROM ops.stream ORDER BY 1").fetchall():
                columns = "_key, _version, _hash, _gone"
                seen[table] = db.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2").fetchall()
        seen["comments"] = {
            issue.key: sorted(plain(comment.body) for comment in issue.comments)
            for issue in self.jira.site.issues.values()
            if issue.comments
        }
        seen["tasks"] = sorted(
            [task["WhatId"], task["Subject"], task["Description"], task["Status"]]
            for task in self.salesforce.org.tasks(with_deleted=True)
        )
        text = json.dumps(seen, default=str).replace(self.jira.url, "").replace(self.salesforce.url, "")
        state: dict[str, Any] = json.loads(text)
        return state


@pytest.fixture
def worlds(tmp_path: Path, command: Any) -> Iterator[list[World]]:
    """Two companies, alike."""
    with ExitStack() as stack:
        made = []
        for name in ("calm", "storm"):
            moment = datetime(2026, 3, 2, 9, tzinfo=UTC)
            site = JiraSite(lambda moment=moment: moment)  # type: ignore[misc]
            site.add_user("Interlock", "hub@x.example")
            site.grant("hub@x.example", "secret")
            site.add_user("Dana Smith", "dana@x.example")
            for number in range(5):
                site.add_project(f"P{number}")
            folder = tmp_path / name
            folder.mkdir()
            org = Org(lambda moment=moment: moment)  # type: ignore[misc]
            org.add_user("Interlock", "hub@x.example")
            org.grant("hub@x.example", "app", "secret")
            org.add_user("Sal Owens", "sal@x.example")
            org.add_field("Opportunity", Field("Needs_Release__c"))
            org.add_field("Task", Field("Interlock_Key__c", length=40, external_id=True))
            tools = stack.enter_context(JiraSandbox(site)), stack.enter_context(SalesforceSandbox(org))
            world = World(Company(folder, command), *tools)
            world.begin()
            made.append(world)
        yield made


def sync(holder: context.Run, day: date) -> int:
    run = holder.again(day)
    job.main_job(run)
    return 1 if run.report.failed or run.report.deferred else 0


def held(world: World) -> AbstractContextManager[context.Run]:
    """The world's warehouse, held for all its days."""
    return job.opened(load(world.company.config, {"JIRA_TOKEN": "secret"}), "sync", DAYS[0])


def differences(expected: dict[str, Any], found: dict[str, Any]) -> dict[str, dict[str, list[str]]]:
    """Of each part of the state what stands in one world only."""
    told = {}
    for name in found:
        without, within = (
            {json.dumps(row) for row in (part.items() if isinstance(part, dict) else part)}
            for part in (expected[name], found[name])
        )
        if found[name] != expected[name]:
            told[name] = {
                "without faults": sorted(without - within),
                "in the storm": sorted(within - without),
            }
    return told


def test_a_storm_of_faults_changes_nothing_in_the_end(
    worlds: list[World], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context.SystemClock, "sleep", lambda self, seconds: None)
    calm, storm = worlds
    with held(calm) as run:
        for number, day in enumerate(DAYS):
            calm.live(number)
            assert sync(run, day) == 0
    kept = FAULTS // 5
    over_jira = Weather(SEED, FAULTS - kept, JIRA_MILD, JIRA_HARD)
    over_salesforce = SalesforceWeather(SEED + 1, kept, SALESFORCE_MILD, SALESFORCE_HARD)
    with held(storm) as run:
        for number, day in enumerate(DAYS):
            storm.live(number)
            # Each day of the storm has its share of the faults; the last sync of a day meets none.
            storm.jira.faults, storm.salesforce.faults = [over_jira], [over_salesforce]
            days_left = len(DAYS) - 1 - number
            ends = [
                (over_jira, (FAULTS - kept) * days_left // len(DAYS)),
                (over_salesforce, kept * days_left // len(DAYS)),
            ]
            syncs = 0
            while any(weather.left > end for weather, end in ends) and syncs < MOST_SYNCS:
                sync(run, day)
                syncs += 1
            storm.jira.faults, storm.salesforce.faults = [], []
            assert sync(run, day) == 0
            print(f"{day}: {syncs} syncs in the storm", file=sys.stderr)
    print(f"CHAOS='{FAULTS} {ISSUES} {DEALS} {SEED}'", file=sys.stderr)
    for tool, weather in (("Jira", over_jira), ("Salesforce", over_salesforce)):
        print(f"{tool}: {dict(weather.struck)}", file=sys.stderr)
        assert weather.left == 0
        expected, found = calm.state(), storm.state()
    assert differences(expected, found) == {}
    assert expected["comments"]
    assert expected["tasks"]
    assert expected["answer"]
