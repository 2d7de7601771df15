"""Reading: what a pull takes, where the next goes on, and how it learns of what is gone."""

from __future__ import annotations

from datetime import timedelta

import duckdb
import pytest

from connectors.contract import Retry, Unauthorised
from sandbox.salesforce import Fault
from sandbox.salesforce.schema import Field
from tests.salesforce.conftest import DEAL

QUERY = "GET */query"


def test_a_first_pull_reads_every_deal_with_its_owner(org, deal, connector, pull):
    org.batch = 2
    deals = [deal(f"Deal {number}", Needs_Release__c="M-1") for number in range(5)]
    pulled = pull(connector())
    assert set(pulled.records()) == {each["Id"] for each in deals}
    first = pulled.records()[deals[0]["Id"]]
    assert first["attributes"]["type"] == "Opportunity"
    assert (first["Name"], first["CloseDate"], first["Needs_Release__c"]) == ("Deal 0", "2026-03-31", "M-1")
    assert first["Owner"]["Email"] == "sal@meridian.example"
    assert [page.scope for page in pulled.of("Opportunity")] == ["Opportunity"] * 3


def test_people_come_with_their_address_and_whether_they_left(org, connector, pull):
    org.add_user("Gone Girl", "gone@meridian.example", active=False)
    org.add_user("A customer", "c@other.example", "CspLitePortal")
    people = {each["Email"]: each["IsActive"] for each in pull(connector()).records("User").values()}
    assert people["sal@meridian.example"] is True
    assert people["gone@meridian.example"] is False
    assert "c@other.example" not in people


def test_the_next_pull_reads_what_was_touched_and_what_the_overlap_holds(clock, org, deal, connector, pull):
    old, late, touched = deal("old"), deal("late"), deal("touched")
    clock.pass_(hours=1)
    org.update(late["Id"], {"CloseDate": "2026-04-01"})
    cursor = pull(connector()).cursor
    # Stamped before the cursor and seen only now: its transaction took five minutes.
    org.update(old["Id"], {"Name": "committed late"})
    old["SystemModstamp"] = "2026-01-05T09:55:00.000+0000"
    clock.pass_(hours=1)
    org.update(touched["Id"], {"StageName": "Closed Won"})
    found = pull(connector(), cursor).records()
    assert set(found) == {old["Id"], late["Id"], touched["Id"]}
    assert found[touched["Id"]]["IsWon"] is True


def test_a_pull_in_which_nothing_changed_asks_a_constant_number_of_requests(
    clock, org, deal, salesforce, connector, pull
):
    def asked(number: int) -> list[str]:
        for each in range(number):
            deal(f"Deal {each}")
        cursor = pull(connector(), watch=["006"]).cursor
        clock.pass_(hours=2)
        cursor = pull(connector(), cursor, watch=["006"]).cursor  # what the overlap of the first one holds
        clock.pass_(hours=2)
        before = len(salesforce.log)
        pull(connector(), cursor, watch=["006"])
        return [f"{each.method} {each.path.rpartition('/')[2]}" for each in salesforce.log[before:]]

    org.batch = 3
    few, many = asked(2), asked(40)
    assert few == many == [
        "POST token", "GET describe", "GET describe", "GET query", "GET queryAll", "GET query", "GET query",
    ]  # fmt: skip


def test_a_pull_that_is_cut_goes_on_where_its_data_ends(
    clock, org, deal, salesforce, connector, tmp_path, pull
):
    org.batch = 2
    deals = []
    for number in range(6):
        deals.append(deal(f"Deal {number}"))
        clock.pass_(minutes=30)
    salesforce.faults.append(Fault("GET */query/01g*", "unavailable", times=None, skip=2))
    parts = []
    with pytest.raises(Retry):
        parts.extend(part for part in connector().pull({}, [], tmp_path / "cut"))
    cursor = dict(parts[-1].cursor)
    salesforce.faults.clear()
    assert set(pull(connector(), cursor).records()) == {each["Id"] for each in deals[3:]}


