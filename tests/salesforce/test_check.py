"""`interlock check`: what is found of an org, and that nothing is changed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.salesforce import Fault
from sandbox.salesforce.schema import Field
from tests.salesforce.conftest import DEAL


def found(source, level=None):
    return [each.text for each in source.check() if level in (None, each.level)]


def test_a_sound_org_is_ok_throughout(deal, salesforce, connector):
    deal("Acme")
    findings = list(connector().check())
    assert {each.level for each in findings} == {"ok"}
    quota = findings[3].text
    assert [each.text for each in findings] == [
        f"{salesforce.url} can be reached",
        "the org has API version 62.0",
        "signed in as Interlock (hub@meridian.example)",
        quota,
        "objects.Opportunity: 1 record, and all 5 fields are there",
        "flags can be written as Tasks, known by Interlock_Key__c",
        "Bulk API 2.0 reads more than 20,000 records at once",
    ]
    assert quota.endswith(" of 15,000 API calls of the day are left, 3,000 of them for the company")
    assert not salesforce.asked("PATCH")


@pytest.mark.parametrize(
    ("break_it", "level", "words"),
    [
        (lambda org: org.hide_field("Opportunity", "CloseDate"), "fail", "shows no field CloseDate of Opportunity"),
        (lambda org: org.hidden_objects.add("Opportunity"), "fail", "shows no object of this name"),
        (lambda org: org.hide_field("User", "Email"), "fail", "shows no field Email of User (in Owner.Email)"),
        (lambda org: org.hide_field("Task", "Interlock_Key__c"), "warn", "Task has no field Interlock_Key__c"),
        (lambda org: setattr(org.objects["Task"].fields["Interlock_Key__c"], "external_id", False), "warn",
         "is no external id"),
        (lambda org: setattr(org.objects["Task"].fields["Interlock_Key__c"], "writable", False), "warn",
         "cannot be filled"),
        (lambda org: setattr(org.objects["Task"].fields["Interlock_Key__c"], "length", 10), "warn",
         "cannot be filled"),
        (lambda org: setattr(org, "bulk", False), "warn", "no Bulk API 2.0"),
        (lambda org: setattr(org, "api_used", 12_500), "fail", "15,000 API calls of the day, and 20% of them are left"),
        (lambda org: setattr(org, "api_used", 11_998), "fail", "3,000 of 15,000 API calls of the day are left"),
        (lambda org: org.clients.clear(), "fail", "invalid_client_id"),
        (lambda org: [org.delete(key) for key in list(org.records["Opportunity"])], "warn", "0 records"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(org, deal, connector, break_it, level, words):
    deal("Acme")
    break_it(org)
    assert [text for text in found(connector(), level) if words in text]


def test_an_old_version_a_formula_and_a_relation_are_told(org, deal, connector):
    deal("Acme")
    org.add_field("Opportunity", Field("Late__c", "double", formula=lambda record: 1.0))
    assert "no API version 59.0; it has" in found(connector(api_version="59.0"), "fail")[0]
    mapped = DEAL | {"progress": "Late__c", "initiative": "Account.Name"}
    formula, relation = found(connector(objects={"Opportunity": mapped}), "warn")
    assert formula.startswith("objects.Opportunity.progress: Late__c is a formula")
    assert relation.startswith("objects.Opportunity.initiative: Account.Name stands in another record")


def test_a_clock_that_is_off_is_told(org, deal, clock, connector):
    deal("Acme")
    org.clock, ours = clock.now, clock.now()
    clock.now = lambda: ours + timedelta(minutes=5)
    assert found(connector(), "warn") == [
        "this machine's clock is 300 s ahead of Salesforce's: set it by NTP"
    ]


def test_an_org_that_cannot_be_reached_is_the_last_that_is_said(salesforce, connector):
    salesforce.faults.append(Fault("GET /services/data/", "cut_before", times=None))
    assert len(found(connector())) == 1


def test_an_org_that_falls_silent_while_it_is_checked_is_the_last_that_is_said(salesforce, connector):
    salesforce.faults.append(Fault("GET /services/data/", "cut_before", skip=1))
    reached, silent = found(connector())
    assert reached.endswith("can be reached")
    assert "no answer" in silent
