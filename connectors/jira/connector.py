"""The Jira Cloud connector, and which of the two connectors a configured site has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.contract import Connector, Cursor, Finding, Note, Page, Place, Receipt, Stream, Trouble
from connectors.jira import beside, checking, fields, reading, whereabouts, writing
from connectors.jira.client import JiraClient
from connectors.jira.data_center.connector import DataCenterConnector
from connectors.jira.options import Options
from connectors.jira.site import SiteConnector


class JiraConnector(SiteConnector):
    """One Jira Cloud site."""

    def _client(self) -> JiraClient:
        return JiraClient(self._place, self._options)

    def _own_streams(self, found: Mapping[str, str]) -> tuple[Stream, ...]:
        return reading.issue_stream(found), reading.CHANGE, beside.STATUS, beside.WORKLOG

    def _findings(self, client: JiraClient) -> Iterator[Finding]:
        return checking.check(client, self._options, self._place.clock)

    def _pages(
        self, client: JiraClient, cursor: Cursor, watch: Sequence[str], spool: Path
    ) -> Iterator[Page | Trouble]:
        found = fields.resolve(client, self._options.fields_by_hub(), fields.SPRINT)
        self.streams = self._streams(found)
        yield from reading.pull(client, self._options, found, cursor, watch, spool)

    def _told(self, client: JiraClient, ids: Sequence[str]) -> Mapping[str, str]:
        return whereabouts.tell(client, ids, self._projects)

    def _receipts(self, client: JiraClient, notes: Sequence[Note]) -> Iterator[Receipt]:
        return writing.push(client, notes)


def connect(place: Place, options: Options) -> Connector:
    """A connector for one configured site, Cloud or Data Center; touches nothing outside."""
    if options.is_data_center:
        return DataCenterConnector(place, options)
    return JiraConnector(place, options)
