"""The journal: an append-only, hash-chained list of what Interlock concluded, sent, was told and decided.

An entry's hash is SHA-256 over the canonical JSON of its fields and the hash before it, so that no entry can
be changed, dropped or moved without every later hash being wrong. Entries hold ids and hashes only. Free
text, names and raw payloads lie in `journal.words`, bound by their own hash, and can be erased there without
breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from warehouse.database import Transaction, insert


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and no escapes beyond JSON's own: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Entry:
    """What is to be appended.

    `kind`: what happened (`break opened`, `alert sent`, `answer read` …), `subject`: the id of what it happened to,
    `body`: ids and figures only, `words`: free text and names.
    """

    kind: str
    subject: str
    body: Mapping[str, Any]
    words: Mapping[str, Any] | None = None


def append(
    tx: Transaction,
    at: datetime,
    kind: str,
    subject: str,
    body: Mapping[str, Any],
    words: Mapping[str, Any] | None = None,
) -> int:
    """Append one entry in the caller's transaction; see `append_all`."""
    return append_all(tx, at, [Entry(kind, subject, body, words)])


def append_all(tx: Transaction, at: datetime, entries: Sequence[Entry]) -> int:
    """Append entries in the caller's transaction, in their order; returns the number of the last in the journal.

    `at` is UTC without a timezone.
    """
    head = tx.db.execute("SELECT n, hash FROM journal.head").fetchone()
    assert head is not None, "journal.head holds one row from the first migration on"
    n, last = int(head[0]), str(head[1])
    if not entries:
        return n
    chained, words = [], []
    for entry in entries:
        n += 1
        text = canonical(entry.words) if entry.words else None
        text_hash = digest(text) if text is not None else None
        body, previous = canonical(entry.body), last
        last = chain(n, at, entry.kind, entry.subject, body, text_hash, previous)
        chained.append({"n": n, "happened_at": at, "kind": entry.kind, "subject": entry.subject, "body": body,
                        "text_hash": text_hash, "previous": previous, "hash": last})  # fmt: skip
        if text is not None:
            words.append({"n": n, "words": text})
    insert(tx.db, "journal.entry", chained)
    insert(tx.db, "journal.words", words)
    tx.db.execute("UPDATE journal.head SET n = ?, hash = ?", [n, last])
    _ = tx.seq
    return n


def chain(
    n: int, at: datetime, kind: str, subject: str, body: str, text_hash: str | None, previous: str
) -> str:
    """The hash of an entry with these fields that follows the entry with hash `previous`."""
    fields = {
        "n": n,
        "at": at.isoformat(),
        "kind": kind,
        "subject": subject,
        "body": body,
        "words": text_hash,
        "previous": previous,
    }
    return digest(canonical(fields))


def faults(db: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Recompute the chain; yields a sentence for each entry that does not hold, in order."""
    previous, expected = "", 1
    entries = db.execute(
        "SELECT n, happened_at, kind, subject, body, text_hash, previous, hash, words.words FROM journal.entry"
        " LEFT JOIN journal.words USING (n) ORDER BY n"
    ).fetchall()
    for n, at, kind, subject, body, text_hash, stated_previous, stated_hash, words in entries:
        if n != expected:
            yield f"journal entry {expected} is missing (the next one is {n})"
        if stated_previous != previous:
            yield f"journal entry {n} does not follow the entry before it"
        if chain(n, at, kind, subject, body, text_hash, stated_previous) != stated_hash:
            yield f"journal entry {n} ({kind}, {subject}) was changed after it was written"
        if words is not None and digest(words) != text_hash:
            yield f"the words of journal entry {n} ({kind}, {subject}) were changed after they were written"
        previous, expected = stated_hash, n + 1
    head = db.execute("SELECT n, hash FROM journal.head").fetchone()
    if head != (expected - 1, previous):
        yield f"the journal's head names entry {head and head[0]}, but the last entry is {expected - 1}"
