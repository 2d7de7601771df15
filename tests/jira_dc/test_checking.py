"""`check`, the options, and which Jira a configuration means."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors.contract import Place
from connectors.jira import Options, connect
from connectors.jira.connector import JiraConnector
from connectors.jira.data_center.connector import DataCenterConnector
from sandbox.jira_dc import DataCenterSandbox

TOKEN, PASSWORD, CLOUD = (
    {"token": "x"},
    {"user": "hub", "password": "x"},
    {"email": "a@b.example", "token": "x"},
)
OWN, ATLASSIANS = "https://jira.meridian.example/jira", "https://meridian.atlassian.net"
GATEWAY = "https://api.atlassian.com/ex/jira/1"


def findings(source):
    return [(finding.level, finding.text) for finding in source.check()]


def test_a_good_source_is_all_ok_and_nothing_is_changed(site, issue, jira, connector):
    found = findings(connector(fields={"start": "Start date"}))
    assert {level for level, _ in found} == {"ok"}
    told = " / ".join(text for _, text in found)
    for words in (
        jira.url, "signed in as Interlock (account JIRAUSER10100)", "time zone is UTC", "Data Center 10.3.24",
        "finds 1 issues", "all 1 configured fields", "may browse projects", "may add comments",
    ):  # fmt: skip
        assert words in told
    assert set(jira.asked("POST")) == {"POST /rest/api/2/search"}


@pytest.mark.parametrize(
    ("keys", "level", "words"),
    [
        ({"jql": "project = NOPE"}, "fail", "The value 'NOPE' does not exist"),
        ({"jql": "project = SEC"}, "warn", "finds no issue"),
        ({"fields": {"start": "Begin"}}, "fail", "fields.start"),
        ({"links": {"Gantt": {"type": "SF"}}}, "warn", "links.Gantt"),
        ({"auth": {"token": "no"}}, "fail", "personal access token"),
        ({"auth": {"user": "hub", "password": "no"}}, "fail", "auth.password"),
        ({"url": "http://127.0.0.1:9"}, "fail", "Check `url`"),
    ],
)
def test_what_is_wrong_is_found_and_named(issue, connector, keys, level, words):
    found = [(each, text) for each, text in findings(connector(**keys)) if each != "ok"]
    assert [each for each, _ in found] == [level]
    assert words in found[0][1]


def test_a_site_that_is_odd_is_found(site, issue, clock, jira, connector):
    theirs = clock.now()
    site.clock = lambda: theirs
    clock.pass_(minutes=10)
    jira.people.zone, jira.version = "Company/Ship", "8.5.1"
    site.muted |= set(site.projects)
    assert [text for level, text in findings(connector()) if level == "warn"] == [
        "this machine's clock is 600 s ahead of Jira's: set it by NTP",
        "the account's time zone, 'Company/Ship', is not known here: set another in its profile",
        "Jira Data Center 8.5.1: 8.20 to 10 are what this was made for",
        "the account may not add comments in any project: give it the permission",
    ]


@pytest.mark.parametrize("version", ["8.20.30", "9.4.0", "9.12.15", "10.3.24"])
def test_the_versions_that_this_was_made_for_are_welcome(site, issue, clock, tmp_path, version):
    with DataCenterSandbox(site, version=version) as jira:
        source = connect(Place("jira", tmp_path, clock), Options(url=jira.url, auth={"token": "secret"}))
        assert {level for level, _ in findings(source)} == {"ok"}


def test_a_site_that_takes_moments_in_minutes_only_says_so(issue, jira, connector):
    jira.takes_numbers = False
    assert (
        "ok",
        "its JQL takes no epoch milliseconds: moments are asked in the account's time zone",
    ) in findings(connector())


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        ({"url": OWN, "auth": TOKEN}, DataCenterConnector),
        ({"url": OWN, "auth": PASSWORD}, DataCenterConnector),
        ({"url": OWN, "auth": CLOUD}, JiraConnector),
        ({"url": ATLASSIANS, "auth": CLOUD}, JiraConnector),
        ({"url": ATLASSIANS, "auth": TOKEN}, JiraConnector),
        ({"url": GATEWAY, "auth": TOKEN}, JiraConnector),
        ({"url": OWN, "auth": TOKEN, "deployment": "cloud"}, JiraConnector),
        ({"url": ATLASSIANS, "auth": TOKEN, "deployment": "data-center"}, DataCenterConnector),
        ({"url": "https://notatlassian.net", "auth": TOKEN}, DataCenterConnector),
    ],
)
def test_which_jira_it_is_is_told_by_the_configuration_alone(tmp_path, clock, keys, kind):
    source = connect(Place("jira", tmp_path, clock), Options(**keys))
    assert type(source) is kind
    assert {"issue", "change", "answer"} <= {stream.name for stream in source.streams}
    assert (source.writes, source.one_note_per_item, source.answer_cell) == (True, False, "")


@pytest.mark.parametrize(
    "auth",
    [{}, {"email": "a@b.example"}, {"user": "hub"}, {"password": "x"}, {"user": "hub", "token": "x"},
     {"email": "a@b.example", "password": "x"}, {"email": "a@b.example", "token": "x", "user": "hub"}, {"token": ""}],
)  # fmt: skip
def test_logins_that_are_none_are_refused(auth):
    with pytest.raises(ValidationError, match="must be `email` and `token`"):
        Options(url=OWN, auth=auth)


def test_secrets_are_never_shown():
    options = Options(url=OWN, auth={"user": "hub", "password": "pa55"})
    assert "pa55" not in repr(options) + str(options.model_dump())
