"""What opens, closes, changes and is unknown; each with its reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.engine.settle import Episode, Seen, Transition, break_id, due_to_tell, settle, short_code

MONDAY = date(2026, 3, 2)


def seen(
    key: str = "a>b", late: int | None = 5, sources: Collection[str] = ("jira",), **more: object
) -> Seen:
    return Seen(
        rule="slip-hits-peer", severity="high", key=(key,), subject_id=key, message=f"{key} is {late} days late",
        sources=frozenset(sources), days_late=late, from_department="it", to_department="marketing", **more,  # type: ignore[arg-type]
    )  # fmt: skip


def run(
    before: list[Episode], found: list[Seen], today: date = MONDAY, stale: Collection[str] = (),
    failed: Collection[str] = (), hold: int = 0,
) -> list[Transition]:  # fmt: skip
    return settle(before, found, lambda source: source not in stale, failed, today, hold)


def opened(one: Seen, **changes: object) -> Episode:
    (transition,) = run([], [one])
    return replace(transition.after, **changes)  # type: ignore[arg-type]


def test_a_finding_opens_once_and_says_why() -> None:
    (transition,) = run([], [seen()])
    assert (transition.kind, transition.after.first_seen, transition.after.state) == (
        "opened",
        MONDAY,
        "open",
    )
    assert run([transition.after], [seen()]) == []


def test_a_finding_on_a_stale_source_does_not_open() -> None:
    assert run([], [seen(sources=("jira", "tracker"))], stale=["tracker"]) == []


def test_a_break_closes_when_all_that_it_rested_on_was_read() -> None:
    (transition,) = run([opened(seen())], [], MONDAY + timedelta(days=1))
    assert (transition.kind, transition.after.closed_on) == ("resolved", date(2026, 3, 3))


def test_a_break_does_not_close_while_what_it_rests_on_may_not_be_seen() -> None:
    before = opened(seen(evidence=("jira:A", "jira:B")))
    tomorrow = MONDAY + timedelta(days=1)
    (lost,) = settle([before], [], lambda _: True, (), tomorrow, hidden={"jira:B"})
    assert (lost.kind, lost.after.state) == ("unknown", "unknown")
    assert "jira:B" in lost.reason
    assert settle([lost.after], [], lambda _: True, (), tomorrow, hidden={"jira:B"}) == []
    (closed,) = settle([lost.after], [], lambda _: True, (), tomorrow)
    assert closed.kind == "resolved"


def test_a_break_closes_with_how_its_subject_ended() -> None:
    (closed,) = settle(
        [opened(seen())], [], lambda _: True, (), MONDAY, endings={"a>b": "delivered 2 days late"}
    )
    assert (closed.after.closed_because, closed.reason[:21]) == ("delivered 2 days late",) * 2


@pytest.mark.parametrize("found", [[], [seen(late=30)]])
def test_a_break_on_a_stale_source_is_unknown_found_or_not(found: list[Seen]) -> None:
    (transition,) = run([opened(seen())], found, stale=["jira"])
    assert (transition.kind, transition.after.state) == ("unknown", "unknown")
    assert transition.reason == "not read in this run: jira"


def test_a_break_of_a_rule_that_could_not_run_is_unknown() -> None:
    (transition,) = run([opened(seen())], [], failed=["slip-hits-peer"])
    assert transition.kind == "unknown"


def test_a_break_known_again_has_the_state_it_had() -> None:
    episode = opened(seen(), state="unknown", state_before="acknowledged")
    (transition,) = run([episode], [seen()])
    assert (transition.kind, transition.after.state) == ("known again", "acknowledged")


@pytest.mark.parametrize(("late", "kind"), [(9, "updated"), (10, "changed"), (0, "changed"), (1, "updated")])
def test_a_delay_is_told_again_from_five_days_on(late: int, kind: str) -> None:
    told = opened(seen(), told_on=MONDAY, told_days_late=5, told_departments=("it", "marketing"))
    (transition,) = run([told], [seen(late=late)])
    assert transition.kind == kind


def test_another_department_is_a_real_change() -> None:
    told = opened(seen(), told_on=MONDAY, told_days_late=5, told_departments=("it", "marketing"))
    (transition,) = run([told], [replace(seen(), to_department="sales")])
    assert (transition.kind, transition.reason) == ("changed", "now also hits sales")


def test_an_accepted_harm_is_quiet_until_its_limit() -> None:
    accepted = opened(seen(), state="decided", silent_up_to=12, told_on=MONDAY, told_days_late=5)
    assert run([accepted], [seen(late=12)])[0].kind == "updated"
    (woken,) = run([accepted], [seen(late=13)])
    assert (woken.kind, woken.after.state, woken.real) == ("silence ended", "open", True)


def test_an_accepted_harm_is_quiet_until_its_date() -> None:
    accepted = opened(seen(), state="decided", silent_until=date(2026, 3, 6))
    assert [t.kind for t in run([accepted], [seen()], date(2026, 3, 6))] == ["updated"]
    assert [t.kind for t in run([accepted], [seen()], date(2026, 3, 7))] == ["silence ended"]


def test_a_break_that_returns_is_a_new_episode_with_its_old_name() -> None:
    (closed,) = run([opened(seen())], [], MONDAY + timedelta(days=1))
    (again,) = run([closed.after], [seen()], MONDAY + timedelta(days=30))
    assert (again.kind, again.after.episode, again.after.code) == ("opened", 2, closed.after.code)
    assert again.after.first_seen == date(2026, 4, 1)


def test_a_flap_within_the_hold_is_the_same_episode() -> None:
    (closed,) = run([opened(seen())], [], MONDAY + timedelta(days=1), hold=2)
    (again,) = run([closed.after], [seen()], MONDAY + timedelta(days=2), hold=2)
    assert (again.kind, again.after.episode, again.after.first_seen) == ("reopened", 1, MONDAY)


def test_hold_delays_the_telling_and_not_the_opening() -> None:
    episode = opened(seen())
    days = [MONDAY + timedelta(days=n) for n in range(4)]
    assert [due_to_tell(episode, day, hold_days=2) for day in days] == [False, False, True, True]


def test_a_code_is_longer_where_a_shorter_one_is_taken() -> None:
    identity = break_id("slip-hits-peer", ["a>b"])
    short = short_code(identity, [])
    assert short_code(identity, [short]) == short_code(identity, [])[:4] + short_code(identity, [short])[4:]
    assert len(short_code(identity, [short])) == 5


def test_a_key_of_two_parts_is_not_the_key_of_one() -> None:
    assert break_id("r", ["a", "b"]) != break_id("r", ["a,b"])


FINDINGS = st.lists(
    st.builds(
        lambda key, late, sources, amount: seen(key, late, sources, amount_at_risk=amount),
        st.sampled_from("abcd"), st.none() | st.integers(-30, 30), st.sets(st.sampled_from(["x", "y"]), min_size=1),
        st.none() | st.decimals(0, 100, places=2),
    ),
    unique_by=lambda one: one.key,
)  # fmt: skip
DAYS = st.lists(st.tuples(FINDINGS, st.sets(st.sampled_from(["x", "y"]))), min_size=1, max_size=8)


@given(DAYS, st.integers(0, 3))
def test_whatever_happens_day_by_day(days: list[tuple[list[Seen], set[str]]], hold: int) -> None:
    known: dict[str, Episode] = {}
    for number, (found, stale) in enumerate(days):
        today = MONDAY + timedelta(days=number)
        shuffled = run(list(known.values())[::-1], found[::-1], today, stale, hold=hold)
        transitions = run(list(known.values()), found, today, stale, hold=hold)
        assert {t.after.break_id for t in transitions} == {t.after.break_id for t in shuffled}
        for transition in transitions:
            after = transition.after
            touched = after.seen.sources & stale
            assert not (transition.kind in ("opened", "reopened", "resolved", "changed") and touched)
            known[after.break_id] = after
        # The same day again changes nothing.
        again = run(list(known.values()), found, today, stale, hold=hold)
        assert [t for t in again if t.kind not in ("reopened",)] == []
        assert len({episode.code for episode in known.values()}) == len(known)


def test_a_larger_harm_comes_first() -> None:
    from rules.engine.settle import harm

    episodes = [opened(seen(key, late, amount_at_risk=amount)) for key, late, amount in
                (("a", 50, None), ("b", 1, Decimal(10)), ("c", 2, Decimal(10)), ("d", None, None))]  # fmt: skip
    assert [episode.seen.key[0] for episode in sorted(episodes, key=harm)] == ["c", "b", "a", "d"]
