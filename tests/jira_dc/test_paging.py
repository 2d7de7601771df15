"""Pages of Data Center that shift while they are read: nothing is missed, nothing is read for ever."""

from __future__ import annotations

import json

import pytest

from connectors.contract import Retry, Trouble
from sandbox.jira import Fault
from tests.jira.conftest import Pull
from tests.jira_dc.conftest import asked, fill


def test_every_issue_comes_as_jira_sent_it_with_its_whole_changelog(site, clock, jira, connector, pull):
    made = fill(site, clock, 7)
    for day in range(1, 29):
        for month in ("02", "03"):
            site.set_fields(made[0].key, {"duedate": f"2026-{month}-{day:02d}"}, by="Mo Field")
    pulled = pull(connector(page_size=3))
    assert set(pulled.issues) == pulled.census == {issue.id for issue in made}
    sent = {exchange.reply for exchange in jira.log if exchange.path.endswith("/search")}
    assert all(page.path.read_bytes() in sent for page in pulled.of("issue"))
    told = json.loads(pulled.of("change")[0].path.read_text())["issues"][0]["changelog"]["histories"]
    assert len(told) == 56
    assert "fieldId" not in told[0]["items"][0]


def test_the_cursor_comes_with_the_last_changes_and_before_the_census(site, clock, connector, pull):
    fill(site, clock, 3)
    pages = pull(connector(page_size=2)).pages
    shown = [(page.stream, page.cursor is not None, page.keys_only) for page in pages]
    assert shown[:3] == [("status", False, False), ("issue", False, False), ("change", False, False)]
    assert shown[-3:] == [("issue", False, False), ("change", True, False), ("issue", False, True)]


def test_an_empty_jira_gives_an_empty_page_and_an_empty_census(connector, pull):
    pulled = pull(connector())
    assert (pulled.issues, pulled.census) == ({}, set())
    assert "updated" in pulled.cursor


def test_issues_deleted_moved_and_hidden_while_reading_hide_no_other(site, clock, jira, connector, pull):
    made = fill(site, clock, 40)
    fill(site, clock, 10, "SEC")
    gone = iter([made[0], made[1], made[2], made[3]])

    def meanwhile(request):
        if request.path.endswith("/search") and request.body["maxResults"] == 10:
            issue = next(gone, None)
            if issue is not None:
                site.delete_issue(issue.key) if int(issue.id) % 2 else site.move_issue(issue.key, "HELP")

    jira.meanwhile = meanwhile
    pulled = pull(connector(page_size=10, jql="project in (PLAT, SEC)"))
    left = {i.id for i in site.issues.values() if i.project_id != site.project("HELP").id}
    assert next(gone, None) is None
    assert left <= set(pulled.issues)
    assert pulled.census == left


@pytest.mark.parametrize("count", [25, 26])
def test_issues_of_one_moment_are_counted_and_begun_again_when_they_shift(
    site, clock, jira, connector, pull, count
):
    made = fill(site, clock, count, every=0)
    clock.pass_(hours=1)
    late = fill(site, clock, 3)
    jql = [issue.id for issue in made]
    deleted = []

    def meanwhile(request):
        if request.path.endswith("/search") and request.body.get("startAt") and not deleted:
            deleted.append(jql[0])
            site.delete_issue(made[0].key)

    jira.meanwhile = meanwhile
    pulled = pull(connector(page_size=5))
    assert deleted
    assert {*jql[1:], *(issue.id for issue in late)} <= set(pulled.issues)


def test_a_moment_that_never_comes_to_rest_ends_the_pull_without_a_cursor(
    site, clock, jira, connector, tmp_path
):
    fill(site, clock, 200, every=0)

    def meanwhile(request):
        if request.path.endswith("/search") and request.body.get("startAt"):
            site.delete_issue(next(iter(site.issues)))

    jira.meanwhile = meanwhile
    pages = []
    with pytest.raises(Retry, match="move while they are read"):
        pages.extend(page for page in connector(page_size=5).pull({}, [], tmp_path))
    assert all(page.cursor is None for page in pages)
    assert len(asked(jira)) < 20


