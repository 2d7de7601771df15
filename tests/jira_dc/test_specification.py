"""Requests and replies against Atlassian's published document of Data Center 10.3, leniently where it is wrong."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from sandbox.jira import Exchange
from sandbox.jira_dc import wiki
from tests.jira.conftest import STAMP

HOST = "http://localhost:8090"
REST = re.compile(r"^/rest")
AUTH = {"Authorization": "Bearer secret"}
DEFECTS = {
    "IssueBean.fields": "every value is said to be an object; the document's own example shows texts and lists",
    "EntityPropertyBean.value": "said to be a text; any JSON, as PUT /comment/{id}/properties/{key} describes it",
    "ChangeItemBean": "no member may be null; a side without a value is null on every public site",
    "ChangeHistoryBean.created": "`date-time`, which wants a colon in the offset; Jira prints none",
    "GET /search": "its `fields` and `expand` are said to be lists of objects, and an object; they are words",
    "security": "basic authentication alone; its own chapter on authentication recommends personal access tokens",
    "GET /field": "said to be one field; the resource lists them",
    "GET /project": "said to be one project; the resource lists them",
    "GET /status": "said to be one status; the resource lists them",
}
"""What is known to be wrong in the document, and why it is. Each is mended below, and nothing else is."""


def mended(document: dict[str, Any]) -> dict[str, Any]:
    schemas, paths = document["components"]["schemas"], document["paths"]
    schemas["IssueBean"]["properties"]["fields"]["additionalProperties"] = True
    schemas["EntityPropertyBean"]["properties"]["value"] = {}
    for member in schemas["ChangeItemBean"]["properties"].values():
        member["nullable"] = True
    for path in ("/api/2/field", "/api/2/project", "/api/2/status"):
        told = paths[path]["get"]["responses"]["200"]["content"]["application/json"]
        told["schema"] = {"type": "array", "items": told["schema"]}
    for parameter in paths["/api/2/search"]["get"]["parameters"]:
        if parameter["name"] in ("fields", "expand"):
            parameter["schema"] = {"type": "string"}
    document["components"]["securitySchemes"]["token"] = {"type": "http", "scheme": "bearer"}
    for operations in paths.values():
        for operation in operations.values():
            operation.get("security", []).append({"token": []})
    document["servers"] = [{"url": f"{HOST}/rest"}]
    return document


class Specification:
    def __init__(self, document: dict[str, Any]) -> None:
        formats = {"date-time": lambda text: not isinstance(text, str) or bool(STAMP.fullmatch(text))}
        self.api = OpenAPI.from_dict(
            document, config=Config(spec_validator_cls=None, extra_format_validators=formats)
        )
        self.paths = {
            re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)): operations
            for path, operations in document["paths"].items()
        }

    def hold(self, exchange: Exchange) -> None:
        """Raises if the request or the reply is not as published (AssertionError: no such resource or status)."""
        path = REST.sub("", exchange.path)
        operation = self._operation(path, exchange.method)
        known = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        assert set(exchange.query) <= known, (
            f"{exchange.method} {path} takes no {set(exchange.query) - known}"
        )
        request = MockRequest(
            HOST, exchange.method.lower(), exchange.path,
            args={name: value if len(value) > 1 else value[0] for name, value in exchange.query.items()},
            headers=exchange.headers, data=None if exchange.body is None else json.dumps(exchange.body).encode(),
            content_type=exchange.headers.get("content-type", ""),
        )  # fmt: skip
        self.api.validate_request(request)
        if exchange.status is None or exchange.status >= 300:
            return
        assert str(exchange.status) in operation["responses"], f"{exchange.method} {path}: {exchange.status}"
        if exchange.reply and operation["responses"][str(exchange.status)].get("content"):
            kind = exchange.content_type.partition(";")[0]
            self.api.validate_response(
                request, MockResponse(exchange.reply, exchange.status, content_type=kind)
            )

    def _operation(self, path: str, method: str) -> dict[str, Any]:
        for pattern, operations in self.paths.items():
            if pattern.fullmatch(path) and method.lower() in operations:
                return operations[method.lower()]
        raise AssertionError(f"not a published resource: {method} {path}")


@pytest.fixture(scope="session")
def specification(material):
    path = material / "jira" / "jira-software-datacenter-10.3.24.json"
    return Specification(mended(json.loads(path.read_text(encoding="utf-8"))))


@pytest.fixture
def furnished(site, issue):
    """The issue, with everything that we read of it."""
    site.add_version("PLAT", "R1", "2026-06-30")
    site.add_component("PLAT", "Bridge")
    site.add_security_level("Board only")
    epic = site.create_issue("PLAT", "Platform", type="Epic", by="Dana Smith")
    audit = site.create_issue("SEC", "Audit", by="Mo Field")
    site.create_issue("HELP", "Ticket", by="Mo Field")
    site.create_issue("PLAT", "Part", type="Sub-task", by="Mo Field", fields={"parent": issue.key})
    site.set_fields(
        issue.key,
        {"duedate": "2026-03-01", "parent": epic.key, "labels": ["platform"], "components": ["Bridge"],
         "fixVersions": ["R1"], "timeoriginalestimate": 28800, "assignee": "Dana Smith", "priority": "High",
         "Start date": "2026-01-12", "security": "Board only", "description": "One\nTwo"},
        by="Mo Field",
    )  # fmt: skip
    site.set_fields(issue.key, {"duedate": None, "assignee": None, "parent": None}, by="Mo Field")
    site.transition(issue.key, "Done", by="Dana Smith", resolution="Won't Do")
    site.link("Blocks", issue.key, audit.key, by="Dana Smith")
    site.move_issue(audit.key, "PLAT", by="Mo Field")
    site.comment(issue.key, wiki("interlock: ack"), by="Dana Smith")
    return issue


def test_every_request_of_ours_and_every_reply_of_the_sandbox_is_as_published(
    site, furnished, note, jira, connector, pull, specification
):
    source = connector(fields={"start": "Start date"}, page_size=2, marks={"label": "x", "remote_link": True})
    assert "fail" not in {finding.level for finding in source.check()}
    cursor = pull(source, watch=[furnished.id]).cursor
    pull(source, cursor, watch=[furnished.id])
    written = list(source.push([note, replace(note, marker="m-2", item_key=site.issue("HELP-1").id)]))
    list(source.push([replace(note, previous=written[0].reference, standing=False)]))
    site.lists_properties = False
    list(source.push([replace(note, look=True), replace(note, marker="m-3", look=True)]))
    site.delete_comment(written[1].reference)
    list(source.push([replace(note, previous=written[1].reference)]))
    site.delete_issue("PLAT-2")
    source.whereabouts("issue", ["10004", "999", furnished.id])
    assert len(jira.log) > 30
    assert {exchange.status for exchange in jira.log} <= {200, 201, 204, 404}
    for exchange in jira.log:
        specification.hold(exchange)


def test_what_a_person_might_ask_the_sandbox_is_answered_as_published(site, furnished, jira, specification):
    base = f"{jira.url}/rest/api/2"
    (comment,) = furnished.comments
    comment.properties["interlock"] = {"marker": "m-1"}
    at = f"{base}/issue/{furnished.id}"
    with httpx.Client(headers=AUTH, trust_env=False) as http:
        for path in ("status", "project", "project/PLAT", "serverInfo", "myself", "mypermissions"):
            http.get(f"{base}/{path}")
        http.get(at, params={"expand": "changelog"})
        http.get(f"{base}/search", params={"jql": "project = PLAT", "fields": "*all", "maxResults": 1})
        http.get(f"{at}/comment", params={"expand": "properties,renderedBody"})
        http.get(f"{at}/comment/{comment.id}", params={"expand": "properties"})
        http.get(f"{base}/comment/{comment.id}/properties")
        http.get(f"{base}/comment/{comment.id}/properties/interlock")
        http.put(f"{at}/comment/{comment.id}", json={"body": "x"})
        http.delete(f"{at}/comment/{comment.id}")
    assert [exchange.status for exchange in jira.log if exchange.status not in (200, 204)] == []
    for exchange in jira.log:
        specification.hold(exchange)


def test_each_defect_of_the_document_is_one(material, furnished, jira, connector, pull, note):
    """Unmended, the document refuses what is right: when a newer one does not, its mending can go."""
    document = json.loads((material / "jira" / "jira-software-datacenter-10.3.24.json").read_text())
    document["servers"] = [{"url": f"{HOST}/rest"}]
    strict = Specification(document)
    basic = ("hub", "secret")
    source = connector(auth={"user": basic[0], "password": basic[1]})
    list(source.push([note]))
    pull(source, watch=[furnished.id])
    with httpx.Client(auth=basic, trust_env=False) as http:
        http.get(f"{jira.url}/rest/api/2/project")
        http.get(f"{jira.url}/rest/api/2/status")
    refused = set()
    for exchange in jira.log:
        try:
            strict.hold(exchange)
        except OpenAPIError:
            refused.add(exchange.path.rpartition("/")[2])
    assert refused == {"field", "search", "comment", "project", "status"}
    pull(connector())
    with pytest.raises(OpenAPIError, match="Security not found"):
        strict.hold(jira.log[-1])


def test_the_specification_would_notice(furnished, jira, specification):
    with httpx.Client(headers=AUTH, trust_env=False) as http:
        http.post(f"{jira.url}/rest/api/2/search", json={"jql": "project = PLAT", "expand": ["changelog"]})
    exchange = jira.log[-1]
    specification.hold(exchange)
    told = json.loads(exchange.reply or b"")
    for wrong in (
        replace(exchange, body={"jql": 1}), replace(exchange, body={"expand": "changelog"}),
        replace(exchange, reply=json.dumps(told | {"total": "3"}).encode()),
        replace(exchange, path="/rest/api/2/search/jql"), replace(exchange, query={"nextPageToken": ["x"]}),
    ):  # fmt: skip
        with pytest.raises((OpenAPIError, AssertionError)):
            specification.hold(wrong)
    told["issues"][0]["changelog"] = {"histories": [{"created": "2026-01-05"}]}
    with pytest.raises(OpenAPIError):
        specification.hold(replace(exchange, reply=json.dumps(told).encode()))
