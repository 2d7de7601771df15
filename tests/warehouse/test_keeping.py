"""Migrations, the writer lock and the published snapshot."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from datetime import datetime
from pathlib import Path

import pytest

from warehouse import publish
from warehouse.database import WarehouseError, documented_views, one, open_database, rows, transaction
from warehouse.lock import Held, writer_lock

NOW = datetime(2026, 1, 5, 12)


def test_opening_a_second_time_changes_nothing(warehouse: Path) -> None:
    open_database(warehouse).close()
    with open_database(warehouse) as db:
        assert one(db, "SELECT count(*) = max(number) FROM migration")
        assert one(db, "SELECT coalesce(max(seq), 0) FROM ops.guard") == 0


def test_a_warehouse_of_a_newer_program_is_refused(warehouse: Path) -> None:
    with open_database(warehouse) as db:
        db.execute("INSERT INTO migration VALUES (99, '099_future.sql', '')")
    with pytest.raises(WarehouseError, match=r"newer Interlock \(it has 099_future.sql\)"):
        open_database(warehouse)


def test_a_file_that_is_no_warehouse_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "notes.duckdb"
    path.write_text("not a database, but text " * 1000, encoding="utf-8")
    with pytest.raises(WarehouseError, match=r"notes\.duckdb: cannot be opened"):
        open_database(path)


def test_two_transactions_of_one_stage_take_different_numbers(warehouse: Path) -> None:
    with open_database(warehouse) as db:
        with transaction(db, "pull") as tx:
            first = tx.seq
        with transaction(db, "settle") as tx:
            second = tx.seq
        with transaction(db, "pull"):
            pass  # changed nothing, so it takes no number
        with transaction(db, "pull") as tx:
            assert (first, second, tx.seq) == (1, 2, 3)


def test_the_second_writer_is_told_who_holds_the_lock(warehouse: Path) -> None:
    with (
        writer_lock(warehouse, "sync", NOW),
        pytest.raises(Held) as refusal,
        writer_lock(warehouse, "verify", NOW),
    ):
        pytest.fail("two writers at once")
    assert "`sync` (process" in str(refusal.value)
    assert "since 2026-01-05T12:00:00" in str(refusal.value)


def test_a_killed_holder_leaves_no_lock(warehouse: Path) -> None:
    holder = textwrap.dedent(
        f"""
        import os, signal
        from datetime import datetime
        from pathlib import Path
        from warehouse.lock import writer_lock
        with writer_lock(Path({str(warehouse)!r}), "sync", datetime(2026, 1, 5)):
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    assert subprocess.run([sys.executable, "-c", holder], check=False).returncode == -9
    with writer_lock(warehouse, "sync", NOW):
        pass


def test_a_snapshot_holds_every_documented_view_and_nothing_else(warehouse: Path) -> None:
    with open_database(warehouse) as db:
        publish.publish(db, warehouse.parent, 7)
    found = publish.current(warehouse.parent)
    assert found is not None
    assert found.name == "snapshot-7.duckdb"
    with open_database(found, read_only=True) as db:
        tables = db.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables"
        ).fetchall()
    assert sorted(name for (name,) in tables) == sorted(f"main.{view}" for view in documented_views())


def test_two_snapshots_are_kept_and_readers_see_the_last(warehouse: Path) -> None:
    with open_database(warehouse) as db:
        for seq in (1, 2, 10):
            publish.publish(db, warehouse.parent, seq)
    left = sorted(path.name for path in warehouse.parent.glob("snapshot*"))
    assert left == ["snapshot-10.duckdb", "snapshot-2.duckdb", "snapshot.duckdb"]
    current = publish.current(warehouse.parent)
    assert current is not None
    assert current.name == "snapshot-10.duckdb"


def test_a_program_with_duckdb_1_2_can_read_a_snapshot(warehouse: Path) -> None:
    with open_database(warehouse) as db:
        published = publish.publish(db, warehouse.parent, 1)
    with open_database(published, read_only=True) as db:
        assert rows(db, "SELECT tags FROM duckdb_databases() WHERE database_name LIKE 'snapshot%'") == [
            {"tags": {"storage_version": "v1.2.0+"}}
        ]
