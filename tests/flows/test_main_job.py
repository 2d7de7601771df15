"""The main job on small companies, through the configuration and the command line."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.flows.conftest import DAY, Company


def slipping(company: Company) -> None:
    """IT delivers on the 20th what Marketing needs before the 16th: five working days late."""
    company.tracker(
        "it",
        [
            {
                "id": "P-1",
                "title": "Access",
                "start": date(2026, 3, 2),
                "due": date(2026, 3, 20),
                "status": "In progress",
            }
        ],
    )
    company.tracker(
        "marketing",
        [
            {
                "id": "M-1",
                "title": "Campaign",
                "start": date(2026, 3, 16),
                "due": date(2026, 4, 1),
                "depends_on": "P-1",
            }
        ],
    )


def test_a_slip_between_two_trackers_is_one_break_told_on_both_sides(company: Company) -> None:
    slipping(company)
    company.sync()
    (one,) = company.breaks()
    assert {
        name: one[name] for name in ("rule", "key", "days_late", "from_department", "to_department", "state")
    } == {
        "rule": "slip-hits-peer",
        "key": ["it:P-1>marketing:M-1"],
        "days_late": 5,
        "from_department": "it",
        "to_department": "marketing",
        "state": "open",
    }
    assert one["first_seen"] == "2026-03-02"
    told = [
        (row["audience"], row["item_id"], row["outcome"])
        for row in company.view("FROM delivery ORDER BY audience")
    ]
    assert told == [("consumer", "marketing:M-1", "written"), ("provider", "it:P-1", "written")]
    assert company.cell(company.folder / "marketing.xlsx", "M-1", "Hub code") == one["code"]
    assert "5 working days" in company.cell(company.folder / "it.xlsx", "P-1", "Hub flag")


def test_nothing_is_told_or_appended_twice(company: Company) -> None:
    slipping(company)
    company.sync()
    before, files = company.dump(), {p.name: p.read_bytes() for p in company.folder.glob("*.xlsx")}
    company.sync()
    assert company.dump() == before
    company.sync(DAY + timedelta(days=1))
    after = company.dump()
    # A day later the same break is still found: only the day on which it was last seen moves.
    assert [row for row in after["breaks.episode"] if row[:10] != before["breaks.episode"][0][:10]] == []
    assert {name: rows for name, rows in after.items() if name != "breaks.episode"} == {
        name: rows for name, rows in before.items() if name != "breaks.episode"
    }
    assert {p.name: p.read_bytes() for p in company.folder.glob("*.xlsx")} == files


def test_no_change_makes_no_new_snapshot(company: Company) -> None:
    slipping(company)
    company.sync()
    first = sorted((p.name, p.stat().st_mtime_ns) for p in (company.folder / "data").glob("snapshot-*"))
    company.sync()
    assert (
        sorted((p.name, p.stat().st_mtime_ns) for p in (company.folder / "data").glob("snapshot-*")) == first
    )


def test_a_real_change_is_told_again_and_a_small_one_is_not(company: Company) -> None:
    slipping(company)
    company.sync()
    flag = company.folder / "marketing.xlsx"
    company.cell(company.folder / "it.xlsx", "P-1", "Due", date(2026, 3, 24))
    company.sync(DAY + timedelta(days=1))
    assert "5 working days" in company.cell(flag, "M-1", "Hub flag")
    assert company.breaks()[0]["days_late"] == 7
    company.cell(company.folder / "it.xlsx", "P-1", "Due", date(2026, 3, 27))
    company.sync(DAY + timedelta(days=2))
    assert "10 working days" in company.cell(flag, "M-1", "Hub flag")


def test_a_recovery_is_told_and_the_break_is_resolved(company: Company) -> None:
    slipping(company)
    company.sync()
    company.cell(company.folder / "it.xlsx", "P-1", "Due", date(2026, 3, 13))
    company.sync(DAY + timedelta(days=1))
    assert company.breaks() == []
    assert company.keys("resolved") == {("slip-hits-peer", "it:P-1>marketing:M-1")}
    assert company.cell(company.folder / "marketing.xlsx", "M-1", "Hub flag").startswith("Resolved: ")


def test_observe_is_the_default_and_writes_nothing(company: Company) -> None:
    del company.settings["alerts"]
    slipping(company)
    before = {p.name: p.read_bytes() for p in company.folder.glob("*.xlsx")}
    company.sync()
    assert len(company.breaks()) == 1
    assert {p.name: p.read_bytes() for p in company.folder.glob("*.xlsx")} == before
    assert company.dump()["outbox.alert"] == []
    # Rules may speak later: what still stands is told then.
    company.settings["alerts"] = {"mode": "notify", "hold": "0d"}
    company.sync(DAY + timedelta(days=1))
    assert len(company.view("FROM delivery")) == 2


def test_hold_delays_the_telling_and_not_the_break(company: Company) -> None:
    company.settings["alerts"]["hold"] = "2d"
    slipping(company)
    told = []
    for day in range(3):
        company.sync(DAY + timedelta(days=day))
        told.append(len(company.view("FROM delivery")))
    assert told == [0, 0, 2]
    assert company.breaks()[0]["first_seen"] == "2026-03-02"


def test_a_source_that_cannot_be_read_neither_opens_nor_closes_anything(company: Company) -> None:
    slipping(company)
    company.sync()
    tracker = company.folder / "it.xlsx"
    kept = tracker.read_bytes()
    tracker.unlink()
    result = company.sync(DAY + timedelta(days=1), status=1)
    assert "it.xlsx" in result.err
    assert [one["state"] for one in company.breaks()] == ["unknown"]
    (health,) = company.view("SELECT state, reason FROM source_health WHERE source_id = 'it'")
    assert health["state"] == "stale"
    tracker.write_bytes(kept)
    company.sync(DAY + timedelta(days=2))
    assert [(one["state"], one["first_seen"]) for one in company.breaks()] == [("open", "2026-03-02")]


def test_a_dry_run_shows_each_write_and_changes_nothing(company: Company) -> None:
    slipping(company)
    company.sync(DAY - timedelta(days=30))
    before = company.dump(), {p.name: p.read_bytes() for p in company.folder.glob("*.xlsx")}
    company.cell(company.folder / "it.xlsx", "P-1", "Due", date(2026, 6, 30))
    changed = {p.name: p.read_bytes() for p in company.folder.glob("*.xlsx")}
    result = company.run("sync", "--dry-run", "--today", DAY.isoformat())
    assert result.status == 0
    assert "marketing: would edit on M-1" in result.out
    assert "2 messages would be written; nothing was" in result.out
    assert company.dump() == before[0]
    assert {p.name: p.read_bytes() for p in company.folder.glob("*.xlsx")} == changed


def test_each_stage_runs_alone_and_the_four_together_are_a_sync(company: Company) -> None:
    slipping(company)
    for stage in ("pull", "detect", "push"):
        assert company.run(stage, "--today", DAY.isoformat()).status == 0
    alone = company.dump()
    assert len(company.view("FROM delivery")) == 2
    company.sync()
    assert company.dump() == alone


def test_every_rule_is_found_in_a_company_that_breaks_all(company: Company) -> None:
    company.settings["policy"] = {
        "gates": [{"gate": "security-audit", "when": {"handover_to": ["marketing"], "labels": ["platform"]},
                   "match": {"type": "Audit"}, "typical_days": 60}],
        "map_spend": [{"match": {"project": "CDP-*"}, "to": "CDP"}],
    }  # fmt: skip
    company.register(
        Initiatives=[
            {"Initiative": "Customer Data", "Aliases": "CDP", "Departments": "IT; Marketing; Finance"}
        ],
        Money=[{"Initiative": "CDP", "Fiscal quarter": "2026-Q1", "Budget": 1000, "State": "held"}],
        Same_thing=[{"Item": "it:P-1", "Same as": "marketing:M-2"}],
    )
    company.tracker(
        "it",
        [
            {"id": "P-1", "title": "Access", "start": date(2026, 3, 2), "due": date(2026, 3, 20), "labels": "platform",
             "initiative": "CDP", "priority": "Low"},
            {"id": "P-2", "title": "Chicken", "depends_on": "P-3"},
            {"id": "P-3", "title": "Egg", "depends_on": "P-2"},
        ],
    )  # fmt: skip
    company.tracker(
        "marketing",
        [
            {"id": "M-1", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "P-1; P-99",
             "initiative": "CDP", "priority": "High"},
            {"id": "M-2", "title": "Access (IT)", "due": date(2026, 3, 13)},
        ],
    )  # fmt: skip
    company.ledger(
        "march.csv",
        [["1", "1", "2026-03-01", "100.50", "CDP-1", "a"], ["2", "1", "2026-03-01", "20.25-", "", "b"]],
    )
    company.sync()
    assert company.keys() == {
        ("no-handover-stated", "Customer Data", "finance"),
        ("slip-hits-peer", "it:P-1>marketing:M-1"),
        ("missing-gate", "security-audit", "it:P-1>marketing:M-1"),
        ("priority-inversion", "it:P-1>marketing:M-1"),
        ("budget-not-released", "Customer Data", "2026-Q1"),
        ("dates-disagree", "it:P-1", "due_date"),
        ("unmapped-spend", "erp", "2026-P03"),
        ("dangling-reference", "marketing:M-1", "depends_on", "P-99"),
        ("circular-dependency", "it:P-2"),
    }
    (spend,) = [one for one in company.breaks() if one["rule"] == "unmapped-spend"]
    assert spend["amount_at_risk"] == pytest.approx(-20.25)


def test_a_policy_that_is_taken_out_asks_for_nothing_any_more(company: Company) -> None:
    company.tracker("it", [{"id": "P-1", "title": "Access", "due": date(2026, 3, 20)}])
    company.tracker("marketing", [{"id": "M-1", "title": "Campaign", "depends_on": "P-1"}])
    company.settings["policy"] = {
        "gates": [{"gate": "security-audit", "when": {"handover_to": ["marketing"]}}]
    }
    company.sync()
    assert company.view("SELECT kind, handover_id FROM gate") == [
        {"kind": "security-audit", "handover_id": "it:P-1>marketing:M-1"}
    ]
    del company.settings["policy"]
    company.sync()
    assert company.view("FROM gate") == []


def test_the_finance_report_ties_to_the_cent(company: Company) -> None:
    from openpyxl import load_workbook

    company.register(Initiatives=[{"Initiative": "CDP"}])
    company.settings["policy"] = {"map_spend": [{"match": {"project": "CDP-*"}, "to": "CDP"}]}
    company.ledger(
        "march.csv",
        [
            ["1", "1", "2026-03-01", "100,50", "CDP-1", "=1+1"],
            ["2", "1", "2026-03-01", "20,25-", "X", "b"],
            ["", "", "", "80,25", "", "Total"],
        ],
    )
    company.sync()
    target = company.folder / "report.xlsx"
    assert company.run("report", "finance", "--period", "2026-P03", "-o", str(target)).status == 0
    book = load_workbook(target)
    summary = {row[0].value: row[1].value for row in book["Summary"].iter_rows() if row[0].value}
    assert summary["Spend in this period"] == pytest.approx(80.25)
    assert summary["  of that, unmapped (sheet Unmapped)"] == pytest.approx(-20.25)
    assert summary["  difference (must be 0)"] == 0
    words = {cell.value: cell.data_type for row in book["Postings"].iter_rows() for cell in row}
    assert words["=1+1"] == "s"
    assert company.view("SELECT sum(amount) AS total FROM spend_by_period") == [{"total": Decimal("80.2500")}]
    assert company.run("report", "finance", "--period", "spring").status == 2
