"""What the plan tells people: simulate, explain's chain, workload, over-capacity, risk, asked as a user asks."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest

from sandbox.jira import JiraSandbox
from tests.flows.conftest import Company


@pytest.fixture
def chained(company: Company) -> Company:
    """IT builds a feed and opens access; Marketing's segments wait for that, and its campaign for them."""
    company.tracker("it", [
        {"id": "A", "title": "Build the feed", "owner": "Dana Smith", "start": date(2026, 3, 2),
         "due": date(2026, 3, 13), "status": "In progress", "initiative": "CDP"},
        {"id": "B", "title": "Open access", "owner": "Dana Smith", "estimate": 5, "start": date(2026, 3, 16),
         "due": date(2026, 3, 20), "depends_on": "A", "initiative": "CDP"},
        {"id": "C", "title": "Old work", "status": "Done", "start": date(2026, 1, 5), "due": date(2026, 1, 9)},
    ])  # fmt: skip
    company.tracker("marketing", [
        {"id": "S", "title": "Segments", "owner": "Mo", "estimate": 5, "start": date(2026, 3, 30),
         "due": date(2026, 4, 3), "depends_on": "B", "initiative": "CDP"},
        {"id": "GO", "title": "Campaign", "due": date(2026, 4, 3), "type": "Milestone", "depends_on": "S",
         "initiative": "CDP"},
        {"id": "P", "title": "Pictures", "owner": "Mo", "estimate": 5, "start": date(2026, 4, 6),
         "due": date(2026, 4, 10), "priority": "Low"},
    ])  # fmt: skip
    quarters = [{"Initiative": "CDP", "Fiscal quarter": f"2026-Q{n}", "Budget": 1, "State": "released",
                 "Benefit planned": 1000 * n} for n in (1, 2)]  # fmt: skip
    company.register(
        Initiatives=[{"Initiative": "CDP", "Departments": "IT; Marketing", "Rank": 1, "Stage": "decided"}],
        Money=quarters,
    )
    company.sync()
    return company


def _simulated(company: Company, *arguments: str) -> Any:
    return company.run("simulate", *arguments, "--format", "json").json()


def test_a_slip_is_followed_to_the_handover_the_milestone_and_the_money_and_nothing_is_written(
    chained: Company,
) -> None:
    before = chained.dump()
    published = chained.view("FROM schedule ORDER BY item_id")

    story = _simulated(chained, "--slip", "A=10d")

    moved = {one["item_id"]: (one["finish_after"], one["days"]) for one in story["items"]}
    # A two weeks later, on Friday 27; B in the week after; S begins on Monday 6 April and takes its five days.
    assert moved == {
        "it:A": ("2026-03-27", 10), "it:B": ("2026-04-03", 10), "marketing:S": ("2026-04-10", 5),
        "marketing:GO": ("2026-04-10", 5),
    }  # fmt: skip
    [handover] = story["handovers"]
    assert (handover["days_late_before"], handover["days_late_after"], handover["breaks"]) == (-5, 5, True)
    assert handover["chain"] == [
        "It starts at A “Build the feed” (IT): finishes on Fri 27 March 2026, 10 working days after its first date"
        " (Fri 13 March 2026).",
        "B “Open access” (IT) waits for it to finish: finishes on Fri 3 April 2026, 10 working days after its first"
        " date (Fri 20 March 2026).",
        "S “Segments” (Marketing) needs it by Fri 27 March 2026 and gets it on Fri 3 April 2026: 5 working days late.",
    ]
    assert [one["item_id"] for one in story["milestones"]] == ["marketing:GO"]
    assert (story["money"]["at_stake_before"], story["money"]["at_stake_after"]) == (0, 3000)
    # Mo's segments move into the week of the pictures.
    assert [(one["person_id"], [item["item_id"] for item in one["items"] if item["could_yield"]])
            for one in story["clashes"]] == [("mo@x.example", [])]  # fmt: skip
    assert chained.dump() == before
    assert chained.view("FROM schedule ORDER BY item_id") == published
    within = chained.run("simulate", "--slip", "B=1w").out
    assert "no day to spare, was 5 working days" in within
    assert "Milestones that move: none." in within
    assert "Nothing was written." in within


def test_two_slips_and_another_owner_are_one_question_and_what_cannot_be_asked_is_said_with_the_nearest(
    chained: Company,
) -> None:
    story = _simulated(chained, "--slip", "it:A=2d", "--slip", "open access=3w", "--reassign", "P=Dana Smith")
    assert [change["change"] for change in story["changes"]] == ["slip", "slip", "reassign"]
    assert story["changes"][2] == {
        "change": "reassign", "item_id": "marketing:P", "from_person": "mo@x.example", "to_person": "dana@x.example",
    }  # fmt: skip
    moved = {
        (one["person_id"], one["week"]): (one["hours_before"], one["hours_after"]) for one in story["load"]
    }
    # The pictures become Dana's; the segments wait for the access, three weeks later.
    assert moved["dana@x.example", "2026-W15"] == (0, 80)
    assert moved["mo@x.example", "2026-W15"] == (40, 0)
    rows = list(
        csv.DictReader(io.StringIO(chained.run("simulate", "--slip", "A=10d", "--format", "csv").out))
    )
    assert (rows[0]["kind"], rows[0]["id"]) == ("handover", "it:B>marketing:S")
    for arguments, says in REFUSED.items():
        result = chained.run("simulate", *arguments)
        assert (result.status, result.out) == (2, ""), arguments
        assert says in result.err


