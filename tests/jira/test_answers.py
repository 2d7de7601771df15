"""Answers from comments: whose they are, which line counts, what becomes a new version."""

from __future__ import annotations

from datetime import date
from typing import Any

import duckdb
import pytest

from connectors.contract import ANSWER, Message, Note
from connectors.jira.answers import line
from sandbox.jira import Fault


def text(*words: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": word} for word in words]


def paragraph(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"type": "paragraph", "content": list(nodes)}


def said(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "doc", "version": 1, "content": list(blocks)}


ACK = paragraph(*text("interlock: ack"))
BREAK = {"type": "hardBreak"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (said(ACK), "ack"),
        (said(paragraph(*text("  INTERLOCK :  accept  K7QX   till May "))), "accept K7QX till May"),
        (said(paragraph(*text("inter", "lock: ", "ack"))), "ack"),
        (said(paragraph(*text("interlock: ack"), BREAK, *text("because we know"))), "ack"),
        (said(paragraph(*text("interlock: ack\nbecause we know"))), "ack"),
        (said(paragraph(BREAK, *text("interlock: ack"))), "ack"),
        (said(paragraph(), paragraph(*text("  ")), ACK), "ack"),
        (said(paragraph(*text("interlock:"))), ""),
        (said({"type": "blockquote", "content": [paragraph(*text("it is late"))]}, ACK), "ack"),
        (said(paragraph(*text("interlock: commit by "),
                        {"type": "date", "attrs": {"timestamp": "1777593600000"}})),
         "commit by 2026-05-01"),
        (said(paragraph(*text("interlock: needs "),
                        {"type": "inlineCard", "attrs": {"url": "https://x.atlassian.net/browse/PLAT-42"}})),
         "needs PLAT-42"),
        (said(paragraph(*text("interlock: dispute "),
                        {"type": "mention", "attrs": {"id": "1", "text": "@Mo"}})),
         "dispute @Mo"),
        (said(paragraph(*text("thanks")), ACK), None),
        (said(paragraph(*text("thanks"), BREAK, *text("interlock: ack"))), None),
        (said(paragraph(*text("see interlock: ack"))), None),
        (said(paragraph(*text("interlocked: ack"))), None),
        (said({"type": "blockquote", "content": [ACK]}), None),
        (said({"type": "codeBlock", "content": text("interlock: ack")}), None),
        (said({"type": "panel", "attrs": {"panelType": "info"}, "content": [ACK]}), None),
        (said({"type": "bulletList", "content": [{"type": "listItem", "content": [ACK]}]}), None),
        (said({"type": "expand", "attrs": {}, "content": [ACK]}), None),
        (said({"type": "heading", "attrs": {"level": 1}, "content": text("interlock: ack")}), None),
        (said(), None),
        (None, None),
    ],
)  # fmt: skip
def test_only_the_first_top_level_line_of_text_counts(body, expected):
    assert line(body) == expected


@pytest.fixture
def issue(site):
    return site.create_issue("PLAT", "Build", by="Dana Smith")


def test_an_answer_is_a_row_with_its_author_and_place(site, clock, issue, connector, pull):
    comment = site.comment(
        issue.key, "interlock: accept until 2026-05-01\nwe can live with it", by="Dana Smith"
    )
    clock.pass_(hours=1)
    site.edit_comment(comment.id, "interlock: accept K7QX until 2026-06-01")
    row = pull(connector(), watch=[issue.id]).answers[0]
    dana = site.user("Dana Smith")
    told = {name: row[name] for name in row if name != "body"}
    assert told == {
        "_key": comment.id, "_place": f"PLAT-1, comment {comment.id}", "_row": 1,
        "_fate": "land", "_reason": None, "@item_key": issue.id, "@author_id": dana.account_id,
        "@author_email": "dana@meridian.example", "@author_name": "Dana Smith",
        "@author_kind": "person", "@line": "accept K7QX until 2026-06-01",
        "@beside_item": None, "@beside_code": None, "@said_at": "2026-01-05T10:00:00+00:00",
    }  # fmt: skip
    assert {name.removeprefix("@") for name in row if name.startswith("@")} == set(ANSWER.reads)


def test_only_comments_addressed_to_interlock_are_rows_and_none_of_its_flags(site, issue, connector, pull):
    source = connector()
    list(source.push([Note("m-1", issue.id, issue.key, "", "K7QX", date(2026, 1, 5), Message("Late"))]))
    site.comment(issue.key, "interlock: ack", by="Automation for Jira")
    site.comment(issue.key, "never mind", by="Mo Field")
    site.comment(issue.key, "interlock: ack", by="Interlock")
    rows = pull(source, watch=[issue.id]).answers
    assert [(row["@author_kind"], row["@line"]) for row in rows] == [
        ("automation", "ack"),
        ("self", "ack"),
    ]


def test_rows_are_read_by_the_columns_that_the_contract_names(site, issue, connector, pull):
    site.comment(issue.key, "interlock: ack\n„grün“", by="Mo Field")
    page = pull(connector(), watch=[issue.id]).of("answer")[0]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in ("_key", "@item_key", "@line", "@said_at"))
    rows = duckdb.sql(f"SELECT * FROM read_ndjson('{page.path}', columns = {{{columns}}})").fetchall()
    assert rows == [(issue.comments[0].id, issue.id, "ack", "2026-01-05T09:00:00+00:00")]


def test_only_watched_issues_that_changed_are_asked_for_their_comments(site, clock, jira, connector, pull):
    first, second, third = (site.create_issue("PLAT", name, by="Dana Smith") for name in ("a", "b", "c"))
    watch = [first.id, second.id]
    clock.pass_(hours=1)
    site.set_fields(third.key, {"summary": "touched, so that the overlap holds nothing of the others"})
    cursor = pull(connector(), watch=watch).cursor
    clock.pass_(minutes=50)  # not yet an hour: the next pull does not look back further
    site.comment(second.key, "interlock: ack", by="Mo Field")
    site.comment(third.key, "interlock: ack", by="Mo Field")
    before = len(jira.log)
    rows = pull(connector(), cursor, watch=watch).answers
    assert [row["@item_key"] for row in rows] == [second.id]
    asked = [f"{each.method} {each.path}" for each in jira.log[before:] if each.path.endswith("/comment")]
    assert asked == [f"GET /rest/api/3/issue/{second.id}/comment"]


def test_comments_beyond_the_first_page_are_read(site, issue, connector, pull):
    for number in range(230):
        site.comment(issue.key, f"interlock: ack {number}", by="Mo Field")
    rows = pull(connector(), watch=[issue.id]).answers
    assert [row["@line"] for row in rows] == [f"ack {number}" for number in range(230)]


def test_a_watched_issue_that_vanishes_between_search_and_comments_is_passed_over(
    site, issue, jira, connector, pull
):
    other = site.create_issue("PLAT", "Other", by="Dana Smith")
    site.comment(other.key, "interlock: ack", by="Mo Field")
    jira.faults.append(Fault(f"GET */issue/{issue.id}/comment", "missing"))
    rows = pull(connector(), watch=[issue.id, other.id]).answers
    assert [row["@item_key"] for row in rows] == [other.id]


def test_without_anything_watched_no_comment_is_asked_for(site, issue, jira, connector, pull):
    site.comment(issue.key, "interlock: ack", by="Mo Field")
    assert pull(connector()).of("answer") == []
    assert jira.asked("/comment") == []
