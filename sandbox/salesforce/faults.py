"""What can go wrong between a Salesforce org and its caller, told request by request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from sandbox.jira.faults import Request

__all__ = ["Fault", "Kind", "Request"]

Kind = Literal[
    "rate_limited",  # 429, as a proxy before the org may answer
    "unavailable",  # 503 SERVER_UNAVAILABLE: nothing was done
    "error",  # 500 UNKNOWN_EXCEPTION
    "slow",  # answers after `seconds`
    "cut_before",  # the connection ends before the request has any effect
    "cut_after",  # the connection ends after the effect, before the answer
    "cut_short",  # the connection ends in the middle of the answer
    "expired",  # 401 INVALID_SESSION_ID: every session of the org has ended
    "over_limit",  # 403 REQUEST_LIMIT_EXCEEDED: the org's calls of the day are used up
    "forbidden",  # 403 INSUFFICIENT_ACCESS
    "missing",  # 404 NOT_FOUND
    "html",  # a maintenance page instead of JSON
    "lost_locator",  # 400 INVALID_QUERY_LOCATOR: the rest of a query's result is held no longer
    "locked",  # each row of a collection fails with UNABLE_TO_LOCK_ROW, under HTTP 200
    "turn",  # `act` happens to the org just before an answer that is right: a right is lost, a field hidden
]


@dataclass
class Fault:
    """`times` requests that match go wrong (None: all of them), after `skip` that go well.

    `match` is a pattern over `METHOD /path` (`GET */query`), or a function of the request. `retry_after` goes
    into the header of that name as it stands.
    """

    match: str | Callable[[Request], bool]
    kind: Kind
    times: int | None = 1
    skip: int = 0
    retry_after: float | str | None = None
    seconds: float = 0.0
    act: Callable[[], object] | None = None

    def strikes(self, request: Request) -> bool:
        """Whether this request goes wrong; counts it."""
        if self.times == 0 or not self._means(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True

    def _means(self, request: Request) -> bool:
        if callable(self.match):
            return self.match(request)
        return fnmatchcase(f"{request.method} {request.path}", self.match)
