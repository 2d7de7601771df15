"""Machine code of a function gives what the function gives, for all of Python that the passes are written in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, isnan
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unify.schedule.native.calls import as_python
from unify.schedule.native.machine import load, machine_code
from unify.schedule.native.unit import text_of
from unify.schedule.records import Item, Shown, layout

LIMIT = 5
WHOLE = st.integers(-50, 50)


class Pair(NamedTuple):
    a: int
    b: int


class Table(NamedTuple):
    items: Sequence[Item]
    numbers: list[int]
    fixed: Sequence[int]


def arithmetic(a: int, b: int) -> tuple[int, int, int, int, int]:
    whole = a * 0.5
    return a // (b * b + 1), a // -7, max(a, b, 3), min(a - b, -a), ceil(min(whole, 3.25) - 1e-6)


def conditions(a: int, b: int) -> tuple[int, int, int]:
    between = -10 < a <= b != 7
    either = a in (1, 2, b) or not between
    counted = 0
    counted += a > b
    counted += between and either
    return counted, LIMIT if between else -1, a if a and b else b


def loops(a: int, b: int) -> tuple[int, int]:
    met = down = 0
    for number in range(a, b):
        if number == LIMIT:
            continue
        if number > 20:
            break
        met += number
    for number in range(b, a, -2):
        down = down * 3 - number
        down = down // 2
    at = a
    while True:
        at += 3
        if at > b:
            return met + at, down


def swapped(pair: Pair, twice: bool) -> Pair:
    found = Pair(pair.b, pair.a)
    if twice:
        a, found_b = found
        return Pair(found_b, a)
    return found


@pytest.fixture(scope="module")
def native() -> Callable[[Any], Callable[..., Any]]:
    made: dict[Any, Callable[..., Any]] = {}

    def compiled(function: Any) -> Callable[..., Any]:
        if function not in made:
            made[function] = as_python(function, load(machine_code(text_of(function))))
        return made[function]

    return compiled


@pytest.mark.parametrize("function", [arithmetic, conditions, loops])
@given(a=WHOLE, b=WHOLE)
def test_numbers_conditions_and_loops(native: Any, function: Any, a: int, b: int) -> None:
    assert native(function)(a, b) == function(a, b)


def test_tuples_go_in_and_come_out(native: Any) -> None:
    assert [native(swapped)(Pair(3, 4), twice) for twice in (True, False)] == [(3, 4), (4, 3)]


def first_below(table: Table, limit: int) -> int:
    """Looks at no number after the last: what `and` rules out is not read."""
    at = 0
    while at < len(table.numbers) and table.numbers[at] >= limit:
        table.numbers[at] -= 1
        at += 1
    return at


def sum_up(table: Table) -> int:
    total = 0
    for number in range(len(table.items)):
        item = table.items[number]
        if isnan(item.estimate):
            item.estimate = 2
            item.due_is_deadline = True
        item.work = item.state = item.start + table.fixed[number]
        total += item.work + (1 if item.due_is_deadline else 0)
    return total


def test_columns_and_records_are_read_and_written(native: Any) -> None:
    dtype = np.dtype(layout(Item), align=True)
    items = np.zeros(3, dtype)
    items["start"] = [10, -20, 30]
    items["estimate"] = [1.0, float("nan"), 3.0]
    numbers, fixed = np.array([7, 6, 9], np.int32), np.array([1, 2, 3], np.int32)
    table = Table(items, numbers, fixed)
    assert native(first_below)(table, 7) == 1
    assert numbers.tolist() == [6, 6, 9]
    assert native(first_below)(table, 0) == 3
    assert native(sum_up)(table) == 11 - 18 + 33 + 1
    assert items["work"].tolist() == items["state"].tolist() == [11, -18, 33]
    assert items["estimate"].tolist() == [1.0, 2.0, 3.0]
    assert items["due_is_deadline"].tolist() == [False, True, False]


def test_an_array_of_another_layout_is_refused(native: Any) -> None:
    numbers = np.zeros(3, np.int32)
    for wrong in (numbers, np.zeros(3, np.dtype(layout(Shown), align=True))):
        with pytest.raises(TypeError, match="a column of"):
            native(sum_up)(Table(wrong, numbers, numbers))


def with_a_list(number: int) -> int:
    others = [number]
    return others[0]


def writes_what_is_fixed(table: Table) -> None:
    table.fixed[0] = 1  # type: ignore[index]


def changes_its_kind(number: int) -> int:
    found = number
    found = found * 0.5  # type: ignore[assignment]
    return ceil(found)


def test_what_passes_are_not_written_in_is_refused_by_file_and_line() -> None:
    for function, why in (
        (with_a_list, "know no List"),
        (writes_what_is_fixed, "numbers of a list"),
        (changes_its_kind, "a double where a i64 is needed"),
    ):
        line = function.__code__.co_firstlineno + (2 if function is changes_its_kind else 1)
        with pytest.raises(TypeError, match=rf"test_native\.py:{line}: .*{why}.* \(in {function.__name__}\)"):
            text_of(function)
