"""What was read ahead of its landing lands as if it had been read then."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from warehouse import accounts, database, digesting, landing, raw
from warehouse.database import open_database, transaction
from warehouse.digesting import Digester

NOW = datetime(2026, 1, 5, 12)
ISSUES = raw.Spec(
    "jira", "issue", "json", key="id", records=("issues",),
    content=("$.key", "$.fields.summary", "$.fields.parts[*].name"),
)  # fmt: skip
CHANGES = raw.Spec("jira", "change", "json", key="id", records=("issues", "changelog.histories"), parent="id")
LANDED = "SELECT * EXCLUDE (_at, _batch) FROM {} ORDER BY _key, _version"


def issue(id_: str | None, summary: str) -> dict[str, Any]:
    histories = [{"id": f"{id_}-{number}", "items": [number]} for number in range(3)]
    parts = [{"name": summary}, {"name": None}, {"other": 1}]
    return {"id": id_, "key": f"A-{id_}", "fields": {"summary": summary, "parts": parts},
            "changelog": {"histories": histories}}  # fmt: skip


def pages_of(folder: Path, *pages: Sequence[dict[str, Any]]) -> list[raw.Spooled]:
    folder.mkdir()
    paths = [folder / f"{number}.json" for number in range(len(pages))]
    for path, issues in zip(paths, pages, strict=True):
        path.write_text(json.dumps({"issues": issues}), encoding="utf-8")
    return [raw.Spooled(path, "the site") for path in paths]


def record(
    db: duckdb.DuckDBPyConnection, folder: Path, pulls: Sequence[Sequence[raw.Spooled]], ahead: bool
) -> list[Any]:
    """What stands in the warehouse after these pulls, with their accounts."""
    told: list[Any] = []
    for number, pages in enumerate(pulls):
        with Digester(folder / f"digests-{number}") as digester:
            for page in pages if ahead else ():
                for spec in (ISSUES, CHANGES):
                    digester.take(spec, page)
            digests = digester.finish()
        assert [name for name, digest in digests.items() if len(digest.files) > 1] == (
            ["issue", "change"] if ahead else []
        )
        for spec in (ISSUES, CHANGES):
            with transaction(db, "pull") as tx:
                told.append(landing.land(tx, spec, pages, NOW, digest=digests.get(spec.stream)))
    told += [db.execute(LANDED.format(spec.table)).fetchall() for spec in (ISSUES, CHANGES)]
    told.append([row["key"] for row in accounts.quarantine(db)])
    told.append(db.execute("SELECT payload, reason FROM ops.quarantine").fetchall())
    told.append(db.execute("SELECT * EXCLUDE (landed_at, batch_id) FROM ops.batch ORDER BY ALL").fetchall())
    return told


def test_pages_read_ahead_land_as_those_read_when_they_land(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch is one page or two, by their bytes. Records stand twice in a page, and in pages of two batches.
    first = pages_of(
        tmp_path / "first",
        [issue("1", "one"), issue("2", "two"), issue(None, "lost"), issue("2", "two, and once more")],
        [issue("3", "three"), issue("1", "one, read again")],
        [issue("4", "four"), issue("5", "five"), issue("6", "six")],
        [issue("2", "two, read again"), issue("7", "seven"), issue("8", "eight")],
        [issue("4", "four, read again")],
    )
    second = pages_of(
        tmp_path / "second",
        [issue("1", "one, read again"), issue("2", "two, changed"), issue("9", "nine")],
        [issue("3", "three"), issue("4", "four, read again"), issue("7", "seven")],
        [issue("8", "eight, changed")],
    )
    monkeypatch.setattr(digesting, "BATCH", 800)
    pulls = [first, second, second]
    with open_database(None) as one, open_database(None) as other:
        ahead = record(one, tmp_path, pulls, ahead=True)
        assert ahead == record(other, tmp_path / "none", pulls, ahead=False)
    accounted = ahead[0][0]
    assert (accounted.rows_read, accounted.landed, accounted.unchanged, accounted.quarantined) == (
        13, 8, 4, 1,
    )  # fmt: skip


@pytest.mark.parametrize("order", ["01", "10", "010", "1101", "0212"])
def test_the_later_of_two_records_counts_in_whatever_order_a_stream_takes_the_pages(
    order: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another stream has taken them in the order in which they came."""
    pages = pages_of(tmp_path / "pages", *([issue("1", f"page {n}")] for n in range(3)))
    taken = [pages[int(place)] for place in order]
    with Digester(tmp_path / "digests") as digester:
        for page in pages:
            digester.take(CHANGES, page)
        for page in taken:
            digester.take(ISSUES, page)
        monkeypatch.setattr(digesting, "BATCH", 0)
        digester.take(CHANGES, raw.Spooled(pages_of(tmp_path / "more", [])[0].path, "the site"))
        digests = digester.finish()
    with open_database(None) as db:
        with transaction(db, "pull") as tx:
            landing.land(tx, ISSUES, taken, NOW, digest=digests["issue"])
        landed = db.execute(f"SELECT payload ->> '$.fields.summary' FROM {ISSUES.table}").fetchall()
    assert landed == [(f"page {order[-1]}",)]


