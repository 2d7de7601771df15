"""What an ops admin may ask for beside the comment: a label, a link to the counterpart, the flag.

Each is noise for people and may set off a site's automations, so none is made unless `marks` says so. They
follow the comment, and a mark that fails does not undo it: the receipt's detail tells. What the site refuses is
left at that; where it did not answer, or took nothing now, the note is deferred, so that the next push, which
finds the comment standing, sets what is missing.

Protocol: Jira Cloud REST v3 and Data Center REST v2 alike: "Edit issue" (`update`), "Create or update remote
issue link" (found again by `globalId`), "Delete remote issue link by global ID".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import httpx

from connectors.contract import Link, Note, Receipt, SourceError
from connectors.jira.client import Forbidden, words
from connectors.jira.options import Marks


class Writer(Protocol):
    def write(
        self, method: str, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None = None
    ) -> httpx.Response: ...


@dataclass(frozen=True)
class Failure:
    """A mark that is not as it should be; `again`: the next push may well set it."""

    problem: str
    again: bool


def put(client: Writer, marks: Marks, note: Note, receipt: Receipt) -> Receipt:
    """Set what is asked for while the alert stands, take it back afterwards; the receipt, with what failed.

    The flag is set and never taken away: a person may have set it as well.
    """
    if receipt.outcome not in ("written", "already"):
        return receipt
    failed = [failure for failure in _each(client, marks, note) if failure]
    if not failed:
        return receipt
    told = "; ".join(filter(None, [receipt.detail, *(failure.problem for failure in failed)]))
    again = any(failure.again for failure in failed)
    return replace(receipt, outcome="deferred" if again else receipt.outcome, detail=told)


def _each(client: Writer, marks: Marks, note: Note) -> Iterator[Failure | None]:
    issue = f"/issue/{note.item_key}"
    if marks.label and (note.standing or not note.others):
        change = {"update": {"labels": [{"add" if note.standing else "remove": marks.label}]}}
        yield _try(client, note, "label", "PUT", issue, change)
    if marks.flagged and note.standing:
        flag = {"fields": {marks.flagged: [{"value": "Impediment"}]}}
        yield _try(client, note, "flagged", "PUT", issue, flag)
    if marks.remote_link:
        known = f"interlock:{note.marker}"
        counterpart = next(
            (block for block in note.message.why if isinstance(block, Link) and block.url), None
        )
        if not note.standing:
            yield _try(client, note, "remote_link", "DELETE", f"{issue}/remotelink", {}, {"globalId": known})
        elif counterpart is not None:
            link = {"globalId": known, "object": {"url": counterpart.url, "title": counterpart.label}}
            yield _try(client, note, "remote_link", "POST", f"{issue}/remotelink", link)


def _try(
    client: Writer, note: Note, mark: str, method: str, path: str, body: Mapping[str, Any],
    params: Mapping[str, Any] | None = None,
) -> Failure | None:  # fmt: skip
    """What went wrong; None where it is as it should be."""
    try:
        response = client.write(method, path, body, params)
    except SourceError as error:
        return Failure(f"marks.{mark}: {error.problem}", again=not isinstance(error, Forbidden))
    if response.status_code < 300 or (method == "DELETE" and response.status_code == 404):
        return None
    problem = f"marks.{mark} on {note.native_key}: Jira answered {response.status_code}: {words(response)}"
    return Failure(problem, again=False)
