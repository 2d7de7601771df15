"""What one item's dates come to: work not started, under way, done, dropped; points; nothing known."""

from __future__ import annotations

from typing import Any

import pytest

Given = dict[str, Any]


def _dates(planned: Any, given: Given, today: str = "03-02") -> str:
    return str(planned({"A": given}, today=today).dates("A"))


# --- not started -----------------------------------------------------------------------------------


def test_a_due_date_later_than_the_estimate_is_believed(planned: Any) -> None:
    assert _dates(planned, {"start": "03-02", "due": "03-11", "estimate": 3}) == "03-02..03-11"


def test_an_estimate_longer_than_the_due_date_allows_is_believed_too(planned: Any) -> None:
    assert _dates(planned, {"start": "03-02", "due": "03-03", "estimate": 5}) == "03-02..03-06"


def test_without_an_estimate_the_work_is_the_working_days_from_start_to_due(planned: Any) -> None:
    assert _dates(planned, {"start": "03-02", "due": "03-11"}, today="03-05") == "03-05..03-16"


def test_work_that_should_have_started_starts_today(planned: Any) -> None:
    assert _dates(planned, {"start": "02-16", "estimate": 3}) == "03-02..03-04"


def test_on_a_free_day_work_starts_on_the_next_working_day(planned: Any) -> None:
    assert _dates(planned, {"start": "02-16", "estimate": 3}, today="03-07") == "03-09..03-11"


def test_what_is_done_of_the_estimate_is_taken_off_and_the_rest_rounded_up_once(planned: Any) -> None:
    assert _dates(planned, {"start": "03-02", "estimate": 5, "progress": 0.5}) == "03-02..03-04"
    assert _dates(planned, {"start": "03-02", "estimate": 10, "progress": 0.7}) == "03-02..03-04"
    assert _dates(planned, {"start": "03-02", "estimate": 0.25}) == "03-02"


def test_the_tools_own_remaining_work_counts_before_the_estimate(planned: Any) -> None:
    assert (
        _dates(planned, {"start": "03-02", "estimate": 9, "progress": 0.1, "remaining": 2}) == "03-02..03-03"
    )


def test_with_a_due_date_and_work_but_no_start_it_is_planned_to_be_just_in_time(planned: Any) -> None:
    assert _dates(planned, {"due": "03-13", "estimate": 5}) == "03-09..03-13"
    assert _dates(planned, {"due": "03-03", "estimate": 5}) == "03-02..03-06"


def test_weekends_are_not_worked(planned: Any) -> None:
    assert _dates(planned, {"start": "03-05", "estimate": 3}) == "03-05..03-09"
    assert _dates(planned, {"start": "03-05", "estimate": 3, "calendar": "every day"}) == "03-05..03-07"


# --- points and what has no date -------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"due": "03-12"}, {"start": "03-12"}, {"due": "03-12", "estimate": 0}])
def test_one_date_without_work_is_a_point_on_that_day(planned: Any, given: Given) -> None:
    assert _dates(planned, given) == "03-12"


def test_a_point_on_a_free_day_shows_the_working_day_before(planned: Any) -> None:
    assert _dates(planned, {"due": "03-14"}) == "03-13"


def test_an_open_point_before_today_takes_today(planned: Any) -> None:
    assert _dates(planned, {"due": "02-20"}) == "03-02"
    assert _dates(planned, {"start": "02-20"}) == "03-02"


def test_no_work_left_between_a_start_and_a_later_due_date_is_open_until_then(planned: Any) -> None:
    assert _dates(planned, {"start": "03-04", "due": "03-12", "estimate": 0}) == "03-04..03-12"


def test_a_due_date_before_the_start_is_a_point_on_the_start(planned: Any) -> None:
    assert _dates(planned, {"start": "03-12", "due": "03-05"}) == "03-12"


@pytest.mark.parametrize("given", [{}, {"estimate": 5}, {"remaining": 2}, {"deadline": "03-20"}])
def test_without_a_date_and_with_nothing_before_it_is_undated(planned: Any, given: Given) -> None:
    plan = planned({"A": given})
    assert plan.dates("A") == "undated"
    assert (plan.float_days("A"), plan.driver("A"), plan.root("A")) == (None, None, None)


