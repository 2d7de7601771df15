"""How SOQL compares a field's value with a literal."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

ID = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?")


def folded(value: Any) -> Any:
    """A value as `IN` compares it."""
    return value.lower() if isinstance(value, str) and not ID.fullmatch(value) else value


def same(found: Any, value: Any) -> bool:
    if found is None or value is None:
        return found is value
    one, other = _alike(found, value)
    return bool(one == other)


def ordered(found: Any, operator: str, value: Any) -> bool:
    if found is None or value is None:
        return False
    one, other = _alike(found, value)
    return bool({"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator])


def _alike(found: Any, value: Any) -> tuple[Any, Any]:
    """Both in one type. Text is compared as Salesforce does: case ignored, but not in ids."""
    if isinstance(value, datetime):
        return datetime.fromisoformat(str(found)).astimezone(UTC), value.astimezone(UTC)
    if isinstance(value, float):
        return float(found), value
    if isinstance(value, str) and not ID.fullmatch(value):
        return str(found).lower(), value.lower()
    return found, value
