"""Who somebody is, in a Jira of either kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def who(user: Mapping[str, Any]) -> str | None:
    """The id that never changes: Cloud's account id, Data Center's `key` (its `name` is what one logs in with)."""
    found = user.get("accountId") or user.get("key") or user.get("name")
    return str(found) if found else None
