"""What a pull of Data Center reads: scope, fields, sprints, people; and why issues are missing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connectors.contract import Drifted, Trouble
from tests.jira_dc.conftest import fill


def test_one_lost_project_is_named_and_does_not_stop_the_others(site, clock, connector, tmp_path):
    fill(site, clock, 2)
    fill(site, clock, 1, "SEC")
    site.hide_project("SEC")
    given = list(connector(jql="project in (PLAT, SEC) ORDER BY updated").pull({}, [], tmp_path))
    troubles = [each for each in given if isinstance(each, Trouble)]
    assert [trouble.scope for trouble in troubles] == ["project SEC"]
    assert any(not isinstance(each, Trouble) and each.keys_only for each in given)


def test_a_query_that_jira_does_not_take_is_refused_in_jiras_words(connector, pull):
    with pytest.raises(Drifted, match="The value 'NOPE' does not exist for the field 'project'"):
        pull(connector(jql="project = NOPE"))


def test_fields_by_name_and_the_field_of_the_epic_are_found(site, connector, pull):
    epic = site.create_issue("PLAT", "Platform", type="Epic", by="Dana Smith")
    story = site.create_issue(
        "PLAT", "Build", by="Dana Smith", fields={"parent": epic.key, "Start date": "2026-01-12"}
    )
    source = connector(fields={"start": "start DATE", "due": "Start date"})
    pulled = pull(source)
    assert pulled.cursor["fields"] == {
        "start": "customfield_10015", "due": "customfield_10015", "due_name": "Start date",
        "epic_link": "customfield_10006",
    }  # fmt: skip
    told = pulled.issues[story.id]["fields"]
    assert (told["customfield_10015"], told["customfield_10006"]) == ("2026-01-12", epic.key)
    assert "parent" not in told
    assert '$.fields."customfield_10006"' in source.streams[0].content


def test_sprints_that_java_printed_are_read_and_are_no_news_by_themselves(site, issue, connector, pull):
    site.add_field("Sprint", "sprint", "customfield_10020")
    site.add_sprint("Bridge, part [2], id=7", "active", "2026-01-05T09:00:00.000Z")
    site.set_fields(issue.key, {"Sprint": "Bridge, part [2], id=7"}, by="Dana Smith")
    source = connector()
    told = [pull(source).issues[issue.id]["fields"]["customfield_10020"] for _ in range(2)]
    assert (
        told[0]
        == told[1]
        == [
            {
                "id": "1",
                "name": "Bridge, part [2], id=7",
                "state": "active",
                "startDate": "2026-01-05T09:00:00.000Z",
            }
        ]
    )
    assert '$.fields."customfield_10020"[*].name' in source.streams[0].content


def test_people_are_known_by_the_key_that_outlives_their_user_name(site, issue, jira, connector, pull):
    site.assign(issue.key, "Dana Smith")
    dana = site.user("Dana Smith")
    before = pull(connector()).issues[issue.id]["fields"]["assignee"]
    jira.people.renamed[dana.account_id] = "dana.jones"
    after = pull(connector()).issues[issue.id]["fields"]["assignee"]
    assert (before["key"], before["name"], after["key"], after["name"]) == (
        "JIRAUSER10101", "dana", "JIRAUSER10101", "dana.jones",
    )  # fmt: skip
    streams = connector().streams
    assert "$.fields.assignee.key" in streams[0].content
    assert not any(
        "accountId" in path or (path.endswith(".name") and "assignee" in path) for path in streams[0].content
    )
    assert streams[1].content == ("$.items", "$.author.key")


@pytest.mark.parametrize("tells", [True, False])
def test_deleted_is_told_from_out_of_scope_and_from_permission_lost(site, jira, connector, pull, tells):
    jira.tells_forbidden = tells
    issues = [site.create_issue(project, "Work", by="Dana Smith") for project in ("PLAT", "PLAT", "SEC")]
    source = connector(jql="issuetype = Task")
    cursor = pull(source).cursor
    site.delete_issue(issues[0].key)
    site.set_fields(issues[1].key, {"issuetype": "Bug"})
    ids = [issue.id for issue in issues]
    assert source.whereabouts("issue", ids[:2]) == {
        ids[0]: "deleted", ids[1]: "not visible: left the scope of the JQL",
    }  # fmt: skip
    site.hide_project("SEC")
    fresh = connector(jql="issuetype = Task")
    pull(fresh, cursor)
    # Of what is not there it is not said that it was deleted: it might have been in the lost project.
    lost = "not visible: permission lost (project SEC)"
    seen = "not visible: permission lost (the issue may not be seen any more)" if tells else lost
    assert fresh.whereabouts("issue", [ids[0], ids[2]]) == {ids[0]: lost, ids[2]: seen}


def test_without_a_pull_before_it_nothing_is_called_deleted(site, connector):
    gone = site.create_issue("PLAT", "Work", by="Dana Smith")
    site.delete_issue(gone.key)
    assert connector().whereabouts("issue", [gone.id])[gone.id].startswith("not visible: ")


def test_a_project_of_which_nothing_was_read_may_be_hidden(site, connector, pull):
    gone = site.create_issue("PLAT", "Work", by="Dana Smith")
    source = connector()
    pull(source)
    site.delete_issue(gone.key)
    site.hide_project("SEC")  # nothing was read of it
    assert source.whereabouts("issue", [gone.id]) == {gone.id: "deleted"}


def test_the_site_clock_dates_the_cursor_not_ours(site, clock, jira, connector, pull):
    fill(site, clock, 1)
    theirs = clock.now()
    site.clock = lambda: theirs
    clock.pass_(days=3)
    cursor = pull(connector()).cursor
    assert cursor["read_all"] == round(theirs.timestamp() * 1000)
    assert timedelta(milliseconds=cursor["read_all"]) > timedelta()
