"""A tracker on SharePoint: read, flagged, answered in its own cells; told once, and nothing else in it changed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from sandbox.graph import Drive, Entry, GraphSandbox, Tenant
from tests.flows.conftest import DAY, Clock, Company

MO = Tenant.person("Mo Adeyemi")


@pytest.fixture
def tenant(clock: Clock) -> Tenant:
    made = Tenant(clock)
    made.register("app", "secret", sites={"/sites/Marketing": "write"})
    return made


@pytest.fixture
def drive(tenant: Tenant) -> Drive:
    return tenant.add_site("/sites/Marketing")


@pytest.fixture
def graph(tenant: Tenant) -> Iterator[GraphSandbox]:
    with GraphSandbox(tenant) as sandbox:
        yield sandbox


@pytest.fixture
def tracker(company: Company, drive: Drive, graph: GraphSandbox) -> Entry:
    """IT's release, due on the 20th of April, in a folder; and Marketing's campaign, which needs it on the 6th."""
    company.tracker(
        "it",
        [{"id": "R-1", "title": "Release 4", "owner": "dana@x.example", "start": date(2026, 3, 2),
          "due": date(2026, 4, 20), "status": "in progress"}],
    )  # fmt: skip
    path = company.tracker(
        "marketing",
        [{"id": "M-1", "title": "Campaign", "owner": "mo@x.example", "start": date(2026, 4, 6),
          "due": date(2026, 5, 8), "depends_on": "R-1"},
         {"id": "M-2", "title": "Brief", "owner": "mo@x.example", "due": date(2026, 3, 20)}],
    )  # fmt: skip
    company.settings["sources"]["marketing"] |= {
        "path": {"site": "https://contoso.sharepoint.com/sites/Marketing", "drive": "Documents",
                 "path": "Plans/marketing*.xlsx", "graph": graph.url},
        "auth": {"tenant": "contoso.example", "client_id": "app", "client_secret": "${JIRA_TOKEN}",
                 "authority": graph.url},
    }  # fmt: skip
    entry = drive.put("Plans/marketing.xlsx", path.read_bytes(), MO)
    path.unlink()
    return entry


def rows(entry: Entry) -> list[list[Any]]:
    return [
        [cell.value for cell in row] for row in load_workbook(io.BytesIO(entry.content))["Plan"].iter_rows()
    ]


def answer(drive: Drive, entry: Entry, words: str) -> None:
    book = load_workbook(io.BytesIO(entry.content))
    sheet = book["Plan"]
    column = next(cell.column for cell in sheet[1] if cell.value == "Hub answer")
    sheet.cell(2, column).value = words
    out = io.BytesIO()
    book.save(out)
    drive.save(entry, out.getvalue(), MO)


@pytest.mark.parametrize("save", ["session", "file"])
def test_a_tracker_on_sharepoint_is_flagged_and_answered_and_otherwise_left_alone(
    save: str, company: Company, drive: Drive, tracker: Entry, graph: GraphSandbox
) -> None:
    company.settings["sources"]["marketing"]["path"]["save"] = save
    before = rows(tracker)
    width = len(before[0])
    checked = company.run("check")
    assert checked.status == 0, checked.out
    assert "Plans/marketing.xlsx, sheet Plan: header in row 1; 2 rows can be read" in checked.out

    company.sync()
    assert company.keys() == {("slip-hits-peer", "it:R-1>marketing:M-1")}
    (one,) = company.breaks()
    header, flagged, other = rows(tracker)
    assert [header[:width], flagged[:width], other[:width]] == before
    assert header[width:] == ["Hub flag", "Hub since", "Hub ask", "Hub answer", "Hub item", "Hub code"]
    assert "Release 4" in flagged[width]
    assert flagged[width + 4 :] == ["M-1", one["code"]]
    assert set(other[width:]) == {None}

    graph.log.clear()
    content = tracker.content
    company.sync()  # another run sends nothing and downloads nothing
    assert [line.rpartition("/")[2] for line in graph.asked()] == ["delta()"]
    assert tracker.content == content

    answer(drive, tracker, "ack we saw it")
    company.sync(DAY + timedelta(days=1))
    (row,) = company.view("FROM answer")
    assert (row["kind"], row["outcome"]) == ("ack", "counted")
    with company.warehouse() as db:  # who had saved the file, for display and the record, never for authority
        (words,) = db.execute("SELECT words FROM journal.words WHERE words LIKE '%ack we saw it%'").fetchall()
    assert json.loads(words[0])["author"] == "Mo Adeyemi"
    assert rows(tracker)[1][width + 3] == "ack we saw it"
    graph.log.clear()
    dumped = company.dump()
    company.sync(DAY + timedelta(days=1))
    assert [line.rpartition("/")[2] for line in graph.asked()] == ["delta()"]
    again = company.dump()
    assert (again["breaks.answer"], again["journal.entry"]) == (
        dumped["breaks.answer"],
        dumped["journal.entry"],
    )


def test_while_somebody_has_it_open_the_flag_waits_and_is_not_lost(
    company: Company, tracker: Entry, graph: GraphSandbox
) -> None:
    company.settings["sources"]["marketing"]["path"]["save"] = "file"
    tracker.locked = True
    result = company.sync()
    assert "somebody has it open or checked out" in result.err
    assert len(rows(tracker)[1]) == len(rows(tracker)[0])
    tracker.locked = False
    company.sync(DAY + timedelta(days=1))
    assert "Hub flag" in rows(tracker)[0]
