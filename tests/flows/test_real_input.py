"""The main job on what nobody here made: a real Jira's issues, two councils' ledgers, a real tracker.

Through the configuration and the command line, as a user would. What is known of each from outside stands in
the material's SOURCES.md and beside the files.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.jira import JiraSandbox, JiraSite
from sandbox.jira import load as load_issues
from tests.flows.conftest import Clock, Company, Result

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("real input")]

MONDAY = date(2026, 3, 2)
PLAN = "PacktPublishing__Project_Plan.xlsx"
LINKS = {
    "Blocks": {"type": "FS", "predecessor": "outward"},
    "Depends": {"type": "FS", "predecessor": "inward"},
    "Gantt: finish-start": {"type": "FS", "predecessor": "outward"},
    "Gantt: start-finish": {"type": "SF", "predecessor": "outward"},
    "Gantt: start-start": {"type": "SS", "predecessor": "outward"},
    "Gantt: finish-finish": {"type": "FF", "predecessor": "outward"},
}
LEDGERS = {
    "leeds": {
        "amount": ["Net amount", "Amount"],
        "posting_date": ["Date paid", "Payment Date"],
        "document": "Transaction number",
        "supplier": ["Supplier name", "Beneficiary Name"],
        "cost_center": ["Detailed expenditure code", "Detailed expense code"],
    },
    "manchester": {
        "amount": ["Net amount", "Amount"],
        "posting_date": "Invoice Payment Date",
        "document": "Transaction number",
        "supplier": "Supplier name",
    },
}


@pytest.fixture(scope="module")
def issues(material: Path) -> list[dict[str, Any]]:
    path = material / "jira" / "titanium" / "titanium_dependency_issues.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def ledgers(material: Path) -> dict[str, Any]:
    known = json.loads((material / "erp" / "council_spending" / "expected.json").read_text(encoding="utf-8"))
    return {body: known["bodies"][body]["files"] for body in LEDGERS}


@pytest.fixture(scope="module")
def real(
    material: Path, issues: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Company, JiraSandbox, Path]]:
    """The company, pulled and told once, with its Jira and its tracker."""
    monkeypatch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("real")
    clock = Clock()
    site = JiraSite(clock)
    site.add_user("Interlock", "hub@x.example")
    site.grant("hub@x.example", "secret")
    load_issues(site, issues, due_from_versions=True)
    with JiraSandbox(site) as sandbox:
        company = Company(folder, _command(monkeypatch))
        company.jira(sandbox, links=LINKS, fields={}, departments={"project": {"ALOY": "marketing"}})
        for body, columns in LEDGERS.items():
            exports = folder / "exports" / body
            exports.mkdir(parents=True)
            for path in sorted((material / "erp" / "council_spending" / body / "clean").glob("*.csv.gz")):
                (exports / path.name.removesuffix(".gz")).write_bytes(gzip.decompress(path.read_bytes()))
            company.settings["sources"][body] = {
                "kind": "erp", "path": f"exports/{body}/*.csv", "columns": columns,
            }  # fmt: skip
        tracker = folder / PLAN
        tracker.write_bytes((material / "spreadsheets" / "trackers" / PLAN).read_bytes())
        company.settings["sources"]["plan"] = {
            "kind": "excel", "department": "marketing", "path": PLAN, "sheet": "Project Plan",
            "columns": {"id": "ID", "title": "Task", "estimate": "Duration", "owner": "Resourcing",
                        "start": "Start Date", "due": "End Date", "depends_on": "ReqId"},
        }  # fmt: skip
        yield company, sandbox, tracker
    monkeypatch.undo()


def _command(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line in this process, usable by a fixture that outlives a test."""
    import contextlib
    import io

    from flows import cli

    monkeypatch.setenv("JIRA_TOKEN", "secret")

    def call(*arguments: str) -> Result:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr("sys.argv", ["interlock", *arguments])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
            except SystemExit as ending:
                status = int(ending.code or 0)
        return Result(status, out.getvalue(), err.getvalue())

    return call


@pytest.fixture(scope="module")
def synced(real: tuple[Company, JiraSandbox, Path]) -> dict[str, Any]:
    """What the first sync changed in the tools: the tracker before and after, and Jira's writes."""
    company, sandbox, tracker = real
    before = parts(tracker)
    company.sync(MONDAY)
    return {"before": before, "after": parts(tracker), "writes": writes(sandbox)}


def parts(workbook: Path) -> dict[str, str]:
    with zipfile.ZipFile(workbook) as package:
        return {name: hashlib.sha256(package.read(name)).hexdigest() for name in package.namelist()}


def writes(sandbox: JiraSandbox) -> list[str]:
    """The requests that changed something, each as method and path."""
    asking = ("/search/jql", "/issue/bulkfetch")
    changed = [one for one in sandbox.log if one.method != "GET" and not one.path.endswith(asking)]
    return [f"{one.method} {one.path}" for one in changed]


