"""Pulls the configured objects and the people, and decides when a census is due.

Protocol: REST API, "Query" and "QueryAll": pages of up to 2,000 records, `nextRecordsUrl` until `done`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from connectors.contract import Cursor, Page, Retry, SourceError, Trouble
from connectors.salesforce import answers, census, soql
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.options import Options
from connectors.salesforce.paging import OVERLAP, Wanted, pages
from connectors.salesforce.progress import Progress
from connectors.salesforce.schema import PEOPLE, Plan
from connectors.salesforce.session import NotSignedIn

STAFF = "UserType IN ('Standard','PowerPartner','AutomatedProcess','CloudIntegrationUser')"
"""Who can own work or answer; customers' portal users, of whom there may be millions, do neither."""


def pull(
    client: SalesforceClient,
    options: Options,
    plans: Sequence[Plan],
    cursor: Cursor,
    watch: Sequence[str],
    spool: Path,
) -> Iterator[Page | Trouble]:
    """Pages of people, of each object with its census where one is due, and of answers on watched records.

    Each page carries the cursor that holds once it has landed, so that a pull which is cut short goes on where
    its data ends. An object that cannot be read is told as Trouble and leaves its own place in the cursor
    alone; an org that takes no more requests ends the pull.
    """
    spool.mkdir(parents=True, exist_ok=True)
    progress = Progress.since(cursor, client.user_id, options.objects)
    parts: list[tuple[str, Iterator[Page]]] = [("User", _people(client, options, progress, spool))]
    parts += [(plan.kind, _object(client, options, plan, progress, spool)) for plan in plans]
    parts.append(("answer", answers.pull(client, options, progress, watch, spool)))
    for part, found in parts:
        try:
            yield from found
        except (Retry, NotSignedIn):
            raise
        except SourceError as error:
            yield Trouble(part, error)


def _people(client: SalesforceClient, options: Options, progress: Progress, spool: Path) -> Iterator[Page]:
    since = f"SystemModstamp >= {soql.moment(progress.people, OVERLAP)}" if progress.people else ""
    wanted = Wanted("User", PEOPLE, (STAFF, since))
    for path, reached in pages(client, options, wanted, spool, "User"):
        progress.people = max(progress.people, reached)
        yield Page("User", path, scope="User", cursor=progress.cursor())


def _object(
    client: SalesforceClient, options: Options, plan: Plan, progress: Progress, spool: Path
) -> Iterator[Page]:
    """News of one object. What was never read is read without the deleted; else `queryAll` tells of them."""
    state = progress.of(plan)
    before = str(state.get("stamp") or "")
    since = f"SystemModstamp >= {soql.moment(before, OVERLAP)}" if before else ""
    wanted = Wanted(plan.kind, plan.select, (plan.where, since), bool(before), plan.types)
    held: Page | None = None
    try:
        for path, reached in pages(client, options, wanted, spool, plan.kind):
            if held is not None:
                yield held
            # A deletion since a pull that was cut short lies behind this stamp too, and is told by the next.
            state["stamp"] = max(str(state.get("stamp") or ""), reached)
            progress.objects[plan.kind] = state
            held = Page(plan.kind, path, scope=plan.kind, cursor=progress.cursor())
        # Whole before any of it is handed on: a census that ends in the middle would count the rest as gone.
        counted = list(census.take(client, options, plan, state, spool))
    except SourceError:
        if held is not None:
            yield held
        raise
    assert held is not None
    yield replace(held, cursor=progress.cursor())
    for path in counted:
        yield Page(plan.kind, path, scope=plan.kind, complete=True, keys_only=True)
