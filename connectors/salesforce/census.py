"""When the ids of an object are counted anew, and how.

`queryAll` tells each deletion by itself, but only while the record lies in the recycle bin (15 days), and it
tells nothing of records that left `where` or that we may see no more. So every pull asks one question per
object: how many records there are and when the newest was made. Where the answer is not what the last census
found, or that is a day old, all ids are read. So a pull in which nothing changed asks a constant number of
requests, whatever the size of the org, and no pause is long enough for a deletion to be missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.contract import Retry
from connectors.salesforce import soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.options import Options
from connectors.salesforce.paging import Wanted, pages
from connectors.salesforce.schema import Plan

EVERY = timedelta(days=1)
DOUBTED = 10
"""A census that finds fewer by this many may be refused when it lands (the source's `max_loss`), which is not
told to us: it is repeated in every pull of the week that follows, so that the refusal stays in sight."""
DOUBTED_FOR = timedelta(days=7)


def take(
    client: SalesforceClient, options: Options, plan: Plan, state: dict[str, Any], spool: Path
) -> Iterator[Path]:
    """The pages of a census, if one is due; `state` keeps what it found. An object's first pull needs none."""
    now = client.clock.now()
    count, newest = _signature(client, plan)
    known = state.get("count")
    if known is None:
        state |= {"count": count, "newest": newest, "counted_at": now.isoformat()}
        return
    if not _is_due(state, count, newest, now):
        return
    wanted = Wanted(plan.kind, ("Id",), (plan.where,), types={"Id": "id"})
    yield from (path for path, _ in pages(client, options, wanted, spool, f"census-{plan.kind}", keyed=False))
    if known - count >= DOUBTED:
        state["doubted_since"] = now.isoformat()
    state |= {"count": count, "newest": newest, "counted_at": now.isoformat()}


def _is_due(state: dict[str, Any], count: int, newest: str | None, now: datetime) -> bool:
    doubted = state.get("doubted_since")
    if doubted and now - datetime.fromisoformat(doubted) > DOUBTED_FOR:
        del state["doubted_since"]
        doubted = None
    counted_at = state.get("counted_at")
    old = counted_at is None or now - datetime.fromisoformat(counted_at) >= EVERY
    return bool(doubted) or old or (state["count"], state.get("newest")) != (count, newest)


def _signature(client: SalesforceClient, plan: Plan) -> tuple[int, str | None]:
    asked = soql.select(("COUNT(Id) live", "MAX(CreatedDate) newest"), plan.kind, plan.where)
    records = client.query(asked)
    if len(records) != 1:
        raise Retry(f"the number of {plan.kind} records", "was not told", "Run again later")
    return int(records[0]["live"]), records[0]["newest"]
