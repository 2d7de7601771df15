"""Flags into workbooks on a drive: nothing else in them changes, nobody's work is written over, nothing is lost."""

from __future__ import annotations

import io
import zipfile

import openpyxl
import pytest

from connectors._graph.upload import PIECE, UNIT
from sandbox.graph import Fault
from sandbox.graph.drive import repacked
from tests.graph.conftest import ANN, MO, cells, note, typed, workbook

PLAN = "Plans/marketing.xlsx"
SESSION = "POST */createUploadSession"
PIECES = "PUT /upload/*"
BATCH = "POST */$batch"
RANGE = "PATCH */range*"
FLAG = ["Late by 21 days", "2026-03-02", "Decide by Friday. Write in Answer.", None, "M-1", "K7QX"]
MODES = pytest.mark.parametrize("save", ["file", "session"])


def parts(content):
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def flagged(entry, row=1):
    return cells(entry.content)[row][4:] == FLAG


# --- both ways --------------------------------------------------------------------------------------------


@MODES
def test_a_flag_is_written_beside_its_row_and_nothing_else_changes(save, trackers, tracker):
    before = cells(tracker.content)
    notes = cells(tracker.content, "Notes")
    assert trackers(save=save).push() == [("written", "")]
    after = cells(tracker.content)
    assert [row[:4] for row in after] == before
    assert after[0][4:] == ["Hub flag", "Hub since", "Hub ask", "Hub answer", "Hub item", "Hub code"]
    assert after[1][4:] == FLAG
    assert set(after[2][4:]) == {None}
    assert cells(tracker.content, "Notes") == notes


@MODES
def test_our_own_write_is_not_read_back_and_not_repeated(save, trackers, tracker):
    source = trackers(save=save)
    source.pull()
    source.push()
    version = tracker.version
    source.asked()
    assert source.pull().scopes == []
    assert len(source.asked()) == 1
    assert source.push() == [("already", "")]
    source.push(note("M-2"))
    assert source.pull().scopes == []
    assert tracker.version > version


@MODES
def test_what_a_person_changed_between_our_reading_and_our_writing_is_read(save, trackers, drive, tracker):
    source = trackers(save=save)
    source.pull()
    drive.save(tracker, typed(tracker.content, "M-2", "Activity", "Book a larger hall"), ANN)
    assert source.push() == [("written", "")]
    pulled = source.pull()
    assert pulled.rows(PLAN, '"@title"')[1] == ("Book a larger hall",)
    assert flagged(tracker)


@MODES
def test_what_a_person_changes_right_after_our_write_is_read(save, trackers, drive, tracker, graph):
    source = trackers(save=save)
    source.pull()
    last = "PUT /upload/*" if save == "file" else "POST */closeSession"
    graph.faults.append(
        Fault(f"GET */items/{tracker.id}", "turn", skip=1 if save == "file" else 2,
              act=lambda: drive.save(tracker, typed(tracker.content, "M-2", "Activity", "No hall"), ANN))
    )  # fmt: skip
    assert source.push() == [("written", "")]
    assert source.asked()[-2].startswith(last.partition("*")[0][:4])
    assert source.pull().rows(PLAN, '"@title"')[1] == ("No hall",)


@MODES
def test_a_workbook_that_changes_while_we_write_is_left_alone(save, trackers, drive, tracker, graph):
    source = trackers(save=save)
    theirs = typed(tracker.content, "M-2", "Activity", "Book a larger hall")
    when = SESSION if save == "file" else "POST */createSession"
    graph.faults.append(Fault(when, "turn", act=lambda: drive.save(tracker, theirs, ANN)))
    ((outcome, detail),) = source.push()
    assert outcome == "deferred"
    assert "it has changed since it was read" in detail
    assert tracker.content == theirs
    assert source.push() == [("written", "")]
    assert cells(tracker.content)[2][1] == "Book a larger hall"


@MODES
def test_a_text_that_looks_like_a_formula_stays_a_text(save, trackers, tracker):
    trackers(save=save).push(note(headline='=HYPERLINK("http://evil.example")'))
    assert cells(tracker.content)[1][4] == '=HYPERLINK("http://evil.example")'
    package = b"".join(content for name, content in parts(tracker.content).items() if "sheet" in name)
    assert b"<f>" not in package


