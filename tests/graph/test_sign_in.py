"""Signing in at Entra: secret, certificate and device code, tokens kept on disk, and what goes wrong there."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pydantic import ValidationError

from connectors._graph.keeping import Keeping
from connectors._graph.options import Auth, DrivePath
from connectors._graph.tokens import Tokens
from connectors.contract import Retry, Unauthorised
from sandbox.graph import Fault
from tests.graph.conftest import MO, note

PLAN = "Plans/marketing.xlsx"
TOKEN = "POST */token"
UNWAITED = pytest.mark.filterwarnings(
    "ignore:Attempted too soon"
)  # by the machine's clock, not by the test's


@pytest.fixture(scope="session")
def certificate():
    """A private key and its own certificate, as PEM: both, and the certificate alone."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "interlock")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=365))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    public = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return (private + public).decode(), public


def entra(graph):
    return [each for each in graph.log if each.path.endswith("/token")]


def test_a_certificate_signs_in(trackers, tenant, tracker, certificate):
    both, public = certificate
    tenant.apps["app"].certificate = public
    assert trackers(auth={"certificate": both}).pull().scopes == [PLAN]


def test_line_ends_may_be_written_out_and_the_certificate_may_stand_first(
    trackers, tenant, tracker, certificate
):
    both, public = certificate
    tenant.apps["app"].certificate = public
    turned = public.decode() + both.replace(public.decode(), "")
    assert trackers(auth={"certificate": turned.replace("\n", "\\n")}).pull().scopes == [PLAN]


def test_a_certificate_that_the_app_does_not_have_says_so(trackers, tracker, certificate):
    with pytest.raises(Unauthorised, match="upload it in the app registration"):
        trackers(auth={"certificate": certificate[0]}).pull()


def test_a_certificate_without_its_key_says_what_to_give(trackers, tracker, certificate):
    with pytest.raises(Unauthorised, match="Give both as PEM"):
        trackers(auth={"certificate": certificate[1].decode()}).pull()


def test_tokens_are_kept_for_our_own_account_only_and_used_again(trackers, tracker, graph, tmp_path):
    source = trackers()
    source.pull()
    kept = tmp_path / "kept" / "tokens.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    assert len(entra(graph)) == 1
    source.pull()
    source.push()
    assert len(entra(graph)) == 1
    assert sorted(os.listdir(kept.parent)) == ["drive.json", "tokens.json"]


@pytest.mark.parametrize("text", ["{cut", "[1]"])
def test_kept_tokens_that_cannot_be_read_are_fetched_anew(text, trackers, tracker, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "tokens.json").write_text(text)
    assert trackers().pull().scopes == [PLAN]


def test_a_token_that_ends_in_the_middle_is_renewed_once(trackers, tracker, graph, tenant):
    source = trackers()
    source.pull()
    graph.faults.append(Fault("GET */items/*", "expired", skip=1))
    assert source.push() == [("written", "")]
    assert len(entra(graph)) == 2
    graph.faults.append(Fault("GET */delta()", "turn", times=None, act=tenant.expire))
    with pytest.raises(Unauthorised, match="401 InvalidAuthenticationToken"):
        source.pull()


@pytest.mark.parametrize(
    ("auth", "problem"),
    [
        ({"client_secret": "wr0ng"}, "AADSTS7000215.*give the secret's value, not its id"),
        ({"client_secret": "secret", "client_id": "other"}, "AADSTS700016.*check `client_id` and `tenant`"),
        ({"client_secret": "secret", "tenant": "nowhere.example"}, "no such tenant.*check `tenant`"),
    ],
)
def test_what_is_wrong_with_the_sign_in_is_told(auth, problem, trackers, tracker, graph):
    with pytest.raises(Unauthorised, match=problem) as raised:
        trackers(auth=auth).pull()
    assert "wr0ng" not in str(raised.value)


@pytest.mark.parametrize("kind", ["throttled", "cut_before"])
def test_entra_may_be_away(kind, trackers, tracker, graph):
    graph.faults.append(Fault(TOKEN, kind, times=None, retry_after=5))
    with pytest.raises(Retry):
        trackers().pull()
    graph.faults.clear()
    assert trackers().pull().scopes == [PLAN]


# --- device code ------------------------------------------------------------------------------------------


@pytest.fixture
def by_device(trackers, tenant):
    tenant.register("app", public=True)
    return trackers(auth={"device": True})


def test_until_somebody_has_signed_in_a_pull_says_what_to_do(by_device, tracker):
    with pytest.raises(Unauthorised, match=r"nobody has signed in yet\. Run `interlock check`"):
        by_device.pull()


