"""A Salesforce org for each test, a connector to it, and a clock that does not wait."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Page, Place, Trouble
from connectors.salesforce import Options, connect
from connectors.salesforce.connector import SalesforceConnector
from sandbox.salesforce import Org, SalesforceSandbox
from sandbox.salesforce.schema import Field
from tests.clock import Clock

DEAL = {"title": "Name", "due": "CloseDate", "status": "StageName", "owner": "Owner.Email",
        "depends_on": "Needs_Release__c"}  # fmt: skip


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def org(clock: Clock) -> Org:
    """Our own user, two people, an automation; deals with a field that says what they wait for."""
    made = Org(clock.now)
    made.add_user("Interlock", "hub@meridian.example")
    made.add_user("Sal Owens", "sal@meridian.example")
    made.add_user("Mo Field", "mo@meridian.example")
    made.add_user("Automated Process", "auto@meridian.example", "AutomatedProcess")
    made.grant("hub@meridian.example", "app", "secret")
    made.add_field("Opportunity", Field("Needs_Release__c"))
    made.add_field("Task", Field("Interlock_Key__c", length=40, external_id=True))
    return made


@pytest.fixture
def salesforce(org: Org) -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(org) as sandbox:
        yield sandbox


@pytest.fixture
def deal(org: Org) -> Callable[..., dict[str, Any]]:
    """Makes a deal of Sal's, due at the end of March."""

    def make(name: str = "Acme", by: str = "sal@meridian.example", **fields: Any) -> dict[str, Any]:
        given = {"Name": name, "StageName": "Prospecting", "CloseDate": "2026-03-31"} | fields
        return org.create("Opportunity", given, by)

    return make


@pytest.fixture
def connector(
    salesforce: SalesforceSandbox, clock: Clock, tmp_path: Path
) -> Callable[..., SalesforceConnector]:
    """Makes a connector to the sandbox; keyword arguments are keys of the source."""

    def make(**keys: Any) -> SalesforceConnector:
        given = {
            "domain": salesforce.url,
            "auth": {"client_id": "app", "client_secret": "secret"},
            "objects": {"Opportunity": DEAL},
        }
        return connect(Place("salesforce", tmp_path, clock), Options(**(given | keys)))

    return make


@dataclass
class Pull:
    """What a pull gave: its pages, its troubles, and the records by id."""

    parts: list[Page | Trouble]

    @property
    def pages(self) -> list[Page]:
        return [part for part in self.parts if isinstance(part, Page)]

    @property
    def troubles(self) -> list[Trouble]:
        return [part for part in self.parts if isinstance(part, Trouble)]

    @property
    def cursor(self) -> dict[str, Any]:
        return next((dict(page.cursor) for page in reversed(self.pages) if page.cursor is not None), {})

    @property
    def answers(self) -> list[dict[str, Any]]:
        lines = [line for page in self.of("answer") for line in page.path.read_text().splitlines()]
        return [json.loads(line) for line in lines]

    def of(self, stream: str) -> list[Page]:
        return [page for page in self.pages if page.stream == stream and not page.keys_only]

    def records(self, stream: str = "Opportunity") -> dict[str, dict[str, Any]]:
        return {each["Id"]: each for page in self.of(stream) for each in _records(page)}

    def census(self, stream: str = "Opportunity") -> set[str] | None:
        """The ids of a census; None where none was taken."""
        taken = [page for page in self.pages if page.stream == stream and page.keys_only]
        assert all(page.complete for page in taken)
        return {each["Id"] for page in taken for each in _records(page)} if taken else None


def _records(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(page.path.read_text(encoding="utf-8"))["records"]
    return found


@pytest.fixture
def pull(tmp_path: Path) -> Callable[..., Pull]:
    """Pulls into a folder of its own; fails where a part could not be read, unless told that this is meant."""
    number = 0

    def run(
        source: SalesforceConnector,
        cursor: dict[str, Any] | None = None,
        watch: list[str] | None = None,
        troubled: bool = False,
    ) -> Pull:
        nonlocal number
        number += 1
        pulled = Pull(list(source.pull(cursor or {}, watch or [], tmp_path / f"spool-{number}")))
        assert troubled or not pulled.troubles, pulled.troubles
        return pulled

    return run