def test_dates_that_mean_never_do_no_harm(planned: Any) -> None:
    plan = planned({"A": {"start": "03-02", "estimate": 3_000_000}})
    assert str(plan.finish("A")) == "9999-12-31"


# --- under way -------------------------------------------------------------------------------------


def test_of_a_started_item_the_start_is_fixed_and_the_rest_runs_from_today(planned: Any) -> None:
    given = {"status": "in progress", "actual_start": "02-18", "estimate": 10, "progress": 0.5}
    assert _dates(planned, given) == "02-18..03-06"


def test_without_an_estimate_or_a_planned_start_the_work_is_what_lies_from_the_actual_start_to_due(
    planned: Any,
) -> None:
    given = {"status": "in progress", "actual_start": "02-16", "due": "02-27", "progress": 0.5}
    assert _dates(planned, given) == "02-16..03-06"  # half of ten days


def test_a_later_due_date_of_a_started_item_is_believed(planned: Any) -> None:
    given = {
        "status": "in progress",
        "actual_start": "02-18",
        "estimate": 10,
        "progress": 0.5,
        "due": "03-20",
    }
    assert _dates(planned, given) == "02-18..03-20"


def test_with_progress_unknown_the_rest_is_what_is_left_until_the_planned_finish(planned: Any) -> None:
    given = {"status": "in progress", "actual_start": "02-18", "due": "03-11", "estimate": 3}
    assert _dates(planned, given) == "02-18..03-11"
    plan = planned({"A": given, "B": {"due": "03-06"}}, ["B FS A"])
    assert plan.dates("A") == "02-18..03-18"  # eight days left, from the 9th


def test_with_progress_unknown_and_the_planned_finish_past_one_day_is_left(planned: Any) -> None:
    given = {"status": "in progress", "actual_start": "02-09", "due": "02-20", "estimate": 30}
    assert _dates(planned, given) == "02-09..03-02"
    held = planned({"A": given, "B": {"due": "03-06"}}, ["B FS A"])
    assert held.dates("A") == "02-09..03-09"


def test_with_progress_and_due_unknown_the_estimate_less_the_days_since_is_left(planned: Any) -> None:
    given = {"status": "in progress", "actual_start": "02-25", "estimate": 8}
    assert _dates(planned, given) == "02-25..03-06"  # three days are gone, five are left
    held = planned({"A": {**given, "estimate": 2}, "B": {"due": "03-06"}}, ["B FS A"])
    assert held.dates("A") == "02-25..03-09"  # at least one


def test_a_started_item_without_work_left_takes_today(planned: Any) -> None:
    given = {"status": "in progress", "actual_start": "02-18", "estimate": 10, "progress": 1.0}
    assert _dates(planned, given) == "02-18..03-02"


# --- done and dropped ------------------------------------------------------------------------------


def test_a_done_item_keeps_its_actual_finish_whatever_comes_before(planned: Any) -> None:
    done = {
        "status": "done",
        "actual_start": "02-16",
        "actual_finish": "02-20",
        "due": "03-31",
        "estimate": 90,
        "deadline": "03-20",
    }
    plan = planned({"A": done, "B": {"due": "04-10"}}, ["B FS A", "B FF A"])
    assert plan.dates("A") == "02-16..02-20"
    assert (plan.float_days("A"), plan.late("A")) == (None, "undated")


def test_work_done_at_a_weekend_is_shown_on_that_day(planned: Any) -> None:
    assert (
        _dates(planned, {"status": "done", "actual_start": "02-28", "actual_finish": "03-01"})
        == "02-28..03-01"
    )


def test_a_done_item_without_a_known_start_has_the_planned_one(planned: Any) -> None:
    given = {"status": "done", "start": "02-16", "actual_finish": "02-20"}
    assert _dates(planned, given) == "02-16..02-20"
    assert _dates(planned, {**given, "start": "02-23"}) == "02-20"


def test_a_dropped_item_has_no_date_and_gives_none(planned: Any) -> None:
    plan = planned(
        {"A": {"status": "dropped", "due": "03-20"}, "B": {"start": "03-04", "estimate": 2}}, ["A FS B"]
    )
    assert (plan.dates("A"), plan.dates("B")) == ("undated", "03-04..03-05")
    alone = planned({"A": {"status": "dropped", "due": "03-20"}, "B": {"estimate": 2}}, ["A FS B"])
    assert alone.dates("B") == "undated"