def test_a_page_that_is_no_json_is_told_of_by_the_landing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = pages_of(tmp_path / "pages", [issue("1", "one")], [issue("2", "two")])
    bad.path.write_text('{"issues": [', encoding="utf-8")
    monkeypatch.setattr(digesting, "BATCH", 1)
    with Digester(tmp_path / "digests") as digester:
        digester.take(ISSUES, good)
        digester.take(ISSUES, bad)
        assert digester.finish() == {}
    with (
        open_database(None) as db,
        pytest.raises(duckdb.InvalidInputException),
        transaction(db, "pull") as tx,
    ):
        landing.land(tx, ISSUES, [good, bad], NOW)


def test_digests_of_another_reading_are_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connector may learn while it pulls which fields count as news."""
    pages = pages_of(tmp_path / "pages", [issue("1", "one")], [issue("2", "two")])
    monkeypatch.setattr(digesting, "BATCH", 1)
    less = raw.Spec("jira", "issue", "json", key="id", records=("issues",), content=("$.key",))
    hashes = []
    for number, specs in enumerate([(less, less), (less, ISSUES), (ISSUES, ISSUES)]):
        with Digester(tmp_path / f"digests-{number}") as digester:
            for spec, page in zip(specs, pages, strict=True):
                digester.take(spec, page)
            digests = digester.finish()
        with open_database(None) as db:
            with transaction(db, "pull") as tx:
                landing.land(tx, ISSUES, pages, NOW, digest=digests.get("issue"))
            hashes.append(db.execute(f"SELECT _hash FROM {ISSUES.table} ORDER BY _key").fetchall())
    assert hashes[0] == hashes[1] == hashes[2]


def test_an_error_while_pages_come_in_leaves_nothing_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = pages_of(tmp_path / "pages", *([issue(str(n), "one")] for n in range(9)))
    monkeypatch.setattr(digesting, "BATCH", 1)

    def cut_short() -> None:
        with Digester(tmp_path / "digests") as digester:
            for page in pages:
                digester.take(ISSUES, page)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_short()
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("digest")]
    shutil.rmtree(tmp_path / "digests")


@pytest.mark.slow
def test_forty_megabytes_more_of_pages_take_less_than_that_more_of_memory(tmp_path: Path) -> None:
    few, many = (peak_of_landing(tmp_path / name, count) for name, count in (("few", 40), ("many", 80)))
    assert many - few < 40  # seen: 24; unbounded, and read when they land: 61


def peak_of_landing(folder: Path, pages: int) -> float:
    """MB, of a process of its own that digests and lands so many pages of a megabyte."""
    text = "What is to be done, by whom, and what it waits for. "
    pages_of(
        folder,
        *([issue(f"{page}-{n}", f"{page} {n} {text * 95}") for n in range(100)] for page in range(pages)),
    )
    done = subprocess.run(
        [sys.executable, __file__, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": "."},
    )
    return float(done.stdout)


def land_in(folder: Path) -> None:
    digesting.BATCH, database.LANDING_MEMORY = 1 << 20, "40MB"  # what the pages take, either way, is more
    pages = [raw.Spooled(path) for path in sorted(folder.glob("*.json"))]
    with Digester(folder / "digests") as digester:
        for page in pages:
            digester.take(ISSUES, page)
        digest = digester.finish()["issue"]
    with (
        open_database(folder / "warehouse.duckdb") as db,
        database.much_at_once(db),
        transaction(db, "pull") as tx,
    ):
        landing.land(tx, ISSUES, pages, NOW, digest=digest)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    land_in(Path(sys.argv[1]))
