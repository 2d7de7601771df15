"""What is on the drive, asked by delta: what is read, what is left alone, what a file is known by."""

from __future__ import annotations

import shutil

import duckdb
import pytest

from connectors import erp
from connectors.contract import Deferred, Retry, SourceError, Unreadable
from sandbox.graph import Fault
from tests.graph.conftest import ANN, MO, ROWS, cells, note, typed, workbook

DELTA = "GET */delta()"
PLAN = "Plans/marketing.xlsx"


def test_forty_unchanged_trackers_cost_one_request_and_no_download(trackers, drive):
    for number in range(40):
        drive.put(f"Plans/team {number:02}.xlsx", b"PK", MO)
    source = trackers()
    with source.shelf() as shelf:
        known = {file.scope: dict(file.stamp()) for file in shelf.listed({})}
    assert len(known) == 40
    source.asked()
    with source.shelf() as shelf:
        assert all(file.same_as(known[file.scope]) for file in shelf.listed(known))
    (asked,) = source.asked()
    assert asked.endswith("/items/root/delta()")


def test_a_second_pull_of_unchanged_trackers_reads_nothing(trackers, drive, tracker):
    drive.put("Plans/other.xlsx", workbook([["O-1", "Other", None, ""]]), MO)
    source = trackers()
    assert source.pull().scopes == [PLAN, "Plans/other.xlsx"]
    source.asked()
    assert source.pull().scopes == []
    assert len(source.asked()) == 1
    assert not [each for each in source.graph.log if "oauth2" in each.path]


def test_only_the_tracker_that_changed_is_downloaded(trackers, drive, tracker):
    drive.put("Plans/other.xlsx", workbook([["O-1", "Other", None, ""]]), MO)
    source = trackers()
    source.pull()
    source.asked()
    drive.save(tracker, typed(tracker.content, "M-1", "Activity", "Write it well"), ANN)
    assert source.pull().scopes == [PLAN]
    assert len(source.asked("GET /download/")) == 1


def test_what_is_not_content_does_not_count_as_a_change(trackers, drive, tracker):
    source = trackers()
    source.pull()
    drive.touch(tracker)
    assert source.pull().scopes == []


def test_of_several_states_of_an_item_the_last_counts(trackers, drive, tracker):
    source = trackers()
    source.pull()
    drive.move(tracker, "Plans/a.xlsx", MO)
    drive.move(tracker, "Elsewhere/a.xlsx", MO)
    drive.move(tracker, PLAN, MO)
    gone = drive.put("Plans/short-lived.xlsx", workbook(), MO)
    drive.delete(gone)
    assert source.pull().scopes == []
    drive.save(tracker, workbook([*ROWS, ["M-3", "More", None, ""]]), MO)
    drive.save(tracker, workbook([*ROWS, ["M-4", "Other", None, ""]]), MO)
    assert [key for key, _ in source.pull().rows(PLAN)] == ["M-1", "M-2", "M-4"]


def test_a_renamed_file_keeps_its_rows_and_is_not_read_again(trackers, drive, tracker):
    source = trackers()
    source.pull()
    source.asked()
    drive.move(tracker, "Plans/marketing 2026.xlsx", MO)
    assert source.pull().scopes == []
    assert source.asked("GET /download/") == []
    drive.save(tracker, typed(tracker.content, "M-1", "Activity", "Write it well"), MO)
    pulled = source.pull()
    assert pulled.scopes == [PLAN]
    assert pulled.rows(PLAN, "_place")[0] == ("Plans/marketing 2026.xlsx, sheet Plan, row 2",)
    assert source.push() == [("written", "")]


def test_a_folder_that_is_renamed_takes_its_files_along(trackers, drive, tracker):
    source = trackers(path="**/marketing*.xlsx")
    source.pull()
    drive.move(drive.file("Plans"), "Archive/2026", MO)
    assert source.pull().scopes == []
    assert source.push() == [("written", "")]


