"""`check`, `whereabouts` and the options."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from connectors import registry
from connectors.jira import Options
from sandbox.jira import Fault

AUTH = {"email": "hub@meridian.example", "token": "secret"}


def findings(source):
    return [(finding.level, finding.text) for finding in source.check()]


def levels(source):
    return [finding.level for finding in source.check() if finding.level != "ok"]


def test_a_good_source_is_all_ok_and_nothing_is_changed(site, jira, connector):
    site.create_issue("PLAT", "Build", by="Dana Smith")
    found = findings(connector(fields={"start": "Start date"}))
    assert {level for level, _ in found} == {"ok"}
    told = " / ".join(text for _, text in found)
    for words in (
        jira.url,
        "signed in as Interlock",
        "about 1 issues",
        "all 1 configured fields",
        "may add comments",
    ):
        assert words in told
    assert {line.split()[0] for line in jira.asked()} == {"GET", "POST"}
    assert jira.asked("comment") == []


@pytest.mark.parametrize(
    ("keys", "level", "words"),
    [
        ({"jql": "project = NOPE"}, "fail", "The value 'NOPE' does not exist"),
        ({"jql": "project = SEC"}, "warn", "finds no issue"),
        ({"fields": {"start": "Begin"}}, "fail", "fields.start"),
        ({"fields": {"start": "customfield_1"}}, "fail", "fields.start"),
        ({"links": {"Gantt": {"type": "SF"}}}, "warn", "links.Gantt"),
        ({"auth": {"email": "hub@meridian.example", "token": "no"}}, "fail", "auth.token"),
        ({"url": "http://127.0.0.1:9"}, "fail", "Check `url`"),
    ],
)
def test_what_is_wrong_is_found_and_named(site, connector, keys, level, words):
    site.create_issue("PLAT", "Build", by="Dana Smith")
    found = [(each, text) for each, text in findings(connector(**keys)) if each != "ok"]
    assert [each for each, _ in found] == [level]
    assert words in found[0][1]


def test_a_clock_that_is_off_is_found(site, clock, connector):
    site.create_issue("PLAT", "Build", by="Dana Smith")
    theirs = clock.now()
    site.clock = lambda: theirs
    clock.pass_(minutes=10)
    found = [(level, text) for level, text in findings(connector()) if level != "ok"]
    assert found == [("warn", "this machine's clock is 600 s ahead of Jira's: set it by NTP")]


def test_missing_permissions_are_found(site, connector):
    site.create_issue("PLAT", "Build", by="Dana Smith")
    for project in site.projects.values():
        site.muted.add(project.id)
    assert findings(connector())[-1] == (
        "warn",
        "the account may not add comments in any project: give it the permission",
    )


@pytest.mark.parametrize(
    ("there", "words"), [(False, "is gone here"), (True, "still there, and is not used")]
)
def test_a_tenant_whose_old_search_is_gone_is_told_from_one_that_has_it(site, connector, there, words):
    site.create_issue("PLAT", "Build", by="Dana Smith")
    site.old_search = there
    told = [(level, text) for level, text in findings(connector()) if "old search" in text]
    assert [(level, words in text, "/search/jql" in text) for level, text in told] == [("ok", True, True)]


def test_a_site_without_the_search_that_we_use_fails_and_is_told_what_to_do(site, jira, connector):
    jira.faults.append(Fault("* */search/jql", "missing", times=None))
    level, text = findings(connector())[-1]
    assert level == "fail"
    assert "has no /search/jql" in text
    assert "deployment: data-center" in text


def test_the_scopes_of_a_token_are_checked_and_nothing_is_written(site, jira, connector):
    issue = site.create_issue("PLAT", "Build", by="Dana Smith")
    source = connector(url=f"{jira.url}/ex/jira/11223344-a1b2")
    assert findings(source)[-1] == ("ok", "the token has the scopes to read and to comment")
    site.scopes.discard("write:jira-work")
    level, text = findings(source)[-1]
    assert level == "warn"
    assert "may read and not comment" in text
    assert "write:jira-work" in text
    assert issue.comments == []


@pytest.mark.parametrize(
    "path", ["serverInfo", "myself", "search/approximate-count", "field", "mypermissions"]
)
def test_a_site_that_lacks_a_resource_is_checked_as_far_as_it_goes(site, jira, connector, path):
    site.create_issue("PLAT", "Build", by="Dana Smith")
    jira.faults.append(Fault(f"* */{path}", "missing", times=None))
    assert "fail" not in levels(connector(fields={"start": "customfield_10015"}))


# --- whereabouts -----------------------------------------------------------------------------------------


@pytest.fixture
def issues(site):
    return [site.create_issue(project, "Work", by="Dana Smith") for project in ("PLAT", "PLAT", "SEC")]


def test_deleted_is_told_from_out_of_scope(site, issues, connector, pull):
    source = connector(jql="issuetype = Task")
    pull(source)
    site.delete_issue(issues[0].key)
    site.set_fields(issues[1].key, {"issuetype": "Bug"})
    assert source.whereabouts("issue", [issues[0].id, issues[1].id]) == {
        issues[0].id: "deleted",
        issues[1].id: "not visible: left the scope of the JQL",
    }


def test_a_lost_permission_is_never_called_deleted(site, issues, connector, pull):
    source = connector()
    cursor = pull(source).cursor
    site.hide_project("SEC")
    fresh = connector()
    pull(fresh, cursor)
    assert fresh.whereabouts("issue", [issues[2].id]) == {
        issues[2].id: "not visible: permission lost (project SEC)"
    }


def test_without_a_pull_before_it_nothing_is_called_deleted(site, issues, connector):
    site.delete_issue(issues[0].key)
    assert connector().whereabouts("issue", [issues[0].id])[issues[0].id].startswith("not visible: ")


@pytest.mark.parametrize("path", ["POST */issue/bulkfetch", "GET */project/search"])
def test_a_site_that_does_not_tell_calls_nothing_deleted(site, issues, jira, connector, pull, path):
    source = connector()
    pull(source)
    site.delete_issue(issues[0].key)
    jira.faults.append(Fault(path, "missing"))
    assert source.whereabouts("issue", [issues[0].id])[issues[0].id].startswith("not visible: ")


def test_many_missing_issues_are_asked_for_a_hundred_at_a_time(site, jira, connector, pull):
    made = [site.create_issue("PLAT", f"Work {number}", by="Dana Smith") for number in range(250)]
    source = connector()
    pull(source)
    for issue in made:
        site.delete_issue(issue.key)
    told = source.whereabouts("issue", [issue.id for issue in made])
    assert set(told.values()) == {"deleted"}
    assert len(told) == 250
    assert len(jira.asked("bulkfetch")) == 3


# --- options ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"}, {"url": "meridian.atlassian.net"},
        {"url": "https://me:secret@meridian.atlassian.net"},
        {"url": "https://meridian.atlassian.net/?x=1"}, {"fields": {"begin": "customfield_1"}},
        {"fields": {"start": " "}}, {"links": {"Blocks": {"type": "XX"}}}, {"page_size": 0}, {"jql": "  "},
        {"links": {"Blocks": {"kind": "FS"}}}, {"auth": {"email": "a@b.example"}},
        {"departments": {"team": {}}}, {"timeout": 0},
    ],
)  # fmt: skip
def test_options_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValidationError):
        Options(**({"url": "https://meridian.atlassian.net", "auth": AUTH} | wrong))


def test_defaults_are_those_of_the_design():
    options = Options(url="https://meridian.atlassian.net/", auth=AUTH)
    assert options.url == "https://meridian.atlassian.net"
    assert {name: (rule.type, rule.predecessor) for name, rule in options.links.items()} == {
        "Blocks": ("FS", "outward")
    }
    assert {"Won't Do", "Won't Fix", "Duplicate", "Cancelled", "Declined", "Rejected", "Obsolete"} == set(
        options.dropped_resolutions
    )
    assert f"'{AUTH['token']}'" not in repr(options) + str(options.model_dump())


def test_every_key_is_described():
    waiting = [Options.model_json_schema()]
    undescribed = []
    while waiting:
        schema = waiting.pop()
        undescribed += [
            name for name, told in schema.get("properties", {}).items() if "description" not in told
        ]
        waiting += list(schema.get("$defs", {}).values())
    assert undescribed == []


def test_the_registry_finds_the_connector_by_its_name():
    assert "jira" in registry.kinds()
    assert registry.options_model("jira") is Options


def test_connecting_touches_nothing(connector, jira):
    source = connector()
    assert [stream.name for stream in source.streams] == ["issue", "change", "status", "answer"]
    assert (source.writes, source.one_note_per_item) == (True, False)
    assert jira.log == []
