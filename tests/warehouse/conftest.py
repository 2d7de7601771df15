from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.database import open_database


@pytest.fixture
def db() -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(None) as connection:
        yield connection


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    return tmp_path / "interlock.duckdb"
