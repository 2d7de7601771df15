"""What can go wrong between Graph and its caller, told request by request; requests inside a batch too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sandbox import loopback
from sandbox.loopback import Request, faults

__all__ = ["Fault", "Kind", "Request"]

Kind = (
    faults.Anywhere
    | Literal[
        "throttled",  # 429: nothing was done
        "unavailable",  # 503: nothing was done
        "error",  # 500, nothing was done
        "timeout_before",  # 504, and nothing was done
        "timeout_after",  # 504, and it was done
        "expired",  # 401: every token handed out so far has ended
        "forbidden",  # 403
        "missing",  # 404
        "conflict",  # 409
        "gone",  # 410 with a Location: the delta token is too old
        "lapsed",  # 410 without one
        "changed",  # 412
        "locked",  # 423
        "html",  # a proxy's page instead of JSON
    ]
)


@dataclass
class Fault(loopback.Fault):
    kind: Kind