def test_a_query_whose_rest_is_lost_goes_on_by_its_keyset(org, deal, salesforce, connector, pull):
    org.batch = 2
    deals = [deal(f"Deal {number}") for number in range(5)]
    salesforce.faults.append(Fault("GET */query/01g*", "lost_locator", skip=2))
    pulled = pull(connector())
    assert set(pulled.records()) == {each["Id"] for each in deals}
    (again,) = salesforce.asked("Id > ")
    assert f"SystemModstamp = 2026-01-05T09:00:00.000Z AND Id > '{deals[3]['Id']}'" in again


def test_a_deleted_deal_is_told_by_the_recycle_bin_at_once(clock, org, deal, connector, pull):
    gone, stays = deal("gone"), deal("stays")
    cursor = pull(connector()).cursor
    clock.pass_(hours=1)
    org.delete(gone["Id"], "sal@meridian.example")
    source = connector()
    pulled = pull(source, cursor)
    assert pulled.records()[gone["Id"]]["IsDeleted"] is True
    assert pulled.census() == {stays["Id"]}
    assert source.whereabouts("Opportunity", [gone["Id"]]) == {gone["Id"]: "deleted"}


def test_a_first_pull_does_not_read_the_recycle_bin(org, deal, connector, pull):
    gone = deal("gone")
    org.delete(gone["Id"])
    pulled = pull(connector())
    assert (pulled.records(), pulled.census()) == ({}, None)


def test_a_deletion_that_left_the_recycle_bin_is_found_by_the_census(clock, org, deal, connector, pull):
    gone, stays = deal("gone"), deal("stays")
    cursor = pull(connector()).cursor
    clock.pass_(days=20)
    org.purge(gone["Id"])
    source = connector()
    assert pull(source, cursor).census() == {stays["Id"]}
    assert "recycle bin" in source.whereabouts("Opportunity", [gone["Id"]])[gone["Id"]]


def test_a_census_is_taken_each_day_though_nothing_seems_to_have_changed(clock, org, deal, connector, pull):
    one, other = deal("one"), deal("other")
    org.hidden_records.add(other["Id"])
    cursor = pull(connector()).cursor
    org.hidden_records = {one["Id"]}  # one came, one went: the count is the same
    clock.pass_(hours=1)
    pulled = pull(connector(), cursor)
    assert pulled.census() is None
    clock.pass_(hours=24)
    assert pull(connector(), pulled.cursor).census() == {other["Id"]}


def test_what_is_missing_is_not_called_deleted_where_a_right_may_be_lost(clock, org, deal, connector, pull):
    hidden, left = deal("hidden"), deal("left", Amount=5.0)
    keys = {"where": {"Opportunity": "Amount = null"}}
    org.update(left["Id"], {"Amount": None})
    cursor = pull(connector(**keys)).cursor
    org.hidden_records.add(hidden["Id"])
    org.update(left["Id"], {"Amount": 7.0})
    source = connector(**keys)
    assert pull(source, cursor).census() == set()
    reasons = source.whereabouts("Opportunity", [hidden["Id"], left["Id"]])
    assert "permission lost" in reasons[hidden["Id"]]
    assert reasons[left["Id"]] == "not visible: left the `where` of this object"


def test_a_census_that_may_be_refused_is_repeated_for_a_week(clock, org, deal, connector, pull):
    deals = [deal(f"Deal {number}") for number in range(12)]
    cursor = pull(connector()).cursor
    for each in deals:
        org.purge(each["Id"])
    for _ in range(3):
        clock.pass_(hours=1)
        pulled = pull(connector(), cursor)
        assert pulled.census() == set()
        cursor = pulled.cursor
    clock.pass_(days=8)
    cursor = pull(connector(), cursor).cursor
    clock.pass_(hours=1)
    assert pull(connector(), cursor).census() is None


