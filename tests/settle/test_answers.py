"""The words of an answer, who may say them, and what they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.answers import (
    Answer,
    NotUnderstood,
    Sides,
    Speaker,
    parse,
    rule_on,
    take_effect,
    understood,
)
from rules.engine.dates import NoDate, read_date
from rules.engine.settle import Episode, Seen
from rules.policy import Above, DecisionPolicy, Unproven

TODAY = date(2026, 3, 2)


def episode(
    late: int | None = 5, amount: Decimal | None = None, state: str = "open", code: str = "K7QM"
) -> Episode:
    seen = Seen("slip-hits-peer", "high", ("a>b",), "a>b", "late", frozenset({"jira"}), from_department="it",
                to_department="marketing", days_late=late, amount_at_risk=amount)  # fmt: skip
    return Episode("0" * 32, 1, code, seen, state, TODAY, TODAY)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("ack", Answer("ack")),
        ("ACK k7qm seen", Answer("ack", "K7QM", note="seen")),
        ("accept until 2026-05-01", Answer("accept", until=date(2026, 5, 1))),
        ("accept K7QM up to 10d until 1.5.2026, we can wait",
         Answer("accept", "K7QM", 10, date(2026, 5, 1), note="we can wait")),
        ("accept up to 2 weeks", Answer("accept", up_to_days=10)),
        ("commit 10d by 1 May 2026", Answer("commit", by=date(2026, 5, 1), note="10d")),
        ("commit #K7QM by 2026-05-01.", Answer("commit", "K7QM", by=date(2026, 5, 1), note=".")),
        ("dispute: the audit is planned", Answer("dispute", note="the audit is planned")),
    ],
)  # fmt: skip
def test_reads_an_answer(line: str, answer: Answer) -> None:
    found = parse(line, ["K7QM"])
    assert replace(found, note=found.note.strip(".")) == replace(answer, note=answer.note.strip("."))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("", "there is no answer"),
        ("acept until 2026-05-01", "'acept' is no answer; write one of ack, accept, commit, dispute"),
        ("accept until tomorrow", "'tomorrow' is no date"),
        ("accept until 2026-02-30", "'2026-02-30' is no date"),
        ("accept until 31.2.26", "'31.2.26' is no date"),
        ("commit by 03/04/2026", "'03/04/2026' may be 4 March or 3 April; write it as 2026-03-04"),
        ("commit by 20 April", "'20 April' is no date; write it as 2026-05-01"),
        ("commit 10d", "a commitment needs its date"),
        ("replan by 2026-05-01", "'replan' is not possible yet"),
    ],
)
def test_says_what_it_does_not_understand(line: str, says: str) -> None:
    with pytest.raises(NotUnderstood, match=says.replace("(", r"\(")):
        parse(line, ["K7QM"])


@given(st.text(max_size=60))
def test_any_words_are_read_or_refused(line: str) -> None:
    try:
        understood = parse(line, ["K7QM"])
    except NotUnderstood as refusal:
        understood = str(refusal)
    assert understood


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_a_date_reads_back_however_it_is_written(day: date) -> None:
    worded = [f"{day.day} {day:%B} {day.year}", f"{day:%a} {day.day} {day:%b} {day.year}",
              f"{day:%d-%b-%Y}", f"{day:%B} {day.day}, {day.year}", f"{day.day}th {day:%B} {day.year}"]  # fmt: skip
    for text in (day.isoformat(), f"{day.day}.{day.month}.{day.year}", *worded):
        assert read_date(text) == day
        assert parse(f"commit K7QM by {text}, we try", ["K7QM"]) == Answer(
            "commit", "K7QM", by=day, note="we try"
        )


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_date_of_figures_alone_is_read_where_only_one_of_them_can_be_the_month(day: date) -> None:
    for text in (f"{day.day}/{day.month:02}/{day.year}", f"{day.month:02}/{day.day}/{day.year}"):
        if day.day > 12 or day.day == day.month:
            assert read_date(text) == day
        else:
            with pytest.raises(NoDate, match=f"may be .* or .*; write it as {day.year}-"):
                read_date(text)
    assert read_date(f"{day.day}.{day.month}.{day.year % 100:02}") == day


def test_the_dates_in_our_own_words_can_be_answered_with() -> None:
    assert parse("accept until Fri 1 May 2026", []) == Answer("accept", until=date(2026, 5, 1))


DANA, MO, SAM, FAY, EVE = "dana@x", "mo@x", "sam@x", "fay@x", "eve@x"
SIDES = Sides(frozenset({DANA}), frozenset({MO}), SAM, FAY)
POLICY = DecisionPolicy(above=Above(days=20, amount=Decimal(50000)), unproven=Unproven(days=10))
ACCEPT = Answer("accept", up_to_days=8)


@pytest.mark.parametrize(
    ("kind", "who", "outcome"),
    [
        ("ack", DANA, "counted"), ("ack", MO, "counted"), ("ack", EVE, "refused"),
        ("dispute", MO, "counted"), ("dispute", EVE, "refused"),
        ("commit", DANA, "counted"), ("commit", MO, "refused"), ("commit", EVE, "refused"),
        ("accept", MO, "counted"), ("accept", DANA, "refused"), ("accept", SAM, "refused"), ("accept", EVE, "refused"),
    ],
)  # fmt: skip
def test_who_may(kind: str, who: str, outcome: str) -> None:
    answer = Answer(kind, by=date(2026, 5, 1))  # type: ignore[arg-type]
    ruling = rule_on(answer, Speaker(who, None, who), episode(), SIDES, money=False, policy=POLICY)
    assert ruling.outcome == outcome
    if outcome == "refused":
        assert "this is for" in ruling.because


@pytest.mark.parametrize(
    ("late", "amount", "answer"),
    [
        (25, None, Answer("accept")),
        (5, None, Answer("accept", up_to_days=21)),
        (5, Decimal(50001), Answer("accept", up_to_days=6)),
    ],
)
def test_above_the_limit_only_the_sponsor_accepts(late: int, amount: Decimal | None, answer: Answer) -> None:
    harm = episode(late, amount)
    assert rule_on(answer, Speaker(MO, None, "Mo"), harm, SIDES, False, POLICY).outcome == "refused"
    assert rule_on(answer, Speaker(SAM, None, "Sam"), harm, SIDES, False, POLICY).outcome == "counted"


def test_about_money_only_the_controller_accepts() -> None:
    outcomes = {who: rule_on(ACCEPT, Speaker(who, None, who), episode(), SIDES, True, POLICY).outcome
                for who in (MO, SAM, FAY)}  # fmt: skip
    assert outcomes == {MO: "refused", SAM: "refused", FAY: "counted"}


@pytest.mark.parametrize(
    ("kind", "department", "late", "outcome"),
    [
        ("ack", "marketing", 5, "counted"), ("ack", "it", 5, "counted"), ("ack", "sales", 5, "refused"),
        ("accept", "marketing", 10, "counted"), ("accept", "marketing", 11, "waits"), ("accept", "it", 5, "refused"),
        ("commit", "it", 5, "counted"), ("commit", "marketing", 5, "refused"),
    ],
)  # fmt: skip
def test_a_cell_proves_the_department_and_no_person(
    kind: str, department: str, late: int, outcome: str
) -> None:
    answer = Answer(kind, by=date(2026, 5, 1))  # type: ignore[arg-type]
    ruling = rule_on(answer, Speaker(None, department, department), episode(late), SIDES, False, POLICY)
    assert ruling.outcome == outcome


def test_accepting_without_a_limit_is_quiet_until_the_delay_really_changes() -> None:
    filled, words = understood(Answer("accept"), TODAY, episode(late=5), step=5)
    assert (filled.up_to_days, words) == (9, "accepted up to 9 days late")
    filled, words = understood(Answer("accept"), TODAY, episode(late=None), step=5)
    assert words == "accepted until 2026-04-01"


def test_what_an_answer_does_to_its_break() -> None:
    accepted = take_effect(Answer("accept", until=date(2026, 5, 1)), episode())
    assert (accepted.state, accepted.silent_until) == ("decided", date(2026, 5, 1))
    disputed = take_effect(Answer("dispute"), accepted)
    assert (disputed.state, disputed.silent_until) == ("acknowledged", None)
    assert take_effect(Answer("ack"), episode()).state == "acknowledged"
    assert take_effect(Answer("ack"), accepted).state == "decided"


def test_an_answer_to_an_unknown_break_counts_once_it_is_known_again() -> None:
    unknown = replace(episode(state="unknown"), state_before="open")
    after = take_effect(Answer("accept", up_to_days=8), unknown)
    assert (after.state, after.state_before, after.silent_up_to) == ("unknown", "decided", 8)
