"""Answers from a Jira comment, a tracker's cell and the command line: which count, and what they change."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sandbox.jira import JiraSandbox, plain
from sandbox.jira.model import Issue
from tests.flows.conftest import DAY, Clock, Company


@pytest.fixture
def access(jira: JiraSandbox) -> Issue:
    """IT's issue, due on the 20th; in progress, so that it does not slip by itself."""
    issue = jira.site.create_issue(
        "PLAT", "Open access", by="Dana Smith",
        fields={"duedate": "2026-03-20", "Start date": "2026-03-02", "assignee": "dana@x.example"},
    )  # fmt: skip
    jira.site.transition(issue.key, "In Progress", by="Dana Smith")
    return issue


@pytest.fixture
def tracker(company: Company, jira: JiraSandbox, access: Issue) -> Path:
    """Marketing's tracker: its campaign starts on the 16th and waits for IT's issue. Told once."""
    company.jira(jira)
    company.settings["policy"] = {"decisions": {"above": {"days": 20}, "unproven": {"days": 10}}}
    path = company.tracker(
        "marketing",
        [
            {"id": "M-1", "title": "Campaign", "owner": "Mo", "start": date(2026, 3, 16), "due": date(2026, 4, 1),
             "depends_on": access.key},
            {"id": "M-2", "title": "Other"},
        ],
    )  # fmt: skip
    company.sync()
    return path


def flags(jira: JiraSandbox, issue: Issue) -> list[str]:
    """The hub's comments on an issue, as people read them."""
    hub = jira.site.user("hub@x.example").account_id
    return [plain(c.body) for c in jira.site.issue(issue.key).comments if c.author == hub]


def say(jira: JiraSandbox, clock: Clock, issue: Issue, words: str, who: str = "Dana Smith") -> None:
    clock.moment += timedelta(hours=1)
    jira.site.comment(issue.key, words, by=who)


def outcomes(company: Company) -> list[tuple[str, str]]:
    return [(row["kind"], row["outcome"]) for row in company.view("FROM answer ORDER BY read_on, answer_id")]


def test_a_commitment_in_a_comment_changes_the_promise_and_the_plan(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path
) -> None:
    assert [one["days_late"] for one in company.breaks()] == [5]
    say(jira, clock, access, "interlock: commit first slice by 2026-03-13")
    company.sync(DAY + timedelta(days=1))
    assert outcomes(company) == [("commit", "counted")]
    assert company.breaks() == []
    promises = company.view("SELECT due_date, source FROM promise WHERE item_id = 'jira:PLAT-1' ORDER BY nth")
    assert [(str(row["due_date"]), row["source"]) for row in promises] == [
        ("2026-03-20", "jira"),
        ("2026-03-13", "answer"),
    ]
    (handover,) = company.view("SELECT commitment, state FROM handover")
    assert (handover["commitment"], handover["state"]) == ("first slice", "committed")
    # The tool's own date, moved after that, counts again.
    clock.moment += timedelta(days=1)
    jira.site.set_fields(access.key, {"duedate": "2026-03-27"}, by="Dana Smith")
    company.sync(DAY + timedelta(days=2))
    assert [(one["days_late"], one["first_seen"]) for one in company.breaks()] == [(10, "2026-03-04")]


def test_the_flag_says_what_was_understood(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path
) -> None:
    say(jira, clock, access, "interlock: dispute the campaign starts later")
    company.sync(DAY + timedelta(days=1))
    (flag,) = flags(jira, access)
    assert "Understood as: disputed: the campaign starts later (Dana Smith)." in flag
    assert "disputed" in company.cell(tracker, "M-1", "Hub ask")
    say(jira, clock, access, "interlock: comit by 2026-03-13")
    company.sync(DAY + timedelta(days=2))
    (flag,) = flags(jira, access)
    assert "Not understood: “comit by 2026-03-13”: 'comit' is no answer" in flag


