"""Requests and replies against Atlassian's published specification, comments against its document schema."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import httpx
import jsonschema
import pytest
from openapi_core.exceptions import OpenAPIError

from connectors.contract import Fact, Link, Message, Note, Text
from connectors.jira import adf

AUTH = ("hub@meridian.example", "secret")


@pytest.fixture(scope="session")
def document_schema(material):
    schema = json.loads((material / "jira" / "adf-schema-full-v1.json").read_text())
    return jsonschema.validators.validator_for(schema)(schema)


def furnish(site):
    """An issue with everything that we read, in a company of several."""
    site.add_version("PLAT", "R1", "2026-06-30")
    site.add_component("PLAT", "Bridge")
    site.add_security_level("Board only")
    site.add_field("Team", "option")
    site.add_field("Deputy", "user")
    epic = site.create_issue("PLAT", "Platform", type="Epic", by="Dana Smith")
    issue = site.create_issue("PLAT", "Build", by="Dana Smith")
    audit = site.create_issue("SEC", "Audit", by="Mo Field")
    site.create_issue("HELP", "Ticket", by="Mo Field")
    site.set_fields(
        issue.key,
        {
            "duedate": "2026-03-01", "parent": epic.key, "labels": ["platform"], "components": ["Bridge"],
            "fixVersions": ["R1"], "timeoriginalestimate": 28800, "assignee": "Dana Smith",
            "priority": "High", "Start date": "2026-01-12", "Team": "Blue", "Deputy": "Mo Field",
            "security": "Board only", "summary": "Build it", "description": "One\nTwo",
        },
        by="Mo Field",
    )  # fmt: skip
    site.set_fields(issue.key, {"duedate": None, "assignee": None, "parent": None}, by="Mo Field")
    site.transition(issue.key, "Done", by="Dana Smith", resolution="Won't Do")
    site.link("Blocks", issue.key, audit.key, by="Dana Smith")
    site.unlink(site.link("Relates", issue.key, audit.key, by="Dana Smith"), by="Dana Smith")
    site.move_issue(audit.key, "PLAT", by="Mo Field")
    site.comment(issue.key, "interlock: ack", by="Dana Smith")
    return issue


def note(issue, **of):
    message = Message(
        headline="Build will be 21 days late for Marketing",
        why=(
            Text("Two things\nin a row"), Link("SEC-1", "https://your-domain.atlassian.net/browse/SEC-1"),
            Fact("Float", "-14 working days"), Link("no address", ""), Text(""),
        ),
        ask="Decide by 2026-01-12.", how="Write a comment whose first line is `interlock: ack K7QX`.",
        reply="Thanks",
    )  # fmt: skip
    return replace(Note("m-1", issue.id, issue.key, "", "K7QX", date(2026, 1, 5), message), **of)


def test_every_request_of_ours_and_every_reply_of_the_sandbox_is_as_published(
    site, jira, connector, pull, specification
):
    issue = furnish(site)
    ticket = site.issue("HELP-1")
    source = connector(fields={"start": "Start date"}, page_size=2)
    list(source.check())
    cursor = pull(source, watch=[issue.id]).cursor
    pull(source, cursor, watch=[issue.id])
    written = list(source.push([note(issue), note(ticket, marker="m-2")]))
    list(source.push([note(issue, previous=written[0].reference, standing=False)]))
    list(source.push([note(issue, look=True), note(issue, marker="m-3", look=True)]))
    site.delete_comment(written[1].reference)
    list(source.push([note(ticket, previous=written[1].reference)]))
    site.delete_issue("PLAT-1")
    source.whereabouts("issue", ["10004", issue.id])
    assert len(jira.log) > 30
    for exchange in jira.log:
        specification.hold(exchange)


def test_what_a_person_might_ask_the_sandbox_is_answered_as_published(site, jira, specification):
    issue = furnish(site)
    base = f"{jira.url}/rest/api/3"
    comment = site.find_comment(issue.comments[0].id)[1]
    comment.properties["interlock"] = {"marker": "m-1"}
    body = adf.document(note(issue))
    with httpx.Client(auth=AUTH, trust_env=False) as http:
        http.get(f"{base}/status")
        http.get(f"{base}/project/PLAT")
        http.get(f"{base}/project/search")
        http.get(f"{base}/issue/{issue.key}", params={"expand": "changelog"})
        http.get(f"{base}/search/jql", params={"jql": "project = PLAT", "fields": "*all", "maxResults": 1})
        http.post(
            f"{base}/issue/bulkfetch", json={"issueIdsOrKeys": [issue.key, "NO-1"], "expand": ["changelog"]}
        )
        http.put(
            f"{base}/issue/{issue.key}",
            json={"fields": {"summary": "x"}, "update": {"labels": [{"add": "y"}]}},
        )
        http.get(f"{base}/issue/{issue.id}/comment/{comment.id}", params={"expand": "properties"})
        http.post(f"{base}/comment/list", params={"expand": "properties"}, json={"ids": [int(comment.id), 1]})
        http.get(f"{base}/comment/{comment.id}/properties")
        http.get(f"{base}/comment/{comment.id}/properties/interlock")
        http.put(f"{base}/issue/{issue.id}/comment/{comment.id}", json={"body": body})
        http.delete(f"{base}/issue/{issue.id}/comment/{comment.id}")
    assert [exchange.status for exchange in jira.log if exchange.status not in (200, 204)] == []
    for exchange in jira.log:
        specification.hold(exchange)


def test_the_specification_would_notice(site, jira, specification):
    furnish(site)
    good = {"jql": "project = PLAT", "fields": ["summary"]}
    with httpx.Client(auth=AUTH, trust_env=False) as http:
        http.post(f"{jira.url}/rest/api/3/search/jql", json=good)
    exchange = jira.log[-1]
    with pytest.raises(OpenAPIError):
        specification.hold(replace(exchange, body=good | {"startAt": 0}))
    told = json.loads(exchange.reply or b"")
    with pytest.raises(OpenAPIError):
        specification.hold(replace(exchange, reply=json.dumps(told | {"total": 3}).encode()))
    bad_date = {"issues": [{"id": "1", "changelog": {"histories": [{"created": "2026-01-05"}]}}]}
    with pytest.raises(OpenAPIError):
        specification.hold(replace(exchange, reply=json.dumps(bad_date).encode()))


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"standing": False},
        {"others": ("AB12", "CD34")},
        {"message": Message("Only a headline")},
        {"message": Message("x" * 40000, why=tuple(Fact(str(n), "y" * 5000) for n in range(60)))},
        {
            "message": Message(
                "a\x00\u202eb\ud800", why=(Text("\r\n \n"), Link("\x07", "http://x y"), Fact("", ""))
            )
        },
    ],
)
def test_each_kind_of_note_is_a_valid_document(site, document_schema, change):
    body = adf.document(note(site.create_issue("PLAT", "Build"), **change))
    document_schema.validate(body)
    assert len(json.dumps(body)) < 32767
    json.dumps(body, ensure_ascii=False).encode()


def test_the_document_schema_would_notice(document_schema):
    empty = {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
    }
    with pytest.raises(jsonschema.ValidationError):
        document_schema.validate(empty)