def test_a_census_cut_in_the_middle_counts_nobody_as_gone(clock, org, deal, salesforce, connector, pull):
    org.batch = 2
    for number in range(5):
        deal(f"Deal {number}")
    clock.pass_(hours=1)
    cursor = pull(connector()).cursor
    clock.pass_(days=2)
    salesforce.faults.append(Fault("GET */query/01g*", "forbidden", times=None))
    pulled = pull(connector(), cursor, troubled=True)
    assert pulled.census() is None
    assert [trouble.scope for trouble in pulled.troubles] == ["Opportunity"]


def test_an_undeleted_deal_is_news(clock, org, deal, connector, pull):
    one = deal("one")
    cursor = pull(connector()).cursor
    org.delete(one["Id"])
    cursor = pull(connector(), cursor).cursor
    clock.pass_(hours=1)
    org.undelete(one["Id"])
    assert pull(connector(), cursor).records()[one["Id"]]["IsDeleted"] is False


def test_what_is_asked_for_otherwise_is_read_anew_and_counted(clock, org, deal, connector, pull):
    one, other = deal("one"), deal("other", Amount=9.0)
    cursor = pull(connector()).cursor
    clock.pass_(hours=3)
    pulled = pull(connector(where={"Opportunity": "Amount > 5"}), cursor)
    assert set(pulled.records()) == pulled.census() == {other["Id"]}
    assert one["Id"] not in pulled.records()


def test_formulas_and_stamps_are_never_news_and_relations_are(org, clock, deal, connector, pull):
    org.add_field("Opportunity", Field("Days_Open__c", "double", formula=lambda record: clock.now().hour))
    source = connector(objects={"Opportunity": DEAL_WITH_FORMULA})
    pulled = pull(source)
    stream = next(stream for stream in source.streams if stream.name == "Opportunity")
    assert "$.Days_Open__c" not in stream.content
    assert {"$.SystemModstamp", "$.CreatedDate"}.isdisjoint(stream.content)
    assert {"$.CloseDate", "$.IsDeleted", "$.IsWon", "$.Owner.Email", "$.OwnerId"} <= set(stream.content)
    assert pulled.cursor["objects"]["Opportunity"]["fields"]["progress"] == "$.Days_Open__c"


DEAL_WITH_FORMULA = {"due": "CloseDate", "owner": "Owner.Email", "progress": "Days_Open__c"}


def test_a_field_that_was_hidden_is_named_and_never_an_empty_value(org, deal, connector, pull):
    deal("one")
    org.add_object("Release__c", "a0R", Field("Ready__c", "date"))
    org.hide_field("Opportunity", "CloseDate")
    release = org.create("Release__c", {"Name": "R1"})
    pulled = pull(connector(objects={"Opportunity": DEAL, "Release__c": {"due": "Ready__c"}}), troubled=True)
    (trouble,) = pulled.troubles
    assert trouble.scope == "Opportunity"
    assert str(trouble.error).startswith(
        "objects.Opportunity.due: the org shows no field CloseDate of Opportunity. It was renamed, deleted, or"
        " hidden by field-level security"
    )
    assert pulled.records() == {}
    assert set(pulled.records("Release__c")) == {release["Id"]}


def test_a_field_hidden_in_the_middle_of_a_pull_ends_that_object_alone(
    org, deal, salesforce, connector, pull
):
    org.batch = 1
    first = deal("one")
    deal("two")
    org.add_object("Release__c", "a0R", Field("Ready__c", "date"))
    org.create("Release__c", {"Name": "R1"})
    gone = Fault(
        "GET */query/01g*", "turn", act=lambda: org.hide_field("Opportunity", "CloseDate"), times=None, skip=3
    )
    salesforce.faults.append(gone)
    source = connector(objects={"Opportunity": DEAL, "Release__c": {"due": "Ready__c"}})
    pulled = pull(source, troubled=True)
    (trouble,) = pulled.troubles
    assert "No such column 'CloseDate'" in str(trouble.error)
    assert set(pulled.records()) == {first["Id"]}
    assert len(pulled.records("Release__c")) == 1


