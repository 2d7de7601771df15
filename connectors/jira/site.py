"""What the connectors of Jira Cloud and of Data Center have in common: each operation opens the site's client and
closes it again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.contract import ANSWER, Cursor, Finding, Note, Page, Place, Receipt, Stream, Trouble
from connectors.jira import adf, marks
from connectors.jira.client import JiraClient
from connectors.jira.options import Options


class SiteConnector(ABC):
    """One Jira site, as `connectors.contract.Connector` describes.

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
            yield from self._findings(client)

    def pull(self, cursor: Cursor, watch: Sequence[str], spool: Path) -> Iterator[Page | Trouble]:
        with self._client() as client:
            for page in self._pages(client, cursor, watch, spool):
                if isinstance(page, Page) and page.cursor is not None:
                    self._projects = list(page.cursor["projects"])
                yield page

    def whereabouts(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        if stream != "issue":
            return dict.fromkeys(keys, "not visible: only issues are looked for")
        with self._client() as client:
            return self._told(client, keys)

    def push(self, notes: Sequence[Note]) -> Iterator[Receipt]:
        with self._client() as client:
            # One receipt comes per note, in their order.
            for note, receipt in zip(notes, self._receipts(client, notes), strict=False):
                yield marks.put(client, self._options.marks, note, receipt)

    def preview(self, note: Note) -> str:
        return adf.plain(adf.document(note))

    def _streams(self, found: Mapping[str, str]) -> Sequence[Stream]:
        """The streams, the fields found so far taken as what they mean."""
        *own, worklog = self._own_streams(found)
        return (*own, worklog, ANSWER) if self._options.worklogs else (*own, ANSWER)

    @abstractmethod
    def _client(self) -> JiraClient: ...

    @abstractmethod
    def _own_streams(self, found: Mapping[str, str]) -> tuple[Stream, ...]:
        """Of issues, changes, statuses and worklogs."""

    @abstractmethod
    def _findings(self, client: JiraClient) -> Iterator[Finding]: ...

    @abstractmethod
    def _pages(
        self, client: JiraClient, cursor: Cursor, watch: Sequence[str], spool: Path
    ) -> Iterator[Page | Trouble]: ...

    @abstractmethod
    def _told(self, client: JiraClient, ids: Sequence[str]) -> Mapping[str, str]: ...

    @abstractmethod
    def _receipts(self, client: JiraClient, notes: Sequence[Note]) -> Iterator[Receipt]: ...
