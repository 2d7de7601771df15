"""The demo: what the insurer's year comes to, and that nothing in it is scripted but the tools."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from openpyxl import load_workbook

from flows import demo
from flows.demo import Found, Played
from sandbox.company import Names

pytestmark = [pytest.mark.slow]

FIRST_WEEKS = 31  # by then everything of the story has broken; the second half of the year adds the audit
SHIFT = 5
OTHERS = Names(
    company="Nordhafen Energi",
    domain="nordhafen.example",
    provider="Platforms",
    consumer="Sales",
    money="Controlling",
    provider_lead="Ines Kol",
    consumer_lead="Bo Lindqvist",
    money_lead="Ada Brandt",
    sponsor="Per Holm",
    initiative="Meter Insight",
    alias="MI",
    objective="Know each meter",
    build_project="METER",
    audit_project="TRUST",
    row_prefix="S-",
    design="Draw the meter model",
    pipelines="Lay the meter feeds",
    access="Give sales the meter data",
    audit="Trust review of meter data",
    campaign="Winter tariff launch",
    creative="Tariff leaflets",
    segments="Group the customers",
    access_copy="Meter data (from Platforms)",
    work_code="MI-7",
    maker="Apps",
    maker_lead="Tove Berg",
    seller="Key accounts",
    seller_lead="Kai Storm",
    product_project="APP",
    release="Meter app 3",
    deal="Harbour authority",
)


@dataclass(frozen=True)
class Told:
    """The demo as its user sees it: what it printed, and the folder that it left."""

    text: str
    folder: Path


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("demo")
    out = io.StringIO()
    assert demo.play(folder, shift_weeks=0, control=False, out=out) == 0
    return Told(out.getvalue(), folder)


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Another company's year with the same story, some weeks later."""
    folder = tmp_path_factory.mktemp("others")
    return demo.run_year(folder, SHIFT, names=OTHERS, last_week=FIRST_WEEKS)


