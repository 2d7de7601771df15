"""Notes into trackers: the hub's columns in an item's row, a workbook's notes in one exchange of its file.

A row is found by its item's key each time, never by a remembered number. The key and the break's code stand
beside the flag, so flags that a sort left behind are seen and moved to the rows where they belong, with the
answers that were typed beside them. What a person typed is never overwritten: a flag cell that holds text
without our key and code is theirs, and answers only ever move with their flag.

Where the tracker must not be written (signed, protected), stays locked for longer than `sidecar.after_days`, or
the team wants no columns in it (`sidecar.always`), the flags stand in a workbook beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from connectors._readings import files
from connectors._readings.files import Shelf
from connectors.contract import Note, Place, Receipt, Refused, SourceError, Unauthorised
from connectors.excel import sidecar
from connectors.excel.identity import remembered
from connectors.excel.options import Options
from connectors.excel.read import locate
from connectors.excel.write_beside import put_beside, titles_in
from connectors.excel.write_desk import OURS, Desk
from connectors.excel.write_file import opened, put
from connectors.excel.write_plan import Outcome, changes, plan_note, receipt, shown_in
from connectors.excel.write_text import cell_texts


def push(place: Place, options: Options, notes: Sequence[Note]) -> Iterator[Receipt]:
    """Make the trackers show these notes; one receipt each, workbook by workbook.

    A workbook that cannot be written now (open in Excel, changed since read, unreadable) defers its notes,
    one that must not be written gets them beside it or refuses them; the others go on. Raises nothing.
    """
    with files.shelf(place, options.path, options.auth) as shelf:
        for scope in dict.fromkeys(note.scope for note in notes):
            here = [note for note in notes if note.scope == scope]
            if options.sidecar.always:
                yield from _beside(place, options, scope, here)
            else:
                yield from _in_tracker_or_beside(shelf, place, options, scope, here)


def preview(options: Options, note: Note) -> str:
    """The note's cells, `column header: text` a line, under the workbook and the item."""
    texts = cell_texts(note)
    lines = [f"{getattr(options.write, name)}: {texts[name]}" for name in OURS]
    where = sidecar.scope_of(note.scope) if options.sidecar.always else note.scope
    return "\n".join([f"{where}, row of {note.native_key}", *lines])


def _in_tracker_or_beside(
    shelf: Shelf, place: Place, options: Options, scope: str, notes: Sequence[Note]
) -> Iterator[Receipt]:
    tried = [
        (note, *outcome)
        for note, outcome in zip(notes, _in_tracker(shelf, place, options, scope, notes), strict=True)
    ]
    moving = [note for note, done, closed in tried if _goes_beside(place, options, note, done, closed)]
    back = [note for note, done, _ in tried if done.reference and shown_in(note, sidecar.scope_of(scope))]
    beside = {done.marker: done for done in _beside(place, options, scope, moving)} if moving else {}
    left = _leave_beside(place, options, scope, back) if back else ""
    for note, done, _ in tried:
        if note.marker in beside:
            yield _standing_beside(note, done, beside[note.marker])
        elif note in back and left:
            yield replace(done, reference=f"{done.reference}\n{left}")
        else:
            yield done


def _in_tracker(
    shelf: Shelf, place: Place, options: Options, scope: str, notes: Sequence[Note]
) -> list[tuple[Receipt, bool]]:
    """A receipt for each note, and whether the tracker is closed to it."""
    try:
        with shelf.lend(scope) as loan:
            layout = locate(loan.path, options, scope, remembered(place.memory(), scope))
            workbook = opened(loan.path, layout.sha256)
            desks = [Desk(workbook, sheet, options) for sheet in layout.sheets]
            plans = [plan_note(desks, note, scope) for note in notes]
            wanted = changes(desks, plans)
            patched = workbook.patched(wanted)
            if patched is not None:
                cells = {name: change.cells for name, change in wanted.items()}
                loan.give_back(partial(put, loan.path, layout.sha256, patched), cells)
    except SourceError as error:
        return [(_failed(note, error), True) for note in notes]
    done = [(receipt(scope, plan), plan.closed) for plan in plans]
    return [(replace(each, detail=loan.shown(each.detail)), closed) for each, closed in done]


def _failed(note: Note, error: SourceError) -> Receipt:
    outcome: Outcome = "refused" if isinstance(error, Refused | Unauthorised) else "deferred"
    return Receipt(note.marker, outcome, detail=str(error))


def _goes_beside(place: Place, options: Options, note: Note, done: Receipt, closed: bool) -> bool:
    """Whether a note that the tracker did not take is to stand beside it."""
    if not isinstance(options.path, str):
        return False  # on a drive, no workbook is made beside a tracker yet
    if done.outcome == "refused":
        return closed and (note.standing or shown_in(note, sidecar.scope_of(note.scope)))
    if done.outcome != "deferred" or note.deferred_since is None:
        return False
    return (place.clock.now().date() - note.deferred_since).days >= options.sidecar.after_days


def _beside(place: Place, options: Options, scope: str, notes: Sequence[Note]) -> Iterator[Receipt]:
    path = place.folder / scope
    try:
        layout = locate(path, options, scope, remembered(place.memory(), scope))
        there = {key for sheet in layout.sheets for key in sheet.rows}
        lost = [note for note in notes if note.standing and note.item_key not in there]
        titles = partial(titles_in, path, scope, options, layout)
        plans = put_beside(place.folder, options, scope, [note for note in notes if note not in lost], titles)
    except SourceError as error:
        yield from (_failed(note, error) for note in notes)
        return
    for note in lost:
        yield Receipt(
            note.marker, "refused", detail=f"the row of {note.native_key} is not in {scope} any more"
        )
    yield from (receipt(sidecar.scope_of(scope), plan) for plan in plans)


def _standing_beside(note: Note, tracker: Receipt, beside: Receipt) -> Receipt:
    """One receipt out of two. A lock is tried again in every run; what is refused stands beside for good."""
    if beside.outcome in ("deferred", "refused"):
        return replace(tracker, detail=f"{tracker.detail}; and beside it: {beside.detail}")
    where = beside.reference.partition("!")[0]
    detail = f"the flag stands in {where}: {tracker.detail}" if where else tracker.detail
    if tracker.outcome == "refused":
        return replace(beside, detail=detail)
    kept = [line for line in note.previous.splitlines() if not shown_in(replace(note, previous=line), where)]
    return replace(tracker, detail=detail, reference="\n".join([*kept, beside.reference]))


def _leave_beside(place: Place, options: Options, scope: str, notes: Sequence[Note]) -> str:
    """Say beside the tracker that its flags stand in it again; returns where they stand if that must wait."""
    name = Path(scope).name
    moved = [
        replace(
            note,
            message=replace(
                note.message, headline=f"Resolved: stands in {name} now", ask="", how="", reply=""
            ),
            others=(),
        )
        for note in notes
    ]
    try:
        put_beside(place.folder, options, scope, moved, dict)
    except SourceError:  # its turn comes with the next change: the reference keeps it in mind
        return next(line for note in notes for line in note.previous.splitlines() if ".interlock." in line)
    return ""