@UNWAITED
def test_check_shows_a_code_and_waits_for_the_person(by_device, tracker, tenant, clock, graph):
    graph.faults.append(Fault(TOKEN, "turn", skip=2, act=lambda: tenant.enter(MO)))
    said = by_device.check()
    assert said[0][0] == "warn"
    assert "https://microsoft.com/devicelogin and enter the code CODE0000" in said[0][1]
    assert said[1][1].startswith("signed in at")
    assert clock.slept == [5.0, 5.0]
    assert by_device.pull().scopes == [PLAN]
    by_device.asked()
    assert by_device.push() == [("written", "")]
    assert tracker.by["user"]["displayName"] == "Mo Field"
    assert by_device.pull().scopes == []  # it was we who wrote it, in Mo's name


def test_a_person_s_token_is_renewed_without_them(by_device, tracker, tenant, graph):
    graph.faults.append(Fault(TOKEN, "turn", act=lambda: tenant.enter(MO)))
    by_device.check()
    tenant.expire()
    assert by_device.pull().scopes == [PLAN]
    tenant.expire()
    tenant.refresh.clear()
    with pytest.raises(Unauthorised, match="sign in again"):
        by_device.pull()


@UNWAITED
def test_a_code_that_nobody_uses_ends(by_device, tracker, clock):
    ((level, _), (failed, text)) = by_device.check()
    assert (level, failed) == ("warn", "fail")
    assert "nobody signed in in time" in text
    assert sum(clock.slept) == 900


def test_a_person_who_declines_is_believed(by_device, tracker, tenant, graph):
    def decline():
        for device in tenant.devices.values():
            device.declined = True

    graph.faults.append(Fault(TOKEN, "turn", act=decline))
    assert "denied the authorization" in by_device.check()[1][1]


# --- what production keeps --------------------------------------------------------------------------------


def test_msal_is_imported_only_where_a_source_lies_on_a_drive():
    script = (
        "import sys; from connectors import registry; from connectors.contract import Place; from pathlib import Path\n"
        "options = registry.options_model('excel')(path='*.xlsx', columns={'id': 'A', 'title': 'B'})\n"
        "list(registry.connect('excel', Place('x', Path('.'), None), options).check())\n"
        "assert not {'msal', 'connectors._graph.drive'} & set(sys.modules), 'imported'"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("host", ["https://login.other.example", "https://127.0.0.1:1"])
def test_an_authority_that_microsoft_does_not_know_is_asked_about(host, clock):
    """msal's own check stays on for every https authority, loopback or not."""
    asked = []

    def answer(request):
        asked.append(str(request.url.copy_with(query=None)))
        return httpx.Response(200, json={"error": "invalid_instance"})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http:
        auth = Auth(tenant="t.example", client_id="app", client_secret="secret", authority=host)
        with pytest.raises(Unauthorised, match="not known"):
            Tokens(auth, "https://graph.microsoft.com", Keeping(None), http, clock).token()
    assert asked == ["https://login.microsoftonline.com/common/discovery/instance"]


@pytest.mark.parametrize(
    ("of", "problem"),
    [
        ({"authority": "http://login.example"}, "must begin with https"),
        ({"authority": "https://login.example/tenant"}, "must be an address such as"),
        ({"client_secret": None}, "exactly one of client_secret, certificate and device"),
        ({"device": True}, "exactly one of client_secret, certificate and device"),
        ({"secret": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_sign_ins_that_cannot_be_meant_are_refused(of, problem):
    given = {"tenant": "t", "client_id": "c", "client_secret": "s"} | of
    with pytest.raises(ValidationError, match=problem):
        Auth.model_validate(given)


@pytest.mark.parametrize(
    ("of", "problem"),
    [
        ({"site": "http://x.sharepoint.com/sites/M"}, "must be a site's address"),
        ({"site": "https://x.sharepoint.com/sites/M/Shared Documents"}, "the library belongs under `drive`"),
        ({"site": "https://x.sharepoint.com/Lists"}, "is no site's path"),
        ({"path": "../x.xlsx"}, "folders and a file name"),
        ({"path": "a\\b.xlsx"}, "folders and a file name"),
        ({"graph": "http://graph.example"}, "must begin with https"),
        ({"save": "never"}, "Input should be 'auto', 'session' or 'file'"),
        ({"folder": "x"}, "Extra inputs are not permitted"),
    ],
)
def test_paths_that_cannot_be_meant_are_refused(of, problem):
    with pytest.raises(ValidationError, match=problem):
        DrivePath.model_validate({"site": "https://x.sharepoint.com/sites/M", "path": "x.xlsx"} | of)


def test_nothing_is_kept_where_nothing_may_be(trackers, tracker, tmp_path):
    from connectors import excel
    from connectors.contract import Place

    source = trackers()
    bare = excel.connect(Place("trackers", tmp_path, source.clock), source.options())
    assert [receipt.outcome for receipt in bare.push([note()])] == ["written"]
    assert not (tmp_path / "kept").exists()
