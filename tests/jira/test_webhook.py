"""Calls of Jira's webhooks: believed by their signature alone."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from connectors.contract import Refused, Unauthorised, Unreadable
from connectors.jira import Options, hear
from connectors.jira.webhook import _believe

BODY = json.dumps(
    {
        "timestamp": 1767603600000,
        "webhookEvent": "jira:issue_updated",
        "issue": {"id": "10001", "key": "PLAT-3"},
    }
).encode()


def options(**keys):
    return Options(url="https://x.atlassian.net", auth={"email": "hub@x.example", "token": "t"}, **keys)


def signed(body, secret="s3cret"):
    return {"x-hub-signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


@pytest.mark.parametrize(
    ("body", "signature"),
    [  # from Atlassian's documentation of webhooks, and from GitHub's, which sign alike
        (b"Hello World!", "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"),
        (b"Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
    ],
)
def test_published_signatures_are_believed_and_no_others(body, signature):
    _believe("It's a Secret to Everybody", signature, body)
    with pytest.raises(Unauthorised):
        _believe("It's a Secret to Everybody", signature, body + b" ")


def test_a_signed_call_is_a_hint():
    headers = signed(BODY) | {"x-atlassian-webhook-identifier": "f4a1"}
    hint = hear(options(webhook_secret="s3cret"), headers, BODY)
    assert (hint.event_id, hint.about) == ("f4a1", "jira:issue_updated PLAT-3")
    assert hint.at == datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize("issue", [b"null", b'"PLAT-3"', b"[]", b"{}"])
def test_a_signed_call_about_no_issue_is_a_hint_too(issue):
    body = b'{"timestamp": 1767603600000, "webhookEvent": "jira:version_released", "issue": %b}' % issue
    assert hear(options(webhook_secret="s3cret"), signed(body), body).about == "jira:version_released"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-hub-signature": ""},
        signed(BODY, "other"),
        {"x-hub-signature": "sha1=00"},
        {"x-hub-signature": "é"},
    ],
)
def test_a_call_that_is_not_signed_with_the_secret_is_refused(headers):
    with pytest.raises(Unauthorised, match="Give the webhook in Jira the same secret"):
        hear(options(webhook_secret="s3cret"), headers, BODY)


def test_without_a_secret_nothing_is_believed():
    with pytest.raises(Refused, match="no secret to check the call with"):
        hear(options(), signed(BODY), BODY)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"timestamp": "soon"}', b'{"webhookEvent": "x"}', b"\xff"])
def test_a_signed_call_that_is_no_event_is_named(body):
    with pytest.raises(Unreadable, match="no event of Jira's"):
        hear(options(webhook_secret="s3cret"), signed(body), body)
