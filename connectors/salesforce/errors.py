"""Which error of the contract a reply of Salesforce is: its codes, and what a person should do about them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import httpx

from connectors._http import asked_wait
from connectors.contract import Drifted, Retry, Unauthorised, Uncertain, Unreadable
from connectors.salesforce.session import NotSignedIn

NO_FIELD = "INVALID_FIELD"
SHAPE = {
    NO_FIELD: "A field is gone or was hidden from Interlock's user: give its permission set read access to the"
    " field, or take it out of `objects`",
    "INVALID_TYPE": "Give Interlock's permission set read access to the object, or take it out of `objects`",
    "MALFORMED_QUERY": "Correct `where` of this object",
    "INVALID_QUERY_FILTER_OPERATOR": "Correct `where` of this object",
}
"""Codes that say that the org's shape is not what the mapping expects."""


class Spent(Retry):
    """The org's API calls of the day are used up, or down to the floor that is left for the company."""


class Forbidden(Unauthorised):
    """The org knows us, and lets us not do this."""


class NotThere(Unreadable):
    """404: a resource that the org does not offer to us."""


class LostLocator(Unreadable):
    """The rest of a query's result is held no longer."""


class NotOffered(Unreadable):
    """This object, or this org, has no Bulk API."""


BULK_REFUSALS = frozenset(
    {"API_ERROR", "INVALIDENTITY", "INVALIDJOB", "FEATURENOTENABLED", "API_DISABLED_FOR_ORG"}
)


def codes(response: httpx.Response) -> list[str]:
    return [str(each.get("errorCode", "")) for each in _told(response)]


def words(response: httpx.Response) -> str:
    """Salesforce's own words about why it did not take something, on one line."""
    parts = [f"{each.get('errorCode', '')}: {each.get('message', '')}" for each in _told(response)]
    return " ".join(" ".join(parts).split()) or response.reason_phrase or "no reason given"


def _told(response: httpx.Response) -> list[dict[str, Any]]:
    try:
        told = response.json()
    except (ValueError, httpx.ResponseNotRead):
        return []
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def what(response: httpx.Response) -> str:
    asked = response.request
    return f"{asked.method} {asked.url.copy_with(query=None)}"


def named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def is_spent(response: httpx.Response) -> bool:
    return response.status_code == 403 and "REQUEST_LIMIT_EXCEEDED" in codes(response)


def judge(response: httpx.Response, now: datetime) -> None:
    """Raise the error that an answer other than 200 is."""
    status, place = response.status_code, what(response)
    problem = f"answered {status}: {words(response)}"
    if is_spent(response):
        raise Spent(
            place,
            problem,
            "The org's API calls of the day are used up: run again tomorrow, or have it raised",
        )
    if status == 429 or status >= 500:
        raise busy(response, now)
    if status == 401:
        raise NotSignedIn(place, problem, "Check `auth` and the session policies of Interlock's user")
    if status == 403:
        raise Forbidden(
            place, problem, "Give Interlock's permission set the right, or take this out of `objects`"
        )
    if status == 404:
        raise NotThere(place, problem, "Check `domain`, `api_version` and the names under `objects`")
    for code in codes(response):
        if code in SHAPE:
            raise Drifted(place, problem, SHAPE[code])
        if code == "INVALID_QUERY_LOCATOR":
            raise LostLocator(place, problem, "The query is asked anew")
        if code in BULK_REFUSALS:
            raise NotOffered(place, problem, "It is read page by page instead")
    raise Unreadable(place, problem, "Narrow `where` of this object, or ask the org's administrator")


def uncertain(place: str, problem: str, markers: Collection[str] = ()) -> Uncertain:
    advice = "It may have been written: the next run looks for it before sending anything"
    return Uncertain(place, problem, advice, markers)


def busy(response: httpx.Response, now: datetime) -> Retry:
    """A 429 or 5xx as an error, with the wait that the org asked for."""
    after = asked_wait(response, now)
    wait = f" and asks to wait {after:.0f} s" if after is not None else ""
    problem = f"answered {response.status_code} ({words(response)}){wait}"
    return Retry(what(response), problem, "Run again later; the org is busy or down", after)
