"""What lands, what is news, what is held back, and what is gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse import accounts, landing, raw
from warehouse.accounts import Landing
from warehouse.database import last_seq, open_database, rows, transaction

NOW = datetime(2026, 1, 5, 12)
ISSUES = raw.Spec(
    "jira", "issue", "json", key="id", records=("issues",), content=("$.key", "$.fields.summary")
)
CHANGES = raw.Spec("jira", "change", "json", key="id", records=("issues", "changelog.histories"), parent="id")
TRACKER = raw.Spec("plan", "row", "rows", reads={"id": "key", "title": "text"}, unique=True)
LEDGER = raw.Spec("erp", "posting", "rows", reads={"id": "key", "amount": "amount"}, unique=True, money=True)


def issue(id_: str, summary: str, **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "key": f"A-{id_}",
        "fields": {"summary": summary, **more},
        "changelog": {"histories": []},
    }


def page_of(folder: Path, issues: Sequence[dict[str, Any]], name: str = "page.json") -> raw.Spooled:
    path = folder / name
    path.write_text(json.dumps({"issues": list(issues)}), encoding="utf-8")
    return raw.Spooled(path)


def sheet(
    folder: Path,
    cells: Sequence[dict[str, Any]],
    scope: str = "plan.xlsx",
    facts: str = "1",
    complete: bool = True,
) -> raw.Spooled:
    """A spooled page of rows; each row's fate is `land` unless it says otherwise."""
    path = folder / f"{scope.replace('/', '_')}.parquet"
    with duckdb.connect() as spool:
        spool.execute(
            "CREATE TABLE page (_key VARCHAR, _place VARCHAR, _row BIGINT, _fate VARCHAR, _reason VARCHAR,"
            ' _amount DECIMAL(19, 4), "@id" VARCHAR, "@title" VARCHAR, "@amount" VARCHAR, "Ref" VARCHAR)'
        )
        for number, row in enumerate(cells, start=2):
            fate = row.get("fate", "land")
            key = row.get("id") if fate != "drop" else None
            spool.execute(
                "INSERT INTO page VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [key, f"{scope}, row {number}", number, fate, row.get("reason"), row.get("amount"), row.get("id"),
                 row.get("title"), row.get("amount"), row.get("id")],
            )  # fmt: skip
        spool.execute(f"COPY page TO '{path}' (FORMAT parquet)")
    return raw.Spooled(path, scope, complete, facts={"sha256": facts})


def land(db: duckdb.DuckDBPyConnection, spec: raw.Spec, *pages: raw.Spooled) -> list[Landing]:
    with transaction(db, "pull") as tx:
        return landing.land(tx, spec, pages, NOW)


def versions(db: duckdb.DuckDBPyConnection, spec: raw.Spec, column: str) -> list[tuple[Any, ...]]:
    return db.execute(
        f"SELECT _key, _version, {column}, _gone FROM {spec.table} ORDER BY _key, _version"
    ).fetchall()


