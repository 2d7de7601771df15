"""Late finish, float and what binds them."""

from __future__ import annotations

from typing import Any

import pytest

from unify.schedule import whichever

THREE = {"start": "03-02", "estimate": 3}


def _late(plan: Any, id_: str) -> tuple[str, int, str]:
    return plan.late(id_), plan.float_days(id_), plan.binding(id_)


def test_without_a_deadline_after_it_an_item_has_no_float(planned: Any) -> None:
    plan = planned({"A": THREE, "B": {"start": "03-05", "due": "03-10"}}, ["A FS B"])
    assert (plan.late("A"), plan.float_days("A"), plan.binding("A")) == ("undated", None, None)


def test_its_own_deadline_and_its_baseline_bind_and_the_earlier_one_counts(planned: Any) -> None:
    assert _late(planned({"A": {**THREE, "deadline": "03-06"}}), "A") == ("03-06", 2, "A")
    assert _late(planned({"A": {**THREE, "baseline": "03-03"}}), "A") == ("03-03", -1, "A")
    assert _late(planned({"A": {**THREE, "deadline": "03-06", "baseline": "03-05"}}), "A") == (
        "03-05",
        1,
        "A",
    )


def test_a_milestones_due_date_binds_and_a_tasks_does_not(planned: Any) -> None:
    milestone = planned({"A": THREE, "M": {"due": "03-10", "due_is_deadline": True}}, ["A FS M"])
    assert _late(milestone, "A") == ("03-10", 4, "M")
    assert planned({"A": THREE, "M": {"due": "03-10"}}, ["A FS M"]).float_days("A") is None


def test_a_stated_need_by_binds_in_the_name_of_who_needs_it(planned: Any) -> None:
    plan = planned({"A": THREE, "B": {"estimate": 1}}, [("A FS B", "03-05")])
    assert _late(plan, "A") == ("03-05", 1, "B")


def test_the_lag_comes_before_the_need_by(planned: Any) -> None:
    assert _late(planned({"A": THREE, "B": {}}, [("A FS+2 B", "03-09")]), "A") == ("03-05", 1, "B")


def test_starting_on_the_need_by_is_in_time_where_a_start_is_needed(planned: Any) -> None:
    plan = planned({"A": THREE, "B": {"estimate": 1}}, [("A SS B", "03-04")])
    assert (plan.float_days("A"), plan.late("A")) == (2, "03-06")


def test_of_all_deadlines_after_it_the_one_that_leaves_least_binds(planned: Any) -> None:
    plan = planned(
        {"A": THREE, "B": {"estimate": 4, "deadline": "03-13"}, "C": {"estimate": 1, "deadline": "03-09"}},
        ["A FS B", "A FS C"],
    )
    assert _late(plan, "A") == ("03-06", 2, "C")
    tied = planned(
        {"A": THREE, "C": {"estimate": 1, "deadline": "03-09"}, "B": {"estimate": 1, "deadline": "03-09"}},
        ["A FS B", "A FS C"],
    )
    assert tied.binding("A") == "B"


def test_float_goes_through_all_types_of_links(planned: Any) -> None:
    after = {"estimate": 2, "deadline": "03-13"}
    floats = {
        how: planned({"A": THREE, "B": after}, [f"A {how} B"]).float_days("A")
        for how in ("FS", "FS+1", "SS", "SS+1", "FF", "FF+1", "SF")
    }
    # B may finish on the 13th, so start on the 12th; A runs from the 2nd to the 4th.
    assert floats == {"FS": 5, "FS+1": 4, "SS": 8, "SS+1": 7, "FF": 7, "FF+1": 6, "SF": 10}


def test_the_float_of_an_item_that_works_at_weekends_is_in_its_own_days(planned: Any) -> None:
    plan = planned(
        {
            "A": {"start": "03-02", "estimate": 3, "calendar": "every day"},
            "B": {"estimate": 1, "deadline": "03-09"},
        },
        ["A FS B"],
    )
    assert _late(plan, "A") == ("03-08", 4, "B")


def test_what_is_done_passes_no_deadline_on_and_what_is_dropped_needs_nothing(planned: Any) -> None:
    done = {"status": "done", "actual_finish": "02-27", "deadline": "03-03"}
    plan = planned(
        {"A": THREE, "B": done, "C": {"status": "dropped", "deadline": "03-04"}}, ["A FS B", "A FS C"]
    )
    assert plan.float_days("A") is None


