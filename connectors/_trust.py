"""Whom we believe to be the site that we ask: the public authorities, and a company's own where it has one."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import httpx

from connectors.contract import Unreadable

NOT_KNOWN = "CERTIFICATE_VERIFY_FAILED"
"""In OpenSSL's words about a certificate that nobody stands for whom we believe."""


def trust(address: str, authority: Path | None = None) -> ssl.SSLContext:
    """For connections to `address`; `authority` is a file of certificates in PEM form, believed beside the public ones.

    Raises Unreadable where the file is not there, or holds no certificate.
    """
    encrypted = address.startswith("https:")
    if not encrypted or authority is None:
        return _public(encrypted)
    context = httpx.create_ssl_context(trust_env=False)
    try:
        context.load_verify_locations(cafile=authority)
    except OSError as error:  # ssl.SSLError is one
        problem = "holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else "cannot be read"
        advice = "Put the certificate of your company's own authority there, beginning with BEGIN CERTIFICATE"
        raise Unreadable(f"`ca`: {authority}", problem, advice) from error
    return context


@cache
def _public(encrypted: bool) -> ssl.SSLContext:
    """Loading the certificates takes 0.1 s: once, and only for https."""
    if encrypted:
        return httpx.create_ssl_context(trust_env=False)
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # of no use without TLS, and trusts nobody
