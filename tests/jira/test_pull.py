"""Pulling issues, changes and the census from the sandbox."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest

from connectors.contract import Drifted, Retry
from sandbox.jira import Fault, JiraSandbox, JiraSite

SEARCH = "POST /rest/api/3/search/jql"


def fill(site, count, project="PLAT"):
    return [site.create_issue(project, f"Work {number}", by="Dana Smith") for number in range(count)]


def test_every_issue_comes_once_over_several_pages_as_jira_sent_it(site, jira, connector, pull):
    made = fill(site, 7)
    pulled = pull(connector(page_size=3))
    assert list(pulled.issues) == [issue.id for issue in made]
    assert len(pulled.of("issue")) == 3
    sent = [exchange.reply for exchange in jira.log if exchange.path.endswith("/search/jql")]
    spooled = [page.path.read_bytes() for page in pulled.of("issue")]
    assert spooled == sent[:3]


def test_each_page_is_yielded_for_issues_and_for_changes_and_the_cursor_comes_with_the_last(
    site, connector, pull
):
    fill(site, 4)
    pages = pull(connector(page_size=2)).pages
    assert [(page.stream, page.cursor is not None, page.keys_only) for page in pages] == [
        ("status", False, False),
        ("issue", False, False),
        ("change", False, False),
        ("issue", False, False),
        ("change", True, False),
        ("issue", False, True),
    ]
    assert pages[1].path == pages[2].path


def test_an_empty_jira_gives_an_empty_page_and_an_empty_census(connector, pull):
    pulled = pull(connector())
    assert pulled.issues == {}
    assert pulled.census == set()
    assert "updated" in pulled.cursor


def test_changes_are_found_under_their_issue_as_the_stream_says(site, clock, connector, pull):
    issue = site.create_issue("PLAT", "Build", by="Dana Smith", fields={"duedate": "2026-03-01"})
    clock.pass_(days=1)
    site.set_fields(issue.key, {"duedate": "2026-04-01"}, by="Mo Field")
    source = connector()
    page = pull(source).of("change")[0]
    change = next(stream for stream in source.streams if stream.name == "change")
    outer, inner = change.records
    landed = duckdb.sql(
        f"SELECT record ->> '$.{change.key}', parent, json_extract_string(record, '$.items[0].to')"
        f" FROM (SELECT unnest(json_extract(outside, '$.{inner}[*]')) AS record,"
        f" outside ->> '$.{change.parent}' AS parent"
        f" FROM (SELECT unnest(json_extract(content, '$.{outer}[*]')) AS outside"
        f" FROM read_text('{page.path}')))"
    ).fetchall()
    assert landed == [(issue.histories[0].id, issue.id, "2026-04-01")]


def news_of(source, path):
    """The content of the first issue in a page, as the stream's paths give it."""
    stream = next(stream for stream in source.streams if stream.name == "issue")
    issue = json.dumps(json.loads(path.read_text())["issues"][0])
    return {
        path: duckdb.execute("SELECT json_extract(?::JSON, ?)::VARCHAR", [issue, path]).fetchone()[0]
        for path in stream.content
    }


def test_every_path_of_the_content_finds_its_value(site, connector, pull):
    first = site.create_issue("PLAT", "Platform", type="Epic", by="Dana Smith")
    other = site.create_issue("SEC", "Audit", by="Dana Smith")
    third = site.create_issue("SEC", "Access", by="Dana Smith")
    site.add_version("PLAT", "R1", "2026-06-30")
    site.add_component("PLAT", "Bridge")
    site.add_security_level("Board only")
    issue = site.create_issue(
        "PLAT", "Build", by="Dana Smith",
        fields={
            "assignee": "Dana Smith", "duedate": "2026-03-01", "parent": first.key, "labels": ["platform"],
            "components": ["Bridge"], "fixVersions": ["R1"], "timeoriginalestimate": 28800,
            "timeestimate": 3600, "security": "Board only", "Start date": "2026-01-12",
        },
    )  # fmt: skip
    site.transition(issue.key, "Done", by="Dana Smith")
    site.link("Blocks", issue.key, other.key)
    site.link("Blocks", third.key, issue.key)
    source = connector(jql=f"key = {issue.key}", fields={"start": "Start date"})
    content = news_of(source, pull(source).of("issue")[0].path)
    empty = [path for path, value in content.items() if value in (None, "null", "[]")]
    assert empty == []
    assert content['$.fields."customfield_10015"'] == '"2026-01-12"'
    assert content["$.fields.fixVersions[*].releaseDate"] == '["2026-06-30"]'


def test_a_comment_is_no_news_of_an_issue_and_a_moved_date_is(site, clock, connector, pull):
    issue = site.create_issue("PLAT", "Build", by="Dana Smith", fields={"duedate": "2026-03-01"})
    source = connector()
    before = news_of(source, pull(source).of("issue")[0].path)
    clock.pass_(hours=1)
    site.comment(issue.key, "still on track", by="Dana Smith")
    commented = news_of(source, pull(source).of("issue")[0].path)
    site.set_fields(issue.key, {"duedate": "2026-04-01"})
    moved = news_of(source, pull(source).of("issue")[0].path)
    assert commented == before
    assert {path for path in moved if moved[path] != before[path]} == {"$.fields.duedate"}


