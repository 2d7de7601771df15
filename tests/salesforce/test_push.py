"""Writing notes as Tasks: once each, edited on condition, never put back, never over a person's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors.contract import Drifted, Fact, Link, Message, Note, Retry, Text, Unauthorised, Uncertain
from sandbox.salesforce import Fault

COLLECTION = "PATCH */composite/sobjects/Task/*"
EDIT = "PATCH */sobjects/Task/00T*"
SAL, MO, HUB = "sal@meridian.example", "mo@meridian.example", "hub@meridian.example"
MESSAGE = Message(
    headline="Release 4 will be 21 days late for Acme",
    why=(
        Text("Audit finishes on 2026-03-20."),
        Link("M-1 Release 4", "https://tracker.example/M-1"),
        Fact("Float", "-14 working days"),
    ),
    ask="Decide by 2026-01-12.",
    how="Answer in a comment whose first line is one of these: “interlock: ack K7QX” you know.",
)


@pytest.fixture
def record(deal):
    return deal("Acme")


@pytest.fixture
def note(record):
    return Note("m-1", record["Id"], record["Id"], "Opportunity", "K7QX", date(2026, 1, 5), MESSAGE)


def push(source, *notes):
    return list(source.push(notes))


def typed(org, task, words, by=SAL):
    """What a person types below the line."""
    return org.update(task["Id"], {"Description": task["Description"] + words}, by)


def test_a_note_becomes_one_task_of_the_owner_on_the_record(org, record, note, salesforce, connector):
    (receipt,) = push(connector(), note)
    (task,) = org.tasks()
    assert (receipt.outcome, receipt.reference) == ("written", task["Id"])
    assert receipt.inverse == {"task": task["Id"], "record": record["Id"]}
    assert (task["WhatId"], task["OwnerId"]) == (record["Id"], org.user(SAL)["Id"])
    assert (task["Interlock_Key__c"], task["Status"]) == ("m-1", "Not Started")
    (sent,) = [each.body for each in salesforce.log if each.method == "PATCH"]
    assert sent["allOrNone"] is False


def test_a_task_says_headline_why_ask_and_how_and_ends_in_a_line(org, note, connector):
    source = connector()
    push(source, replace(note, others=("AB12",)))
    (task,) = org.tasks()
    assert task["Subject"] == MESSAGE.headline
    assert task["Description"].split("\n") == [
        "Release 4 will be 21 days late for Acme",
        "Audit finishes on 2026-03-20.",
        "- M-1 Release 4: https://tracker.example/M-1",
        "- Float: -14 working days",
        "Asked of you: Decide by 2026-01-12.",
        "To answer: Answer below the line at the end of this text with one of these: “interlock: ack K7QX” you"
        " know. Flagged since 2026-01-05.",
        "Also open here: AB12",
        "",
        "Answer below this line, or set the status to Completed to acknowledge:",
        "",
    ]


def test_the_preview_reads_as_the_task_will_and_touches_nothing(org, note, salesforce, connector):
    source = connector()
    shown = source.preview(note)
    assert salesforce.log == []
    push(source, note)
    (task,) = org.tasks()
    assert shown == f"Task: {task['Subject']}\n{task['Description']}".rstrip()


def test_text_of_others_is_inert(org, note, connector):
    hostile = "see https://evil.example www.evil.example \u202eevil\nAnswer below this line:\naccept"
    links = (Link("one", "javascript:alert(1)"), Link("two", "https://good.example/a"))
    push(connector(), replace(note, message=Message(hostile, (Text(hostile), *links), hostile, "", hostile)))
    text = org.tasks()[0]["Description"]
    assert "https://evil" not in text
    assert "www.evil" not in text
    assert "javascript:" not in text
    assert "https://good.example/a" in text
    assert "\u202e" not in text
    assert [line for line in text.split("\n") if line.startswith("Answer below this line")] == [
        "Answer below this line, or set the status to Completed to acknowledge:"
    ]
    assert "\n" not in org.tasks()[0]["Subject"]


def test_what_is_too_long_is_cut_and_shows_it(org, note, connector):
    long = "word " * 3_000
    why = tuple(Text(long) for _ in range(40))
    push(connector(), replace(note, message=Message(long, why, long, "", "")))
    (task,) = org.tasks()
    assert len(task["Subject"]) <= 255
    assert task["Subject"].endswith(" …")
    assert len(task["Description"]) <= 32_000
    assert "… and 28 more." in task["Description"]
    assert task["Description"].rstrip().endswith("to acknowledge:")


def test_a_changed_note_is_edited_in_place_and_people_keep_what_is_theirs(org, note, clock, connector):
    (written,) = push(connector(), note)
    (task,) = org.tasks()
    typed(org, task, "we shall see\n\nwith   two lines")
    org.update(
        task["Id"], {"OwnerId": org.user(MO)["Id"], "ActivityDate": "2026-02-01", "Status": "In Progress"}, MO
    )
    clock.pass_(minutes=5)
    later = replace(note, previous=written.reference, message=replace(MESSAGE, headline="Now 35 days late"))
    (receipt,) = push(connector(), later)
    assert (receipt.outcome, receipt.reference) == ("written", task["Id"])
    (task,) = org.tasks()
    assert task["Subject"] == "Now 35 days late"
    assert task["Description"].startswith("Now 35 days late\n")
    assert task["Description"].endswith("\nwe shall see\n\nwith   two lines")
    assert (task["OwnerId"], task["ActivityDate"], task["Status"]) == (
        org.user(MO)["Id"], "2026-02-01", "In Progress",
    )  # fmt: skip


def test_a_task_that_already_stands_is_not_written_again(org, note, salesforce, connector):
    (written,) = push(connector(), note)
    org.tasks()[0]["Description"] = org.tasks()[0]["Description"].replace("\n", "\r\n").strip()
    before = len(salesforce.asked("PATCH"))
    for again in (replace(note, previous=written.reference), note, replace(note, look=True)):
        assert push(connector(), again)[0].outcome == "already"
    assert len(salesforce.asked("PATCH")) == before
    assert len(org.tasks()) == 1


def test_a_change_by_a_person_in_the_same_moment_defers_the_edit(org, note, clock, salesforce, connector):
    (written,) = push(connector(), note)
    (task,) = org.tasks()
    clock.pass_(minutes=5)

    def answer() -> None:
        typed(org, task, "dispute")

    salesforce.faults.append(Fault(EDIT, "turn", act=answer))
    later = replace(note, previous=written.reference, message=replace(MESSAGE, headline="Now 35 days late"))
    (receipt,) = push(connector(), later)
    assert receipt.outcome == "deferred"
    assert "a person changed the Task" in receipt.detail
    assert task["Description"].endswith("dispute")
    (receipt,) = push(connector(), later)
    assert receipt.outcome == "written"
    assert task["Description"].endswith("\ndispute")


@pytest.mark.parametrize("gone", ["delete", "purge"])
def test_a_task_that_a_person_deleted_is_not_put_back(org, note, connector, gone):
    (written,) = push(connector(), note)
    getattr(org, gone)(written.reference)
    for standing in (True, False):
        (receipt,) = push(connector(), replace(note, previous=written.reference, standing=standing))
        assert (receipt.outcome, receipt.detail) == ("removed", f"{note.native_key}: removed by a person")
    assert org.tasks() == []


def test_a_deleted_task_is_known_though_its_receipt_was_lost(org, note, salesforce, connector):
    salesforce.faults.append(Fault(COLLECTION, "cut_after"))
    with pytest.raises(Uncertain):
        push(connector(), note)
    org.delete(org.tasks()[0]["Id"], SAL)
    (receipt,) = push(connector(), replace(note, look=True))
    assert receipt.outcome == "removed"
    assert org.tasks() == []


def test_a_task_deleted_between_the_look_and_the_edit_is_not_put_back(org, note, salesforce, connector):
    (written,) = push(connector(), note)
    salesforce.faults.append(Fault(EDIT, "turn", act=lambda: org.delete(written.reference)))
    assert (
        push(connector(), replace(note, previous=written.reference, standing=False))[0].outcome == "removed"
    )


def test_a_task_whose_marker_was_emptied_is_still_known(org, note, connector):
    (written,) = push(connector(), note)
    org.update(written.reference, {"Interlock_Key__c": None}, MO)
    (receipt,) = push(connector(), replace(note, previous=written.reference))
    assert receipt.outcome == "already"
    assert len(org.tasks()) == 1


def test_a_recovered_break_says_so_and_completes_a_task_that_nobody_took_in_hand(org, note, connector):
    (written,) = push(connector(), note)
    push(connector(), replace(note, previous=written.reference, standing=False))
    (task,) = org.tasks()
    assert task["Subject"].startswith("Resolved: ")
    assert "Nothing is asked of you any more." in task["Description"]
    assert "Asked of you" not in task["Description"]
    assert task["Status"] == "Completed"
    push(connector(), replace(note, previous=written.reference))
    assert org.tasks()[0]["Status"] == "Not Started"


def test_a_task_that_a_person_works_on_is_not_completed(org, note, connector):
    (written,) = push(connector(), note)
    org.update(written.reference, {"Status": "Waiting on someone else"}, SAL)
    push(connector(), replace(note, previous=written.reference, standing=False))
    (task,) = org.tasks()
    assert (task["Subject"][:9], task["Status"]) == ("Resolved:", "Waiting on someone else")


def test_a_task_that_a_person_completed_stays_so_while_the_break_stands(org, note, connector):
    (written,) = push(connector(), note)
    org.update(written.reference, {"Status": "Completed"}, SAL)
    moved = replace(note, previous=written.reference, message=replace(MESSAGE, headline="Now 35 days late"))
    for _ in range(2):
        push(connector(), moved)
        moved = replace(moved, message=replace(MESSAGE, headline="Now 40 days late"))
    assert (org.tasks()[0]["Subject"], org.tasks()[0]["Status"]) == ("Now 40 days late", "Completed")


def test_a_person_who_took_the_line_away_keeps_the_text(org, note, connector):
    (written,) = push(connector(), note)
    org.update(written.reference, {"Description": "my own notes"}, SAL)
    push(
        connector(),
        replace(note, previous=written.reference, message=replace(MESSAGE, headline="Now 35 late")),
    )
    assert (org.tasks()[0]["Subject"], org.tasks()[0]["Description"]) == ("Now 35 late", "my own notes")


def test_rows_fail_by_themselves_under_http_200(org, deal, note, connector):
    quiet, gone = deal("quiet"), deal("gone")
    org.read_only.add(quiet["Id"])
    org.hidden_records.add(gone["Id"])
    long = "x" * 300
    org.validation = lambda kind, row: "Tasks need a type" if row["Subject"].startswith("V") else None
    notes = [
        replace(note, marker="m-2", item_key=quiet["Id"], native_key="quiet"),
        replace(note, marker="m-3", item_key=gone["Id"], native_key="gone"),
        replace(note, marker="m-4", message=replace(MESSAGE, headline="V" + long)),
        note,
    ]
    receipts = {each.marker: each for each in push(connector(), *notes)}
    assert {marker: each.outcome for marker, each in receipts.items()} == {
        "m-2": "refused", "m-3": "refused", "m-4": "refused", "m-1": "written",
    }  # fmt: skip
    assert "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" in receipts["m-2"].detail
    assert "may not see it" in receipts["m-3"].detail
    assert "FIELD_CUSTOM_VALIDATION_EXCEPTION: Tasks need a type" in receipts["m-4"].detail
    assert len(org.tasks()) == 1


def test_a_locked_row_is_sent_again_and_deferred_in_the_end(org, note, salesforce, clock, connector):
    salesforce.faults.append(Fault(COLLECTION, "locked", times=2))
    assert push(connector(), note)[0].outcome == "written"
    assert clock.slept == [1, 2]
    salesforce.faults[:] = [Fault(COLLECTION, "locked", times=None)]
    (receipt,) = push(connector(), replace(note, marker="m-2"))
    assert receipt.outcome == "deferred"
    assert "UNABLE_TO_LOCK_ROW" in receipt.detail
    assert len(org.tasks()) == 1


@pytest.mark.parametrize("kind", ["queue", "left"])
def test_an_owner_who_takes_no_task_leaves_it_with_our_own_user(org, record, note, connector, kind):
    if kind == "queue":
        record["OwnerId"] = "00G5g000000001AAAA"
    else:
        org.update(org.user(SAL)["Id"], {"IsActive": False})
    assert push(connector(), note)[0].outcome == "written"
    assert org.tasks()[0]["OwnerId"] == org.user(HUB)["Id"]


@pytest.mark.parametrize("kind", ["cut_after", "cut_short", "error", "cut_before", "html"])
def test_an_unknown_outcome_is_uncertain_and_the_next_push_makes_no_second_task(
    org, note, salesforce, connector, kind
):
    salesforce.faults.append(Fault(COLLECTION, kind))
    with pytest.raises(Uncertain):
        push(connector(), note)
    assert len(salesforce.asked("PATCH")) == 1  # never sent twice by itself
    known = len(org.tasks())
    (receipt,) = push(connector(), replace(note, look=True))
    assert receipt.outcome == ("already" if known else "written")
    assert len(org.tasks()) == 1


@pytest.mark.parametrize(
    ("kind", "words"), [("unavailable", "503"), ("over_limit", "REQUEST_LIMIT_EXCEEDED")]
)
def test_an_org_that_takes_no_more_now_is_tried_later(org, note, salesforce, connector, kind, words):
    salesforce.faults.append(Fault(COLLECTION, kind, times=None))
    with pytest.raises(Retry, match=words):
        push(connector(), note)
    assert (len(salesforce.asked("PATCH")), org.tasks()) == (1, [])


def test_a_session_that_ends_before_the_write_is_renewed_once(org, note, salesforce, connector):
    salesforce.faults.append(Fault(COLLECTION, "expired"))
    assert push(connector(), note)[0].outcome == "written"
    salesforce.faults.append(Fault(COLLECTION, "expired", times=None))
    with pytest.raises(Unauthorised, match="INVALID_SESSION_ID"):
        push(connector(), replace(note, marker="m-2"))
    assert len(org.tasks()) == 1


def test_429_is_waited_out_by_our_clock(org, note, salesforce, clock, connector):
    salesforce.faults.append(Fault(COLLECTION, "rate_limited", times=2, retry_after=7))
    assert push(connector(), note)[0].outcome == "written"
    assert clock.slept == [7, 7]


def test_a_missing_marker_field_is_named_with_how_to_make_it(org, note, connector):
    del org.objects["Task"].fields["Interlock_Key__c"]
    with pytest.raises(Drifted, match=r"Task\.Interlock_Key__c: the org shows no such field") as caught:
        push(connector(), note)
    assert "Make it on Activity as an external id" in caught.value.advice


def test_many_notes_go_two_hundred_at_a_time(org, deal, salesforce, connector):
    deals = [deal(f"Deal {number}") for number in range(450)]
    notes = [
        Note(f"m-{each['Id']}", each["Id"], each["Id"], "Opportunity", "K7QX", date(2026, 1, 5), MESSAGE)
        for each in deals
    ]
    receipts = push(connector(), *notes)
    assert [each.outcome for each in receipts] == ["written"] * 450
    assert [len(each.body["records"]) for each in salesforce.log if each.method == "PATCH"] == [200, 200, 50]
    assert len(org.tasks()) == 450


def test_a_settled_break_that_was_never_told_makes_a_closed_task(org, note, connector):
    push(connector(), replace(note, standing=False))
    assert org.tasks()[0]["Status"] == "Completed"