def test_one_file_is_followed_where_it_goes(trackers, drive, tracker):
    source = trackers(path=PLAN)
    source.pull()
    drive.move(tracker, "Team/Plan of the year.xlsx", MO)
    assert source.pull().scopes == []
    assert source.check()[-1][1].startswith("Team/Plan of the year.xlsx, sheet Plan: header in row 1")
    drive.save(tracker, workbook(ROWS[:1]), MO)
    assert source.pull().rows(PLAN) == [("M-1", "land")]


def test_a_copy_is_not_taken_for_the_file(trackers, drive, tracker):
    source = trackers(path=PLAN)
    source.pull()
    drive.move(tracker, "Plans/marketing old.xlsx", MO)
    drive.put(PLAN, tracker.content, ANN)  # a copy under the old name
    pulled = source.pull()
    assert pulled.scopes == [PLAN, f"{PLAN} (2)"]
    assert pulled.rows(PLAN) == []
    assert pulled.rows(f"{PLAN} (2)") == [("M-1", "land"), ("M-2", "land")]


def test_a_copy_beside_the_file_is_set_aside_and_said(trackers, drive, tracker):
    source = trackers()
    source.pull()
    drive.put("Plans/marketing v3 FINAL.xlsx", tracker.content, ANN)
    pulled = source.pull()
    assert pulled.rows("Plans/marketing v3 FINAL.xlsx") == []
    (said,) = pulled.pages["row", "Plans/marketing v3 FINAL.xlsx"].notes
    assert said.startswith("Plans/marketing v3 FINAL.xlsx: this is a copy of Plans/marketing.xlsx")
    assert all(fate == "land" for scope in pulled.scopes for _, fate in pulled.rows(scope))


def test_a_deleted_tracker_keeps_its_last_good_data_and_is_asked_about(trackers, drive, tracker):
    source = trackers()
    source.pull()
    drive.delete(drive.file("Plans"))
    assert list(source.pull(troubled=True).troubles) == [PLAN]


def test_a_library_is_read_page_by_page(trackers, drive):
    drive.page_size = 3
    for number in range(5):
        drive.put(f"Plans/{number}.xlsx", workbook([[f"T{number}", "Work", None, ""]]), MO)
    source = trackers()
    assert len(source.pull().scopes) == 5
    assert len(source.asked(DELTA.strip("GET *"))) == 3


@pytest.mark.parametrize("kind", ["gone", "lapsed"])
def test_a_token_that_is_too_old_lists_everything_anew_and_reads_only_what_changed(
    kind, trackers, drive, tracker, graph
):
    other = drive.put("Plans/other.xlsx", workbook([["O-1", "Other", None, ""]]), MO)
    source = trackers()
    source.pull()
    drive.save(tracker, typed(tracker.content, "M-1", "Activity", "Write it well"), MO)
    drive.delete(other)
    graph.faults.append(Fault(DELTA, kind))
    source.asked()
    pulled = source.pull(troubled=True)
    assert pulled.scopes == [PLAN]
    assert list(pulled.troubles) == ["Plans/other.xlsx"]
    assert len(source.asked("GET /download/")) == 1


def test_the_sandbox_s_own_tokens_lapse_too(trackers, drive, tracker):
    source = trackers()
    source.pull()
    drive.forget()
    assert source.pull().scopes == []


def test_a_list_that_always_starts_anew_ends(trackers, tracker, graph):
    source = trackers()
    source.pull()
    graph.faults.append(Fault(DELTA, "gone", times=None))
    with pytest.raises(Retry, match="410 resyncRequired"):
        source.pull()


def test_what_is_kept_may_be_lost(trackers, tracker, tmp_path):
    source = trackers()
    source.pull()
    shutil.rmtree(tmp_path / "kept")
    source.asked()
    assert source.pull().scopes == []
    assert source.asked("GET /download/") == []
    (tmp_path / "kept" / "drive.json").write_text('{"about": "cut', encoding="utf-8")
    assert source.pull().scopes == []