REFUSED = {
    ("--slip", "AA=15d"): "there is no item 'AA'",
    ("--slip", "Segmnets=15d"): "Did you mean marketing:S?",
    ("--slip", "A=soon"): "write a delay in working days or weeks, such as 15d or 3w",
    ("--slip", "A"): "write it as --slip ITEM=15d",
    ("--slip", "C=5d"): "it:C is done or dropped",
    ("--reassign", "P=Dan Smith"): "there is no person 'Dan Smith'. Did you mean dana@x.example?",
    (): "nothing to simulate",
}


def test_a_handover_that_holds_is_told_by_its_days_to_spare_and_risk_says_where_history_is_too_little(
    chained: Company,
) -> None:
    told = chained.run("explain", "it:B>marketing:S").out
    assert "S “Segments” (Marketing) needs it by Fri 27 March 2026" in told
    assert "5 working days to spare" in " ".join(told.split())
    assert (
        "B “Open access” has no float left: Fri 20 March 2026 is the last day, by its own promised date."
        in told
    )
    assert chained.run("explain", "S").out == told
    assert "P takes part in no handover" in chained.run("explain", "P").err
    drawn = chained.run("risk", "--format", "json", "--draws", "200").json()
    by_item = {one["item_id"]: one for one in drawn["items"]}
    assert set(by_item) == {"it:B", "marketing:GO"}
    assert by_item["it:B"]["projected_finish"] == "2026-03-20"
    assert by_item["it:B"]["finish_80"] is None
    assert by_item["it:B"]["because"].startswith("too little history: ")
    assert "Too little history" in chained.run("risk").out
    chained.cell(chained.folder / "it.xlsx", "A", "Due", date(2026, 4, 3))
    chained.sync()
    [late] = [one for one in chained.breaks() if one["rule"] == "slip-hits-peer"]
    told = chained.run("explain", late["code"]).out
    assert "It starts at A “Build the feed” (IT): finishes on Fri 3 April 2026" in told
    assert "B “Open access” (IT) waits for it to finish" in told
    assert "10 working days late." in " ".join(told.split())


def test_one_person_in_jira_and_two_trackers_is_one_load_against_one_capacity(
    company: Company, jira: JiraSandbox
) -> None:
    company.settings["departments"]["marketing"]["calendar"] = {
        "closures": [{"from": date(2026, 3, 17), "to": date(2026, 3, 17)}]
    }
    company.settings["people"]["mo@x.example"] |= {
        "hours_per_week": 40, "department": "marketing",
        "absences": [{"from": date(2026, 3, 12), "to": date(2026, 3, 13)}],
    }  # fmt: skip
    jira.site.create_issue("PLAT", "Review", "Task", "dana@x.example", {
        "assignee": "mo@x.example", "customfield_10015": "2026-03-09", "duedate": "2026-03-13",
        "timeoriginalestimate": 16 * 3600,
    })  # fmt: skip
    company.jira(jira)
    week = {"start": date(2026, 3, 9), "due": date(2026, 3, 13), "estimate": 2}
    company.tracker("marketing", [{"id": "M1", "title": "Plan", "owner": "Mo", "priority": "High", **week}])
    company.tracker("events", [{"id": "E1", "title": "Fair", "owner": "mo@x.example", "priority": "Low", **week}],
                    department="marketing")  # fmt: skip
    result = company.sync()

    [busy] = company.run("workload", "--person", "Mo", "--weeks", "2", "--format", "json").json()
    assert (busy["week"], busy["load_hours"], busy["capacity_hours"], busy["sources"]) == (
        "2026-W11", 48, 24, ["events", "jira", "marketing"],
    )  # fmt: skip
    [closed] = company.view(
        "SELECT day FROM calendar_day WHERE department_id = 'marketing' AND usual AND NOT worked"
    )
    assert closed == {"day": date(2026, 3, 17)}
    assert "E1 “Fair”" in company.run("workload", "--department", "Marketing").out

    [found] = [one for one in company.breaks() if one["rule"] == "over-capacity"]
    assert found["message"] == (
        "Somebody of Marketing has committed work of 48 hours in the week from Mon 9 March 2026, and 24 to give."
    )
    # Who it is stands in no sentence that a run prints, in no published break, and in no tool.
    published = company.view("FROM break_history WHERE rule = 'over-capacity'")
    assert "mo@x.example" not in str(published) + result.out + result.err
    [alert] = (
        company.warehouse()
        .execute(
            "SELECT state, item_id, message ->> '$.why' FROM outbox.alert WHERE break_id = ?",
            [found["break_id"]],
        )
        .fetchall()
    )
    assert alert[:2] == ("undeliverable", None)
    assert "Mo" in alert[2]