@MODES
def test_a_protected_sheet_is_left_alone_and_its_flags_stand_beside_it(save, trackers, drive, tracker):
    book = openpyxl.load_workbook(io.BytesIO(tracker.content))
    book["Plan"].protection.sheet = True
    out = io.BytesIO()
    book.save(out)
    drive.save(tracker, out.getvalue(), MO)
    ((outcome, detail),) = trackers(save=save).push()
    assert outcome == "written"  # beside it
    assert detail.startswith("the flag stands in Plans/marketing.interlock.xlsx: Plans/marketing.xlsx")
    assert "the sheet is protected" in detail
    assert "/tmp" not in detail
    assert tracker.content == out.getvalue()


@MODES
def test_without_the_right_to_write_nothing_is_written_and_the_right_is_named(
    save, trackers, tenant, tracker
):
    tenant.apps["app"].sites = {"/sites/Marketing": "read"}
    ((outcome, detail),) = trackers(save=save).push()
    assert outcome == "refused"
    assert "Files.ReadWrite.All" in detail


def test_a_tracker_that_is_not_there_any_more_defers_its_notes(trackers, drive, tracker):
    source = trackers()
    source.pull()
    drive.delete(tracker)
    ((outcome, detail),) = source.push()
    assert outcome == "deferred"
    assert "404" in detail


# --- replacing the file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rewrites", [True, False])
def test_file_by_file_every_other_part_is_what_it_was(rewrites, trackers, drive, tracker):
    drive.rewrites = rewrites
    before = parts(tracker.content)
    trackers(save="file").push()
    after = parts(tracker.content)
    assert [name for name in before if before[name] != after[name]] == ["xl/worksheets/sheet1.xml"]
    assert list(after) == list(before)


def test_no_token_goes_where_the_address_carries_the_right(trackers, tracker, graph):
    trackers(save="file").push()
    kinds = {each.path.split("/")[1]: "authorization" in each.headers for each in graph.log}
    assert kinds == {"contoso.example": False, "v1.0": True, "download": False, "upload": False}


@pytest.mark.parametrize(
    ("kind", "when"), [("locked", SESSION), ("locked", PIECES), ("changed", PIECES), ("conflict", SESSION)]
)
def test_a_file_in_use_defers_and_the_next_run_writes(kind, when, trackers, tracker, graph):
    source = trackers(save="file")
    graph.faults.append(Fault(when, kind))
    before = tracker.content
    ((outcome, _),) = source.push()
    assert outcome == "deferred"
    assert tracker.content == before
    assert not graph.tenant.uploads  # the session is not left open
    assert source.push() == [("written", "")]


def test_a_file_that_somebody_has_open_is_deferred_until_they_close_it(trackers, tracker):
    source = trackers(save="file")
    tracker.locked = True
    for _ in range(2):
        ((outcome, detail),) = source.push()
        assert outcome == "deferred"
        assert detail.startswith(f"{PLAN} (createUploadSession): somebody has it open or checked out")
    tracker.locked = False
    assert source.push() == [("written", "")]


@pytest.mark.parametrize(("kind", "when"), [("throttled", PIECES), ("unavailable", SESSION)])
def test_a_busy_service_gets_its_time_and_then_the_file(kind, when, trackers, tracker, graph, clock):
    graph.faults.append(Fault(when, kind, retry_after=21))
    assert trackers(save="file").push() == [("written", "")]
    assert 21.0 in clock.slept
    assert flagged(tracker)


@pytest.mark.parametrize("kind", ["timeout_before", "timeout_after", "cut_before", "cut_after"])
def test_an_upload_whose_answer_is_lost_is_settled_without_a_second_write(
    kind, trackers, tracker, graph, drive
):
    drive.rewrites = False
    source = trackers(save="file")
    source.pull()
    graph.faults.append(Fault(PIECES, kind))
    assert source.push() == [("written", "")]
    assert tracker.content_version == 2
    assert source.pull().scopes == []


