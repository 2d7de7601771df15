"""Cells come into DuckDB column by column as they are, whatever stands in them and wherever a block ends."""

from __future__ import annotations

from datetime import date

import pytest

from connectors._readings.blocks import Row, blocks, load
from connectors._readings.cells import Share, stacked
from connectors._readings.grid import Grid, Stacks
from connectors._readings.table import open_desk

ODD = ["a\x1fb", "\x1e", " x", "y\u00a0", "ä\u3000", "", "\ue000", "two\nlines", "\t", "#REF!"]
TRIMMED = ["a\x1fb", "\x1e", "x", "y", "ä", None, "\ue000", "two\nlines", None, "#REF!"]


def rows_of(loaded, desk, columns):
    cells = ", ".join(loaded.cell(at) for at in columns)
    return desk.execute(
        f'SELECT "row", filled_cells, label, marked, {cells} FROM cell ORDER BY "row"'
    ).fetchall()


@pytest.mark.parametrize("size", [1, 3, 100])
def test_any_text_is_kept_and_trimmed_alike_wherever_a_block_ends(monkeypatch, size):
    monkeypatch.setattr("connectors._readings.cells.HEAD", size)
    monkeypatch.setattr("connectors._readings.cells.SIZE", size)
    desk, grid = open_desk(), Grid("Plan", Stacks(stacked([Share(0, 0, [[text, "z"] for text in ODD])])))
    loaded = load(desk, grid.blocks([1, 2], 1, 99), [1, 2], ())
    assert rows_of(loaded, desk, [1, 2]) == [
        (row, 1 + (text is not None), text or "z", text == "#REF!", text, "z")
        for row, text in enumerate(TRIMMED, start=1)
    ]
    assert desk.execute('SELECT raw1 FROM cell ORDER BY "row"').fetchall() == [
        (text or None,) for text in ODD
    ]


@pytest.mark.parametrize("size", [2, 100])
def test_typed_numbers_are_told_from_texts_of_the_same_look(monkeypatch, size):
    monkeypatch.setattr("connectors._readings.cells.HEAD", size)
    monkeypatch.setattr("connectors._readings.cells.SIZE", size)
    cells = [1.0, "1", 0.1, True, "", date(2026, 3, 31), 1e20, 2.5, 3.5, float("1e-7")]
    desk, grid = open_desk(), Grid("Plan", Stacks(stacked([Share(0, 0, [[cell, "z"] for cell in cells])])))
    load(desk, grid.blocks([1, 2], 1, 99), [1, 2], (1,))
    assert desk.execute('SELECT raw1, typed1 FROM cell ORDER BY "row"').fetchall() == [
        ("1", True), ("1", False), ("0.1", True), ("TRUE", False), (None, False), ("2026-03-31", False),
        ("100000000000000000000", True), ("2.5", True), ("3.5", True), ("0.0000001", True),
    ]  # fmt: skip


def test_many_different_numbers_are_shown_as_few_are():
    cells = [0.1 + 0.2, 1e20, 1e-7, -3.0, *(number / 7 for number in range(300))]
    (head, _) = stacked([Share(0, 0, [[cell] for cell in cells])])
    assert head.columns[0].texts()[:4] == ["0.3", "100000000000000000000", "0.0000001", "-3"]
    assert head.columns[0].texts()[5] == "0.142857142857143"


def test_a_blank_row_is_none_and_a_fault_hides_what_its_cells_mean():
    desk = open_desk()
    rows = [Row(1, [" ", None]), Row(2, ["a", "b", "c"], "too wide"), Row(3, ["d"])]
    loaded = load(desk, blocks(rows, 2, ()), [1, 2], ())
    assert rows_of(loaded, desk, [1, 2]) == [(2, 3, "a", False, None, None), (3, 1, "d", False, "d", None)]
    assert desk.execute('SELECT fault, raw1, beyond FROM cell ORDER BY "row"').fetchall() == [
        ("too wide", "a", "c"),
        (None, "d", ""),
    ]
