"""The token endpoint: client credentials (RFC 6749 section 4.4) and JWT bearer (RFC 7523)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.loopback import Refusal, Reply, Request
from sandbox.salesforce.org import Org
from sandbox.salesforce.replies import no_token

LONGEST_LIFE = 300  # seconds for which an assertion may be valid
AUDIENCES = ("https://login.salesforce.com", "https://test.salesforce.com")


def grant(org: Org, request: Request) -> Reply:
    form = {name: values[0] for name, values in parse_qs(request.raw.decode()).items()}
    kind = form.get("grant_type", "")
    if kind == "client_credentials":
        user = _client(org, form)
    elif kind == "urn:ietf:params:oauth:grant-type:jwt-bearer":
        user = _assertion(org, form.get("assertion", ""))
    else:
        raise no_token("unsupported_grant_type", "grant type not supported")
    number = hashlib.sha256(f"{user} {len(org.sessions)} {org.now()}".encode()).hexdigest()
    token = f"00D5g0000000001!{number}"
    org.sessions[token] = user
    return Reply(200, {
        "access_token": token, "signature": "sig=", "scope": "api", "instance_url": org.base_url,
        "id": f"https://login.salesforce.com/id/00D5g0000000001EAA/{user}", "token_type": "Bearer",
        "issued_at": str(round(org.now().timestamp() * 1000)),
    })  # fmt: skip


def _client(org: Org, form: dict[str, str]) -> str:
    secret, user = org.clients.get(form.get("client_id", ""), ("", ""))
    if not user:
        raise no_token("invalid_client_id", "client identifier invalid")
    if secret != form.get("client_secret"):
        raise no_token("invalid_client", "invalid client credentials")
    return user


def _assertion(org: Org, assertion: str) -> str:
    try:
        head, body, signature = assertion.split(".")
        claims: dict[str, Any] = json.loads(_decoded(body))
        algorithm = json.loads(_decoded(head))["alg"]
    except (ValueError, KeyError, binascii.Error):
        raise no_token("invalid_grant", "invalid assertion") from None
    if claims.get("aud") not in (*AUDIENCES, org.base_url):
        raise no_token("invalid_grant", "audience is invalid")
    left = claims.get("exp", 0) - org.now().timestamp()
    if not 0 < left <= LONGEST_LIFE:
        raise no_token(
            "invalid_grant", "assertion has expired" if left <= 0 else "expiration is too far ahead"
        )
    public = org.keys.get((str(claims.get("iss")), str(claims.get("sub"))))
    if public is None:
        raise no_token("invalid_grant", "user hasn't approved this consumer")
    _verify(public, algorithm, f"{head}.{body}".encode(), _decoded(signature))
    return str(org.user(str(claims["sub"]))["Id"])


def _verify(public: bytes, algorithm: str, signed: bytes, signature: bytes) -> None:
    key = serialization.load_pem_public_key(public)
    if algorithm != "RS256" or not isinstance(key, rsa.RSAPublicKey):
        raise no_token("invalid_grant", "invalid assertion")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise _bad_signature() from None


def _bad_signature() -> Refusal:
    return no_token("invalid_grant", "invalid assertion")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
