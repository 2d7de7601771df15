"""A site whose certificate is signed by the company's own authority."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.contract import Unreadable
from sandbox.jira_dc import DataCenterSandbox

PEM = serialization.Encoding.PEM
FROM = datetime.now(UTC) - timedelta(days=1)


def signed(
    name: str, by: tuple[str, ec.EllipticCurvePrivateKey] | None = None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate: an authority's own, or one of loopback that is signed by such."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer, signing = by or (name, key)

    def called(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder().subject_name(called(name)).issuer_name(called(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(FROM).not_valid_after(FROM + timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    )  # fmt: skip
    return builder.sign(signing, hashes.SHA256()), key


@pytest.fixture
def address(jira: DataCenterSandbox, tmp_path: Path) -> str:
    """The sandbox over TLS; beside the configuration stands `company-ca.pem`."""
    authority, key = signed("Meridian")
    certificate, own = signed("127.0.0.1", ("Meridian", key))
    (tmp_path / "company-ca.pem").write_bytes(authority.public_bytes(PEM))
    private = own.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "site.pem").write_bytes(private + certificate.public_bytes(PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "site.pem")
    jira._server.socket = context.wrap_socket(jira._server.socket, server_side=True)
    jira.site.base_url = jira.url.replace("http:", "https:")
    return jira.site.base_url


def test_a_companys_own_authority_is_believed_where_it_is_named(site, address, connector, pull):
    issue = site.create_issue("PLAT", "Build", by="Dana Smith")
    assert list(pull(connector(url=address, ca="company-ca.pem")).issues) == [issue.id]


def test_without_it_the_certificate_is_not_believed_and_the_option_is_named(address, clock, connector):
    (found,) = connector(url=address).check()
    assert found.level == "fail"
    assert "no authority known here" in found.text
    assert "`ca`" in found.text
    assert clock.slept == []  # asking again would not help


@pytest.mark.parametrize(
    ("content", "words"), [(None, "cannot be read"), ("no certificate", "holds no certificate")]
)
def test_a_file_that_holds_no_authority_is_named(address, connector, tmp_path, content, words):
    if content:
        (tmp_path / "other.pem").write_text(content)
    with pytest.raises(Unreadable, match=rf"`ca`: .*other.pem: {words}"):
        list(connector(url=address, ca="other.pem").check())
