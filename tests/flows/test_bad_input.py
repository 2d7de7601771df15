"""Bad input of every kind: the message names the file, the place, what is wrong and what to do; nothing half-done."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from sandbox.jira import Fault, JiraSandbox
from tests.flows.conftest import DAY, Company
from tests.flows.test_main_job import slipping
from warehouse.lock import writer_lock

OWN_RULE = """/*
title: Mine
severity: low
key: [item_id]
evidence: The item.
why: Because.
fix: Mend it.
messages:
  owner: {{item: item_id, headline: "{{item_id|item}} is mine.", why: [], ask: Look., answers: []}}
cases:
  - {{name: fires, today: 2026-03-02, given: {{work_item: [{{item_id: "a:1"}}]}}, expect: [{{item_id: "a:1"}}]}}
  - {{name: silent, today: 2026-03-02, given: {{}}, expect: []}}
*/
{sql}
"""
SELECT = (
    "SELECT item_id, item_id AS subject_id, department_id AS from_department, NULL::VARCHAR AS to_department,"
    " [item_id] AS evidence FROM work_item"
)


# --- configuration -----------------------------------------------------------------------------------------


def test_a_wrong_configuration_changes_nothing_and_exits_with_2(company: Company) -> None:
    slipping(company)
    company.settings["sourcess"] = {}
    result = company.sync(status=2)
    assert "sourcess: unknown key. Did you mean 'sources'?" in result.err
    assert not (company.folder / "data").exists()


def test_a_missing_configuration_says_how_to_name_one(company: Company) -> None:
    result = company.command("sync", "-c", str(company.folder / "nowhere.yaml"))
    assert result.status == 2
    assert "nowhere.yaml: there is no such file. Name the configuration with -c FILE" in result.err


def test_a_missing_secret_exits_with_2(
    company: Company, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    company.jira(jira)
    monkeypatch.delenv("JIRA_TOKEN")
    result = company.sync(status=2)
    assert "sources.jira.auth.token: the secret ${JIRA_TOKEN} is not set" in result.err
    assert jira.log == []


def test_reading_before_anything_was_published_says_what_to_run(company: Company) -> None:
    result = company.run("breaks")
    assert result.status == 2
    assert "nothing was published yet. Run `interlock sync" in result.err


# --- Jira --------------------------------------------------------------------------------------------------


def flagged(company: Company, jira: JiraSandbox) -> None:
    jira.site.create_issue(
        "PLAT", "Access", by="Dana Smith", fields={"duedate": "2026-03-20", "Start date": "2026-03-02"}
    )
    company.jira(jira)
    company.tracker(
        "marketing", [{"id": "M-1", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "PLAT-1"}]
    )


@pytest.mark.parametrize(
    ("kind", "says"),
    [("unauthorised", "401"), ("unavailable", "503"), ("html", "html"), ("cut_before", "jira")],
)
def test_a_jira_that_does_not_answer_fails_alone(
    company: Company, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch, kind: str, says: str
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    flagged(company, jira)
    jira.faults.append(Fault("*", kind, times=1000))
    result = company.sync(status=1)
    assert "failed: jira:" in result.err
    assert says.lower() in result.err.lower()
    health = {row["source_id"]: row["state"] for row in company.view("FROM source_health")}
    assert health == {"jira": "never", "marketing": "fresh"}
    jira.faults.clear()
    company.sync()
    assert company.keys() == {("slip-hits-peer", "jira:PLAT-1>marketing:M-1")}


def test_a_wrong_url_is_named(company: Company, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    company.jira(jira, url="http://127.0.0.1:9")
    result = company.sync(status=1)
    assert "http://127.0.0.1:9" in result.err
    assert "Check `url`" in result.err


def test_a_rate_limit_is_waited_for_as_told(
    company: Company, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    flagged(company, jira)
    jira.faults.append(Fault("POST */search/jql", "rate_limited", times=2, retry_after=7))
    company.sync()
    assert [seconds for seconds in waited if seconds >= 7][:2] == pytest.approx([7, 7], abs=2)


def test_a_comment_stored_behind_a_cut_connection_is_not_written_twice(
    company: Company, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    flagged(company, jira)
    jira.faults.append(Fault("POST */issue/*/comment", "cut_after"))
    company.sync(status=1)
    assert len(jira.site.issue("PLAT-1").comments) == 1
    company.sync()
    assert len(jira.site.issue("PLAT-1").comments) == 1
    assert [row["outcome"] for row in company.view("FROM delivery WHERE source_id = 'jira'")] == ["already"]


def test_a_look_for_a_comment_that_is_refused_leaves_its_outcome_unknown(
    company: Company, jira: JiraSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    flagged(company, jira)
    jira.faults.append(Fault("POST */issue/*/comment", "cut_after"))
    company.sync(status=1)
    for _ in range(2):
        jira.faults.append(Fault("GET */issue/*/comment", "unauthorised", skip=1))  # the pull reads it too
        assert "PLAT-1" in company.sync(status=1).err
    company.sync()
    assert len(jira.site.issue("PLAT-1").comments) == 1
    outcomes = [
        row["outcome"] for row in company.view("FROM delivery WHERE source_id = 'jira' ORDER BY attempt")
    ]
    assert outcomes == ["refused", "already"]


def test_an_issue_that_is_deleted_is_gone_and_one_that_is_hidden_is_unknown(
    company: Company, jira: JiraSandbox
) -> None:
    flagged(company, jira)
    other = jira.site.create_issue("PLAT", "Other", by="Dana Smith")
    company.sync()
    jira.site.delete_issue(other.key)
    company.sync(DAY + timedelta(days=1))
    assert [row["native_key"] for row in company.view("FROM work_item WHERE source_id = 'jira'")] == [
        "PLAT-1"
    ]


# --- trackers ----------------------------------------------------------------------------------------------


def test_a_workbook_that_is_none_is_named(company: Company) -> None:
    slipping(company)
    (company.folder / "it.xlsx").write_text("no workbook", encoding="utf-8")
    result = company.sync(status=1)
    assert "it.xlsx" in result.err
    assert company.breaks() == []


def test_a_renamed_column_is_drift_and_the_last_good_data_stands(company: Company) -> None:
    slipping(company)
    company.sync()
    tracker = company.folder / "it.xlsx"
    from openpyxl import load_workbook

    book = load_workbook(tracker)
    next(cell for cell in book["Plan"][1] if cell.value == "Due").value = "Due by"
    book.save(tracker)
    result = company.sync(DAY + timedelta(days=1), status=1)
    assert 'no column "Due" (due); in row 1 there is "Due by"' in result.err
    assert [one["state"] for one in company.breaks()] == ["unknown"]
    assert len(company.view("FROM work_item WHERE source_id = 'it'")) == 1


def test_a_doubled_key_is_quarantined_with_both_places(company: Company) -> None:
    company.tracker(
        "it", [{"id": "P-1", "title": "a"}, {"id": "P-1", "title": "b"}, {"id": "P-2", "title": "c"}]
    )
    result = company.sync()
    assert "quarantined rows: 2" in result.err
    assert "row 2" in result.err
    assert "row 3" in result.err
    assert [row["native_key"] for row in company.view("FROM work_item")] == ["P-2"]


def test_a_date_that_is_none_is_quarantined_with_its_cell(company: Company) -> None:
    company.tracker(
        "it",
        [{"id": "P-1", "title": "a", "due": "31.02.2026"}, {"id": "P-2", "title": "b", "due": "17.03.2026"}],
    )
    result = company.sync()
    assert "quarantined rows: 1" in result.err
    assert "31.02.2026" in result.err


def test_a_column_of_dates_that_read_both_ways_is_asked_about(company: Company) -> None:
    company.tracker(
        "it",
        [{"id": "P-1", "title": "a", "due": "03/04/2026"}, {"id": "P-2", "title": "b", "due": "05/06/2026"}],
    )
    result = company.sync(status=1)
    assert "date_order" in result.err
    company.settings["sources"]["it"]["date_order"] = "dmy"
    company.sync()
    assert [str(row["due_date"]) for row in company.view("FROM work_item ORDER BY item_id")] == [
        "2026-04-03",
        "2026-06-05",
    ]


def test_a_tracker_that_is_open_in_excel_is_written_later(company: Company) -> None:
    slipping(company)
    lock = company.folder / "~$marketing.xlsx"
    lock.write_bytes(b"\0" * 165)
    before = (company.folder / "marketing.xlsx").read_bytes()
    result = company.sync()
    assert "deferred writes: 1" in result.err
    assert (company.folder / "marketing.xlsx").read_bytes() == before
    lock.unlink()
    company.sync()
    assert company.cell(company.folder / "marketing.xlsx", "M-1", "Hub code")


# --- exports -----------------------------------------------------------------------------------------------

LINES = [["1", "1", "2026-03-01", "100.50", "X", "a"], ["2", "1", "2026-03-02", "20.25-", "X", "b"]]


def test_a_file_cut_in_the_middle_is_held_back_whole(company: Company) -> None:
    company.ledger("good.csv", LINES)
    path = company.ledger(
        "cut.csv", [["3", "1", "2026-03-03", "7.00", "X", "c"], ["4", "1", "2026-03-04", "8.00", "X", "d"]]
    )
    path.write_bytes(path.read_bytes()[:-9])
    result = company.sync(status=1)
    assert "cut.csv" in result.err
    assert sorted(row["document"] for row in company.view("FROM posting")) == ["1", "2"]


def test_a_wrong_total_holds_its_file_back_and_names_both_figures(company: Company) -> None:
    company.ledger("good.csv", LINES)
    company.ledger(
        "wrong.csv", [["3", "1", "2026-03-03", "7.00", "X", "c"], ["", "", "", "9.00", "", "Total"]]
    )
    result = company.sync(status=1)
    assert "wrong.csv" in result.err
    assert "9.00" in result.err
    assert "7.00" in result.err
    assert len(company.view("FROM posting")) == 2


def test_a_ragged_line_is_quarantined_with_its_number(company: Company) -> None:
    company.ledger("ragged.csv", [LINES[0], ["9", "1"], LINES[1]])
    result = company.sync()
    assert "quarantined rows: 1" in result.err
    assert "ragged.csv" in result.err
    assert len(company.view("FROM posting")) == 2


# --- two at once, and rules --------------------------------------------------------------------------------


def test_the_second_sync_is_told_who_holds_the_lock(company: Company) -> None:
    slipping(company)
    with writer_lock(company.folder / "data" / "interlock.duckdb", "sync", datetime(2026, 3, 2)):
        result = company.sync(status=3)
    assert "`sync` (process" in result.err
    assert "holds the writer lock" in result.err


def test_a_decision_made_while_a_run_holds_the_lock_is_not_lost(company: Company) -> None:
    slipping(company)
    company.sync()
    (one,) = company.breaks()
    with writer_lock(company.folder / "data" / "interlock.duckdb", "sync", datetime(2026, 3, 2)):
        waiting = company.run(
            "decide", one["code"], "ack", "--on-behalf-of", "mo@x.example", "--note", "seen"
        )
    assert waiting.status == 0
    assert "the next run takes it in" in waiting.out
    assert company.breaks()[0]["state"] == "open"
    company.sync(DAY + timedelta(days=1))
    assert company.breaks()[0]["state"] == "acknowledged"


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        (f"{SELECT} WHERE EXISTS (FROM read_csv('/etc/passwd'))", "read_csv"),
        (f"{SELECT} WHERE EXISTS (FROM '/etc/passwd')", "/etc/passwd"),
        ("ATTACH '/tmp/x.duckdb'", "ATTACH"),
        (f"COPY ({SELECT}) TO '/tmp/x'", "COPY"),
        (f"{SELECT} WHERE due_date < now()", "now"),
        (f"{SELECT} WHERE due_date < current_date", "current_date"),
        (f"{SELECT}; {SELECT}", "2 statements"),
        (f"{SELECT} WHERE title = getenv('HOME')", "getenv"),
        (f"{SELECT} WHERE EXISTS (FROM break_open)", "break_open"),
    ],
)
def test_a_rule_that_reaches_outside_is_refused_before_anything_runs(
    company: Company, sql: str, says: str
) -> None:
    slipping(company)
    (company.folder / "rules").mkdir()
    (company.folder / "rules" / "mine.sql").write_text(OWN_RULE.format(sql=sql), encoding="utf-8")
    result = company.sync(status=2)
    assert "rules/mine.sql" in result.err
    assert says in result.err
    assert not list(company.folder.glob("data/snapshot*"))


def test_an_own_rule_that_keeps_the_contract_runs(company: Company) -> None:
    company.tracker("it", [{"id": "P-1", "title": "a"}])
    (company.folder / "rules").mkdir()
    (company.folder / "rules" / "mine.sql").write_text(OWN_RULE.format(sql=SELECT), encoding="utf-8")
    company.sync()
    assert company.keys() == {("mine", "it:P-1")}


def test_an_own_rule_whose_case_does_not_hold_is_refused(company: Company) -> None:
    company.tracker("it", [{"id": "P-1", "title": "a"}])
    (company.folder / "rules").mkdir()
    text = OWN_RULE.format(sql=f"{SELECT} WHERE false")
    (company.folder / "rules" / "mine.sql").write_text(text, encoding="utf-8")
    result = company.sync(status=2)
    assert "its case 'fires' does not hold" in result.err


def test_check_tests_every_source_and_changes_nothing(company: Company, jira: JiraSandbox) -> None:
    flagged(company, jira)
    result = company.run("check")
    assert result.status == 0, result.out
    assert "ok   jira:" in result.out
    assert "ok   marketing:" in result.out
    assert not (company.folder / "data").exists()
    (company.folder / "marketing.xlsx").unlink()
    broken = company.run("check", "marketing")
    assert broken.status == 1
    assert "FAIL marketing:" in broken.out


def test_verify_names_the_first_fault(company: Company) -> None:
    slipping(company)
    company.sync()
    assert "the record is whole" in company.run("verify").out
    from warehouse.database import open_database

    with open_database(company.folder / "data" / "interlock.duckdb") as db:
        db.execute("UPDATE journal.entry SET body = '{}' WHERE n = 1")
    broken = company.run("verify")
    assert broken.status == 1
    assert "fault: journal entry 1" in broken.err


def test_threads_of_one_process_do_not_share_the_lock(company: Company) -> None:
    """A run in a thread, as Prefect has them, is refused as another process would be."""
    slipping(company)
    path = company.folder / "data" / "interlock.duckdb"
    seen: list[str] = []

    def second() -> None:
        try:
            with writer_lock(path, "second", datetime(2026, 3, 2)):
                seen.append("both")
        except Exception as refusal:  # noqa: BLE001 - the kind is what is looked at
            seen.append(type(refusal).__name__)

    with writer_lock(path, "first", datetime(2026, 3, 2)):
        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert seen == ["Held"]
    assert Path(path.parent).exists()
