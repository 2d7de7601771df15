"""One pull of a set of trackers: which to open, which are copies, and what became of those that vanished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors._readings.files import Known, Listed
from connectors._readings.headers import folded
from connectors.contract import Page, SourceError, Trouble, Unreadable
from connectors.excel.copies import Book, describe, find_copies
from connectors.excel.identity import Told, as_json, from_json, signature
from connectors.excel.options import Options
from connectors.excel.read import Read, Reader

ADOPTED = 0.5
"""Of a new workbook's rows: so many must be remembered of one that vanished for it to be that one, renamed."""


class Pull:
    """One pull; `known` is what the cursor says, and becomes what the next cursor says."""

    def __init__(self, options: Options, many: bool, known: Known, reader: Reader) -> None:
        self.options = options
        self.many = many
        self.known = known
        self.reader = reader
        self.ids_before = {scope: entry["ids"] for scope, entry in known.files.items()}
        self.reads: dict[str, Read] = {}
        self.copies: dict[str, str] = {}
        self.emptied: list[str] = []

    def read_changed(self, found: Sequence[Listed]) -> Iterator[Trouble]:
        """Open the workbooks that changed, then those that share an id with another, before or now.

        An id that stands in two workbooks lands from neither, so what is done in one decides over the other.
        Unless one is a copy of the other: then the other counts. Raises the error itself where `path` names one
        workbook only.
        """
        present = {file.scope for file in found}
        unchanged = []
        for file in found:
            try:
                if self._orphaned(file.scope, present) or not self.known.unchanged(file):
                    self.reads[file.scope] = self.reader.read(file)
                else:
                    unchanged.append(file)
            except SourceError as error:
                if not self.many:
                    raise
                yield Trouble(file.scope, error)
        yield from self._open_likely_originals(unchanged)
        self._set_copies_aside(present)
        self._stand(list(self.reads.values()), present)
        if self.reads or not present.issuperset(self.known.files):
            ids = {scope: ids for scope, ids in self.ids_now().items() if scope in present}
            shared = _shared(self.ids_before) | _shared(ids)
            again = [
                file
                for file in unchanged
                if file.scope not in self.reads and not shared.isdisjoint(self.ids_before[file.scope])
            ]
            yield from self._read_again(again, present)
        self.reader.settle_twins()

    def _read_again(self, files: Sequence[Listed], present: set[str]) -> Iterator[Trouble]:
        for file in files:
            try:
                self.reads[file.scope] = self.reader.read(file)
                self._stand([self.reads[file.scope]], present)
            except SourceError as error:
                yield Trouble(file.scope, error)

    def _open_likely_originals(self, unchanged: Sequence[Listed]) -> Iterator[Trouble]:
        """Open what a new workbook may be a copy of, by its ids: of rows that have any, no more is remembered."""
        if self.reader.keyless or not unchanged:
            return
        new = [self.reader.told(read) for scope, read in self.reads.items() if self._is_new(scope)]
        for file in unchanged if new else ():
            ids = {folded(one) for one in self.ids_before[file.scope]}
            if any(2 * len(ids & {told[0] for told in rows}) >= len(rows) > 0 for rows in new):
                try:
                    self.reads[file.scope] = self.reader.read(file)
                except SourceError as error:
                    yield Trouble(file.scope, error)

    def _orphaned(self, scope: str, present: set[str]) -> bool:
        """Whether a workbook was a copy of one that is no longer there: then it counts itself."""
        original = self.known.files.get(scope, {}).get("copy_of")
        return original is not None and original not in present

    def _set_copies_aside(self, present: set[str]) -> None:
        """Take the copies among the new and changed workbooks out of those that count."""
        if len(present) < 2 or not any(map(self._is_new, self.reads)):
            return
        before = {scope for scope, entry in self.known.before.items() if entry.get("rows")}
        books = [self._book(scope) for scope in sorted(present & (before | set(self.reads)))]
        self.copies = find_copies(books)
        rows = {book.scope: book.rows for book in books}
        for copy, original in self.copies.items():
            sizes = {copy: (len(rows[copy]), len(rows[copy] & rows[original]))}
            self.reads[copy].notes.append(describe(copy, original, sizes))

    def _is_new(self, scope: str) -> bool:
        """Whether nothing of a workbook ever landed."""
        entry = self.known.before.get(scope)
        return entry is None or "copy_of" in entry

    def _book(self, scope: str) -> Book:
        entry = self.known.before.get(scope, {})
        read = self.reads.get(scope)
        if read is None:
            return Book(scope, entry["sha256"], signature(from_json(entry["rows"]).values()), True)
        return Book(
            scope, read.sha256, self.reader.told(read), not self._is_new(scope), entry.get("copy_of", "")
        )

    def _stand(self, reads: Sequence[Read], present: set[str]) -> None:
        for read in reads:
            if read.file.scope not in self.copies:
                self.reader.stand(read, self._memory(read, present))

    def _memory(self, read: Read, present: set[str]) -> Mapping[str, Told]:
        """What is remembered of a workbook's rows: of a new one, what is of one that vanished, if it is that one."""
        if not self.reader.keyless:
            return {}
        before = {scope: from_json(entry.get("rows", {})) for scope, entry in self.known.before.items()}
        if read.file.scope in before and not self._is_new(read.file.scope):
            return before[read.file.scope]
        rows = self.reader.told(read)
        vanished = {scope: memory for scope, memory in before.items() if scope not in present and memory}
        overlaps = {scope: len(rows & signature(memory.values())) for scope, memory in vanished.items()}
        best = max(sorted(overlaps), key=overlaps.__getitem__, default=None)
        return vanished[best] if best is not None and overlaps[best] >= max(1, ADOPTED * len(rows)) else {}

    def ids_now(self) -> dict[str, list[str]]:
        counted = {scope: read for scope, read in self.reads.items() if scope not in self.copies}
        return (
            self.ids_before
            | {scope: [] for scope in self.copies}
            | {scope: self.reader.ids(read) for scope, read in counted.items()}
        )

    def settle_vanished(
        self, present: set[str], before: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Trouble]:
        """A workbook that was read and is no longer there keeps its last good data, and is asked about.

        Unless its rows stand in others now: then it was renamed, or taken apart. A copy is not missed.
        """
        elsewhere = {one for scope, ids in self.ids_now().items() if scope in present for one in ids}
        for scope in sorted(set(before) - present):
            entry = before[scope]
            if "copy_of" in entry:
                self.known.files.pop(scope, None)
                continue
            if entry["ids"] and elsewhere.issuperset(entry["ids"]):
                self.known.files.pop(scope, None)
                self.emptied.append(scope)
                continue
            self.known.files[scope] = dict(entry)
            yield Trouble(
                scope,
                Unreadable(
                    scope,
                    "this workbook was read before and is no longer there",
                    "Put it back. If its rows moved to another workbook that `path` matches, that is noticed;"
                    " if it is gone for good, change `path` so that it no longer matches",
                ),
            )

    def pages(self) -> Iterator[Page]:
        """Spool and give the pages, workbook by workbook; the last page of each carries the cursor."""
        for number, read in enumerate(self.reads[scope] for scope in sorted(self.reads)):
            if read.file.scope in self.copies:
                *pages, last = self.reader.empty_pages(read.file.scope, number, read.notes)
                self.known.learn(read.file, read.sha256, ids=[], copy_of=self.copies[read.file.scope])
            else:
                before = self.known.before.get(read.file.scope, {})
                *pages, last = self.reader.pages(read, number, before.get("said", {}))
                self.known.learn(read.file, read.sha256, ids=self.reader.ids(read), **self._remembered(read))
            yield from pages
            yield self._with_cursor(last)
        for number, scope in enumerate(self.emptied, start=len(self.reads)):
            *pages, last = self.reader.empty_pages(scope, number)
            yield from pages
            yield self._with_cursor(last)

    def _remembered(self, read: Read) -> dict[str, Any]:
        """What the cursor keeps: the keys of rows without ids, and who had saved the file when an answer came."""
        rows = {"rows": as_json(read.memory)} if self.reader.keyless else {}
        said = self.reader.said(read)
        return rows | ({"said": said} if said else {})

    def _with_cursor(self, page: Page) -> Page:
        return replace(page, cursor=self.known.cursor(path=str(self.options.path)))


def _shared(ids: Mapping[str, Sequence[str]]) -> set[str]:
    """The ids that stand in more than one workbook."""
    counted = Counter(one for each in ids.values() for one in set(each))
    return {one for one, number in counted.items() if number > 1}
