"""Parents: a start and an end tied to their children."""

from __future__ import annotations

from typing import Any

WEEK = {"start": "03-02", "estimate": 5}
CHILDREN = {"P": {}, "a": {**WEEK, "parent": "P"}, "b": {"start": "03-09", "estimate": 5, "parent": "P"}}


def test_a_parent_runs_from_its_first_childs_start_to_its_last_childs_finish(planned: Any) -> None:
    plan = planned(CHILDREN)
    assert (plan.dates("P"), plan.driver("P"), plan.root("P")) == ("03-02..03-13", "b", "b")


def test_a_parents_own_due_date_is_a_deadline_and_no_floor(planned: Any) -> None:
    later = planned({**CHILDREN, "P": {"start": "03-02", "due": "03-31"}})
    assert (later.dates("P"), later.float_days("b"), later.binding("b")) == ("03-02..03-13", 12, "P")
    sooner = planned({**CHILDREN, "P": {"due": "03-11"}})
    assert (sooner.dates("P"), sooner.float_days("P"), sooner.late("b")) == ("03-02..03-13", -2, "03-11")


def test_a_parents_own_start_moves_no_child(planned: Any) -> None:
    assert planned({**CHILDREN, "P": {"start": "03-09"}}).dates("P") == "03-02..03-13"


def test_what_a_parent_waits_for_holds_back_each_of_its_children(planned: Any) -> None:
    plan = planned({**CHILDREN, "X": {"due": "03-04"}}, ["X FS P"])
    assert [plan.dates(id_) for id_ in "abP"] == ["03-05..03-11", "03-09..03-13", "03-05..03-13"]
    assert (plan.driver("a"), plan.driver("b"), plan.root("a")) == ("X", None, "X")


def test_what_holds_back_a_parent_holds_back_its_childrens_children(planned: Any) -> None:
    plan = planned(
        {"X": {"due": "03-06"}, "P": {}, "Q": {"parent": "P"}, "c": {"estimate": 2, "parent": "Q"}},
        ["X FS+1 P"],
    )
    assert [plan.dates(id_) for id_ in "cQP"] == ["03-10..03-11"] * 3
    assert (plan.driver("c"), plan.driver("Q"), plan.root("P")) == ("X", "c", "X")


def test_what_waits_for_a_parent_waits_for_its_last_child(planned: Any) -> None:
    plan = planned({**CHILDREN, "Y": {"estimate": 1}}, ["P FS Y"])
    assert (plan.dates("Y"), plan.driver("Y"), plan.root("Y")) == ("03-16", "P", "b")


def test_what_waits_for_a_parents_start_waits_for_its_first_child(planned: Any) -> None:
    plan = planned({**CHILDREN, "Y": {"estimate": 1}}, ["P SS+2 Y"])
    assert (plan.dates("Y"), plan.driver("Y"), plan.root("Y")) == ("03-04", "P", "a")
    nested = planned({"R": {}, **CHILDREN, "P": {"parent": "R"}, "Y": {"estimate": 1}}, ["R SS+2 Y"])
    assert nested.dates("Y") == "03-04"


def test_a_finish_link_to_a_parent_moves_its_end_alone(planned: Any) -> None:
    plan = planned({**CHILDREN, "X": {"due": "03-18"}}, ["X FF P"])
    assert (plan.dates("P"), plan.dates("b"), plan.driver("P")) == ("03-02..03-18", "03-09..03-13", "X")


def test_a_started_child_of_a_held_back_parent_goes_on_only_when_that_is_there(planned: Any) -> None:
    started = {
        "status": "in progress",
        "actual_start": "02-25",
        "estimate": 4,
        "progress": 0.5,
        "parent": "P",
    }
    plan = planned({"X": {"due": "03-06"}, "P": {}, "a": started}, ["X FS P"])
    assert plan.dates("a") == "02-25..03-10"


def test_a_parent_has_started_when_a_child_has_so_that_start_links_to_it_are_spent(planned: Any) -> None:
    done = {"status": "done", "actual_start": "02-25", "actual_finish": "02-26", "parent": "P"}
    plan = planned(
        {"X": {"start": "03-16", "estimate": 5}, "P": {}, "a": done, "b": {**WEEK, "parent": "P"}}, ["X SS P"]
    )
    assert (plan.dates("b"), plan.dates("P")) == ("03-02..03-06", "02-25..03-06")


