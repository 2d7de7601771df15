"""The journal: an append-only, hash-chained list of what Interlock concluded, sent, was told and decided.

An entry's hash is SHA-256 over the canonical JSON of its fields and the hash before it, so that no entry can
be changed, dropped or moved without every later hash being wrong. Entries hold ids and hashes only. Free
text, names and raw payloads lie in `journal.words`, bound by their own hash, and can be erased there without
breaking the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import duckdb

from warehouse.database import Transaction


def canonical(value: Any) -> str:
    """JSON with sorted keys, no spaces and no escapes beyond JSON's own: equal values, equal text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def digest(text: str) -> str:
    """SHA-256 of a text's UTF-8 bytes, as 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def append(
    tx: Transaction,
    at: datetime,
    kind: str,
    subject: str,
    body: Mapping[str, Any],
    words: Mapping[str, Any] | None = None,
) -> int:
    """Append one entry in the caller's transaction; returns its number.

    `at` is UTC without a timezone, `kind` what happened (`break opened`, `alert sent`, `answer read` …),
    `subject` the id of what it happened to, `body` ids and figures only, `words` free text and names.
    """
    db = tx.db
    head = db.execute("SELECT n, hash FROM journal.head").fetchone()
    assert head is not None, "journal.head holds one row from the first migration on"
    n, previous = int(head[0]) + 1, str(head[1])
    text = canonical(words) if words else None
    text_hash = digest(text) if text is not None else None
    entry_hash = chain(n, at, kind, subject, canonical(body), text_hash, previous)
    db.execute(
        "INSERT INTO journal.entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [n, at, kind, subject, canonical(body), text_hash, previous, entry_hash],
    )
    if text is not None:
        db.execute("INSERT INTO journal.words VALUES (?, ?)", [n, text])
    db.execute("UPDATE journal.head SET n = ?, hash = ?", [n, entry_hash])
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