def ends(issues: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """(issue, other issue, link type, which phrase the issue holds) of each link end."""
    return [
        (
            issue["key"],
            link[side]["key"],
            link["type"]["name"],
            "outward" if side == "outwardIssue" else "inward",
        )
        for issue in issues
        for link in issue["fields"]["issuelinks"]
        for side in ("inwardIssue", "outwardIssue")
        if side in link
    ]


def test_every_issue_and_every_link_end_is_accounted_for(
    real: tuple[Company, JiraSandbox, Path], synced: dict[str, Any], issues: list[dict[str, Any]]
) -> None:
    company, *_ = real
    found = company.view("SELECT native_key, status FROM work_item WHERE source_id = 'jira'")
    assert {row["native_key"] for row in found} == {issue["key"] for issue in issues}
    assert len(found) == 2473
    held = {issue["key"] for issue in issues}
    all_ends = ends(issues)
    assert len(all_ends) == 3865
    assert sum(other not in held for _, other, *_ in all_ends) == 1401
    stated = [(mine, other, kind, side) for mine, other, kind, side in all_ends if kind in LINKS]
    wanted = {
        (mine, other, LINKS[kind]["type"])
        if side == LINKS[kind]["predecessor"]
        else (other, mine, LINKS[kind]["type"])
        for mine, other, kind, side in stated
        if other in held
    }
    dependencies = company.view(
        "SELECT before.native_key AS first, after.native_key AS then, dependency.type FROM dependency"
        " JOIN work_item AS before ON before.item_id = predecessor_id"
        " JOIN work_item AS after ON after.item_id = successor_id WHERE stated_by = 'jira'"
    )
    assert {(row["first"], row["then"], row["type"]) for row in dependencies} == wanted
    leaving = {(f"jira:{mine}", other) for mine, other, *_ in stated if other not in held}
    problems = company.view("SELECT item_id, text FROM reference_problem WHERE item_id LIKE 'jira:%'")
    assert {(row["item_id"], row["text"]) for row in problems} == leaving


def test_the_plan_and_the_rules_have_work_to_do(
    real: tuple[Company, JiraSandbox, Path], synced: dict[str, Any], issues: list[dict[str, Any]]
) -> None:
    company, *_ = real
    released = {
        issue["key"]
        for issue in issues
        if any(version.get("releaseDate") for version in issue["fields"].get("fixVersions", []))
    }
    due = company.view("SELECT native_key FROM work_item WHERE source_id = 'jira' AND due_date IS NOT NULL")
    assert {row["native_key"] for row in due} == released
    undated = company.view(
        "SELECT count(*) AS n FROM schedule JOIN work_item USING (item_id)"
        " WHERE status IN ('not started', 'in progress') AND due_date IS NOT NULL AND projected_finish IS NULL"
    )
    assert undated == [{"n": 0}]
    rules = {one["rule"] for one in company.breaks()}
    assert rules == {"circular-dependency", "dangling-reference", "unmapped-spend"}
    # A break has one comment, on the issue that it is about, however many others stand there.
    flagged = company.view(
        "SELECT count(*) AS n FROM delivery WHERE source_id = 'jira' AND outcome = 'written'"
    )
    assert flagged == [{"n": len(synced["writes"])}]


def test_every_ledger_line_and_penny_is_in_the_postings(
    real: tuple[Company, JiraSandbox, Path], synced: dict[str, Any], ledgers: dict[str, Any]
) -> None:
    company, *_ = real
    files = company.view(
        "SELECT source_id, file, rows_read, landed, dropped, quarantined, unchanged, amount_read, amount_landed"
        " FROM file_account WHERE source_id IN ('leeds', 'manchester')"
    )
    assert len(files) == 6
    for row in files:
        known = ledgers[row["source_id"]][Path(row["file"]).name]
        assert (row["landed"], row["amount_landed"]) == (
            known["processed_rows"],
            Decimal(known["processed_amount_sum"]),
        )
        assert row["rows_read"] == sum(row[n] for n in ("landed", "unchanged", "quarantined", "dropped"))
    booked = company.view(
        "SELECT source_id, count(*) AS lines, sum(amount) AS amount, min(posting_date) AS first,"
        " max(posting_date) AS last FROM posting GROUP BY 1 ORDER BY 1"
    )
    assert [(row["source_id"], row["lines"], row["amount"]) for row in booked] == [
        (
            body,
            sum(file["processed_rows"] for file in ledgers[body].values()),
            sum(Decimal(file["processed_amount_sum"]) for file in ledgers[body].values()),
        )
        for body in sorted(ledgers)
    ]
    for row in booked:
        dates = [
            file[f"payment_date_{end}"]
            for file in ledgers[row["source_id"]].values()
            for end in ("min", "max")
        ]
        assert (row["first"].isoformat(), row["last"].isoformat()) == (min(dates), max(dates))


def test_the_tracker_is_flagged_and_every_other_part_of_it_stays_as_it_was(
    real: tuple[Company, JiraSandbox, Path], synced: dict[str, Any]
) -> None:
    company, _, _ = real
    before, after = synced["before"], synced["after"]
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"xl/worksheets/sheet1.xml"}
    told = company.view("SELECT item_id, outcome FROM delivery WHERE source_id = 'plan'")
    assert told
    assert {row["outcome"] for row in told} == {"written"}


def test_a_second_sync_and_one_on_the_next_day_append_nothing_and_send_nothing(
    real: tuple[Company, JiraSandbox, Path], synced: dict[str, Any]
) -> None:
    company, sandbox, tracker = real
    record = company.dump()
    sheet, sent = parts(tracker), writes(sandbox)
    company.sync(MONDAY)
    assert company.dump() == record
    company.sync(MONDAY + timedelta(days=1))
    later = company.dump()
    # Only the day on which a break was last seen has moved on.
    standing = later.pop("breaks.episode"), record.pop("breaks.episode")
    assert len(standing[0]) == len(standing[1])
    assert later == record
    assert parts(tracker) == sheet
    assert writes(sandbox) == sent


def test_the_record_is_whole(real: tuple[Company, JiraSandbox, Path], synced: dict[str, Any]) -> None:
    company, *_ = real
    result = company.run("verify")
    assert (result.status, result.err) == (0, "")
    assert "the record is whole" in result.out
