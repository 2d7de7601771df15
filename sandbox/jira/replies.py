"""Replies and their error forms, in Jira Cloud's words.

Forms as recorded on live tenants: an ErrorCollection for what the resources refuse, an RFC 9457 problem for
what the routing refuses, and a bare object where authentication fails.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

JSON = "application/json;charset=UTF-8"
PROBLEM = "application/problem+json;charset=UTF-8"
NO_ISSUE = "Issue does not exist or you do not have permission to see it."
TITLES = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 415: "Unsupported Media Type"}


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
        text = json.dumps(self.body, ensure_ascii=False, separators=(",", ":"))
        return text.encode(errors="backslashreplace")  # half of a character, as an escape


class Refusal(Exception):
    """Ends the handling of a request with a reply."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


def refused(status: int, message: str, with_errors: bool = True) -> Refusal:
    """An ErrorCollection with one message."""
    body: dict[str, Any] = {"errorMessages": [message]}
    return Refusal(Reply(status, body | ({"errors": {}} if with_errors else {})))


def refused_field(status: int, field_name: str, message: str) -> Refusal:
    """An ErrorCollection about one field."""
    return Refusal(Reply(status, {"errorMessages": [], "errors": {field_name: message}}))


def problem(status: int, detail: str, path: str) -> Refusal:
    body = {
        "type": "about:blank",
        "title": TITLES[status],
        "status": status,
        "detail": detail,
        "instance": path,
    }
    return Refusal(Reply(status, body, PROBLEM))


def bad_payload() -> Refusal:
    message = "Invalid request payload. Refer to the REST API documentation and try again."
    return refused(400, message, with_errors=False)


def unauthenticated() -> Reply:
    body = {"message": "Client must be authenticated to access this resource.", "status-code": 401}
    return Reply(401, body, JSON, {"WWW-Authenticate": 'OAuth realm="Jira"'})
