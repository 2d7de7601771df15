"""What is read beside the issues, from the sandbox to the views: statuses, sprints, releases, time spent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from sandbox.jira import JiraSandbox, JiraSite
from tests.clock import Clock
from tests.jira.unified import Unified


def moment(*of):
    return datetime(*of, tzinfo=UTC)


# --- a site as people use it, pulled and unified three times for a company in Tokyo ------------------------


@dataclass
class Story:
    """The views after each of the three runs, and the sandbox's log."""

    runs: list[dict[str, list[tuple]]] = field(default_factory=list)
    issues: SimpleNamespace = field(default_factory=SimpleNamespace)
    log: list = field(default_factory=list)

    def of(self, issue, view="status_history", run=0):
        return [row for row in self.runs[run][view] if f"jira-it:{issue.key}" in row]


VIEWS = {
    "status_history": "FROM status_history ORDER BY item_id, nth",
    "sprint": "FROM sprint ORDER BY name",
    "sprint_item": "SELECT item_id, name FROM sprint_item JOIN sprint USING (sprint_id) ORDER BY ALL",
    "version": "SELECT source_id, name, release_date, released FROM version ORDER BY name",
    "version_item": "SELECT item_id, name FROM version_item JOIN version USING (version_id) ORDER BY ALL",
    "worklog": "FROM worklog ORDER BY ALL",
    "person": "SELECT name FROM person ORDER BY 1",
    "work_item": "SELECT item_id, due_date, deadline, actual_start, finish_date FROM work_item ORDER BY ALL",
    "promise": "FROM promise",
    "versions": 'SELECT _key, count(*) FROM raw."jira-it/issue" GROUP BY 1',
}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    clock = Clock()
    site = JiraSite(clock.now)
    for name in ("Interlock", "Dana Smith", "Mo Field"):
        site.add_user(name, f"{name.split()[0].lower()}@meridian.example")
    site.add_user("Interlock", "hub@meridian.example")
    site.grant("hub@meridian.example", "secret")
    site.add_project("PLAT")
    told = Story()
    with JiraSandbox(site) as jira:
        unified = Unified(tmp_path_factory.mktemp("story"), {"url": jira.url}, "Asia/Tokyo")
        first = act(site, clock, told.issues)
        for today, further, options in (
            (date(2026, 1, 9), first, {"worklogs": True}),
            (date(2026, 1, 20), lambda: change(site, clock, told.issues), {}),
            (date(2026, 1, 20), lambda: None, {"worklogs": False}),
        ):
            further()
            unified.sync(today, **options)
            assert unified.failed == []
            told.runs.append({view: unified.rows(query) for view, query in VIEWS.items()})
        told.log = list(jira.log)
    return told


def act(site, clock, issues):
    """Jira Software, whose field people call something else; what happens until the first run."""
    site.add_field("Iteration", "sprint", "customfield_10020")
    site.add_sprint("PLAT 1", "active", "2026-01-05T09:00:00.000Z", "2026-01-16T23:30:00.000Z")
    site.add_sprint("PLAT 2")
    site.add_sprint("PLAT 3", "active")
    site.add_version("PLAT", "R1", "2026-06-30")
    site.add_version("PLAT", "R2")
    gone = [site.add_status("Doing", "indeterminate"), site.add_status("Limbo", "indeterminate")]
    site.add_status("Umsetzung", "indeterminate")
    names = ("through", "started", "odd", "still", "sprinting", "beside", "goal", "released", "spent", "few")
    for name in names:
        setattr(issues, name, site.create_issue("PLAT", name, by="Dana Smith"))
    for issue in (issues.sprinting, issues.beside):
        site.set_fields(issue.key, {"Iteration": "PLAT 1"}, by="Dana Smith")
    site.set_fields(issues.goal.key, {"Iteration": "PLAT 3"}, by="Dana Smith")
    site.set_fields(issues.released.key, {"fixVersions": ["R1", "R2"]}, by="Dana Smith")
    site.set_fields(issues.beside.key, {"fixVersions": ["R1"]}, by="Dana Smith")
    for seconds, by, started in (
        (3600, "Mo Field", moment(2026, 1, 5, 10)),
        (1800, "Mo Field", moment(2026, 1, 5, 14)),
        (7200, "Mo Field", moment(2026, 1, 5, 22)),
        *[(3600, "Dana Smith", moment(2026, 1, 5, 10))] * 25,
    ):
        site.log_work(issues.spent.key, seconds, by, started)
    site.log_work(issues.spent.key, 36000, "Dana Smith", moment(2026, 1, 5, 11)).group = "board"
    site.log_work(issues.few.key, 3600, "Mo Field", moment(2026, 1, 5, 10))
    for steps in (("Umsetzung", "Doing", "Umsetzung"), ("To Do", "Limbo"), ("Done", "Done")):
        clock.pass_(days=1)
        for issue, status in zip((issues.through, issues.odd, issues.started), steps, strict=False):
            site.transition(issue.key, status, by="Dana Smith")
    for status in gone:
        del site.statuses[status.id]
    return lambda: None


