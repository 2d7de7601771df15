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
from typing import Protocol, runtime_checkable

from connectors._graph.options import DrivePath
from connectors._readings import files
from connectors._readings.files import Shelf
from connectors.contract import Note, Place, Receipt, Refused, Retry, SourceError, Unauthorised
from connectors.excel import sidecar
from connectors.excel.identity import remembered
from connectors.excel.options import Options
from connectors.excel.read import locate
from connectors.excel.sidecar_file import beside
from connectors.excel.write_beside import put_beside, titles_in
from connectors.excel.write_desk import OURS, desks
from connectors.excel.write_file import opened, put
from connectors.excel.write_plan import Outcome, changes, plan_note, receipt, shown_in
from connectors.excel.write_text import cell_texts


class Away(Exception):
    """The shelf as a whole does not answer; `error` is what the first workbook met. Raised before any receipt."""

    def __init__(self, error: SourceError) -> None:
        super().__init__(str(error))
        self.error = error


@runtime_checkable
class Remote(Protocol):
    """A shelf that can be away."""

    def is_away(self) -> bool: ...


@runtime_checkable
class SendsCells(Protocol):
    """A loan that may go back cell by cell; `file_first`: not if it can be helped, for cells do not say it all."""

    file_first: bool


def push(place: Place, options: Options, notes: Sequence[Note]) -> Iterator[Receipt]:
    """Make the trackers show these notes; one receipt each, workbook by workbook.

    A workbook that cannot be written now (open in Excel, changed since read, unreadable) defers its notes,
    one that must not be written gets them beside it or refuses them; the others go on. Where it is the whole drive
    that does not answer, those left are deferred untried: each would be waited for in vain. Raises nothing.
    """
    scopes = list(dict.fromkeys(note.scope for note in notes))
    with files.shelf(place, options.path, options.auth) as shelf:
        for number, scope in enumerate(scopes):
            here = [note for note in notes if note.scope == scope]
            try:
                if options.sidecar.always:
                    yield from _beside(shelf, place, options, scope, here)
                else:
                    yield from _in_tracker_or_beside(shelf, place, options, scope, here)
            except Away as away:
                first, *rest = [*here, *(note for note in notes if note.scope in scopes[number + 1 :])]
                yield _failed(first, away.error)
                why = f"not tried: {shelf.place} does not answer; the next run tries again"
                yield from (Receipt(note.marker, "deferred", detail=why) for note in rest)
                return


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
    stands = {done.marker: done for done in _beside_if_it_can(shelf, place, options, scope, moving)}
    left = _leave_beside(shelf, place, options, scope, back) if back else ""
    for note, done, _ in tried:
        if note.marker in stands:
            yield _standing_beside(note, done, stands[note.marker])
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
            found = desks(workbook, layout, options)
            plans = [plan_note(found, note, scope) for note in notes]
            wanted = changes(found, plans)
            patched = workbook.patched(wanted)
            if patched is not None:
                cells = {name: change.cells for name, change in wanted.items()}
                if isinstance(loan, SendsCells):
                    loan.file_first = any(change.widths for change in wanted.values())
                    if any(plan.desk.moves_answers for plan in plans if plan.desk) and not _by_cells_only(
                        options
                    ):
                        cells = {}  # as cells it could take the place of what somebody types at this moment
                loan.give_back(partial(put, loan.path, layout.sha256, patched), cells)
    except SourceError as error:
        _raise_if_away(shelf, error)
        return [(_failed(note, error), True) for note in notes]
    done = [(receipt(scope, plan), plan.closed) for plan in plans]
    return [(replace(each, detail=loan.shown(each.detail)), closed) for each, closed in done]


def _raise_if_away(shelf: Shelf, error: SourceError) -> None:
    """One workbook alone can fail too, for as long as nobody mends it: then the others must not wait for it."""
    if isinstance(error, Retry) and isinstance(shelf, Remote) and shelf.is_away():
        raise Away(error) from error


def _by_cells_only(options: Options) -> bool:
    return isinstance(options.path, DrivePath) and options.path.save == "session"


def _failed(note: Note, error: SourceError) -> Receipt:
    outcome: Outcome = "refused" if isinstance(error, Refused | Unauthorised) else "deferred"
    return Receipt(note.marker, outcome, detail=str(error))


def _goes_beside(place: Place, options: Options, note: Note, done: Receipt, closed: bool) -> bool:
    """Whether a note that the tracker did not take is to stand beside it."""
    if done.outcome == "refused":
        return closed and (note.standing or shown_in(note, sidecar.scope_of(note.scope)))
    if done.outcome != "deferred" or note.deferred_since is None:
        return False
    return (place.clock.now().date() - note.deferred_since).days >= options.sidecar.after_days


def _beside_if_it_can(
    shelf: Shelf, place: Place, options: Options, scope: str, notes: Sequence[Note]
) -> list[Receipt]:
    """As `_beside`, for notes whose tracker has been tried: what became of that is told all the same."""
    try:
        return list(_beside(shelf, place, options, scope, notes)) if notes else []
    except Away as away:
        return [_failed(note, away.error) for note in notes]


def _beside(
    shelf: Shelf, place: Place, options: Options, scope: str, notes: Sequence[Note]
) -> Iterator[Receipt]:
    try:
        with shelf.lend(scope) as loan:
            layout = locate(loan.path, options, scope, remembered(place.memory(), scope))
            there = {key for sheet in layout.sheets for key in sheet.rows}
            lost = [note for note in notes if note.standing and note.item_key not in there]
            titles = partial(titles_in, loan.path, scope, options, layout)
            shown = [note for note in notes if note not in lost]
            plans = put_beside(beside(shelf, place, scope), options, scope, shown, titles)
    except SourceError as error:
        _raise_if_away(shelf, error)
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


def _leave_beside(shelf: Shelf, place: Place, options: Options, scope: str, notes: Sequence[Note]) -> str:
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
        put_beside(beside(shelf, place, scope), options, scope, moved, dict)
    except SourceError:  # its turn comes with the next change: the reference keeps it in mind
        return next(line for note in notes for line in note.previous.splitlines() if ".interlock." in line)
    return ""