def test_a_done_childs_deadline_binds_nothing_that_its_parent_waits_for(planned: Any) -> None:
    done = {"status": "done", "actual_finish": "02-27", "deadline": "03-03", "parent": "P"}
    plan = planned(
        {"A": THREE, "P": {}, "a": done, "b": {"estimate": 1, "deadline": "03-09", "parent": "P"}}, ["A FS P"]
    )
    assert _late(plan, "A") == ("03-06", 2, "b")


def test_a_bound_up_to_the_due_date_does_not_move_a_start_that_others_wait_for(planned: Any) -> None:
    stretched = {"start": "03-02", "due": "03-11", "estimate": 3}
    links = ["A FF B", ("B SS C", "03-02")]
    plan = planned({"A": THREE, "B": stretched, "C": {"estimate": 1}}, links)
    assert _late(plan, "A") == ("03-11", 5, "C")


def test_who_waits_for_a_parents_start_binds_its_first_child_and_no_other(planned: Any) -> None:
    plan = planned(
        {
            "P": {},
            "a": {**THREE, "parent": "P"},
            "b": {"start": "03-09", "estimate": 1, "parent": "P"},
            "C": {"estimate": 1, "deadline": "03-06"},
        },
        ["P SS C"],
    )
    assert _late(plan, "a") == ("03-10", 4, "C")
    assert (plan.float_days("P"), plan.float_days("b")) == (4, None)


CONTESTED: dict[str, dict[str, Any]] = {
    "P": {},
    "a": {**THREE, "parent": "P"},
    "b": {"start": "03-05", "estimate": 1, "parent": "P"},
    "C": {"estimate": 1, "deadline": "03-06"},
}
"""P has to begin by the 6th, and either child does."""


def test_of_several_children_that_begin_their_parent_in_time_none_is_asked_alone(planned: Any) -> None:
    assert [planned(CONTESTED, ["P SS C"]).float_days(one) for one in "ab"] == [None, None]
    waiting = planned({**CONTESTED, "X": {"due": "03-04"}}, ["P SS C", "X FS b"])
    assert [waiting.float_days(one) for one in "abX"] == [None, None, None]


def test_what_all_children_that_begin_their_parent_in_time_wait_for_has_the_float_of_the_last(
    planned: Any,
) -> None:
    links = ["P SS C", "X FS a", "Y FS b", "X FS Y"]
    plan = planned({**CONTESTED, "X": {"due": "03-02"}, "Y": {"estimate": 1}}, links)
    # A day late for a by way of Y, X is in time for b: it may finish on the 5th, whatever Y asks.
    assert _late(plan, "X") == ("03-05", 3, "C")
    assert plan.float_days("Y") is None


