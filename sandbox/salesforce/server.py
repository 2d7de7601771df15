"""The HTTP side: connections that are kept alive, a log of what was asked, and faults as told.

Each reply leaves in one write; a fault may end the connection instead, before or after the effect. The org's
own clock stands in the `Date` header.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Iterable
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sandbox.jira.server import Exchange
from sandbox.salesforce import api
from sandbox.salesforce.faults import Fault, Request
from sandbox.salesforce.org import Org
from sandbox.salesforce.replies import NO_RESOURCE, Reply, failed, session_over

MAINTENANCE = "<!DOCTYPE html><html><head><title>Down for maintenance</title></head><body></body></html>"


class SalesforceSandbox:
    """An org on loopback.

    ```
    with SalesforceSandbox(org) as salesforce:
        httpx.post(salesforce.url + "/services/oauth2/token", data={"grant_type": "client_credentials", ...})
    ```

    `faults` holds what is to go wrong, `log` every exchange in order. Acts on `org` from other threads should
    hold its `lock`.
    """

    def __init__(self, org: Org, port: int = 0, faults: Iterable[Fault] = ()) -> None:
        self.org = org
        self.faults = list(faults)
        self.log: list[Exchange] = []
        self.held = api.Held()
        self._server = _Server(("127.0.0.1", port), self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> SalesforceSandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self.org.base_url = self.url
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def asked(self, pattern: str = "") -> list[str]:
        """`METHOD /path` of the requests so far, with the query of a SOQL one, whose text holds the pattern."""
        lines = [" ".join([f"{each.method} {each.path}", *each.query.get("q", [])]) for each in self.log]
        return [line for line in lines if pattern in line]

    def answer(self, request: Request) -> tuple[Reply | None, Fault | None]:
        """The reply (None: the connection ends before it), and the fault that struck, if one did."""
        with self.org.lock:
            fault = next((fault for fault in self.faults if fault.strikes(request)), None)
            if fault is None or fault.kind in ("slow", "cut_after", "cut_short"):
                return api.answer(self.org, request, self.held), fault
            if fault.kind == "cut_before":
                return None, fault
            if fault.kind == "turn":
                if fault.act:
                    fault.act()
                return api.answer(self.org, request, self.held), fault
            return self._failed(fault, request), fault

    def _failed(self, fault: Fault, request: Request) -> Reply:
        if fault.kind == "expired":
            self.org.expire_sessions()
            return session_over()
        if fault.kind == "html":
            return Reply(200, MAINTENANCE, "text/html;charset=UTF-8")
        if fault.kind == "locked":
            told = {"statusCode": "UNABLE_TO_LOCK_ROW", "message": "unable to obtain exclusive access to this record",
                    "fields": []}  # fmt: skip
            return Reply(200, [{"success": False, "errors": [told]} for _ in request.body["records"]])
        reply = failed(*{
            "rate_limited": (429, "TOO_MANY_REQUESTS", "Too many requests"),
            "unavailable": (503, "SERVER_UNAVAILABLE", "Server Unavailable"),
            "error": (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred. Please include this ErrorId"),
            "over_limit": (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."),
            "forbidden": (403, "INSUFFICIENT_ACCESS", "insufficient access rights on object id"),
            "missing": (404, "NOT_FOUND", NO_RESOURCE),
            "lost_locator": (400, "INVALID_QUERY_LOCATOR", "invalid query locator"),
        }[fault.kind])  # fmt: skip
        if fault.retry_after is not None:
            reply.headers["Retry-After"] = str(fault.retry_after)
        return reply


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], sandbox: SalesforceSandbox) -> None:
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

    do_GET = do_POST = do_PATCH = do_DELETE = _serve

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
        exchange = Exchange(
            request.method, request.path, request.query, request.headers, request.body,
            reply.status if reply else None, body if reply else None, reply.content_type if reply else "",
        )  # fmt: skip
        with self.server.sandbox.org.lock:
            self.server.sandbox.log.append(exchange)

    def _head(self, reply: Reply, body: bytes) -> bytes:
        headers = {"Date": format_datetime(self.server.sandbox.org.now(), usegmt=True)} | reply.headers
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
        """Nothing on stderr: `SalesforceSandbox.log` holds the exchanges."""
