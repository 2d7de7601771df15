"""Signing in by client credentials and by JWT, and the options that lead there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pydantic import ValidationError

from connectors.contract import Unauthorised
from connectors.salesforce import Options
from tests.salesforce.conftest import DEAL

SECRET = {"client_id": "app", "client_secret": "secret"}


@pytest.fixture(scope="module")
def keys() -> tuple[str, bytes]:
    """A private key as PEM, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return private.decode(), public


@pytest.fixture
def jwt(org, keys) -> dict[str, str]:
    org.trust("hub@meridian.example", "jwt-app", keys[1])
    return {"client_id": "jwt-app", "username": "hub@meridian.example", "private_key": keys[0]}


def test_a_signed_assertion_opens_a_session(org, deal, jwt, connector, pull):
    deal("Acme")
    pulled = pull(connector(auth=jwt))
    assert len(pulled.records()) == 1
    assert pulled.cursor["account"] == org.user("hub@meridian.example")["Id"]


def test_a_key_of_an_environment_variable_may_have_its_line_ends_written_out(deal, jwt, connector, pull):
    deal("Acme")
    written = jwt | {"private_key": jwt["private_key"].replace("\n", "\\n")}
    assert len(pull(connector(auth=written)).records()) == 1


def test_an_assertion_is_dated_by_the_orgs_clock(org, deal, jwt, clock, connector, pull):
    deal("Acme")
    org.clock, ours = clock.now, clock.now()
    clock.now = lambda: ours - timedelta(days=40)  # as with --today
    assert len(pull(connector(auth=jwt)).records()) == 1


@pytest.mark.parametrize(
    ("change", "words", "advice"),
    [
        ({"username": "mo@meridian.example"}, "user hasn't approved this consumer", "pre-authorise"),
        ({"audience": "https://elsewhere.example"}, "audience is invalid", "audience"),
        ({"private_key": "no key"}, "is no RSA private key", "PEM"),
    ],
)
def test_what_is_wrong_with_an_assertion_is_named(jwt, connector, pull, change, words, advice):
    with pytest.raises(Unauthorised, match=words) as caught:
        pull(connector(auth=jwt | change))
    assert advice in caught.value.advice


def test_another_ones_signature_is_refused(org, jwt, connector, pull):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = other.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(Unauthorised, match="invalid assertion") as caught:
        pull(connector(auth=jwt | {"private_key": private.decode()}))
    assert "PRIVATE KEY" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("meridian.my", "https://meridian.my.salesforce.com"),
        ("meridian--uat.sandbox.my", "https://meridian--uat.sandbox.my.salesforce.com"),
        ("meridian.my.salesforce.com", "https://meridian.my.salesforce.com"),
        ("https://meridian.my.salesforce.com/", "https://meridian.my.salesforce.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://localhost:8080", "http://localhost:8080"),
    ],
)
def test_a_domain_is_the_orgs_address(given, address):
    assert Options(domain=given, auth=SECRET, objects={"Opportunity": DEAL}).domain == address


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"domain": "http://meridian.my.salesforce.com"}, "must begin with https"),
        ({"domain": "https://user:pw@meridian.my.salesforce.com"}, "must not hold a user name"),
        ({"domain": "https://meridian.my.salesforce.com/x"}, "must be a My Domain"),
        ({"auth": {"client_id": "app"}}, "needs either client_secret, or username and private_key"),
        ({"auth": SECRET | {"username": "a"}}, "needs either"),
        ({"auth": SECRET | {"username": "a", "private_key": "k"}}, "needs either"),
        ({"objects": {}}, "at least 1"),
        ({"objects": {"User": {"title": "Name"}}}, "User cannot be an object of work"),
        ({"objects": {"Opportunity": {"due": "Close Date"}}}, "should match pattern"),
        ({"objects": {"Opportunity": {"colour": "X__c"}}}, "Input should be 'title'"),
        ({"where": {"Lead": "x = 1"}}, "Lead is none of the objects: Opportunity"),
        ({"objects": {"Opportunity; DROP": DEAL}}, "should match pattern"),
    ],
)
def test_what_cannot_be_meant_is_refused(keys, words):
    good = {"domain": "meridian.my", "auth": SECRET, "objects": {"Opportunity": DEAL}}
    with pytest.raises(ValidationError) as caught:
        Options(**(good | keys))
    assert words in str(caught.value)
