"""The HTTP library as we use it: it retries nothing, follows nothing, and reads nothing from the environment."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx

from connectors._trust import trust


def open_http(address: str, timeout: float) -> httpx.Client:
    """A client for one org; whoever opens it closes it."""
    return httpx.Client(
        timeout=httpx.Timeout(timeout, connect=min(timeout, 15.0)),
        transport=httpx.HTTPTransport(verify=trust(address), retries=0),
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": "application/json", "User-Agent": "interlock"},
    )


def http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
