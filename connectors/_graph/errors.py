"""Which error of the contract a reply of Graph is: its status and code, and what a person should do about it.

After "Microsoft Graph error responses and resource types" and "Error handling for Excel APIs in Microsoft
Graph". The status decides; codes only add words, for the service may add new ones at any time.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import httpx

from connectors._graph.transport import asked_wait
from connectors.contract import Deferred, Retry, SourceError, Unauthorised, Unreadable

AGAIN = "Nothing was written; the next run reads it again and tries anew"


class NotSignedIn(Unauthorised):
    """Entra, or Graph, does not take our credentials."""


class Forbidden(Unauthorised):
    """403: we are known, and may not do this."""


class NotThere(Unreadable):
    """404: there is no such thing, or we may not see it."""


class Resync(Unreadable):
    """410: changes are not told from this token on any more; `start` is where to list anew, if it was said."""

    def __init__(self, place: str, problem: str, start: str) -> None:
        super().__init__(place, problem, "Everything is listed anew")
        self.start = start


class Unanswered(Retry):
    """No answer, or one that leaves open whether the request was done: a broken connection, 500, 502, 504."""


class Busy(Retry):
    """429 or 503: the request was not done."""


class NotDone(Unreadable):
    """400 and the like: the service does not take this request."""


def name_it(error: SourceError, name: str, *unspeakable: str) -> None:
    """Have an error name a file as people do, where it names one of its addresses: `plan.xlsx (createSession)`."""
    for address in unspeakable:
        found = re.compile(rf"(?:[A-Z]+ )?\S*{re.escape(address)}(?:/(?P<what>[^\s:]*))?")

        def shown(match: re.Match[str]) -> str:
            return f"{name} ({match['what']})" if match["what"] else name

        error.place = found.sub(shown, error.place)
        error.args = tuple(found.sub(shown, str(text)) for text in error.args)


def words(status: int, body: Any) -> str:
    """Graph's own words, on one line: `423 resourceLocked: The file is locked`."""
    told = body.get("error") if isinstance(body, dict) else None
    if not isinstance(told, dict):
        return str(status)
    text = f"{status} {told.get('code', '')}: {told.get('message', '')}"
    return " ".join(text.split())[:300]


def codes(body: Any) -> set[str]:
    """The error's code and those nested in it."""
    found: set[str] = set()
    told = body.get("error") if isinstance(body, dict) else None
    while isinstance(told, dict):
        found.add(str(told.get("code", "")))
        told = told.get("innerError", told.get("innererror"))
    return found


def judged(response: httpx.Response, now: datetime) -> SourceError:
    """The error that an answer is."""
    asked = response.request
    place = f"{asked.method} {asked.url.copy_with(query=None)}"
    try:
        body = response.json()
    except (ValueError, httpx.ResponseNotRead):
        body = None
    return error(place, response.status_code, body, response, now)


def error(place: str, status: int, body: Any, response: httpx.Response | None, now: datetime) -> SourceError:
    """The error that a status is; inside a batch there is no response of its own."""
    problem = f"answered {words(status, body)}"
    after = asked_wait(response, now) if response is not None else None
    wait = f" and asks to wait {after:.0f} s" if after is not None else ""
    if status in (429, 503):
        return Busy(place, problem + wait, "Run again later; the service is busy", after)
    if status == 501:
        return NotDone(place, problem, "The tenant does not offer this")
    if status == 507:
        return Deferred(place, problem, "The library is full: free some space")
    if status >= 500:
        return Unanswered(place, problem + wait, "Run again later; the service has a problem", after)
    if status == 401:
        return NotSignedIn(place, problem, "Check `auth`, and that the app's consent was not taken back")
    if status == 403:
        advice = (
            "Give the app the permission, by Sites.Selected for this site or Files.ReadWrite.All"
            " (docs/sharepoint.md)"
        )
        return Forbidden(place, problem, advice)
    if status == 404:
        return NotThere(
            place,
            problem,
            "Check `site`, `drive` and `path`, and that the app may see them (docs/sharepoint.md)",
        )
    if status == 410:
        start = response.headers.get("Location", "") if response is not None else ""
        return Resync(place, problem, start)
    if status in (409, 412):
        return Deferred(place, f"it has changed since it was read ({problem})", AGAIN)
    if status == 423:
        return Deferred(
            place,
            f"somebody has it open or checked out ({problem})",
            "Nothing was written; the next run tries again",
        )
    return NotDone(place, problem, "Please report it, with this message")
