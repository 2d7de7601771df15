"""Writes that ended in the dark: nothing is shown twice or forgotten, and nothing is said of what was never shown."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sandbox.jira import Fault, JiraSandbox, plain
from tests.flows.conftest import DAY, Company
from tests.flows.test_bad_input import flagged
from warehouse.database import rows

POST = "POST */issue/*/comment"


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def delivered(company: Company) -> list[str]:
    told = company.view("FROM delivery WHERE source_id = 'jira' ORDER BY attempt")
    return [row["outcome"] for row in told]


def states(company: Company, source_id: str) -> list[str]:
    """Of the alerts of a source."""
    told = "SELECT state FROM outbox.alert WHERE source_id = ? ORDER BY item_id, break_id"
    with company.warehouse() as db:
        return [row["state"] for row in rows(db, told, [source_id])]


def test_a_comment_stored_behind_a_cut_connection_is_not_written_twice(
    company: Company, jira: JiraSandbox
) -> None:
    flagged(company, jira)
    jira.faults.append(Fault("POST */issue/*/comment", "cut_after"))
    company.sync(status=1)
    assert len(jira.site.issue("PLAT-1").comments) == 1
    company.sync()
    assert len(jira.site.issue("PLAT-1").comments) == 1
    assert delivered(company) == ["already"]


def test_a_look_for_a_comment_that_is_refused_leaves_its_outcome_unknown(
    company: Company, jira: JiraSandbox
) -> None:
    flagged(company, jira)
    jira.faults.append(Fault("POST */issue/*/comment", "cut_after"))
    company.sync(status=1)
    for _ in range(2):
        jira.faults.append(Fault("GET */issue/*/comment", "unauthorised", skip=1))  # the pull reads it too
        assert "PLAT-1" in company.sync(status=1).err
    company.sync()
    assert len(jira.site.issue("PLAT-1").comments) == 1
    assert delivered(company) == ["refused", "already"]


def test_comments_that_cannot_be_listed_lead_to_no_second_one(company: Company, jira: JiraSandbox) -> None:
    flagged(company, jira)
    jira.faults.append(Fault(POST, "cut_after"))
    company.sync(status=1)
    jira.faults.append(Fault("GET */issue/*/comment", "missing", skip=1))  # the pull reads it too
    assert "may not see it" in company.sync(status=1).err
    company.sync()
    assert len(jira.site.issue("PLAT-1").comments) == 1
    assert delivered(company) == ["refused", "already"]


@pytest.mark.parametrize(("kind", "comments"), [("cut_before", 0), ("cut_after", 1)])
def test_what_recovers_while_its_outcome_is_unknown_is_resolved_where_it_stands(
    company: Company, jira: JiraSandbox, kind: str, comments: int
) -> None:
    flagged(company, jira)
    jira.faults.append(Fault(POST, kind))
    company.sync(status=1)
    assert states(company, "jira") == ["sending"]
    company.cell(company.folder / "marketing.xlsx", "M-1", "Start", date(2026, 4, 16))
    company.sync(DAY + timedelta(days=1))
    shown = [plain(comment.body) for comment in jira.site.issue("PLAT-1").comments]
    assert len(shown) == comments
    assert all(text.startswith("Resolved: ") for text in shown)
    assert states(company, "jira") == ["shown" if comments else "withdrawn"]
    before = company.dump()
    company.sync(DAY + timedelta(days=1))
    assert company.dump() == before


def test_the_label_of_an_issue_stays_as_long_as_one_of_its_alerts_stands(
    company: Company, jira: JiraSandbox
) -> None:
    flagged(company, jira)
    company.jira(jira, marks={"label": "interlock"})
    tracker = company.tracker(
        "marketing",
        [{"id": key, "title": f"Campaign {key}", "start": date(2026, 3, 16), "depends_on": "PLAT-1"}
         for key in ("M-1", "M-2")],
    )  # fmt: skip
    company.sync()
    issue = jira.site.issue("PLAT-1")
    assert (len(issue.comments), issue.labels) == (2, ["interlock"])
    before = company.view("SELECT * FROM work_item WHERE source_id = 'jira'")
    company.cell(tracker, "M-1", "Start", date(2026, 4, 16))
    company.sync(DAY + timedelta(days=1))
    assert issue.labels == ["interlock"]
    assert (
        company.view("SELECT * FROM work_item WHERE source_id = 'jira'") == before
    )  # our own label is no news
    company.cell(tracker, "M-2", "Start", date(2026, 4, 16))
    company.sync(DAY + timedelta(days=2))
    assert issue.labels == []


def test_what_was_due_beside_a_flag_that_a_person_removed_was_not_on_its_way(
    company: Company, jira: JiraSandbox
) -> None:
    flagged(company, jira)
    company.sync()
    tracker = company.folder / "marketing.xlsx"
    for header in ("Hub flag", "Hub since", "Hub ask", "Hub item", "Hub code"):
        company.cell(tracker, "M-1", header, None)
    company.cell(tracker, "M-1", "Needs", "PLAT-1; NOPE-1")  # a second break of the same row
    company.cell(tracker, "M-1", "Start", date(2026, 3, 9))  # and the first is told anew
    assert "removed by a person" in company.sync(DAY + timedelta(days=1)).err
    assert sorted(states(company, "marketing")) == ["due", "removed"]
    company.sync(DAY + timedelta(days=2))
    assert sorted(states(company, "marketing")) == ["removed", "shown"]
