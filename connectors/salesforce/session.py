"""Signing in: an access token from the org's own token endpoint.

Client credentials is RFC 6749 section 4.4, JWT bearer is RFC 7523 with RS256 (Salesforce: "OAuth 2.0 JWT
Bearer Flow for Server-to-Server Integration"). The endpoint is that of the My Domain, as client credentials
require; the reply's `instance_url` is not followed, so that a token is never sent to a host that nobody
configured.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.contract import Retry, Unauthorised, Unreadable
from connectors.salesforce.options import Auth

TOKEN = "/services/oauth2/token"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LIFE = timedelta(minutes=3)
"""How long an assertion is valid; Salesforce takes no longer ones than five minutes."""


class NotSignedIn(Unauthorised):
    """The org does not take our credentials, or our session: nothing of it can be read or written."""


@dataclass(frozen=True)
class Session:
    token: str
    user_id: str
    """Our own user: the last part of the identity URL that comes with the token."""


def sign_in(http: httpx.Client, base: str, auth: Auth, now: datetime) -> Session:
    """A new session. `now` is the org's time, as an assertion that comes from the future is refused."""
    place = f"POST {base}{TOKEN}"
    try:
        response = http.post(base + TOKEN, data=_form(auth, now))
    except httpx.RequestError as error:
        problem = f"no answer: {type(error).__name__}: {error}"
        raise Retry(
            place, problem, "Check `domain` and the network; if both are right, run again later"
        ) from error
    if response.status_code == 429 or response.status_code >= 500:
        raise Retry(place, f"answered {response.status_code}", "Run again later; the org is busy or down")
    told = _json(response, place)
    if response.status_code != 200 or "access_token" not in told:
        why = " ".join(str(told[name]) for name in ("error", "error_description") if told.get(name))
        raise NotSignedIn(place, f"answered {response.status_code}: {why or 'no token'}", _advice(auth, why))
    return Session(str(told["access_token"]), str(told.get("id", "")).rpartition("/")[2])


def _json(response: httpx.Response, place: str) -> dict[str, Any]:
    try:
        told = response.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        problem = f"answered {response.status_code} with something other than a token"
        raise Unreadable(place, problem, "Check `domain`: it must be the org's own My Domain")
    return told


def _advice(auth: Auth, why: str) -> str:
    if auth.client_secret is not None:
        return "Check `auth`, and that the connected app allows the client credentials flow and has a run-as user"
    if "approved" in why:
        return "Let an administrator pre-authorise the connected app for a permission set of this user"
    return "Check `auth`: client_id, username, the audience, and that private_key belongs to the app's certificate"


def _form(auth: Auth, now: datetime) -> dict[str, str]:
    if auth.client_secret is None:
        return {"grant_type": JWT_BEARER, "assertion": assertion(auth, now)}
    return {
        "grant_type": "client_credentials",
        "client_id": auth.client_id,
        "client_secret": auth.client_secret.get_secret_value(),
    }


def assertion(auth: Auth, now: datetime) -> str:
    """A signed JWT that says who asks, for whom, and until when. Raises NotSignedIn for a key that is none."""
    # Imported here: it takes 60 ms, and most sources sign nothing.
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    assert auth.private_key is not None
    # A key from an environment variable often has its line ends written out.
    pem = auth.private_key.get_secret_value().replace("\\n", "\n").strip()
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise NotSignedIn("auth.private_key", "is no RSA private key without a password", "Give it as PEM")
    claims = {"iss": auth.client_id, "sub": auth.username, "aud": auth.audience,
              "exp": round((now + LIFE).timestamp())}  # fmt: skip
    signed = f"{_encoded(json.dumps({'alg': 'RS256'}).encode())}.{_encoded(json.dumps(claims).encode())}"
    return f"{signed}.{_encoded(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
