"""Real Jira Cloud issues through sandbox, connector and model, beside the tables that Apache DevLake makes of them.

Each test names the differences that are meant, by a rule and with its reason; anything else fails.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from sandbox.jira import JiraSandbox, JiraSite, load
from sandbox.jira.model import Status
from tests.jira.unified import Unified

ZONE = ZoneInfo("Asia/Shanghai")
SPRINT = "customfield_10020"
BOARD = '{"ConnectionId":2,"BoardId":8}'
LINK_TYPES = {"Blocks": "FS", "Cloners": "SS", "Duplicate": "FF", "Relates": "SF"}
"""Each type of link plans as another kind of dependency, so that the model tells which it was."""
MEANING = {"TODO": "not started", "IN_PROGRESS": "in progress", "DONE": "done"}


@pytest.fixture(scope="module")
def devlake(material):
    """DevLake's tables: `raw` as Jira replied (with who asked), `made` as DevLake made them."""
    csv.field_size_limit(1 << 24)

    def table(folder, name):
        with (material / "jira" / "devlake" / folder / f"{name}.csv").open(encoding="utf-8-sig") as lines:
            return list(csv.DictReader(lines))

    def raw(name):
        rows = table("raw_tables", f"_raw_jira_api_{name}")
        return [(row, json.loads(row["data"])) for row in rows]

    return SimpleNamespace(raw=raw, made=lambda name: table("snapshot_tables", name))


def played(raws, statuses, folder, **options):
    """These issues in a site, pulled and unified."""
    site = JiraSite(lambda: datetime(2026, 1, 5, 9, tzinfo=UTC), ZONE)
    site.add_user("Interlock", "hub@meridian.example")
    site.grant("hub@meridian.example", "secret")
    site.add_field("Sprint", "sprint", SPRINT)
    load(site, raws)
    site.statuses |= {row["id"]: Status(row["id"], row["name"], row["status_category"]) for row in statuses}
    with JiraSandbox(site) as jira:
        unified = Unified(folder, {"url": jira.url, **options}, ZONE.key).sync()
    assert unified.failed == []
    return unified


@pytest.fixture(scope="module")
def company(devlake, tmp_path_factory):
    """DevLake's 33 issues, and three of which it has the changelog alone, each longer than a search tells."""
    issues = [issue for _, issue in devlake.raw("issues")]
    logs = defaultdict(list)
    for row, entry in devlake.raw("issue_changelogs"):
        logs[str(json.loads(row["input"])["issue_id"])].append(entry)
    bare = [
        {
            "id": id_, "key": f"LOG-{id_}", "changelog": {"histories": entries},
            "fields": issues[0]["fields"] | {
                "project": {"id": "1", "key": "LOG", "name": "LOG"}, "summary": id_, "worklog": None, SPRINT: [],
                "fixVersions": [], "issuelinks": [], "comment": None, "parent": None,
            },
        }
        for id_, entries in logs.items()
    ]  # fmt: skip
    assert [len(entries) > 40 for entries in logs.values()] == [True] * 3
    # The statuses of the site, four of them in no reply that is given but in DevLake's table.
    statuses = devlake.made("_tool_jira_statuses_for_changelog")
    return played([*issues, *bare], statuses, tmp_path_factory.mktemp("devlake"), worklogs=True)


@pytest.fixture(scope="module")
def on_board(devlake):
    """The ids of the issues that DevLake made tables of: those of one board. It left three of another out; we read
    every issue that the JQL finds, and ask for no board."""
    return {issue["id"] for row, issue in devlake.raw("issues") if row["params"] == BOARD}


def last_part(id_):
    """The tool's own id in an id of DevLake's: jira:JiraIssue:2:10063."""
    return id_.rpartition(":")[2]


def utc(stamp):
    return datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(UTC).replace(tzinfo=None)


def day(stamp):
    return utc(stamp).replace(tzinfo=UTC).astimezone(ZONE).date() if stamp else None


def by_record(company, view, columns):
    """Columns of a view beside the tool's id of its item."""
    return company.rows(
        f"SELECT record_key, {columns} FROM (SELECT item_id, record_key FROM model.work_item)"
        f" JOIN {view} USING (item_id) ORDER BY ALL"
    )


# --- the changelog lands whole -----------------------------------------------------------------------------


def test_every_entry_of_every_changelog_lands_under_its_issue(devlake, company, on_board):
    """DevLake's table holds those of its board's issues; those of three more it made of another request."""
    landed = set(company.rows('SELECT _parent, _key FROM raw."jira-it/change"'))
    made = {(row["issue_id"], row["changelog_id"]) for row in devlake.made("_tool_jira_issue_changelogs")}
    asked = {
        (str(json.loads(row["input"])["issue_id"]), entry["id"])
        for row, entry in devlake.raw("issue_changelogs")
    }
    beyond = {pair for pair in landed - made - asked if pair[0] not in on_board}
    assert landed == made | asked | beyond
    assert (len(made), len(asked), len(beyond)) == (517, 279, 5)
    extracted = devlake.made("_tool_jira_issue_changelogs_extractor")
    assert {(row["issue_id"], row["changelog_id"]) for row in extracted} <= asked


# --- status history ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def turns(devlake):
    """DevLake's changes of status: issue, moment, place, the names on both sides, what the new one means."""
    changes = (row for row in devlake.made("issue_changelogs") if row["field_name"] == "status")
    return sorted(
        (
            last_part(row["issue_id"]), utc(row["created_date"]), int(row["id"].split(":")[3]),
            row["original_from_value"], row["original_to_value"], row["to_value"],
        )
        for row in changes
    )  # fmt: skip


