"""The same passes, compiled by numba, over numpy arrays: for plans of more than a few thousand items.

Only plans of that size import this module: numba and its compiler take a second to load, and to compile the
passes some more, once per folder of compiled code.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import lru_cache
from inspect import getsourcefile, isfunction
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final, Generic

import duckdb
import numba
import numpy as np

from unify.schedule import again, backward, forward, network, order, own, records, settle, shown, workdays
from unify.schedule.calendar import Calendar, side_by_side
from unify.schedule.engine import Function, Record
from unify.schedule.records import layout
from unify.schedule.rows import Rows
from unify.schedule.workdays import Calendars

PASSES: Final[tuple[ModuleType, ...]] = (
    workdays, settle, own, forward, backward, network, order, shown, again,
)  # fmt: skip
"""Modules of which every function can be compiled. Those that `run` is asked for are stored compiled."""


class Compiled:
    """Runs the passes' functions compiled. Made once per folder by `compiled`."""

    def __init__(self, folder: Path | None) -> None:
        """`folder`: where compiled code is kept from run to run; None, or one that cannot be written: nowhere."""
        self._stored = folder is not None and _writable(folder / _edition())
        if self._stored:
            numba.config.CACHE_DIR = str(folder / _edition())  # type: ignore[operator]
        self._spaces = {module.__name__: dict(vars(module)) for module in PASSES}
        self._ready: dict[Callable[..., Any], Any] = {}
        self._inner: dict[Callable[..., Any], Any] = {}
        for module in PASSES:
            for function in vars(module).values():
                if isfunction(function) and function.__module__ == module.__name__:
                    self._inner[function] = numba.njit(
                        _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True
                    )(self._copy(function))
        self._inner[records.wide] = numba.njit(_nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)(
            records.wide
        )
        for space in self._spaces.values():
            for name, value in space.items():
                if isfunction(value) and value in self._inner:
                    space[name] = self._inner[value]

    def _copy(self, function: Any) -> FunctionType:
        """The function in a name space in which all others are compiled ones."""
        space = self._spaces[function.__module__]
        return FunctionType(function.__code__, space, function.__name__)

    def run(self, function: Function) -> Function:
        if function not in self._ready:
            ready = numba.njit(_nrt=False, no_cfunc_wrapper=True, cache=self._stored)(self._copy(function))
            self._ready[function] = lambda *given: ready(*map(_as_rows, given))
        return self._ready[function]  # type: ignore[no-any-return]

    def numbers(self, length: int, value: int = 0) -> Any:
        return np.full(length, value, np.int32)

    def records(self, record: type, length: int) -> Any:
        made = np.zeros(length, np.dtype(layout(record), align=True))
        made[:] = np.array([tuple(getattr(record(), name) for name, _ in layout(record))], made.dtype)
        return made

    def view(self, rows: Any, record: type[Record]) -> _View[Record]:
        return _View(rows, record)

    def read(self, answer: duckdb.DuckDBPyConnection, record: type) -> Any:
        columns = answer.fetchnumpy()
        rows = self.records(record, len(next(iter(columns.values()))))
        for name, column in columns.items():
            rows[name] = column
        return rows

    def columns(self, answer: duckdb.DuckDBPyConnection) -> Any:
        return [np.ascontiguousarray(column) for column in answer.fetchnumpy().values()]

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


def _as_rows(given: Any) -> Any:
    if isinstance(given, np.ndarray):
        return Rows(given)
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return type(given)(*map(_as_rows, given))
    return given


@lru_cache(maxsize=4)
def compiled(folder: Path | None) -> Compiled:
    """The engine whose compiled code is kept in this folder."""
    return Compiled(folder)


def _writable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


@lru_cache(maxsize=1)
def _edition() -> str:
    """Numba compiles a function anew when its own file changes, but not when one that it calls does: so each
    state of the passes has a folder of its own."""
    digest = hashlib.sha256(numba.__version__.encode())
    for module in (*PASSES, records):
        digest.update(Path(getsourcefile(module) or "").read_bytes())
    return digest.hexdigest()[:16]
