"""Labels, remote links and the flag: made only where they are asked for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors.contract import Link, Message, Note
from sandbox.jira import Fault

ALL = {"label": "interlock", "remote_link": True, "flagged": "customfield_10021"}


@pytest.fixture
def issue(site):
    site.add_field("Flagged", "array", "customfield_10021")
    return site.create_issue("PLAT", "Build", by="Dana Smith", fields={"labels": ["platform"]})


def note(issue, **of):
    message = Message("Build will be late", why=(Link("none", ""), Link("M-1", "https://hub.example/M-1")))
    return replace(Note("m-1", issue.id, issue.key, "", "K7QX", date(2026, 1, 5), message), **of)


def test_nothing_but_the_comment_is_written_where_nothing_is_asked_for(issue, jira, connector):
    list(connector().push([note(issue)]))
    written = [f"{each.method} {each.path}" for each in jira.log if each.method in ("PUT", "DELETE")]
    assert (written, issue.labels, issue.remote_links) == ([], ["platform"], {})
    assert jira.asked("/remotelink") == []


def test_marks_stand_while_the_alert_does_and_are_made_once(issue, connector):
    source = connector(marks=ALL)
    (receipt,) = source.push([note(issue)])
    (again,) = source.push([note(issue, previous=receipt.reference)])
    assert (receipt.detail, again.outcome, again.detail) == ("", "already", "")
    assert issue.labels == ["platform", "interlock"]
    assert issue.remote_links["interlock:m-1"]["object"] == {"url": "https://hub.example/M-1", "title": "M-1"}
    assert issue.fields["customfield_10021"] == [{"value": "Impediment"}]
    (ended,) = source.push([note(issue, previous=receipt.reference, standing=False)])
    assert (ended.detail, issue.labels, issue.remote_links) == ("", ["platform"], {})
    assert issue.fields["customfield_10021"] == [{"value": "Impediment"}]  # a person may have meant it too


def test_the_label_stays_while_another_alert_of_the_issue_stands(issue, connector):
    source = connector(marks={"label": "interlock"})
    (receipt,) = source.push([note(issue)])
    list(source.push([note(issue, previous=receipt.reference, standing=False, others=("B2CD",))]))
    assert issue.labels == ["platform", "interlock"]


def test_a_mark_that_fails_is_told_and_the_comment_stands(issue, jira, connector):
    jira.faults.append(Fault("POST */remotelink", "forbidden"))
    (receipt,) = connector(marks=ALL).push([note(issue)])
    assert (receipt.outcome, len(issue.comments)) == ("written", 1)
    assert receipt.detail.startswith("marks.remote_link: answered 403")
    assert issue.labels == ["platform", "interlock"]


@pytest.mark.parametrize("kind", ["unavailable", "cut_before", "cut_after", "unauthorised"])
def test_a_mark_that_was_not_taken_now_is_set_by_the_next_push(issue, jira, connector, kind):
    jira.faults.append(Fault("POST */remotelink", kind))
    source = connector(marks=ALL)
    (receipt,) = source.push([note(issue)])
    assert (receipt.outcome, receipt.reference, len(issue.comments)) == ("deferred", issue.comments[0].id, 1)
    (again,) = source.push([note(issue, previous=receipt.reference)])
    assert (again.outcome, again.detail, len(issue.comments)) == ("already", "", 1)
    assert list(issue.remote_links) == ["interlock:m-1"]


def test_an_issue_that_takes_no_more_writes_now_does_not_hold_up_the_others(site, issue, jira, connector):
    other = site.create_issue("PLAT", "Test", by="Dana Smith")
    limit = Fault(
        f"POST */issue/{issue.id}/comment",
        "rate_limited",
        times=None,
        retry_after=300,
        reason="jira-per-issue-on-write",
    )
    jira.faults.append(limit)
    first, second = connector().push([note(issue), note(other, marker="m-2")])
    assert (first.outcome, second.outcome) == ("deferred", "written")
    assert "jira-per-issue-on-write" in first.detail
