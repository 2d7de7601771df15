"""A sheet's cells as text, row by row where its header is looked for, and column by column in bulk."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import overload

from connectors._readings.blocks import Block
from connectors._readings.cells import NUMBER, TEXT, Stack, joined, look
from connectors._readings.sheet_marks import NO_MARKS, RowMarks
from connectors._readings.sheet_parts import Area

Texts = Sequence[str | None]


class Stacks:
    """The rows of a sheet in stacks, each taken when it is first asked for, and kept."""

    def __init__(self, coming: Iterable[Stack]) -> None:
        self._held: list[Stack] = []
        self._coming = iter(coming)

    def __iter__(self) -> Iterator[Stack]:
        at = 0
        while at < len(self._held) or self._take():
            yield self._held[at]
            at += 1

    def __getitem__(self, at: int) -> Stack:
        return self._held[at]

    def height(self) -> int:
        while self._take():
            pass
        return self._held[-1].rows[-1] if self._held else 0

    def holding(self, row: int) -> int:
        """The place of the stack that holds a row, from 1. Raises IndexError where none does."""
        while not self._held or self._held[-1].rows[-1] < row:
            if not self._take():
                raise IndexError(f"the sheet has no row {row}")
        return bisect_right(self._held, row, key=lambda stack: stack.rows[0]) - 1

    def _take(self) -> bool:
        found = next(self._coming, None)
        if found is not None:
            self._held.append(found)
        return found is not None


class TextRows(Sequence[Texts]):
    """Rows of cells as text, None where empty, made of each row when it is asked for. `row` gives one, from 0.

    `height`: how many there are; to go through them from the first on, it is not asked for.
    """

    def __init__(self, row: Callable[[int], Texts], height: Callable[[], int]) -> None:
        self._row = row
        self._height = height

    def __len__(self) -> int:
        return self._height()

    @overload
    def __getitem__(self, at: int) -> Texts: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Texts]: ...
    def __getitem__(self, at: int | slice) -> Texts | Sequence[Texts]:
        if isinstance(at, int):
            return self._row(at if at >= 0 else at + len(self))
        span = range(len(self))[at]
        return TextRows(lambda place: self._row(span[place]), lambda: len(span))


@dataclass(frozen=True)
class Grid:
    """A sheet's cells from A1 on: `stacks` are its rows in order, `width` as many columns as the widest holds at least
    (0: all are as wide).

    A merged cell's value stands in each of its rows, in its first column; `merged` are their areas. `uncalculated`
    are the formula cells without a value, `links` the web addresses that cells link to, both by row and column from 1.
    """

    name: str
    stacks: Stacks
    merged: Sequence[Area] = ()
    marks: RowMarks = NO_MARKS
    uncalculated: Set[tuple[int, int]] = frozenset()
    links: Mapping[tuple[int, int], str] = field(default_factory=dict)
    indents: Callable[[int], Mapping[int, int]] = lambda column: {}
    """By how much the cells of a column are indented by their style: row → steps, of those that are."""
    width: int = 0

    @cached_property
    def rows(self) -> TextRows:
        return TextRows(self._row, self.stacks.height)

    def _row(self, at: int) -> Texts:
        stack = self.stacks.holding(at + 1)
        place = self.stacks[stack].rows.index(at + 1)
        found = [texts[place] or None for texts in self._taken_apart(stack)]
        return found + [None] * (self.width - len(found))

    @cached_property
    def _taken_apart(self) -> Callable[[int], Sequence[Sequence[str]]]:
        """A stack's texts, column by column. Kept, as who asks for one row asks for others, in any order."""
        return cache(lambda stack: [column.texts() for column in self.stacks[stack].columns])

    def numbers(self, row: int, positions: Sequence[int]) -> list[int]:
        """Of a row (from 0), which of these positions (the first is 1) hold typed numbers."""
        rows, columns = self.stacks[self.stacks.holding(row + 1)]
        place = rows.index(row + 1)
        return [at for at in positions if at <= len(columns) and columns[at - 1].kind(place) == NUMBER]

    def blank(self, position: int, top: int, bottom: int) -> bool:
        """Whether nothing stands in a column between two rows, both included."""
        return all(block.columns[position].blank() for block in self.blocks([position], top, bottom))

    def spaced(self, position: int, top: int, bottom: int) -> bool:
        """Whether space stands around the text of a cell of a column between two rows, both included."""
        return any(look(block.columns[position])[0] for block in self.blocks([position], top, bottom))

    def texts(self, position: int, top: int, bottom: int) -> Iterator[tuple[int, str]]:
        """Row and text of a column's cells between two rows, both included, that hold text: no number, date or TRUE."""
        for block in self.blocks([position], top, bottom):
            column = block.columns[position]
            for place, text in enumerate(column.texts()):
                if text and column.kind(place) == TEXT:
                    yield block.rows[place], text

    def blocks(self, positions: Sequence[int], top: int, bottom: int) -> Iterator[Block]:
        """The cells of these columns between two rows, both included; columns beyond the sheet's are blank."""
        for rows, columns in self.stacks:
            wanted = range(max(top, rows.start), min(bottom + 1, rows.stop))
            if wanted:
                blank = joined([""] * len(rows))
                found = {at: columns[at - 1] if at <= len(columns) else blank for at in positions}
                if wanted != rows:
                    start, end = wanted.start - rows.start, wanted.stop - rows.start
                    found = {at: column.between(start, end) for at, column in found.items()}
                yield Block(wanted, found)
