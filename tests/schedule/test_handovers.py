"""What handovers come to: what is compared with what, and in whose working days."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from unify.schedule import Calendar, CalendarSettings
from unify.schedule.handover import Handover, verdict

MONDAY_TO_FRIDAY = Calendar.of(None)
TODAY = date(2026, 3, 2)
TEN_TO_THIRTEEN = {"start": "03-10", "due": "03-13", "estimate": 4}  # Tuesday to Friday


def _day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def _verdict(
    planned: Any, provider: Any, consumer: Any, how: str = "FS", need_by: str | None = None, **given: Any
) -> tuple[str | None, str | None, str | None, int | None]:
    """(reaches, needed, because, days late) of a handover from A to B; a side given as None has no item."""
    sides = {id_: side for id_, side in (("A", provider), ("B", consumer)) if side is not None}
    links = [f"A {how} B"] if len(sides) == 2 else []
    handover = Handover(
        "A>B",
        "A" if provider is not None else None,
        "B" if consumer is not None else None,
        given.pop("calendar", MONDAY_TO_FRIDAY),
        how[:2],  # type: ignore[arg-type]
        int(how[2:] or 0),
        _day(need_by) if need_by else None,
        **given,
    )
    found = verdict(handover, planned(sides, links).result, TODAY)
    short = [day.strftime("%m-%d") if day else None for day in (found.reaches_on, found.needed_on)]
    return short[0], short[1], found.needed_because, found.days_late


@pytest.mark.parametrize(
    ("need_by", "late"), [("03-13", 0), ("03-12", 1), ("03-16", -1), ("03-15", 0), ("03-06", 5)]
)
def test_finishing_on_the_stated_need_by_is_in_time(planned: Any, need_by: str, late: int) -> None:
    found = _verdict(planned, TEN_TO_THIRTEEN, {"estimate": 1}, need_by=need_by)
    assert found == ("03-13", need_by, "stated", late)


def test_a_stated_need_by_counts_before_the_consumers_dates(planned: Any) -> None:
    consumer = {"start": "03-20", "due": "03-31"}
    assert _verdict(planned, TEN_TO_THIRTEEN, consumer, need_by="03-11") == ("03-13", "03-11", "stated", 2)


@pytest.mark.parametrize(
    ("start", "needed", "late"), [("03-16", "03-13", 0), ("03-13", "03-12", 1), ("03-10", "03-09", 4)]
)
def test_unstated_it_is_needed_before_the_consumers_planned_start(
    planned: Any, start: str, needed: str, late: int
) -> None:
    found = _verdict(planned, TEN_TO_THIRTEEN, {"start": start, "due": "03-31"})
    assert found == ("03-13", needed, "consumer start", late)


def test_without_a_planned_start_it_is_needed_before_the_consumers_last_possible_start(planned: Any) -> None:
    found = _verdict(planned, TEN_TO_THIRTEEN, {"due": "03-18", "estimate": 5})
    assert found == ("03-13", "03-11", "consumer due", 2)
    assert _verdict(planned, TEN_TO_THIRTEEN, {"due": "03-12"}) == ("03-13", "03-12", "consumer due", 1)


def test_what_has_started_without_it_needs_it_by_its_due_date(planned: Any) -> None:
    started = {"status": "in progress", "actual_start": "02-23", "start": "02-23", "due": "03-12"}
    assert _verdict(planned, TEN_TO_THIRTEEN, started) == ("03-13", "03-12", "consumer due", 1)


def test_without_any_date_of_the_consumer_there_is_no_verdict(planned: Any) -> None:
    assert _verdict(planned, TEN_TO_THIRTEEN, {"estimate": 5}) == ("03-13", None, None, None)
    started = {"status": "in progress", "actual_start": "02-23", "estimate": 10}
    assert _verdict(planned, TEN_TO_THIRTEEN, started) == ("03-13", None, None, None)


def test_an_undated_or_dropped_provider_reaches_no_day(planned: Any) -> None:
    consumer = {"start": "03-16"}
    assert _verdict(planned, {"estimate": 5}, consumer) == (None, "03-13", "consumer start", None)
    dropped = {"status": "dropped", "due": "03-31"}
    assert _verdict(planned, dropped, consumer) == (None, "03-13", "consumer start", None)


@pytest.mark.parametrize(
    ("how", "need_by", "reaches", "late"),
    [
        ("FS+2", "03-13", "03-17", 2),  # the finish plus lag
        ("FS-1", "03-13", "03-12", -1),
        ("FF+1", "03-13", "03-16", 1),
        ("SS", "03-10", "03-10", 0),  # the start, which counts as its day
        ("SS", "03-09", "03-10", 1),
        ("SS+3", "03-10", "03-13", 3),
        ("SF", "03-09", "03-10", 1),
        ("SF+1", "03-11", "03-11", 0),
    ],
)
def test_each_type_compares_what_it_reads_with_the_stated_need_by(
    planned: Any, how: str, need_by: str, reaches: str, late: int
) -> None:
    assert _verdict(planned, TEN_TO_THIRTEEN, {"estimate": 1}, how, need_by) == (
        reaches,
        need_by,
        "stated",
        late,
    )


@pytest.mark.parametrize(
    ("how", "consumer", "expected"),
    [
        ("SS", {"start": "03-10", "estimate": 3}, ("03-10", "03-10", "consumer start", 0)),
        ("SS+1", {"start": "03-10", "estimate": 3}, ("03-11", "03-10", "consumer start", 1)),
        ("FF", {"start": "03-02", "due": "03-13"}, ("03-13", "03-13", "consumer due", 0)),
        ("FF+1", {"start": "03-02", "due": "03-13"}, ("03-16", "03-13", "consumer due", 1)),
        ("SF+1", {"start": "03-02", "due": "03-10"}, ("03-10", "03-10", "consumer due", 0)),
        ("SF+2", {"start": "03-02", "due": "03-10"}, ("03-11", "03-10", "consumer due", 1)),
        ("FF", {"start": "03-16", "estimate": 3}, ("03-13", None, None, None)),
    ],
)
def test_unstated_a_start_type_asks_by_the_start_and_a_finish_type_by_the_due_date(
    planned: Any, how: str, consumer: Any, expected: object
) -> None:
    assert _verdict(planned, TEN_TO_THIRTEEN, consumer, how) == expected


def test_it_is_late_unstated_exactly_when_it_moves_the_consumer(planned: Any) -> None:
    for how in ("FS", "FS+2", "FS-3", "SS", "SS+2", "FF", "FF-2", "SF", "SF+4"):
        for day in ("03-06", "03-09", "03-10", "03-11", "03-12", "03-13", "03-16", "03-17", "03-18"):
            consumer = {"start": day, "due": day, "estimate": 1}
            alone = planned({"B": consumer}).finish("B")
            moved = planned({"A": TEN_TO_THIRTEEN, "B": consumer}, [f"A {how} B"]).finish("B") > alone
            days_late = _verdict(planned, TEN_TO_THIRTEEN, consumer, how)[3]
            assert days_late is not None
            assert (days_late > 0) == moved, (how, day)


def test_a_milestone_whose_start_is_waited_for_has_only_its_evening(planned: Any) -> None:
    assert _verdict(planned, {"due": "03-10"}, {"estimate": 1}, "SS", "03-10") == (
        "03-10",
        "03-10",
        "stated",
        0,
    )
    assert _verdict(planned, {"due": "03-10"}, {"start": "03-10"}, "SS")[3] == 1


def test_days_late_are_the_consumers_working_days(planned: Any) -> None:
    friday_to_tuesday = {"start": "03-06", "estimate": 3}
    every_day = Calendar.of(CalendarSettings(weekend=()))
    assert _verdict(planned, friday_to_tuesday, {"estimate": 1}, need_by="03-06")[3] == 2
    assert _verdict(planned, friday_to_tuesday, {"estimate": 1}, need_by="03-06", calendar=every_day)[3] == 4


@pytest.mark.parametrize("status", ["done", "dropped"])
def test_a_consumer_who_is_done_or_dropped_is_not_late(planned: Any, status: str) -> None:
    consumer = {"status": status, "start": "03-02", "due": "03-03", "actual_finish": "03-03"}
    assert _verdict(planned, TEN_TO_THIRTEEN, consumer)[3] is None
    assert _verdict(planned, TEN_TO_THIRTEEN, consumer, need_by="03-03")[3] is None


def _delivered(
    planned: Any, provider: Any, type_: Any = "FS", state: str | None = None
) -> tuple[bool, int | None]:
    plan = planned({"A": provider, "B": {"start": "02-23", "estimate": 30}}, [f"A {type_} B"])
    handover = Handover("A>B", "A", "B", MONDAY_TO_FRIDAY, type_, 0, _day("02-20"), state)
    found = verdict(handover, plan.result, TODAY)
    return found.delivered, found.days_late


def test_a_done_provider_has_delivered_and_the_days_late_are_those_of_the_delivery(planned: Any) -> None:
    assert _delivered(planned, {"status": "done", "actual_finish": "02-26"}) == (True, 4)
    assert _delivered(planned, {"due": "02-26"}) == (False, 6)


def test_who_waits_for_a_start_has_it_once_the_provider_has_started(planned: Any) -> None:
    started = {"status": "in progress", "actual_start": "02-25", "due": "03-31"}
    assert _delivered(planned, started, "SS") == (True, 3)
    assert _delivered(planned, started, "FS") == (False, 27)


def test_a_handover_that_the_consumer_accepted_is_delivered(planned: Any) -> None:
    assert _delivered(planned, {"due": "03-31"}, state="accepted")[0] is True


def test_a_dropped_handover_is_not_late(planned: Any) -> None:
    assert _verdict(planned, TEN_TO_THIRTEEN, {"start": "03-02"}, state="dropped")[3] is None


def test_without_an_item_of_the_provider_it_is_dated_by_its_need_by(planned: Any) -> None:
    assert _verdict(planned, None, None, need_by="03-20") == ("03-20", "03-20", "stated", 0)
    assert _verdict(planned, None, {"start": "03-16"}) == ("03-13", "03-13", "consumer start", 0)
    assert _verdict(planned, None, None) == (None, None, None, None)


def test_a_need_by_that_passes_while_no_tool_holds_the_work_makes_it_late(planned: Any) -> None:
    assert _verdict(planned, None, None, need_by="02-20") == ("03-02", "02-20", "stated", 6)
    delivered = _verdict(planned, None, None, need_by="02-20", state="delivered")
    assert delivered == (None, "02-20", "stated", None)


def test_without_an_item_of_the_consumer_only_a_stated_need_by_counts(planned: Any) -> None:
    assert _verdict(planned, TEN_TO_THIRTEEN, None, need_by="03-11") == ("03-13", "03-11", "stated", 2)
    assert _verdict(planned, TEN_TO_THIRTEEN, None) == ("03-13", None, None, None)


def test_a_parent_without_dates_of_its_own_needs_it_before_its_first_child_starts(planned: Any) -> None:
    plan = planned(
        {
            "A": TEN_TO_THIRTEEN,
            "B": {},
            "b1": {"start": "03-12", "estimate": 2, "parent": "B"},
            "b2": {"start": "03-20", "estimate": 2, "parent": "B"},
        },
        ["A FS B"],
    )
    found = verdict(Handover("A>B", "A", "B", MONDAY_TO_FRIDAY), plan.result, TODAY)
    assert (found.needed_on, found.needed_because, found.days_late) == (_day("03-11"), "consumer start", 2)
