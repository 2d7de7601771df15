"""The Salesforce connector: each operation opens the org's client and closes it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from connectors.contract import ANSWER, Cursor, Finding, Note, Page, Place, Receipt, Stream, Trouble
from connectors.salesforce import checking, reading, schema, task, whereabouts, writing
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.options import Options


class SalesforceConnector:
    """One Salesforce org, as `connectors.contract.Connector` describes.

    Each object is a stream of its own, so that one which cannot be read leaves the others' census alone.
    `streams` knows which fields are formulas as soon as a pull has asked: read it when a page lands.
    """

    writes = True
    one_note_per_item = False
    answer_cell = ""

    def __init__(self, place: Place, options: Options) -> None:
        self._place = place
        self._options = options
        self.streams: Sequence[Stream] = (*schema.unplanned(options), schema.PERSON, ANSWER)

    def check(self) -> Iterator[Finding]:
        with self._client() as client:
            yield from checking.check(client, self._options, self._place.clock)

    def pull(self, cursor: Cursor, watch: Sequence[str], spool: Path) -> Iterator[Page | Trouble]:
        with self._client() as client:
            plans, troubles = schema.plans(client, self._options)
            self.streams = (*(plan.stream for plan in plans), schema.PERSON, ANSWER)
            yield from troubles
            yield from reading.pull(client, self._options, plans, cursor, watch, spool)

    def whereabouts(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        if stream in (schema.PERSON.name, ANSWER.name):
            return dict.fromkeys(keys, "not visible: only the configured objects are looked for")
        with self._client() as client:
            return whereabouts.tell(client, stream, keys)

    def push(self, notes: Sequence[Note]) -> Iterator[Receipt]:
        with self._client() as client:
            yield from writing.push(client, self._options, notes)

    def preview(self, note: Note) -> str:
        return task.preview(note)

    def _client(self) -> SalesforceClient:
        return SalesforceClient(self._place, self._options)


def connect(place: Place, options: Options) -> SalesforceConnector:
    """A connector for one configured org; touches nothing outside."""
    return SalesforceConnector(place, options)
