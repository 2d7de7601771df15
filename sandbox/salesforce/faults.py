"""What can go wrong between a Salesforce org and its caller, told request by request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox import loopback
from sandbox.loopback import faults

Kind = (
    faults.Anywhere
    | Literal[
        "rate_limited",  # 429, as a proxy before the org may answer
        "unavailable",  # 503 SERVER_UNAVAILABLE: nothing was done
        "proxy",  # 503, a page of a proxy that waited no longer: it was done
        "error",  # 500 UNKNOWN_EXCEPTION
        "expired",  # 401 INVALID_SESSION_ID: every session of the org has ended
        "over_limit",  # 403 REQUEST_LIMIT_EXCEEDED: the org's calls of the day are used up
        "forbidden",  # 403 INSUFFICIENT_ACCESS
        "missing",  # 404 NOT_FOUND
        "html",  # a maintenance page instead of JSON
        "lost_locator",  # 400 INVALID_QUERY_LOCATOR: the rest of a query's result is held no longer
        "locked",  # each row of a collection fails with UNABLE_TO_LOCK_ROW, under HTTP 200
    ]
)


@dataclass
class Fault(loopback.Fault):
    kind: Kind