def test_a_crash_after_the_upload_makes_no_second_write(trackers, tracker, graph, tmp_path):
    source = trackers(save="file")
    source.pull()
    kept = (tmp_path / "kept" / "drive.json").read_text()
    source.push()
    (tmp_path / "kept" / "drive.json").write_text(
        kept
    )  # what was noted after the upload is lost with the process
    version = tracker.content_version
    assert source.push() == [("already", "")]
    assert tracker.content_version == version
    assert source.pull().rows(PLAN) == [
        ("M-1", "land"),
        ("M-2", "land"),
    ]  # read once more, and nothing is new


def large(drive):
    return drive.put("Plans/large.xlsx", workbook(filler=PIECE + UNIT), MO)


def test_a_large_file_goes_in_pieces_of_320_kib_s_multiples(trackers, drive, graph):
    entry = large(drive)
    assert trackers(save="file").push(note(scope="Plans/large.xlsx")) == [("written", "")]
    ranges = [each.headers["content-range"].split("/")[0] for each in graph.log if each.method == "PUT"]
    assert [text.partition("-")[0] for text in ranges] == ["bytes 0", f"bytes {PIECE}"]
    assert PIECE % (320 * 1024) == 0
    assert flagged(entry)


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "throttled"])
def test_a_large_file_goes_on_where_it_was_cut(kind, trackers, drive, graph):
    entry = large(drive)
    graph.faults.append(Fault(PIECES, kind))
    assert trackers(save="file").push(note(scope="Plans/large.xlsx")) == [("written", "")]
    assert flagged(entry)


def test_a_large_file_that_changes_while_it_goes_is_left_alone(trackers, drive, graph):
    entry = large(drive)
    theirs = repacked(entry.content)
    graph.faults.append(Fault(PIECES, "turn", act=lambda: drive.save(entry, theirs, ANN)))
    ((outcome, detail),) = trackers(save="file").push(note(scope="Plans/large.xlsx"))
    assert (outcome, entry.content == theirs) == ("deferred", True)
    assert "changed while it was being uploaded" in detail


# --- by Excel's service -----------------------------------------------------------------------------------


def test_excel_s_service_writes_while_somebody_has_the_workbook_open(trackers, tracker):
    tracker.locked = True
    assert trackers(save="session").push() == [("written", "")]
    assert flagged(tracker)


def test_ranges_go_in_one_batch_and_the_session_is_closed(trackers, tracker, graph, tenant):
    source = trackers(save="session")
    source.pull()
    source.asked()
    source.push(note("M-1"), note("M-2"))
    assert [line.rpartition("/")[2] for line in source.asked("POST")] == [
        "createSession",
        "$batch",
        "closeSession",
    ]
    assert [each.path.rpartition("'")[0].rpartition("'")[2] for each in graph.inside] == [
        "E1:J1", "E2:G2", "I2:J2", "E3:G3", "I3:J3",
    ]  # fmt: skip
    assert tenant.workbooks == {}


def test_more_ranges_than_a_batch_holds_go_in_several(trackers, drive, tracker):
    drive.save(tracker, workbook([[f"M-{n}", "Work", None, ""] for n in range(12)]), MO)
    source = trackers(save="session")
    source.push(*(note(f"M-{n}") for n in range(12)))
    assert len(source.asked("$batch")) == 2
    assert {row[4] for row in cells(tracker.content)[1:]} == {"Late by 21 days"}


@pytest.mark.parametrize("kind", ["throttled", "timeout_before", "timeout_after"])
def test_a_range_that_was_not_done_is_sent_again_with_those_behind_it(kind, trackers, tracker, graph, clock):
    graph.faults.append(Fault(RANGE, kind, skip=1, retry_after=7))
    assert trackers(save="session").push() == [("written", "")]
    assert flagged(tracker)
    assert 7.0 in clock.slept


@pytest.mark.parametrize("kind", ["cut_after", "timeout_after"])
def test_a_batch_whose_answer_is_lost_is_sent_again(kind, trackers, tracker, graph):
    graph.faults.append(Fault(BATCH, kind))
    assert trackers(save="session").push() == [("written", "")]
    assert flagged(tracker)


def test_what_somebody_types_while_the_session_writes_is_read(trackers, drive, tracker, graph):
    source = trackers(save="session")
    source.pull()
    graph.faults.append(
        Fault(BATCH, "turn", act=lambda: drive.save(tracker, typed(tracker.content, "M-2", "Activity", "No hall"), ANN))
    )  # fmt: skip
    assert source.push() == [("written", "")]
    assert flagged(tracker)
    assert source.pull().rows(PLAN, '"@title"')[1] == ("No hall",)