def test_the_next_pull_asks_for_what_changed_since_with_an_overlap_and_no_upper_bound(
    site, clock, jira, connector, pull
):
    issues = fill(site, 3)
    clock.pass_(hours=2)
    site.set_fields(issues[1].key, {"summary": "moved"})
    first = pull(connector())
    at = int(clock.now().timestamp() * 1000)
    assert first.cursor["updated"] == at
    clock.pass_(minutes=50)
    site.set_fields(issues[2].key, {"summary": "moved too"})
    second = pull(connector(), first.cursor)
    assert set(second.issues) == {issues[1].id, issues[2].id}
    asked = [exchange.body["jql"] for exchange in jira.log if exchange.path.endswith("/search/jql")]
    assert asked[2] == f"(project is not EMPTY) AND updated >= {at - 300_000} ORDER BY created ASC"
    assert second.cursor["updated"] == int(clock.now().timestamp() * 1000)


def test_an_issue_that_the_index_showed_late_is_read_by_the_overlap(site, clock, connector, pull):
    early, late = fill(site, 2)
    clock.pass_(hours=1)
    site.set_fields(early.key, {"summary": "touched"})
    cursor = pull(connector(jql=f"key = {early.key}")).cursor
    cursor["reads"] = pull(connector()).cursor["reads"]
    late.updated = early.updated - timedelta(minutes=4)
    assert late.id in pull(connector(), cursor).issues


def test_a_pull_with_nothing_new_keeps_the_cursor_and_asks_the_same_number_of_requests(
    site, clock, jira, connector, pull
):
    fill(site, 30)
    cursor = pull(connector(page_size=10)).cursor
    clock.pass_(days=2)
    fill(site, 1)
    cursor = pull(connector(page_size=10), cursor).cursor
    asked = []
    for _ in range(2):
        clock.pass_(days=1)
        before = len(jira.log)
        pulled = pull(connector(page_size=10), cursor, watch=list(site.issues))
        assert pulled.cursor | {"looked_back": cursor["looked_back"]} == cursor
        asked.append(len(jira.log) - before)
    # fields, who we are, the search, statuses and comments of the one in the overlap, the census
    assert asked == [6, 6]


def test_a_pull_that_finds_less_than_the_last_one_never_moves_the_cursor_back(site, clock, connector, pull):
    early = fill(site, 1)[0]
    clock.pass_(hours=1)
    late = fill(site, 1)[0]
    cursor = pull(connector()).cursor
    site.delete_issue(late.key)
    assert list(site.issues) == [early.id]
    assert pull(connector(), cursor).cursor == cursor


def test_a_changed_query_or_a_new_field_reads_everything_again(site, clock, connector, pull):
    fill(site, 3)
    clock.pass_(days=1)
    fill(site, 1)
    cursor = pull(connector()).cursor
    assert len(pull(connector(), cursor).issues) == 1
    assert len(pull(connector(jql="project = PLAT"), cursor).issues) == 4
    assert len(pull(connector(fields={"start": "customfield_10015"}), cursor).issues) == 4


def test_another_account_reads_everything_again(site, clock, connector, pull):
    fill(site, 3)
    clock.pass_(days=1)
    fill(site, 1)
    cursor = pull(connector()).cursor
    site.grant("dana@meridian.example", "hers")
    hers = connector(auth={"email": "dana@meridian.example", "token": "hers"})
    assert len(pull(connector(), cursor).issues) == 1
    assert len(pull(hers, cursor).issues) == 4
    assert pull(hers, cursor).cursor["account"] == site.user("dana@meridian.example").account_id


def test_the_census_holds_ids_of_all_in_scope_and_is_complete(site, clock, jira, connector, pull):
    issues = fill(site, 3)
    fill(site, 2, "SEC")
    cursor = pull(connector(jql="project = PLAT")).cursor
    clock.pass_(days=1)
    site.delete_issue(issues[0].key)
    pulled = pull(connector(jql="project = PLAT"), cursor)
    assert pulled.census == {issues[1].id, issues[2].id}
    page = pulled.pages[-1]
    assert (page.stream, page.complete, page.keys_only, page.scope) == ("issue", True, True, "")
    assert jira.log[-1].body["fields"] == ["id"]


def test_an_order_by_of_the_configured_query_gives_way_to_ours(site, jira, connector, pull):
    site.create_issue("PLAT", "one", by="Dana Smith", fields={"labels": ["order by"]})
    pulled = pull(connector(jql='labels = "order by" ORDER BY updated DESC'))
    assert len(pulled.issues) == 1
    asked = [exchange.body["jql"] for exchange in jira.log if exchange.path.endswith("/search/jql")]
    assert asked[0] == '(labels = "order by") ORDER BY created ASC'