def test_an_issue_created_while_reading_is_read_now_or_next(site, clock, jira, connector, pull):
    fill(site, clock, 12)
    new = []

    def meanwhile(request):
        if request.path.endswith("/search") and not new:
            clock.pass_(minutes=1)
            new.append(site.create_issue("PLAT", "New", by="Mo Field"))

    jira.meanwhile = meanwhile
    first = pull(connector(page_size=5))
    second = pull(connector(page_size=5), first.cursor)
    assert new[0].id in first.issues.keys() | second.issues.keys()


def test_an_issue_that_enters_the_scope_behind_the_reader_is_read_with_the_next_pull(
    site, clock, jira, connector, pull
):
    outside = site.create_issue("SEC", "Old", by="Mo Field")
    clock.pass_(minutes=1)
    made = fill(site, clock, 30)
    moved = []

    def meanwhile(request):
        if (
            moved
            or not request.path.endswith("/search")
            or "created" not in request.body["jql"].split("ORDER")[0]
        ):
            return
        site.move_issue(outside.key, "PLAT")
        moved.append(outside)
        clock.pass_(hours=2)  # a long reading, and somebody busy at its end
        site.set_fields(made[-1].key, {"summary": "touched"})

    jira.meanwhile = meanwhile
    first = pull(connector(page_size=10, jql="project = PLAT"))
    assert moved
    assert outside.id not in first.issues
    jira.meanwhile = None
    cursor = dict(first.cursor) | {"looked_back": 10**13}  # nor is it the hourly look-back that finds it
    assert outside.id in pull(connector(page_size=10, jql="project = PLAT"), cursor).issues


def test_the_administrators_bound_of_a_page_is_kept_to(site, clock, jira, connector, pull):
    made = fill(site, clock, 30)
    jira.most_results = 4
    pulled = pull(connector(page_size=100))
    assert set(pulled.issues) == pulled.census == {issue.id for issue in made}


def test_nothing_new_asks_a_constant_number_of_requests_and_keeps_the_cursor(
    site, clock, jira, connector, pull
):
    fill(site, clock, 30)
    cursor = pull(connector(page_size=10)).cursor
    clock.pass_(hours=2)
    cursor = pull(connector(page_size=10), cursor).cursor
    before = len(jira.log)
    clock.pass_(minutes=10)
    pulled = pull(connector(page_size=10), cursor, watch=list(site.issues))
    assert pulled.cursor == cursor
    assert (
        len(jira.log) - before <= 5 + 6
    )  # fields, who we are, search, census; comments of the overlap's few


def test_one_bad_issue_is_named_and_tried_again_and_the_rest_is_read(
    site, clock, jira, connector, tmp_path, pull
):
    made = fill(site, clock, 8, every=600)
    ill = made[3]

    def broken(request):
        body = request.body or {}
        return "changelog" in (body.get("expand") or []) and (
            "project is not EMPTY" in body["jql"] or f"id = {ill.id}" in body["jql"]
        )

    jira.faults.append(Fault(broken, "error", times=None))
    given = list(connector().pull({}, [], tmp_path / "ill"))
    (trouble,) = [each for each in given if isinstance(each, Trouble)]
    assert trouble.scope == f"issue {ill.id}"
    pulled = Pull([each for each in given if not isinstance(each, Trouble)])
    assert set(pulled.issues) == {issue.id for issue in made} - {ill.id}
    assert pulled.cursor["bad"] == [ill.id]
    jira.faults.clear()
    cursor = pulled.cursor | {"looked_back": 10**13}  # it is not by its date that it is found again
    assert ill.id in pull(connector(), cursor).issues


def test_a_site_that_breaks_over_everything_is_down(site, clock, jira, connector, pull):
    fill(site, clock, 30)
    jira.faults.append(
        Fault(lambda request: "changelog" in ((request.body or {}).get("expand") or []), "error", times=None)
    )
    with pytest.raises(Retry, match="answered 500"):
        pull(connector())
    assert len(asked(jira)) < 20
