"""Replacing a file's content by an upload session, if the file is as it was when it was read.

After "driveItem: createUploadSession": the session is opened with If-Match; pieces are multiples of 320 KiB,
sent in order, without the token, for the session's address carries its own right (with a token SharePoint
answers 401); 416 and lost answers are settled by asking the session what it still expects; 404 says that the
session is over. The session takes effect with its last piece, so before that piece goes out the file is looked
at once more where the earlier ones took time.
"""

from __future__ import annotations

import contextlib
from typing import Any

import httpx

from connectors._graph.client import ATTEMPTS, GraphClient
from connectors._graph.errors import AGAIN, Busy, NotThere, Unanswered
from connectors.contract import Deferred, SourceError

UNIT = 320 * 1024
PIECE = 16 * UNIT
"""Bytes: 5 MiB, as Microsoft advises; most trackers go in one piece."""


def replace(client: GraphClient, item: str, tag: str, content: bytes, place: str) -> dict[str, Any] | None:
    """Upload a file's new content; `item` is its path in Graph, `tag` the eTag that it must have.

    Returns the driveItem as the service tells it; None where the last answer was lost and the session is over,
    so that only the file itself can tell. Raises Deferred where the file changed or is locked.
    """
    session = client.post(
        f"{item}/createUploadSession",
        {"item": {"@microsoft.graph.conflictBehavior": "replace"}},
        {"If-Match": tag},
    )
    return _Upload(client, item, tag, content, place, str(session["uploadUrl"])).run()


class _Upload:
    def __init__(
        self, client: GraphClient, item: str, tag: str, content: bytes, place: str, address: str
    ) -> None:
        self._client, self._item, self._tag = client, item, tag
        self._content, self._place, self._address = content, place, address

    def run(self) -> dict[str, Any] | None:
        try:
            return self._send_all()
        except SourceError:
            self._cancel()
            raise

    def _send_all(self) -> dict[str, Any] | None:
        start, tries = 0, 0
        while True:
            last = start + PIECE >= len(self._content)
            if last and start > 0 and tries == 0:
                self._look()
            try:
                answer = self._piece(start)
                if answer.status_code in (200, 201):
                    told: dict[str, Any] = answer.json()
                    return told
                if answer.status_code == 202:
                    start, tries = _expected(answer, start), 0
                    continue
                if answer.status_code != 416:  # that says: not the piece that is expected
                    raise self._client.judged(answer)
            except (Busy, Unanswered) as error:
                tries += 1
                if tries == ATTEMPTS:
                    raise
                self._client.sleep(2.0 ** (tries - 1) if error.after is None else error.after)
                if isinstance(error, Busy):
                    continue
            except NotThere:
                return None
            else:
                tries += 1
                if tries == ATTEMPTS:
                    raise self._client.judged(answer)
            expected = self._status(start)
            if expected is None:
                return None
            start = expected

    def _piece(self, start: int) -> httpx.Response:
        piece = self._content[start : start + PIECE]
        headers = {"Content-Range": f"bytes {start}-{start + len(piece) - 1}/{len(self._content)}"}
        return self._client.send_once("PUT", self._address, headers, piece)

    def _status(self, start: int) -> int | None:
        """What the session expects next; None where it is over."""
        answer = self._client.send_once("GET", self._address)
        if answer.status_code == 200:
            return _expected(answer, start)
        error = self._client.judged(answer)
        if isinstance(error, NotThere):
            return None
        if isinstance(error, Busy | Unanswered):
            return start
        raise error

    def _look(self) -> None:
        """The pieces took time: is the file still the one that was read?"""
        now = self._client.get(self._item)
        if now.get("eTag") != self._tag:
            raise Deferred(self._place, "it was changed while it was being uploaded", AGAIN)

    def _cancel(self) -> None:
        """A session that is left open keeps others from uploading this file until it lapses."""
        with contextlib.suppress(SourceError):
            self._client.send_once("DELETE", self._address)


def _expected(answer: httpx.Response, default: int) -> int:
    """The first byte that a session still waits for: `nextExpectedRanges` holds texts such as `327680-`."""
    ranges = answer.json().get("nextExpectedRanges") or []
    return int(str(ranges[0]).partition("-")[0]) if ranges else default
