"""The Jira Data Center connector."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.contract import Cursor, Finding, Note, Page, Receipt, Stream, Trouble
from connectors.jira import beside, writing
from connectors.jira.client import JiraClient
from connectors.jira.data_center import checking, fields, reading, whereabouts
from connectors.jira.data_center.client import DataCenterClient
from connectors.jira.data_center.writing import DATA_CENTER
from connectors.jira.site import SiteConnector


class DataCenterConnector(SiteConnector):
    """One Data Center site."""

    def _client(self) -> DataCenterClient:
        return DataCenterClient(self._place, self._options)

    def _own_streams(self, found: Mapping[str, str]) -> tuple[Stream, ...]:
        return reading.issue_stream(found), reading.CHANGE, beside.STATUS, reading.WORKLOG

    def _findings(self, client: JiraClient) -> Iterator[Finding]:
        return checking.check(client, self._options, self._place.clock)

    def _pages(
        self, client: JiraClient, cursor: Cursor, watch: Sequence[str], spool: Path
    ) -> Iterator[Page | Trouble]:
        found, names = fields.resolve(client, self._options.fields_by_hub())
        self.streams = self._streams(found)
        yield from reading.pull(client, self._options, found, names, cursor, watch, spool)

    def _told(self, client: JiraClient, ids: Sequence[str]) -> Mapping[str, str]:
        return whereabouts.tell(client, ids, self._projects)

    def _receipts(self, client: JiraClient, notes: Sequence[Note]) -> Iterator[Receipt]:
        return writing.push(client, notes, DATA_CENTER)
