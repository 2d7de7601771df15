"""Pull: what the tools say now, spooled without touching the warehouse, then landed in the record."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from connectors.contract import Connector, Page, SourceError, Stream, Trouble
from flows import look_again
from flows.context import Run
from flows.settings import Source
from warehouse import landing, raw
from warehouse.database import much_at_once, transaction
from warehouse.digesting import Digest, Digester

PULLS_AT_ONCE = 4


@dataclass
class Pulled:
    """What one source gave: its pages on disk, the parts that could not be read, or why none could."""

    source: Source
    connector: Connector
    pages: list[Page] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    digests: Mapping[str, Digest] = field(default_factory=dict)
    error: SourceError | None = None


def pull(run: Run, only: str | None = None) -> None:
    """Read every configured source, or one, and land what it gave; a failing source does not stop the rest."""
    with spooling(run, only) as work, ThreadPoolExecutor(PULLS_AT_ONCE) as pool:
        for pulled in pool.map(work.spool, work.source_ids):
            land(run, pulled)


@dataclass(frozen=True)
class Spooling:
    """What to ask which source, and where to spool it. Asking needs no warehouse, so sources go in parallel."""

    run: Run
    folder: Path
    asked: Mapping[str, tuple[Source, Mapping[str, Any], Sequence[str]]]

    @property
    def source_ids(self) -> list[str]:
        return list(self.asked)

    def spool(self, source_id: str) -> Pulled:
        """Ask one source for its news."""
        source, cursor, watch = self.asked[source_id]
        return spool(self.run, source, cursor, watch, self.folder / source_id)


@contextmanager
def spooling(run: Run, only: str | None = None) -> Iterator[Spooling]:
    """The sources to pull, with their cursors as landed, and a folder for their pages that goes at the end."""
    sources = [run.settings.source(only)] if only else list(run.settings.sources)
    with tempfile.TemporaryDirectory(prefix="spool-", dir=run.scratch) as folder:
        watched = _watched(run)
        asked = {s.source_id: (s, run.cursor(s), watched.get(s.source_id, [])) for s in sources}
        yield Spooling(run, Path(folder), asked)


def spool(run: Run, source: Source, cursor: Mapping[str, Any], watch: Sequence[str], folder: Path) -> Pulled:
    """Ask one source for its news. Needs no lock and does not touch the warehouse."""
    folder.mkdir(parents=True)
    pulled = Pulled(source, run.connector(source))
    with Digester(folder / "digests") as digester:
        try:
            for part in pulled.connector.pull(cursor, watch, folder):
                if isinstance(part, Trouble):
                    pulled.troubles.append(part)
                    continue
                pulled.pages.append(part)
                stream = next(each for each in pulled.connector.streams if each.name == part.stream)
                digester.take(_spec(pulled, stream), _spooled(part))
        except SourceError as error:
            pulled.error = error
        pulled.digests = digester.finish()
    return pulled


def land(run: Run, pulled: Pulled) -> None:
    """Land what a source gave, with its cursor and its health, then mark what a census found gone."""
    source_id = pulled.source.source_id
    run.report.notes += [f"{source_id}: {note}" for page in pulled.pages for note in page.notes]
    problems = [str(trouble.error) for trouble in pulled.troubles]
    if pulled.error is not None:
        problems.append(str(pulled.error))
    cursor = next((dict(page.cursor) for page in reversed(pulled.pages) if page.cursor is not None), None)
    try:
        if pulled.pages:
            run.report.landed += _land_with_cursor(run, pulled, cursor)
            _bury_the_gone(run, pulled)
    except (raw.CensusRefused, SourceError) as refusal:
        problems.append(str(refusal))
    with transaction(run.db, "pull"):
        _set_health(run, pulled.source, problems)
    run.report.failed += [f"{source_id}: {problem}" for problem in problems]


def _land_with_cursor(run: Run, pulled: Pulled, cursor: Mapping[str, Any] | None) -> int:
    """What was read ahead passes through little memory. Where that does not do, it takes what it takes."""
    if pulled.digests:
        with suppress(duckdb.OutOfMemoryException), much_at_once(run.db):
            return _land_pages(run, pulled, cursor)
    return _land_pages(run, pulled, cursor)


def _land_pages(run: Run, pulled: Pulled, cursor: Mapping[str, Any] | None) -> int:
    """All streams with their cursor, in one transaction; the number of records that landed."""
    landed = 0
    with transaction(run.db, _stage(pulled.connector)) as tx:
        for stream in pulled.connector.streams:
            pages = [_spooled(page) for page in pulled.pages if page.stream == stream.name]
            accounts = landing.land(
                tx, _spec(pulled, stream), pages, run.now, pulled.source.max_loss,
                pulled.digests.get(stream.name),
            )  # fmt: skip
            landed += sum(account.landed for account in accounts)
        _remember(run, pulled.source, cursor)
        if pulled.connector.one_note_per_item:
            look_again.mark(run.db, pulled.source.source_id, {page.scope for page in pulled.pages})
    return landed


def _stage(connector: Connector) -> str:
    """Whose guard row a landing moves: the model is rebuilt when work is news, the postings when money is."""
    return "pull ledger" if any(stream.money for stream in connector.streams) else "pull"


def _bury_the_gone(run: Run, pulled: Pulled) -> None:
    """Tombstones for what a completed census does not hold; why, the tool is asked outside any transaction."""
    if pulled.error is not None:
        return
    for stream in pulled.connector.streams:
        census = [page for page in pulled.pages if page.stream == stream.name and page.keys_only]
        if not any(page.complete for page in census):
            continue
        known = spec(pulled.source.source_id, stream)
        lost = raw.missing(run.db, known, [_spooled(page) for page in census], pulled.source.max_loss)
        if lost:
            reasons = pulled.connector.whereabouts(stream.name, lost)
            with transaction(run.db, _stage(pulled.connector)) as tx:
                raw.bury(tx, known, reasons, run.now)


def spec(source_id: str, stream: Stream) -> raw.Spec:
    """A connector's stream as the record needs to know it."""
    return raw.Spec(
        source_id, stream.name, stream.shape, stream.key, stream.records, stream.parent, stream.content,
        dict(stream.reads), stream.unique, stream.money,
    )  # fmt: skip


