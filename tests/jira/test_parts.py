"""What fails alone, what the index shows late, and what a search leaves out."""

from __future__ import annotations

import json
from datetime import timedelta

import duckdb
import pytest

from connectors.contract import Drifted, Page, Retry, Trouble, Unauthorised
from connectors.jira import scope
from connectors.jira.client import Broken
from sandbox.jira import Fault


def fill(site, count, project="PLAT"):
    return [site.create_issue(project, f"Work {number}", by="Dana Smith") for number in range(count)]


def parts(source, folder, cursor=None, watch=()):
    """A pull's pages and troubles: the ids of the issues that came, the troubles' scopes, the cursor."""
    issues, troubles, reached = set(), [], None
    for part in source.pull(cursor or {}, watch, folder):
        if isinstance(part, Trouble):
            troubles.append(part)
        elif part.stream == "issue" and not part.keys_only:
            issues |= {issue["id"] for issue in json.loads(part.path.read_text())["issues"]}
        reached = part.cursor if isinstance(part, Page) and part.cursor else reached
    return issues, troubles, reached


# --- one bad issue -----------------------------------------------------------------------------------------


def test_an_issue_over_which_the_site_stumbles_is_named_and_the_rest_is_read(site, connector, tmp_path):
    issues = fill(site, 25)
    site.broken.add(issues[13].id)
    came, troubles, cursor = parts(connector(page_size=10), tmp_path / "1")
    assert came == {issue.id for issue in issues} - {issues[13].id}
    assert [trouble.scope for trouble in troubles] == [f"issue {issues[13].id}"]
    assert "answered 500" in str(troubles[0].error)
    assert cursor["bad"] == [issues[13].id]


def test_a_bad_issue_is_tried_again_with_each_pull_until_it_can_be_had(site, clock, connector, tmp_path):
    issues = fill(site, 3)
    site.broken.add(issues[0].id)
    clock.pass_(days=2)
    fill(site, 1)
    _, _, cursor = parts(connector(), tmp_path / "1")
    clock.pass_(days=2)
    came, troubles, cursor = parts(connector(), tmp_path / "2", cursor)
    assert (issues[0].id in came, len(troubles)) == (False, 1)
    site.broken.clear()
    came, troubles, cursor = parts(connector(), tmp_path / "3", cursor)
    assert (issues[0].id in came, troubles, cursor["bad"]) == (True, [], [])


def test_a_text_that_ends_within_a_character_stops_nothing(site, connector, pull):
    """Half of a character is no JSON to DuckDB, which lands the pages."""
    issue, other = fill(site, 2)
    site.set_fields(issue.key, {"summary": "Cut within \ud83d", "description": "whole \U0001f4c8"})
    site.comment(issue.key, "interlock: ack \ud83d", by="Dana Smith")
    pulled = pull(connector(), watch=[issue.id])
    paths = [str(page.path) for page in pulled.pages if page.path.suffix == ".json"]
    with duckdb.connect() as db:
        read = "SELECT bool_and(json_valid(content)) FROM read_text(?)"
        assert db.execute(read, [paths]).fetchall() == [(True,)]
        lines = "SELECT count(*) FROM read_json(?, format = 'newline_delimited')"
        assert db.execute(lines, [str(pulled.of("answer")[0].path)]).fetchall() == [(1,)]
    assert pulled.issues[issue.id]["fields"]["summary"] == "Cut within ?"
    assert pulled.issues[other.id]["fields"]["summary"] == "Work 1"


def test_many_bad_issues_are_a_broken_site(site, connector, tmp_path):
    site.broken.update(issue.id for issue in fill(site, 30))
    with pytest.raises(Broken, match="answered 500"):
        parts(connector(), tmp_path / "1")


# --- one lost project --------------------------------------------------------------------------------------


def test_a_project_that_may_not_be_seen_any_more_does_not_stop_the_others(site, connector, tmp_path):
    kept, _ = fill(site, 2), fill(site, 2, "SEC")
    source = connector(jql='project in ("PLAT", SEC) AND created > -10d ORDER BY key')
    _, _, cursor = parts(source, tmp_path / "1")
    site.hide_project("SEC")
    came, troubles, cursor = parts(source, tmp_path / "2", cursor)
    assert came == {issue.id for issue in kept}
    assert [trouble.scope for trouble in troubles] == ["project SEC"]
    assert "Give the account the permission" in str(troubles[0].error)
    assert cursor["projects"] == ["PLAT", "SEC"]


def test_what_changed_in_a_project_while_it_was_lost_is_read_when_it_is_seen_again(
    site, clock, connector, tmp_path
):
    fill(site, 1)
    (hidden,) = fill(site, 1, "SEC")
    source = connector(jql="project in (PLAT, SEC)")
    _, _, cursor = parts(source, tmp_path / "1")
    site.hide_project("SEC")
    site.set_fields(hidden.key, {"duedate": "2026-05-01"})
    clock.pass_(days=3)
    fill(site, 1)
    _, _, cursor = parts(source, tmp_path / "2", cursor)
    site.show_project("SEC")
    clock.pass_(minutes=10)
    came, troubles, _ = parts(source, tmp_path / "3", cursor)
    assert (hidden.id in came, troubles) == (True, [])


def test_a_query_without_a_project_left_is_refused_as_before(site, connector, tmp_path):
    fill(site, 1)
    site.hide_project("SEC")
    with pytest.raises(Drifted, match="The value 'SEC' does not exist"):
        parts(connector(jql="project in (SEC)"), tmp_path / "1")
    with pytest.raises(Drifted, match="The value 'SEC' does not exist"):
        parts(connector(jql="project in (PLAT) AND project = SEC"), tmp_path / "2")


