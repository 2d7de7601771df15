"""Answers from Data Center's comments: whose they are, and which are none."""

from __future__ import annotations

from datetime import date

from connectors.contract import ANSWER, Message, Note
from sandbox.jira_dc import wiki


def test_an_answer_is_a_row_with_its_author_by_key(site, clock, issue, jira, connector, pull):
    comment = site.comment(
        issue.key, wiki("*interlock:* accept until 2026\\-05\\-01\nwe can"), by="Dana Smith"
    )
    clock.pass_(hours=1)
    site.edit_comment(comment.id, wiki("interlock: accept K7QX until 2026-06-01"))
    jira.people.renamed[site.user("Dana Smith").account_id] = "dana.jones"
    (row,) = pull(connector(), watch=[issue.id]).answers
    assert {name: row[name] for name in row if name != "body"} == {
        "_key": comment.id, "_place": f"PLAT-1, comment {comment.id}", "_row": 1, "_fate": "land", "_reason": None,
        "@item_key": issue.id, "@author_id": "JIRAUSER10101", "@author_email": "dana@meridian.example",
        "@author_name": "Dana Smith", "@author_kind": "person", "@line": "accept K7QX until 2026-06-01",
        "@beside_item": None, "@beside_code": None, "@said_at": "2026-01-05T10:00:00+00:00",
    }  # fmt: skip
    assert {name.removeprefix("@") for name in row if name.startswith("@")} == set(ANSWER.reads)


def test_quotes_flags_and_automations_are_no_persons_answers(site, issue, connector, pull):
    source = connector(automations=["rules"])
    list(
        source.push(
            [Note("m-1", issue.id, issue.key, "", "K7QX", date(2026, 1, 5), Message("interlock: ack"))]
        )
    )
    site.comment(issue.key, wiki("{quote}interlock: ack{quote}"), by="Mo Field")
    site.comment(issue.key, wiki("bq. interlock: ack"), by="Mo Field")
    site.comment(issue.key, wiki("interlock: ack"), by="Rule Runner")
    site.comment(issue.key, wiki("interlock: dispute"), by="Interlock")
    site.comment(issue.key, wiki("interlock: commit by 2026-03-01"), by="Mo Field")
    rows = pull(source, watch=[issue.id]).answers
    assert [(row["@author_kind"], row["@line"]) for row in rows] == [
        ("automation", "ack"), ("self", "dispute"), ("person", "commit by 2026-03-01"),
    ]  # fmt: skip


def test_our_flag_is_none_where_a_site_lists_no_properties(site, issue, connector, pull):
    site.lists_properties = False
    source = connector()
    list(
        source.push(
            [Note("m-1", issue.id, issue.key, "", "K7QX", date(2026, 1, 5), Message("interlock: ack"))]
        )
    )
    assert pull(source, watch=[issue.id]).answers == []


def test_only_watched_issues_that_changed_are_asked_for_their_comments(
    site, clock, issue, jira, connector, pull
):
    other = site.create_issue("PLAT", "Other", by="Dana Smith")
    clock.pass_(hours=3)
    site.set_fields(other.key, {"summary": "touched"})
    cursor = pull(connector()).cursor
    clock.pass_(minutes=10)
    site.comment(other.key, wiki("interlock: ack"), by="Mo Field")
    before = len(jira.log)
    rows = pull(connector(), cursor, watch=[issue.id, other.id]).answers
    assert [row["@item_key"] for row in rows] == [other.id]
    asked = [f"{each.method} {each.path}" for each in jira.log[before:] if each.path.endswith("/comment")]
    assert asked == [f"GET /rest/api/2/issue/{other.id}/comment"]
