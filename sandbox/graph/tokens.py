"""Entra: OpenID configuration, client credentials (RFC 6749 4.4, RFC 7523) and device code (RFC 8628).

Its own addresses begin with https, as the real one's do and as msal insists; the port speaks plain HTTP.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from sandbox.graph.drive import Identity
from sandbox.graph.faults import Request
from sandbox.graph.replies import Reply, no_token
from sandbox.graph.tenant import App, Device, Tenant

LIFE = 3599  # seconds
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def answer(tenant: Tenant, request: Request) -> Reply | None:
    """None where the request is for another part of the sandbox."""
    name, _, rest = request.path.strip("/").partition("/")
    if rest == "v2.0/.well-known/openid-configuration":
        if name != tenant.name:
            raise no_token("invalid_tenant", 90002, f"Tenant '{name}' not found.")
        return Reply(200, _configuration(tenant))
    if rest not in ("oauth2/v2.0/token", "oauth2/v2.0/devicecode"):
        return None
    form = {key: values[0] for key, values in parse_qs(request.raw.decode()).items()}
    app = tenant.apps.get(form.get("client_id", ""))
    if app is None:
        raise no_token("unauthorized_client", 700016, "Application was not found in the directory.")
    if rest.endswith("devicecode"):
        return Reply(200, _device(tenant, app))
    return Reply(200, _token(tenant, app, form))


def _configuration(tenant: Tenant) -> dict[str, Any]:
    base = f"https{tenant.base_url.removeprefix('http')}/{tenant.name}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token", "issuer": f"{base}/v2.0",
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
    }  # fmt: skip


def _device(tenant: Tenant, app: App) -> dict[str, Any]:
    number = tenant.number()
    tenant.devices[f"device-{number}"] = Device(app, f"CODE{number:05}")
    code = tenant.devices[f"device-{number}"].code
    return {
        "device_code": f"device-{number}", "user_code": code, "interval": 5, "expires_in": 900,
        "verification_uri": "https://microsoft.com/devicelogin",
        "message": "To sign in, use a web browser to open the page https://microsoft.com/devicelogin and enter the"
        f" code {code} to authenticate.",
    }  # fmt: skip


def _token(tenant: Tenant, app: App, form: dict[str, str]) -> dict[str, Any]:
    kind = form.get("grant_type")
    if kind == "client_credentials":
        _proven(app, form)
        return _granted(tenant, app, {"application": {"id": app.client_id, "displayName": "Interlock"}})
    if not app.public:
        raise no_token(
            "invalid_client", 7000218, "The request body must contain client_assertion or client_secret."
        )
    if kind == "refresh_token":
        known = tenant.refresh.get(form.get("refresh_token", ""))
        if known is None:
            raise no_token("invalid_grant", 700082, "The refresh token has expired due to inactivity.")
        return _granted(tenant, *known, person=True)
    if kind != DEVICE:
        raise no_token("unsupported_grant_type", 70003, "The grant type is not supported.")
    device = tenant.devices.get(form.get("device_code", ""))
    if device is None:
        raise no_token("expired_token", 70019, "The code has expired.")
    device.asked += 1
    if device.declined:
        raise no_token("authorization_declined", 70000, "The end user denied the authorization request.")
    if device.person is None:
        raise no_token(
            "authorization_pending", 70016, "OAuth 2.0 device flow error. Authorization is pending."
        )
    return _granted(tenant, app, device.person, person=True)


def _granted(tenant: Tenant, app: App, who: Identity, person: bool = False) -> dict[str, Any]:
    number = tenant.number()
    told: dict[str, Any] = {"token_type": "Bearer", "expires_in": LIFE, "ext_expires_in": LIFE,
                            "access_token": f"token-{number}"}  # fmt: skip
    by = who | {"application": {"id": app.client_id, "displayName": "Interlock"}}
    tenant.tokens[f"token-{number}"] = (app, by)
    if person:
        user = who["user"]
        told["refresh_token"] = f"refresh-{number}"
        told["scope"] = "Files.ReadWrite.All Sites.Read.All openid profile"
        told["client_info"] = _coded({"uid": user["id"], "utid": tenant.name})
        now = int(time.time())  # msal holds the claims against the machine's clock
        claims = {
            "aud": app.client_id, "iss": "sandbox", "iat": now, "nbf": now - 60, "exp": now + LIFE,
            "sub": user["id"], "oid": user["id"], "tid": tenant.name, "preferred_username": user["email"],
        }  # fmt: skip
        told["id_token"] = f"{_coded({'alg': 'none'})}.{_coded(claims)}."
        tenant.refresh[f"refresh-{number}"] = (app, who)
    return told


def _proven(app: App, form: dict[str, str]) -> None:
    if "client_assertion" in form:
        _signed(app, form["client_assertion"])
    elif not app.secret or form.get("client_secret") != app.secret:
        raise no_token("invalid_client", 7000215, "Invalid client secret provided.")


def _signed(app: App, assertion: str) -> None:
    """PS256 over header and claims, the header naming the certificate by its SHA-256."""
    head, body, signature = assertion.split(".")
    named = json.loads(_decoded(head))
    wrong = no_token(
        "invalid_client", 700027, "The certificate used to sign the client assertion is not registered."
    )
    if not app.certificate or named.get("alg") != "PS256":
        raise wrong
    certificate = x509.load_pem_x509_certificate(app.certificate)
    thumbprint = base64.urlsafe_b64encode(certificate.fingerprint(hashes.SHA256())).rstrip(b"=").decode()
    public = certificate.public_key()
    if str(named.get("x5t#S256", "")).rstrip("=") != thumbprint or not isinstance(public, rsa.RSAPublicKey):
        raise wrong
    if json.loads(_decoded(body)).get("iss") != app.client_id:
        raise wrong
    padded = padding.PSS(padding.MGF1(hashes.SHA256()), hashlib.sha256().digest_size)
    try:
        public.verify(_decoded(signature), f"{head}.{body}".encode(), padded, hashes.SHA256())
    except InvalidSignature:
        raise wrong from None


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _coded(claims: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
