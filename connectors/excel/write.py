"""Notes into trackers: the hub's columns in an item's row, a workbook's notes in one exchange of its file.

A row is found by its item's key each time, never by a remembered number. The key and the break's code stand
beside the flag, so a flag that a sort left behind is seen, written anew where it belongs, and taken off the
row where it does not. What a person typed is never overwritten: a flag cell that holds text without our key
and code is theirs, and the answer cells are not touched at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from connectors.contract import Note, Place, Receipt, Refused, SourceError, Unauthorised
from connectors.excel.identity import remembered
from connectors.excel.options import Options
from connectors.excel.package import CellEdit, Package
from connectors.excel.package_cell import address
from connectors.excel.read import locate
from connectors.excel.write_desk import OURS, Desk
from connectors.excel.write_text import cell_texts

Outcome = Literal["written", "already", "removed", "deferred", "refused"]


def push(place: Place, options: Options, notes: Sequence[Note]) -> Iterator[Receipt]:
    """Make the trackers show these notes; one receipt each, workbook by workbook.

    A workbook that cannot be written now (open in Excel, changed since read, unreadable) defers its notes,
    one that must not be written refuses them; the others go on. Raises nothing.
    """
    for scope in dict.fromkeys(note.scope for note in notes):
        yield from _push_workbook(place, options, scope, [note for note in notes if note.scope == scope])


def preview(options: Options, note: Note) -> str:
    """The note's cells, `column header: text` a line, under the workbook and the item."""
    texts = cell_texts(note)
    lines = [f"{getattr(options.write, name)}: {texts[name]}" for name in OURS]
    return "\n".join([f"{note.scope}, row of {note.native_key}", *lines])


def _push_workbook(place: Place, options: Options, scope: str, notes: Sequence[Note]) -> Iterator[Receipt]:
    path = place.folder / scope
    try:
        layout = locate(path, options, scope, remembered(place.memory(), scope))
        workbook = Package(path, layout.sha256)
        desks = [Desk(workbook, sheet, options) for sheet in layout.sheets]
        plans = [_plan(desks, note) for note in notes]
        workbook.patch(_edits(desks, plans))
    except SourceError as error:
        outcome: Outcome = "refused" if isinstance(error, Refused | Unauthorised) else "deferred"
        yield from (Receipt(note.marker, outcome, detail=str(error)) for note in notes)
        return
    yield from (_receipt(scope, plan) for plan in plans)


@dataclass
class _Plan:
    """What is to become of one note: where it stands, and hub column → (old text, new text)."""

    note: Note
    outcome: Outcome
    detail: str = ""
    desk: Desk | None = None
    row: int = 0
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    strays: list[int] = field(default_factory=list)
    """Rows where a sort left a copy of this flag behind."""


def _plan(desks: Sequence[Desk], note: Note) -> _Plan:
    found = [desk for desk in desks if note.item_key in desk.rows]
    if len(found) > 1:
        return _Plan(note, "refused", f"{note.native_key} stands in several sheets")
    if not found:
        outcome: Outcome = "refused" if note.standing else "removed"
        reason = "is not in the workbook any more (or its key stands twice); look for it there"
        return _Plan(note, outcome, f"the row of {note.native_key} {reason}")
    try:
        return _plan_at(found[0], note)
    except Refused as error:  # this sheet must not be written; the workbook's others may
        return _Plan(note, "refused", str(error))


def _plan_at(desk: Desk, note: Note) -> _Plan:
    row = desk.rows[note.item_key]
    held = desk.held(row)
    strays = desk.strays(note) if held["item"] != note.item_key else []
    reason = _left_alone(note, held, bool(strays), desk.stands)
    if reason:
        return _Plan(note, *reason)
    objection = desk.objection(row)
    if objection:
        return _Plan(note, "refused", objection)
    wanted = cell_texts(note)
    texts = {name: (held[name], wanted[name]) for name in OURS}
    changed = bool(strays) or any(old != new for old, new in texts.values())
    return _Plan(note, "written" if changed else "already", "", desk, row, texts, strays)


def _left_alone(
    note: Note, held: Mapping[str, str], strayed: bool, stands: bool
) -> tuple[Outcome, str] | None:
    """Why a row's cells stay as they are; None if the note is to be written.

    `strayed`: its flag is in another row. `stands`: the sheet has a flag column, so that a blank cell in it
    was cleared by somebody; without one, the whole sheet was replaced or the header renamed.
    """
    ours = held["item"] or held["code"]
    if not ours and not note.previous and any(held[name] for name in ("flag", "since", "ask")):
        return "refused", f"somebody has written into the flag columns of {note.native_key}; clear them"
    if stands and note.previous and not held["flag"] and not strayed and held["item"] in ("", note.item_key):
        return "removed", f"somebody took the flag of {note.native_key} away"
    shows = held["code"] if held["item"] == note.item_key else ""
    if not note.standing and not strayed and shows != note.code:
        return "already", f"the row of {note.native_key} shows {shows or 'no flag of ours'}, not {note.code}"
    return None


def _edits(desks: Sequence[Desk], plans: Sequence[_Plan]) -> dict[str, list[CellEdit]]:
    """Sheet → its cells. What is taken off a row goes first, so that another note can fill it."""
    edits: dict[str, list[CellEdit]] = {}
    for desk in desks:
        here = [plan for plan in plans if plan.desk is desk and plan.outcome == "written"]
        if here:
            cleared = [
                CellEdit(row, desk.columns[n], None) for plan in here for row in plan.strays for n in OURS
            ]
            filled = [
                CellEdit(plan.row, desk.columns[name], new, desk.like)
                for plan in here
                for name, (_, new) in plan.texts.items()
            ]
            edits[desk.name] = [*desk.headers(), *cleared, *filled]
    return edits


def _receipt(scope: str, plan: _Plan) -> Receipt:
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