def test_a_library_that_was_made_anew_is_found_again(trackers, tenant, drive, tracker):
    source = trackers()
    source.pull()
    tenant.sites["/sites/Marketing"].drives.remove(drive)
    tenant.add_site("/sites/Marketing", "Documents 2").put(PLAN, tracker.content, MO)
    assert source.pull().scopes == [PLAN]


def test_lock_files_other_files_and_other_folders_are_no_trackers(trackers, drive, tracker):
    for name in ("Plans/~$marketing.xlsx", "Plans/notes.docx", "Other/x.xlsx", "Plans/deep/y.xlsx"):
        drive.put(name, workbook(), MO)
    assert trackers().pull().scopes == [PLAN]


def test_case_does_not_count(trackers, tracker):
    assert trackers(path="PLANS/Marketing.XLSX").pull().scopes == [PLAN]


@pytest.mark.parametrize("name", ["documents", "Shared Documents"])
def test_the_default_library_goes_by_its_names(name, trackers, tracker):
    assert trackers(drive=name).pull().scopes == [PLAN]


def test_another_library_goes_by_its_name_and_what_is_there_is_named(trackers, tenant, tracker):
    tenant.add_site("/sites/Marketing", "Trackers").put("a.xlsx", workbook(), MO)
    assert trackers(drive="Trackers", path="*.xlsx").pull().scopes == ["a.xlsx"]
    with pytest.raises(Unreadable, match="no library 'Trackrs'; there is Documents, Trackers"):
        trackers(drive="Trackrs").pull()


def test_a_person_s_onedrive_is_a_site_too(trackers, tenant):
    tenant.add_site("/personal/mo_contoso_example", "OneDrive").put("plan.xlsx", workbook(), MO)
    site = "https://contoso.sharepoint.com/personal/mo_contoso_example/"
    assert trackers(site=site, path="plan.xlsx").pull().scopes == ["plan.xlsx"]


def test_a_site_that_is_not_there_says_what_to_do(trackers, tracker):
    with pytest.raises(Unreadable, match="Check `site`, `drive` and `path`"):
        trackers(site="https://contoso.sharepoint.com/sites/Markting").pull()


def test_a_site_for_which_the_app_has_no_right_says_what_to_give(trackers, tenant, tracker):
    tenant.apps["app"].sites = {}
    with pytest.raises(SourceError, match=r"403 accessDenied.*Sites\.Selected"):
        trackers().pull()


def test_a_download_that_is_cut_is_asked_again(trackers, tracker, graph, clock):
    graph.faults.append(Fault("GET /download/*", "cut_short"))
    assert trackers().pull().rows(PLAN) == [("M-1", "land"), ("M-2", "land")]
    assert clock.slept == [1.0]


@pytest.mark.parametrize("kind", ["throttled", "unavailable"])
def test_a_busy_service_is_given_the_time_that_it_asks_for(kind, trackers, tracker, graph, clock):
    graph.faults.append(Fault(DELTA, kind, retry_after=17))
    graph.faults.append(Fault("GET /download/*", kind, retry_after="Mon, 02 Mar 2026 09:00:30 GMT"))
    assert trackers().pull().scopes == [PLAN]
    assert clock.slept == [17.0, 13.0]


@pytest.mark.parametrize("kind", ["timeout_before", "cut_before"])
def test_a_read_that_fails_is_tried_a_few_times(kind, trackers, tracker, graph, clock):
    graph.faults.append(Fault(DELTA, kind, times=4))
    assert trackers().pull().scopes == [PLAN]
    assert clock.slept == [1.0, 2.0, 4.0, 8.0]
    graph.faults.append(Fault(DELTA, kind, times=None))
    with pytest.raises(Retry):
        trackers().pull()


def test_a_wait_that_is_too_long_is_handed_to_the_caller(trackers, tracker, graph, clock):
    graph.faults.append(Fault(DELTA, "throttled", retry_after=900))
    with pytest.raises(Retry) as raised:
        trackers().pull()
    assert raised.value.after == 900
    assert clock.slept == []


