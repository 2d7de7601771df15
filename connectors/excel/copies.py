"""Recognises a workbook that is a copy of another (`plan v3 FINAL.xlsx`), so that its rows are no new work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import PurePosixPath

NEARLY_ALL = 0.8
"""Of the rows of both: so many must be told alike for a workbook to be a copy of another."""
STILL = 0.5
"""Of a copy's rows: so many are enough for it to stay one after it was changed."""
FEWEST = 3
"""Rows that must be told alike, unless the files are the same byte for byte."""

_COPY_WORDS = re.compile(
    r"copy|kopie|final|backup|sicherung|archive?|\bold\b|\balt\b|\bv ?\d|draft|entwurf|conflict|konflikt|\(\d+\)",
    re.IGNORECASE,
)

Rows = Set[tuple[str, ...]]


@dataclass(frozen=True)
class Book:
    """A workbook as it is compared: `rows` are what its rows are told by.

    `since`: it was read before and its rows landed. `copy_of`: what it was found to be a copy of before.
    """

    scope: str
    sha256: str
    rows: Rows
    since: bool
    copy_of: str = ""


def find_copies(books: Sequence[Book]) -> dict[str, str]:
    """Copy → the workbook that counts.

    What was read before counts over what is new; of two new ones, that whose name says less of a copy. Where
    neither tells, none is found: then each row that stands in both is quarantined, and a person decides.
    """
    found: dict[str, str] = {}
    for book in sorted(books, key=lambda one: (-_says_copy(one.scope), one.scope)):
        if book.since:
            continue
        originals = [
            other
            for other in books
            if other.scope != book.scope
            and other.scope not in found
            and _alike(book, other)
            and _before(other, book)
        ]
        if originals:
            best = max(
                originals,
                key=lambda other: (other.scope == book.copy_of, other.since, len(other.rows & book.rows)),
            )
            found[book.scope] = best.scope
    return found


def describe(copy: str, original: str, sizes: Mapping[str, tuple[int, int]]) -> str:
    """What people are told of a copy; `sizes`: how many rows each has, and how many of them stand in the other."""
    rows, shared = sizes[copy]
    same = "all" if rows == shared else f"{shared} of"
    return (
        f"{copy}: this is a copy of {original} ({same} {rows} rows are told alike), so it was not read as new work."
        " Move it out of what `path` matches; if it is the one in use now, move the other"
    )


def _before(other: Book, book: Book) -> bool:
    """Whether `other` is the one that counts."""
    if other.since or other.scope == book.copy_of:
        return True
    return _says_copy(other.scope) < _says_copy(book.scope)


def _alike(book: Book, other: Book) -> bool:
    if not book.rows or not other.rows:
        return False
    if book.sha256 == other.sha256:
        return True
    shared = len(book.rows & other.rows)
    if book.copy_of == other.scope:
        return shared >= max(1, STILL * len(book.rows))
    return shared >= max(FEWEST, NEARLY_ALL * max(len(book.rows), len(other.rows)))


def _says_copy(scope: str) -> int:
    return len(_COPY_WORDS.findall(PurePosixPath(scope).stem))
