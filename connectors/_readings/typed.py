"""Asks the reading library (python-calamine) for the typed cells of sheets, in a thread of its own."""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import python_calamine as calamine

from connectors._readings.cells import Cell, Corners, Share
from connectors._readings.packed import SAVE
from connectors.contract import Unreadable

Book = calamine.CalamineWorkbook
Answer = TypeVar("Answer")

AHEAD = 3
"""Sheets that are read or under way before the first of them is taken on."""


def opened(package: io.BytesIO | Path, place: str) -> Book:
    """A workbook of the library's. Raises Unreadable where it cannot open it; `place` names it for people."""
    return asked(place, lambda: calamine.load_workbook(package))


def asked(place: str, question: Callable[[], Answer]) -> Answer:
    """What the library answers. Where it breaks down (no exception of Python's own), the file is at fault."""
    try:
        return question()
    except calamine.CalamineError as error:
        raise Unreadable(place, f"the workbook is damaged ({error})", SAVE) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Unreadable(place, "the workbook is damaged (it cannot be read to its end)", SAVE) from error


class Ahead:
    """Some sheets of a workbook, each read while those before are taken on: the library waits for nobody meanwhile.

    `opening` gives the workbook and is called at once. The sheets hold the rows of one sheet of `place`, one share
    after another, the merged areas of all of them in the first; `head` are that one's rows at least.
    """

    def __init__(self, place: str, opening: Callable[[], Book], names: Sequence[str], head: int = 0) -> None:
        self._place = place
        self._names = deque(names)
        self._head = head
        self._thread = ThreadPoolExecutor(1)
        self._book = self._thread.submit(opening)
        self._under_way: deque[Future[calamine.CalamineSheet]] = deque()

    def begin(self) -> None:
        """Read the first sheets. Until then the workbook is no more than opened."""
        while self._names and len(self._under_way) < AHEAD:
            self._under_way.append(self._thread.submit(self._read, self._names.popleft()))

    def merged(self) -> Sequence[Corners]:
        """The merged areas, before any share was taken."""
        return asked(self._place, self._under_way[0].result).merged_cell_ranges or []

    def shares(self) -> Iterator[Share]:
        """The cells of the first sheet from A1 on, then of each that holds any. Raises Unreadable at a damaged one."""
        rows = asked(self._place, lambda: self._next().to_python(skip_empty_area=False))
        blank: list[Cell] = [""] * (len(rows[0]) if rows else 0)
        yield Share(0, 0, rows + [blank.copy() for _ in range(len(rows), self._head)])
        while self._under_way:
            sheet = asked(self._place, self._next)
            if sheet.start is not None:
                yield Share(*sheet.start, asked(self._place, sheet.to_python))
        self._thread.shutdown()

    def _next(self) -> calamine.CalamineSheet:
        sheet = self._under_way.popleft().result()
        self.begin()
        return sheet

    def _read(self, name: str) -> calamine.CalamineSheet:
        return self._book.result().get_sheet_by_name(name)
