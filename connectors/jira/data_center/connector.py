"""The Jira Data Center connector: each operation opens the site's client and closes it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.contract import ANSWER, Cursor, Finding, Note, Page, Place, Receipt, Stream, Trouble
from connectors.jira import adf, beside, marks, writing
from connectors.jira.data_center import checking, fields, reading, whereabouts
from connectors.jira.data_center.client import DataCenterClient
from connectors.jira.data_center.writing import DATA_CENTER
from connectors.jira.options import Options


class DataCenterConnector:
    """One Data Center site, as `connectors.contract.Connector` describes.

    `streams` names the configured fields by id as soon as a pull has found them: read it when a page lands.
    """

    writes = True
    one_note_per_item = False
    answer_cell = ""

    def __init__(self, place: Place, options: Options) -> None:
        self._place = place
        self._options = options
        self._projects: list[str] | None = None
        self.streams: Sequence[Stream] = self._streams(options.fields_by_hub())

    def check(self) -> Iterator[Finding]:
        with self._client() as client:
            yield from checking.check(client, self._options, self._place.clock)

    def pull(self, cursor: Cursor, watch: Sequence[str], spool: Path) -> Iterator[Page | Trouble]:
        with self._client() as client:
            found, names = fields.resolve(client, self._options.fields_by_hub())
            self.streams = self._streams(found)
            for page in reading.pull(client, self._options, found, names, cursor, watch, spool):
                if isinstance(page, Page) and page.cursor is not None:
                    self._projects = list(page.cursor["projects"])
                yield page

    def whereabouts(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        if stream != "issue":
            return dict.fromkeys(keys, "not visible: only issues are looked for")
        with self._client() as client:
            return whereabouts.tell(client, keys, self._projects)

    def push(self, notes: Sequence[Note]) -> Iterator[Receipt]:
        with self._client() as client:
            for note, receipt in zip(notes, writing.push(client, notes, DATA_CENTER), strict=False):
                yield marks.put(client, self._options.marks, note, receipt)

    def preview(self, note: Note) -> str:
        return adf.plain(adf.document(note))

    def _client(self) -> DataCenterClient:
        return DataCenterClient(self._place, self._options)

    def _streams(self, found: Mapping[str, str]) -> Sequence[Stream]:
        own = (reading.issue_stream(found), reading.CHANGE, beside.STATUS)
        return (*own, reading.WORKLOG, ANSWER) if self._options.worklogs else (*own, ANSWER)
