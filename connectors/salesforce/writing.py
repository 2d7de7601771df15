"""Writes notes as Tasks, one each on its record.

Each batch of notes is looked up first, by the external id and among the deleted too: so a Task that a person
threw away is never put back, and one whose writing ended in the dark is found. What is not there is made by an
upsert of a collection (REST API, "Upsert Multiple Records with an External ID": up to 200 rows, each with its
own success and errors under HTTP 200). What is there is edited by itself, on the condition that nobody has
changed it since it was read (`If-Unmodified-Since`, "Conditional Request Headers"), which collections do not
know: what a person typed meanwhile would be lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from typing import Any

import httpx

from connectors.contract import Drifted, Note, Receipt, Uncertain
from connectors.salesforce import errors, receipts, records, soql, task
from connectors.salesforce.answers import iso, no_marker
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import codes, words
from connectors.salesforce.options import Options

BATCH = 200
LOCK_PAUSES = (1.0, 2.0, 4.0)
"""A row that is locked was not written: it is sent again after each of these."""
LATER = frozenset(
    {"UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE", "STORAGE_LIMIT_EXCEEDED", "REQUEST_RUNNING_TOO_LONG"}
)
"""Codes of rows that another run may well write."""
READ = (
    "Id", "IsDeleted", "WhatId", "Subject", "Description", "Status", "IsClosed", "LastModifiedById",
    "LastModifiedDate", "LastModifiedBy.Name",
)  # fmt: skip
Row = dict[str, Any]


@dataclass
class Desk:
    """What a push knows of the org: the statuses of Tasks are asked for once, and only if they matter."""

    client: SalesforceClient
    options: Options
    _statuses: list[Row] = field(default_factory=list)

    @property
    def statuses(self) -> list[Row]:
        if not self._statuses:
            asked = soql.select(("ApiName", "IsDefault", "IsClosed"), "TaskStatus", order="SortOrder")
            self._statuses = self.client.query(asked)
        return self._statuses

    def status(self, *, closed: bool) -> str | None:
        """The status of a settled Task, or that of a new one."""
        wanted = "IsClosed" if closed else "IsDefault"
        return next((str(each["ApiName"]) for each in self.statuses if each[wanted]), None)


def push(client: SalesforceClient, options: Options, notes: Sequence[Note]) -> Iterator[Receipt]:
    """One receipt per note. Raises as the contract says; notes without a receipt may be sent again."""
    desk = Desk(client, options)
    for batch in soql.chunks(list(notes), BATCH):
        tasks = _tasks(desk, batch)
        there = records.standing(client, options, batch)
        fresh = []
        for note in batch:
            found = tasks.get(note.marker) or tasks.get(note.previous)
            if found is None and not note.previous and not note.standing:
                yield receipts.never_shown(note)
            elif found is None and not note.previous and note.item_key in there:
                fresh.append(note)
            else:
                yield _known(desk, note, found, there)
        if fresh:
            yield from _make(desk, fresh, there)


def _tasks(desk: Desk, batch: Sequence[Note]) -> dict[str, Row]:
    """The Tasks of these notes by marker and by id, the deleted among them."""
    marker = desk.options.marker_field
    conditions = [f"{marker} IN {soql.listed(note.marker for note in batch)}"]
    previous = [note.previous for note in batch if note.previous]
    if previous:
        # By its id too: a person may have emptied the field of the marker.
        conditions.append(f"Id IN {soql.listed(previous)}")
    try:
        found = desk.client.query(
            soql.select((*READ, marker), "Task", " OR ".join(conditions)), with_deleted=True
        )
    except Drifted as error:
        raise no_marker(desk.options, error) from error
    # Of a deleted Task and its undeleted twin the living one counts, so that it comes last.
    found.sort(key=lambda each: not each["IsDeleted"])
    return {str(name): each for each in found for name in (each["Id"], each.get(marker)) if name}


def _write(
    desk: Desk, notes: Sequence[Note], path: str, body: Row, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """Send these notes. An unknown outcome is that of all of them, and of none that waits before or behind them."""
    try:
        return desk.client.write("PATCH", path, body, headers)
    except Uncertain as error:
        raise errors.uncertain(error.place, error.problem, [note.marker for note in notes]) from error


# --- a Task that is or was there -----------------------------------------------------------------------


def _known(desk: Desk, note: Note, found: Row | None, there: Mapping[str, records.Standing]) -> Receipt:
    if note.item_key not in there:
        return receipts.refused(note, "the record is not there, or Interlock's user may not see it")
    if found is None or found["IsDeleted"]:
        return receipts.removed(note, note.previous)
    wanted = _wanted(desk, note, found)
    if wanted is None:
        return receipts.refused(note, "what stands below the line leaves no room for Interlock's own words")
    changes = {name: value for name, value in wanted.items() if not _alike(found.get(name), value)}
    if not changes:
        return receipts.done(note, "already", str(found["Id"]))
    until = format_datetime(datetime.fromisoformat(iso(found["LastModifiedDate"])), usegmt=True)
    path = f"/sobjects/Task/{found['Id']}"
    response = _write(desk, [note], path, changes, {"If-Unmodified-Since": until})
    return _edited(note, str(found["Id"]), response)


def _wanted(desk: Desk, note: Note, found: Row) -> Row | None:
    """What the Task should say; None where there is no room. Its owner, dates and priority are people's."""
    wanted: Row = {"Subject": task.subject(note)}
    parts = task.parts(found["Description"])
    if parts.line:  # where a person took the line away, the text is his
        text = task.description(note, parts.theirs, _answered(desk, found, parts))
        if text is None:
            return None
        wanted["Description"] = text
    if status := _status(desk, note, found):
        wanted["Status"] = status
    return wanted