def _spec(pulled: Pulled, stream: Stream) -> raw.Spec:
    return spec(pulled.source.source_id, stream)


def _spooled(page: Page) -> raw.Spooled:
    return raw.Spooled(page.path, page.scope, page.complete, page.keys_only, page.facts)


def _watched(run: Run) -> dict[str, list[str]]:
    """Source → the immutable keys of its items that show a flag of ours: people answer beside it."""
    found = run.db.execute(
        "SELECT alert.source_id, list(DISTINCT item.record_key ORDER BY item.record_key)"
        " FROM outbox.alert JOIN model.work_item AS item USING (item_id)"
        " WHERE alert.standing AND alert.state <> 'undeliverable' GROUP BY 1"
    ).fetchall()
    return dict(found)


def _remember(run: Run, source: Source, cursor: Mapping[str, Any] | None) -> None:
    known = run.db.execute("SELECT 1 FROM ops.source WHERE source_id = ?", [source.source_id]).fetchone()
    if known is None:
        run.db.execute(
            "INSERT INTO ops.source (source_id, kind, cursor, state) VALUES (?, ?, '{}', 'never')",
            [source.source_id, source.kind],
        )
    if cursor is not None:
        run.db.execute(
            "UPDATE ops.source SET cursor = ? WHERE source_id = ?",
            [json.dumps(cursor, sort_keys=True), source.source_id],
        )


def _set_health(run: Run, source: Source, problems: Sequence[str]) -> None:
    _remember(run, source, None)
    if problems:
        run.db.execute(
            "UPDATE ops.source SET state = CASE WHEN as_of IS NULL THEN 'never' ELSE 'stale' END,"
            " tried_at = ?, reason = ? WHERE source_id = ?",
            [run.now, "; ".join(problems), source.source_id],
        )
    else:
        run.db.execute(
            "UPDATE ops.source SET state = 'fresh', as_of = ?, tried_at = ?, reason = NULL WHERE source_id = ?",
            [run.now, run.now, source.source_id],
        )
