"""Who sets a date, and where a slip starts."""

from __future__ import annotations

from typing import Any

LATE = {"start": "03-02", "due": "03-13"}


def _chain(plan: Any, id_: str) -> tuple[str | None, str | None]:
    return plan.driver(id_), plan.root(id_)


def test_an_item_whose_own_bound_sets_its_date_has_no_driver_and_is_the_root(planned: Any) -> None:
    plan = planned({"A": {"due": "03-03"}, "B": {"start": "03-09", "estimate": 2}}, ["A FS B"])
    assert _chain(plan, "B") == (None, "B")


def test_the_predecessor_that_sets_the_date_drives_and_the_root_is_where_the_chain_begins(
    planned: Any,
) -> None:
    plan = planned(
        {"A": LATE, "B": {"estimate": 2}, "C": {"estimate": 1}, "X": {"due": "03-12"}},
        ["A FS B", "B FS C", "X FS C"],
    )
    assert _chain(plan, "B") == ("A", "A")
    assert _chain(plan, "C") == ("B", "A")


def test_of_two_that_set_the_same_date_the_smaller_id_drives(planned: Any) -> None:
    plan = planned({"X": LATE, "M": LATE, "Z": {"estimate": 1}}, ["X FS Z", "M FS Z"])
    assert _chain(plan, "Z") == ("M", "M")


def test_an_own_bound_wins_a_tie_with_a_predecessor(planned: Any) -> None:
    plan = planned({"A": LATE, "B": {"start": "03-16", "estimate": 2}}, ["A FS B"])
    assert _chain(plan, "B") == (None, "B")
    plan = planned({"A": LATE, "B": {"due": "03-13"}}, ["A FF B"])
    assert _chain(plan, "B") == (None, "B")


def test_a_due_date_that_just_holds_is_an_own_bound_too(planned: Any) -> None:
    plan = planned({"A": LATE, "B": {"start": "03-02", "due": "03-17", "estimate": 2}}, ["A FS B"])
    assert (plan.dates("B"), *_chain(plan, "B")) == ("03-16..03-17", None, "B")


def test_today_is_an_own_bound(planned: Any) -> None:
    plan = planned({"A": {"status": "done", "actual_finish": "02-27"}, "B": {"estimate": 2}}, ["A FS B"])
    assert _chain(plan, "B") == (None, "B")


def test_a_due_date_that_still_holds_hides_what_moved_the_start(planned: Any) -> None:
    item = {"start": "03-09", "due": "03-31", "estimate": 2}
    assert _chain(planned({"A": LATE, "B": item}, ["A FS B"]), "B") == (None, "B")


def test_a_finish_link_drives(planned: Any) -> None:
    plan = planned({"A": LATE, "B": {"start": "03-09", "estimate": 2}}, ["A FF B"])
    assert _chain(plan, "B") == ("A", "A")


def test_where_a_start_is_waited_for_the_root_is_what_set_that_start(planned: Any) -> None:
    # A's finish is its own due date; its start is driven by X.
    item = {"start": "03-02", "due": "03-31", "estimate": 2}
    plan = planned({"X": LATE, "A": item, "B": {"estimate": 2}}, ["X FS A", "A SS B"])
    assert _chain(plan, "A") == (None, "A")
    assert _chain(plan, "B") == ("A", "X")


def test_the_rest_of_a_started_item_is_driven_by_what_it_waits_for(planned: Any) -> None:
    started = {"status": "in progress", "actual_start": "02-23", "estimate": 4, "progress": 0.5}
    assert _chain(planned({"A": LATE, "B": started}, ["A FS B"]), "B") == ("A", "A")
    assert _chain(planned({"A": {"due": "02-20", "status": "dropped"}, "B": started}, ["A FS B"]), "B") == (
        None,
        "B",
    )


def test_the_root_of_what_waits_for_a_done_item_is_that_item(planned: Any) -> None:
    done = {"status": "done", "actual_finish": "03-06"}
    plan = planned({"X": LATE, "A": done, "B": {"estimate": 2}}, ["X FS A", "A FS B"])
    assert _chain(plan, "B") == ("A", "A")
