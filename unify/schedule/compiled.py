"""The same passes as machine code, over numpy arrays: for plans of more than a few thousand items.

Only plans of that size import this module, and LLVM with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache
from inspect import getsourcefile
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Generic

import duckdb
import numpy as np

from unify.schedule import (
    again,
    backward,
    forward,
    heap,
    network,
    order,
    own,
    records,
    settle,
    shown,
    whichever,
    workdays,
)
from unify.schedule.calendar import Calendar, side_by_side
from unify.schedule.engine import Function, Record
from unify.schedule.native import body, expressions, kinds, machine, statements, unit
from unify.schedule.native.calls import as_python
from unify.schedule.records import layout
from unify.schedule.workdays import Calendars

SOURCES: Final[tuple[ModuleType, ...]] = (
    workdays, settle, own, forward, backward, network, order, shown, heap, again, whichever, records,
    body, expressions, kinds, machine, statements, unit,
)  # fmt: skip
"""What machine code is made from, and by."""


class Compiled:
    """Runs the passes' functions as machine code. Made once per folder by `compiled`."""

    def __init__(self, folder: Path | None) -> None:
        """`folder`: where machine code is kept from run to run; None, or one that cannot be written: nowhere."""
        self._folder = folder
        self._ready: dict[Callable[..., Any], Any] = {}

    def run(self, function: Function) -> Function:
        if function not in self._ready:
            self._ready[function] = as_python(function, machine.load(self._code(function)))
        return self._ready[function]  # type: ignore[no-any-return]

    def _code(self, function: Any) -> bytes:
        if self._folder is None:
            return machine.machine_code(unit.text_of(function))
        file = self._folder / _edition() / f"{function.__name__}.o"
        code = machine.kept_code(file)
        if code is None:
            code = machine.machine_code(unit.text_of(function))
            machine.keep(code, file)
        return code

    def numbers(self, length: int, value: int = 0) -> Any:
        return np.full(length, value, np.int32)

    def records(self, record: type, length: int) -> Any:
        made = self.room(record, length)
        new = np.array([tuple(getattr(record(), name) for name, _ in layout(record))], made.dtype)
        # As bytes: numpy fills structured rows field by field, twenty times slower.
        whole = np.dtype((np.void, made.dtype.itemsize))
        made.view(whole)[:] = new.view(whole)
        return made

    def room(self, record: type, length: int) -> Any:
        return np.empty(length, np.dtype(layout(record), align=True))

    def view(self, rows: Any, record: type[Record]) -> _View[Record]:
        return _View(rows, record)

    def read(self, answer: duckdb.DuckDBPyConnection, record: type) -> Any:
        columns = answer.fetchnumpy()
        rows = self.records(record, len(next(iter(columns.values()))))
        for name, column in columns.items():
            rows[name] = column
        return rows

    def columns(self, answer: duckdb.DuckDBPyConnection) -> Any:
        return [np.ascontiguousarray(column, np.int32) for column in answer.fetchnumpy().values()]

    def offer(self, db: duckdb.DuckDBPyConnection, name: str, rows: Any, record: type) -> None:
        db.register(name, {field: np.ascontiguousarray(rows[field]) for field, _ in layout(record)})

    def withdraw(self, db: duckdb.DuckDBPyConnection, name: str) -> None:
        db.unregister(name)

    def tables(self, calendars: Sequence[Calendar]) -> Calendars:
        return _tables(tuple(calendars))


class _View(Generic[Record]):
    """Numpy's own records have a method `item`, and no fields as attributes."""

    def __init__(self, rows: Any, record: type[Record]) -> None:
        self._rows, self._record = rows, record

    def __getitem__(self, number: int, /) -> Record:
        return self._record(*self._rows[number].tolist())


@lru_cache(maxsize=8)
def _tables(calendars: tuple[Calendar, ...]) -> Calendars:
    columns: list[Any] = [np.asarray(table, np.int32) for table in side_by_side(calendars)]
    return Calendars(*columns)


@lru_cache(maxsize=4)
def compiled(folder: Path | None) -> Compiled:
    """The engine whose machine code is kept in this folder."""
    return Compiled(folder)


@lru_cache(maxsize=1)
def _edition() -> str:
    """A folder of its own for each state of the passes, as a function's code holds those that it calls."""
    digest = hashlib.sha256(machine.edition().encode())
    for module in SOURCES:
        digest.update(Path(getsourcefile(module) or "").read_bytes())
    return digest.hexdigest()[:16]
