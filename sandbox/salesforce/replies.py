"""Error forms in Salesforce's words: a list of `message` and `errorCode`."""

from __future__ import annotations

from sandbox.loopback import Refusal, Reply

NO_RESOURCE = "The requested resource does not exist"


def failed(status: int, code: str, message: str) -> Reply:
    return Reply(status, [{"message": message, "errorCode": code}])


def refused(status: int, code: str, message: str) -> Refusal:
    return Refusal(failed(status, code, message))


def no_token(error: str, description: str) -> Refusal:
    """The token endpoint's own form (RFC 6749 section 5.2)."""
    return Refusal(Reply(400, {"error": error, "error_description": description}))


def session_over() -> Reply:
    return failed(401, "INVALID_SESSION_ID", "Session expired or invalid")