def test_an_accepted_harm_in_a_cell_is_quiet_up_to_its_limit(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path
) -> None:
    company.cell(tracker, "M-1", "Hub answer", "accept up to 9d")
    company.sync(DAY + timedelta(days=1))
    assert outcomes(company) == [("accept", "counted")]
    assert [one["state"] for one in company.breaks()] == ["decided"]
    told = company.cell(tracker, "M-1", "Hub flag")
    jira.site.set_fields(access.key, {"duedate": "2026-03-26"}, by="Dana Smith")
    company.sync(DAY + timedelta(days=2))
    assert [(one["state"], one["days_late"]) for one in company.breaks()] == [("decided", 9)]
    assert company.cell(tracker, "M-1", "Hub flag") == told
    jira.site.set_fields(access.key, {"duedate": "2026-03-27"}, by="Dana Smith")
    company.sync(DAY + timedelta(days=3))
    assert [(one["state"], one["days_late"]) for one in company.breaks()] == [("open", 10)]
    assert "10 working days" in company.cell(tracker, "M-1", "Hub flag")
    # What she typed is still hers.
    assert company.cell(tracker, "M-1", "Hub answer") == "accept up to 9d"


@pytest.mark.parametrize(
    ("who", "words", "outcome"),
    [
        ("Eve", "interlock: commit by 2026-03-13", "refused"),
        ("Mo Adeyemi", "interlock: commit by 2026-03-13", "refused"),
        ("Dana Smith", "interlock: accept until 2026-05-01", "refused"),
        ("Mo Adeyemi", "interlock: accept until 2026-05-01", "counted"),
        ("Mo Adeyemi", "interlock: accept up to 25d", "refused"),
        ("Dana Smith", "interlock: ack", "counted"),
        ("Eve", "interlock: ack", "refused"),
    ],
)
def test_only_who_is_entitled_counts_and_everything_is_recorded(
    company: Company,
    jira: JiraSandbox,
    clock: Clock,
    access: Issue,
    tracker: Path,
    who: str,
    words: str,
    outcome: str,
) -> None:
    before = company.breaks()
    say(jira, clock, access, words, who)
    company.sync(DAY + timedelta(days=1))
    assert [result for _, result in outcomes(company)] == [outcome]
    if outcome == "refused":
        assert [(one["state"], one["days_late"]) for one in company.breaks()] == [
            ("open", before[0]["days_late"])
        ]
        assert "was not counted: this is for" in flags(jira, access)[0]


def test_a_display_name_proves_nothing(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path
) -> None:
    impostor = jira.site.add_user("Dana Smith", "dana.smith@elsewhere.example")
    clock.moment += timedelta(hours=1)
    jira.site.comment(access.key, "interlock: commit by 2026-03-13", by=impostor.account_id)
    company.sync(DAY + timedelta(days=1))
    assert outcomes(company) == [("commit", "refused")]
    assert len(company.breaks()) == 1


def test_a_copied_answer_changes_nothing_and_is_recorded(company: Company, tracker: Path) -> None:
    # A row of hub cells copied below: the item and code beside it are another row's.
    for header in ("Hub flag", "Hub since", "Hub ask", "Hub item", "Hub code"):
        company.cell(tracker, "M-2", header, company.cell(tracker, "M-1", header))
    company.cell(tracker, "M-2", "Hub answer", "accept until 2026-05-01")
    company.sync(DAY + timedelta(days=1))
    assert [(row["outcome"], row["because"]) for row in company.view("FROM answer")] == [
        ("ignored", "the cells beside it name M-1, not M-2: copied or sorted away")
    ]
    assert [one["state"] for one in company.breaks()] == ["open"]


def test_a_sort_that_leaves_flag_and_answer_behind_is_mended_in_the_next_run_and_then_believed(
    company: Company, tracker: Path
) -> None:
    company.cell(tracker, "M-1", "Hub answer", "dispute, we were told June")
    sort_items_alone(tracker)
    company.sync(DAY + timedelta(days=1))
    assert [(row["item_id"], row["outcome"]) for row in company.view("FROM answer")] == [
        ("marketing:M-2", "ignored")
    ]
    assert [company.cell(tracker, key, "Hub item") for key in ("M-1", "M-2")] == ["M-1", None]
    assert company.cell(tracker, "M-1", "Hub answer") == "dispute, we were told June"
    company.sync(DAY + timedelta(days=2))
    assert [(row["item_id"], row["outcome"]) for row in company.view("FROM answer")][1:] == [
        ("marketing:M-1", "counted")
    ]
    assert "Understood as: dispute" in company.cell(tracker, "M-1", "Hub ask")


