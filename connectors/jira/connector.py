"""The Jira Cloud connector: each operation opens the site's client and closes it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.contract import (
    ANSWER,
    Connector,
    Cursor,
    Finding,
    Note,
    Page,
    Place,
    Receipt,
    Stream,
    Trouble,
)
from connectors.jira import adf, beside, checking, fields, marks, reading, whereabouts, writing
from connectors.jira.client import JiraClient
from connectors.jira.data_center.connector import DataCenterConnector
from connectors.jira.options import Options


class JiraConnector:
    """One Jira Cloud site, as `connectors.contract.Connector` describes.

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
            found = fields.resolve(client, self._options.fields_by_hub(), fields.SPRINT)
            self.streams = self._streams(found)
            for page in reading.pull(client, self._options, found, cursor, watch, spool):
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
            # One receipt comes per note, in their order.
            for note, receipt in zip(notes, writing.push(client, notes), strict=False):
                yield marks.put(client, self._options.marks, note, receipt)

    def preview(self, note: Note) -> str:
        return adf.plain(adf.document(note))

    def _client(self) -> JiraClient:
        return JiraClient(self._place, self._options)

    def _streams(self, found: Mapping[str, str]) -> Sequence[Stream]:
        own = (reading.issue_stream(found), reading.CHANGE, beside.STATUS)
        return (*own, beside.WORKLOG, ANSWER) if self._options.worklogs else (*own, ANSWER)


def connect(place: Place, options: Options) -> Connector:
    """A connector for one configured site, Cloud or Data Center; touches nothing outside."""
    if options.is_data_center:
        return DataCenterConnector(place, options)
    return JiraConnector(place, options)