def test_a_record_is_appended_only_when_its_content_differs(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    for summary in ("first", "first", "second", "first"):
        land(db, ISSUES, page_of(tmp_path, [issue("1", summary)]))
    assert versions(db, ISSUES, "payload ->> '$.fields.summary'") == [
        ("1", 1, "first", None),
        ("1", 2, "second", None),
        ("1", 3, "first", None),
    ]


def test_a_field_outside_the_allowlist_is_no_news(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(db, ISSUES, page_of(tmp_path, [issue("1", "same", updated="2026-01-01")]))
    before = last_seq(db)
    account = land(db, ISSUES, page_of(tmp_path, [issue("1", "same", updated="2026-01-02")]))
    assert account == [Landing("issue", "", 1, 0, 1, 0, 0, 0)]
    assert last_seq(db) == before


def test_records_one_level_deeper_keep_their_parent(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    moved = issue("7", "moved")
    moved["changelog"]["histories"] = [{"id": "70", "items": []}, {"id": "71", "items": []}]
    land(db, CHANGES, page_of(tmp_path, [issue("6", "still"), moved]))
    assert db.execute(f"SELECT _key, _parent FROM {CHANGES.table} ORDER BY 1").fetchall() == [
        ("70", "7"),
        ("71", "7"),
    ]


def test_an_issue_that_stands_on_two_shifting_pages_lands_once_as_last_read(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    first = page_of(tmp_path, [issue("1", "old"), issue("2", "two")], "1.json")
    second = page_of(tmp_path, [issue("1", "new")], "2.json")
    (account,) = land(db, ISSUES, first, second)
    assert (account.rows_read, account.landed, account.unchanged) == (3, 2, 1)
    assert versions(db, ISSUES, "payload ->> '$.fields.summary'") == [
        ("1", 1, "new", None),
        ("2", 1, "two", None),
    ]


def test_both_rows_of_a_doubled_key_are_held_back_and_each_place_is_named(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    page = sheet(
        tmp_path, [{"id": "M-1", "title": "a"}, {"id": "M-1", "title": "b"}, {"id": "M-2", "title": "c"}]
    )
    assert land(db, TRACKER, page) == [Landing("row", "plan.xlsx", 3, 1, 0, 2, 0, 0)]
    held = list(accounts.quarantine(db))
    assert [row["place"] for row in held] == ["plan.xlsx, row 2", "plan.xlsx, row 3"]
    assert "plan.xlsx, row 2 and plan.xlsx, row 3" in held[0]["reason"]


def test_a_key_doubled_in_a_file_that_was_not_read_again_is_held_back(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    land(db, TRACKER, sheet(tmp_path, [{"id": "M-1", "title": "a"}], "one.xlsx"))
    land(db, TRACKER, sheet(tmp_path, [{"id": "M-1", "title": "other"}], "two.xlsx"))
    assert versions(db, TRACKER, '"@title"') == [("M-1", 1, "a", None)]
    (held,) = accounts.quarantine(db)
    assert "two.xlsx, row 2 and one.xlsx, row 2" in held["reason"]


def test_a_row_that_is_mended_leaves_the_quarantine(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    bad = {"id": "M-1", "fate": "quarantine", "reason": 'D2 (Due): "soon" is no date'}
    land(db, TRACKER, sheet(tmp_path, [bad]))
    land(db, TRACKER, sheet(tmp_path, [bad]))
    assert len(list(accounts.quarantine(db))) == 1
    land(db, TRACKER, sheet(tmp_path, [{"id": "M-1", "title": "good"}]))
    assert list(accounts.quarantine(db)) == []
    assert versions(db, TRACKER, '"@title"') == [("M-1", 1, "good", None)]


def test_a_row_gone_from_a_file_that_was_read_whole_gets_a_tombstone_and_may_come_back(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    both = [{"id": "M-1", "title": "a"}, {"id": "M-2", "title": "b"}]
    land(db, TRACKER, sheet(tmp_path, both))
    land(db, TRACKER, sheet(tmp_path, both[:1]))
    land(db, TRACKER, sheet(tmp_path, both))
    assert versions(db, TRACKER, '"@title"') == [
        ("M-1", 1, "a", None),
        ("M-2", 1, "b", None),
        ("M-2", 2, None, "deleted"),
        ("M-2", 3, "b", None),
    ]


def test_a_row_that_moved_to_another_file_is_missed_there(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    row = {"id": "M-1", "title": "a"}
    land(db, TRACKER, sheet(tmp_path, [row, {"id": "M-2", "title": "b"}], "one.xlsx"))
    land(
        db,
        TRACKER,
        sheet(tmp_path, [{"id": "M-2", "title": "b"}], "one.xlsx"),
        sheet(tmp_path, [row], "two.xlsx"),
    )
    land(db, TRACKER, sheet(tmp_path, [{"id": "M-3", "title": "c"}], "two.xlsx"))
    assert [line for line in versions(db, TRACKER, "_scope") if line[0] == "M-1"] == [
        ("M-1", 1, "two.xlsx", None),
        ("M-1", 2, "two.xlsx", "deleted"),
    ]


def test_a_row_in_quarantine_is_not_gone(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(db, TRACKER, sheet(tmp_path, [{"id": "M-1", "title": "a"}]))
    land(db, TRACKER, sheet(tmp_path, [{"id": "M-1", "fate": "quarantine", "reason": "bad"}]))
    assert versions(db, TRACKER, '"@title"') == [("M-1", 1, "a", None)]


def test_a_pull_that_would_lose_most_of_a_file_is_refused(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    many = [{"id": f"M-{n}", "title": "x"} for n in range(20)]
    land(db, TRACKER, sheet(tmp_path, many))
    with pytest.raises(raw.CensusRefused, match="15 of 20 known records are missing"):
        land(db, TRACKER, sheet(tmp_path, many[:5]))
    assert db.execute(f"SELECT count(*) FROM {TRACKER.table}").fetchone() == (20,)


def test_a_census_names_what_it_does_not_hold(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    land(db, ISSUES, page_of(tmp_path, [issue("1", "a"), issue("2", "b")]))
    census = replace(page_of(tmp_path, [{"id": "1"}], "census.json"), complete=True, keys_only=True)
    assert raw.missing(db, ISSUES, [census], largest_loss=0.5) == ["2"]
    with transaction(db, "pull") as tx:
        raw.bury(tx, ISSUES, {"2": "not visible: permission lost"}, NOW)
    assert raw.missing(db, ISSUES, [census], largest_loss=0.5) == []
    assert versions(db, ISSUES, "payload ->> '$.fields.summary'")[-1] == (
        "2",
        2,
        None,
        "not visible: permission lost",
    )


def test_a_posting_in_two_overlapping_exports_is_one(db: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    january = sheet(tmp_path, [{"id": "1", "amount": "10.00"}, {"id": "2", "amount": "5.00"}], "jan.csv")
    february = sheet(tmp_path, [{"id": "2", "amount": "5.00"}, {"id": "3", "amount": "-2.50"}], "feb.csv")
    land(db, LEDGER, january, february)
    assert db.execute(f'SELECT count(*), sum("@amount"::DECIMAL(19, 4)) FROM {LEDGER.table}').fetchone() == (
        3,
        Decimal("12.5000"),
    )
    told = rows(db, "SELECT file, rows_read, landed, unchanged, amount_read FROM file_account ORDER BY file")
    assert [(row["file"], row["rows_read"], row["landed"] + row["unchanged"]) for row in told] == [
        ("feb.csv", 2, 2),
        ("jan.csv", 2, 2),
    ]


FATES = st.sampled_from(["land", "quarantine", "drop"])
AMOUNTS = st.decimals(min_value=-(10**9), max_value=10**9, places=4)


@settings(max_examples=10, deadline=None)
@given(
    pulls=st.lists(st.lists(st.tuples(st.integers(1, 6), FATES, AMOUNTS), max_size=8), min_size=1, max_size=3)
)
def test_rows_and_amounts_always_add_up(
    tmp_path_factory: pytest.TempPathFactory, pulls: list[list[tuple[int, str, Decimal]]]
) -> None:
    folder = tmp_path_factory.mktemp("pulls")
    with open_database(None) as db:
        for number, pull in enumerate(pulls):
            cells = [
                {"id": str(k), "fate": fate, "amount": amount, "reason": "why"} for k, fate, amount in pull
            ]
            land(db, LEDGER, sheet(folder, cells, facts=str(number)))
        for row in rows(db, "FROM ops.batch"):
            assert row["rows_read"] == row["landed"] + row["unchanged"] + row["quarantined"] + row["dropped"]
            kinds = ("landed", "unchanged", "quarantined", "dropped")
            assert row["amount_read"] == sum(row[f"amount_{kind}"] for kind in kinds)
        live = db.execute(
            f"SELECT count(*) FROM {raw.latest(LEDGER)} GROUP BY _key HAVING count(*) > 1"
        ).fetchall()
        assert live == []


def test_the_same_pages_again_are_no_news_until_what_they_landed_is_gone(
    db: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    pages = page_of(tmp_path, [issue("1", "a"), issue("2", "b")])
    land(db, ISSUES, pages)
    assert land(db, ISSUES, pages) == []
    with transaction(db, "pull") as tx:
        raw.bury(tx, ISSUES, {"2": "deleted"}, NOW)
    (account,) = land(db, ISSUES, pages)
    assert (account.landed, account.unchanged) == (1, 1)
