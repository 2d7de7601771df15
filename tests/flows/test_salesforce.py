"""A deal that waits for a release: flagged as a Task in Salesforce, answered there, told once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.salesforce import Fault, Org, SalesforceSandbox
from sandbox.salesforce.schema import Field
from tests.flows.conftest import DAY, Clock, Company

SAL = "sal@x.example"


@pytest.fixture
def org(clock: Clock) -> Org:
    made = Org(clock)
    made.add_user("Interlock", "hub@x.example")
    made.grant("hub@x.example", "app", "secret")
    made.add_user("Sal Owens", SAL)
    made.add_user("Eve", "eve@x.example")
    made.add_field("Opportunity", Field("Needs_Release__c"))
    made.add_field("Task", Field("Interlock_Key__c", length=40, external_id=True))
    return made


@pytest.fixture
def salesforce(org: Org) -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(org) as sandbox:
        yield sandbox


@pytest.fixture
def deal(org: Org) -> dict[str, Any]:
    given = {"Name": "Acme renewal", "StageName": "Negotiation/Review", "CloseDate": "2026-04-06",
             "Needs_Release__c": "R-1"}  # fmt: skip
    return org.create("Opportunity", given, SAL)


@pytest.fixture
def tracker(company: Company, salesforce: SalesforceSandbox, deal: dict[str, Any]) -> Path:
    """Product's release, due on the 20th of April, and Sales' deal that closes on the 6th and needs it."""
    company.settings["departments"] |= {
        "product": {"name": "Product", "lead": "pat@x.example"},
        "sales": {"name": "Sales", "lead": "lee@x.example"},
    }
    company.settings["sources"]["salesforce"] = {
        "kind": "salesforce", "department": "sales", "domain": salesforce.url,
        "auth": {"client_id": "app", "client_secret": "secret"},
        "objects": {"Opportunity": {"title": "Name", "due": "CloseDate", "status": "StageName",
                                    "owner": "Owner.Email", "depends_on": "Needs_Release__c"}},
        "status_map": {"Negotiation/Review": "in progress"},
    }  # fmt: skip
    return company.tracker(
        "product",
        [{"id": "R-1", "title": "Release 4", "owner": "pat@x.example", "start": date(2026, 3, 2),
          "due": date(2026, 4, 20), "status": "in progress"}],
    )  # fmt: skip


def answer(org: Org, clock: Clock, words: str, by: str = SAL) -> None:
    clock.moment += timedelta(hours=1)
    (task,) = org.tasks()
    org.update(task["Id"], {"Description": task["Description"] + words}, by)


def test_a_deal_that_waits_on_a_late_release_gets_its_flag_as_a_task_and_is_answered_there(
    company: Company, org: Org, clock: Clock, deal: dict[str, Any], tracker: Path
) -> None:
    company.sync()
    (one,) = company.breaks()
    assert (one["rule"], one["key"], one["days_late"]) == (
        "slip-hits-peer", [f"product:R-1>salesforce:{deal['Id']}"], 10,
    )  # fmt: skip
    (task,) = org.tasks()
    assert (task["WhatId"], task["OwnerId"]) == (deal["Id"], org.user(SAL)["Id"])
    assert "Release 4" in task["Subject"]
    assert f"accept {one['code']}" in task["Description"]
    company.sync(DAY)  # another run tells nothing twice
    assert org.tasks() == [task]
    answer(org, clock, "accept up to 12d we told the customer")
    company.sync(DAY + timedelta(days=2))
    assert [(row["kind"], row["outcome"]) for row in company.view("FROM answer")] == [("accept", "counted")]
    assert [one["state"] for one in company.breaks()] == ["decided"]
    (task,) = org.tasks()
    assert "Understood as: accepted up to 12 days late (Sal Owens)." in task["Description"]
    assert task["Description"].endswith("\naccept up to 12d we told the customer")
    before = company.dump()
    company.sync(DAY + timedelta(days=2))
    after = company.dump()
    assert (after["breaks.answer"], after["journal.entry"]) == (
        before["breaks.answer"],
        before["journal.entry"],
    )


def test_a_task_that_a_person_deleted_is_not_put_back(
    company: Company, org: Org, clock: Clock, deal: dict[str, Any], tracker: Path
) -> None:
    company.sync()
    org.delete(org.tasks()[0]["Id"], SAL)
    company.cell(tracker, "R-1", "Due", date(2026, 5, 29))  # much later: people would be told
    result = company.sync(DAY + timedelta(days=1))
    assert "removed by a person, not put back" in result.err
    assert org.tasks() == []
    assert len(company.breaks()) == 1


def test_tasks_that_went_out_together_and_recover_unseen_are_all_resolved(
    company: Company, org: Org, salesforce: SalesforceSandbox, deal: dict[str, Any], tracker: Path
) -> None:
    again = {name: deal[name] for name in ("StageName", "CloseDate", "Needs_Release__c")}
    org.create("Opportunity", {"Name": "Bolt renewal", **again}, SAL)
    salesforce.faults.append(Fault("PATCH */composite/*", "cut_after"))
    company.sync(status=1)
    assert len(org.tasks()) == 2
    company.cell(tracker, "R-1", "Due", date(2026, 3, 27))
    company.sync(DAY + timedelta(days=1))
    assert [task["Subject"].partition(":")[0] for task in org.tasks()] == ["Resolved", "Resolved"]
    assert {task["Status"] for task in org.tasks()} == {"Completed"}


def test_records_whose_absence_could_not_be_explained_are_missed_again_in_the_next_pull(
    company: Company, org: Org, salesforce: SalesforceSandbox, deal: dict[str, Any], tracker: Path
) -> None:
    other = org.create("Opportunity", {"Name": "Bolt", "StageName": "Prospecting", "CloseDate": "2026-09-01"})
    company.sync()
    org.purge(other["Id"])
    why = "IsDeleted FROM Opportunity WHERE (Id IN"
    salesforce.faults.append(Fault(lambda request: why in request.query.get("q", [""])[0], "forbidden"))
    assert "403" in company.sync(status=1).err
    company.sync()
    deals = company.view("SELECT native_key FROM work_item WHERE source_id = 'salesforce'")
    assert [row["native_key"] for row in deals] == [deal["Id"]]
