"""Bulk API 2.0: a query job, asked after until it is complete, its results fetched page by page as CSV.

Protocol: Bulk API 2.0, "Create a Query Job", "Get Information About a Query Job", "Get Results for a Query
Job" (`Sforce-Locator`, `null` on the last page). Jobs that write, with their failed and unprocessed records,
are not used: flags go by collections, whose reply tells of every row (see writing.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from connectors.contract import Retry, Unreadable
from connectors.salesforce.client import SalesforceClient

if TYPE_CHECKING:
    from connectors.salesforce.paging import Wanted

PAGE = 50_000
LONGEST_PAUSE = 30.0
PATIENCE = 3600.0
"""Seconds that a job may take; the org works through its jobs when it has room for them."""
NUMBERS = frozenset({"double", "currency", "percent", "int", "long"})


def pages(
    client: SalesforceClient, wanted: Wanted, spool: Path, name: str, asked_at: str
) -> Iterator[tuple[Path, str]]:
    """The job's records in files, each as a REST query would have shown it, so that they hash alike.

    The stamp is empty but on the last page: when it was asked, or the newest record's. Raises NotOffered where
    the object has no Bulk API, and Retry where fewer records came than the job says it has processed.
    """
    operation = "queryAll" if wanted.with_deleted else "query"
    # Without an order: sorting would keep the org from dividing the job into chunks.
    job = client.ask("/jobs/query", {"operation": operation, "query": wanted.soql(ordered=False)})
    processed = _completed(client, str(job["id"]), wanted.kind)
    held: Path | None = None
    locator, number, read, reached = "", 0, 0, ""
    while locator != "null":
        sheet, path = spool / f"{name}-bulk-{number:06d}.csv", spool / f"{name}-bulk-{number:06d}.json"
        asked = {"maxRecords": PAGE} | ({"locator": locator} if locator else {})
        headers = client.fetch(f"/jobs/query/{job['id']}/results", asked, sheet)
        rows, stamp = _as_records(sheet, path, wanted)
        sheet.unlink()
        if held is not None:
            yield held, ""
        held, read, reached = path, read + rows, max(reached, stamp)
        locator, number = headers.get("Sforce-Locator", "null") or "null", number + 1
    if processed is not None and read < processed:
        raise Retry(
            f"job {job['id']} on {wanted.kind}",
            f"gave {read:,} of the {processed:,} records that it processed",
            "Run again later; nothing of it counts as read",
        )
    assert held is not None
    yield held, max(reached, asked_at)


def _completed(client: SalesforceClient, job_id: str, kind: str) -> int | None:
    """Waits for a job; returns how many records it processed."""
    waited, pause = 0.0, 1.0
    while True:
        told = client.get(f"/jobs/query/{job_id}")
        state = told.get("state")
        if state == "JobComplete":
            processed: int | None = told.get("numberRecordsProcessed")
            return processed
        place = f"job {job_id} on {kind}"
        if state == "Failed":
            raise Unreadable(
                place, f"failed: {told.get('errorMessage', 'no reason given')}", "Narrow `where`"
            )
        if state == "Aborted":
            raise Retry(place, "was aborted in Salesforce", "Run again later")
        if waited >= PATIENCE:
            raise Retry(place, f"is still {state} after {waited:.0f} s", "Run again later")
        client.clock.sleep(pause)
        waited += pause
        pause = min(pause * 2, LONGEST_PAUSE)


def _as_records(sheet: Path, path: Path, wanted: Wanted) -> tuple[int, str]:
    """Turn a CSV page into the JSON of a query's page, set-wise; how many records, and the greatest stamp."""
    types = dict(wanted.types or {})
    columns = ", ".join(f"'{_plain(each)}': 'VARCHAR'" for each in wanted.select)
    record = _record(_tree(wanted.select), types, wanted.kind)
    with duckdb.connect() as db:
        db.execute(
            f"CREATE TABLE sheet AS FROM read_csv($file, header = true, auto_detect = false, delim = ',',"
            f" quote = '\"', escape = '\"', columns = {{{columns}}})",
            {"file": str(sheet)},
        )
        stamp = "max(SystemModstamp)" if "SystemModstamp" in wanted.select else "NULL"
        found = db.execute(f"SELECT count(*), {stamp} FROM sheet").fetchone() or (0, None)
        db.execute(
            f"COPY (SELECT coalesce(list({record}), []) AS records FROM sheet) TO '{_plain(str(path))}' (FORMAT json)"
        )
    return int(found[0]), _offset(str(found[1])) if found[1] else ""


def _tree(paths: Any) -> dict[str, Any]:
    """`Owner.Email` as {Owner: {Email: "Owner.Email"}}."""
    tree: dict[str, Any] = {}
    for path in paths:
        *relations, last = path.split(".")
        here = tree
        for relation in relations:
            here = here.setdefault(relation, {})
        here[last] = path
    return tree


def _record(tree: Mapping[str, Any], types: Mapping[str, str], kind: str = "") -> str:
    """SQL for a record's JSON; a relationship of which nothing is known is null, as in a query's page."""
    parts = [f"'attributes', json_object('type', '{_plain(kind)}')"] if kind else []
    for name, inner in tree.items():
        if isinstance(inner, str):
            parts.append(f"'{_plain(name)}', {_value(inner, types.get(inner, 'string'))}")
            continue
        known = ", ".join(f"nullif({_quoted(path)}, '')" for path in _leaves(inner))
        parts.append(
            f"'{_plain(name)}', CASE WHEN coalesce({known}) IS NOT NULL THEN {_record(inner, types)} END"
        )
    return f"json_object({', '.join(parts)})"


def _leaves(tree: Mapping[str, Any]) -> Iterator[str]:
    for inner in tree.values():
        if isinstance(inner, str):
            yield inner
        else:
            yield from _leaves(inner)


def _value(path: str, kind: str) -> str:
    """SQL for a cell in its type: booleans, numbers and moments are written otherwise than in a query's page."""
    cell = f"nullif({_quoted(path)}, '')"
    if kind in NUMBERS or kind == "boolean":
        return f"CAST({cell} AS JSON)"
    if kind == "datetime":
        return f"regexp_replace({cell}, 'Z$', '+0000')"
    return cell


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _plain(name: str) -> str:
    return name.replace("'", "''")


def _offset(stamp: str) -> str:
    return stamp.removesuffix("Z") + "+0000" if stamp.endswith("Z") else stamp
