"""Excel trackers, in a folder or on a drive: read with their own headers, flagged and answered in columns beside.

Streams: `row` (one per item, keyed by the tracker's own id column or a key made for it) and `answer`
(`contract.ANSWER`). A page's scope is one workbook, several sheets of it included.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from connectors._readings import files
from connectors._readings.files import Known, Listed, Shelf
from connectors.contract import (
    ANSWER,
    Cursor,
    Finding,
    Note,
    Page,
    Place,
    Receipt,
    SourceError,
    Stream,
    Trouble,
    Unreadable,
)
from connectors.excel import sidecar, sidecar_file, write
from connectors.excel.options import HubColumns, Options, TrackerColumns
from connectors.excel.pull import Pull
from connectors.excel.read import Reader, locate
from connectors.excel.remarks import findings
from connectors.excel.sheet import LANDED

__all__ = ["Excel", "HubColumns", "Options", "TrackerColumns", "connect", "locate"]


def connect(place: Place, options: Options) -> Excel:
    """The trackers that `options.path` names; touches no file."""
    return Excel(place, options)


class Excel:
    """One configured set of trackers (`connectors.contract.Connector`)."""

    streams = (Stream("row", "rows", reads=LANDED, unique=True), ANSWER)
    writes = True
    one_note_per_item = True

    def __init__(self, place: Place, options: Options) -> None:
        self.place = place
        self.options = options
        self.answer_cell = options.write.answer

    def check(self) -> Iterator[Finding]:
        """Read every workbook and say what would land."""
        known = Known(files.fingerprint(self.options), before=self.place.memory().get("files", {}))
        with self._shelf() as shelf, tempfile.TemporaryDirectory() as spool:
            reader = Reader(self.options, Path(spool))
            pull = Pull(self.options, shelf.many, known, reader)
            try:
                yield from shelf.findings()
                for trouble in pull.read_changed(self._listed(shelf, {})):
                    yield Finding("fail", str(trouble.error))
            except SourceError as error:
                yield Finding("fail", str(error))
                return
            for scope, read in sorted(pull.reads.items()):
                if scope in pull.copies:
                    yield from (Finding("warn", note) for note in read.notes)
                else:
                    yield from findings(reader, read)

    def pull(self, cursor: Cursor, watch: Sequence[str], spool: Path) -> Iterator[Page | Trouble]:
        """Read the trackers that changed, then the answers in workbooks beside them; see the contract."""
        landed = cursor
        with self._shelf() as shelf:
            for part in self._pull_trackers(shelf, cursor, spool):
                if isinstance(part, Page) and part.cursor is not None:
                    landed = {**part.cursor, "beside": cursor.get("beside", {})}
                    yield replace(part, cursor=landed)
                else:
                    yield part
            if not sidecar.is_one(str(self.options.path)):
                trackers = sorted(landed.get("files", {}))
                found = [sidecar_file.beside(shelf, self.place, tracker) for tracker in trackers]
                yield from sidecar.answers(self.options, found, landed, spool)

    def _pull_trackers(self, shelf: Shelf, cursor: Cursor, spool: Path) -> Iterator[Page | Trouble]:
        """Read the workbooks that changed, and those that share an id with them.

        The cursor knows of each file its size, time, hash and ids, so that unchanged ones stay closed.
        """
        known = Known.of(cursor, files.fingerprint(self.options))
        found = self._listed(shelf, known.before)
        pull = Pull(self.options, shelf.many, known, Reader(self.options, spool))
        yield from pull.read_changed(found)
        if cursor.get("path") == str(self.options.path):
            yield from pull.settle_vanished({file.scope for file in found}, cursor["files"])
        yield from pull.pages()

    def whereabouts(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        """A row that a workbook holds no more was deleted: nobody hides rows from who can read the file."""
        return dict.fromkeys(keys, "deleted")

    def push(self, notes: Sequence[Note]) -> Iterator[Receipt]:
        return write.push(self.place, self.options, notes)

    def preview(self, note: Note) -> str:
        return write.preview(self.options, note)

    def _shelf(self) -> Shelf:
        return files.shelf(self.place, self.options.path, self.options.auth)

    def _listed(self, shelf: Shelf, known: Mapping[str, Mapping[str, Any]]) -> list[Listed]:
        found = shelf.listed(known)
        if not sidecar.is_one(str(self.options.path)):
            found = [file for file in found if not sidecar.is_one(file.scope)]
        if found or (known and shelf.many):
            return found
        raise Unreadable(
            shelf.place,
            "no workbook is there",
            "Put it there, or set `path` to where it is",
        )
