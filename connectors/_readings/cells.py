"""Typed cells put right, and as text: those of a column joined into one, so that few of them are handled alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import chain, pairwise
from typing import NamedTuple

Cell = int | float | str | bool | datetime | date | time | timedelta
Corners = tuple[tuple[int, int], tuple[int, int]]
"""The first and the last cell of an area, by row and column from 0."""

SIZE = 16_384
"""Rows in a block: enough for DuckDB to take them apart in bulk, few enough to need little memory beside them."""
HEAD = 256
"""Rows in a sheet's first block: a header stands there, as a rule, so that the others hold one kind of cell each."""

TEXT, NUMBER, OTHER = "s", "n", "o"
"""What a cell is typed as: `OTHER` are dates, times, TRUE and FALSE."""

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_KINDS = {str: TEXT, int: NUMBER, float: NUMBER}
_FIGURE = "{:.15g}".format
"""A number as Excel shows it unrounded: 15 digits."""
_FIGURES = "%.15g"
"""The same for many at once."""

_SEPARATORS = [31, 30, 29, 28, *range(0xE000, 0xF8FF)]
"""Characters that stand between cells: those made for it, then those that mean nothing to anybody."""

_ASCII_SPACES = "\t\n\v\f\r "
_WIDE_SPACES = "\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff"
"""Space of any width, as macro `trimmed` takes it away."""


class Column(NamedTuple):
    """Cells of one column, below one another: their texts ('' where empty) with a separator that none of them holds.

    `kinds`: what each is typed as, a letter per cell; a single letter where they are all alike.
    """

    joined: str
    separator: str
    kinds: str = TEXT

    def texts(self) -> list[str]:
        return self.joined.split(self.separator)

    def kind(self, at: int) -> str:
        """Of the cell at this place, from 0."""
        return self.kinds[at if len(self.kinds) > 1 else 0]

    def between(self, start: int, end: int) -> Column:
        """The cells from this place (from 0) up to another one, which is left out."""
        kinds = self.kinds if len(self.kinds) == 1 else self.kinds[start:end]
        return joined(self.texts()[start:end], kinds)

    def blank(self) -> bool:
        return not self.joined.strip(self.separator)


def joined(texts: Sequence[str], kinds: str = TEXT) -> Column:
    """Texts as a column. Raises TypeError where one of them is none."""
    for code in _SEPARATORS:
        separator = chr(code)
        found = separator.join(texts)
        if found.count(separator) == len(texts) - 1:
            return Column(found, separator, kinds)
    raise AssertionError("a block of cells holds every character that could stand between them")


def look(column: Column) -> tuple[bool, bool]:
    """Whether space stands around the text of some cell, and whether some cell is empty."""
    separator = column.separator
    around = f"{separator}{column.joined}{separator}"
    # Looked for alone first: most columns hold one kind of space at most, and a character is found ten times as fast.
    spaces = [space for space in _ASCII_SPACES if space in around]
    spaced = any(separator + space in around or space + separator in around for space in spaces)
    if not spaced and not around.isascii():
        spaced = _spaced(separator).search(around) is not None
    return spaced, 2 * separator in around


@cache
def _spaced(separator: str) -> re.Pattern[str]:
    return re.compile(f"[{_WIDE_SPACES}]{separator}|{separator}[{_WIDE_SPACES}]")


class Share(NamedTuple):
    """Rows of a sheet as the library gives them, all as long; `top` and `left` are their first cell's, from 0."""

    top: int
    left: int
    rows: Sequence[list[Cell]]


class Stack(NamedTuple):
    """Rows below one another, column by column. `rows` are their numbers; rows and columns count from 1."""

    rows: range
    columns: Sequence[Column]


class Known(dict[Cell, str]):
    """The text of each value that is none, made once. Not of TRUE and FALSE, which are equal to 1 and 0."""

    def __missing__(self, value: Cell) -> str:
        self[value] = text = text_of(value)
        return text


