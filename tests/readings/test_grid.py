"""A grid says of its cells what stands there, however its rows are stacked."""

from __future__ import annotations

from datetime import date

import pytest

from connectors._readings.cells import Share, stacked
from connectors._readings.grid import Grid, Stacks

CELLS = [
    ["Ref", "Due", "Days", ""],
    ["A-1", date(2026, 3, 31), 3.0, ""],
    ["A-2", "31.03.2026", "3", ""],
    ["", "", "", " "],
    ["A-\x1f4", True, 0.5, ""],
    [5.0, date(2026, 4, 1), 7.0, "x"],
    ["A-6", 46000, "soon", ""],
]
TEXTS = [
    ["Ref", "Due", "Days", None],
    ["A-1", "2026-03-31", "3", None],
    ["A-2", "31.03.2026", "3", None],
    [None, None, None, " "],
    ["A-\x1f4", "TRUE", "0.5", None],
    ["5", "2026-04-01", "7", "x"],
    ["A-6", "46000", "soon", None],
]


@pytest.fixture(params=[1, 2, 3, 99])
def grid(request, monkeypatch):
    monkeypatch.setattr("connectors._readings.cells.HEAD", 1 + request.param // 2)
    monkeypatch.setattr("connectors._readings.cells.SIZE", request.param)
    return Grid("Plan", Stacks(stacked([Share(0, 0, CELLS)])))


def test_rows_are_given_in_any_order(grid):
    assert [list(cells) for cells in grid.rows] == TEXTS
    assert [list(grid.rows[at]) for at in (6, 0, 3, 5)] == [TEXTS[6], TEXTS[0], TEXTS[3], TEXTS[5]]
    assert [list(cells) for cells in grid.rows[2:5]] == TEXTS[2:5]
    assert len(grid.rows) == 7


def test_a_row_tells_which_of_its_cells_are_typed_numbers(grid):
    assert [grid.numbers(row, [1, 2, 3, 9]) for row in range(7)] == [[], [3], [], [], [3], [1, 3], [2]]


def test_a_column_is_blank_between_rows(grid):
    spans = (1, 3), (3, 4), (5, 5), (5, 7), (7, 7)
    assert [grid.blank(4, *span) for span in spans] == [True, False, True, False, True]
    assert grid.blank(1, 4, 4)
    assert grid.blank(9, 1, 7)


def test_space_around_a_text_is_noticed_between_rows(grid):
    assert [grid.spaced(4, *span) for span in ((1, 3), (3, 5), (5, 7))] == [False, True, False]
    assert not grid.spaced(1, 1, 7)


def test_texts_of_a_column_leave_out_what_is_typed(grid):
    assert list(grid.texts(1, 2, 6)) == [(2, "A-1"), (3, "A-2"), (5, "A-\x1f4")]
    assert list(grid.texts(2, 1, 7)) == [(1, "Due"), (3, "31.03.2026")]


@pytest.mark.parametrize("span", [(1, 7), (2, 6), (3, 3), (5, 99), (8, 9)])
def test_blocks_hold_the_rows_that_were_asked_for_and_no_others(grid, span):
    found = []
    for block in grid.blocks([3, 1, 9], *span):
        columns = [block.columns[at].texts() for at in (3, 1, 9)]
        found += zip(block.rows, *columns, strict=True)
    top, bottom = span
    assert found == [
        (row, cells[2] or "", cells[0] or "", "")
        for row, cells in enumerate(TEXTS, start=1)
        if top <= row <= bottom
    ]


def test_a_sheet_without_cells_has_no_rows():
    grid = Grid("Plan", Stacks(stacked([])))
    assert not list(grid.rows)
    assert not list(grid.blocks([1], 1, 9))
    assert grid.blank(1, 1, 9)