def sort_items_alone(tracker: Path) -> None:
    """The team's own columns of the two rows change places, the hub's stay."""
    book = load_workbook(tracker)
    sheet = book["Plan"]
    own = [cell.column for cell in sheet[1] if not str(cell.value).startswith("Hub")]
    for column in own:
        one, two = sheet.cell(2, column), sheet.cell(3, column)
        one.value, two.value = two.value, one.value
    book.save(tracker)


def test_nothing_is_written_or_journaled_where_a_person_only_looked(company: Company, tracker: Path) -> None:
    company.sync(DAY + timedelta(days=1))
    before = company.dump()
    book = load_workbook(tracker)
    book.properties.lastModifiedBy = "Mo"
    book.save(tracker)
    saved = tracker.read_bytes()
    company.sync(DAY + timedelta(days=1))
    assert tracker.read_bytes() == saved
    assert company.dump() == before


def test_a_flag_that_a_person_cleared_is_known_to_be_removed_in_the_next_run(
    company: Company, tracker: Path
) -> None:
    for header in ("Hub flag", "Hub since", "Hub ask", "Hub item", "Hub code"):
        company.cell(tracker, "M-1", header, None)
    result = company.sync(DAY + timedelta(days=1))
    assert "removed by a person, not put back" in result.err
    assert company.cell(tracker, "M-1", "Hub flag") is None


def test_an_answer_to_one_break_is_never_taken_for_an_answer_to_the_next(
    company: Company, jira: JiraSandbox, access: Issue, tracker: Path
) -> None:
    company.cell(tracker, "M-1", "Hub answer", "ack")
    company.sync(DAY + timedelta(days=1))
    assert outcomes(company) == [("ack", "counted")]
    # The slip goes and another break comes to stand in the same row, beside the same words.
    jira.site.set_fields(access.key, {"duedate": "2026-03-12"}, by="Dana Smith")
    company.cell(tracker, "M-1", "Needs", f"{access.key}; NOPE-1")
    company.sync(DAY + timedelta(days=2))
    company.sync(DAY + timedelta(days=3))
    assert company.keys() == {("dangling-reference", "marketing:M-1", "depends_on", "NOPE-1")}
    assert [one["state"] for one in company.breaks()] == ["open"]
    assert outcomes(company) == [("ack", "counted")]


def test_an_answer_is_read_once(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path
) -> None:
    say(jira, clock, access, "interlock: ack")
    company.sync(DAY + timedelta(days=1))
    before = company.dump()["breaks.answer"], company.dump()["journal.entry"]
    company.sync(DAY + timedelta(days=2))
    assert (company.dump()["breaks.answer"], company.dump()["journal.entry"]) == before


def test_two_open_breaks_need_the_code(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path
) -> None:
    company.cell(tracker, "M-2", "Needs", access.key)
    company.cell(tracker, "M-2", "Start", date(2026, 3, 9))
    company.sync(DAY + timedelta(days=1))
    first, second = (one["code"] for one in company.breaks())
    say(jira, clock, access, "interlock: ack")
    company.sync(DAY + timedelta(days=2))
    assert [(row["outcome"], row["because"]) for row in company.view("FROM answer")] == [
        ("not understood", f"several breaks are open here; name one: {', '.join(sorted((first, second)))}")
    ] or "name one" in company.view("FROM answer")[0]["because"]
    say(jira, clock, access, f"interlock: ack {second}")
    company.sync(DAY + timedelta(days=3))
    states = {one["code"]: one["state"] for one in company.breaks()}
    assert states == {first: "open", second: "acknowledged"}


