"""What an HTTP answer says about time: when it was given, and how long its sender asks to be left alone."""

from __future__ import annotations

from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx


def asked_wait(response: httpx.Response, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks to wait: a number, or a date (RFC 9110 section 10.2.3). A date is measured
    by the sender's own clock where it tells it: ours may be off."""
    asked = response.headers.get("Retry-After", "").strip()
    try:
        return max(float(asked), 0.0)
    except ValueError:
        pass
    until = http_date(asked)
    if until is None:
        return None
    return max((until - (dated(response) or now)).total_seconds(), 0.0)


def dated(response: httpx.Response) -> datetime | None:
    """When the sender answered, by its own clock; None where it does not say."""
    return http_date(response.headers.get("Date", ""))


def http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