def change(site, clock, issues):
    """What happens between the first run and the second."""
    clock.pass_(days=5)
    first, _, third = site.sprints.values()
    first.state, first.complete = "closed", "2026-01-12T10:00:00.000Z"
    third.goal = "Ship it"
    site.set_fields(issues.sprinting.key, {"Iteration": "PLAT 2"}, by="Dana Smith")
    site.versions[issues.released.version_ids[0]].released = True
    site.set_fields(issues.released.key, {"summary": "Built"}, by="Dana Smith")
    site.delete_worklog(issues.few.key, issues.few.worklogs[0].id, by="Mo Field")
    next(status for status in site.statuses.values() if status.name == "Umsetzung").name = "Umsetzung läuft"


# --- statuses --------------------------------------------------------------------------------------------


def test_the_history_begins_with_the_status_in_which_the_issue_was_made(story):
    days = [datetime(2026, 1, day, 9) for day in (5, 6, 7, 8)]
    key = f"jira-it:{story.issues.through.key}"
    assert story.of(story.issues.through) == [
        (key, 1, "not started", "To Do", days[0], days[1]),
        (key, 2, "in progress", "Umsetzung", days[1], days[2]),
        (key, 3, "not started", "To Do", days[2], days[3]),
        (key, 4, "done", "Done", days[3], None),
    ]
    still = f"jira-it:{story.issues.still.key}"
    assert story.of(story.issues.still) == [(still, 1, "not started", "To Do", days[0], None)]


def test_what_a_status_meant_is_known_though_no_issue_stands_in_it(story):
    """Of a status that it passed through, an issue's changelog tells the name alone."""
    ((_, _, _, started, finished),) = story.of(story.issues.through, "work_item")
    assert (started, finished) == (date(2026, 1, 6), date(2026, 1, 8))


def test_a_status_that_the_site_has_no_more_is_called_as_it_was(story):
    """What it meant is told by the list of words, which trackers have too, or by nobody."""
    steps = [(status, word) for _, _, status, word, *_ in story.of(story.issues.odd)]
    assert steps == [("not started", "To Do"), ("in progress", "Doing"), (None, "Limbo"), ("done", "Done")]


def test_a_status_that_is_renamed_is_no_step_of_anybodys(story):
    words = [word for _, _, _, word, *_ in story.of(story.issues.through, run=1)]
    assert words == ["To Do", "Umsetzung läuft", "To Do", "Done"]


def test_a_pull_that_finds_no_issue_does_not_ask_for_statuses(site, clock, jira, connector, pull):
    site.create_issue("PLAT", "Build", by="Dana Smith")
    cursor = pull(connector()).cursor
    clock.pass_(minutes=10)
    site.delete_issue("PLAT-1")
    pull(connector(), cursor)
    assert len(jira.asked("GET /rest/api/3/status")) == 1


# --- sprints ---------------------------------------------------------------------------------------------


def test_the_field_of_sprints_is_found_by_its_kind_and_its_dates_are_the_companys_days(story):
    active = ("PLAT 1", "active", date(2026, 1, 5), date(2026, 1, 17), None)
    assert story.runs[0]["sprint"] == [
        ("jira-it:sprint/1", "jira-it", *active),
        ("jira-it:sprint/3", "jira-it", "PLAT 3", "active", None, None, None),
    ]
    assert story.of(story.issues.sprinting, "sprint_item") == [
        (f"jira-it:{story.issues.sprinting.key}", "PLAT 1")
    ]
    assert story.of(story.issues.still, "sprint_item") == []


def test_an_issue_stays_in_the_closed_sprints_in_which_it_was(story):
    named = [name for _, name in story.of(story.issues.sprinting, "sprint_item", run=1)]
    assert named == ["PLAT 1", "PLAT 2"]


def test_a_sprint_is_as_the_issue_read_last_shows_it(story):
    """Its other issue was not touched when it was closed, and was not read again."""
    assert story.runs[1]["sprint"][0][2:4] == ("PLAT 1", "closed")
    assert story.runs[1]["sprint"][0][6] == date(2026, 1, 12)
    assert dict(story.runs[1]["versions"])[story.issues.beside.id] == 1


def test_a_goal_that_is_reworded_is_no_news_of_the_issues(story):
    assert dict(story.runs[1]["versions"])[story.issues.goal.id] == 1


