"""Reads a site's JSON as strictly as the warehouse will, and mends what only a lenient reader would take.

A text can end within a character of two halves (`\\ud83d`), where a program once cut it there. Python reads such an
escape, DuckDB refuses the whole page (RFC 8259 section 8.2 leaves it open): one such issue would stop every pull.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


def parsed(content: bytes, look: TypeAdapter[Any] = ANYTHING) -> tuple[Any, bytes]:
    """What `look` names of a reply, and the reply as it can be kept: as it came, but for halves of characters, for
    which it has question marks. Raises ValueError for what is no JSON, or not of the shape."""
    try:
        return look.validate_json(content), content
    except ValueError:
        mended = json.dumps(json.loads(content), ensure_ascii=False).encode(errors="replace")
        return look.validate_json(mended), mended
