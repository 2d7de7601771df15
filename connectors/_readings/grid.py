"""A sheet's cells as text, row by row where its header is looked for, and column by column in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import overload

from connectors._readings.blocks import SIZE, Block
from connectors._readings.sheet_marks import NO_MARKS, RowMarks
from connectors._readings.sheet_parts import Area

Cell = int | float | str | bool | datetime | date | time | timedelta
Texts = Sequence[str | None]

_NUMBERS = (int, float)
_FIGURE = "{:.15g}".format
"""A number as Excel shows it unrounded: 15 digits."""


class TextRows(Sequence[Texts]):
    """Rows of cells as text, None where empty, made of each row when it is asked for."""

    def __init__(self, typed: Sequence[Sequence[Cell]]) -> None:
        self._typed = typed

    def __len__(self) -> int:
        return len(self._typed)

    @overload
    def __getitem__(self, at: int) -> Texts: ...
    @overload
    def __getitem__(self, at: slice) -> TextRows: ...
    def __getitem__(self, at: int | slice) -> Texts | TextRows:
        if isinstance(at, slice):
            return TextRows(self._typed[at])
        return [text_of(cell) or None for cell in self._typed[at]]

    def __iter__(self) -> Iterator[Texts]:
        return map(self.__getitem__, range(len(self._typed)))


@dataclass(frozen=True)
class Grid:
    """A sheet's cells from A1 on, '' where empty. A merged cell's value stands in each of its rows, in its first
    column; `merged` are their areas. `uncalculated` are the formula cells without a value, `links` the web
    addresses that cells link to, both by row and column from 1."""

    name: str
    typed: Sequence[Sequence[Cell]]
    merged: Sequence[Area] = ()
    marks: RowMarks = NO_MARKS
    uncalculated: Set[tuple[int, int]] = frozenset()
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    indents: Callable[[int], Mapping[int, int]] = lambda column: {}
    """By how much the cells of a column are indented by their style: row → steps, of those that are."""

    @cached_property
    def rows(self) -> TextRows:
        return TextRows(self.typed)

    def numbers(self, row: int, positions: Sequence[int]) -> list[int]:
        """Of a row (from 0), which of these positions (the first is 1) hold typed numbers."""
        cells = self.typed[row]
        return [at for at in positions if at <= len(cells) and isinstance(cells[at - 1], _NUMBERS)]

    def blank(self, position: int, top: int, bottom: int) -> bool:
        """Whether nothing stands in a column between two rows, both included."""
        cells = (row[position - 1] for row in self.typed[top - 1 : bottom] if position <= len(row))
        return all(cell == "" for cell in cells)

    def blocks(self, positions: Sequence[int], top: int, bottom: int) -> Iterator[Block]:
        """The cells of these columns between two rows, both included, with which of them are typed numbers."""
        known = _Known()
        last = min(bottom, len(self.typed))
        for start in range(top - 1, last, SIZE):
            rows = self.typed[start : min(start + SIZE, last)]
            columns = list(zip(*rows, strict=True))
            texts: dict[int, Sequence[str]] = {}
            typed: dict[int, Sequence[bool]] = {}
            for at in positions:
                cells = columns[at - 1] if at <= len(columns) else ("",) * len(rows)
                kinds = set(map(type, cells))
                texts[at] = _column(cells, kinds, known)
                if kinds.issubset(_NUMBERS):
                    typed[at] = (True,) * len(rows)
                elif not kinds.isdisjoint(_NUMBERS):
                    typed[at] = [cell.__class__ in _NUMBERS for cell in cells]
            yield Block(range(start + 1, start + len(rows) + 1), texts, typed)


def _column(cells: Sequence[Cell], kinds: Set[type], known: _Known) -> Sequence[str]:
    """Most columns hold one kind of cell, most of those that are no text the same few values many times over."""
    if kinds == {str}:
        return cells  # type: ignore[return-value]
    if kinds == {float} and len(set(cells[:200])) > 100:
        texts = list(map(_FIGURE, cells))
        joined = "".join(texts)
        return texts if "e" not in joined and "n" not in joined else list(map(text_of, cells))
    if str not in kinds and bool not in kinds:
        return list(map(known.__getitem__, cells))
    return [
        cell if isinstance(cell, str) else text_of(cell) if isinstance(cell, bool) else known[cell]
        for cell in cells
    ]


class _Known(dict[Cell, str]):
    """The text of each value that is none, made once. Not of TRUE and FALSE, which are equal to 1 and 0."""

    def __missing__(self, value: Cell) -> str:
        self[value] = text = text_of(value)
        return text


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
