"""What can go wrong between a tool and its caller, told request by request."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

Anywhere = Literal[
    "slow",  # answers after `seconds`
    "cut_before",  # the connection ends before the request has any effect
    "cut_after",  # the connection ends after the effect, before the answer
    "cut_short",  # the connection ends in the middle of the answer
    "empty",  # the effect and the status, but a body with nothing in it, as some proxies leave
    "turn",  # `act` happens just before an answer that is right: a right is lost, somebody saves a file
]
"""The kinds that every played tool knows; each adds those that only it can word."""


@dataclass(frozen=True)
class Request:
    """One request as it came; `body` is the parsed JSON, None where there is none or it is not JSON."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    raw: bytes
    body: Any = None


@dataclass
class Fault:
    """`times` requests that match go wrong (None: all of them), after `skip` that go well.

    `match` is a pattern over `METHOD /path` (`POST */search/jql`), or a function of the request.
    `retry_after` goes into the header of that name as it stands: seconds, or an HTTP date.
    """

    match: str | Callable[[Request], bool]
    kind: str
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
