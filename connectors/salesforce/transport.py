"""The HTTP library as we use it: it retries nothing, follows nothing, and reads nothing from the environment."""

from __future__ import annotations

import ssl
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx


def open_http(address: str, timeout: float) -> httpx.Client:
    """A client for one org; whoever opens it closes it."""
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(timeout, 15.0)),
        transport=httpx.HTTPTransport(verify=_trust(address.startswith("https:")), retries=0),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": "application/json", "User-Agent": "interlock"},
    )


@cache
def _trust(encrypted: bool) -> ssl.SSLContext:
    """Whom we believe to be the org. Loading the certificates takes 0.1 s: once, and only for https."""
    if encrypted:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # of no use without TLS, and trusts nobody


def http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
