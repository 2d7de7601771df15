"""What links do to dates: the four types, leads and lags, calendars, and what started or is fixed."""

from __future__ import annotations

from typing import Any

import pytest

from unify.schedule import Activity, Link, schedule

TEN_TO_THIRTEEN = {"start": "03-10", "due": "03-13", "estimate": 4}  # Tuesday to Friday


@pytest.mark.parametrize(
    ("how", "dates"),
    [
        ("FS", "03-16..03-18"),
        ("FS+2", "03-18..03-20"),
        ("FS-2", "03-12..03-16"),
        ("SS", "03-10..03-12"),
        ("SS+3", "03-13..03-17"),
        ("FF", "03-11..03-13"),
        ("FF+1", "03-12..03-16"),
        ("SF", "03-05..03-09"),
        ("SF+4", "03-11..03-13"),
    ],
)
def test_three_days_of_work_wait_for_what_the_link_says(planned: Any, how: str, dates: str) -> None:
    plan = planned({"A": TEN_TO_THIRTEEN, "B": {"estimate": 3}}, [f"A {how} B"])
    assert plan.dates("B") == dates


@pytest.mark.parametrize(
    ("how", "day"), [("FS", "03-13"), ("FS+1", "03-16"), ("FF", "03-13"), ("SF+1", "03-10")]
)
def test_a_point_comes_on_the_evening_that_the_link_says(planned: Any, how: str, day: str) -> None:
    assert planned({"A": TEN_TO_THIRTEEN, "B": {}}, [f"A {how} B"]).dates("B") == day


def test_a_point_gives_its_evening_to_what_follows(planned: Any) -> None:
    plan = planned({"A": {"due": "03-13"}, "B": {"estimate": 1}, "C": {"due": "03-12"}}, ["A FS B", "A SS C"])
    assert (plan.dates("B"), plan.dates("C")) == ("03-16", "03-13")


def test_the_latest_of_several_bounds_counts(planned: Any) -> None:
    plan = planned(
        {"A": TEN_TO_THIRTEEN, "B": {"due": "03-17"}, "C": {"start": "03-12", "estimate": 2}},
        ["A FS C", "B FS C"],
    )
    assert plan.dates("C") == "03-18..03-19"


def test_nothing_that_has_not_started_is_moved_before_today(planned: Any) -> None:
    plan = planned({"A": {"due": "03-03"}, "B": {"estimate": 4}}, ["A FF B", "A FS-9 B"])
    assert plan.dates("B") == "03-02..03-05"


def test_without_a_due_date_of_its_own_an_item_shifts_and_never_stretches(planned: Any) -> None:
    plan = planned({"A": {"due": "03-20"}, "B": {"start": "03-03", "estimate": 2}}, ["A FF B"])
    assert plan.dates("B") == "03-19..03-20"


def test_a_link_that_moves_the_finish_past_the_due_date_moves_the_start_too(planned: Any) -> None:
    item = {"start": "03-02", "due": "03-11", "estimate": 3}
    assert planned({"A": {"due": "03-11"}, "B": item}, ["A FF B"]).dates("B") == "03-02..03-11"
    assert planned({"A": {"due": "03-12"}, "B": item}, ["A FF B"]).dates("B") == "03-10..03-12"


def test_a_late_predecessor_eats_the_slack_before_the_due_date_first(planned: Any) -> None:
    item = {"start": "03-02", "due": "03-11", "estimate": 3}
    assert planned({"A": {"due": "03-06"}, "B": item}, ["A FS B"]).dates("B") == "03-09..03-11"
    assert planned({"A": {"due": "03-09"}, "B": item}, ["A FS B"]).dates("B") == "03-10..03-12"


def test_the_rest_of_a_started_item_waits_for_its_late_predecessor(planned: Any) -> None:
    started = {"status": "in progress", "actual_start": "02-23", "estimate": 4, "progress": 0.5}
    plan = planned({"A": {"due": "03-06"}, "B": started}, ["A FS B"])
    assert plan.dates("B") == "02-23..03-10"