@pytest.mark.parametrize("hide", ["object", "right"])
def test_an_object_that_cannot_be_seen_is_named_and_isolated(org, deal, salesforce, connector, pull, hide):
    org.add_object("Release__c", "a0R", Field("Ready__c", "date"))
    one = deal("one")
    if hide == "object":
        org.hidden_objects.add("Release__c")
    else:
        salesforce.faults.append(Fault("GET */Release__c/describe", "forbidden"))
    pulled = pull(connector(objects={"Release__c": {"due": "Ready__c"}, "Opportunity": DEAL}), troubled=True)
    assert [trouble.scope for trouble in pulled.troubles] == ["Release__c"]
    assert "permission set" in str(pulled.troubles[0].error)
    assert set(pulled.records()) == {one["Id"]}


def test_a_wrong_condition_is_named_with_salesforces_words(deal, connector, pull):
    (trouble,) = pull(connector(where={"Opportunity": "Amount > > 5"}), troubled=True).troubles
    assert "MALFORMED_QUERY" in str(trouble.error)
    assert "unexpected token: '>'" in str(trouble.error)
    assert "Correct `where`" in trouble.error.advice


def test_a_condition_of_alternatives_stays_one_condition(clock, deal, connector, pull):
    one, _ = deal("one", Amount=9.0), deal("two", Amount=3.0)
    clock.pass_(hours=1)
    keys = {"where": {"Opportunity": "Amount > 5 OR Amount = null"}}
    cursor = pull(connector(**keys)).cursor
    clock.pass_(hours=1)
    assert pull(connector(**keys), cursor).records() == {}
    assert set(pull(connector(**keys)).records()) == {one["Id"]}


def test_our_own_tasks_are_no_work_of_anybody(org, connector, pull):
    org.create("Task", {"Subject": "ours", "Interlock_Key__c": "m-1"})
    theirs = org.create("Task", {"Subject": "theirs"})
    tasks = {"Task": {"title": "Subject", "due": "ActivityDate", "status": "Status"}}
    assert set(pull(connector(objects=tasks)).records("Task")) == {theirs["Id"]}


def test_a_page_is_read_by_the_paths_that_its_stream_names(deal, connector, pull):
    deal("Grün „zitiert“\nzwei")
    source = connector()
    page = pull(source).of("Opportunity")[0]
    stream = next(stream for stream in source.streams if stream.name == "Opportunity")
    query = "SELECT unnest(json_extract(content, ?)) AS record FROM read_text(?)"
    records = duckdb.execute(query, [f"$.{stream.records[0]}[*]", str(page.path)])
    found = records.fetchall()
    assert len(found) == 1
    value = duckdb.execute("SELECT json_extract_string(?::JSON, ?)", [found[0][0], "$.Name"]).fetchone()
    assert value == ("Grün „zitiert“\nzwei",)


def test_a_user_with_other_rights_reads_everything_anew(org, clock, deal, connector, pull):
    one = deal("one")
    cursor = pull(connector()).cursor
    clock.pass_(hours=5)
    org.grant("mo@meridian.example", "other-app", "s")
    source = connector(auth={"client_id": "other-app", "client_secret": "s"})
    pulled = pull(source, cursor)
    assert set(pulled.records()) == pulled.census() == {one["Id"]}


def test_wrong_credentials_end_the_pull_and_are_never_shown(connector, pull):
    source = connector(auth={"client_id": "app", "client_secret": "wr0ng"})
    with pytest.raises(Unauthorised, match="invalid_client invalid client credentials") as caught:
        pull(source)
    assert "wr0ng" not in str(caught.value) + repr(caught.value) + repr(source._options)


def test_the_overlap_is_longer_than_a_slow_transaction():
    from connectors.salesforce.paging import OVERLAP

    assert timedelta(minutes=10) <= OVERLAP
