"""One pull of a set of trackers: which to open, and what became of those that vanished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from connectors._readings.files import Known, Listed
from connectors.contract import Page, SourceError, Trouble, Unreadable
from connectors.excel.options import Options
from connectors.excel.read import Read, Reader


class Pull:
    """One pull; `known` is what the cursor says, and becomes what the next cursor says."""

    def __init__(self, options: Options, many: bool, known: Known, reader: Reader) -> None:
        self.options = options
        self.many = many
        self.known = known
        self.reader = reader
        self.ids_before = {scope: entry["ids"] for scope, entry in known.files.items()}
        self.reads: dict[str, Read] = {}
        self.emptied: list[str] = []

    def read_changed(self, found: Sequence[Listed]) -> Iterator[Trouble]:
        """Open the workbooks that changed, then those that share an id with another, before or now.

        An id that stands in two workbooks lands from neither, so what is done in one decides over the other.
        Raises the error itself where `path` names one workbook only.
        """
        unchanged = []
        for file in found:
            try:
                if self.known.unchanged(file):
                    unchanged.append(file)
                else:
                    self.reads[file.scope] = self.reader.read(file)
            except SourceError as error:
                if not self.many:
                    raise
                yield Trouble(file.scope, error)
        present = {file.scope for file in found}
        if self.reads or not present.issuperset(self.known.files):
            ids = {scope: ids for scope, ids in self.ids_now().items() if scope in present}
            shared = _shared(self.ids_before) | _shared(ids)
            for file in unchanged:
                if not shared.isdisjoint(self.ids_before[file.scope]):
                    try:
                        self.reads[file.scope] = self.reader.read(file)
                    except SourceError as error:
                        yield Trouble(file.scope, error)
        self.reader.settle_twins()

    def ids_now(self) -> dict[str, list[str]]:
        return self.ids_before | {scope: self.reader.ids(read) for scope, read in self.reads.items()}

    def settle_vanished(
        self, present: set[str], before: Mapping[str, Mapping[str, Any]]
    ) -> Iterator[Trouble]:
        """A workbook that was read and is no longer there keeps its last good data, and is asked about.

        Unless its rows stand in others now: then it was renamed, or taken apart.
        """
        elsewhere = {one for scope, ids in self.ids_now().items() if scope in present for one in ids}
        for scope in sorted(set(before) - present):
            entry = before[scope]
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
            before = self.known.before.get(read.file.scope, {})
            *pages, last = self.reader.pages(read, number, before.get("said", {}))
            said = self.reader.said(read)
            more = {"said": said} if said else {}
            self.known.learn(read.file, read.sha256, ids=self.reader.ids(read), **more)
            yield from pages
            yield self._with_cursor(last)
        for number, scope in enumerate(self.emptied, start=len(self.reads)):
            *pages, last = self.reader.empty_pages(scope, number)
            yield from pages
            yield self._with_cursor(last)

    def _with_cursor(self, page: Page) -> Page:
        return replace(page, cursor=self.known.cursor(path=str(self.options.path)))


def _shared(ids: Mapping[str, Sequence[str]]) -> set[str]:
    """The ids that stand in more than one workbook."""
    counted = Counter(one for each in ids.values() for one in set(each))
    return {one for one, number in counted.items() if number > 1}
