"""The sandbox answers as Salesforce does: recorded shapes and error bodies, and SOQL as strict as it is."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
import yaml

from sandbox.salesforce import Fault
from sandbox.salesforce.org import long_id
from sandbox.salesforce.schema import Field
from sandbox.salesforce.soql import SoqlError, parse

HTTP = "cumulusci/utils/http/tests/cassettes"
BULKDATA = "cumulusci/tasks/bulkdata/tests/cassettes"
SHARED = "cumulusci/tests/shared_cassettes"


@pytest.fixture
def recorded(material):
    """A recorded body, by its place in the material: JSON, or the body of a cassette's exchange."""

    def read(name: str, number: int = 0) -> Any:
        text = (material / "salesforce" / name).read_text(encoding="utf-8")
        if name.endswith(".json"):
            return json.loads(text)
        found = yaml.safe_load(text)
        exchange = found["interactions"][number] if "interactions" in found else found
        return json.loads(exchange["response"]["body"]["string"])

    return read


@pytest.fixture
def call(salesforce, org):
    """Asks the sandbox, signed in; the status and the body."""
    signed = httpx.post(
        salesforce.url + "/services/oauth2/token",
        data={"grant_type": "client_credentials", "client_id": "app", "client_secret": "secret"},
    ).json()

    def ask(method: str, path: str, token: str | None = None, **sending: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token or signed['access_token']}"} | sending.pop("headers", {})
        path = path if path.startswith("/services") else f"/services/data/v62.0{path}"
        return httpx.request(method, salesforce.url + path, headers=headers, **sending)

    ask.signed = signed  # type: ignore[attr-defined]
    return ask