def _answered(desk: Desk, found: Row, parts: task.Parts) -> task.Answered | None:
    """Who answered: kept where we changed the Task last, else whoever did, if there is an answer at all."""
    if found["LastModifiedById"] == desk.client.user_id:
        return parts.answered
    if task.answer(found) is None:
        return None
    name = str((found["LastModifiedBy"] or {}).get("Name") or "somebody")
    return task.Answered(str(found["LastModifiedById"]), name, iso(found["LastModifiedDate"]))


def _status(desk: Desk, note: Note, found: Row) -> str | None:
    """The status to set, if any.

    A settled Task that nobody has taken in hand is completed: left open it would go on asking in its owner's
    list. One whose status a person changed is that person's work, and stays as it is; so does one that a
    person completed while the break stands, which is an answer. Only what Interlock closed it opens again.
    """
    if note.standing:
        ours = (
            found["LastModifiedById"] == desk.client.user_id
            and task.parts(found["Description"]).answered is None
        )
        return desk.status(closed=False) if found["IsClosed"] and ours else None
    if not found["IsClosed"] and found["Status"] == desk.status(closed=False):
        return desk.status(closed=True)
    return None


def _alike(one: Any, other: Any) -> bool:
    """Whether two texts read alike: Salesforce trims what it stores, and its pages write line ends as CR LF."""
    return _plain(one) == _plain(other)


def _plain(text: Any) -> str:
    return str(text or "").replace("\r\n", "\n").strip()


def _edited(note: Note, task_id: str, response: httpx.Response) -> Receipt:
    if response.status_code in (200, 204):
        return receipts.done(note, "written", task_id)
    if response.status_code == 412:
        return receipts.deferred(
            note, "a person changed the Task in this moment; the next run reads it first"
        )
    if response.status_code == 404 or "ENTITY_IS_DELETED" in codes(response):
        return receipts.removed(note, task_id)
    problem = f"Salesforce answered {response.status_code}: {words(response)}"
    return (
        receipts.deferred(note, problem) if LATER & set(codes(response)) else receipts.refused(note, problem)
    )


# --- a Task that never was -----------------------------------------------------------------------------


def _make(desk: Desk, notes: Sequence[Note], there: Mapping[str, records.Standing]) -> Iterator[Receipt]:
    """Upsert a row per note; rows that are locked are sent again, by themselves."""
    waiting = {note.marker: note for note in notes}
    for pause in (*LOCK_PAUSES, None):
        sent = list(waiting.values())
        for note, told in zip(sent, _upsert(desk, sent, there), strict=True):
            failures = [str(each.get("statusCode")) for each in told.get("errors") or []]
            if "UNABLE_TO_LOCK_ROW" in failures and pause is not None:
                continue
            yield _made(note, told, failures)
            del waiting[note.marker]
        if not waiting or pause is None:
            return
        desk.client.clock.sleep(pause)


def _upsert(desk: Desk, notes: Sequence[Note], there: Mapping[str, records.Standing]) -> list[Row]:
    marker = desk.options.marker_field
    body = {
        "allOrNone": False,
        "records": [_row(desk, note, there[note.item_key].owner_id) for note in notes],
    }
    response = _write(desk, notes, f"/composite/sobjects/Task/{marker}", body)
    if response.status_code != 200:
        raise Drifted(
            f"PATCH {desk.client.site} Task/{marker}",
            f"answered {response.status_code}: {words(response)}",
            f"Make {marker} an external id of Activity, and let Interlock's user create and edit Tasks",
        )
    told: list[Row] = response.json() if response.content else []
    if not isinstance(told, list) or len(told) != len(notes):
        problem = f"answered {response.status_code} without a row for each of the {len(notes)} Tasks"
        raise errors.uncertain(errors.what(response), problem, [note.marker for note in notes])
    return told


def _row(desk: Desk, note: Note, owner_id: str | None) -> Row:
    row: Row = {
        "attributes": {"type": "Task"},
        desk.options.marker_field: note.marker,
        "WhatId": note.item_key,
        "Subject": task.subject(note),
        "Description": task.description(note),
    }
    if owner_id:
        row["OwnerId"] = owner_id
    return row


def _made(note: Note, told: Row, failures: Sequence[str]) -> Receipt:
    if told.get("success"):
        return receipts.done(note, "written", str(told["id"]))
    problem = " ".join(
        f"{each.get('statusCode')}: {each.get('message')}" for each in told.get("errors") or []
    )
    problem = f"Salesforce did not take the Task: {problem or 'no reason given'}"
    return receipts.deferred(note, problem) if LATER & set(failures) else receipts.refused(note, problem)
