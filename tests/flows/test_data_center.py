"""Jira Data Center through the configuration and the command line: the same company, the same answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.jira import JiraSandbox, JiraSite
from sandbox.jira.model import Issue
from sandbox.jira_dc import DataCenterSandbox, render, visible, wiki
from tests.flows.conftest import DAY, Clock, Company, Result

RULES = {"automations": ["rules"]}


def furnished(clock: Clock) -> JiraSite:
    site = JiraSite(clock)
    site.add_user("Interlock", "hub@x.example")
    site.grant("hub@x.example", "secret")
    site.add_user("Dana Smith", "dana@x.example")
    site.add_user("Mo Adeyemi", "mo@x.example")
    site.add_user("Rule Runner", "rules@x.example")
    site.add_user("No Mail")
    site.add_project("PLAT")
    site.add_project("SEC")
    return site


@pytest.fixture
def data_center(clock: Clock) -> Iterator[DataCenterSandbox]:
    with DataCenterSandbox(furnished(clock)) as sandbox:
        yield sandbox


def reading(company: Company, jira: JiraSandbox, **options: Any) -> None:
    """The source `jira`, on Data Center, with a personal access token."""
    company.jira(jira, auth={"token": "${JIRA_TOKEN}"}, **RULES, **options)


# --- break, comment, answer ------------------------------------------------------------------------------


@pytest.fixture
def access(data_center: DataCenterSandbox) -> Issue:
    """IT's issue, due on the 20th, in progress; its title is full of markup."""
    site = data_center.site
    issue = site.create_issue(
        "PLAT", "Open {color:red}access{color} for [~mo]", by="Dana Smith",
        fields={"duedate": "2026-03-20", "Start date": "2026-03-02", "assignee": "dana@x.example"},
    )  # fmt: skip
    site.transition(issue.key, "In Progress", by="Dana Smith")
    return issue


@pytest.fixture
def waiting(company: Company, data_center: DataCenterSandbox, access: Issue) -> Path:
    """Marketing's campaign waits for it and starts on the 16th. Told once."""
    reading(company, data_center)
    path = company.tracker(
        "marketing",
        [{"id": "M-1", "title": "Campaign", "owner": "Mo", "start": date(2026, 3, 16), "due": date(2026, 4, 1),
          "depends_on": access.key}],
    )  # fmt: skip
    company.sync()
    return path


def flags(jira: DataCenterSandbox, issue: Issue) -> list[str]:
    """The hub's comments, as Jira shows them."""
    hub = jira.site.user("hub@x.example").account_id
    return [visible(render(c.body["text"])) for c in issue.comments if c.author == hub]


def test_a_break_is_told_once_answered_and_understood(
    company: Company, data_center: DataCenterSandbox, clock: Clock, access: Issue, waiting: Path
) -> None:
    assert [one["days_late"] for one in company.breaks()] == [5]
    (flag,) = flags(data_center, access)
    assert "Open {color:red}access{color} for [~mo]" in flag
    assert "5 working days" in flag
    assert 'class="user-hover"' not in render(access.comments[0].body["text"])
    before, asked = company.dump(), len(data_center.log)
    company.sync()
    assert company.dump() == before
    assert {e.path for e in data_center.log[asked:] if e.method != "GET"} == {"/rest/api/2/search"}
    clock.moment += timedelta(hours=1)
    data_center.site.comment(
        access.key,
        wiki(
            "{quote}interlock: ack{quote}\n*interlock:* dispute the [campaign|https://x.example] starts in *May*"
        ),
        by="Dana Smith",
    )
    company.sync(DAY + timedelta(days=1))
    answers = company.view("SELECT kind, outcome FROM answer")
    assert [(row["kind"], row["outcome"]) for row in answers] == [("dispute", "counted")]
    (flag,) = flags(data_center, access)
    assert "Understood as: disputed: the campaign starts in May (Dana Smith)." in flag


# --- one site, both protocols ----------------------------------------------------------------------------

VIEWS = ("work_item", "dependency", "promise", "handover", "schedule", "reference_problem", "person", "status_history",
         "sprint", "sprint_item", "version", "version_item", "worklog")  # fmt: skip
DIFFERS = {
    ("work_item", "url"),  # the site's address
    ("work_item", "owner_id"), ("person", "person_id"),  # who somebody is whose e-mail address Jira does not show
}  # fmt: skip


