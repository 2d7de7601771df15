"""Circles: their members in order, dates without the links inside, and all that follows uncertain."""

from __future__ import annotations

from typing import Any

DAY = {"start": "03-02", "estimate": 1}


def _uncertain(plan: Any) -> set[str]:
    return {id_ for id_ in plan.result.ids if plan.uncertain(id_)}


def test_members_stand_in_order_along_the_cycle_beginning_with_the_smallest(planned: Any) -> None:
    plan = planned({"C": DAY, "B": DAY, "A": DAY}, ["A FS C", "C FS B", "B SS A"])
    assert plan.result.cycles == [["A", "C", "B"]]


def test_links_inside_give_no_dates_and_links_into_it_do(planned: Any) -> None:
    plan = planned({"A": DAY, "B": DAY, "X": {"due": "03-04"}}, ["A FS B", "B FS A", "X FS B"])
    assert (plan.dates("A"), plan.dates("B")) == ("03-02", "03-05")


def test_the_members_and_all_that_follows_are_uncertain_and_what_comes_before_is_not(planned: Any) -> None:
    plan = planned(dict.fromkeys("ABXYZQ", DAY), ["A FS B", "B FS A", "X FS A", "B FS Y", "Y FF Z", "X FS Q"])
    assert _uncertain(plan) == {"A", "B", "Y", "Z"}


def test_an_item_that_waits_for_itself_is_a_cycle_of_one(planned: Any) -> None:
    plan = planned({"A": DAY, "B": DAY}, ["A FS A", "A FS B"])
    assert (plan.result.cycles, _uncertain(plan), plan.dates("A")) == ([["A"]], {"A", "B"}, "03-02")


def test_two_circles_are_two_cycles_and_two_that_share_a_member_are_one(planned: Any) -> None:
    items = dict.fromkeys("ABCDE", DAY)
    assert planned(items, ["A FS B", "B FS A", "D FS E", "E FS D"]).result.cycles == [["A", "B"], ["D", "E"]]
    assert planned(items, ["A FS B", "B FS A", "B FS C", "C FS B"]).result.cycles == [["A", "B", "C"]]
    assert planned(items, ["A FS C", "C FS A", "A FS B", "B FS A"]).result.cycles == [["A", "B", "C"]]


def test_circles_through_a_parents_start_and_through_its_end_are_one_cycle(planned: Any) -> None:
    items = {"P": {}, "a": {**DAY, "parent": "P"}, "b": {**DAY, "parent": "P"}}
    assert planned(items, ["a FS P", "P FS b"]).result.cycles == [["P", "a", "b"]]


def test_inside_a_circle_children_still_belong_to_their_parent(planned: Any) -> None:
    items = {"P": {}, "a": {**DAY, "parent": "P"}, "X": {"due": "03-04"}}
    plan = planned(items, ["a FS P", "X FS P"])
    assert (plan.result.cycles, plan.dates("a"), plan.dates("P")) == ([["P", "a"]], "03-05", "03-05")


def test_a_child_that_its_parent_waits_for_is_a_circle(planned: Any) -> None:
    plan = planned({"P": {}, "a": {**DAY, "parent": "P"}, "b": {**DAY, "parent": "P"}}, ["a FS P"])
    assert (plan.result.cycles, plan.dates("P")) == ([["P", "a"]], "03-02")
    assert _uncertain(plan) == {"P", "a", "b"}


def test_a_child_that_waits_for_its_parents_end_is_a_circle(planned: Any) -> None:
    plan = planned({"P": {}, "a": {**DAY, "parent": "P"}, "b": {**DAY, "parent": "P"}}, ["P FS a"])
    assert (plan.result.cycles, _uncertain(plan)) == ([["P", "a"]], {"P", "a"})


def test_a_circle_through_a_parent_names_all_who_are_on_it(planned: Any) -> None:
    plan = planned({"P": {}, "a": {**DAY, "parent": "P"}, "X": DAY}, ["P FS X", "X FS a"])
    assert plan.result.cycles == [["P", "X", "a"]]


def test_waiting_for_a_parents_start_and_before_a_later_child_is_no_circle(planned: Any) -> None:
    items = {"P": {}, "a": {**DAY, "parent": "P"}, "b": {"estimate": 1, "parent": "P"}, "X": {"estimate": 1}}
    plan = planned(items, ["P SS X", "X FS b"])
    assert plan.result.cycles == []
    assert [plan.dates(id_) for id_ in "aXbP"] == ["03-02", "03-02", "03-03", "03-02..03-03"]


def test_waiting_for_a_parents_start_and_before_its_only_child_is_a_circle(planned: Any) -> None:
    plan = planned({"P": {}, "b": {**DAY, "parent": "P"}, "X": DAY}, ["P SS X", "X FS b"])
    assert plan.result.cycles == [["P", "X", "b"]]


def test_parents_of_each_other_are_a_circle_and_no_parents(planned: Any) -> None:
    plan = planned({"A": {**DAY, "parent": "B"}, "B": {**DAY, "parent": "A"}, "C": {**DAY, "parent": "C"}})
    assert (plan.result.cycles, plan.dates("A")) == ([["A", "B"], ["C"]], "03-02")


def test_a_long_circle_needs_no_recursion(planned: Any) -> None:
    ids = [f"{number:05d}" for number in range(5000)]
    links = [f"{before} FS {after}" for before, after in zip(ids, [*ids[1:], ids[0]], strict=True)]
    assert planned(dict.fromkeys(ids, DAY), links).result.cycles == [ids]
