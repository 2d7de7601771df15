"""The journal's chain: what is in it can be checked, and every kind of tampering is named."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import duckdb
import pytest

from warehouse import journal
from warehouse.database import transaction

NOW = datetime(2026, 1, 5, 12)


@pytest.fixture
def written(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    with transaction(db, "settle") as tx:
        for n in range(1, 5):
            journal.append(tx, NOW, "break opened", f"b{n}", {"days_late": n}, {"reason": f"because {n}"})
    return db


def test_an_untouched_journal_has_no_fault(written: duckdb.DuckDBPyConnection) -> None:
    assert list(journal.faults(written)) == []


def test_words_can_be_erased_without_breaking_the_chain(written: duckdb.DuckDBPyConnection) -> None:
    written.execute("DELETE FROM journal.words WHERE n = 2")
    assert list(journal.faults(written)) == []


@pytest.mark.parametrize(
    ("tampering", "fault"),
    [
        (
            "UPDATE journal.entry SET body = '{}' WHERE n = 2",
            "journal entry 2 (break opened, b2) was changed",
        ),
        (
            "UPDATE journal.entry SET happened_at = '2020-01-01' WHERE n = 3",
            "journal entry 3 (break opened, b3) was",
        ),
        ("DELETE FROM journal.entry WHERE n = 2", "journal entry 2 is missing"),
        (
            "DELETE FROM journal.entry WHERE n = 4",
            "the journal's head names entry 4, but the last entry is 3",
        ),
        (
            "UPDATE journal.words SET words = '{}' WHERE n = 1",
            "the words of journal entry 1 (break opened, b1)",
        ),
        ("UPDATE journal.entry SET n = 9 - n WHERE n IN (4)", "journal entry 4 is missing"),
    ],
)
def test_the_first_fault_is_named(written: duckdb.DuckDBPyConnection, tampering: str, fault: str) -> None:
    written.execute(tampering)
    assert next(journal.faults(written)).startswith(fault)


def test_a_rolled_back_entry_leaves_no_gap(written: duckdb.DuckDBPyConnection) -> None:
    with suppress(KeyError), transaction(written, "settle") as tx:
        journal.append(tx, NOW, "decision", "b1", {})
        raise KeyError
    with transaction(written, "settle") as tx:
        assert journal.append(tx, NOW, "decision", "b1", {}) == 5
    assert list(journal.faults(written)) == []
