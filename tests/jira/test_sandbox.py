"""The sandbox answers as Jira Cloud does, and its acts leave the traces that Jira's do."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections import Counter
from pathlib import Path

import httpx
import pytest

from sandbox.jira import JiraSandbox, JiraSite
from sandbox.jira.state import restore, save

AUTH = ("hub@meridian.example", "secret")


@pytest.fixture
def http(jira):
    with httpx.Client(base_url=jira.url, auth=AUTH, trust_env=False) as client:
        yield client


def count(http, jql):
    """How many issues a query finds, or Jira's words."""
    reply = http.post("/rest/api/3/search/approximate-count", json={"jql": jql})
    return reply.json()["count"] if reply.status_code == 200 else reply.json()["errorMessages"][0]


def test_the_recorded_replies_of_live_tenants_are_given_alike(site, jira, material):
    site.create_issue("PLAT", "one", by="Dana Smith")
    recorded = json.loads((material / "jira" / "jira_cloud_error_replies.json").read_text())["replies"]
    forms = {"body not json": "application/json", "wrong content type": "application/x-www-form-urlencoded"}
    basic = "Basic " + b64encode(":".join(AUTH).encode()).decode()
    differ = []
    for reply in recorded:
        case, request = reply["case"], reply["request"]
        headers = {"Authorization": basic}
        if case == "anonymous search":
            headers = {}
        if case == "bad token":
            headers = {"Authorization": "Bearer nonsense"}
        body = None if request["json"] is None else json.dumps(request["json"])
        if case in forms:
            body = "{not json"
        if body is not None:
            headers["Content-Type"] = forms.get(case, "application/json")
        with httpx.Client(trust_env=False) as bare:
            got = bare.request(request["method"], jira.url + request["path"], content=body, headers=headers)
        same_body = isinstance(reply["body"], str) or got.json() == reply["body"]
        kind = got.headers["content-type"]
        if not (got.status_code == reply["status"] and kind == reply["content_type"] and same_body):
            differ.append((case, got.status_code, kind, got.text))
    assert differ == []
    assert len(recorded) == 16


def test_a_page_holds_what_was_asked_for_and_says_when_it_is_the_last(site, http):
    for number in range(5):
        site.create_issue("PLAT", f"Work {number}", by="Dana Smith")
    ask = {"jql": "project = PLAT ORDER BY key DESC", "maxResults": 2, "fields": ["summary"]}
    keys, token = [], None
    while True:
        page = http.post(
            "/rest/api/3/search/jql", json=ask | ({"nextPageToken": token} if token else {})
        ).json()
        keys += [issue["key"] for issue in page["issues"]]
        assert "total" not in page
        assert ("nextPageToken" in page) is not page["isLast"]
        assert all(list(issue["fields"]) == ["summary"] for issue in page["issues"])
        token = page.get("nextPageToken")
        if page["isLast"]:
            break
    assert keys == ["PLAT-5", "PLAT-4", "PLAT-3", "PLAT-2", "PLAT-1"]


def test_fewer_issues_come_per_page_when_fields_are_asked_for(site, http):
    for number in range(120):
        site.create_issue("PLAT", f"Work {number}", by="Dana Smith")
    ask = {"jql": "project = PLAT", "maxResults": 5000}
    assert (
        len(http.post("/rest/api/3/search/jql", json=ask | {"fields": ["summary"]}).json()["issues"]) == 100
    )
    assert len(http.post("/rest/api/3/search/jql", json=ask).json()["issues"]) == 120
    bare = http.post("/rest/api/3/search/jql", json=ask).json()["issues"][0]
    assert list(bare) == ["id"]


def test_the_query_language_finds_what_it_says(site, clock, http):
    first = site.create_issue("PLAT", "one", by="Dana Smith", fields={"labels": ["platform"]})
    clock.pass_(hours=1)
    second = site.create_issue("SEC", "two", type="Bug", by="Dana Smith")
    site.transition(second.key, "In Progress")
    at = int(clock.now().timestamp() * 1000)
    found = {
        f"key = {first.key}": 1, f"id in ({first.id}, {second.id})": 2, "project in (PLAT, sec)": 2,
        "project != PLAT": 1, "labels = platform": 1, "labels is EMPTY": 1, "NOT labels = platform": 1,
        "issuetype = Bug and status = 'In Progress'": 1, "statusCategory = \"To Do\"": 1,
        f"updated >= {at}": 1, f"updated >= {at + 1}": 0, "created >= -30m": 1, "created >= -2h": 2,
        'created >= "2026/01/05 09:30"': 1, "(project = PLAT or issuetype = Bug) and created < -30m": 1,
        "project is not EMPTY ORDER BY created ASC, key DESC": 2,
    }  # fmt: skip
    assert {jql: count(http, jql) for jql in found} == found


