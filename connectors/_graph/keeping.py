"""What a drive's source keeps on disk between runs, readable by its own account only.

Nothing of it is part of the record: if it is lost, tokens are fetched and the drive is listed anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

KEPT = "drive.json"


class Keeping:
    """A folder of the source's own; None keeps for the length of the process only."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held: dict[str, str] = {}

    def read(self, name: str) -> str | None:
        """What was written under a name; None where nothing was, or it cannot be read any more."""
        if self._folder is None:
            return self._held.get(name)
        try:
            return (self._folder / name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def write(self, name: str, text: str) -> None:
        """Replace what stands under a name, in one step and for our own account only (0600, in 0700)."""
        if self._folder is None:
            self._held[name] = text
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, made = tempfile.mkstemp(prefix=f".{name}-", dir=self._folder)  # 0600 from its first moment
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(made, self._folder / name)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(made)


@dataclass
class Kept:
    """What is kept of a drive between runs. `about` is what it was made from: of another it is no use.

    `scopes`: item id → scope. `written`: item id → the content's tags before and after our own writes, and who
    had saved it before. `sessions`: whether the tenant lets us write by Excel's service, None where not known.
    """

    about: str
    drive: str = ""
    link: str = ""
    tree: dict[str, Any] = field(default_factory=dict)
    scopes: dict[str, str] = field(default_factory=dict)
    written: dict[str, dict[str, str | None]] = field(default_factory=dict)
    sessions: bool | None = None

    @classmethod
    def read(cls, keeping: Keeping, about: str) -> Kept:
        try:
            told = json.loads(keeping.read(KEPT) or "{}")
            return cls(**told) if told.get("about") == about else cls(about)
        except (ValueError, TypeError, AttributeError):
            return cls(about)  # of an older version, or cut: everything is listed anew

    def write(self, keeping: Keeping) -> None:
        keeping.write(KEPT, json.dumps(self.__dict__, ensure_ascii=False))
