"""What Jira's webhooks say, once it is sure that Jira says it.

Protocol: Atlassian's "Webhooks" (Jira Cloud platform; Data Center alike): `X-Hub-Signature` is the HMAC of the
body under the webhook's secret (W3C WebSub section 7.1), `X-Atlassian-Webhook-Identifier` stays the same when
a call is repeated, `timestamp` in the body is in milliseconds.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.contract import Hint, Refused, Unauthorised, Unreadable
from connectors.jira.options import Options

WHERE = "webhook"


def hear(options: Options, headers: Mapping[str, str], body: bytes) -> Hint:
    """The hint in a call; `headers` with lower-case names. Raises as the contract says."""
    if options.webhook_secret is None:
        advice = "Put the secret of the webhook into `webhook_secret`, or take the webhook out of Jira"
        raise Refused(WHERE, "there is no secret to check the call with", advice)
    _believe(options.webhook_secret.get_secret_value(), headers.get("x-hub-signature", ""), body)
    try:
        told: Any = json.loads(body)
        at = datetime.fromtimestamp(int(told["timestamp"]) / 1000, UTC)
    except (ValueError, KeyError, TypeError, OverflowError, OSError):
        raise Unreadable(
            WHERE, "the call is signed, but no event of Jira's", "Send Jira's own JSON"
        ) from None
    issue = told.get("issue")
    key = issue.get("key", "") if isinstance(issue, dict) else ""
    about = f"{told.get('webhookEvent', 'something')} {key}".strip()
    # A site before these headers tells the same event with the same words.
    known = headers.get("x-atlassian-webhook-identifier") or hashlib.sha256(body).hexdigest()
    return Hint(known, at, about)


def _believe(secret: str, signature: str, body: bytes) -> None:
    method, _, told = signature.partition("=")
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    if method.lower() != "sha256" or not hmac.compare_digest(told.lower().encode(), expected.encode()):
        problem = "the signature is not that of this secret" if signature else "the call is not signed"
        raise Unauthorised(WHERE, problem, "Give the webhook in Jira the same secret as `webhook_secret`")