def test_a_session_that_lapsed_is_opened_anew(trackers, tracker, graph, tenant):
    graph.faults.append(Fault(RANGE, "turn", skip=1, act=tenant.workbooks.clear))
    assert trackers(save="session").push() == [("written", "")]
    assert flagged(tracker)


# --- which of the two --------------------------------------------------------------------------------------


def test_new_columns_go_by_the_file_with_their_drop_down_and_what_follows_by_the_service(trackers, tracker):
    source = trackers()
    assert source.push() == [("written", "")]
    assert [line.rpartition("/")[2] for line in source.asked("POST")] == ["createUploadSession"]
    assert [str(one.sqref) for one in offers(tracker)] == ["H2:H3"]
    assert source.push(note("M-2")) == [("written", "")]
    assert [line.rpartition("/")[2] for line in source.asked("POST")] == [
        "createSession",
        "$batch",
        "closeSession",
    ]
    assert flagged(tracker)
    assert cells(tracker.content)[2][4] == "Late by 21 days"


def offers(entry):
    return openpyxl.load_workbook(io.BytesIO(entry.content))["Plan"].data_validations.dataValidation


def test_where_the_file_is_in_use_new_columns_go_by_the_service(trackers, tracker):
    tracker.locked = True
    assert trackers().push() == [("written", "")]
    assert flagged(tracker)
    assert offers(tracker) == []


def sorted_alone(content):
    """The items change places, and leave their flags behind."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    sheet = book["Plan"]
    sheet["A2"], sheet["A3"], sheet["H2"] = "M-2", "M-1", "ack"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_an_answer_moves_with_its_flag_by_the_file_which_nobody_changed_meanwhile(
    trackers, drive, tracker, graph
):
    source = trackers()
    source.push()
    drive.save(tracker, sorted_alone(tracker.content), ANN)
    graph.log.clear()
    theirs = typed(tracker.content, "M-1", "Hub answer", "dispute")
    graph.faults.append(Fault(PIECES, "turn", act=lambda: drive.save(tracker, theirs, ANN)))
    ((outcome, _),) = source.push()
    assert (outcome, tracker.content) == ("deferred", theirs)
    assert source.asked("createSession") == []
    drive.save(tracker, typed(tracker.content, "M-1", "Hub answer", None), ANN)
    assert source.push() == [("written", "")]
    assert cells(tracker.content)[2][4:] == [*FLAG[:3], "ack", *FLAG[4:]]
    assert source.asked("createSession") == []


def test_where_the_service_is_not_open_the_file_is_replaced_and_that_is_remembered(trackers, tracker, tenant):
    tenant.sessions = False
    source = trackers()
    assert source.push() == [("written", "")]
    assert source.push(note("M-2")) == [("written", "")]
    assert len(source.asked("createSession")) == 1
    assert source.push(note("M-2", headline="Late by 30 days")) == [("written", "")]
    assert source.asked("createSession") == []
    assert flagged(tracker)


def test_where_only_the_service_is_wanted_the_file_is_not_replaced(trackers, tracker, tenant):
    tenant.sessions = False
    before = tracker.content
    ((outcome, detail),) = trackers(save="session").push()
    assert (outcome, tracker.content == before) == ("written", True)
    assert detail.startswith("the flag stands in Plans/marketing.interlock.xlsx")


def test_check_says_how_flags_are_written_and_changes_nothing(trackers, tracker, tenant):
    before = tracker.version
    said = trackers().check()
    assert ("ok", "flags are written by Excel's service, also while people have the workbook open") in said
    tenant.sessions = False
    said = trackers().check()
    assert any(level == "warn" and "by replacing the file" in text for level, text in said)
    said = trackers(save="session").check()
    assert any(level == "fail" and "set `save: file`" in text for level, text in said)
    assert tracker.version == before


def test_check_says_what_is_opened_and_by_whom(trackers, tracker):
    first, second, *_ = trackers().check()
    assert first[1].endswith("/contoso.example as app app")
    assert (
        second[1] == "https://contoso.sharepoint.com/sites/Marketing, default library, Plans/*.xlsx: 1 file"
    )
