"""The kinds of values that compiled passes know, as the passes' annotations state them.

| annotation | kind | in memory | handed on as |
|---|---|---|---|
| int, float, bool | INT, NUMBER, FLAG | as the record says | i64, double, i1 |
| a dataclass | Record | a row of an aligned numpy array | its address |
| `list[int]`, `Sequence[int]` | Column of INT | int32 | address and length |
| `Sequence[Record]` | Column of Record | numpy array of that layout | address and length |
| NamedTuple of these scalars, `tuple[...]` | Group | | by value |
| NamedTuple with columns | Frame | its fields one after the other, 8 bytes each | its address |
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from functools import lru_cache
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints

import numpy as np

from unify.schedule.records import layout


@dataclass(frozen=True, eq=False)
class Kind:
    """`llvm`: the type by which it is handed on."""

    llvm: str


INT: Final = Kind("i64")
NUMBER: Final = Kind("double")
FLAG: Final = Kind("i1")
NOTHING: Final = Kind("void")

SCALARS: Final[Mapping[Any, Kind]] = {int: INT, float: NUMBER, bool: FLAG, types.NoneType: NOTHING}
IN_MEMORY: Final = {"i1": "i8", "i4": "i32", "i8": "i64", "f8": "double", "?": "i8"}
"""LLVM's types of a record's fields."""


@dataclass(frozen=True, eq=False)
class Field:
    """`memory`: its type there; `name`: unique among all records' fields, no two of which share memory."""

    offset: int
    memory: str
    kind: Kind
    name: str


@dataclass(frozen=True, eq=False)
class Record(Kind):
    dtype: Any
    fields: Mapping[str, Field]


@dataclass(frozen=True, eq=False)
class Column(Kind):
    element: Kind
    is_fixed: bool
    """Whether its numbers are never written to: a `Sequence`, not a `list`."""


@dataclass(frozen=True, eq=False)
class Group(Kind):
    fields: Mapping[str, Kind]


@dataclass(frozen=True, eq=False)
class Frame(Kind):
    fields: Mapping[str, tuple[int, Kind]]
    """Where each begins, in bytes."""
    size: int


@lru_cache(maxsize=256)
def kind_of(hint: Any) -> Kind:
    """Raises TypeError for an annotation that compiled passes do not know."""
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if hint in SCALARS:
        return SCALARS[hint]
    if get_origin(hint) in (list, Sequence):
        element = kind_of(get_args(hint)[0])
        if element is INT or isinstance(element, Record):
            return Column("{ptr, i64}", element, element is INT and get_origin(hint) is Sequence)
    if get_origin(hint) is tuple:
        return group({str(number): kind_of(one) for number, one in enumerate(get_args(hint))})
    if is_dataclass(hint):
        return _record(hint)
    if isinstance(hint, type) and issubclass(hint, tuple):
        fields = {name: kind_of(one) for name, one in get_type_hints(hint).items()}
        return _frame(fields) if _has_columns(fields) else group(fields)
    raise TypeError(f"compiled passes know no {hint}")


def group(fields: Mapping[str, Kind]) -> Group:
    """Of these values, by value."""
    return Group("{" + ", ".join(kind.llvm for kind in fields.values()) + "}", fields)


def _has_columns(fields: Mapping[str, Kind]) -> bool:
    return any(isinstance(kind, (Column, Frame)) for kind in fields.values())


def _record(record: Any) -> Record:
    dtype: Any = np.dtype(layout(record), align=True)
    hints = get_type_hints(record)
    fields = {
        name: Field(
            dtype.fields[name][1], IN_MEMORY[memory], kind_of(hints[name]), f"{record.__name__}.{name}"
        )
        for name, memory in layout(record)
    }
    return Record("ptr", dtype, fields)


def _frame(fields: Mapping[str, Kind]) -> Frame:
    laid, at = {}, 0
    for name, kind in fields.items():
        laid[name] = (at, kind)
        at += room(kind)
    return Frame("ptr", laid, at)


def room(kind: Kind) -> int:
    """Bytes that a value takes among the arguments of an entry."""
    if isinstance(kind, Frame):
        return kind.size
    if isinstance(kind, Group):
        return sum(map(room, kind.fields.values()))
    return 16 if isinstance(kind, Column) else 8
