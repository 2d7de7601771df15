"""Writing notes to Data Center: once each, edited in place, never put back, never seen by customers."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from connectors.contract import Link, Retry, Unauthorised, Uncertain
from sandbox.jira import Fault
from sandbox.jira_dc import render, visible
from tests.jira_dc.conftest import MESSAGE

POST = "POST */comment"
PUT = "PUT */comment/*"
BASIC = {"user": "hub", "password": "secret"}


def push(source, *notes):
    return list(source.push(notes))


def texts(issue):
    return [visible(render(comment.body["text"])) for comment in issue.comments]


def test_a_note_becomes_one_comment_with_its_marker_in_the_same_request(issue, note, jira, connector):
    (receipt,) = push(connector(), note)
    (comment,) = issue.comments
    assert (receipt.outcome, receipt.reference) == ("written", comment.id)
    assert receipt.inverse == {"comment_id": comment.id, "issue": issue.id}
    assert comment.properties == {"interlock": {"marker": "m-1"}}
    assert jira.asked("comment") == [f"POST /rest/api/2/issue/{issue.id}/comment"]
    assert [line for line in texts(issue)[0].splitlines() if line] == [
        "Build will be 21 days late for Marketing", "Audit finishes on 2026-03-20.", "SEC-1 Audit",
        "Float: -14 working days", "Asked of you: Decide by 2026-01-12.",
        "To answer: Write a comment whose first line is interlock: accept until 2026-05-01 The code is K7QX."
        " Flagged since 2026-01-05.",
    ]  # fmt: skip


def test_the_preview_reads_as_the_comment_will_and_touches_nothing(note, jira, connector):
    shown = connector().preview(note)
    assert shown.split("\n")[0] == "Build will be 21 days late for Marketing"
    assert jira.log == []


def test_a_changed_note_is_edited_in_place_and_one_that_stands_is_left(issue, note, jira, connector):
    written = push(connector(), note)[0]
    standing = replace(note, previous=written.reference)
    assert push(connector(), standing)[0].outcome == "already"
    assert jira.asked("PUT") == []
    later = replace(standing, message=replace(MESSAGE, headline="Now 35 days late"))
    receipt = push(connector(), later)[0]
    assert (receipt.outcome, receipt.reference) == ("written", written.reference)
    assert [text.splitlines()[0] for text in texts(issue)] == ["Now 35 days late"]
    assert issue.comments[0].properties == {"interlock": {"marker": "m-1"}}


def test_line_ends_that_jira_changed_are_no_change(issue, note, connector):
    written = push(connector(), note)[0]
    kept = issue.comments[0].body
    kept["text"] = kept["text"].replace("\n", "\r\n") + "\r\n"
    assert push(connector(), replace(note, previous=written.reference))[0].outcome == "already"


def test_a_link_that_leads_elsewhere_is_a_change(issue, note, connector):
    written = push(connector(), note)[0]
    why = (MESSAGE.why[0], Link("SEC-1 Audit", "https://jira.meridian.example/browse/SEC-2"), MESSAGE.why[2])
    moved = replace(note, previous=written.reference, message=replace(MESSAGE, why=why))
    assert push(connector(), moved)[0].outcome == "written"


def test_a_comment_that_a_person_removed_is_not_put_back(site, issue, note, connector):
    written = push(connector(), note)[0]
    site.delete_comment(written.reference)
    receipt = push(connector(), replace(note, previous=written.reference))[0]
    assert (receipt.outcome, receipt.detail) == ("removed", "PLAT-1: removed by a person")
    assert issue.comments == []


@pytest.mark.parametrize("hidden", [True, False])
def test_an_issue_out_of_reach_is_not_called_removed(site, issue, note, connector, hidden):
    written = push(connector(), note)[0]
    site.hide_project("PLAT") if hidden else site.delete_issue(issue.key)
    assert push(connector(), replace(note, previous=written.reference))[0].outcome == "refused"


@pytest.mark.parametrize("lists", [True, False])
@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "error"])
def test_an_unknown_outcome_is_looked_for_by_listing_and_never_sent_twice(
    site, issue, note, jira, connector, kind, lists
):
    site.lists_properties = lists
    site.comment(issue.key, "what is this about?", by="Mo Field")
    jira.faults.append(Fault(POST, kind))
    with pytest.raises(Uncertain):
        push(connector(), note)
    assert len(jira.asked("POST /rest/api/2/issue")) == 1
    (receipt,) = push(connector(), replace(note, look=True))
    assert receipt.outcome == ("already" if kind == "cut_after" else "written")
    assert len(issue.comments) == 2
    assert push(connector(), replace(note, look=True))[0].outcome == "already"
    assert len(issue.comments) == 2
    assert not any("list" in line for line in jira.asked())


def test_anothers_alert_on_the_same_issue_is_not_taken_for_ours(site, issue, note, connector):
    site.lists_properties = False
    push(connector(), note)
    other = replace(note, marker="m-2", look=True)
    assert push(connector(), other)[0].outcome == "written"
    assert [comment.properties["interlock"]["marker"] for comment in issue.comments] == ["m-1", "m-2"]


def test_a_flag_on_a_service_project_is_hidden_from_its_customers(site, note, jira, connector):
    ticket = site.create_issue("HELP", "Ticket", by="Mo Field")
    written = push(
        connector(), replace(note, item_key=ticket.id, native_key=ticket.key), replace(note, marker="m-2")
    )
    assert ticket.comments[0].properties["sd.public.comment"] == {"internal": True}
    assert "sd.public.comment" not in site.find_comment(written[1].reference)[1].properties
    again = replace(
        note, item_key=ticket.id, native_key=ticket.key, previous=written[0].reference, standing=False
    )
    push(connector(), again)
    edit = next(exchange for exchange in jira.log if exchange.method == "PUT")
    assert {"key": "sd.public.comment", "value": {"internal": True}} in edit.body["properties"]


@pytest.mark.parametrize("gone", ["10999", "10998"])
def test_where_the_kind_of_project_is_not_told_the_flag_is_internal(site, issue, note, jira, connector, gone):
    jira.faults.append(Fault("POST */search", "missing"))
    push(connector(), note)
    assert issue.comments[0].properties["sd.public.comment"] == {"internal": True}
    nowhere = replace(note, marker="m-3", item_key=gone, native_key="PLAT-999")
    assert [each.outcome for each in push(connector(), nowhere, replace(note, marker="m-4"))] == [
        "refused",
        "written",
    ]
    assert "sd.public.comment" not in issue.comments[1].properties


def test_what_jira_will_not_take_is_refused_in_its_words_and_the_rest_goes_on(site, note, connector):
    quiet = site.create_issue("SEC", "Audit", by="Dana Smith")
    site.muted.add(site.project("SEC").id)
    receipts = push(connector(), replace(note, marker="m-2", item_key=quiet.id, native_key=quiet.key), note)
    assert [receipt.outcome for receipt in receipts] == ["refused", "written"]
    assert "you do not have the permission to comment on this issue" in receipts[0].detail


@pytest.mark.parametrize("kind", ["unauthorised", "anonymous"])
def test_a_token_that_expires_in_the_middle_ends_the_push(issue, note, jira, connector, kind):
    jira.faults.append(Fault(lambda request: True, kind, times=None, skip=2))
    with pytest.raises(Unauthorised, match=r"401|nobody"):
        push(connector(), note, replace(note, marker="m-2"))
    assert len(issue.comments) == 1


def test_a_login_that_wants_a_captcha_ends_the_push_at_once(issue, note, jira, connector):
    jira.failed["hub"] = 3
    with pytest.raises(Unauthorised, match="CAPTCHA"):
        push(connector(auth=BASIC), note, replace(note, marker="m-2"))
    assert len(jira.log) == 1


def test_a_locked_login_between_two_notes_is_met_once(issue, note, jira, connector):
    jira.meanwhile = lambda request: jira.failed.update(hub=3) if issue.comments else None
    with pytest.raises(Unauthorised, match="CAPTCHA"):
        push(connector(auth=BASIC), note, replace(note, marker="m-2"))
    assert [exchange.status for exchange in jira.log] == [200, 201, 403]


def test_a_busy_site_is_waited_for_and_nothing_is_written_twice(issue, note, jira, clock, connector):
    jira.faults.append(Fault(POST, "rate_limited", retry_after=5))
    push(connector(), note)
    assert clock.slept == [5]
    jira.faults.append(Fault(POST, "rate_limited", times=None, retry_after=3600))
    with pytest.raises(Retry, match="asks to wait 3600 s"):
        push(connector(), replace(note, marker="m-2"))
    assert len(issue.comments) == 1


def test_marks_are_set_where_they_are_asked_for(issue, note, jira, connector):
    (receipt,) = push(connector(marks={"label": "interlock"}), note)
    assert receipt.outcome == "written"
    assert issue.labels == ["interlock"]
    assert "labels" in json.dumps(jira.log[-1].body)
