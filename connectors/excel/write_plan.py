"""What is to become of each note in a workbook, decided before a cell is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from connectors.contract import Note, Receipt, Refused
from connectors.excel.package import Change
from connectors.excel.package_cell import address
from connectors.excel.write_desk import OURS, Desk
from connectors.excel.write_sort import Block
from connectors.excel.write_text import cell_texts

Outcome = Literal["written", "already", "removed", "deferred", "refused"]


@dataclass
class Plan:
    """What is to become of one note: where it stands, and hub column → (old text, new text)."""

    note: Note
    outcome: Outcome
    detail: str = ""
    desk: Desk | None = None
    row: int = 0
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    closed: bool = False
    """Whether the whole sheet is closed to us: its flags stand beside the workbook then."""


def plan_note(desks: Sequence[Desk], note: Note, scope: str) -> Plan:
    found = [desk for desk in desks if note.item_key in desk.rows]
    if len(found) > 1:
        return Plan(note, "refused", f"{note.native_key} stands in several sheets")
    if not found:
        outcome: Outcome = "refused" if note.standing else "removed"
        reason = "is not in the workbook any more (or its key stands twice); look for it there"
        return Plan(note, outcome, f"the row of {note.native_key} {reason}")
    try:
        return _plan_at(found[0], note, scope)
    except Refused as error:  # this sheet must not be written; the workbook's others may
        return Plan(note, "refused", str(error), closed=True)


def _plan_at(desk: Desk, note: Note, scope: str) -> Plan:
    row = desk.rows[note.item_key]
    stuck = desk.stuck(note.item_key)
    if stuck:
        return Plan(note, "refused", f"{note.native_key}: {stuck}")
    held = desk.held(row)
    reason = _left_alone(note, held, desk.stands and shown_in(note, scope))
    if reason:
        return Plan(note, *reason)
    objection = desk.objection(row)
    if objection:
        return Plan(note, "refused", objection)
    wanted = cell_texts(note)
    texts = {name: (held[name], wanted[name]) for name in OURS}
    changed = desk.moved(row) or any(old != new for old, new in texts.values())
    return Plan(note, "written" if changed else "already", "", desk, row, texts)


def _left_alone(note: Note, held: Block, stood: bool) -> tuple[Outcome, str] | None:
    """Why a row's cells stay as they are; None if the note is to be written.

    `stood`: the flag was shown in this workbook, whose flag column is still there, so that a blank cell was
    cleared by somebody; without the column, the whole sheet was replaced or the header renamed.
    """
    ours = held["item"] or held["code"]
    if not ours and not note.previous and any(held[name] for name in ("flag", "since", "ask")):
        return "refused", f"somebody has written into the flag columns of {note.native_key}; clear them"
    if stood and not held["flag"] and held["item"] in ("", note.item_key):
        return "removed", f"somebody took the flag of {note.native_key} away"
    shows = held["code"] if held["item"] == note.item_key else ""
    if not note.standing and shows != note.code:
        return "already", f"the row of {note.native_key} shows {shows or 'no flag of ours'}, not {note.code}"
    return None


def shown_in(note: Note, scope: str) -> bool:
    """Whether the note's last receipt says that it was shown in this workbook (it may name two)."""
    return any(line.startswith(f"{scope}!") for line in note.previous.splitlines())


def changes(desks: Sequence[Desk], plans: Sequence[Plan]) -> dict[str, Change]:
    """Sheet → its change: the notes' cells, and what a sort left behind, whether there is a note for it or not."""
    found: dict[str, Change] = {}
    for desk in desks:
        here = [plan for plan in plans if plan.desk is desk and plan.outcome == "written"]
        rows = {plan.row: {name: new for name, (_, new) in plan.texts.items()} for plan in here}
        change = desk.change(rows) if here or desk in [plan.desk for plan in plans] else None
        if change is not None:
            found[desk.name] = change
    return found


def receipt(scope: str, plan: Plan) -> Receipt:
    """`inverse`: the workbook, the sheet, and per cell its text before and the text that was written."""
    if plan.desk is None:
        return Receipt(plan.note.marker, plan.outcome, detail=plan.detail)
    inverse = {}
    if plan.outcome == "written":
        cells = {
            address(plan.row, plan.desk.columns[name]): {"before": old, "written": new}
            for name, (old, new) in plan.texts.items()
        }
        inverse = {"workbook": scope, "sheet": plan.desk.name, "cells": cells}
    reference = f"{scope}!{plan.desk.name}!{plan.desk.span(plan.row)}"
    return Receipt(plan.note.marker, plan.outcome, reference, plan.detail, inverse)
