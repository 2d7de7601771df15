"""Reads the pages of a large pull ahead of its landing: their records, with the hash of each, as Parquet files.

It needs no warehouse and no lock, so it goes on beside the pull, on another core, while the tool is asked for the
next page. What is left to do under the lock is to compare hashes and to copy what is news.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType

import duckdb

from warehouse.database import SETTINGS
from warehouse.loading import outer, records
from warehouse.raw import Spec, Spooled

BATCH = 16 << 20
"""Bytes of pages that are read at once; a pull that brings less is read when it lands. Planning the statement takes
20 ms (36 paths), reading a megabyte 20: batches of 4 took a fifth longer in all."""


@dataclass(frozen=True)
class Digest:
    """The records of a stream's pages, as the stream was when they were read, in Parquet files in their order."""

    spec: Spec
    files: tuple[Path, ...]


@dataclass
class _Share:
    """What one stream has in a batch: the places of its pages among the files."""

    spec: Spec
    scope: str
    places: list[int] = field(default_factory=list)


@dataclass
class _Batch:
    """Pages that are read together, each once, whatever the number of streams whose records stand in it."""

    files: dict[tuple[str, Path], int] = field(
        default_factory=dict
    )  # by the name of the list inside, in order
    shares: dict[str, _Share] = field(default_factory=dict)
    bytes: int = 0

    def take(self, spec: Spec, page: Spooled) -> bool:
        """Whether the page fits in: the batch is not full, and the stream's pages keep their order and scope."""
        known = self.files.get((spec.records[0], page.path))
        if known is None and self.bytes >= BATCH:
            return False
        share = self.shares.setdefault(spec.stream, _Share(spec, page.scope))
        if share.scope != page.scope or (known is not None and share.places and known <= share.places[-1]):
            return False
        if known is None:
            known = self.files[spec.records[0], page.path] = len(self.files)
            self.bytes += page.path.stat().st_size
        share.places.append(known)
        return True


class Digester:
    """Takes the pages of a pull as they come. Use it as a context manager, then `finish`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db: duckdb.DuckDBPyConnection | None = None
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="digest")
        self._batch = _Batch()
        self._begun: list[Future[list[tuple[Spec, Path]]]] = []

    def __enter__(self) -> Digester:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=kind is not None)
        if self._db is not None:
            self._db.close()

    def take(self, spec: Spec, page: Spooled) -> None:
        """One more page. Only a tool's own JSON is digested: tables of text cells are Parquet as they come."""
        if spec.shape != "json" or page.keys_only:
            return
        if not self._batch.take(spec, page):
            self._begin()
            self._batch.take(spec, page)

    def finish(self) -> Mapping[str, Digest]:
        """A digest for each stream; none where there was too little to be worth it, where DuckDB cannot read a page
        (the landing, which reads them then, tells of it), or where a stream was read in two ways."""
        if not self._begun:
            return {}
        self._begin()
        try:
            parts = list(chain.from_iterable(future.result() for future in self._begun))
        except duckdb.Error:
            return {}
        specs = {spec.stream: spec for spec, _ in parts}
        if any(specs[spec.stream] != spec for spec, _ in parts):
            return {}
        return {
            name: Digest(spec, tuple(path for each, path in parts if each.stream == name))
            for name, spec in specs.items()
        }

    def _begin(self) -> None:
        if self._db is None:
            self._folder.mkdir()
            own = {"threads": "1", "temp_directory": str(self._folder)}
            self._db = duckdb.connect(":memory:", config=dict(SETTINGS | own))
        number = len(self._begun)
        self._begun.append(self._pool.submit(_digest, self._db, self._batch, number, self._folder))
        self._batch = _Batch()


def _digest(
    db: duckdb.DuckDBPyConnection, batch: _Batch, number: int, folder: Path
) -> list[tuple[Spec, Path]]:
    """The records of a batch, one file per stream; `number` puts batches in order."""
    made = []
    for name in dict.fromkeys(name for name, _ in batch.files):
        files = {str(path): place for (each, path), place in batch.files.items() if each == name}
        db.execute(
            f"CREATE OR REPLACE TEMP TABLE listed AS SELECT $places[list_position($files, filename)] AS place, record"
            f" FROM ({outer(name)})",
            {"files": list(files), "places": list(files.values())},
        )
        for share in batch.shares.values():
            if share.spec.records[0] != name:
                continue
            into = folder / f"{number:06d}-{share.spec.stream}.parquet"
            own = "SELECT record FROM listed WHERE list_contains($own, place)"
            select, values = records(share.spec, own, share.scope, number)
            # What is held back is little, and stands apart: so the landing need not read all that is not.
            held = "CASE WHEN _fate <> 'land' THEN payload END AS held"
            db.execute(
                f"COPY (SELECT *, {held} FROM ({select})) TO $into"
                " (FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 2048)",
                {**values, "own": share.places, "into": str(into)},
            )
            made.append((share.spec, into))
    db.execute("DROP TABLE IF EXISTS listed")
    return made