def test_a_field_given_by_name_is_found_requested_and_counted_as_news(site, jira, connector, pull):
    site.create_issue("PLAT", "one", by="Dana Smith", fields={"Start date": "2026-01-12"})
    source = connector(fields={"start": "start DATE"})
    pulled = pull(source)
    assert pulled.cursor["fields"] == {"start": "customfield_10015"}
    assert next(iter(pulled.issues.values()))["fields"]["customfield_10015"] == "2026-01-12"
    assert '$.fields."customfield_10015"' in source.streams[0].content


def test_a_field_that_does_not_exist_stops_the_pull_and_is_named(connector, pull):
    with pytest.raises(Drifted, match=r"fields\.start: no field is called 'Begin'"):
        pull(connector(fields={"start": "Begin"}))


def test_a_field_is_found_whatever_the_case_and_the_spaces_of_its_name(site, connector, pull):
    made = site.add_field("Wanted  by ", "date")
    assert pull(connector(fields={"need_by": "wanted BY"})).cursor["fields"] == {"need_by": made.id}


def test_a_field_is_found_by_the_name_that_it_was_made_with_where_jira_shows_another_language(
    site, connector, pull
):
    site.fields["customfield_10015"].translated = "Startdatum"
    for name in ("Startdatum", "Start date", "start DATE"):
        assert pull(connector(fields={"start": name})).cursor["fields"] == {"start": "customfield_10015"}
    shown = site.add_field("Beginn", "date")
    shown.translated = "Start date"
    assert pull(connector(fields={"start": "Start date"})).cursor["fields"] == {"start": shown.id}


def test_fields_of_one_name_are_told_with_the_project_whose_own_they_are(site, connector, pull):
    own = site.add_field("start  date", "date")
    own.project = site.project("SEC").id
    told = f"2 fields are called 'Start date': customfield_10015, {own.id} (of project {own.project} alone)"
    with pytest.raises(Drifted) as caught:
        pull(connector(fields={"start": "Start date"}))
    assert caught.value.problem == told
    assert f"fields.start: {told}" in [
        finding.text for finding in connector(fields={"start": "Start date"}).check()
    ]


def test_two_fields_of_one_name_are_not_guessed_between(site, connector, pull):
    site.add_field("Start date", "date")
    with pytest.raises(Drifted, match="2 fields are called 'Start date': customfield_10015, "):
        pull(connector(fields={"start": "Start date"}))


def test_a_query_that_jira_does_not_take_is_refused_in_jiras_words(connector, pull):
    with pytest.raises(Drifted, match="The value 'NOPE' does not exist for the field 'project'") as caught:
        pull(connector(jql="project = NOPE"))
    assert "jql" in caught.value.advice


def test_a_page_token_that_repeats_ends_the_pull_without_a_cursor(site, jira, connector, tmp_path):
    fill(site, 6)
    jira.faults.append(Fault(SEARCH, "same_token", times=None))
    pages = []
    with pytest.raises(Retry, match="names as the next page one that was read already"):
        iter_into(pages, connector(page_size=2).pull({}, [], tmp_path))
    assert pages
    assert all(page.cursor is None for page in pages)
    assert len(jira.asked(SEARCH)) < 5


def iter_into(pages, source):
    for page in source:
        pages.append(page)  # one by one: those before an error count


def test_a_pull_that_breaks_off_in_the_census_has_landed_its_cursor(site, jira, connector, tmp_path):
    fill(site, 2)
    jira.faults.append(
        Fault(
            lambda request: request.body and request.body.get("fields") == ["id"], "unavailable", times=None
        )
    )
    pages = []
    with pytest.raises(Retry):
        iter_into(pages, connector().pull({}, [], tmp_path))
    assert [(page.stream, page.cursor is not None) for page in pages] == [
        ("status", False),
        ("issue", False),
        ("change", True),
    ]


def test_a_pull_that_breaks_off_while_reading_answers_has_no_cursor(site, jira, connector, tmp_path):
    issue = fill(site, 1)[0]
    jira.faults.append(Fault("GET */comment", "unavailable", times=None))
    pages = []
    with pytest.raises(Retry):
        iter_into(pages, connector().pull({}, [issue.id], tmp_path))
    assert [(page.stream, page.cursor) for page in pages] == [("status", None), ("issue", None)]


def test_a_jira_in_another_time_zone_gives_the_same_cursor(clock, connector, pull):
    cursors = []
    for zone in ("UTC", "Australia/Sydney"):
        site = JiraSite(clock.now, ZoneInfo(zone))
        site.add_user("Interlock", "hub@meridian.example")
        site.grant("hub@meridian.example", "secret")
        site.add_project("PLAT")
        site.create_issue("PLAT", "one", by="Interlock")
        with JiraSandbox(site) as other:
            cursors.append(pull(connector(url=other.url)).cursor["updated"])
    assert cursors[0] == cursors[1] == int(clock.now().timestamp() * 1000)
