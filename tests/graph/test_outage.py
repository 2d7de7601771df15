"""Graph is down while flags are due for many workbooks: one is tried, the rest wait untried, and that is said once."""

from __future__ import annotations

import pytest

from sandbox.graph import Fault
from tests.graph.conftest import MO, cells, note, workbook

GRAPH = "* /v1.0/*"
NAMES = ("Plans/a.xlsx", "Plans/b.xlsx", "Plans/c.xlsx")


@pytest.fixture
def three(drive):
    """Three trackers of two items each."""
    return [
        drive.put(name, workbook([[f"{name}-{n}", "Work", None, ""] for n in (1, 2)]), MO) for name in NAMES
    ]


def due():
    return [note(f"{name}-{n}", name) for name in NAMES for n in (1, 2)]


@pytest.mark.parametrize("kind", ["cut_before", "unavailable", "timeout_before"])
@pytest.mark.parametrize("sidecar", [{}, {"always": True}])
def test_after_the_first_workbook_the_rest_waits_untried(kind, sidecar, trackers, three, graph, clock):
    source = trackers(sidecar=sidecar)
    source.pull()
    source.asked()
    graph.faults.append(Fault(GRAPH, kind, times=None))
    (first, why), *rest = source.push(*due())
    assert first == "deferred"
    assert why.startswith("Plans/a.xlsx: ")
    untried = "https://contoso.sharepoint.com/sites/Marketing, default library, Plans/*.xlsx does not answer"
    assert rest == [("deferred", f"not tried: {untried}; the next run tries again")] * 5
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]
    asked = source.asked()
    assert {three[0].id, "root"} == {line.rpartition("/")[2] for line in asked}
    assert len(asked) == 5 + 1
    graph.faults.clear()
    assert source.push(*due()) == [("written", "")] * 6


def test_a_service_that_asks_to_wait_long_is_left_alone(trackers, three, graph, clock):
    source = trackers()
    source.pull()
    source.asked()
    graph.faults.append(Fault(GRAPH, "throttled", times=None, retry_after=900))
    assert {outcome for outcome, _ in source.push(*due())} == {"deferred"}
    assert clock.slept == []
    assert len(source.asked()) == 2


def test_entra_may_be_what_is_down(trackers, three, graph, tmp_path):
    source = trackers()
    source.pull()
    (tmp_path / "kept" / "tokens.json").unlink()
    graph.faults.append(Fault("POST */token", "unavailable", times=None))
    (_, why), *rest = source.push(*due())
    assert "answered 503" in why
    assert {detail.partition(":")[0] for _, detail in rest} == {"not tried"}


@pytest.mark.parametrize("kind", ["error", "timeout_before"])
def test_one_workbook_that_the_service_cannot_handle_does_not_keep_the_others_waiting(
    kind, trackers, three, graph
):
    source = trackers(save="file")
    source.pull()
    graph.faults.append(Fault(f"*/items/{three[0].id}/createUploadSession", kind, times=None))
    outcomes = [outcome for outcome, _ in source.push(*due())]
    assert outcomes == ["deferred"] * 2 + ["written"] * 4
    assert cells(three[2].content)[1][4] == "Late by 21 days"


def test_a_tracker_s_receipt_is_told_though_the_drive_goes_away_while_its_sidecar_is_written(
    trackers, three, graph, clock
):
    source = trackers(save="file", sidecar={"after_days": 0})
    source.pull()
    three[0].locked = True
    graph.faults.append(Fault("POST *:/createUploadSession", "cut_before", times=None))
    graph.faults.append(Fault("GET */items/root", "cut_before", times=None))
    waiting = note(f"{NAMES[0]}-1", NAMES[0], deferred_since=clock.now().date())
    ((outcome, detail),) = source.push(waiting)
    assert outcome == "deferred"
    assert "somebody has it open or checked out" in detail
    assert "and beside it: " in detail
