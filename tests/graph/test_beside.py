"""The workbook beside a tracker on a drive: made in its folder, kept in step, and read for answers."""

from __future__ import annotations

import io
import shutil
from datetime import date

import openpyxl
import pytest

from sandbox.graph import Fault
from tests.graph.conftest import ANN, MO, cells, note, workbook

PLAN, BESIDE = "Plans/marketing.xlsx", "Plans/marketing.interlock.xlsx"
PIECES = "PUT /upload/*"
ALWAYS = {"always": True}
HUB = ["Hub flag", "Hub since", "Hub ask", "Hub answer", "Hub code", "Hub item"]
HEADERS = ["Item in the tracker", "What it is", *HUB]
ASK = "Decide by Friday. Write in Answer."


def rows(drive, path=BESIDE):
    return cells(drive.file(path).content, "Flags")[3:]


def row(key, title, flag="Late by 21 days", answer=None):
    return [key, title, flag, "2026-03-02", ASK, answer, "K7QX", key]


def names(drive):
    return sorted(entry.name for entry in drive.entries.values() if not entry.folder)


def answered(drive, by, place, text):
    """Somebody types an answer into the workbook beside the tracker."""
    entry = drive.file(BESIDE)
    book = openpyxl.load_workbook(io.BytesIO(entry.content))
    book["Flags"][place] = text
    out = io.BytesIO()
    book.save(out)
    drive.save(entry, out.getvalue(), by)


def test_a_team_that_wants_no_columns_has_its_flags_beside_the_tracker(trackers, drive, tracker):
    source, before = trackers(sidecar=ALWAYS), tracker.content
    assert source.push(note("M-1"), note("M-2")) == [("written", ""), ("written", "")]
    assert tracker.content == before
    assert names(drive) == ["marketing.interlock.xlsx", "marketing.xlsx"]
    assert rows(drive) == [HEADERS, row("M-1", "Write the brief"), row("M-2", "Book the hall")]


def test_it_goes_up_whole_and_takes_no_other_file_s_place(trackers, tracker, graph):
    trackers(sidecar=ALWAYS).push()
    opened = next(each for each in graph.log if each.path.endswith(":/createUploadSession"))
    assert opened.path.endswith("/marketing.interlock.xlsx:/createUploadSession")
    assert opened.body == {"item": {"@microsoft.graph.conflictBehavior": "fail"}}
    assert len([each for each in graph.log if each.method == "PUT"]) == 1


@pytest.mark.parametrize("save", ["file", "session"])
def test_it_is_kept_in_step_and_untouched_where_nothing_is_new(save, trackers, drive, tracker, graph):
    source = trackers(sidecar=ALWAYS, save=save)
    source.pull()
    source.push()
    answered(drive, ANN, "F5", "ack")
    entry = drive.file(BESIDE)
    version = entry.content_version
    assert source.push() == [("already", "")]
    assert entry.content_version == version
    graph.log.clear()
    assert source.push(note(headline="Late by 30 days")) == [("written", "")]
    opened = [each for each in graph.log if each.path.endswith("/createUploadSession")]
    assert [each.headers.get("if-match") is not None for each in opened] == ([True] if save == "file" else [])
    assert source.push(note("M-2")) == [("written", "")]
    assert rows(drive) == [
        HEADERS,
        row("M-1", "Write the brief", "Late by 30 days", "ack"),
        row("M-2", "Book the hall"),
    ]
    table = openpyxl.load_workbook(io.BytesIO(entry.content))["Flags"].tables["Flags"]
    assert table.ref == "A4:H6"  # a new row goes by the file: Excel's service would leave it below the table


def test_while_somebody_answers_in_it_known_rows_are_written_and_new_ones_wait(trackers, drive, tracker):
    source = trackers(sidecar=ALWAYS)
    source.push()
    drive.file(BESIDE).locked = True
    (known,) = source.push(note(headline="Late by 30 days"))
    ((outcome, detail),) = source.push(note("M-2"))
    assert (known, outcome) == (("written", ""), "deferred")
    assert detail.startswith(f"{BESIDE} (createUploadSession): somebody has it open or checked out")
    drive.file(BESIDE).locked = False
    assert source.push(note("M-2")) == [("written", "")]


def test_answers_are_read_with_who_saved_them_and_it_is_no_tracker(trackers, drive, tracker):
    source = trackers(sidecar=ALWAYS)
    source.pull()
    source.push(note("M-1"), note("M-2"))
    assert source.pull().rows(BESIDE, stream="answer") == []
    source.push(note("M-1", headline="Late by 30 days"))
    assert source.pull().scopes == []  # what we wrote ourselves is no news
    answered(drive, ANN, "F5", "interlock: ack")
    pulled = source.pull()
    assert pulled.scopes == [BESIDE]
    wanted = '_key, "@item_key", "@line", "@beside_code", "@author_name", "@author_kind"'
    assert pulled.rows(BESIDE, wanted, "answer") == [
        ("M-1/answer/beside", "M-1", "ack", "K7QX", "Ann Lee", "unproven")
    ]
    assert list(source.cursor["files"]) == [PLAN]
    source.asked()
    assert source.pull().scopes == []
    assert len(source.asked()) == 1


