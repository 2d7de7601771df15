"""The package's SQL, one statement (or a few that belong together) a file."""

from __future__ import annotations

from pathlib import Path

SQL = {path.stem: path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.sql")}
