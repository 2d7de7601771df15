"""What goes wrong while reading: what is waited out, what is handed on, and what the message says."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from connectors.contract import Retry, SourceError, Unauthorised, Unreadable
from sandbox.jira import Fault

SEARCH = "POST */search/jql"


@pytest.fixture(autouse=True)
def issue(site):
    return site.create_issue("PLAT", "Build", by="Dana Smith")


@pytest.mark.parametrize("kind", ["rate_limited", "unavailable"])
def test_retry_after_in_seconds_is_waited_by_our_clock(jira, clock, connector, pull, kind):
    jira.faults.append(Fault(SEARCH, kind, times=2, retry_after=11))
    assert len(pull(connector()).issues) == 1
    assert clock.slept == [11, 11]


def test_retry_after_as_a_date_is_measured_by_the_sites_clock(site, jira, clock, connector, pull):
    until = format_datetime(site.now() + timedelta(seconds=25), usegmt=True)
    jira.faults.append(Fault(SEARCH, "rate_limited", retry_after=until))
    site.clock, ours = clock.now, clock.now()
    clock.now = lambda: ours + timedelta(days=3)  # ours is off; theirs is not
    pull(connector())
    assert clock.slept == [25]


@pytest.mark.parametrize("kind", ["unavailable", "error", "cut_before", "cut_after", "cut_short"])
def test_a_passing_failure_is_tried_again_and_the_page_is_whole(jira, clock, connector, pull, kind):
    jira.faults.append(Fault(SEARCH, kind, times=2))
    pulled = pull(connector())
    assert len(pulled.issues) == 1
    assert len(pulled.of("issue")) == 1
    assert clock.slept == [1, 2]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("rate_limited", "answered 429"),
        ("unavailable", "answered 503"),
        ("error", "answered 500"),
        ("cut_before", "no answer: "),
    ],
)
def test_a_lasting_failure_ends_after_a_bounded_number_of_tries(jira, clock, connector, pull, kind, words):
    jira.faults.append(Fault(SEARCH, kind, times=None))
    with pytest.raises(Retry) as caught:
        pull(connector())
    asked = jira.asked("/search/jql")
    assert len(asked) == (5 if kind == "error" else 4)  # once more for the ids alone: it may be one bad issue
    assert sum(clock.slept) <= 60
    assert str(caught.value).startswith(f"POST {jira.url}/rest/api/3/search/jql: {words}")
    assert caught.value.advice


def test_a_wait_longer_than_our_patience_is_handed_on(jira, clock, connector, pull):
    jira.faults.append(Fault(SEARCH, "rate_limited", times=None, retry_after=3600))
    with pytest.raises(Retry, match="asks to wait 3600 s") as caught:
        pull(connector())
    assert caught.value.after == 3600
    assert clock.slept == []


def test_waits_add_up_to_our_patience(jira, clock, connector, pull):
    jira.faults.append(Fault(SEARCH, "rate_limited", times=None, retry_after=25))
    with pytest.raises(Retry):
        pull(connector())
    assert clock.slept == [25, 25]


def test_an_answer_that_does_not_come_in_time_is_tried_again(jira, clock, connector, pull):
    jira.faults.append(Fault(SEARCH, "slow", seconds=0.6))
    assert len(pull(connector(timeout=0.2)).issues) == 1
    assert clock.slept == [1]


def test_a_wrong_token_is_named_with_what_to_do_and_never_shown(connector, pull):
    source = connector(auth={"email": "hub@meridian.example", "token": "wr0ng-t0ken"})
    with pytest.raises(Unauthorised, match="did not accept the token") as caught:
        pull(source)
    assert "auth.token" in caught.value.advice
    assert "wr0ng-t0ken" not in str(caught.value) + repr(caught.value) + repr(source._options)


@pytest.mark.parametrize("kind", ["unauthorised", "forbidden", "anonymous"])
def test_a_permission_lost_in_the_middle_of_a_pull_is_no_empty_census(jira, connector, tmp_path, kind):
    census = Fault(lambda request: (request.body or {}).get("fields") == ["id"], kind, times=None)
    jira.faults.append(census)
    pages = []
    with pytest.raises(Unauthorised):
        pages.extend(page for page in connector().pull({}, [], tmp_path))
    assert not any(page.keys_only for page in pages)


def test_a_site_that_believes_nobody_is_no_empty_jira(jira, connector, tmp_path):
    jira.faults.append(Fault(SEARCH, "anonymous", times=None))
    with pytest.raises(Unauthorised, match="did not accept the token"):
        list(connector().pull({}, [], tmp_path))


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("http://127.0.0.1:9", Retry, "ConnectError"),
        ("http://no-such-host.invalid", Retry, "ConnectError"),
    ],
)
def test_a_wrong_address_is_named(connector, pull, url, error, words):
    with pytest.raises(error, match=words) as caught:
        pull(connector(url=url))
    assert url in str(caught.value)
    assert "Check `url`" in caught.value.advice


def test_a_path_that_is_no_jira_is_named(jira, connector, pull):
    with pytest.raises(Unreadable, match="answered 404") as caught:
        pull(connector(url=jira.url + "/wiki"))
    assert "Check `url`" in caught.value.advice


def test_a_login_page_instead_of_json_is_named(jira, connector, pull):
    jira.faults.append(Fault("GET */myself", "html"))
    with pytest.raises(Unreadable, match="text/html instead of JSON") as caught:
        pull(connector())
    assert "Check `url`" in caught.value.advice


@pytest.mark.parametrize("missing", ["GET */myself", "GET */field", "GET */serverInfo"])
def test_a_site_that_lacks_an_optional_resource_is_read_all_the_same(jira, connector, pull, missing):
    jira.faults.append(Fault(missing, "missing", times=None))
    assert len(pull(connector(fields={"start": "customfield_10015"})).issues) == 1


def test_every_error_says_what_was_tried_what_was_answered_and_what_to_do(jira, connector, pull):
    for kind in ("unavailable", "unauthorised", "forbidden", "missing", "html"):
        jira.faults[:] = [Fault(SEARCH, kind, times=None)]
        with pytest.raises(SourceError) as caught:
            pull(connector())
        error = caught.value
        assert str(error) == f"{error.place}: {error.problem}. {error.advice}"
        assert "POST" in error.place
        assert jira.url in error.place
        assert error.problem
        assert error.advice