def test_an_answer_that_was_typed_while_we_wrote_is_kept(trackers, drive, tracker, graph):
    source = trackers(sidecar=ALWAYS, save="file")
    source.push()
    graph.faults.append(Fault(PIECES, "turn", act=lambda: answered(drive, ANN, "F5", "dispute")))
    ((outcome, _),) = source.push(note(headline="Late by 30 days"))
    assert outcome == "deferred"
    assert source.push(note(headline="Late by 30 days")) == [("written", "")]
    assert rows(drive)[1] == row("M-1", "Write the brief", "Late by 30 days", "dispute")


# --- the fallback ---------------------------------------------------------------------------------------------


def test_a_tracker_that_stays_locked_past_its_limit_has_its_flags_beside_it_too(trackers, drive, tracker):
    source = trackers(save="file", sidecar={"after_days": 3})
    tracker.locked = True
    since = {"deferred_since": date(2026, 2, 28)}
    ((outcome, _),) = source.push(note(**since))
    assert (outcome, names(drive)) == ("deferred", ["marketing.xlsx"])
    since = {"deferred_since": date(2026, 2, 27)}
    (receipt,) = source.connector.push([note(**since)])
    assert (receipt.outcome, receipt.reference) == ("deferred", f"{BESIDE}!Flags!C5:H5")
    assert receipt.detail.startswith(
        f"the flag stands in {BESIDE}: {PLAN} (createUploadSession): somebody has it open"
    )
    assert rows(drive) == [HEADERS, row("M-1", "Write the brief")]
    tracker.locked = False
    (caught_up,) = source.connector.push([note(**since, previous=receipt.reference)])
    assert (caught_up.outcome, caught_up.reference) == ("written", f"{PLAN}!Plan!E2:J2")
    assert rows(drive)[1][2] == "Resolved: stands in marketing.xlsx now"


# --- others are quicker, and answers are lost -----------------------------------------------------------------


def test_a_file_of_its_name_is_not_written_over_and_is_found_by_the_next_run(trackers, drive, tracker, graph):
    source = trackers(sidecar=ALWAYS)
    source.pull()
    theirs = workbook(header=["Something", "of", "theirs"], rows=[])
    drive.put(BESIDE, theirs, MO)
    ((outcome, _),) = source.push()
    assert outcome == "deferred"
    assert drive.file(BESIDE).content == theirs
    ((outcome, detail),) = source.push()
    assert outcome == "deferred"
    assert "Plans/marketing.interlock.xlsx" in detail
    assert drive.file(BESIDE).content == theirs


def test_of_two_that_make_it_at_once_the_second_waits_and_uses_the_first_s(trackers, drive, tracker, graph):
    source = trackers(sidecar=ALWAYS)
    source.push(note("M-2"))
    first = drive.file(BESIDE)
    drive.delete(first)
    source.pull()
    graph.faults.append(Fault(PIECES, "turn", act=lambda: drive.put(BESIDE, first.content, MO)))
    assert [outcome for outcome, _ in source.push()] == ["deferred"]
    assert source.push() == [("written", "")]
    assert [line[0] for line in rows(drive)[1:]] == ["M-2", "M-1"]


@pytest.mark.parametrize("kind", ["cut_after", "cut_before", "timeout_after", "throttled"])
def test_one_whose_upload_was_cut_is_there_once(kind, trackers, drive, tracker, graph):
    source = trackers(sidecar=ALWAYS)
    source.pull()
    graph.faults.append(Fault(PIECES, kind))
    assert source.push() == [("written", "")]
    assert source.push() == [("already", "")]
    assert names(drive) == ["marketing.interlock.xlsx", "marketing.xlsx"]
    assert rows(drive) == [HEADERS, row("M-1", "Write the brief")]


@pytest.mark.parametrize("path", ["Plans/*.xlsx", PLAN])
def test_it_stays_the_tracker_s_when_either_is_renamed_or_what_is_kept_is_lost(
    path, trackers, drive, tracker, tmp_path
):
    source = trackers(sidecar=ALWAYS, path=path)
    source.pull()
    source.push()
    drive.move(tracker, "Plans/marketing 2026.xlsx", MO)
    source.pull()
    assert source.push() == [("already", "")]
    drive.move(drive.file(BESIDE), "Plans/flags.xlsx", MO)
    source.pull()
    assert source.push() == [("already", "")]
    drive.move(drive.file("Plans/flags.xlsx"), "Plans/marketing 2026.interlock.xlsx", MO)
    shutil.rmtree(tmp_path / "kept")
    source.pull()
    assert source.push() == [("already", "")]
    assert len(names(drive)) == 2


def test_one_that_somebody_deleted_is_made_anew_with_what_stands_now(trackers, drive, tracker):
    source = trackers(sidecar=ALWAYS)
    source.pull()
    source.push()
    drive.delete(drive.file(BESIDE))
    source.pull()
    assert source.push(note(previous=f"{BESIDE}!Flags!C5:H5")) == [("written", "")]
    assert rows(drive) == [HEADERS, row("M-1", "Write the brief")]


def test_without_the_right_to_write_both_are_refused_and_the_right_is_named(trackers, tenant, drive, tracker):
    tenant.apps["app"].sites = {"/sites/Marketing": "read"}
    ((outcome, detail),) = trackers(sidecar=ALWAYS).push()
    assert outcome == "refused"
    assert "Files.ReadWrite.All" in detail
    assert "/tmp" not in detail
