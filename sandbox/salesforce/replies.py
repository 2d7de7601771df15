"""Replies and their error forms, in Salesforce's words: a list of `message` and `errorCode`."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json;charset=UTF-8"
NO_RESOURCE = "The requested resource does not exist"


@dataclass
class Reply:
    status: int
    body: Any = None
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    def encoded(self) -> bytes:
        if self.body is None:
            return b""
        if isinstance(self.body, str):
            return self.body.encode()
        return json.dumps(self.body, ensure_ascii=False, separators=(",", ":")).encode()


class Refusal(Exception):
    """Ends the handling of a request with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def failed(status: int, code: str, message: str) -> Reply:
    return Reply(status, [{"message": message, "errorCode": code}])


def refused(status: int, code: str, message: str) -> Refusal:
    return Refusal(failed(status, code, message))


def no_token(error: str, description: str) -> Refusal:
    """The token endpoint's own form (RFC 6749 section 5.2)."""
    return Refusal(Reply(400, {"error": error, "error_description": description}))


def session_over() -> Reply:
    return failed(401, "INVALID_SESSION_ID", "Session expired or invalid")