def test_a_decision_from_the_command_line_names_both_people(company: Company, tracker: Path) -> None:
    (one,) = company.breaks()
    result = company.run("decide", one["code"], "accept", "--until", "2026-05-01", "--on-behalf-of", "mo@x.example",
                         "--note", "agreed on the phone", "--today", "2026-03-03")  # fmt: skip
    assert (result.status, result.out.strip()) == (0, f"{one['code']}: counted: mo@x.example may")
    assert [found["state"] for found in company.breaks()] == ["decided"]
    (decision,) = company.view("SELECT on_behalf_of, note, via, until FROM decision")
    assert (decision["on_behalf_of"], decision["note"], str(decision["until"])) == (
        "mo@x.example", "agreed on the phone", "2026-05-01",
    )  # fmt: skip
    refused = company.run("decide", one["code"], "accept", "--on-behalf-of", "eve@x.example", "--note", "x")
    assert refused.status == 1
    assert (
        company.run("decide", one["code"], "shrug", "--on-behalf-of", "mo@x.example", "--note", "x").status
        == 2
    )
    assert company.run("decide", "ZZZZ", "ack", "--on-behalf-of", "mo@x.example", "--note", "x").status == 2


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("commit by 2025-03-13", "2025-03-13 has passed"),
        ("ack ZZZZ", "there is no break ZZZZ"),
    ],
)
def test_a_mistyped_answer_changes_nothing_and_is_told_so(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path, words: str, problem: str
) -> None:
    say(jira, clock, access, f"interlock: {words}")
    company.sync(DAY + timedelta(days=1))
    (answer,) = company.view("SELECT outcome, because FROM answer")
    assert (answer["outcome"], answer["because"]) == ("not understood", problem)
    assert {one["state"] for one in company.breaks()} == {"open"}
    assert problem in flags(jira, access)[0]


def test_an_acceptance_of_less_than_is_already_late_is_no_acceptance(company: Company, tracker: Path) -> None:
    (code,) = (one["code"] for one in company.breaks())
    said = company.run(
        "decide", code, "accept", "--up-to", "2d", "--on-behalf-of", "mo@x.example", "--note", "fine", "--today",
        DAY.isoformat(),
    )  # fmt: skip
    assert (said.status, "it is already 5 days late" in said.err) == (1, True)


@pytest.mark.parametrize(
    "options",
    [["accept", "--up-to", "banana"], ["ack", "--until", "2026-05-01"], ["accept", "--by", "2026-05-01"]],
)
def test_options_that_do_not_go_with_a_decision_are_refused(
    company: Company, tracker: Path, options: list[str]
) -> None:
    (code,) = (one["code"] for one in company.breaks())
    said = company.run("decide", code, *options, "--on-behalf-of", "mo@x.example", "--note", "n")
    assert said.status == 2
    assert company.view("FROM answer") == []


def test_a_date_alone_accepts_no_more_than_the_speaker_may(company: Company, tracker: Path) -> None:
    company.cell(tracker, "M-1", "Hub answer", "accept until 2099-12-31")
    company.sync(DAY + timedelta(days=1))
    (decision,) = company.view("SELECT until, up_to_days FROM decision")
    assert decision == {"until": date(2099, 12, 31), "up_to_days": 9}


def test_a_stranger_does_not_wipe_away_what_was_understood(
    company: Company, jira: JiraSandbox, clock: Clock, access: Issue, tracker: Path
) -> None:
    say(jira, clock, access, "interlock: dispute wrong")
    company.sync(DAY + timedelta(days=1))
    say(jira, clock, access, "interlock: ack", who="Eve")
    company.sync(DAY + timedelta(days=2))
    (flag,) = flags(jira, access)
    assert "Understood as: disputed: wrong (Dana Smith). “ack” by Eve was not counted" in flag


def test_spend_of_no_initiative_is_answered_by_finance(company: Company) -> None:
    company.ledger("march.csv", [["1", "1", "2026-03-01", "100,00", "X", "b"]])
    company.sync()
    (code,) = (one["code"] for one in company.breaks())
    said = company.run(
        "decide", code, "ack", "--on-behalf-of", "fay@x.example", "--note", "n", "--today", "2026-03-02"
    )
    assert (said.status, "counted" in said.out) == (0, True)