def shape(value: Any) -> Any:
    """What a value is, without what it says: types by name, of a list the shape of its first."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return (
        "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__
    )


def ask_query(call, soql: str) -> httpx.Response:
    return call("GET", "/query", params={"q": soql})


def test_a_page_of_a_query_has_the_recorded_shape(recorded, call, deal):
    deal("Acme")
    told = ask_query(call, "SELECT Name FROM Opportunity").json()
    name = f"{HTTP}/TestCompositeParallelSalesforce.test_composite_parallel_salesforce.yaml"
    known = recorded(name, 1)["compositeResponse"][1]["body"]
    assert shape(told) == shape(known)
    assert list(told) == list(known)
    pattern = (
        r"/services/data/v[\w.]+/sobjects/\w+/\w{18}|/services/data/vxx.0/sobjects/Account/0010xACCOUNTID0000"
    )
    assert re.fullmatch(pattern, told["records"][0]["attributes"]["url"])
    assert re.fullmatch(pattern, known["records"][0]["attributes"]["url"])


def test_pages_with_more_and_without_any_have_the_recorded_shapes(recorded, call, deal, org):
    org.batch = 1
    assert ask_query(call, "SELECT Name FROM Opportunity").json() == recorded(
        "restforce/sobject/query_empty_response.json"
    )
    deal("one"), deal("two")
    first = ask_query(call, "SELECT Name FROM Opportunity").json()
    known = recorded("restforce/sobject/query_paginated_first_page_response.json")
    assert set(first) == set(known)
    last = call("GET", first["nextRecordsUrl"]).json()
    assert set(last) == set(recorded("restforce/sobject/query_paginated_last_page_response.json"))
    assert (last["totalSize"], last["done"], len(last["records"])) == (2, True, 1)


def test_relations_and_aggregates_have_the_recorded_shapes(recorded, call, deal):
    deal("Acme")
    known = recorded("restforce/sobject/query_success_response.json")["records"][0]["ParentWhizbang__r"]
    (told,) = ask_query(call, "SELECT Owner.Name, Owner.Email FROM Opportunity").json()["records"]
    assert set(told["Owner"]) == {"attributes", "Name", "Email"}
    assert shape(told["Owner"]["attributes"]) == shape(known["attributes"])
    (told,) = ask_query(call, "SELECT COUNT(Id), MAX(CreatedDate) newest FROM Opportunity").json()["records"]
    known = recorded("restforce/sobject/query_aggregate_success_response.json")["records"][0]
    assert told["attributes"] == known["attributes"]
    assert (told["expr0"], set(told)) == (1, {"attributes", "expr0", "newest"})


def test_a_count_has_the_recorded_shape(recorded, call, deal):
    deal("Acme")
    name = "cumulusci/utils/salesforce/tests/cassettes/TestCountSObjects.test_count_sobjects_simple.yaml"
    known = recorded(name)["compositeResponse"][0]["body"]
    told = ask_query(call, "select count() from Opportunity").json()
    assert (shape(told), told["totalSize"]) == (shape(known), 1)


@pytest.mark.parametrize("kind", ["Opportunity", "Custom__c"])
def test_a_describe_shows_what_recorded_ones_show(recorded, call, org, kind):
    org.add_object("Custom__c", "a01", Field("When__c", "date"))
    known = recorded(f"{SHARED}/GET_sobjects_{kind}_describe.yaml")
    told = call("GET", f"/sobjects/{kind}/describe").json()
    fields = {field["name"]: field for field in known["fields"]}
    assert set(told) <= set(known)
    assert (told["name"], told["custom"]) == (known["name"], known["custom"])
    for field in told["fields"]:
        other = fields.get(field["name"])
        assert set(field) <= set(known["fields"][0])
        if other is not None:
            same = ("type", "calculated", "externalId", "referenceTo", "relationshipName", "soapType")
            assert {name: field[name] for name in same} == {name: other[name] for name in same}, field["name"]


def test_rows_of_a_collection_have_the_recorded_shape(material, call, deal, org):
    one = deal("Acme")
    name = f"{BULKDATA}/TestUpsert.test_upsert_complex_external_id_field_rest__duplicate_error.yaml"
    exchanges = yaml.safe_load((material / "salesforce" / name).read_text(encoding="utf-8"))["interactions"]
    known = next(
        json.loads(each["response"]["body"]["string"])
        for each in exchanges
        if each.get("request", {}).get("method") == "PATCH"
    )
    rows = [
        {"attributes": {"type": "Task"}, "Interlock_Key__c": "m-1", "Subject": "s", "WhatId": one["Id"]},
        {"attributes": {"type": "Task"}, "Interlock_Key__c": "m-2", "Subject": "s" * 300},
    ]
    path = "/composite/sobjects/Task/Interlock_Key__c"
    told = call("PATCH", path, json={"allOrNone": False, "records": rows})
    assert told.status_code == 200
    good, bad = told.json()
    assert shape(good) == shape(known[0])
    assert (good["created"], bad["success"]) == (True, False)
    assert set(bad["errors"][0]) == {"statusCode", "message", "fields"}
    again = call("PATCH", path, json={"allOrNone": False, "records": rows[:1]}).json()
    assert (again[0]["id"], again[0]["created"]) == (good["id"], False)
    assert len(org.tasks()) == 1


def test_a_bulk_job_has_the_recorded_shape(recorded, call):
    known = recorded("airbyte_bulk2_job_response.json")
    told = call(
        "POST", "/jobs/query", json={"operation": "queryAll", "query": "SELECT Id FROM Opportunity"}
    ).json()
    assert list(told) == list(known)
    assert shape(told) == shape(known)
    assert (told["state"], told["id"][:3], len(told["id"])) == (
        known["state"],
        known["id"][:3],
        len(known["id"]),
    )


def test_error_bodies_are_those_recorded(recorded, call, salesforce, org, deal):
    known = {each["body"][0]["errorCode"]: each for each in recorded("error_bodies.json")[:3]}
    known["NOT_FOUND"] = recorded("error_bodies.json")[5]
    known["API_ERROR"] = recorded("error_bodies.json")[6]
    ended = call("GET", "/limits", token="00Dno")
    assert (ended.status_code, ended.json()) == (401, known["INVALID_SESSION_ID"]["body"])
    assert recorded("restforce/expired_session_response.json") == ended.json()
    missing = call("PATCH", "/composite/sobjects/Task/rid", json={"records": [{}]})
    assert (missing.status_code, missing.json()) == (404, known["NOT_FOUND"]["body"])
    assert call("GET", "/sobjects/Nothing/describe").json() == [
        {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
    ]
    org.bulk = False
    job = call("POST", "/jobs/query", json={"operation": "query", "query": "SELECT Id FROM Opportunity"})
    assert (job.status_code, job.json()[0]) == (400, known["API_ERROR"]["body"][0])
    org.api_used = org.api_limit
    spent = call("GET", "/limits")
    assert (spent.status_code, spent.json()) == (403, known["REQUEST_LIMIT_EXCEEDED"]["body"])


def test_a_query_that_is_wrong_is_answered_in_the_recorded_form(recorded, call):
    known = recorded("error_bodies.json")[2]["body"][0]
    told = ask_query(call, "SELECT Id, Name, LastModifiedById, LastModifiedDate, From Opportunity ")
    assert told.status_code == 400
    (body,) = told.json()
    assert body["errorCode"] == known["errorCode"]
    lines = known["message"].split("\n")
    mine = body["message"].split("\n")
    assert (mine[0], mine[4]) == (lines[0], lines[4])  # begins with an empty line, ends in the token
    assert re.fullmatch(r"ERROR at Row:1:Column:\d+", mine[3])
    assert mine[1][mine[2].index("^") :].startswith("From")
    assert mine[3] == "ERROR at Row:1:Column:54"


def test_an_unknown_object_is_answered_in_the_recorded_words(recorded, call):
    name = "cumulusci/utils/salesforce/tests/cassettes/TestCountSObjects.test_count_sobjects__errors.yaml"
    known = recorded(name)["compositeResponse"][1]["body"]
    assert ask_query(call, "select count() from XYZZY").json() == known


@pytest.mark.parametrize(
    "soql",
    [
        "", "SELECT", "SELECT Id", "SELECT Id FROM", "SELECT Id, FROM Opportunity", "SELECT Id FROM Opportunity WHERE",
        "SELECT Id FROM Opportunity WHERE Name", "SELECT Id FROM Opportunity WHERE Name = ",
        "SELECT Id FROM Opportunity WHERE Name == 'a'", "SELECT Id FROM Opportunity WHERE Name = 'a",
        'SELECT Id FROM Opportunity WHERE Name = "a"', "SELECT Id FROM Opportunity WHERE Name = a",
        "SELECT Id FROM Opportunity WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "SELECT Id FROM Opportunity WHERE Name IN ()", "SELECT Id FROM Opportunity WHERE (Name = 'a'",
        "SELECT Id FROM Opportunity ORDER Name", "SELECT Id FROM Opportunity LIMIT x",
        "SELECT Id FROM Opportunity LIMIT 1 WHERE Name = 'a'", "SELECT * FROM Opportunity",
        "SELECT Id FROM Opportunity;", "DELETE FROM Opportunity", "SELECT Id FROM Opportunity WHERE Name NOT 'a'",
    ],
)  # fmt: skip
def test_what_is_no_soql_is_refused(soql):
    with pytest.raises(SoqlError, match=r"ERROR at Row:1:Column:\d+\nunexpected token: '"):
        parse(soql)


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("Name = 'ACME'", ["Acme"]),
        ("Name LIKE 'a%'", ["Acme"]),
        ("Name != 'Acme'", ["O'Neill", "Zed"]),
        (r"Name = 'O\'Neill'", ["O'Neill"]),
        ("Amount > 5", ["Acme"]),
        ("Amount = null", ["O'Neill"]),
        ("NOT (Amount = null OR Amount > 5)", ["Zed"]),
        ("Amount NOT IN (3, 9)", ["O'Neill"]),
        ("CloseDate < 2026-03-01", ["Zed"]),
        ("SystemModstamp >= 2026-01-05T10:00:00Z", ["Zed"]),
        ("SystemModstamp >= 2026-01-05T11:00:00.000+01:00 AND IsClosed = false", ["Zed"]),
        ("Owner.Email IN ('mo@meridian.example')", ["O'Neill"]),
    ],
)
def test_conditions_mean_what_they_mean_in_salesforce(call, deal, clock, where, names):
    deal("Acme", Amount=9.0), deal("O'Neill", by="mo@meridian.example")
    clock.pass_(hours=1)
    deal("Zed", Amount=3.0, CloseDate="2026-02-01")
    told = ask_query(call, f"SELECT Name FROM Opportunity WHERE {where} ORDER BY Name ASC").json()
    assert [each["Name"] for each in told["records"]] == names


def test_the_deleted_are_in_query_all_alone(call, deal, org):
    one = deal("Acme")
    org.delete(one["Id"])
    assert ask_query(call, "SELECT Id FROM Opportunity").json()["totalSize"] == 0
    told = call("GET", "/queryAll", params={"q": "SELECT Id, IsDeleted FROM Opportunity"}).json()
    assert [each["IsDeleted"] for each in told["records"]] == [True]


def test_ids_have_the_published_check_letters():
    assert long_id("0017e00001W4GYR") == "0017e00001W4GYRAA3"  # recorded ones
    assert long_id("0037e00001WZ310") == "0037e00001WZ310AAD"
    assert long_id("a0E0000000RpHB9") != long_id("a0e0000000rphb9")


def test_the_header_tells_of_the_calls_of_the_day(call, org):
    org.api_used = 17
    assert call("GET", "/limits").headers["Sforce-Limit-Info"] == "api-usage=18/15000"


def test_a_condition_on_a_change_is_held(call, deal, org, clock):
    task = org.create("Task", {"Subject": "a"})
    clock.pass_(hours=1)
    path = f"/sobjects/Task/{task['Id']}"
    until = {"If-Unmodified-Since": "Mon, 05 Jan 2026 09:00:00 GMT"}
    assert call("PATCH", path, json={"Subject": "b"}, headers=until).status_code == 204
    assert call("PATCH", path, json={"Subject": "c"}, headers=until).status_code == 412
    assert task["Subject"] == "b"


def test_a_fault_strikes_as_often_as_it_is_told(call, salesforce):
    salesforce.faults.append(Fault("GET */limits", "unavailable", times=1, skip=1))
    assert [call("GET", "/limits").status_code for _ in range(3)] == [200, 503, 200]