@pytest.mark.parametrize(
    ("jql", "words"),
    [
        ("", "Unbounded JQL queries are not allowed here."),
        ("ORDER BY created", "Unbounded JQL queries are not allowed here."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("key = PLAT-99", "An issue with key 'PLAT-99' does not exist for the field 'key'."),
        ("project = PLAT AND", "before the end of the query"),
        ("project = PLAT status = Done", "Expecting either 'OR' or 'AND' but got 'status'"),
        ("project ~ PLAT", "Expecting operator but got '~'. (line 1, character 9)"),
        ("project > PLAT", "The operator '>' is not supported by the 'project' field."),
        ("updated >= soon", "Date value 'soon' for field 'updated' is invalid."),
        ("project = PLAT ORDER BY colour", "Field 'colour' does not exist"),
    ],
)
def test_a_query_that_jira_would_not_take_is_refused(http, jql, words):
    assert words in count(http, jql)


def test_a_wrong_token_is_401_and_a_revoked_one_too(site, http, jira):
    assert (
        httpx.get(
            f"{jira.url}/rest/api/3/myself", auth=("hub@meridian.example", "no"), trust_env=False
        ).status_code
        == 401
    )
    assert http.get("/rest/api/3/myself").json()["emailAddress"] == "hub@meridian.example"
    site.revoke("hub@meridian.example")
    refused = http.get("/rest/api/3/myself")
    assert refused.status_code == 401
    assert refused.json()["message"] == "Client must be authenticated to access this resource."


def test_edits_write_the_changelog_as_jira_does_and_only_for_what_changed(site, clock, http):
    issue = site.create_issue("PLAT", "one", by="Dana Smith", fields={"duedate": "2026-03-01"})
    clock.pass_(days=1)
    site.set_fields(
        issue.key, {"duedate": "2026-04-01", "summary": "one", "assignee": "Mo Field"}, by="Dana Smith"
    )
    site.set_fields(issue.key, {"duedate": "2026-04-01"}, by="Dana Smith")
    clock.pass_(days=1)
    site.transition(issue.key, "Done", by="Mo Field", resolution="Won't Do")
    shown = http.get(f"/rest/api/3/issue/{issue.key}", params={"expand": "changelog"}).json()
    mo = site.user("Mo Field").account_id
    latest, earlier = shown["changelog"]["histories"]
    assert earlier["author"]["displayName"] == "Dana Smith"
    assert earlier["created"] == "2026-01-06T09:00:00.000+0000"
    assert earlier["items"] == [
        {"field": "duedate", "fieldtype": "jira", "fieldId": "duedate", "from": "2026-03-01",
         "fromString": "2026-03-01 00:00:00.0", "to": "2026-04-01", "toString": "2026-04-01 00:00:00.0"},
        {"field": "assignee", "fieldtype": "jira", "fieldId": "assignee", "to": mo, "toString": "Mo Field"},
    ]  # fmt: skip
    assert [item["field"] for item in latest["items"]] == ["resolution", "status"]
    assert shown["fields"]["status"]["statusCategory"]["key"] == "done"
    assert shown["fields"]["resolutiondate"] == shown["fields"]["updated"] == "2026-01-07T09:00:00.000+0000"


def test_a_link_shows_at_both_ends_and_goes_with_an_issue(site, http):
    one, two = (site.create_issue("PLAT", name, by="Dana Smith") for name in ("one", "two"))
    site.link("Blocks", one.key, two.key, by="Dana Smith")
    ends = {
        issue.key: http.get(f"/rest/api/3/issue/{issue.key}").json()["fields"]["issuelinks"][0]
        for issue in (one, two)
    }
    assert ends[one.key]["outwardIssue"]["key"] == two.key
    assert ends[two.key]["inwardIssue"]["key"] == one.key
    assert ends[one.key]["id"] == ends[two.key]["id"]
    site.delete_issue(two.key)
    assert http.get(f"/rest/api/3/issue/{one.key}").json()["fields"]["issuelinks"] == []
    assert site.create_issue("PLAT", "three", by="Dana Smith").key == "PLAT-3"


def test_a_moved_issue_keeps_its_id_and_is_found_by_its_old_key(site, http):
    issue = site.create_issue("PLAT", "one", by="Dana Smith")
    site.create_issue("SEC", "there", by="Dana Smith")
    moved = site.move_issue(issue.key, "SEC", by="Dana Smith")
    assert moved.key == "SEC-2"
    assert http.get("/rest/api/3/issue/PLAT-1").json()["id"] == issue.id
    assert http.get("/rest/api/3/issue/PLAT-1").json()["key"] == "SEC-2"


def test_a_project_that_may_not_be_seen_is_as_if_it_were_not_there(site, http):
    issue = site.create_issue("SEC", "audit", by="Dana Smith")
    seen = site.create_issue("PLAT", "build", by="Dana Smith")
    site.link("Blocks", seen.key, issue.key)
    site.hide_project("SEC")
    assert http.get(f"/rest/api/3/issue/{issue.key}").status_code == 404
    assert http.get("/rest/api/3/project/SEC").status_code == 404
    assert http.get(f"/rest/api/3/issue/{seen.key}").json()["fields"]["issuelinks"] == []
    assert count(http, "project is not EMPTY") == 1
    assert count(http, "project in (PLAT, SEC)") == "The value 'SEC' does not exist for the field 'project'."


def test_a_comment_that_is_no_document_is_refused(site, http):
    issue = site.create_issue("PLAT", "one", by="Dana Smith")
    for body in (
        "plain text",
        {"type": "doc", "version": 1, "content": [{"type": "text", "text": "loose"}]},
        None,
    ):
        reply = http.post(f"/rest/api/3/issue/{issue.id}/comment", json={"body": body})
        assert reply.status_code == 400
        assert reply.json()["errors"] == {"comment": "Comment body is not valid!"}
    assert issue.comments == []


def test_a_site_survives_being_written_to_a_file(site, clock, tmp_path, http):
    issue = site.create_issue("PLAT", "one", by="Dana Smith", fields={"duedate": "2026-03-01"})
    other = site.create_issue("SEC", "two", by="Dana Smith")
    site.link("Blocks", issue.key, other.key, by="Dana Smith")
    site.comment(issue.key, "hello", by="Mo Field", properties={"interlock": {"marker": "m"}})
    save(site, tmp_path / "site.json")
    again = JiraSite(clock.now)
    restore(again, tmp_path / "site.json")
    with JiraSandbox(again) as copy, httpx.Client(base_url=copy.url, auth=AUTH, trust_env=False) as its:
        ask = {"jql": "project is not EMPTY ORDER BY key", "fields": ["*all"], "expand": "changelog"}
        shown = [client.post("/rest/api/3/search/jql", json=ask).text for client in (http, its)]
        assert shown[0].replace(str(http.base_url), "x/") == shown[1].replace(str(its.base_url), "x/")
    assert int(again.new_id()) > int(issue.comments[0].id)


def test_it_runs_as_a_program_and_keeps_its_state(tmp_path):
    state = tmp_path / "state.json"
    running = subprocess.Popen(
        [sys.executable, "-m", "sandbox.jira", "--state", str(state)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert running.stdout is not None
    url = running.stdout.readline().strip()
    found = httpx.get(f"{url}/rest/api/3/myself", auth=("hub@example.com", "secret"), trust_env=False)
    running.terminate()
    assert running.wait(10) == 0
    assert found.json()["displayName"] == "Interlock"
    assert [project["key"] for project in json.loads(state.read_text())["projects"]] == ["DEMO"]


def test_the_log_tells_what_was_asked(site, jira, http):
    http.get("/rest/api/3/myself")
    http.post("/rest/api/3/search/approximate-count", json={"jql": "project = PLAT"})
    assert Counter(jira.asked()) == Counter(
        ["GET /rest/api/3/myself", "POST /rest/api/3/search/approximate-count"]
    )
    assert jira.log[1].body == {"jql": "project = PLAT"}
