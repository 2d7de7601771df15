"""The HTTP library as we use it: it retries nothing, follows nothing, and reads nothing from the environment."""

from __future__ import annotations

import ssl
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx

TIMEOUT = 60.0
"""Seconds to wait for an answer."""


def open_http(address: str) -> httpx.Client:
    """A client for Graph and what it points to; whoever opens it closes it."""
    return httpx.Client(
        timeout=httpx.Timeout(TIMEOUT, connect=15.0),
        transport=httpx.HTTPTransport(verify=_trust(address.startswith("https:")), retries=0),
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": "NONISV|Interlock|interlock/1"},
    )
    # The form of the agent's name is what SharePoint asks for, so that it can tell who calls when it throttles
    # ("Avoid getting throttled or blocked in SharePoint Online").


@cache
def _trust(encrypted: bool) -> ssl.SSLContext:
    """Whom we believe to be Microsoft. Loading the certificates takes 0.1 s: once, and only for https."""
    if encrypted:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # of no use without TLS, and trusts nobody


def asked_wait(response: httpx.Response, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks to wait: a number, or a date, measured by the sender's own clock."""
    asked = response.headers.get("Retry-After", "").strip()
    try:
        return max(float(asked), 0.0)
    except ValueError:
        pass
    until = http_date(asked)
    if until is None:
        return None
    here = http_date(response.headers.get("Date", "")) or now
    return max((until - here).total_seconds(), 0.0)


def http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
