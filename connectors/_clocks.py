"""Whether our clock and a tool's agree: its dates are compared with ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from connectors.contract import Clock, Finding

MOST = 120
"""Seconds by which the two may differ before it is worth a look."""


def off(whose: str, date: datetime | None, clock: Clock) -> Iterator[Finding]:
    """A warning where our clock differs from the one that tells `date`; nothing where none does."""
    if date is None:
        return
    ahead = (clock.now() - date).total_seconds()
    if abs(ahead) > MOST:
        side = "ahead of" if ahead > 0 else "behind"
        yield Finding("warn", f"this machine's clock is {abs(ahead):.0f} s {side} {whose}: set it by NTP")
