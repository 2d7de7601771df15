"""Replies and their error forms, in Jira Cloud's words.

Forms as recorded on live tenants: an ErrorCollection for what the resources refuse, an RFC 9457 problem for
what the routing refuses, and a bare object where authentication fails.
"""

from __future__ import annotations

from typing import Any

from sandbox.loopback import Refusal, Reply
from sandbox.loopback.replies import JSON

PROBLEM = "application/problem+json;charset=UTF-8"
NO_ISSUE = "Issue does not exist or you do not have permission to see it."
TITLES = {400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed", 415: "Unsupported Media Type"}


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
