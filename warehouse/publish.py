"""Publishes what readers see: a copy of the documented views in a file of its own, swapped in when whole.

Readers open `snapshot.duckdb` beside the warehouse, a link to `snapshot-<seq>.duckdb`. DuckDB lets one
process write, so nobody reads the warehouse itself while it works.
"""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

from warehouse.database import attached, documented_views, quote, transaction

POINTER = "snapshot.duckdb"
KEPT = 2


def publish(db: duckdb.DuckDBPyConnection, folder: Path, seq: int, begun: Path | None = None) -> Path:
    """Copy every documented view into `snapshot-<seq>.duckdb` in `folder` and point readers to it.

    `begun` is a file on the same disk that holds some of the views as they are now: it becomes the snapshot,
    and only the others are copied. A crash at any line leaves the pointer at a whole snapshot. Returns the file.
    """
    target = folder / f"snapshot-{seq}.duckdb"
    draft = folder / f"snapshot-{seq}.draft"
    for stray in folder.glob("snapshot-*.draft*"):
        stray.unlink()
    if begun is not None:
        begun.replace(draft)
    with attached(db, draft, "snapshot"):
        copied = db.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'snapshot'"
        ).fetchall()
        with transaction(db, "publish"):
            for view in sorted({*documented_views()} - {name for (name,) in copied}):
                db.execute(f"CREATE TABLE snapshot.main.{quote(view)} AS SELECT * FROM main.{quote(view)}")
    sync(draft)
    draft.replace(target)
    link = folder / f"{POINTER}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(target.name)
    link.replace(folder / POINTER)
    sync(folder)
    _keep_last(folder, target)
    return target


def current(folder: Path) -> Path | None:
    """The snapshot that readers see now, or None where nothing was published yet."""
    pointer = folder / POINTER
    return pointer.resolve() if pointer.exists() else None


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _keep_last(folder: Path, target: Path) -> None:
    """Keep the newest two; a reader that has an older one open keeps reading it.

    By age, not by number: a warehouse that was restored or begun anew counts from below.
    """
    others = [path for path in folder.glob("snapshot-*.duckdb") if path != target]
    for path in sorted(others, key=lambda path: path.stat().st_mtime_ns)[: -(KEPT - 1)]:
        path.unlink()