def test_a_proxy_s_page_is_no_list(trackers, tracker, graph):
    graph.faults.append(Fault(DELTA, "html"))
    with pytest.raises(Unreadable, match="text/html instead of JSON"):
        trackers().pull()


def test_the_token_is_not_shown_to_another_host(trackers, tracker, graph):
    source = trackers()
    source.pull()
    kept = source.folder / "kept" / "drive.json"
    kept.write_text(kept.read_text().replace(graph.url, "https://graph.example"), encoding="utf-8")
    # what is kept is of another Graph then, and is not used at all
    assert source.pull().scopes == []
    text = kept.read_text()
    assert '"link": "http' in text
    kept.write_text(text.replace(f'"link": "{graph.url}', '"link": "https://graph.example'), encoding="utf-8")
    with pytest.raises(Unreadable, match="another host, which is not shown the token"):
        source.pull()


def test_who_saved_the_file_last_is_recorded_with_an_answer_and_stays_with_it(trackers, drive, tracker):
    source = trackers()
    source.pull()
    source.push()
    drive.save(tracker, typed(tracker.content, "M-1", "Hub answer", "ack"), ANN)
    wanted = '"@item_key", "@line", "@author_name", "@author_kind"'
    assert source.pull().rows(PLAN, wanted, "answer") == [("M-1", "ack", "Ann Lee", "unproven")]
    assert source.push(note("M-2")) == [("written", "")]  # now the file was last saved by us
    drive.save(tracker, typed(tracker.content, "M-2", "Hub answer", "dispute"), MO)
    both = [("M-1", "ack", "Ann Lee", "unproven"), ("M-2", "dispute", "Mo Field", "unproven")]
    assert source.pull().rows(PLAN, wanted, "answer") == both
    drive.save(tracker, typed(tracker.content, "M-2", "Activity", "No hall"), ANN)
    assert source.pull().rows(PLAN, wanted, "answer") == both
    drive.save(tracker, typed(tracker.content, "M-2", "Activity", "A hall"), MO)
    assert source.pull().rows(PLAN, wanted, "answer") == both


def test_an_answer_that_we_wrote_over_before_it_was_read_is_its_writer_s(trackers, drive, tracker):
    source = trackers()
    source.pull()
    source.push()
    drive.save(tracker, typed(tracker.content, "M-1", "Hub answer", "ack"), ANN)
    source.push(note("M-2"))  # reads what Ann saved, and saves it again with a flag more
    assert source.pull().rows(PLAN, '"@line", "@author_name"', "answer") == [("ack", "Ann Lee")]
    assert cells(tracker.content)[2][4] == "Late by 21 days"


def test_a_file_that_may_not_be_downloaded_says_so(trackers, tracker, graph):
    graph.faults.append(Fault("GET /download/*", "forbidden"))
    trouble = trackers().pull(troubled=True).troubles[PLAN]
    assert "403" in str(trouble)
    assert not isinstance(trouble, Deferred)


def test_erp_exports_lie_on_a_drive_like_trackers(trackers, drive, graph):
    source = trackers(path="Exports/*.csv")
    export = drive.put("Exports/march.csv", b"Doc;Line;Posted;Amount\nD1;1;2026-03-02;10,00\n", MO)
    options = source.options()
    ledger = erp.Options.model_validate({
        "path": options.path, "auth": options.auth,
        "columns": {"document": "Doc", "line": "Line", "posting_date": "Posted", "amount": "Amount"},
    })  # fmt: skip
    connector = erp.connect(source.place, ledger)
    spool = source.folder / "spool"
    spool.mkdir()
    (page,) = connector.pull({}, [], spool)
    assert page.scope == "Exports/march.csv"
    assert duckdb.sql(f"SELECT _key, _fate FROM '{page.path}'").fetchall()[0][1] == "land"
    assert list(connector.pull(page.cursor, [], spool)) == []
    drive.move(export, "Exports/march final.csv", MO)
    assert list(connector.pull(page.cursor, [], spool)) == []
    assert len(source.asked("GET /download/")) == 1
