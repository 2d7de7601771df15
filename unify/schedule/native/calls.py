"""Calls machine code with arrays, named tuples and numbers."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from unify.schedule.native.kinds import FLAG, INT, Column, Frame, Group, Kind, Record, room
from unify.schedule.native.machine import Entry
from unify.schedule.native.unit import signature


def as_python(function: Any, entry: Entry) -> Callable[..., Any]:
    """The entry to be called as the function itself, columns being numpy arrays.

    Raises TypeError for an array of another layout than the function's annotation says.
    """
    parameters, returns = signature(function)
    kinds = list(parameters.values())
    given = ctypes.c_int64 * (sum(map(room, kinds)) // 8)
    back = ctypes.c_int64 * (room(returns) // 8)

    def call(*values: Any) -> Any:
        words: list[int] = []
        for kind, value in zip(kinds, values, strict=True):
            _add(words, kind, value)
        left = back()
        entry(given(*words), left)
        return _returned(returns, left)

    return call


def _add(words: list[int], kind: Kind, value: Any) -> None:
    if isinstance(kind, Column):
        words.append(_address(kind, value))
        words.append(len(value))
    elif isinstance(kind, Frame):
        for (_, one), part in zip(kind.fields.values(), value, strict=True):
            _add(words, one, part)
    elif isinstance(kind, Group):
        for one, part in zip(kind.fields.values(), value, strict=True):
            _add(words, one, part)
    else:
        words.append(int(value))


def _address(kind: Column, array: Any) -> int:
    wanted = kind.element.dtype if isinstance(kind.element, Record) else np.dtype(np.int32)
    if array.dtype != wanted or not array.flags.c_contiguous:
        raise TypeError(f"a column of {array.dtype} where one of {wanted} is needed")
    return int(array.__array_interface__["data"][0])


def _returned(kind: Kind, left: Any) -> Any:
    if kind is INT:
        return left[0]
    if kind is FLAG:
        return bool(left[0])
    return tuple(left) if isinstance(kind, Group) else None
