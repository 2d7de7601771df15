"""What a drive's source keeps on disk between runs, readable by its own account only.

Nothing of it is part of the record: if it is lost, tokens are fetched and the drive is listed anew.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


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
