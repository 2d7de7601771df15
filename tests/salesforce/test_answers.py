"""Answers from Tasks: whose they are, which line counts, what becomes a new version."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connectors.contract import ANSWER, Message, Note
from connectors.salesforce import task
from sandbox.salesforce import Fault

LINE = "Answer below this line, or set the status to Completed to acknowledge:"
SAL, MO = "sal@meridian.example", "mo@meridian.example"


@pytest.mark.parametrize(
    ("below", "closed", "line"),
    [
        ("accept until 2026-05-01", False, "accept until 2026-05-01"),
        ("\n\n  interlock:  ack   K7QX ", False, "ack K7QX"),
        ("INTERLOCK: dispute\nbecause of this", True, "dispute"),
        ("> accept\nack", False, "ack"),
        ("", True, "ack"),
        ("   \n", True, "ack"),
        ("", False, None),
    ],
)
def test_the_first_line_below_ours_counts(below, closed, line):
    assert task.answer({"Description": f"Late\n\n{LINE}\n{below}", "IsClosed": closed}) == line
    windows = f"Late\n\n{LINE}\n{below}".replace("\n", "\r\n")
    assert task.answer({"Description": windows, "IsClosed": closed}) == line


def test_without_our_line_only_what_is_addressed_counts():
    assert task.answer({"Description": "call them\nInterlock: ack", "IsClosed": False}) == "ack"
    assert task.answer({"Description": "accept", "IsClosed": False}) is None
    assert task.answer({"Description": None, "IsClosed": True}) == "ack"


@pytest.fixture
def record(deal):
    return deal("Acme")


@pytest.fixture
def note(record):
    return Note("m-1", record["Id"], record["Id"], "Opportunity", "K7QX", date(2026, 1, 5), Message("Late"))


@pytest.fixture
def written(org, note, connector, clock):
    """The Task of a note that was pushed an hour ago."""
    list(connector().push([note]))
    clock.pass_(hours=1)
    return org.tasks()[0]


def test_an_answer_is_a_row_with_its_author_and_place(org, record, written, connector, pull):
    org.update(written["Id"], {"Description": written["Description"] + "accept up to 10d"}, SAL)
    (row,) = pull(connector(), watch=[record["Id"]]).answers
    assert row == {
        "_key": written["Id"], "_place": f"Task {written['Id']} on {record['Id']}", "_row": 1,
        "_fate": "land", "_reason": None, "@item_key": record["Id"], "@author_id": org.user(SAL)["Id"],
        "@author_email": SAL, "@author_name": "Sal Owens", "@author_kind": "person",
        "@line": "accept up to 10d", "@beside_item": None, "@beside_code": None,
        "@said_at": "2026-01-05T10:00:00+00:00",
    }  # fmt: skip
    assert {name.removeprefix("@") for name in row if name.startswith("@")} == set(ANSWER.reads)


def test_a_task_that_nobody_answered_is_no_row(record, written, connector, pull):
    assert pull(connector(), watch=[record["Id"]]).answers == []


def test_a_completed_task_is_an_ack_of_whoever_completed_it(org, record, written, connector, pull):
    org.update(written["Id"], {"Status": "Completed"}, MO)
    (row,) = pull(connector(), watch=[record["Id"]]).answers
    assert (row["@line"], row["@author_email"]) == ("ack", MO)


def test_an_automation_is_told_as_one(org, record, written, connector, pull):
    org.update(written["Id"], {"Status": "Completed"}, "auto@meridian.example")
    (row,) = pull(connector(), watch=[record["Id"]]).answers
    assert row["@author_kind"] == "automation"


def test_the_author_is_still_known_after_our_own_edits(org, record, note, written, clock, connector, pull):
    org.update(written["Id"], {"Description": written["Description"] + "dispute not so"}, SAL)
    for words in ("Understood as: disputed", "Still late"):
        clock.pass_(hours=1)
        list(connector().push([replace(note, previous=written["Id"], message=Message("Late", reply=words))]))
    assert written["LastModifiedById"] == org.user("hub@meridian.example")["Id"]
    (row,) = pull(connector(), watch=[record["Id"]]).answers
    assert (row["@line"], row["@author_id"], row["@author_email"], row["@said_at"]) == (
        "dispute not so", org.user(SAL)["Id"], SAL, "2026-01-05T10:00:00+00:00",
    )  # fmt: skip


def test_a_person_who_writes_another_name_into_the_line_is_not_believed(
    org, record, written, connector, pull
):
    sal = org.user(SAL)["Id"]
    forged = written["Description"].replace(
        "acknowledge:", f"acknowledge. Last answered by Sal Owens [{sal}] at 2026-01-05T09:30:00+00:00:"
    )
    org.update(written["Id"], {"Description": forged + "accept"}, MO)
    (row,) = pull(connector(), watch=[record["Id"]]).answers
    assert (row["@line"], row["@author_email"]) == ("accept", MO)


def test_a_forged_line_is_replaced_by_our_next_edit(org, record, note, written, clock, connector, pull):
    sal = org.user(SAL)["Id"]
    forged = written["Description"].replace(
        "acknowledge:", f"acknowledge. Last answered by Sal Owens [{sal}] at 2026-01-05T09:30:00+00:00:"
    )
    org.update(written["Id"], {"Description": forged + "accept"}, MO)
    clock.pass_(hours=1)
    list(connector().push([replace(note, previous=written["Id"], message=Message("Later"))]))
    (row,) = pull(connector(), watch=[record["Id"]]).answers
    assert row["@author_email"] == MO


def test_a_task_that_we_closed_ourselves_says_nothing(org, record, note, written, connector, pull):
    list(connector().push([replace(note, previous=written["Id"], standing=False)]))
    assert written["IsClosed"]
    assert pull(connector(), watch=[record["Id"]]).answers == []


def test_only_tasks_of_ours_that_changed_are_asked_for(
    org, record, written, clock, salesforce, connector, pull
):
    org.create("Task", {"Subject": "ack", "WhatId": record["Id"], "Status": "Completed"}, SAL)
    org.update(written["Id"], {"Status": "Completed"}, SAL)
    clock.pass_(hours=1)
    first = pull(connector(), watch=[record["Id"]])
    assert len(first.answers) == 1
    assert pull(connector(), first.cursor, watch=[record["Id"]]).answers == []
    assert pull(connector(), watch=["006somewhereElse"]).answers == []
    before = len(salesforce.asked("FROM Task"))
    pull(connector())
    assert len(salesforce.asked("FROM Task")) == before


def test_an_edited_answer_is_a_new_version_of_the_same_row(org, record, written, clock, connector, pull):
    text = written["Description"]
    org.update(written["Id"], {"Description": text + "accept"}, SAL)
    first = pull(connector(), watch=[record["Id"]])
    clock.pass_(hours=1)
    org.update(written["Id"], {"Description": text + "dispute"}, SAL)
    (row,) = pull(connector(), first.cursor, watch=[record["Id"]]).answers
    assert (row["_key"], row["@line"]) == (first.answers[0]["_key"], "dispute")


def test_a_right_lost_on_tasks_is_trouble_of_the_answers_alone(record, written, salesforce, connector, pull):
    salesforce.faults.append(
        Fault(lambda request: "FROM Task" in request.query.get("q", [""])[0], "forbidden")
    )
    pulled = pull(connector(), watch=[record["Id"]], troubled=True)
    assert [trouble.scope for trouble in pulled.troubles] == ["answer"]
    assert set(pulled.records()) == {record["Id"]}
