"""What can go wrong between a Jira and its caller, told request by request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox import loopback
from sandbox.loopback import faults

Kind = (
    faults.Anywhere
    | Literal[
        "rate_limited",  # 429
        "unavailable",  # 503
        "error",  # 500
        "unauthorised",  # 401: the token has expired
        "anonymous",  # the token is not believed, and the request answered as if nobody had asked (200, nothing)
        "forbidden",  # 403
        "missing",  # 404, as where something may no longer be seen
        "html",  # a login page instead of JSON
        "same_token",  # a page that names its own token as the next one
    ]
)


@dataclass
class Fault(loopback.Fault):
    kind: Kind
    reason: str = "jira-burst-based"
    """The RateLimit-Reason of a 429: jira-quota-global-based, jira-burst-based, jira-per-issue-on-write …"""
