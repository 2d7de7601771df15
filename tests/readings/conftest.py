"""Reads columns of text cells as the file connectors do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from connectors._readings.blocks import Row
from connectors._readings.columns import Mapped, Settings
from connectors._readings.table import Table, lay_out, open_desk
from connectors.contract import Reading

Cells = Sequence[str | None]
ReadColumn = Callable[..., list[tuple[str | None, str | None]]]


@pytest.fixture
def read(tmp_path) -> ReadColumn:
    """Reads one column, headed Due, from row 2 on: a list of (canonical value, problem), one per cell."""
    desk = open_desk()

    def read_column(cells: Cells, reading: Reading, numbers: Sequence[int] = (), **settings):
        # A second column keeps rows with a blank first cell in the table.
        rows = [
            Row(number, [cell, "-"], numbers=[1] if number - 2 in numbers else [])
            for number, cell in enumerate(cells, start=2)
        ]
        table = Table("plan.xlsx, sheet Plan", ["Due", "Other"], rows, "row", "correct it")
        lay_out(desk, table, [Mapped("it", reading, 1, "Due")], {"it": reading}, Settings(**settings))
        found = desk.execute('SELECT "@it", _problem FROM laid ORDER BY _row').fetchall()
        return [(value, problem) for value, problem in found]

    return read_column
