"""Logins that fail are asked once and named; a login that is not believed is no empty Jira; limits are kept to."""

from __future__ import annotations

import pytest

from connectors.contract import Unauthorised
from sandbox.jira import Fault
from tests.jira_dc.conftest import SEARCH, fill

BASIC = {"user": "hub", "password": "secret"}


def test_a_user_and_password_read_as_a_token_does(site, clock, connector, pull):
    made = fill(site, clock, 2)
    assert set(pull(connector(auth=BASIC)).issues) == {issue.id for issue in made}


@pytest.mark.parametrize(
    ("auth", "advice"),
    [({"token": "wr0ng"}, "personal access token"), ({"user": "hub", "password": "wr0ng"}, "auth.password")],
)
def test_a_wrong_login_is_asked_once_and_named(jira, connector, pull, auth, advice):
    with pytest.raises(Unauthorised) as caught:
        pull(connector(auth=auth))
    assert advice in caught.value.advice
    assert "wr0ng" not in str(caught.value)
    assert len(jira.log) == 1


def test_a_login_that_wants_a_captcha_is_not_tried_again(jira, connector, pull):
    jira.failed["hub"] = 3
    with pytest.raises(Unauthorised, match="CAPTCHA") as caught:
        pull(connector(auth=BASIC))
    assert "solve the CAPTCHA" in caught.value.advice
    assert len(jira.log) == 1


def test_check_stops_at_a_login_that_fails(jira, connector):
    found = list(connector(auth={"user": "hub", "password": "wrong"}).check())
    assert [finding.level for finding in found] == ["fail"]
    assert jira.failed == {"hub": 1}


@pytest.mark.parametrize("skip", [0, 1, 2, 3])
def test_an_expired_token_is_no_empty_jira(site, clock, jira, connector, tmp_path, skip):
    fill(site, clock, 3)
    jira.faults.append(Fault(lambda request: True, "anonymous", times=None, skip=skip))
    pages = []
    with pytest.raises(Unauthorised):
        pages.extend(page for page in connector().pull({}, [], tmp_path))
    assert not any(page.keys_only for page in pages)


def test_a_search_answered_to_nobody_is_recognised_by_its_header(site, clock, jira, connector, tmp_path):
    fill(site, clock, 3)
    jira.faults.append(Fault(SEARCH, "anonymous"))
    with pytest.raises(Unauthorised, match="as if nobody had asked"):
        list(connector().pull({}, [], tmp_path))


def test_the_allowance_is_kept_to_and_no_request_is_refused(site, clock, jira, connector, pull):
    fill(site, clock, 60)
    jira.allowance, jira.interval = 4, 7
    assert len(pull(connector(page_size=5)).issues) == 60
    assert 429 not in {exchange.status for exchange in jira.log}
    assert set(clock.slept) == {7}


@pytest.mark.parametrize(("after", "slept"), [(11, [11]), (None, [10]), ("soon", [10])])
def test_a_refused_request_waits_as_the_site_asks(site, clock, jira, connector, pull, after, slept):
    fill(site, clock, 1)
    jira.faults.append(Fault(SEARCH, "rate_limited", retry_after=after))
    assert len(pull(connector()).issues) == 1
    assert clock.slept == slept


@pytest.mark.parametrize("kind", ["unavailable", "error", "cut_before", "cut_short"])
def test_a_passing_failure_is_tried_again_and_the_page_is_whole(site, clock, jira, connector, pull, kind):
    fill(site, clock, 1)
    jira.faults.append(Fault(SEARCH, kind, times=2))
    assert len(pull(connector()).issues) == 1
    assert clock.slept == [1, 2]
