"""What runs the passes: plain Python over lists of records, or the same functions compiled over numpy arrays."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Protocol, TypeVar

import duckdb

from unify.schedule.calendar import Calendar, side_by_side
from unify.schedule.records import layout
from unify.schedule.workdays import Calendars

Function = TypeVar("Function", bound=Callable[..., Any])


Record = TypeVar("Record")
Read = TypeVar("Read", covariant=True)


class Rows(Protocol[Read]):
    """What can be asked for its n-th record."""

    def __getitem__(self, number: int, /) -> Read: ...


class Engine(Protocol):
    """Where records live, and what runs over them."""

    def run(self, function: Function) -> Function:
        """This function of one of the passes' modules, as this engine runs it."""

    def numbers(self, length: int, value: int = 0) -> Any:
        """So many indices or counts."""

    def records(self, record: type, length: int) -> Any:
        """So many records, each as new."""

    def room(self, record: type, length: int) -> Any:
        """So many records, of which every field is written before it is read."""

    def view(self, rows: Any, record: type[Record]) -> Rows[Record]:
        """Records of this engine as objects, for what is not compiled."""

    def read(self, answer: duckdb.DuckDBPyConnection, record: type) -> Any:
        """Records from the rows of an answer, whose columns are the record's first fields."""

    def columns(self, answer: duckdb.DuckDBPyConnection) -> Any:
        """The columns of an answer."""

    def offer(self, db: duckdb.DuckDBPyConnection, name: str, rows: Any, record: type) -> None:
        """Make records readable in SQL, as a table of this name, until `withdraw`."""

    def withdraw(self, db: duckdb.DuckDBPyConnection, name: str) -> None:
        """Take that table away again."""

    def tables(self, calendars: Sequence[Calendar]) -> Calendars:
        """The tables of these calendars side by side."""


class Plain:
    """Nothing to import or compile: for plans of up to a few thousand items."""

    def run(self, function: Function) -> Function:
        return function

    def numbers(self, length: int, value: int = 0) -> list[int]:
        return [value] * length

    def records(self, record: type, length: int) -> list[Any]:
        return [record() for _ in range(length)]

    def room(self, record: type, length: int) -> list[Any]:
        return self.records(record, length)

    def view(self, rows: Any, record: type[Record]) -> Rows[Record]:
        return rows  # type: ignore[no-any-return]

    def read(self, answer: duckdb.DuckDBPyConnection, record: type) -> list[Any]:
        return [record(*row) for row in answer.fetchall()]

    def columns(self, answer: duckdb.DuckDBPyConnection) -> Sequence[Sequence[int]]:
        width = len(answer.description or ())
        return list(zip(*answer.fetchall(), strict=True)) or [()] * width

    def offer(self, db: duckdb.DuckDBPyConnection, name: str, rows: Any, record: type) -> None:
        # Columns travel as JSON texts: of 10,000 values DuckDB 1.5 reads a text in 0.03 s, a list in 5 s.
        names = [field.name for field in fields(record)]
        wanted = [f"""unnest(from_json(?, '["{_kind(record, one)}"]')) AS "{one}\"""" for one in names]
        texts = [json.dumps([getattr(row, one) for row in rows]) for one in names]
        db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {', '.join(wanted)}", texts)

    def withdraw(self, db: duckdb.DuckDBPyConnection, name: str) -> None:
        db.execute(f"DROP TABLE temp.{name}")

    def tables(self, calendars: Sequence[Calendar]) -> Calendars:
        return side_by_side(calendars)


def _kind(record: type, name: str) -> str:
    return "BOOLEAN" if dict(layout(record))[name] == "?" else "BIGINT"
