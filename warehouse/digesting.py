"""Reads the pages of a large pull ahead of its landing: their records, with the hash of each, as Parquet files.

It needs no warehouse and no lock, so it goes on beside the pull, on another core, while the tool is asked for the
next page. What is left to do under the lock is to compare hashes and to copy what is news.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb

from warehouse.database import SETTINGS
from warehouse.loading import records
from warehouse.raw import Spec, Spooled, page_hash

BATCH = 4 << 20
"""Bytes of pages of one stream that are worth a digest. A pull that brings less is read when it lands."""
WORKERS = 2


@dataclass(frozen=True)
class Digest:
    """The records of some consecutive pages of a stream: a Parquet file, and the hash of each page's bytes."""

    spec: Spec
    path: Path
    hashes: tuple[bytes, ...]


class Digester:
    """Takes the pages of a pull as they come. Use it as a context manager, then `finish`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._db: duckdb.DuckDBPyConnection | None = None
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="digest")
        self._waiting: dict[str, list[Path]] = {}
        self._scopes: dict[str, str] = {}
        self._bytes: dict[str, int] = {}
        self._begun: dict[str, list[Future[Digest]]] = {}
        self._hashes: dict[Path, Future[bytes]] = {}

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
        self._waiting.setdefault(spec.stream, []).append(page.path)
        self._scopes.setdefault(spec.stream, page.scope)  # all pages of such a stream are of one
        self._bytes[spec.stream] = self._bytes.get(spec.stream, 0) + page.path.stat().st_size
        if self._bytes[spec.stream] >= BATCH:
            self._begin(spec)

    def finish(self, specs: Iterable[Spec]) -> dict[str, list[Digest]]:
        """The digests of each stream's first pages, in order: of all its pages, where any stream was worth it.

        What DuckDB cannot read is left to the landing to tell of, with all that follows it.
        """
        if self._db is None:
            return {}
        specs = [spec for spec in specs if spec.stream in self._waiting]
        for spec in specs:
            if self._waiting[spec.stream]:
                self._begin(spec)
        return {spec.stream: list(_done(self._begun[spec.stream])) for spec in specs}

    def _begin(self, spec: Spec) -> None:
        pages = self._waiting[spec.stream]
        begun = self._begun.setdefault(spec.stream, [])
        into = self._folder / f"{spec.stream}-{len(begun):06d}.parquet"
        hashes = [self._hash(path) for path in pages]
        select = records(spec, pages, len(begun), self._scopes[spec.stream])
        begun.append(self._pool.submit(_digest, self._cursor(), spec, select, hashes, into))
        self._waiting[spec.stream], self._bytes[spec.stream] = [], 0

    def _hash(self, path: Path) -> Future[bytes]:
        """Once for all streams whose records stand in the page."""
        if path not in self._hashes:
            self._hashes[path] = self._pool.submit(page_hash, path)
        return self._hashes[path]

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        """For one batch; the database is opened with the first. What it holds at once is some batches."""
        if self._db is None:
            self._folder.mkdir()
            self._db = duckdb.connect(":memory:")
            for name, value in SETTINGS.items():
                self._db.execute(f"SET {name} = '{value}'")
            self._db.execute("SET threads = 1")
        return self._db.cursor()


def all_digested(spec: Spec, pages: Sequence[Spooled], digests: Sequence[Digest]) -> bool:
    """Whether no tool's own reply is left to be read when these pages of a stream land."""
    return spec.shape != "json" or sum(len(digest.hashes) for digest in digests) == len(pages)


def _done(begun: Iterable[Future[Digest]]) -> Iterator[Digest]:
    for future in begun:
        try:
            yield future.result()
        except duckdb.Error:
            return


def _digest(
    db: duckdb.DuckDBPyConnection,
    spec: Spec,
    records: tuple[str, Mapping[str, Any]],
    hashes: Sequence[Future[bytes]],
    into: Path,
) -> Digest:
    select, values = records
    # What is held back is little, and stands apart: so the landing need not read all that is not.
    held = "CASE WHEN _fate <> 'land' THEN payload END AS held"
    db.execute(
        f"COPY (SELECT *, {held} FROM ({select})) TO $into (FORMAT parquet, ROW_GROUP_SIZE 2048)",
        {**values, "into": str(into)},
    )
    db.close()
    # They were begun before this, so none waits for it.
    return Digest(spec, into, tuple(each.result() for each in hashes))
