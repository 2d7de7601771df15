"""HTTP to Graph: the token, what is asked again and what never, and to whom the token is shown.

By the injected clock: 429 and 503 are sent again when their Retry-After has passed, whatever was asked, for
nothing was done; broken connections, 500, 502 and 504 after 1, 2, 4 … seconds where asking twice does no harm
(all but the pieces of an upload, which know how to go on: `upload`). 401 renews the token once.

The token goes to the configured Graph only. Addresses that a reply names (pages, downloads, uploads) must be on
Graph to be shown it; downloads and uploads carry their right in the address itself and are not shown it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import httpx

from connectors._graph import errors
from connectors._graph.errors import Busy, NotDone, NotSignedIn, Unanswered
from connectors._graph.tokens import Tokens
from connectors.contract import Clock, Retry, SourceError, Unreadable

ATTEMPTS = 5
PATIENCE = 120.0
"""Seconds spent waiting for one request; a longer Retry-After is handed to the caller instead."""
LARGEST_BATCH = 20
"""Requests in one batch ("Combine multiple HTTP requests using JSON batching")."""


class GraphClient:
    """Graph, for the length of one operation; whoever opened `http` closes it. Paths begin behind the version."""

    def __init__(self, graph: str, tokens: Tokens, http: httpx.Client, clock: Clock) -> None:
        self._root = f"{graph}/v1.0"
        self._tokens, self._http, self._clock = tokens, http, clock
        self._token = ""

    def get(self, path: str, params: Mapping[str, str] | None = None) -> dict[str, Any]:
        return self._json(self._ask("GET", self._root + path, params=params))

    def page(self, address: str) -> dict[str, Any]:
        """A page by the whole address that a reply named."""
        if not self.owns(address):
            problem = "a reply of Graph leads to another host, which is not shown the token"
            raise Unreadable(address, problem, "Check `graph`: is it Microsoft's own address?")
        return self._json(self._ask("GET", address))

    def owns(self, address: str) -> bool:
        """Whether an address is on the configured Graph, and so may be shown the token."""
        return address.startswith(f"{self._root}/")

    def pages(self, path: str, params: Mapping[str, str] | None = None) -> Iterator[dict[str, Any]]:
        """What a list holds, over all its pages."""
        page = self.get(path, params)
        while True:
            yield from page.get("value", [])
            if "@odata.nextLink" not in page:
                return
            page = self.page(page["@odata.nextLink"])

    def post(
        self, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """A POST that may be sent twice without harm."""
        return self._json(self._ask("POST", self._root + path, json=dict(body), headers=dict(headers or {})))

    def download(self, address: str) -> bytes:
        """A file from an address that carries its own right: no token goes there, nor over plain HTTP."""
        return self._ask("GET", self.own_right(address), signed=False).content

    def batch(self, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """The bodies of these requests' replies, done one after the other, 20 in one call.

        Each has `method`, `url` (behind the version) and what else it needs. A request that was not done for
        lack of time or turn (429, 503, 504) is sent again with those behind it. Raises the first error.
        """
        done: list[dict[str, Any]] = []
        attempt, waited = 0, 0.0
        while len(done) < len(requests):
            told = self._batch_once(requests[len(done) : len(done) + LARGEST_BATCH])
            failed = next((error for error in told if isinstance(error, SourceError)), None)
            good = [body for body in told if not isinstance(body, SourceError)]
            done += good
            if failed is None:
                continue
            attempt = 1 if good else attempt + 1
            pause = getattr(failed, "after", None) or 2.0 ** (attempt - 1)
            if not isinstance(failed, Retry) or attempt == ATTEMPTS or waited + pause > PATIENCE:
                raise failed
            self._clock.sleep(pause)
            waited += pause
        return done

    def _batch_once(self, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any] | SourceError]:
        """The replies in order, up to the first error."""
        numbered = [
            {"id": str(number), **({"dependsOn": [str(number - 1)]} if number > 1 else {}), **request}
            for number, request in enumerate(requests, start=1)
        ]
        replies = {
            str(one["id"]): one for one in self.post("/$batch", {"requests": numbered}).get("responses", [])
        }
        found: list[dict[str, Any] | SourceError] = []
        for request in numbered:
            place = f"{request['method']} {self._root}{request['url']}"
            reply = replies.get(str(request["id"]))
            if reply is None:
                return [*found, Unanswered(place, "was left out of a batch's reply", "Run again later")]
            status, body = int(reply.get("status", 0)), reply.get("body")
            if status >= 300:
                headers = {
                    str(name).lower(): str(text) for name, text in (reply.get("headers") or {}).items()
                }
                told = httpx.Response(status, headers=headers)
                return [*found, errors.error(place, status, body, told, self._clock.now())]
            found.append(body if isinstance(body, dict) else {})
        return found

    # --- uploads: each piece is sent once, for `upload` knows better how to go on -----------------------

    def own_right(self, address: str) -> str:
        """An address that carries its own right, as it may be used: encrypted, or on loopback with Graph."""
        encrypted = urlsplit(address).scheme == "https"
        if not encrypted and urlsplit(address).netloc != urlsplit(self._root).netloc:
            raise Unreadable(address, "Graph names an address that is not encrypted", "Check `graph`")
        return address

    def send_once(
        self,
        method: str,
        address: str,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        """One request without the token. Raises Unanswered where the connection fails."""
        return self._send(method, self.own_right(address), headers=dict(headers or {}), content=content)

    def judged(self, response: httpx.Response) -> SourceError:
        return errors.judged(response, self._clock.now())

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)

    # --- sending ----------------------------------------------------------------------------------------

    def _ask(self, method: str, address: str, signed: bool = True, **sending: Any) -> httpx.Response:
        waited, attempt = 0.0, 0
        while True:
            attempt += 1
            try:
                return self._ask_once(method, address, signed, sending)
            except (Busy, Unanswered) as busy:
                pause = 2.0 ** (attempt - 1) if busy.after is None else busy.after
                if attempt == ATTEMPTS or waited + pause > PATIENCE:
                    raise
            self._clock.sleep(pause)
            waited += pause

    def _ask_once(
        self, method: str, address: str, signed: bool, sending: Mapping[str, Any]
    ) -> httpx.Response:
        for renewed in (False, True):
            given = dict(sending)
            if signed:
                self._token = self._tokens.token(renewed) if renewed or not self._token else self._token
                given["headers"] = dict(given.get("headers") or {}) | {
                    "Authorization": f"Bearer {self._token}"
                }
            response = self._send(method, address, **given)
            if response.status_code < 300:
                return response
            if response.status_code != 401 or not signed:
                break
        error = self.judged(response)
        if isinstance(error, NotSignedIn):
            self._token = ""
        raise error

    def _send(self, method: str, address: str, **sending: Any) -> httpx.Response:
        try:
            return self._http.request(method, address, **sending)
        except httpx.RequestError as error:
            shown = httpx.URL(address).copy_with(query=None)
            problem = f"no answer: {type(error).__name__}: {error}"
            raise Unanswered(
                f"{method} {shown}", problem, "Check the network; else run again later"
            ) from error

    def _json(self, response: httpx.Response) -> dict[str, Any]:
        if not response.content:
            return {}
        try:
            told = json.loads(response.content)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            kind = response.headers.get("Content-Type", "nothing").partition(";")[0]
            place = f"{response.request.method} {response.request.url.copy_with(query=None)}"
            raise NotDone(
                place, f"answered with {kind} instead of JSON", "Check `graph` and the network's proxy"
            )
        return told
