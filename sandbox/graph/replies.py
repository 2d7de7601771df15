"""Replies and their error forms, in Graph's words: `{"error": {"code": …, "message": …}}`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json"


@dataclass
class Reply:
    status: int
    body: Any = None
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, bytes):
            return self.body
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


class Refusal(Exception):
    """Ends the handling of a request with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def failed(status: int, code: str, message: str, inner: str = "") -> Reply:
    nested: dict[str, Any] = {
        "date": "2026-01-05T09:00:00",
        "request-id": "5f1d",
        "client-request-id": "5f1d",
    }
    if inner:
        nested["code"] = inner
    return Reply(status, {"error": {"code": code, "message": message, "innerError": nested}})


def refused(status: int, code: str, message: str, inner: str = "") -> Refusal:
    return Refusal(failed(status, code, message, inner))


def not_found() -> Refusal:
    return refused(404, "itemNotFound", "The resource could not be found.")


def no_token(error: str, number: int, words: str) -> Refusal:
    """The token endpoint's own form, with Entra's numbers."""
    told = {
        "error": error, "error_description": f"AADSTS{number}: {words} Trace ID: 1 Correlation ID: 2",
        "error_codes": [number], "timestamp": "2026-01-05 09:00:00Z", "trace_id": "1", "correlation_id": "2",
    }  # fmt: skip
    return Refusal(Reply(401 if error == "invalid_client" else 400, told))