def rich(site: JiraSite, clock: Clock) -> None:
    """Issues with everything that is read, in an order of events."""
    site.add_version("PLAT", "R1", "2026-06-30")
    site.add_component("PLAT", "Bridge")
    site.add_security_level("Board only")
    site.add_field("Target end", "date", "customfield_10020")
    site.add_field("Deputy", "user", "customfield_10021")
    site.add_field("Needs", "string", "customfield_10022")
    site.add_field("Sprint", "sprint", "customfield_10023")
    site.add_sprint("Sprint 1, the first", "closed", "2026-02-02T09:00:00.000Z", "2026-02-13T17:00:00.000Z")
    site.add_sprint("Sprint [2]", "active", "2026-03-02T09:00:00.000Z")
    epic = site.create_issue(
        "PLAT", "Platform *one*", type="Epic", by="Dana Smith", fields={"labels": ["platform"]}
    )
    build = site.create_issue(
        "PLAT", "Build {it}", by="Dana Smith",
        fields={"duedate": "2026-03-20", "Start date": "2026-03-02", "assignee": "Dana Smith", "parent": epic.key,
                "timeoriginalestimate": 288000, "components": ["Bridge"], "fixVersions": ["R1"], "priority": "High",
                "Target end": "2026-03-18", "Deputy": "Mo Adeyemi"},
    )  # fmt: skip
    part = site.create_issue("PLAT", "Part", type="Sub-task", by="Mo Adeyemi", fields={"parent": build.key})
    audit = site.create_issue(
        "SEC", "Audit", by="Mo Adeyemi",
        fields={"assignee": "No Mail", "duedate": "2026-04-10", "labels": ["initiative:CDP"], "Needs": epic.key},
    )  # fmt: skip
    other = site.create_issue("SEC", "Legal", by="Mo Adeyemi", fields={"security": "Board only"})
    site.set_fields(build.key, {"Sprint": "Sprint 1, the first"}, by="Dana Smith")
    site.set_fields(build.key, {"Sprint": "Sprint [2]"}, by="Dana Smith")
    site.log_work(build.key, 5400, by="Mo Adeyemi")
    site.link("Blocks", build.key, audit.key, by="Dana Smith")
    site.link("Relates", other.key, audit.key, by="Dana Smith")
    for days, moved in ((1, "2026-03-24"), (2, "2026-03-27")):
        clock.moment += timedelta(days=days)
        site.set_fields(build.key, {"duedate": moved, "Target end": moved}, by="Dana Smith")
    site.transition(build.key, "In Progress", by="Dana Smith")
    site.transition(part.key, "Done", by="No Mail", resolution="Won't Do")
    site.set_fields(other.key, {"parent": None, "summary": "Legal review"}, by="Mo Adeyemi")
    site.move_issue(other.key, "PLAT", by="Mo Adeyemi")


def test_one_site_read_through_both_protocols_gives_one_model(
    tmp_path: Path, command: Callable[..., Result], clock: Clock
) -> None:
    """Twice in each company: as `jira` with the plain fields, as `mapped` with the site's own."""
    site = furnished(clock)
    rich(site, clock)
    views = {}
    own_fields = {"start": "Start date", "due": "Target end", "owner": "Deputy", "depends_on": "Needs"}
    for kind, serving in (("cloud", JiraSandbox), ("data-center", DataCenterSandbox)):
        (tmp_path / kind).mkdir()
        company = Company(tmp_path / kind, command)
        company.settings["alerts"] = {"mode": "observe"}
        sources = company.settings["sources"]
        with serving(site) as jira:
            configure = company.jira if kind == "cloud" else partial(reading, company)
            configure(jira, fields=own_fields, worklogs=True)
            sources["mapped"] = sources.pop("jira")
            configure(jira, worklogs=True)
            company.sync()
        views[kind] = {name: company.view(f"FROM {name} ORDER BY ALL") for name in VIEWS}
    cloud, own = views["cloud"], views["data-center"]
    different = {
        (name, column, str(row[column]), str(other[column]))
        for name in VIEWS
        for row, other in zip(cloud[name], own[name], strict=True)
        for column in row
        if row[column] != other[column]
    }
    assert {(name, column) for name, column, *_ in different} == DIFFERS
    ids = {
        source: (f"{source}:{site.user('No Mail').account_id}", f"{source}:JIRAUSER10104")
        for source in sources
    }
    assert {(one, other) for _, column, one, other in different if column != "url"} == set(ids.values())
    assert {name: len(cloud[name]) for name in ("work_item", "sprint", "sprint_item", "version", "worklog")} == {
        "work_item": 10, "sprint": 4, "sprint_item": 4, "version": 2, "worklog": 2,
    }  # fmt: skip
    assert len(cloud["dependency"]) == 3
    assert len(cloud["promise"]) >= 7
