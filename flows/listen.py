"""Webhooks as a reason to pull sooner: what a call says is never believed, only that there is news.

A call to `/SOURCE` is checked, answered at once, and makes one sync of that source a few seconds later, however
many calls come meanwhile. A call that is told again, or about something that was pulled since, makes none.
Nothing is lost where a call is: the scheduled sync reads everything.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TextIO

from connectors import registry
from connectors.contract import Hint, Refused, SourceError, Unauthorised
from flows.failures import exit_status
from flows.settings import Settings
from warehouse.lock import Held

SETTLE = 5.0
"""Seconds from a call to its sync: people change several things in a row."""
AGAIN = 30.0
"""Seconds until a sync is tried again that found the writer lock held."""
REMEMBERED = 10_000
LARGEST = 2_000_000
"""Bytes of a call; Jira's have some thousands."""


@dataclass(frozen=True)
class Heard:
    """What became of a call: the HTTP status that it is answered with, and why."""

    status: int
    reason: str


class Ear:
    """Which calls are news, and which sources are to be pulled for them."""

    def __init__(self, settings: Settings) -> None:
        self._sources = {source.source_id: source for source in settings.sources}
        self._heard: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._pulled: dict[str, datetime] = {}
        self._wanted: OrderedDict[str, None] = OrderedDict()
        self.changed = threading.Condition()

    def hear(self, source_id: str, headers: Mapping[str, str], body: bytes) -> Heard:
        source = self._sources.get(source_id)
        hear = getattr(registry.module(source.kind), "hear", None) if source else None
        if source is None or hear is None:
            return Heard(404, f"no source {source_id!r} that listens")
        try:
            hint: Hint = hear(source.options, headers, body)
        except Refused as error:
            return Heard(403, str(error))
        except Unauthorised as error:
            return Heard(401, str(error))
        except SourceError as error:
            return Heard(400, str(error))
        with self.changed:
            return self._take(source_id, hint)

    def _take(self, source_id: str, hint: Hint) -> Heard:
        known = (source_id, hint.event_id)
        if known in self._heard:
            return Heard(200, f"{hint.about}: told before")
        self._heard[known] = None
        if len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        if hint.at < self._pulled.get(source_id, hint.at):
            return Heard(200, f"{hint.about}: late, pulled since")
        self._wanted[source_id] = None
        self.changed.notify_all()
        return Heard(202, f"{hint.about}: will be pulled")

    def next(self, now: datetime) -> str | None:
        """The source to pull first, taken off the list; `now` is when its pull begins."""
        with self.changed:
            if not self._wanted:
                return None
            source_id, _ = self._wanted.popitem(last=False)
            self._pulled[source_id] = now
            return source_id

    def put_back(self, source_id: str) -> None:
        """Its pull could not begin: what is told of it is news still."""
        with self.changed:
            self._wanted[source_id] = None
            self._pulled.pop(source_id, None)

    def wait(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: bool(self._wanted))


def serve(
    settings: Settings,
    host: str,
    port: int,
    sync: Callable[[str], None],
    out: TextIO,
    settle: float = SETTLE,
    again: float = AGAIN,
) -> ThreadingHTTPServer:
    """A server that hears, and a thread that syncs; the caller runs `serve_forever`."""
    ear = Ear(settings)

    def say(line: str) -> None:
        print(line, file=out, flush=True)

    def work() -> None:
        while True:
            ear.wait()
            time.sleep(settle)
            source_id = ear.next(datetime.now(UTC))
            if source_id is None:
                continue
            try:
                sync(source_id)
            except Held as error:
                say(f"{source_id}: {error}")
                ear.put_back(source_id)
                time.sleep(again)
            except Exception as error:
                if exit_status(error) is None:
                    server.shutdown()  # a fault of Interlock's own: better no ear than a deaf one
                    raise
                say(f"{source_id}: {error}")

    server = _Server((host, port), ear, say)
    threading.Thread(target=work, daemon=True, name="sync").start()
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], ear: Ear, say: Callable[[str], None]) -> None:
        self.ear, self.say = ear, say
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 20  # a caller that sends nothing holds its thread no longer

    def do_POST(self) -> None:
        source_id = self.path.partition("?")[0].strip("/")
        heard = self._heard(source_id)
        self.server.say(f"{source_id[:80]!r} {heard.status} {heard.reason}")
        self.send_response(heard.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _heard(self, source_id: str) -> Heard:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal():
            return Heard(411, "a call without its length")
        if int(length) > LARGEST:
            return Heard(413, f"a call of {int(length):,} bytes")
        headers = {name.lower(): value for name, value in self.headers.items()}
        return self.server.ear.hear(source_id, headers, self.rfile.read(int(length)))

    def log_message(self, format: str, *arguments: object) -> None:
        """What is heard is told in one line of our own."""