def test_neither_a_sprints_end_nor_a_releases_date_is_anybodys_due_date(story):
    assert {(due, deadline) for _, due, deadline, *_ in story.runs[1]["work_item"]} == {(None, None)}
    assert story.runs[1]["promise"] == []


def test_sprints_are_read_when_the_site_gets_jira_software_later(site, clock, connector, pull):
    issue = site.create_issue("PLAT", "Build", by="Dana Smith")
    source = connector()
    cursor = pull(source).cursor
    assert cursor["fields"] == {}
    clock.pass_(days=1)
    site.add_field("Sprint", "sprint", "customfield_10020")
    site.add_sprint("PLAT 1", "active")
    site.set_fields(issue.key, {"Sprint": "PLAT 1"}, by="Dana Smith")
    pulled = pull(source, cursor)
    assert pulled.cursor["fields"] == {"sprint": "customfield_10020"}
    assert pulled.issues[issue.id]["fields"]["customfield_10020"][0]["name"] == "PLAT 1"
    assert '$.fields."customfield_10020"[*].endDate' in source.streams[0].content


def test_of_two_fields_of_sprints_none_is_read_and_check_tells(site, connector, pull):
    site.add_field("Sprint", "sprint", "customfield_10020")
    site.add_field("Sprint (imported)", "sprint", "customfield_10900")
    assert pull(connector()).cursor["fields"] == {}
    told = [finding.text for finding in connector().check() if finding.level == "warn"]
    assert "the site has 2 fields of sprints (customfield_10020, customfield_10900): none is read" in told


# --- releases --------------------------------------------------------------------------------------------


def test_releases_come_with_their_dates_as_the_issue_read_last_shows_them(story):
    undated = ("jira-it", "R2", None, False)
    assert story.runs[0]["version"] == [("jira-it", "R1", date(2026, 6, 30), False), undated]
    assert story.runs[1]["version"] == [("jira-it", "R1", date(2026, 6, 30), True), undated]
    assert [name for _, name in story.of(story.issues.released, "version_item")] == ["R1", "R2"]
    assert [name for _, name in story.of(story.issues.beside, "version_item")] == ["R1"]


# --- time spent ------------------------------------------------------------------------------------------


def test_hours_are_told_per_person_and_day_of_the_company_without_what_a_group_alone_may_see(story):
    """Dana's 25 are more than a search gives of an issue; 22:00 in UTC is the next day in Tokyo."""
    spent, few = f"jira-it:{story.issues.spent.key}", f"jira-it:{story.issues.few.key}"
    assert story.runs[0]["worklog"] == [
        (few, "mo@meridian.example", date(2026, 1, 5), 1.0),
        (spent, "dana@meridian.example", date(2026, 1, 5), 25.0),
        (spent, "mo@meridian.example", date(2026, 1, 5), 1.5),
        (spent, "mo@meridian.example", date(2026, 1, 6), 2.0),
    ]
    assert story.runs[0]["person"] == [("Dana Smith",), ("Mo Field",)]


def test_only_the_worklogs_of_issues_with_more_than_a_search_gives_are_asked_for(story):
    asked = {exchange.path for exchange in story.log if exchange.path.endswith("/worklog")}
    assert asked == {f"/rest/api/3/issue/{story.issues.spent.id}/worklog"}


def test_a_worklog_that_was_deleted_counts_no_more(story):
    assert story.of(story.issues.few, "worklog", run=1) == []
    assert story.of(story.issues.spent, "worklog", run=1) != []


def test_hours_that_are_not_wanted_any_more_are_shown_no_more(story):
    assert story.runs[2]["worklog"] == []


def test_nobodys_hours_are_read_unless_it_is_asked_for(site, jira, connector, pull):
    issue = site.create_issue("PLAT", "Build", by="Dana Smith")
    site.log_work(issue.key, 3600, by="Mo Field")
    pulled = pull(connector())
    assert "worklog" not in pulled.issues[issue.id]["fields"]
    assert pulled.of("worklog") == []
    assert pull(connector(worklogs=True), pulled.cursor).of("worklog") != []


def test_hours_are_no_news_when_the_account_changes_its_time_zone(site, connector, pull):
    site.log_work(site.create_issue("PLAT", "Build", by="Dana Smith").key, 3600, by="Mo Field")
    pages = []
    for zone in (UTC, ZoneInfo("Asia/Tokyo")):
        site.zone = zone
        pages += [page.path.read_text() for page in pull(connector(worklogs=True)).of("worklog")]
    assert pages[0] == pages[1]
    assert "2026-01-05T09:00:00+00:00" in pages[0]


def test_every_request_and_reply_is_as_published(story, specification):
    assert {exchange.path.rpartition("/")[2] for exchange in story.log} >= {"field", "status", "worklog"}
    for exchange in story.log:
        specification.hold(exchange)
