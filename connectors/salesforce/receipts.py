"""What became of a note, in the words of this tool."""

from __future__ import annotations

from typing import Literal

from connectors.contract import Note, Receipt


def done(note: Note, outcome: Literal["written", "already"], task_id: str) -> Receipt:
    return Receipt(note.marker, outcome, task_id, inverse={"task": task_id, "record": note.item_key})


def never_shown(note: Note) -> Receipt:
    return Receipt(note.marker, "already", detail=f"{note.native_key}: recovered before it was shown")


def removed(note: Note, task_id: str) -> Receipt:
    return Receipt(note.marker, "removed", task_id, f"{note.native_key}: removed by a person")


def refused(note: Note, why: str) -> Receipt:
    return Receipt(note.marker, "refused", note.previous, f"{note.native_key}: {why}")


def deferred(note: Note, why: str) -> Receipt:
    return Receipt(note.marker, "deferred", note.previous, f"{note.native_key}: {why}")
