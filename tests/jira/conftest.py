"""A Jira for each test, a connector to it, a clock that does not wait, and the published specification."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from connectors.contract import Page, Place
from connectors.jira import Options, connect
from connectors.jira.connector import JiraConnector
from sandbox.jira import Exchange, JiraSandbox, JiraSite
from tests.clock import Clock

HOST = "https://your-domain.atlassian.net"
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d{4}")


class Specification:
    """Atlassian's published OpenAPI document, for what the sandbox was asked and what it answered.

    The document says `date-time` where Jira, and the document's own examples, print an offset without a
    colon; that form is what is held to here.
    """

    def __init__(self, path: Path) -> None:
        document = json.loads(path.read_text(encoding="utf-8"))
        formats = {"date-time": lambda text: not isinstance(text, str) or bool(STAMP.fullmatch(text))}
        config = Config(spec_validator_cls=None, extra_format_validators=formats)
        self._api = OpenAPI.from_dict(document, config=config)
        self._paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), operations)
            for path, operations in document["paths"].items()
        ]

    def hold(self, exchange: Exchange) -> None:
        """Raises an OpenAPIError if the request or the reply is not as published."""
        request = MockRequest(
            HOST,
            exchange.method.lower(),
            exchange.path,
            args={name: value if len(value) > 1 else value[0] for name, value in exchange.query.items()},
            headers=exchange.headers,
            data=None if exchange.body is None else json.dumps(exchange.body).encode(),
            content_type=exchange.headers.get("content-type", ""),
        )
        self._api.validate_request(request)
        if exchange.status is not None and str(exchange.status) in self._published(exchange):
            kind = exchange.content_type.partition(";")[0]
            reply = MockResponse(exchange.reply or b"", status_code=exchange.status, content_type=kind)
            if exchange.status < 300 and exchange.reply:
                self._api.validate_response(request, reply)

    def _published(self, exchange: Exchange) -> set[str]:
        for pattern, operations in self._paths:
            if pattern.fullmatch(exchange.path) and exchange.method.lower() in operations:
                return set(operations[exchange.method.lower()]["responses"])
        raise AssertionError(f"not a published resource: {exchange.method} {exchange.path}")


@pytest.fixture(scope="session")
def specification(material: Path) -> Specification:
    return Specification(material / "jira" / "jira-cloud-platform-v3.patched.json")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def site(clock: Clock) -> JiraSite:
    """Three projects, one of them a service project; two people, an automation, and our own account."""
    made = JiraSite(clock.now)
    made.add_user("Interlock", "hub@meridian.example")
    made.grant("hub@meridian.example", "secret")
    made.add_user("Dana Smith", "dana@meridian.example")
    made.add_user("Mo Field", "mo@meridian.example")
    made.add_user("Automation for Jira", account_type="app")
    made.add_project("PLAT", "Platform")
    made.add_project("SEC", "Security")
    made.add_project("HELP", "Service desk", "service_desk")
    return made


@pytest.fixture
def jira(site: JiraSite) -> Iterator[JiraSandbox]:
    with JiraSandbox(site) as sandbox:
        yield sandbox


@pytest.fixture
def connector(jira: JiraSandbox, clock: Clock, tmp_path: Path) -> Callable[..., JiraConnector]:
    """Makes a connector to the sandbox; keyword arguments are keys of the source."""

    def make(**keys: Any) -> JiraConnector:
        auth = {"email": "hub@meridian.example", "token": "secret"}
        options = Options(**({"url": jira.url, "auth": auth} | keys))
        return connect(Place("jira-it", tmp_path, clock), options)

    return make


@dataclass
class Pull:
    """What a pull gave: its pages, the cursor, the issues and changes by id."""

    pages: list[Page]

    @property
    def cursor(self) -> dict[str, Any]:
        return next((dict(page.cursor) for page in self.pages if page.cursor is not None), {})

    @property
    def issues(self) -> dict[str, dict[str, Any]]:
        found = [issue for page in self.of("issue") for issue in json.loads(page.path.read_text())["issues"]]
        return {issue["id"]: issue for issue in found}

    @property
    def census(self) -> set[str]:
        pages = [page for page in self.pages if page.keys_only]
        return {issue["id"] for page in pages for issue in json.loads(page.path.read_text())["issues"]}

    @property
    def answers(self) -> list[dict[str, Any]]:
        lines = [line for page in self.of("answer") for line in page.path.read_text().splitlines()]
        return [json.loads(line) for line in lines]

    def of(self, stream: str) -> list[Page]:
        return [page for page in self.pages if page.stream == stream and not page.keys_only]


@pytest.fixture
def pull(tmp_path: Path) -> Callable[..., Pull]:
    """Pulls into a folder of its own."""
    number = 0

    def run(
        source: JiraConnector, cursor: dict[str, Any] | None = None, watch: list[str] | None = None
    ) -> Pull:
        nonlocal number
        number += 1
        pages = list(source.pull(cursor or {}, watch or [], tmp_path / f"spool-{number}"))
        assert all(isinstance(page, Page) for page in pages)
        return Pull(pages)  # type: ignore[arg-type]

    return run