def test_the_history_of_statuses_is_that_of_devlakes_changes(devlake, company, on_board, turns):
    """Meant difference: DevLake has a row per change, with both sides; we one per status, and the first of them
    begins when the issue was made."""
    made = {issue["id"]: utc(issue["fields"]["created"]) for _, issue in devlake.raw("issues")}
    told = defaultdict(list)
    for issue, moment, _, before, after, _ in turns:
        told[issue] = [*(told[issue] or [(before, made[issue])]), (after, moment)]
    ours = defaultdict(list)
    for issue, _, word, since in by_record(company, "status_history", "nth, source_status, since"):
        ours[issue].append((word, since))
    assert {issue: steps for issue, steps in ours.items() if issue in on_board} == told
    assert (len(turns), len(told)) == (165, 30)


def test_what_a_status_means_is_what_devlake_makes_of_it(company, turns):
    """Meant difference: where DevLake's table has no meaning (the status in which the issues stand now), we have
    that of the status's category. Several issues were edited by hand to tell another category than the site."""
    theirs = {word: meaning for *_, word, meaning in turns}
    ours = dict(company.rows("SELECT DISTINCT source_status, status FROM status_history"))
    assert {word: ours[word] for word, meaning in theirs.items() if meaning} == {
        word: MEANING[meaning] for word, meaning in theirs.items() if meaning
    }
    standing = {
        word for (word,) in company.rows("SELECT source_status FROM status_history WHERE until IS NULL")
    }
    blank = {word for word, meaning in theirs.items() if not meaning}
    assert blank < standing
    assert {ours[word] for word in blank} == {"done"}


# --- sprints -----------------------------------------------------------------------------------------------


def test_sprints_and_their_issues_are_devlakes(devlake, company, on_board):
    """Meant differences:

    - DevLake asks the board for its sprints; we know those that an issue we read is or was in.
    - We hold calendar days of the company, DevLake moments.
    """
    items = by_record(company, "sprint_item", "sprint_id")
    ours = {(sprint.rpartition("/")[2], issue) for issue, sprint in items if issue in on_board}
    made = {
        (last_part(row["sprint_id"]), last_part(row["issue_id"])) for row in devlake.made("sprint_issues")
    }
    assert ours == made
    known = {sprint for sprint, _ in ours}
    assert [
        row
        for row in company.rows(
            "SELECT split_part(sprint_id, '/', 2), name, state, starts_on, ends_on, completed_on FROM sprint ORDER BY 1"
        )
        if row[0] in known
    ] == sorted(
        (
            last_part(row["id"]), row["name"], row["status"].lower(), day(row["started_date"]),
            day(row["ended_date"]), day(row["completed_date"]),
        )
        for row in devlake.made("sprints")
        if last_part(row["id"]) in known
    )  # fmt: skip
    assert len(known) == 2


# --- time spent --------------------------------------------------------------------------------------------


def test_hours_are_those_of_devlakes_worklogs(devlake, company, on_board):
    """Meant difference: DevLake has a row per worklog, we the hours per issue, person and day. (Its last table
    lacks one of the six that the table before it holds.)"""
    made = defaultdict(float)
    for row in devlake.made("_tool_jira_worklogs"):
        if row["issue_id"] in on_board:
            spent = (row["issue_id"], f"jira-it:{row['author_id']}", day(row["started"]))
            made[spent] += int(row["time_spent_seconds"]) / 3600
    ours = {
        tuple(spent): hours for *spent, hours in by_record(company, "worklog", "person_id, worked_on, hours")
    }
    assert ours == made
    assert sum(made.values()) == 22


# --- relationships -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def linked(devlake, tmp_path_factory):
    raws = [issue for _, issue in devlake.raw("issue_relationships")]
    links = {name: {"type": kind} for name, kind in LINK_TYPES.items()}
    return played(raws, [], tmp_path_factory.mktemp("linked"), links=links)


def test_dependencies_are_devlakes_relationships(devlake, linked):
    """Meant differences:

    - A link that two issues show is two rows of DevLake's and one dependency.
    - A link to an issue that was not read is a row of DevLake's with an id that leads nowhere; we have no
      dependency of it, and say that what it refers to is not among what we read.
    """
    read = {issue["id"] for _, issue in devlake.raw("issue_relationships")}
    keys = {row["issue_id"]: row["issue_key"] for row in devlake.made("_tool_jira_issue_relationships")}
    made, nowhere = set(), set()
    for row in devlake.made("_tool_jira_issue_relationships"):
        inward, outward = row["inward_issue_id"], row["outward_issue_id"]
        other = outward if outward != "0" else inward
        if other in read:
            ends = (row["issue_id"], other) if outward != "0" else (other, row["issue_id"])
            made.add((*ends, LINK_TYPES[row["type_name"]]))
        else:
            nowhere.add((row["issue_id"], row["outward_issue_key"] or row["inward_issue_key"]))
    ours = linked.rows(
        "SELECT before.record_key, after.record_key, dependency.type FROM dependency"
        " JOIN model.work_item AS before ON before.item_id = predecessor_id"
        " JOIN model.work_item AS after ON after.item_id = successor_id"
    )
    assert set(ours) == made
    assert len(ours) == len(made) == 5
    problems = linked.rows("SELECT item_id, text FROM reference_problem")
    assert set(problems) == {(f"jira-it:{keys[issue]}", other) for issue, other in nowhere}
    ends = devlake.made("issue_relationships")
    assert len(ends) == 2 * len(made) + len(nowhere)
