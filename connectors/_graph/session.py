"""Cells into a workbook by Excel's own service, also while people have it open.

After "Working with Excel in Microsoft Graph" and its best practices: one session for all calls, ranges in one
batch, one after the other, the session closed at the end. Excel reads what it is given as if it were typed:
text goes with a leading apostrophe, which is not part of the cell, so that no formula and no date is made of
it. Cells of a range that are not ours are given as null, which leaves them as they are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from connectors._graph.client import GraphClient
from connectors._graph.errors import AGAIN, NotThere
from connectors.contract import Deferred, SourceError

if TYPE_CHECKING:
    from connectors._readings.files import Edit


def probe(client: GraphClient, item: str) -> None:
    """Open a session that can change nothing, and close it; raises what the service answers."""
    session = _open(client, item, persist=False)
    _close(client, item, session)


def write(
    client: GraphClient, item: str, content_tag: str, edits: Mapping[str, Sequence[Edit]], place: str
) -> None:
    """Give cells their values, if the workbook's content is still `content_tag` once the session is open.

    `item` is its path in Graph. Sending the same twice changes nothing, so a session that ended is opened
    anew once.
    """
    for again in (True, False):
        session = _open(client, item, persist=True)
        try:
            now = client.get(item)
            if again and (now.get("cTag") or now.get("eTag")) != content_tag:
                raise Deferred(place, "it has changed since it was read", AGAIN)
            header = {"workbook-session-id": session, "Content-Type": "application/json"}
            client.batch([{**patch, "headers": header} for patch in patches(item, edits)])
            return
        except NotThere:
            if not again:
                raise
        finally:
            _close(client, item, session)


def _open(client: GraphClient, item: str, persist: bool) -> str:
    return str(client.post(f"{item}/workbook/createSession", {"persistChanges": persist})["id"])


def _close(client: GraphClient, item: str, session: str) -> None:
    """What was written stands by now; a session that is not closed lapses after a few minutes."""
    with contextlib.suppress(SourceError):
        client.post(f"{item}/workbook/closeSession", {}, {"workbook-session-id": session})


def patches(item: str, edits: Mapping[str, Sequence[Edit]]) -> Iterator[dict[str, Any]]:
    """The requests that write these cells: one for each run of cells side by side in a row."""
    for sheet, wanted in edits.items():
        cells = {(edit.row, edit.column): edit.value for edit in wanted}
        for row, first, values in _runs(cells):
            address = f"{letters(first)}{row}:{letters(first + len(values) - 1)}{row}"
            yield {
                "method": "PATCH",
                "url": f"{item}/workbook/worksheets/{quote(sheet, safe='')}/range(address='{address}')",
                "body": {"values": [[_typed(value) for value in values]]},
            }


def _runs(cells: Mapping[tuple[int, int], Any]) -> Iterator[tuple[int, int, list[Any]]]:
    run: tuple[int, int, list[Any]] | None = None
    for (row, column), value in sorted(cells.items(), key=lambda cell: cell[0]):
        if run is not None and run[0] == row and run[1] + len(run[2]) == column:
            run[2].append(value)
            continue
        if run is not None:
            yield run
        run = (row, column, [value])
    if run is not None:
        yield run


def _typed(value: str | float | None) -> str | float:
    if value is None or value == "":
        return ""
    return f"'{value}" if isinstance(value, str) else value


def letters(column: int) -> str:
    """1 → A, 27 → AA."""
    found = ""
    while column:
        column, digit = divmod(column - 1, 26)
        found = chr(ord("A") + digit) + found
    return found
