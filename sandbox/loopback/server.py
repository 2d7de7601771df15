"""Connections that are kept alive, a log of what was asked, and faults as told.

Each reply leaves in one write; a fault may end the connection instead, before or after the effect. The played
tool's own clock stands in the `Date` header.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, Protocol, Self, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.loopback.faults import Fault, Request
from sandbox.loopback.replies import Reply

ANSWERED = ("slow", "cut_after", "cut_short")
"""Faults of a request that takes its effect all the same."""

FaultOfTool = TypeVar("FaultOfTool", bound=Fault)


@dataclass(frozen=True)
class Exchange:
    """One request and what came back; `reply` is None where the connection was cut instead."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    status: int | None = None
    reply: bytes | None = None
    content_type: str = ""


class Played(Protocol):
    """What is served: it has a clock of its own and is told its address."""

    base_url: str

    def now(self) -> datetime: ...


class LoopbackServer(ABC, Generic[FaultOfTool]):
    """A tool on loopback, from `with` (or `start`) to its end (or `stop`).

    `faults` holds what is to go wrong, `log` every exchange in order (`forget_replies` leaves the bodies of
    the replies out, for long runs). Acts on what is played from other threads should hold `lock`.
    """

    signature = ""
    """The `Server` header; none where empty."""

    def __init__(
        self,
        played: Played,
        port: int = 0,
        faults: Iterable[FaultOfTool] = (),
        lock: AbstractContextManager[Any] | None = None,
        forget_replies: bool = False,
    ) -> None:
        self.played = played
        self.faults = list(faults)
        self.log: list[Exchange] = []
        self.lock = lock or threading.RLock()
        self.forget_replies = forget_replies
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.played.base_url = self.url
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, pattern: str = "") -> list[str]:
        """`METHOD /path` of the requests so far whose text holds the pattern."""
        return [line for line in map(self.line, self.log) if pattern in line]

    def line(self, exchange: Exchange) -> str:
        return f"{exchange.method} {exchange.path}"

    @abstractmethod
    def handle(self, request: Request) -> Reply:
        """The reply where nothing goes wrong."""

    @abstractmethod
    def gone_wrong(self, fault: FaultOfTool, request: Request) -> Reply:
        """The reply of a fault that is the tool's own."""

    def answer(self, request: Request) -> tuple[Reply | None, FaultOfTool | None]:
        """The reply (None: the connection ends before it), and the fault that struck, if one did."""
        with self.lock:
            fault = next((fault for fault in self.faults if fault.strikes(request)), None)
            if fault is None or fault.kind in ANSWERED:
                return self.handle(request), fault
            if fault.kind == "cut_before":
                return None, fault
            if fault.kind == "empty":
                return replace(self.handle(request), body=None), fault
            if fault.kind == "turn":
                if fault.act:
                    fault.act()
                return self.handle(request), fault
            reply = self.gone_wrong(fault, request)
            if fault.retry_after is not None:
                reply.headers["Retry-After"] = str(fault.retry_after)
            return reply, fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], tool: LoopbackServer[Any]) -> None:
        self.tool = tool
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each reply waits for the caller's delayed acknowledgement
    server: _Server

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _serve(self) -> None:
        request = self._read()
        reply, fault = self.server.tool.answer(request)
        kind = fault.kind if fault else None
        body = reply.encoded() if reply else b""
        cut = reply is None or kind in ("cut_after", "cut_short")
        self._note(request, None if cut else reply, body)
        if fault and kind == "slow":
            time.sleep(fault.seconds)
        if reply and kind == "cut_short":
            self.wfile.write(self._head(reply, body) + body[: len(body) // 2])
        if reply and not cut:
            self.wfile.write(self._head(reply, body) + body)
        if cut:
            self._cut()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def _read(self) -> Request:
        split = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = parse_qs(split.query, keep_blank_values=True)
        return Request(self.command, unquote(split.path), query, headers, raw, body)

    def _note(self, request: Request, reply: Reply | None, body: bytes) -> None:
        tool = self.server.tool
        kept = None if reply is None or tool.forget_replies else body
        exchange = Exchange(
            request.method, request.path, request.query, request.headers, request.body,
            reply.status if reply else None, kept, reply.content_type if reply else "",
        )  # fmt: skip
        with tool.lock:
            tool.log.append(exchange)

    def _head(self, reply: Reply, body: bytes) -> bytes:
        tool = self.server.tool
        headers = {"Date": format_datetime(tool.played.now(), usegmt=True)}
        if tool.signature:
            headers["Server"] = tool.signature
        headers |= reply.headers
        if body:
            headers["Content-Type"] = reply.content_type
        if reply.status != 204:
            headers["Content-Length"] = str(len(body))
        phrase = self.responses.get(reply.status, ("", ""))[0]
        lines = [
            f"HTTP/1.1 {reply.status} {phrase}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _cut(self) -> None:
        """End the connection with a reset, so that the caller sees it at once."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr: the log holds the exchanges."""