def test_of_a_started_item_a_start_to_start_link_is_spent(planned: Any) -> None:
    started = {"status": "in progress", "actual_start": "02-23", "estimate": 4, "progress": 0.5}
    plan = planned({"A": {"start": "03-16", "estimate": 5}, "B": started}, ["A SS B"])
    assert plan.dates("B") == "02-23..03-03"


@pytest.mark.parametrize("how", ["FF", "SF+4"])
def test_of_a_started_item_only_the_finish_moves_with_a_finish_link(planned: Any, how: str) -> None:
    started = {"status": "in progress", "actual_start": "02-23", "estimate": 4, "progress": 0.5}
    assert planned({"A": TEN_TO_THIRTEEN, "B": started}, [f"A {how} B"]).dates("B") == "02-23..03-13"


def test_a_done_predecessor_counts_with_its_actual_finish_and_the_lag(planned: Any) -> None:
    done = {"status": "done", "actual_finish": "02-27", "due": "03-31"}
    assert planned({"A": done, "B": {"estimate": 2}}, ["A FS B"]).dates("B") == "03-02..03-03"
    assert planned({"A": done, "B": {"estimate": 2}}, ["A FS+5 B"]).dates("B") == "03-09..03-10"


def test_an_undated_predecessor_gives_no_date(planned: Any) -> None:
    plan = planned(
        {"A": {"estimate": 9}, "B": {"start": "03-04", "estimate": 1}, "C": {}}, ["A FS B", "A FS C"]
    )
    assert (plan.dates("B"), plan.dates("C")) == ("03-04", "undated")


def test_an_estimate_alone_is_dated_by_what_comes_before(planned: Any) -> None:
    assert planned({"A": {"due": "03-06"}, "B": {"estimate": 2}}, ["A FS B"]).dates("B") == "03-09..03-10"


def test_a_lag_runs_on_the_successors_calendar(planned: Any) -> None:
    friday = {"start": "03-06", "estimate": 1}
    plan = planned(
        {"A": friday, "B": {"estimate": 1}, "C": {"estimate": 1, "calendar": "every day"}},
        ["A FS+2 B", "A FS+2 C"],
    )
    assert (plan.dates("B"), plan.dates("C")) == ("03-11", "03-09")


def test_a_friday_finish_lets_those_who_work_at_weekends_start_on_saturday(planned: Any) -> None:
    plan = planned({"A": {"due": "03-06"}, "B": {"estimate": 1, "calendar": "every day"}}, ["A FS B"])
    assert plan.dates("B") == "03-07"


def test_a_point_between_two_calendars_loses_no_weekend(planned: Any) -> None:
    # Work on Sunday 8 March ends after London's Friday: what follows in the Gulf is not on that Sunday.
    gulf = {"calendar": "gulf", "estimate": 1}
    plan = planned({"A": {**gulf, "start": "03-08"}, "M": {}, "Z": gulf}, ["A FS M", "M FS Z"])
    assert (plan.dates("A"), plan.dates("Z")) == ("03-08", "03-09")
    plan = planned({"A": {"start": "03-06", "estimate": 1}, "M": {}, "Z": gulf}, ["A FS M", "M FS Z"])
    assert (plan.dates("A"), plan.dates("M"), plan.dates("Z")) == ("03-06", "03-06", "03-08")


def test_slips_are_counted_in_working_days_of_the_item(planned: Any) -> None:
    plan = planned(
        {
            "A": {"start": "03-02", "estimate": 10, "baseline": "03-06"},
            "B": {"start": "03-02", "estimate": 2, "baseline": "03-06"},
            "C": {"start": "03-02", "estimate": 2},
        }
    )
    assert [plan.slip_days(id_) for id_ in "ABC"] == [5, -3, None]


def test_a_link_to_nothing_and_an_id_given_twice_are_refused() -> None:
    with pytest.raises(ValueError, match="predecessor X of A is not among the activities"):
        schedule([Activity("A")], [Link("X", "A")], {}, None)
    with pytest.raises(ValueError, match="parent X of A is not among the activities"):
        schedule([Activity("A", parent="X")], [], {}, None)
    with pytest.raises(ValueError, match="activity A is given twice"):
        schedule([Activity("A"), Activity("B"), Activity("A")], [], {}, None)
