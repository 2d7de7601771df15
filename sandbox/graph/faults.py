"""What can go wrong between Graph and its caller, told request by request; requests inside a batch too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from sandbox.jira.faults import Request

__all__ = ["Fault", "Kind", "Request"]

Kind = Literal[
    "throttled",  # 429: nothing was done
    "unavailable",  # 503: nothing was done
    "error",  # 500, nothing was done
    "timeout_before",  # 504, and nothing was done
    "timeout_after",  # 504, and it was done
    "cut_before",  # the connection ends before the request has any effect
    "cut_after",  # the connection ends after the effect, before the answer
    "cut_short",  # the connection ends in the middle of the answer
    "expired",  # 401: every token handed out so far has ended
    "forbidden",  # 403
    "missing",  # 404
    "conflict",  # 409
    "gone",  # 410 with a Location: the delta token is too old
    "lapsed",  # 410 without one
    "changed",  # 412
    "locked",  # 423
    "html",  # a proxy's page instead of JSON
    "turn",  # `act` happens just before an answer that is right: somebody saves, opens, moves the file
]


@dataclass
class Fault:
    """`times` requests that match go wrong (None: all of them), after `skip` that go well.

    `match` is a pattern over `METHOD /path` (`PUT /upload/*`), or a function of the request. `retry_after` goes
    into the header of that name as it stands.
    """

    match: str | Callable[[Request], bool]
    kind: Kind
    times: int | None = 1
    skip: int = 0
    retry_after: float | str | None = None
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
