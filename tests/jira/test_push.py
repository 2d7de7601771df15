"""Writing notes as comments: once each, edited in place, never put back, never seen by customers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from connectors.contract import Fact, Link, Message, Note, Retry, Text, Unauthorised, Uncertain
from sandbox.jira import Fault, plain

POST = "POST */comment"
PUT = "PUT */comment/*"
MESSAGE = Message(
    headline="Build will be 21 days late for Marketing",
    why=(
        Text("Audit finishes on 2026-03-20."),
        Link("SEC-1 Audit", "https://your-domain.atlassian.net/browse/SEC-1"),
        Fact("Float", "-14 working days"),
    ),
    ask="Decide by 2026-01-12.",
    how="Write a comment whose first line is interlock: accept until 2026-05-01",
)


@pytest.fixture
def issue(site):
    return site.create_issue("PLAT", "Build", by="Dana Smith")


@pytest.fixture
def note(issue):
    return Note("m-1", issue.id, issue.key, "", "K7QX", date(2026, 1, 5), MESSAGE)


def push(source, *notes):
    return list(source.push(notes))


def texts(issue):
    return [plain(comment.body) for comment in issue.comments]


def test_a_note_becomes_one_comment_with_its_marker_in_the_same_request(issue, note, jira, connector):
    receipts = push(connector(), note)
    comment = issue.comments[0]
    assert [receipt.outcome for receipt in receipts] == ["written"]
    assert receipts[0].reference == comment.id
    assert receipts[0].inverse == {"comment_id": comment.id, "issue": issue.id}
    assert comment.properties == {"interlock": {"marker": "m-1"}}
    assert jira.asked("comment") == [f"POST /rest/api/3/issue/{issue.id}/comment"]


def test_a_comment_says_headline_why_ask_and_how_in_this_order(issue, note, connector):
    source = connector()
    push(source, replace(note, others=("AB12", "CD34")))
    assert texts(issue)[0].split("\n") == [
        "Build will be 21 days late for Marketing",
        "Audit finishes on 2026-03-20.",
        "SEC-1 Audit",
        "Float: -14 working days",
        "Asked of you: Decide by 2026-01-12.",
        "To answer: Write a comment whose first line is interlock: accept until 2026-05-01 The code is K7QX."
        " Flagged since 2026-01-05.",
        "Also open here: AB12, CD34",
    ]


def test_the_preview_reads_as_the_comment_will_and_touches_nothing(issue, note, jira, connector):
    shown = connector().preview(note)
    assert shown.split("\n")[:4] == [
        "Build will be 21 days late for Marketing",
        "Audit finishes on 2026-03-20.",
        "- SEC-1 Audit (https://your-domain.atlassian.net/browse/SEC-1)",
        "- Float: -14 working days",
    ]
    assert jira.log == []


def test_text_of_others_is_inert(issue, note, connector):
    hostile = (
        "@all [~accountid:1] {code}x{code} <b>b</b> https://evil.example *bold* |table| :smile: \u202eevil"
    )
    links = (
        Link("one", "javascript:alert(1)"),
        Link("two", "https://good.example/a"),
        Link("three", 'https://evil.example/"><script>'),
        Link("four", "//evil.example"),
        Link("five", "HTTPS://user@host.example/x"),
    )
    push(connector(), replace(note, message=Message(hostile, (Text(hostile), *links), hostile, "", hostile)))
    kinds, hrefs, shown = set(), [], ""
    waiting = [issue.comments[0].body]
    while waiting:
        node = waiting.pop()
        kinds.add(node["type"])
        hrefs += [mark["attrs"]["href"] for mark in node.get("marks", []) if mark["type"] == "link"]
        shown += node.get("text", "")
        waiting += node.get("content", [])
    assert kinds == {"doc", "paragraph", "bulletList", "listItem", "text"}
    assert sorted(hrefs) == ["HTTPS://user@host.example/x", "https://good.example/a"]
    assert "[~accountid:1] {code}x{code} <b>b</b>" in shown
    assert "\u202e" not in shown


def test_a_changed_note_is_edited_in_place(issue, note, jira, connector):
    written = push(connector(), note)[0]
    later = replace(note, previous=written.reference, message=replace(MESSAGE, headline="Now 35 days late"))
    receipt = push(connector(), later)[0]
    assert (receipt.outcome, receipt.reference) == ("written", written.reference)
    assert [text.split("\n")[0] for text in texts(issue)] == ["Now 35 days late"]
    assert issue.comments[0].properties == {"interlock": {"marker": "m-1"}}


def test_a_note_that_already_stands_is_not_written_again(issue, note, jira, connector):
    written = push(connector(), note)[0]
    before = len(jira.asked("PUT"))
    assert push(connector(), replace(note, previous=written.reference))[0].outcome == "already"
    assert len(jira.asked("PUT")) == before
    assert issue.comments[0].created == issue.comments[0].updated


def test_a_link_that_leads_elsewhere_is_a_change(issue, note, connector):
    written = push(connector(), note)[0]
    why = (
        MESSAGE.why[0],
        Link("SEC-1 Audit", "https://your-domain.atlassian.net/browse/SEC-2"),
        MESSAGE.why[2],
    )
    moved = replace(note, previous=written.reference, message=replace(MESSAGE, why=why))
    assert push(connector(), moved)[0].outcome == "written"


def test_a_recovered_break_says_so_and_asks_nothing(issue, note, connector):
    written = push(connector(), note)[0]
    push(connector(), replace(note, previous=written.reference, standing=False))
    lines = texts(issue)[0].split("\n")
    assert lines[0] == "Resolved: Build will be 21 days late for Marketing"
    assert not any(line.startswith(("Asked", "To answer", "Also open")) for line in lines)


def test_what_was_understood_of_the_last_answer_is_shown(issue, note, connector):
    push(connector(), replace(note, message=replace(MESSAGE, reply="understood as: accept until 2026-05-01")))
    assert texts(issue)[0].split("\n")[-1] == "understood as: accept until 2026-05-01"


def test_a_comment_that_a_person_removed_is_not_put_back(site, issue, note, connector):
    written = push(connector(), note)[0]
    site.delete_comment(written.reference)
    receipt = push(connector(), replace(note, previous=written.reference, standing=False))[0]
    assert (receipt.outcome, receipt.detail) == ("removed", "PLAT-1: removed by a person")
    assert issue.comments == []


def test_a_comment_that_is_removed_between_the_look_and_the_edit_is_not_put_back(
    issue, note, jira, connector
):
    written = push(connector(), note)[0]
    jira.faults.append(Fault(PUT, "missing"))
    receipt = push(connector(), replace(note, previous=written.reference, standing=False))[0]
    assert receipt.outcome == "removed"


def test_an_issue_that_is_gone_refuses_the_edit_rather_than_blaming_a_person(site, issue, note, connector):
    written = push(connector(), note)[0]
    site.hide_project("PLAT")
    receipt = push(connector(), replace(note, previous=written.reference))[0]
    assert receipt.outcome == "refused"
    assert "may not see it" in receipt.detail


def test_a_cut_after_the_comment_was_stored_is_uncertain_and_the_next_push_makes_no_second(
    issue, note, jira, connector
):
    jira.faults.append(Fault(POST, "cut_after"))
    with pytest.raises(Uncertain) as caught:
        push(connector(), note)
    assert f"{jira.url}/rest/api/3/issue/{issue.id}/comment" in str(caught.value)
    assert len(issue.comments) == 1
    assert len(jira.asked("POST /rest/api/3/issue/" + issue.id)) == 1  # never sent twice
    receipt = push(connector(), replace(note, look=True))[0]
    assert (receipt.outcome, receipt.reference) == ("already", issue.comments[0].id)
    assert len(issue.comments) == 1


def test_a_cut_before_the_comment_was_stored_is_uncertain_and_the_next_push_writes_it(
    issue, note, jira, connector
):
    jira.faults.append(Fault(POST, "cut_before"))
    with pytest.raises(Uncertain):
        push(connector(), note)
    assert issue.comments == []
    assert push(connector(), replace(note, look=True))[0].outcome == "written"
    assert len(issue.comments) == 1


@pytest.mark.parametrize("taken", [POST, PUT])
def test_a_page_for_people_in_place_of_an_answer_leaves_the_outcome_unknown(
    issue, note, jira, connector, taken
):
    """The storm of faults found it: a login page with status 200 ended the whole push."""
    if taken == PUT:
        (receipt,) = push(connector(), note)
        note = replace(note, previous=receipt.reference, message=replace(MESSAGE, headline="Moved"))
    jira.faults.append(Fault(taken, "html"))
    with pytest.raises(Uncertain, match="answered 200 with text/html instead of JSON"):
        push(connector(), note)
    assert [receipt.outcome for receipt in push(connector(), replace(note, look=True))] == ["written"]
    assert len(issue.comments) == 1


@pytest.mark.parametrize("kind", ["unavailable", "error", "cut_short"])
def test_a_failing_answer_to_a_write_is_uncertain(note, jira, connector, kind):
    jira.faults.append(Fault(POST, kind, retry_after=1))
    with pytest.raises(Uncertain):
        push(connector(), note)
    assert len(jira.asked(f"/issue/{note.item_key}/comment")) == 1


def test_an_answer_that_does_not_come_in_time_is_uncertain(issue, note, jira, connector):
    jira.faults.append(Fault(POST, "slow", seconds=0.6))
    with pytest.raises(Uncertain, match="ReadTimeout"):
        push(connector(timeout=0.2), note)
    assert len(issue.comments) == 1


def test_a_cut_edit_is_uncertain_too(issue, note, jira, connector):
    written = push(connector(), note)[0]
    jira.faults.append(Fault(PUT, "cut_after"))
    with pytest.raises(Uncertain):
        push(connector(), replace(note, previous=written.reference, standing=False))
    again = replace(note, previous=written.reference, standing=False, look=True)
    assert push(connector(), again)[0].outcome == "already"


def test_looking_finds_the_marker_among_many_comments_and_edits_that_one(site, issue, note, jira, connector):
    for number in range(150):
        site.comment(issue.key, f"talk {number}", by="Mo Field")
    _, ours = push(connector(), replace(note, marker="m-0"), note)
    for number in range(30):
        site.comment(issue.key, f"more {number}", by="Mo Field")
    receipt = push(connector(), replace(note, look=True, standing=False))[0]
    assert (receipt.outcome, receipt.reference) == ("written", ours.reference)
    assert len(issue.comments) == 182


def test_the_marker_is_found_where_only_the_list_by_ids_shows_properties(site, issue, note, jira, connector):
    push(connector(), note)
    site.lists_properties = False
    moved = replace(note, look=True, message=replace(MESSAGE, headline="Now 35 days late"))
    assert push(connector(), moved)[0].outcome == "written"
    assert len(issue.comments) == 1
    assert jira.asked("/comment/list") == ["POST /rest/api/3/comment/list"]


def test_429_is_waited_out_by_our_clock_and_the_comment_written_once(issue, note, jira, clock, connector):
    jira.faults.append(Fault(POST, "rate_limited", times=2, retry_after=7))
    assert push(connector(), note)[0].outcome == "written"
    assert clock.slept == [7, 7]
    assert len(issue.comments) == 1


def test_a_long_429_is_handed_to_the_caller_with_its_wait(issue, note, jira, clock, connector):
    jira.faults.append(Fault(POST, "rate_limited", times=None, retry_after=900))
    with pytest.raises(Retry, match=r"answered 429 \(jira-burst-based\) and asks to wait 900 s") as caught:
        push(connector(), note)
    assert caught.value.after == 900
    assert clock.slept == []
    assert issue.comments == []


def test_a_site_that_cannot_be_reached_was_sent_nothing(note, jira, connector):
    source = connector(url="http://127.0.0.1:9")
    with pytest.raises(Retry, match="ConnectError"):
        push(source, note)


def test_one_refused_note_does_not_hold_up_the_others(site, issue, note, jira, connector):
    quiet = site.create_issue("SEC", "Audit", by="Dana Smith")
    site.muted.add(site.project("SEC").id)
    on_quiet = replace(note, marker="m-2", item_key=quiet.id, native_key=quiet.key)
    nowhere = replace(note, marker="m-3", item_key="999", native_key="PLAT-999")
    receipts = push(connector(), on_quiet, nowhere, note)
    assert [receipt.outcome for receipt in receipts] == ["refused", "refused", "written"]
    assert "You do not have the permission to comment on this issue" in receipts[0].detail
    assert "PLAT-999: Jira answered 404: Issue does not exist" in receipts[1].detail


@pytest.mark.parametrize("kind", ["unauthorised", "forbidden"])
def test_a_401_or_403_about_one_issue_refuses_its_note_alone(issue, note, jira, connector, kind):
    jira.faults.append(Fault(POST, kind))
    receipts = push(connector(), note, replace(note, marker="m-2"))
    assert [receipt.outcome for receipt in receipts] == ["refused", "written"]


def test_a_403_while_looking_refuses_the_note(issue, note, jira, connector):
    jira.faults.append(Fault("GET */comment", "forbidden"))
    assert push(connector(), replace(note, look=True))[0].outcome == "refused"
    assert issue.comments == []


@pytest.mark.parametrize("kind", ["unauthorised", "anonymous"])
def test_a_token_that_expires_in_the_middle_ends_the_push(issue, note, jira, connector, kind):
    jira.faults.append(Fault(lambda request: True, kind, times=None, skip=2))
    receipts = []
    with pytest.raises(Unauthorised, match="token"):
        receipts.extend(receipt for receipt in connector().push([note, replace(note, marker="m-2")]))
    assert len(issue.comments) == 1


def test_a_flag_on_a_service_project_is_hidden_from_its_customers(site, note, jira, connector):
    ticket = site.create_issue("HELP", "Ticket", by="Mo Field")
    on_ticket = replace(note, item_key=ticket.id, native_key=ticket.key)
    written = push(connector(), on_ticket, replace(note, marker="m-2"))
    assert ticket.comments[0].properties["sd.public.comment"] == {"internal": True}
    assert "sd.public.comment" not in site.find_comment(written[1].reference)[1].properties
    push(connector(), replace(on_ticket, previous=written[0].reference, standing=False))
    edit = next(exchange for exchange in jira.log if exchange.method == "PUT")
    assert {"key": "sd.public.comment", "value": {"internal": True}} in edit.body["properties"]
    shown = [
        json.loads(each.reply or b"{}")
        for each in jira.log
        if each.path.startswith(f"/rest/api/3/issue/{ticket.id}")
    ]
    assert [reply["jsdPublic"] for reply in shown] == [False, False, False]


def test_where_the_kind_of_project_is_not_told_the_flag_is_internal(issue, note, jira, connector):
    jira.faults.append(Fault("POST */bulkfetch", "missing"))
    push(connector(), note)
    assert issue.comments[0].properties["sd.public.comment"] == {"internal": True}


def test_many_notes_cost_one_request_each_and_one_per_hundred(site, jira, connector):
    issues = [site.create_issue("PLAT", f"Work {number}", by="Dana Smith") for number in range(120)]
    notes = [
        Note(f"m-{each.id}", each.id, each.key, "", "K7QX", date(2026, 1, 5), MESSAGE) for each in issues
    ]
    push(connector(), *notes)
    assert len(jira.asked("/comment")) == 120
    assert len(jira.asked("/bulkfetch")) == 2