def test_an_order_in_quotes_is_none():
    assert scope.unordered('labels = "order by" ORDER BY updated') == 'labels = "order by"'


# --- the index ---------------------------------------------------------------------------------------------


def test_what_the_index_shows_hours_late_is_read_by_the_long_look_back(site, clock, connector, tmp_path):
    late, other = fill(site, 2)
    _, _, cursor = parts(connector(), tmp_path / "1")
    clock.pass_(hours=2)
    site.lag_index(late.key)
    site.set_fields(late.key, {"duedate": "2026-05-01"})
    clock.pass_(hours=3)
    site.set_fields(other.key, {"summary": "moves the cursor past it"})
    _, _, cursor = parts(connector(), tmp_path / "2", cursor)
    clock.pass_(hours=2)
    site.catch_up()
    page = next(page for page in connector().pull(cursor, [], tmp_path / "3") if page.stream == "issue")
    shown = {issue["id"]: issue["fields"]["duedate"] for issue in json.loads(page.path.read_text())["issues"]}
    assert shown[late.id] == "2026-05-01"


def test_issues_that_we_wrote_on_are_searched_as_they_are(site, clock, jira, connector, tmp_path):
    (written,) = fill(site, 1)
    _, _, cursor = parts(connector(), tmp_path / "1")
    clock.pass_(minutes=30)
    site.lag_index(written.key)
    site.comment(written.key, "interlock: ack", by="Mo Field")
    source = connector()
    pages = list(source.pull(cursor, [written.id, "no number"], tmp_path / "2"))
    assert [page.stream for page in pages].count("answer") == 1
    asked = [each.body for each in jira.log if each.path.endswith("/search/jql") and "expand" in each.body]
    assert asked[-1]["reconcileIssues"] == [int(written.id)]


def test_everything_is_read_anew_once_a_week(site, clock, connector, tmp_path):
    issues = fill(site, 2)
    site.add_version("PLAT", "R1", "2026-06-30")
    site.set_fields(issues[0].key, {"fixVersions": ["R1"]})
    clock.pass_(days=2)
    fill(site, 1)
    _, _, cursor = parts(connector(), tmp_path / "1")
    clock.pass_(days=6)
    came, _, cursor = parts(connector(), tmp_path / "2", cursor)
    assert issues[0].id not in came
    next(iter(site.versions.values())).release_date = "2026-07-31"  # which moves no issue's `updated`
    clock.pass_(days=1)
    came, _, cursor = parts(connector(), tmp_path / "3", cursor)
    assert issues[0].id in came


# --- long changelogs ---------------------------------------------------------------------------------------


def moved_often(site, clock, times):
    issue = site.create_issue("PLAT", "Build", by="Dana Smith", fields={"duedate": "2026-03-01"})
    for number in range(times):
        clock.pass_(hours=1)
        day = (clock.now() + timedelta(days=number)).date().isoformat()
        site.set_fields(issue.key, {"duedate": day}, by="Mo Field")
    return issue


def changes(source, folder, cursor=None):
    return [
        (issue["id"], entry["id"])
        for page in source.pull(cursor or {}, [], folder)
        if page.stream == "change"
        for issue in json.loads(page.path.read_text())["issues"]
        for entry in issue["changelog"]["histories"]
    ]


def test_every_entry_of_a_long_changelog_is_read_once(site, clock, jira, connector, tmp_path):
    short, long = moved_often(site, clock, 3), moved_often(site, clock, 130)
    read = changes(connector(), tmp_path / "1")
    expected = [(issue.id, entry.id) for issue in (short, long) for entry in issue.histories]
    assert sorted(read) == sorted(expected)
    (asked,) = jira.asked("/changelog/bulkfetch")
    assert asked


def test_a_changelog_over_several_pages_is_followed_to_its_end(site, clock, connector, tmp_path, monkeypatch):
    monkeypatch.setattr("connectors.jira.histories.ENTRIES", 50)
    long = moved_often(site, clock, 130)
    assert len(set(changes(connector(), tmp_path / "1"))) == len(long.histories)


def keep(pages, pulled):
    """One by one: those before an error count."""
    for page in pulled:
        pages.append(page)


def test_a_changelog_that_cannot_be_read_leaves_the_cursor_where_it_was(
    site, clock, jira, connector, tmp_path
):
    moved_often(site, clock, 60)
    jira.faults.append(Fault("POST */changelog/bulkfetch", "unavailable", times=None))
    pages = []
    with pytest.raises(Retry):
        keep(pages, connector().pull({}, [], tmp_path / "1"))
    assert [(page.stream, page.cursor) for page in pages] == [("status", None), ("issue", None)]


# --- the gateway of scoped tokens --------------------------------------------------------------------------


def test_a_scoped_token_reads_through_the_gateway_and_people_are_sent_to_the_site(
    site, jira, connector, tmp_path
):
    (issue,) = fill(site, 1)
    came, _, cursor = parts(connector(url=f"{jira.url}/ex/jira/11223344-a1b2"), tmp_path / "1")
    assert came == {issue.id}
    assert cursor["site"] == site.base_url
    assert all(exchange.path.startswith("/ex/jira/11223344-a1b2/rest/api/3/") for exchange in jira.log)


@pytest.mark.parametrize("missing", ["read:jira-work", "read:jira-user"])
def test_a_scope_that_the_token_lacks_is_named(site, jira, connector, tmp_path, missing):
    site.scopes.discard(missing)
    source = connector(url=f"{jira.url}/ex/jira/11223344-a1b2")
    with pytest.raises(
        Unauthorised, match=rf"scope does not match. Make a token with the scopes .*{missing}"
    ):
        parts(source, tmp_path / "1")
    assert [finding.level for finding in source.check()][-1] == "fail"
