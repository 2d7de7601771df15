"""A Jira Data Center for each test, a connector to it, and its published specification."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Fact, Link, Message, Note, Place, Text
from connectors.jira import Options, connect
from connectors.jira.data_center.connector import DataCenterConnector
from sandbox.jira import JiraSite
from sandbox.jira_dc import DataCenterSandbox
from tests.clock import Clock
from tests.jira.conftest import Pull

MESSAGE = Message(
    headline="Build will be 21 days late for Marketing",
    why=(
        Text("Audit finishes on 2026-03-20."),
        Link("SEC-1 Audit", "https://jira.meridian.example/browse/SEC-1"),
        Fact("Float", "-14 working days"),
    ),
    ask="Decide by 2026-01-12.",
    how="Write a comment whose first line is interlock: accept until 2026-05-01",
)


SEARCH = "POST /rest/api/2/search"


def fill(site, clock, count, project="PLAT", every=60):
    """Issues created one after another; `every` 0: all in one moment, as by an import."""
    made = []
    for number in range(count):
        made.append(site.create_issue(project, f"Work {number}", by="Dana Smith"))
        clock.pass_(seconds=every)
    return made


def asked(jira, path="/search"):
    return [exchange.body for exchange in jira.log if exchange.path.endswith(path)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


def furnished(clock: Callable[[], Any], **of: Any) -> JiraSite:
    """Three projects, one of them a service project; two people, an automation, and our own account."""
    made = JiraSite(clock, **of)
    made.add_user("Interlock", "hub@meridian.example")
    made.grant("hub@meridian.example", "secret")
    made.add_user("Dana Smith", "dana@meridian.example")
    made.add_user("Mo Field", "mo@meridian.example")
    made.add_user("Rule Runner", "rules@meridian.example")
    made.add_project("PLAT", "Platform")
    made.add_project("SEC", "Security")
    made.add_project("HELP", "Service desk", "service_desk")
    return made


@pytest.fixture
def site(clock: Clock) -> JiraSite:
    return furnished(clock.now)


@pytest.fixture
def jira(site: JiraSite) -> Iterator[DataCenterSandbox]:
    with DataCenterSandbox(site) as sandbox:
        yield sandbox


@pytest.fixture
def connector(jira: DataCenterSandbox, clock: Clock, tmp_path: Path) -> Callable[..., DataCenterConnector]:
    """Makes a connector to the sandbox, with a personal access token; keyword arguments are keys of the source."""

    def make(**keys: Any) -> DataCenterConnector:
        options = Options(**({"url": jira.url, "auth": {"token": "secret"}} | keys))
        made = connect(Place("jira-it", tmp_path, clock), options)
        assert isinstance(made, DataCenterConnector)
        return made

    return make


@pytest.fixture
def pull(tmp_path: Path) -> Callable[..., Pull]:
    """Pulls into a folder of its own."""
    number = 0

    def run(source: Any, cursor: dict[str, Any] | None = None, watch: list[str] | None = None) -> Pull:
        nonlocal number
        number += 1
        return Pull(list(source.pull(cursor or {}, watch or [], tmp_path / f"spool-{number}")))

    return run


@pytest.fixture
def issue(site: JiraSite) -> Any:
    return site.create_issue("PLAT", "Build", by="Dana Smith")


@pytest.fixture
def note(issue: Any) -> Note:
    return Note("m-1", issue.id, issue.key, "", "K7QX", date(2026, 1, 5), MESSAGE)
