"""What goes wrong while reading: sessions, calls of the day, busy orgs; and Bulk API jobs."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from connectors.contract import Retry, SourceError, Unauthorised, Unreadable
from sandbox.salesforce import Fault

QUERY = "GET */query"
DEALS = "FROM Opportunity"


def deals(request) -> bool:
    """A query that reads the deals."""
    return "FROM Opportunity" in request.query.get("q", [""])[0]


@pytest.fixture(autouse=True)
def one(deal):
    return deal("Acme")


def test_a_session_that_ends_in_the_middle_is_renewed_once(salesforce, connector, pull):
    salesforce.faults.append(Fault(deals, "expired"))
    assert len(pull(connector()).records()) == 1
    assert len(salesforce.asked("/oauth2/token")) == 2


def test_a_session_that_never_holds_ends_the_pull(salesforce, connector, pull):
    salesforce.faults.append(Fault(deals, "expired", times=None))
    with pytest.raises(Unauthorised, match="INVALID_SESSION_ID: Session expired or invalid"):
        pull(connector())
    assert len(salesforce.asked("/oauth2/token")) == 2


def test_the_floor_ends_a_pull_before_it_takes_what_is_the_companys(
    org, deal, salesforce, connector, tmp_path
):
    for number in range(20):
        deal(f"Deal {number}")
    org.api_limit, org.api_used, org.batch = 100, 74, 5
    parts = []
    with pytest.raises(
        Retry, match=r"used 80 of its 100 API calls of the day, and 20% of them are left"
    ) as caught:
        parts.extend(connector().pull({}, [], tmp_path / "spool"))
    assert "quota_floor" in caught.value.advice
    assert org.api_used == 80
    assert parts  # what was read before still counts
    org.api_used = 79
    assert list(connector(quota_floor=0).pull({}, [], tmp_path / "more"))


def test_calls_used_up_are_not_asked_for_again(salesforce, connector, pull, clock):
    salesforce.faults.append(Fault(deals, "over_limit", times=None))
    with pytest.raises(Retry, match="REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded"):
        pull(connector())
    assert (len(salesforce.asked(DEALS)), clock.slept) == (1, [])


@pytest.mark.parametrize("kind", ["rate_limited", "unavailable"])
def test_retry_after_is_waited_by_our_clock(salesforce, clock, connector, pull, kind):
    salesforce.faults.append(Fault(deals, kind, times=2, retry_after=11))
    assert len(pull(connector()).records()) == 1
    assert clock.slept == [11, 11]


def test_retry_after_as_a_date_is_measured_by_the_orgs_clock(org, salesforce, clock, connector, pull):
    until = format_datetime(org.now() + timedelta(seconds=25), usegmt=True)
    salesforce.faults.append(Fault(deals, "rate_limited", retry_after=until))
    org.clock, ours = clock.now, clock.now()
    clock.now = lambda: ours + timedelta(days=3)
    pull(connector())
    assert clock.slept == [25]


@pytest.mark.parametrize("kind", ["unavailable", "error", "cut_before", "cut_after", "cut_short"])
def test_a_passing_failure_is_tried_again_and_the_page_is_whole(salesforce, clock, connector, pull, kind):
    salesforce.faults.append(Fault(deals, kind, times=2))
    pulled = pull(connector())
    assert (len(pulled.records()), len(pulled.of("Opportunity")), clock.slept) == (1, 1, [1, 2])


def test_a_lasting_failure_ends_after_a_bounded_number_of_tries(salesforce, clock, connector, pull):
    salesforce.faults.append(Fault(deals, "error", times=None))
    with pytest.raises(Retry, match=r"answered 500 .*UNKNOWN_EXCEPTION") as caught:
        pull(connector())
    assert len(salesforce.asked(DEALS)) == 4
    assert str(caught.value).startswith(f"GET {salesforce.url}/services/data/v62.0/query: ")


def test_a_maintenance_page_is_no_empty_org(salesforce, connector, pull):
    salesforce.faults.append(Fault("GET */describe", "html"))
    pulled = pull(connector(), troubled=True)
    assert isinstance(pulled.troubles[0].error, Unreadable)
    assert "text/html instead of JSON" in str(pulled.troubles[0].error)


@pytest.mark.parametrize("domain", ["http://127.0.0.1:9", "https://no-such-host.invalid"])
def test_a_wrong_address_is_named(connector, pull, domain):
    with pytest.raises(Retry, match="ConnectError") as caught:
        pull(connector(domain=domain))
    assert domain in str(caught.value)


# --- Bulk API 2.0 --------------------------------------------------------------------------------------


def test_many_records_come_by_a_bulk_job_and_the_next_pull_goes_on_by_queries(
    org, deal, clock, salesforce, connector, pull, monkeypatch
):
    monkeypatch.setattr("connectors.salesforce.bulk.PAGE", 4)
    org.polls = 3
    clock.pass_(hours=1)
    wanted = {deal(f"Deal {number}")["Id"] for number in range(10)}
    clock.pass_(hours=1)
    source = connector(bulk_above=5)
    pulled = pull(source)
    assert wanted < set(pulled.records())
    assert len(pulled.records()) == 11
    assert clock.slept == [1, 2]
    assert len(salesforce.asked("/results")) == 3
    record = next(each for each in pulled.records().values() if each["Name"] == "Deal 3")
    assert (record["IsDeleted"], record["Owner"]["Email"]) == (False, "sal@meridian.example")
    assert record["SystemModstamp"] == "2026-01-05T10:00:00.000+0000"
    clock.pass_(hours=1)
    assert pull(source, pulled.cursor).records() == {}
    assert len(salesforce.asked("POST /services/data/v62.0/jobs/query")) == 1


def test_a_census_of_many_comes_by_a_bulk_job(org, deal, clock, salesforce, connector, pull):
    ids = {deal(f"Deal {number}")["Id"] for number in range(10)}
    clock.pass_(hours=1)
    cursor = pull(connector()).cursor
    clock.pass_(days=2)
    assert ids < (pull(connector(bulk_above=5), cursor).census() or set())
    assert len(salesforce.asked("/results")) == 1


def test_an_org_without_the_bulk_api_is_read_page_by_page(org, deal, salesforce, connector, pull):
    org.bulk, org.batch = False, 3
    for number in range(10):
        deal(f"Deal {number}")
    assert len(pull(connector(bulk_above=5)).records()) == 11


def test_a_job_that_gives_fewer_than_it_processed_is_not_taken(org, deal, salesforce, connector, tmp_path):
    for number in range(10):
        deal(f"Deal {number}")
    lost = Fault("GET */results", "turn", act=lambda: org.purge(next(iter(org.records["Opportunity"]))))
    salesforce.faults.append(lost)
    pages = []
    with pytest.raises(Retry, match="gave 10 of the 11 records"):
        pages.extend(connector(bulk_above=5).pull({}, [], tmp_path / "spool"))
    assert not [page for page in pages if page.stream == "Opportunity"]


def test_a_job_that_fails_or_never_ends_is_named(org, deal, salesforce, clock, connector, pull, tmp_path):
    for number in range(10):
        deal(f"Deal {number}")
    org.polls = 10_000
    with pytest.raises(Retry, match=r"job 750\w+ on Opportunity: is still InProgress after"):
        pull(connector(bulk_above=5))
    assert sum(clock.slept) < 4000

    def fail() -> None:
        for job in salesforce.held.jobs.values():
            job |= {"state": "Failed", "errorMessage": "InvalidBatch: too complicated"}

    salesforce.faults.append(Fault("GET */jobs/query/750*", "turn", act=fail))
    (trouble,) = pull(connector(bulk_above=5), troubled=True).troubles
    assert "failed: InvalidBatch: too complicated" in str(trouble.error)


def test_every_error_says_what_was_tried_what_was_answered_and_what_to_do(salesforce, connector, pull):
    for kind in ("forbidden", "missing", "error"):
        salesforce.faults[:] = [Fault(deals, kind, times=None)]
        try:
            (trouble,) = pull(connector(), troubled=True).troubles
            error = trouble.error
        except SourceError as raised:
            error = raised
        assert str(error) == f"{error.place}: {error.problem}. {error.advice}"
        assert error.place == f"GET {salesforce.url}/services/data/v62.0/query"
        assert error.advice