def test_a_done_parent_keeps_its_finish_whatever_its_children_still_do(planned: Any) -> None:
    parent = {"status": "done", "actual_start": "02-16", "actual_finish": "02-20"}
    plan = planned({**CHILDREN, "P": parent, "Y": {"estimate": 1}}, ["P FS Y"])
    assert [plan.dates(id_) for id_ in "PbY"] == ["02-16..02-20", "03-09..03-13", "03-02"]


def test_a_dropped_parent_has_no_date_and_its_open_children_keep_theirs(planned: Any) -> None:
    items = {**CHILDREN, "P": {"status": "dropped"}, "X": {"due": "03-20"}}
    assert [planned(items, ["X FS P"]).dates(id_) for id_ in "Pab"] == [
        "undated",
        "03-02..03-06",
        "03-09..03-13",
    ]
    under = planned({**items, "P": {"status": "dropped", "parent": "R"}, "R": {}}, ["X FS R"])
    assert under.dates("a") == "03-23..03-27"


def test_an_open_parent_whose_children_are_done_takes_today(planned: Any) -> None:
    done = {"status": "done", "actual_start": "02-16", "actual_finish": "02-20", "parent": "P"}
    plan = planned({"P": {"status": "in progress"}, "a": done})
    assert (plan.dates("P"), plan.driver("P")) == ("02-16..03-02", None)


def test_a_parents_own_dates_stand_in_for_children_that_have_none(planned: Any) -> None:
    parent = {"start": "03-04", "due": "03-20"}
    none_dated = planned({"P": parent, "a": {"parent": "P"}, "b": {"estimate": 2, "parent": "P"}})
    assert [none_dated.dates(id_) for id_ in "Pab"] == ["03-04..03-20", "undated", "undated"]
    one_dated = planned({"P": parent, "a": {"parent": "P"}, "b": {**WEEK, "parent": "P"}})
    assert one_dated.dates("P") == "03-02..03-20"
    other_dropped = planned(
        {"P": parent, "a": {"parent": "P", "status": "dropped"}, "b": {**WEEK, "parent": "P"}}
    )
    assert other_dropped.dates("P") == "03-02..03-06"


def test_what_a_parent_waits_for_dates_a_child_with_work_and_none_that_says_nothing(planned: Any) -> None:
    parent = {"start": "03-02", "due": "03-31"}
    plan = planned(
        {"X": {"due": "03-04"}, "P": parent, "a": {"parent": "P"}, "b": {"estimate": 2, "parent": "P"}},
        ["X FS P"],
    )
    assert [plan.dates(id_) for id_ in "abP"] == ["undated", "03-05..03-06", "03-05..04-03"]


def test_a_parents_own_dates_wait_for_what_it_waits_for(planned: Any) -> None:
    parent = {"start": "03-02", "estimate": 3}
    plan = planned(
        {"X": {"due": "03-06", "deadline": "03-09"}, "P": parent, "a": {"parent": "P"}}, ["X FS P"]
    )
    assert (plan.dates("P"), plan.root("P")) == ("03-09..03-11", "X")
    late = planned(
        {"X": {"due": "03-06"}, "P": {**parent, "deadline": "03-12"}, "a": {"parent": "P"}}, ["X FS P"]
    )
    assert late.float_days("X") == 1


def test_of_a_childs_own_predecessor_and_its_parents_on_the_same_day_the_smaller_id_drives(
    planned: Any,
) -> None:
    items = {"P": {}, "a": {"estimate": 1, "parent": "P"}, "X": {"due": "03-04"}, "Z": {"due": "03-04"}}
    assert planned(items, ["Z FS P", "X FS a"]).driver("a") == "X"
    assert planned(items, ["X FS P", "Z FS a"]).driver("a") == "X"


def test_a_parent_without_any_date_is_undated(planned: Any) -> None:
    assert planned({"P": {"estimate": 4}, "a": {"parent": "P"}}).dates("P") == "undated"


def test_a_parent_shows_the_days_that_its_children_show(planned: Any) -> None:
    plan = planned({"P": {}, "a": {"start": "03-07", "estimate": 2, "calendar": "every day", "parent": "P"}})
    assert plan.dates("P") == "03-07..03-08"
