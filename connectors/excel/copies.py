"""Recognises a workbook that is a copy of another (`plan v3 FINAL.xlsx`), so that its rows are no new work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations
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

    `since`: it was read before and its rows landed. `copy_of`: what it was found to be a copy of before. `whole`: of
    rows without ids, what they say beside: two teams that begin with one template tell their rows alike, too.
    """

    scope: str
    sha256: str
    rows: Rows
    since: bool
    copy_of: str = ""
    whole: Rows = frozenset()


def find_copies(books: Sequence[Book]) -> dict[str, str]:
    """Copy → the workbook that counts.

    What was read before counts over what is new; of two new ones, that whose name says less of a copy. Where
    neither tells, of two whose rows have no ids that with the shorter name counts, or the first by name. Of rows with
    ids none is found then: each that stands in both is quarantined, and a person decides.
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


def describe(copy: Book, original: Book) -> str:
    """What people are told of a copy: how many of its rows stand in the other, and why the other counts."""
    rows, shared = len(copy.rows), len(copy.rows & original.rows)
    same = "all" if rows == shared else f"{shared} of"
    either = (
        " Both are new and neither name says which is the original: the shorter name counts, or the first of two."
        if _undecided(copy, original)
        else ""
    )
    return (
        f"{copy.scope}: this is a copy of {original.scope} ({same} {rows} rows are told alike), so it was not read as"
        f" new work.{either} Move it out of what `path` matches; if it is the one in use now, move the other"
    )


def describe_doubts(books: Sequence[Book], copies: Mapping[str, str]) -> dict[str, str]:
    """Scope → what people are told of a new workbook whose rows are told as another's, but say something else."""
    told: dict[str, str] = {}
    for one, other in combinations([book for book in books if book.whole and book.scope not in copies], 2):
        if _undecided(one, other) and _alike(one, other):
            told[other.scope] = (
                f"{other.scope}: its rows are told as those of {one.scope}, but their dates and people differ, so both"
                " were read. If it is a copy, move it out of what `path` matches"
            )
    return told


def _before(other: Book, book: Book) -> bool:
    """Whether `other` is the one that counts."""
    if not _undecided(other, book):
        return other.since or other.scope == book.copy_of or _says_copy(other.scope) < _says_copy(book.scope)
    shared = len(book.whole & other.whole)
    wholly = shared >= max(1, NEARLY_ALL * max(len(book.whole), len(other.whole)))
    return wholly and (len(other.scope), other.scope) < (len(book.scope), book.scope)


def _undecided(one: Book, other: Book) -> bool:
    """Whether nothing was known of two workbooks, and their names say as much of a copy."""
    fresh = not (one.since or other.since) and other.scope != one.copy_of and one.scope != other.copy_of
    return fresh and _says_copy(one.scope) == _says_copy(other.scope)


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