def test_without_time_to_look_at_each_child_one_of_them_is_asked(
    planned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = ["P SS C", "X FS a", "Y FS b", "X FS Y"]
    said = {**CONTESTED, "X": {"due": "03-02"}, "Y": {"estimate": 1}}
    monkeypatch.setattr(whichever, "LOOKS_PER_NODE", 0)
    plan = planned(said, links)
    assert [plan.float_days(one) for one in "abXY"] == [3, None, 3, None]


def test_a_parents_own_date_that_begins_it_in_time_leaves_its_children_free(planned: Any) -> None:
    own = {**CONTESTED, "P": {"start": "03-04", "due": "03-20"}, "b": {"parent": "P"}}
    assert _late(planned(own, ["P SS C"]), "a") == ("03-20", 12, "P")
    too_late = {**own, "P": {"start": "03-09", "due": "03-20"}}
    assert _late(planned(too_late, ["P SS C"]), "a") == ("03-10", 4, "C")


def test_a_parents_start_that_a_child_with_children_begins_is_begun_by_any_of_them_all(planned: Any) -> None:
    within = {"Q": {"parent": "P"}, "q": {"start": "03-05", "estimate": 1, "parent": "Q"}}
    said = {one: given for one, given in CONTESTED.items() if one != "b"}
    assert [planned({**said, **within}, ["P SS C"]).float_days(one) for one in "aqQ"] == [None, None, None]
    plan = planned({**said, **within, "X": {"due": "03-03"}}, ["P SS C", "X FS a", "X FS q"])
    assert _late(plan, "X") == ("03-05", 2, "C")


def test_an_evening_of_the_day_by_which_a_start_is_needed_is_in_time_as_its_morning_is(planned: Any) -> None:
    for starts in ({"start": "03-03", "estimate": 2}, {"due": "03-03"}):
        plan = planned({"A": starts, "C": {"due": "03-20"}}, [("A SS C", "03-05")])
        assert plan.float_days("A") == 2


def test_a_started_successor_passes_on_its_finish_but_no_start(planned: Any) -> None:
    started = {
        "status": "in progress", "actual_start": "02-23", "estimate": 4, "progress": 0.5, "deadline": "03-13",
    }  # fmt: skip
    assert planned({"A": THREE, "B": started}, ["A FS B"]).float_days("A") == 5
    assert planned({"A": THREE, "B": started}, ["A SS B"]).float_days("A") is None


def test_a_childs_float_counts_what_its_parent_must_keep(planned: Any) -> None:
    plan = planned(
        {"P": {}, "a": {**THREE, "parent": "P"}, "Y": {"estimate": 1, "deadline": "03-10"}}, ["P FS Y"]
    )
    assert _late(plan, "a") == ("03-09", 3, "Y")
    assert _late(plan, "P") == ("03-09", 3, "Y")


def test_what_a_parent_waits_for_has_the_float_of_its_tightest_child(planned: Any) -> None:
    plan = planned(
        {
            "X": {"due": "03-03"},
            "P": {},
            "a": {"estimate": 2, "deadline": "03-13", "parent": "P"},
            "b": {"estimate": 5, "deadline": "03-12", "parent": "P"},
        },
        ["X FS P"],
    )
    assert _late(plan, "X") == ("03-05", 2, "b")


def test_what_a_parent_waits_for_has_no_float_of_a_child_that_gets_no_date_from_it(planned: Any) -> None:
    items = {"X": {"due": "03-03"}, "P": {}, "a": {"parent": "P"}, "Y": {}}
    assert planned(items, ["X FS P", ("a FS Y", "03-06")]).float_days("X") is None
    items["a"] = {"estimate": 1, "parent": "P"}
    assert _late(planned(items, ["X FS P", ("a FS Y", "03-06")]), "X") == ("03-05", 2, "Y")


def test_a_first_child_has_the_float_of_its_parents_start_unless_the_parents_own_date_holds_it(
    planned: Any,
) -> None:
    waits = {"Y": {"deadline": "03-06"}, "a": {"due": "03-03", "parent": "P"}, "b": {"parent": "P"}}
    assert _late(planned({"P": {}, **waits}, ["P SS Y"]), "a") == ("03-06", 3, "Y")
    # b has no date, so that P's own start stands in for it: P begins on time, however late a comes.
    assert planned({"P": {"start": "03-06"}, **waits}, ["P SS Y"]).float_days("a") is None
    assert _late(planned({"P": {"start": "03-09"}, **waits}, ["P SS Y"]), "a") == ("03-06", 3, "Y")


def test_an_undated_item_has_a_late_finish_and_no_float(planned: Any) -> None:
    plan = planned(
        {"A": {"estimate": 2}, "B": {"start": "03-20", "estimate": 1, "deadline": "03-20"}}, ["A FS B"]
    )
    assert (plan.dates("A"), *_late(plan, "A")) == ("undated", "03-19", None, "B")


def test_a_morning_that_sets_a_parents_start_beside_an_evening_in_another_calendar_is_asked(
    planned: Any,
) -> None:
    # g is a point on Thursday evening, which in its calendar lasts until Sunday: Friday morning is before its end.
    said = {
        "P": {},
        "B": {"due": "03-08", "calendar": "gulf"},
        "g": {"parent": "P", "calendar": "gulf"},
        "k": {"start": "03-06", "estimate": 1, "parent": "P"},
        "C": {},
    }
    links = ["B FS-1 g", ("P SS+2 C", "03-09")]
    plan = planned(said, links)
    assert (plan.dates("g"), plan.float_days("k"), plan.dates("C")) == ("03-05", 0, "03-09")
    delayed = planned({**said, "k": {**said["k"], "start": "03-09"}}, links)
    assert delayed.dates("C") == "03-10"


def test_an_evening_and_the_morning_after_it_are_one_boundary_and_two_days(planned: Any) -> None:
    # Evening of the 4th, k; morning of the 5th, f: by the 4th only k begins P.
    said = {
        "P": {},
        "k": {"start": "03-04", "parent": "P"},
        "f": {"start": "03-05", "due": "03-11", "parent": "P"},
        "C": {},
    }
    plan = planned(said, [("P SF+3 C", "03-09")])
    assert [plan.float_days(one) for one in "kf"] == [0, None]
