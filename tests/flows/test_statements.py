"""What tools and the register state, and the model that a sync makes of it: words, identity, authority, ends."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox.jira import Fault, JiraSandbox, plain
from tests.flows.conftest import DAY, Clock, Company


def test_several_register_rows_on_one_pair_of_nodes_are_one_handover(company: Company) -> None:
    company.tracker("it", [{"id": "A", "title": "Access", "due": date(2026, 3, 20)}])
    company.tracker(
        "marketing",
        [{"id": "M-1", "title": "Its copy", "same_as": "it:A"},
         {"id": "M-2", "title": "Campaign", "start": date(2026, 3, 16)}],
    )  # fmt: skip
    row = {"Initiative": "CDP", "From": "IT", "To": "Marketing", "Consumer item": "marketing:M-2"}
    company.register(
        Initiatives=[{"Initiative": "CDP"}],
        Handovers=[{**row, "Provider item": "it:A"}, {**row, "Provider item": "marketing:M-1"}],
    )
    company.sync()
    assert company.view("SELECT handover_id FROM handover") == [{"handover_id": "it:A>marketing:M-2"}]
    assert ("slip-hits-peer", "it:A>marketing:M-2") in set(company.keys())


def test_a_register_row_takes_from_its_items_what_it_leaves_out_or_is_reported(company: Company) -> None:
    company.tracker("it", [{"id": "A", "title": "Access", "due": date(2026, 3, 20), "initiative": "CDP"}])
    company.register(
        Initiatives=[{"Initiative": "CDP"}],
        Handovers=[
            {"To": "Marketing", "What": "access", "Provider item": "it:A", "Need by": "2026-03-13"},
            {"From": "IT", "What": "whatever"},
            {"Initiative": "CDP", "From": "IT", "To": "Finance", "What": "data", "Provider item": "it:A"},
            {"Initiative": "CDP", "From": "IT", "To": "Finance", "What": "data", "Need by": "2026-03-03"},
        ],
    )
    company.sync()
    found = company.view("SELECT handover_id FROM handover ORDER BY 1")
    assert [row["handover_id"] for row in found] == ["CDP:it>finance:data", "CDP:it>marketing:access"]
    problems = company.view("SELECT text, reason FROM reference_problem WHERE field = 'handover'")
    assert {(row["text"].split()[-1], row["reason"].split(":")[0].split(";")[0]) for row in problems} == {
        # YAML counts the lines of its file: these are the second and the fourth row.
        ("8", "this row names neither two items nor an initiative, From and To"),
        ("15", "an earlier row states a handover between the same departments"),
    }


def test_inserting_a_row_above_leaves_what_is_the_same_thing_as_it_was(company: Company) -> None:
    company.tracker("it", [{"id": key, "title": key} for key in "ABCD"])
    pair = {"Item": "it:A", "Same as": "it:B"}
    company.register(Initiatives=[{"Initiative": "CDP"}], Same_thing=[pair])
    company.sync()
    company.register(
        Initiatives=[{"Initiative": "CDP"}], Same_thing=[{"Item": "it:C", "Same as": "it:D"}, pair]
    )
    company.sync(DAY + timedelta(days=1))
    grouped = company.view(
        "SELECT node_id, string_agg(item_id, ' ' ORDER BY item_id) AS items FROM identity GROUP BY 1 ORDER BY 1"
    )
    assert [row["items"] for row in grouped] == ["it:A it:B", "it:C it:D"]


def test_a_node_is_done_when_the_claim_that_counts_says_so(company: Company) -> None:
    company.tracker("it", [{"id": "B", "title": "Access", "due": date(2026, 4, 30)}])
    company.tracker(
        "marketing", [{"id": "G", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "it:B"}]
    )
    company.tracker(
        "archive", [{"id": "G", "title": "Campaign", "status": "Done", "same_as": "marketing:G"}], "marketing"
    )
    company.sync()
    (handover,) = company.view("SELECT state, consumer_status, days_late FROM handover")
    assert (handover["state"], handover["consumer_status"]) == ("requested", "not started")
    assert any(rule == "slip-hits-peer" for rule, *_ in set(company.keys()))


def test_a_break_closes_with_how_its_handover_ended(company: Company) -> None:
    path = company.tracker("it", [{"id": "A", "title": "Access", "due": date(2026, 3, 20)}])
    company.tracker(
        "marketing", [{"id": "M", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "it:A"}]
    )
    company.sync()
    company.cell(path, "A", "Status", "Done")
    company.sync(date(2026, 3, 24))
    (closed,) = company.view("SELECT closed_because FROM break_history WHERE rule = 'slip-hits-peer'")
    assert closed == {"closed_because": "delivered 7 days late"}


def test_progress_alone_tells_when_something_was_begun_and_done(company: Company) -> None:
    path = company.tracker("it", [{"id": "A", "title": "Access", "start": date(2026, 3, 2), "progress": 0.3}])
    company.sync()
    company.cell(path, "A", "% done", 1.0)
    company.sync(date(2026, 3, 23))
    (item,) = company.view("SELECT status, actual_start, finish_date FROM work_item")
    assert item == {"status": "done", "actual_start": DAY, "finish_date": date(2026, 3, 23)}


def test_m_is_the_middle_beside_high_and_low_and_must_beside_should(company: Company) -> None:
    company.tracker("it", [{"id": word, "title": word, "priority": word} for word in "HML"])
    company.tracker("marketing", [{"id": word, "title": word, "priority": word} for word in "MSCW"])
    company.sync()
    found = company.view("SELECT item_id, priority FROM work_item ORDER BY item_id")
    assert {row["item_id"]: row["priority"] for row in found} == {
        "it:H": 2, "it:M": 3, "it:L": 4, "marketing:M": 1, "marketing:S": 2, "marketing:C": 3, "marketing:W": 5,
    }  # fmt: skip


def test_rank_and_fiscal_quarter_are_read_in_words(company: Company) -> None:
    company.settings["fiscal_year"] = {"starts": 4, "label": "end"}
    company.register(
        Initiatives=[{"Initiative": "CDP", "Rank": "Lowest"}],
        Money=[{"Initiative": "CDP", "Fiscal quarter": "2026/27 Q1", "Budget": 10, "State": "freigegeben"}],
    )
    company.sync()
    assert company.view("SELECT rank FROM initiative") == [{"rank": 5}]
    assert company.view("SELECT quarter, starts_on FROM budget") == [
        {"quarter": "2027-Q1", "starts_on": date(2026, 4, 1)}
    ]
    (problem,) = company.view("SELECT text, reason FROM reference_problem")
    assert (problem["text"], "requested, approved, released or held" in problem["reason"]) == (
        "freigegeben",
        True,
    )


def test_a_department_has_authority_by_its_name(company: Company) -> None:
    company.settings["policy"] = {"authority": {"due_date": "FINANCE"}}
    company.tracker("it", [{"id": "A", "title": "Access", "due": date(2026, 5, 8)}])
    company.tracker("finance", [{"id": "F", "title": "Access", "due": date(2026, 5, 12), "same_as": "it:A"}])
    company.sync()
    assert {row["projected_finish"] for row in company.view("SELECT projected_finish FROM schedule")} == {
        date(2026, 5, 12)
    }


def test_a_title_that_an_item_shares_with_another_means_the_other(company: Company) -> None:
    company.tracker("it", [{"id": "A", "title": "Release 2"}])
    company.tracker("marketing", [{"id": "M", "title": "Release 2", "same_as": '"Release 2"'}])
    company.sync()
    assert {row["node_id"] for row in company.view("SELECT node_id FROM identity")} == {"it:A"}


def test_columns_and_components_may_be_called_anything(company: Company, jira: JiraSandbox) -> None:
    jira.site.add_component("PLAT", "$ave")
    jira.site.create_issue("PLAT", "Access", by="Dana Smith", fields={"components": ["$ave"]})
    company.jira(jira, departments={"component": {"$ave": "finance"}})
    company.tracker("marketing", [{"id": "M", "title": "Campaign"}])
    from openpyxl import load_workbook

    path = company.folder / "marketing.xlsx"
    book = load_workbook(path)
    for column, word in enumerate(("payload", "Row"), start=len(book["Plan"][1]) + 1):
        book["Plan"].cell(1, column, word)
        book["Plan"].cell(2, column, "x9")
    book["Plan"].append([None, "No id", "Mo"])
    book.save(path)
    company.sync()
    departments = company.view("SELECT source_id, department_id FROM work_item ORDER BY 1")
    assert [row["department_id"] for row in departments] == ["finance", "marketing"]
    with company.warehouse() as db:
        (payload,) = db.execute("SELECT payload FROM ops.quarantine").fetchone() or ("",)
    assert "No id" in payload


def test_what_may_not_be_seen_any_more_closes_no_break(company: Company, jira: JiraSandbox) -> None:
    for title in ("Access", "Other"):
        jira.site.create_issue("PLAT", title, by="Dana Smith", fields={"duedate": "2026-03-20"})
    company.jira(jira)
    company.tracker(
        "marketing", [{"id": "M", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "PLAT-1"}]
    )
    company.sync()
    jira.site.hide_project("PLAT")
    company.sync(DAY + timedelta(days=1))
    states = {one["rule"]: one["state"] for one in company.breaks("all")}
    assert states["slip-hits-peer"] == "unknown"


def test_an_unknown_outcome_stays_unknown_until_the_marker_was_looked_for(
    company: Company, jira: JiraSandbox, clock: Clock
) -> None:
    jira.site.create_issue("PLAT", "Access", by="Dana Smith", fields={"duedate": "2026-03-20"})
    company.jira(jira)
    company.tracker(
        "marketing", [{"id": "M", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "PLAT-1"}]
    )
    jira.faults.append(Fault("POST */comment", "cut_after", times=1))
    company.sync(status=1)
    jira.faults.append(Fault("GET */comment", "rate_limited", times=1, retry_after=3600))
    company.sync(status=1)
    company.sync()
    hub = jira.site.user("hub@x.example").account_id
    comments = [plain(one.body) for one in jira.site.issue("PLAT-1").comments if one.author == hub]
    assert len(comments) == 1


def test_nobody_is_told_that_something_is_resolved_of_which_he_was_never_told(
    company: Company, jira: JiraSandbox
) -> None:
    issue = jira.site.create_issue("PLAT", "Access", by="Dana Smith", fields={"duedate": "2026-03-20"})
    company.jira(jira)
    path = company.tracker(
        "marketing", [{"id": "M", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "PLAT-1"}]
    )
    jira.faults.append(Fault("POST */comment", "forbidden", times=1))
    company.sync(status=1)
    company.cell(path, "M", "Start", date(2026, 4, 20))
    company.sync(DAY + timedelta(days=1))
    assert jira.site.issue(issue.key).comments == []


def test_a_source_may_speak_while_the_rest_observes(company: Company) -> None:
    company.settings["alerts"] = {"mode": "observe", "hold": "0d"}
    company.tracker("it", [{"id": "A", "title": "Access", "due": date(2026, 3, 20)}])
    company.tracker(
        "marketing", [{"id": "M", "title": "Campaign", "start": date(2026, 3, 16), "depends_on": "it:A"}],
        mode="notify",
    )  # fmt: skip
    company.sync()
    assert {row["source_id"] for row in company.view("FROM delivery")} == {"marketing"}


def test_more_may_be_believed_gone_where_the_configuration_says_so(company: Company) -> None:
    rows = [{"id": f"M-{n}", "title": "x"} for n in range(24)]
    company.tracker("marketing", rows)
    company.sync()
    company.tracker("marketing", rows[:2])
    refused = company.sync(DAY + timedelta(days=1), status=1)
    assert "max_loss: 1" in refused.err
    company.settings["sources"]["marketing"]["max_loss"] = 1
    company.sync(DAY + timedelta(days=1))
    assert company.view("SELECT count(*) AS n FROM work_item") == [{"n": 2}]


def test_a_warehouse_has_its_folder_to_itself(company: Company) -> None:
    company.tracker("marketing", [{"id": "M", "title": "Campaign"}])
    company.sync()
    company.settings["warehouse"] = "data/other.duckdb"
    refused = company.sync(status=2)
    assert "its folder is that of another warehouse, interlock.duckdb" in refused.err


def test_a_secret_in_the_file_itself_is_kept_out_of_the_record(company: Company, jira: JiraSandbox) -> None:
    company.jira(jira)
    company.settings["sources"]["jira"]["auth"]["token"] = "secret"
    company.sync()
    with company.warehouse() as db:
        (manifest,) = db.execute("SELECT manifest FROM ops.run").fetchone() or ("",)
    assert '"token":"(a secret' in manifest.replace(": ", ":")


def test_a_torn_decision_is_put_aside_and_stops_nobody(company: Company) -> None:
    company.tracker("marketing", [{"id": "M", "title": "Campaign"}])
    company.sync()
    torn = company.folder / "data" / "inbox" / "torn.json"
    torn.parent.mkdir()
    torn.write_text("")
    assert "torn.unreadable" in company.sync().err
    assert not torn.exists()


def test_a_refused_write_is_tried_again_and_said_once(company: Company) -> None:
    from openpyxl import load_workbook

    path = company.tracker("marketing", [{"id": "M", "title": "Campaign", "depends_on": "NOPE-1"}])
    book = load_workbook(path)
    sheet = book["Plan"]
    theirs = sheet.cell(1, sheet.max_column + 1, "Hub flag").column
    sheet.cell(2, theirs, "a note of our own")
    book.save(path)
    assert "somebody has written into the flag columns of M" in company.sync(status=1).err
    company.sync(DAY + timedelta(days=1), status=1)
    assert company.view("SELECT count(*) AS n FROM delivery") == [{"n": 1}]
    sheet.cell(2, theirs).value = None
    book.save(path)
    company.sync(DAY + timedelta(days=2))
    assert "NOPE-1" in str(company.cell(path, "M", "Hub flag"))


def test_a_flag_says_since_when_the_break_is_known_not_since_when_it_is_told(company: Company) -> None:
    company.settings["alerts"] = {"mode": "notify", "hold": "2d"}
    path = company.tracker("marketing", [{"id": "M", "title": "Campaign", "depends_on": "NOPE-1"}])
    company.sync()
    company.sync(DAY + timedelta(days=2))
    assert str(company.cell(path, "M", "Hub since"))[:10] == DAY.isoformat()


def test_a_ledger_line_that_belongs_to_no_possible_period_is_held_back(company: Company) -> None:
    header = ["Document", "Line", "Posted", "Amount", "Project", "Text", "Year", "Period"]
    lines = [[str(n), "1", "2026-03-01", "10,00", "X", "b", *when] for n, when in enumerate(
        [("2026", "13"), ("2026", "17"), ("26", "1"), ("2026", "0")])]  # fmt: skip
    company.ledger(
        "march.csv", [*lines, ["9", "1", "2026-03-01", "123456789012345,67", "X", "b", "2026", "1"]], header
    )
    company.settings["sources"]["erp"]["columns"] = company.settings["sources"]["erp"]["columns"] | {
        "fiscal_year": "Year", "period": "Period",
    }  # fmt: skip
    company.sync()
    assert company.view("SELECT document FROM posting") == [{"document": "0"}]
    reasons = [row["reason"] for row in company.view("SELECT reason FROM quarantine ORDER BY place")]
    wanted = ("fiscal period 17", "fiscal year 26", "fiscal period 0", "14 digits")
    assert [reason for word, reason in zip(wanted, reasons, strict=True) if word not in reason] == []


def test_interlock_never_takes_a_column_of_the_team_for_its_own(company: Company) -> None:
    company.tracker("marketing", [{"id": "M", "title": "Campaign"}], write={"ask": "needed BY"})
    refused = company.sync(status=2)
    assert "`write` names 'needed BY', which is a column of the team's" in refused.err