@contextlib.contextmanager
def snapshot(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    db = duckdb.connect(str(folder / "data" / "snapshot.duckdb"), read_only=True)
    try:
        yield db
    finally:
        db.close()


def weeks(found: list[Found]) -> list[tuple[str, int, int | None, int | None]]:
    """The breaks of the story; unmapped spend follows the calendar's months instead of the story."""
    return [
        (one.rule, one.first_week, one.shown_week, one.warning_days)
        for one in found
        if one.rule != "unmapped-spend"
    ]


STORY = [
    # rule, week in which its facts first exist, week in which a tool alone shows something, warning in days
    ("no-handover-stated", 1, 15, 98),  # the initiative is registered and planned; no handover is stated
    ("budget-not-released", 9, 15, 42),  # the budget is held and the benefit taken out of the quarter
    ("missing-gate", 10, 24, 98),  # the handover is stated, and it needs an audit that no tool holds
    ("priority-inversion", 10, 24, 98),  # the same reference tells who waits for whom
    ("slip-hits-peer", 15, 24, 63),  # the pipelines move by seven weeks; access keeps its old date
    ("slip-hits-peer", 20, 28, 57),  # the release moves past the close date of the deal that waits for it
    ("dates-disagree", 24, 30, 43),  # access moves at last; the copy in the tracker does not: its start
    ("dates-disagree", 24, 30, 43),  # and its due date
    ("dates-disagree", 29, 30, 8),  # access is started; the copy does not say so
]


@pytest.mark.xdist_group("demo")
def test_each_failure_is_found_in_the_week_in_which_its_facts_first_exist(told: Told) -> None:
    with snapshot(told.folder) as db:
        start = demo.FIRST_MONDAY
        seen = db.execute("SELECT rule, first_seen FROM break_history ORDER BY first_seen, rule").fetchall()
    found = [(rule, (day - start).days // 7 + 1) for rule, day in seen if rule != "unmapped-spend"]
    assert found == [(rule, week) for rule, week, _, _ in STORY]


@pytest.mark.xdist_group("demo")
def test_it_prints_what_was_seen_when_beside_when_a_tool_alone_showed_it(told: Told) -> None:
    lines = told.text.splitlines()
    for rule, first, alone, warning in STORY:
        start = f"{rule} "
        row = next(line for line in lines if line.startswith(start) and f"week {first} " in line)
        assert f"week {alone} " in row
        assert f"{warning} days" in row
    slip, deal = (line for line in lines if line.startswith("slip-hits-peer"))
    assert slip.endswith("300,000")
    assert deal.endswith("57 days")  # no money is known of it
    assert "nobody has stated what it gives them or needs from them" in " ".join(told.text.split())
    assert "its budget is not released and no benefit is mapped to that quarter" in " ".join(
        told.text.split()
    )


@pytest.mark.xdist_group("demo")
def test_the_readme_shows_what_it_prints(told: Told) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    excerpt = next(part for part in readme.split("```\n") if part.startswith("rule  "))
    assert [line for line in excerpt.splitlines() if line not in told.text] == []


@pytest.mark.xdist_group("demo")
def test_it_says_where_to_look_and_what_stands_there_is_so(told: Told) -> None:
    places = dict(
        line.strip().rsplit(": ", 1)
        for line in told.text.split("Where to look:")[1].splitlines()
        if ": " in line
    )
    tracker = load_workbook(places["the tracker, its flag columns at the right"])["Plan"]
    flags = [
        cell.value
        for row in tracker.iter_rows()
        for cell in row
        if cell.value and "155 working" in str(cell.value)
    ]
    assert len(flags) == 1
    assert Path(places["the finance report"]).exists()
    with duckdb.connect(places["the warehouse (views: docs/views.md)"], read_only=True) as db:
        assert db.execute("SELECT count(*) FROM break_open WHERE rule = 'slip-hits-peer'").fetchone() == (1,)
    assert "interlock: ack" in told.text.split("as it reads in Jira:")[1]
    assert "Northwind brokers" in told.text.split("as it reads in Salesforce:")[1]


@pytest.mark.xdist_group("demo")
def test_answers_are_read_and_change_what_happens_next(told: Told) -> None:
    with snapshot(told.folder) as db:
        answers = db.execute("SELECT source_id, kind, outcome FROM answer ORDER BY read_on").fetchall()
        promises = db.execute("SELECT promised_on, due_date FROM promise WHERE source = 'answer'").fetchall()
    assert answers == [
        ("tracker", "accept", "counted"), ("salesforce", "ack", "counted"), ("jira", "commit", "counted"),
    ]  # fmt: skip
    friday = demo.FIRST_MONDAY + timedelta(weeks=25, days=4)
    assert promises == [(friday, date(2026, 8, 21))]
    changed = " ".join(told.text.split("What changed after that:")[1].split())
    assert "it was accepted until 2026-06-05, and that has passed" in changed
    assert "15 days late, was 45 when last told" in changed


@pytest.mark.xdist_group("others")
def test_the_same_story_later_and_under_other_names_gives_the_same_result_later_and_under_those(
    others: Played,
) -> None:
    assert weeks(others.found) == STORY
    first = next(one for one in others.found if one.rule == "no-handover-stated")
    assert first.first_seen == demo.FIRST_MONDAY + timedelta(weeks=SHIFT, days=4)
    assert first.message == (
        "Sales works on Meter Insight with Controlling and Platforms, and nobody has stated what it gives them"
        " or needs from them."
    )
    slip, deal = (one for one in others.found if one.rule == "slip-hits-peer")
    assert "APP-1 “Meter app 3”" in deal.message
    assert "“Harbour authority”" in deal.message
    assert "METER-4 “Give sales the meter data”" in slip.message
    assert [answer["outcome"] for answer in others.answers] == ["counted"] * 3


@pytest.mark.xdist_group("others")
def test_a_year_with_handover_audit_and_budget_in_place_has_no_break(tmp_path: Path) -> None:
    played = demo.run_year(tmp_path, control=True)
    assert played.found == []
    with snapshot(tmp_path) as db:
        assert db.execute("SELECT count(*) FROM handover WHERE stated_by <> 'template'").fetchone() != (0,)
        assert db.execute("SELECT count(*) FROM gate WHERE item_id IS NOT NULL").fetchone() != (0,)


def test_it_empties_no_folder_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("kept")
    with pytest.raises(demo.ConfigurationError, match="is not empty, and was not made by the demo"):
        demo.play(tmp_path, 0, False, io.StringIO())
    assert (tmp_path / "letters.txt").read_text() == "kept"
