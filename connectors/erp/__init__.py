"""ERP exports: files of general ledger postings in a folder. Read only.

One stream, `posting`; a page's scope is one file. A posting is known by company code, ledger, fiscal year,
document and line; where an export lacks document or line, by the hash of the whole line and its occurrence
in the file: so the same line twice in one file is two postings, and in two exports that overlap it is one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors._readings import files
from connectors._readings.files import Known, Listed, Shelf
from connectors.contract import (
    Cursor,
    Finding,
    Note,
    Page,
    Place,
    Receipt,
    Refused,
    SourceError,
    Stream,
    Trouble,
    Unreadable,
)
from connectors.erp.options import LedgerColumns, Options
from connectors.erp.read import Postings, in_full, read_export
from connectors.erp.table import READS

__all__ = ["Erp", "LedgerColumns", "Options", "connect"]

NEVER_READ = {"size": -1, "mtime_ns": 0, "sha256": ""}
"""Stands for a file that must be read again, whatever it is like then."""


def connect(place: Place, options: Options) -> Erp:
    """The exports that `options.path` names; touches no file."""
    return Erp(place, options)


class Erp:
    """One configured set of exports (`connectors.contract.Connector`)."""

    writes = False
    one_note_per_item = False
    answer_cell = ""

    def __init__(self, place: Place, options: Options) -> None:
        self.place = place
        self.options = options
        declared = options.columns.document is not None and options.columns.line is not None
        self.streams = (Stream("posting", "rows", reads=READS, unique=declared, money=True),)

    def check(self) -> Iterator[Finding]:
        """Read every export and say what would land."""
        with self._shelf() as shelf, tempfile.TemporaryDirectory() as spool:
            try:
                yield from shelf.findings()
                found = self._listed(shelf, {})
            except SourceError as error:
                yield Finding("fail", str(error))
                return
            for file in found:
                try:
                    postings = read_export(files.content(file), self.options, file.scope, Path(spool))
                except SourceError as error:
                    yield Finding("fail", str(error))
                else:
                    yield from _findings(file, postings)

    def pull(self, cursor: Cursor, watch: Sequence[str], spool: Path) -> Iterator[Page | Trouble]:
        """Read the files that are new, in the order of their names; see the contract.

        If one that was read before has changed in place, all are read again: what is gone from it may still
        stand in another. A file that vanished was archived; its postings stand.
        """
        with self._shelf() as shelf:
            yield from self._pull(shelf, cursor, spool)

    def _pull(self, shelf: Shelf, cursor: Cursor, spool: Path) -> Iterator[Page | Trouble]:
        known = Known.of(cursor, files.fingerprint(self.options))
        found = self._listed(shelf, known.before)
        changed = [file for file in found if not known.unchanged(file)]
        restated = any(file.scope in known.files for file in changed)
        pages: list[Page] = []
        troubles: list[Trouble] = []
        for number, file in enumerate(found if restated else changed):
            try:
                pages.append(self._page(file, spool / f"posting-{number}.parquet", known))
            except SourceError as error:
                troubles.append(Trouble(file.scope, error))
        # Postings that a changed file no longer holds may stand in the file that could not be read: nothing
        # counts as gone until all can be, and the changed ones are looked at again then.
        uncertain = restated and bool(troubles)
        if uncertain:
            for file in changed:
                known.files[file.scope] = dict(NEVER_READ)
        yield from troubles
        for page in pages:
            yield replace(page, complete=not uncertain, cursor=known.cursor() if page is pages[-1] else None)

    def whereabouts(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        """A posting that its export holds no more was taken out there."""
        return dict.fromkeys(keys, "deleted")

    def push(self, notes: Sequence[Note]) -> Iterator[Receipt]:
        """Exports are one-way: always Refused."""
        raise self._one_way()

    def preview(self, note: Note) -> str:
        raise self._one_way()

    def _one_way(self) -> Refused:
        return Refused(
            self.place.source_id, "an ERP export takes no notes", "Finance gets the report instead"
        )

    def _page(self, file: Listed, path: Path, known: Known) -> Page:
        content = files.content(file)
        postings = read_export(content, self.options, file.scope, path.parent)
        postings.spool(path)
        facts: dict[str, Any] = {"sha256": content.sha256, "bytes": len(content.data)}
        if postings.stated_total is not None:
            facts["stated_total"] = f"{postings.stated_total:f}"
        known.learn(file, content.sha256)
        return Page("posting", path, scope=file.scope, complete=True, facts=facts)

    def _shelf(self) -> Shelf:
        return files.shelf(self.place, self.options.path, self.options.auth)

    def _listed(self, shelf: Shelf, known: Mapping[str, Mapping[str, Any]]) -> list[Listed]:
        found = shelf.listed(known)
        if not found and not known:
            raise Unreadable(
                shelf.place,
                "no export is there",
                "Put one there, or set `path` to where they are",
            )
        return found


def _findings(file: Listed, postings: Postings) -> Iterator[Finding]:
    counted = postings.counted()
    words = {"land": "lines can be read", "quarantine": "cannot", "drop": "are totals or headings"}
    shown = ", ".join(f"{counted.get(fate, (0, 0))[0]} {word}" for fate, word in words.items())
    total = (
        "" if postings.stated_total is None else f"; its stated total ties: {in_full(postings.stated_total)}"
    )
    amount = counted.get("land", (0, Decimal(0)))[1]
    yield Finding(
        "ok",
        f"{file.scope}: header in line {postings.header_row}; {shown}; they sum to {in_full(amount)}{total}",
    )
    yield from (Finding("warn", f"{file.scope}, {reason}") for reason in postings.reasons(3))
