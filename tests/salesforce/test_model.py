"""From the org to the model: deals, people, promises, references, and what is gone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import pull as pulling
from flows.context import Run
from flows.settings import load
from sandbox.salesforce import Fault
from sandbox.salesforce.schema import Field
from tests.salesforce.conftest import DEAL
from unify.build import unify
from warehouse.database import open_database, rows, transaction

SAL = "sal@meridian.example"


class House:
    """A warehouse in memory that pulls from one org, and the model built from it."""

    def __init__(self, folder: Path, clock: Any, source: dict[str, Any]) -> None:
        settings = {
            "company": "Meridian", "timezone": "Europe/London",
            "departments": {"sales": {"name": "Sales"}}, "people": {SAL: {"name": "Sal"}},
            "sources": {"salesforce": {"kind": "salesforce", "department": "sales"} | source},
        }  # fmt: skip
        path = folder / "interlock.yaml"
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")
        self.db = open_database(None)
        self.run = Run(load(path, {}), self.db, clock, ())
        self.folder, self.number = folder, 0

    def pull(self, company: Any = None, model: bool = True) -> list[str]:
        """Pull, land, build the model (unless it is not looked at); what failed."""
        self.number += 1
        (source,) = self.run.settings.sources
        cursor, watch = self.run.cursor(source), pulling._watched(self.run).get(source.source_id, [])
        self.run.report.failed.clear()
        pulling.land(
            self.run, pulling.spool(self.run, source, cursor, watch, self.folder / f"spool-{self.number}")
        )
        if model:
            with transaction(self.db, "unify"):
                unify(self.db, company or self.run.settings.company())
        return list(self.run.report.failed)

    def view(self, query: str) -> list[dict[str, Any]]:
        return rows(self.db, query)

    def versions(self, stream: str = "Opportunity") -> list[tuple[Any, ...]]:
        table = f'raw."salesforce/{stream}"'
        found = self.db.execute(f"SELECT _key, _version, _gone FROM {table} ORDER BY ALL").fetchall()
        return list(found)


@pytest.fixture
def house(salesforce, clock, tmp_path) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def make(**keys: Any) -> House:
        source = {"domain": salesforce.url, "auth": {"client_id": "app", "client_secret": "secret"},
                  "objects": {"Opportunity": DEAL}} | keys  # fmt: skip
        made.append(House(tmp_path, clock, source))
        return made[-1]

    yield make
    for each in made:
        each.db.close()


def test_a_deal_is_a_work_item_with_its_owner_and_address(org, deal, house, salesforce):
    one = deal("Acme", StageName="Negotiation/Review", Needs_Release__c="R-1")
    here = house(status_map={"Negotiation/Review": "in progress"})
    assert here.pull() == []
    (item,) = here.view(
        "SELECT item_id, native_key, kind, type, title, owner_id, status, source_status, due_date, url, department_id"
        " FROM model.work_item"
    )
    assert item == {
        "item_id": f"salesforce:{one['Id']}", "native_key": one["Id"], "kind": "deal", "type": "Opportunity",
        "title": "Acme", "owner_id": SAL, "status": "in progress", "source_status": "Negotiation/Review",
        "due_date": date(2026, 3, 31), "url": f"{salesforce.url}/{one['Id']}", "department_id": "sales",
    }  # fmt: skip
    assert [(each["text"], each["field"]) for each in here.view("FROM model.reference_problem")] == [
        ("R-1", "depends_on")
    ]
    kept = json.dumps(
        [here.view("FROM ops.source"), here.run.settings.company().sources[0].options], default=str
    )
    assert "secret" not in kept


def test_salesforce_itself_tells_what_is_closed_and_who_left(org, deal, house):
    for stage in ("Closed Won", "Closed Lost", "Prospecting"):
        deal(stage, StageName=stage)
    org.update(org.user(SAL)["Id"], {"IsActive": False})
    here = house(
        objects={"Opportunity": {"due": "CloseDate", "status": "StageName"}}
    )  # the owner by OwnerId alone
    here.pull()
    found = here.view("SELECT source_status, status, finish_date, owner_id FROM model.work_item ORDER BY 1")
    assert [tuple(each.values()) for each in found] == [
        ("Closed Lost", "dropped", None, SAL),
        ("Closed Won", "done", date(2026, 3, 31), SAL),
        ("Prospecting", "not started", None, SAL),
    ]
    assert here.view(f"SELECT active FROM model.person WHERE person_id = '{SAL}'") == [{"active": False}]


def test_each_date_that_was_said_is_a_promise_in_order(org, clock, deal, house):
    one = deal("Acme")
    here = house()
    for day in ("2026-04-15", "2026-04-15", "2026-05-06"):
        here.pull(model=False)
        clock.pass_(days=1)
        org.update(one["Id"], {"CloseDate": day}, SAL)
    here.pull()
    promised = here.view("SELECT due_date, promised_on FROM model.promise ORDER BY nth")
    assert [(str(each["due_date"]), str(each["promised_on"])) for each in promised] == [
        ("2026-03-31", "2026-01-05"), ("2026-04-15", "2026-01-06"), ("2026-05-06", "2026-01-08"),
    ]  # fmt: skip


def test_a_moment_is_the_companys_day_and_a_share_of_a_hundred_a_share(org, house):
    org.add_object("Release__c", "a0R", Field("Ready_At__c", "datetime"), Field("Done__c", "percent"),
                   Field("Kinds__c", "multipicklist"), Field("Parent__c", "reference", 18))  # fmt: skip
    above = org.create("Release__c", {"Name": "Train"})
    org.create("Release__c", {"Name": "R1", "Ready_At__c": "2026-06-30T23:30:00.000+0000", "Done__c": 40.0,
                              "Kinds__c": "Core;Web", "Parent__c": above["Id"]})  # fmt: skip
    mapped = {"due": "Ready_At__c", "progress": "Done__c", "labels": "Kinds__c", "parent": "Parent__c"}
    here = house(objects={"Release__c": mapped, "Opportunity": DEAL})
    here.pull()
    (item,) = here.view(
        "SELECT kind, type, due_date, progress, labels, parent_id FROM model.work_item WHERE title = 'R1'"
    )
    assert item == {
        "kind": "task", "type": "Release__c", "due_date": date(2026, 7, 1), "progress": 0.4,
        "labels": ["Core", "Web"], "parent_id": f"salesforce:{above['Id']}",
    }  # fmt: skip


def test_our_own_tasks_and_stamps_and_formulas_are_no_news(org, clock, deal, house):
    org.add_field("Opportunity", Field("Hour__c", "double", formula=lambda record: float(clock.now().hour)))
    one = deal("Acme")
    here = house(objects={"Opportunity": DEAL | {"progress": "Hour__c"}})
    here.pull(model=False)
    for _ in range(3):
        clock.pass_(minutes=61)
        org.update(one["Id"], {"Description": "not mapped"}, SAL)
        here.pull(model=False)
    assert here.versions() == [(one["Id"], 1, None)]


def test_the_bulk_api_and_a_query_give_the_same_record(org, clock, deal, house):
    org.add_field("Opportunity", Field("Notes__c", "textarea", 32000))
    deal("Acme", Amount=12500.5, Probability=40.0, Notes__c='two "lines",\nand umlauts äöü')
    deal("Big", Amount=1.39e8, by="mo@meridian.example")
    nobody = deal("Nobody's")
    nobody["OwnerId"] = None
    mapped = DEAL | {"estimate": "Amount", "progress": "Probability", "what": "Notes__c"}
    here = house(objects={"Opportunity": mapped}, bulk_above=0)
    assert here.pull(model=False) == []
    before = here.versions()
    assert len(before) == 3
    here.db.execute("UPDATE ops.source SET cursor = '{}'")
    here.run = Run(load(_without_bulk(here), {}), here.db, clock, ())
    assert here.pull() == []
    assert here.versions() == before
    (item,) = here.view("SELECT estimate_days, progress FROM model.work_item WHERE title = 'Acme'")
    assert item == {"estimate_days": 12500.5, "progress": 0.4}


def _without_bulk(here: House) -> Path:
    path = here.folder / "interlock.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    del settings["sources"]["salesforce"]["bulk_above"]
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return path


def test_a_deleted_deal_is_gone_and_named_as_gone_where_others_wait_for_it(org, clock, deal, house):
    one = deal("Acme")
    deal("Other", Needs_Release__c=one["Id"][:15])
    here = house()
    here.pull(model=False)
    clock.pass_(hours=1)
    org.delete(one["Id"], SAL)
    here.pull()
    assert [each["title"] for each in here.view("SELECT title FROM model.work_item")] == ["Other"]
    assert (one["Id"], 3, "deleted") in here.versions()
    org.undelete(one["Id"], SAL)
    clock.pass_(hours=1)
    here.pull()
    assert len(here.view("FROM model.work_item")) == 2


def test_the_recycle_bin_is_believed_though_no_census_could_be_taken(org, clock, deal, salesforce, house):
    one = deal("Acme")
    here = house()
    here.pull(model=False)
    clock.pass_(hours=1)
    org.delete(one["Id"], SAL)
    salesforce.faults.append(
        Fault(lambda request: "COUNT(Id)" in request.query.get("q", [""])[0], "forbidden")
    )
    assert len(here.pull()) == 1
    assert here.view("FROM model.work_item") == []
    assert here.versions()[-1] == (one["Id"], 2, None)


def test_a_hidden_deal_is_hidden_and_not_deleted(org, clock, deal, house):
    one = deal("Acme")
    here = house()
    here.pull(model=False)
    org.hidden_records.add(one["Id"])
    here.pull()
    assert here.view("FROM model.work_item") == []
    (hidden,) = here.view("SELECT item_id, reason FROM model.hidden_item")
    assert hidden["item_id"] == f"salesforce:{one['Id']}"
    assert "permission lost" in hidden["reason"]


def test_an_object_in_trouble_keeps_its_last_good_data_and_the_others_their_census(org, clock, deal, house):
    org.add_object("Release__c", "a0R", Field("Ready__c", "date"))
    release = org.create("Release__c", {"Name": "R1"})
    deals = [deal("Acme"), deal("Other")]
    here = house(objects={"Opportunity": DEAL, "Release__c": {"due": "Ready__c"}})
    here.pull(model=False)
    clock.pass_(hours=1)
    org.hide_field("Release__c", "Ready__c")
    org.delete(deals[0]["Id"])
    (failed,) = here.pull()
    assert "the org shows no field Ready__c of Release__c" in failed
    items = here.view("SELECT item_id FROM model.work_item ORDER BY 1")
    assert [each["item_id"] for each in items] == [
        f"salesforce:{deals[1]['Id']}",
        f"salesforce:{release['Id']}",
    ]
    assert here.versions("Release__c") == [(release["Id"], 1, None)]


FORMS = {
    "18": "{key}",
    "18 in capitals": "{upper}",
    "15": "{short}",
    "full id": "salesforce:{key}",
    "full id of 15": "salesforce:{short} SS+2d",
    "classic": "https://meridian.my.salesforce.com/{short}",
    "lightning": "https://meridian.lightning.force.com/lightning/r/Opportunity/{key}/view",
    "lightning without object": "https://Meridian.lightning.force.com/lightning/r/{short}/view?ws=%2F1",
    "lightning, related": "https://meridian.my.salesforce.com/lightning/r/Opportunity/{short}/related/Tasks/view",
}


def test_both_forms_of_an_id_and_the_addresses_of_a_record_are_one(org, deal, house):
    for number in range(40):  # ids of which some differ in nothing but capitals
        deal(f"Deal {number}")
    keys = [each["Id"] for each in org.records["Opportunity"].values()]
    alike = {key[:15].lower() for key in keys}
    assert len(alike) < 40
    wanted = next(key for key in keys if sum(key[:15].lower() == other[:15].lower() for other in keys) > 1)
    waiting = {
        form: deal(form, Needs_Release__c=text.format(key=wanted, upper=wanted.upper(), short=wanted[:15]))[
            "Id"
        ]
        for form, text in FORMS.items()
    }
    other = wanted[:4] + wanted[4:15].swapcase()  # of no record: ids that differ in capitals are two
    deal("No such", Needs_Release__c=other)
    here = house()
    # As if the org stood at its own address; the sandbox stands on loopback.
    at_home = {"domain": "https://meridian.my.salesforce.com"}
    company = here.run.settings.company()
    (source,) = company.sources
    elsewhere = replace(company, sources=(replace(source, options={**source.options, **at_home}),))
    here.pull(elsewhere)
    found = here.view("SELECT successor_id, predecessor_id FROM model.dependency")
    assert {each["successor_id"]: each["predecessor_id"] for each in found} == {
        f"salesforce:{key}": f"salesforce:{wanted}" for key in waiting.values()
    }
    assert [each["text"] for each in here.view("FROM model.reference_problem")] == [other]
