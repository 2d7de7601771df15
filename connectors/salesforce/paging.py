"""Reads a query to its end, page by page: by REST in the order of its keyset, or by Bulk API 2.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from connectors.contract import Retry
from connectors.salesforce import bulk, soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import LostLocator, NotOffered
from connectors.salesforce.options import Options

OVERLAP = timedelta(minutes=10)
"""Read again this long before the cursor: a record is stamped when its transaction writes it, and seen when
that commits, which a long trigger or batch job puts off; by then the cursor may have passed the stamp."""
ORDER = "SystemModstamp ASC, Id ASC"
"""By the stamp and then the id: a record that is touched while we read moves behind what is still to come, and
is read again; none is missed. Each page's last record says where to go on."""


@dataclass(frozen=True)
class Wanted:
    """A query in its parts, so that it can be asked anew from any place of its order."""

    kind: str
    select: Sequence[str]
    conditions: Sequence[str]
    with_deleted: bool = False
    types: Mapping[str, str] | None = None

    def soql(self, after: tuple[str, str] | None = None, ordered: bool = True) -> str:
        beyond = ""
        if after is not None:
            at = soql.moment(after[0])
            beyond = f"SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > {soql.text(after[1])})"
        return soql.select(self.select, self.kind, *self.conditions, beyond, order=ORDER if ordered else "")


def pages(
    client: SalesforceClient, options: Options, wanted: Wanted, spool: Path, name: str, keyed: bool = True
) -> Iterator[tuple[Path, str]]:
    """The pages of a query, each in a file, with the stamp up to which all is read. There is always one.

    The last page's stamp is when the query was asked, by the org's clock: were it that of the newest record, a
    day on which nothing happens would read the last minutes of the day before again and again. Many records
    come by Bulk API 2.0: their order is not told, so that only their last page has a stamp.
    `keyed` says that the query is in the order of the keyset, and can go on without its locator.
    """
    resource = "/queryAll" if wanted.with_deleted else "/query"
    number, after, following = 0, None, ""
    asked_at = soql.stamp(client.date) if client.date else ""
    while True:
        path = spool / f"{name}-{number:06d}.json"
        try:
            params = None if following else {"q": wanted.soql(after, ordered=keyed)}
            page = client.spool(following or resource, params, path)
        except LostLocator:
            if not keyed or not following:
                raise
            following = ""
            continue
        if number == 0 and page["totalSize"] > options.bulk_above:
            try:
                yield from bulk.pages(client, wanted, spool, name, asked_at)
                return
            except NotOffered:
                pass
        if keyed:
            after = _beyond(page["records"], after, wanted.kind)
        following = str(page.get("nextRecordsUrl") or "")
        last = page["done"] or not following
        yield path, max(after[0] if after else "", asked_at if last else "")
        if last:
            return
        number += 1


def _beyond(
    records: Sequence[Mapping[str, str]], after: tuple[str, str] | None, kind: str
) -> tuple[str, str] | None:
    """Where a page of records ends. Raises Retry for a page that leads nowhere: it would be read for ever."""
    if not records:
        return after
    reached = (str(records[-1]["SystemModstamp"]), str(records[-1]["Id"]))
    if reached == after:
        raise Retry(f"a page of {kind}", "ends where the page before it ended", "Run again later")
    return reached
