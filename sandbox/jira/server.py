"""The HTTP side: connections that are kept alive, a log of what was asked, and faults as told.

Each reply leaves in one write; a fault may end the connection instead, before or after the effect. The
site's own clock stands in the `Date` header.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.jira import api
from sandbox.jira.faults import Fault, Request
from sandbox.jira.replies import Reply, unauthenticated
from sandbox.jira.search import Tokens
from sandbox.jira.site import JiraSite

LOGIN_PAGE = (
    "<!DOCTYPE html><html><head><title>Log in with Atlassian account</title></head><body></body></html>"
)


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


class JiraSandbox:
    """A Jira Cloud site on loopback.

    ```
    with JiraSandbox(site) as jira:
        httpx.get(jira.url + "/rest/api/3/myself", auth=("hub@meridian.example", "secret"))
    ```

    `faults` holds what is to go wrong, `log` every exchange in order (`forget_replies` leaves the bodies of
    the replies out, for long runs). Acts on `site` from other threads should hold `lock`.
    """

    def __init__(
        self,
        site: JiraSite,
        port: int = 0,
        faults: Iterable[Fault] = (),
        forget_replies: bool = False,
    ) -> None:
        self.site = site
        self.faults = list(faults)
        self.log: list[Exchange] = []
        self.lock = threading.RLock()
        self.tokens = Tokens()
        self.forget_replies = forget_replies
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> JiraSandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.site.base_url = self.url
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, pattern: str = "") -> list[str]:
        """`METHOD /path` of the requests so far whose text holds the pattern."""
        lines = [f"{exchange.method} {exchange.path}" for exchange in self.log]
        return [line for line in lines if pattern in line]

    def answer(self, request: Request) -> tuple[Reply | None, Fault | None]:
        """The reply (None: the connection ends before it), and the fault that struck, if one did."""
        with self.lock:
            fault = next((fault for fault in self.faults if fault.strikes(request)), None)
            if fault is None or fault.kind in ("slow", "cut_after", "cut_short"):
                return self.handle(request), fault
            if fault.kind == "cut_before":
                return None, fault
            if fault.kind == "anonymous":
                return self.handle(request, believed=False), fault
            if fault.kind == "same_token":
                return self._repeat_token(request), fault
            return self._failed(fault), fault

    def handle(self, request: Request, believed: bool = True) -> Reply:
        """The reply where nothing goes wrong; `believed` False: as if nobody had asked."""
        return api.answer(self.site, request, self.tokens, believed)

    def _repeat_token(self, request: Request) -> Reply:
        reply = self.handle(request)
        if (
            isinstance(request.body, dict)
            and "nextPageToken" in request.body
            and isinstance(reply.body, dict)
        ):
            reply.body |= {"nextPageToken": request.body["nextPageToken"], "isLast": False}
        return reply

    def _failed(self, fault: Fault) -> Reply:
        if fault.kind == "unauthorised":
            return unauthenticated()
        if fault.kind == "html":
            return Reply(200, LOGIN_PAGE, "text/html;charset=UTF-8")
        status, told = {
            "rate_limited": (429, "Rate limit exceeded"),
            "unavailable": (503, "Service unavailable"),
            "error": (500, "Internal server error"),
            "forbidden": (403, "You do not have the permission to do this."),
            "missing": (404, "Issue does not exist or you do not have permission to see it."),
        }[fault.kind]
        reply = Reply(status, {"errorMessages": [told], "errors": {}})
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = str(fault.retry_after)
        if status == 429:
            wait = fault.retry_after if isinstance(fault.retry_after, (int, float)) else 1
            reset = self.site.now() + timedelta(seconds=wait)
            reply.headers |= {
                "X-RateLimit-Limit": "350", "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}", "RateLimit-Reason": fault.reason,
            }  # fmt: skip
        return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], sandbox: JiraSandbox) -> None:
        self.sandbox = sandbox
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
        reply, fault = self.server.sandbox.answer(request)
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
        sandbox = self.server.sandbox
        kept = None if reply is None or sandbox.forget_replies else body
        exchange = Exchange(
            request.method, request.path, request.query, request.headers, request.body,
            reply.status if reply else None, kept, reply.content_type if reply else "",
        )  # fmt: skip
        with sandbox.lock:
            sandbox.log.append(exchange)

    def _head(self, reply: Reply, body: bytes) -> bytes:
        date = format_datetime(self.server.sandbox.site.now(), usegmt=True)
        headers = {"Date": date, "Server": "AtlassianEdge"} | reply.headers
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
        """Nothing on stderr: `JiraSandbox.log` holds the exchanges."""