def stacked(shares: Iterable[Share]) -> Iterator[Stack]:
    """A sheet's rows from its first row and column on; what stands in no share is blank. Only the first is divided."""
    known, below = Known(), 0
    for top, left, rows in shares:
        if top > below:
            yield Stack(range(below + 1, top + 1), ())
        below = top + len(rows)
        starts = [*range(0, min(HEAD, len(rows)), HEAD), *range(HEAD, len(rows), SIZE)] if top == 0 else [0]
        for start, end in pairwise([*starts, len(rows)]):
            blank = [joined([""] * (end - start))] * left
            columns = [_column(cells, known) for cells in _columns(rows[start:end])]
            yield Stack(range(top + start + 1, top + end + 1), blank + columns)


def _columns(rows: Sequence[Sequence[Cell]]) -> Iterator[Sequence[Cell]]:
    """The cells are laid end to end first: to step from row to row for each column costs the processor's caches
    (2 million cells: 0.1 s for 0.5)."""
    (width,) = set(map(len, rows))
    cells = list(chain.from_iterable(rows))
    return (cells[at::width] for at in range(width))


def _column(cells: Sequence[Cell], known: Known) -> Column:
    """Most columns hold one kind of cell, most of those that are no text the same few values many times over."""
    try:
        return joined(cells)  # type: ignore[arg-type]
    except TypeError:
        pass
    types = set(map(type, cells))
    if types == {float} and len(set(cells[:200])) > 100:
        figures = _different_figures(cells)
        if figures is not None:
            return figures
    if str not in types and bool not in types:
        texts = list(map(known.__getitem__, cells))
    else:
        texts = [
            cell if isinstance(cell, str) else text_of(cell) if isinstance(cell, bool) else known[cell]
            for cell in cells
        ]
    kinds = {_KINDS.get(one, OTHER) for one in types}
    return joined(
        texts,
        kinds.pop() if len(kinds) == 1 else "".join([_KINDS.get(cell.__class__, OTHER) for cell in cells]),
    )


def _different_figures(cells: Sequence[Cell]) -> Column | None:
    """Numbers of many values; None where one of them is not shown by its digits alone."""
    separator = chr(_SEPARATORS[0])
    figures = separator.join([_FIGURES] * len(cells)) % tuple(cells)
    odd = (
        "e" in figures or "n" in figures or f"{separator}-0{separator}" in f"{separator}{figures}{separator}"
    )
    return None if odd else Column(figures, separator, NUMBER)


def correct(share: Share, errors: Mapping[tuple[int, int], str], escaped: bool) -> None:
    """Put right what the library gives of a sheet's rows, in their place: error values, and characters that stand
    escaped. `errors`: row and column from 0 → the text of an error value."""
    top, left, rows = share
    if escaped:
        for row in rows:
            row[:] = [_unescaped(cell) if isinstance(cell, str) and "_x" in cell else cell for cell in row]
    for (at, column), text in errors.items():
        if 0 <= at - top < len(rows) and 0 <= column - left < len(rows[at - top]):
            rows[at - top][column - left] = text


def spread(share: Share, merged: Iterable[Corners]) -> None:
    """Put the value of merged cells into each of their rows, in their first column. None is in two shares."""
    top, left, rows = share
    for (first, column), (last, _) in merged:
        if top <= first < top + len(rows):
            for row in rows[first - top + 1 : last - top + 1]:
                if 0 <= column - left < len(row):
                    row[column - left] = rows[first - top][column - left]


def _unescaped(text: str) -> str:
    """Characters that XML cannot hold stand as `_x000D_` (ECMA-376 part 1, 22.9.2.19, ST_Xstring)."""
    return _ESCAPED.sub(_character, text)


def _character(escaped: re.Match[str]) -> str:
    """Half of a pair of surrogates is no character: what is written so stays as it is."""
    code = int(escaped[1], 16)
    return escaped[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def text_of(value: Cell) -> str:
    """A cell as text: dates ISO, numbers as Excel shows them unrounded (15 digits)."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        text = str(int(value)) if value == int(value) and abs(value) < 1e15 else _FIGURE(value)
        return text if "e" not in text else f"{value:.20f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(abs(round(value.total_seconds())), 60)
        sign = "-" if value < timedelta() else ""
        return f"{sign}{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return value.isoformat()
