"""`interlock listen`: calls over HTTP, and the syncs that they make."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from queue import Queue
from typing import Any

import httpx
import pytest

from flows import job
from flows.listen import serve
from flows.settings import load
from sandbox.jira import JiraSandbox
from tests.flows.conftest import Company
from warehouse.lock import Held

SECRET = "s3cret"
Call = Callable[..., int]


class Listening:
    """A server that listens for one company; `synced` holds the sources in the order of their syncs."""

    def __init__(self, company: Company, sync: Callable[[str], None] | None = None) -> None:
        self.synced: Queue[str] = Queue()
        self.out = io.StringIO()
        settings = load(company.config, {"JIRA_TOKEN": "secret"})
        self.server = serve(settings, "127.0.0.1", 0, sync or self.synced.put, self.out, settle=0, again=0)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def call(self, event: str, at: datetime | None = None, source: str = "jira", secret: str = SECRET) -> int:
        moment = at or datetime.now(UTC)
        told: dict[str, Any] = {
            "timestamp": round(moment.timestamp() * 1000),
            "webhookEvent": "comment_created",
        }
        body = json.dumps(told).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"X-Hub-Signature": f"sha256={signature}", "X-Atlassian-Webhook-Identifier": event}
        url = f"http://127.0.0.1:{self.server.server_port}/{source}"
        return httpx.post(url, content=body, headers=headers).status_code


@pytest.fixture
def company_with_hook(company: Company, jira: JiraSandbox) -> Company:
    company.jira(jira, webhook_secret="${HOOK}")
    (company.folder / "secrets").mkdir()
    (company.folder / "secrets" / "HOOK").write_text(SECRET)
    company.tracker("marketing", [{"id": "M-1", "title": "Campaign"}])
    return company


@pytest.fixture
def listening(company_with_hook: Company) -> Iterator[Listening]:
    made = Listening(company_with_hook)
    yield made
    made.server.shutdown()


def test_a_call_makes_one_sync_of_its_source_and_the_same_told_again_none(listening: Listening) -> None:
    assert listening.call("e-1") == 202
    assert listening.synced.get(timeout=30) == "jira"
    assert listening.call("e-1") == 200
    assert listening.call("e-2") == 202
    assert listening.synced.get(timeout=30) == "jira"
    assert listening.synced.empty()


def test_a_call_about_what_was_pulled_since_is_late(listening: Listening) -> None:
    assert listening.call("e-1") == 202
    listening.synced.get(timeout=30)
    assert listening.call("e-2", at=datetime.now(UTC) - timedelta(hours=1)) == 200
    assert "late, pulled since" in listening.out.getvalue()


def test_a_call_that_is_not_jiras_makes_none(listening: Listening) -> None:
    assert listening.call("e-1", secret="guessed") == 401
    assert listening.call("e-1", source="marketing") == 404
    assert listening.call("e-1", source="nobody") == 404
    connection = HTTPConnection("127.0.0.1", listening.server.server_port)
    connection.putrequest("POST", "/jira")
    connection.putheader("Content-Length", "5000000")
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert listening.synced.empty()
    assert SECRET not in listening.out.getvalue()


def test_a_sync_that_finds_the_lock_held_is_tried_again(company_with_hook: Company) -> None:
    tries: Queue[str] = Queue()
    done = threading.Event()

    def sync(source_id: str) -> None:
        tries.put(source_id)
        if tries.qsize() < 3:
            raise Held("`sync` holds the writer lock")
        done.set()

    listening = Listening(company_with_hook, sync)
    assert listening.call("e-1") == 202
    assert done.wait(timeout=30)
    assert list(tries.queue) == ["jira"] * 3
    listening.server.shutdown()


def test_what_is_synced_is_what_jira_says_and_nothing_of_the_call(
    company_with_hook: Company, jira: JiraSandbox
) -> None:
    issue = jira.site.create_issue("PLAT", "Open access", by="Dana Smith")
    settings = load(company_with_hook.config, {"JIRA_TOKEN": "secret"})
    done = threading.Event()

    def sync(source_id: str) -> None:
        with job.opened(settings, "listen", None) as run:
            job.main_job(run, source_id)
        done.set()

    listening = Listening(company_with_hook, sync)
    assert listening.call("e-1") == 202
    assert done.wait(timeout=60)
    listening.server.shutdown()
    assert company_with_hook.view("SELECT native_key, title FROM work_item") == [
        {"native_key": issue.key, "title": "Open access"}
    ]
