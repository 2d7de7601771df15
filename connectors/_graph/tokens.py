"""Tokens from Microsoft Entra, through msal: client credentials (secret or certificate) and device code.

Tokens are kept on disk between runs (msal's own cache format, 0600), so that a run with nothing to do asks
Entra for nothing. msal is imported when the first token is wanted: it takes 0.3 s, and most sources need none.

msal speaks to https authorities only, and asks Microsoft whether it knows any other than Microsoft's own. The
documented way to another is `instance_discovery=False` and an `http_client` of one's own: that is how a
sandbox on loopback is reached, and only one on loopback; for all others msal's checks stay on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from connectors._graph.errors import NotSignedIn
from connectors._graph.keeping import Keeping
from connectors._graph.options import Auth
from connectors._graph.transport import asked_wait
from connectors.contract import Clock, Finding, Retry, SourceError, Unauthorised

CACHE = "tokens.json"
DELEGATED = ("Files.ReadWrite.All", "Sites.Read.All")
"""What a person who signs in is asked to allow: the files that they may write themselves, and finding sites."""
ADVICE = {
    7000215: "The secret is wrong: give the secret's value, not its id, as `client_secret`",
    7000222: "The secret has expired: make a new one in the app registration",
    700016: "There is no such app in this tenant: check `client_id` and `tenant`",
    700027: "Entra does not know the certificate: upload it in the app registration",
    90002: "There is no such tenant: check `tenant`",
    65001: "Nobody has consented: let an administrator grant the app's permissions",
    7000218: "The app is not a public client: allow public client flows in its authentication settings",
}


class Tokens:
    """Access tokens for one source."""

    def __init__(self, auth: Auth, graph: str, keeping: Keeping, http: httpx.Client, clock: Clock) -> None:
        self._auth, self._graph, self._keeping, self._http, self._clock = auth, graph, keeping, http, clock
        self._app: Any = None
        self._place = f"{auth.authority}/{auth.tenant}"

    def token(self, renewed: bool = False) -> str:
        """An access token; `renewed`: a new one, for Graph did not take the last.

        Raises NotSignedIn, with what a person must do, and Retry where Entra cannot be reached.
        """
        app = self._application()
        told = self._asked(lambda: self._ask(app, renewed))
        return self._believed(told)

    def sign_in(self) -> Iterator[Finding]:
        """For `check`: get a token; where a person must sign in for it, say how, and wait until they have."""
        try:
            self.token()
        except Unauthorised:
            if not self._auth.device:
                raise
            yield from self._by_device()
        yield Finding("ok", f"signed in at {self._place} as app {self._auth.client_id}")

    def _ask(self, app: Any, renewed: bool) -> Any:
        scopes = self._scopes()
        if self._auth.device:
            accounts = app.get_accounts()
            if not accounts:
                raise NotSignedIn(
                    self._place,
                    "nobody has signed in yet",
                    "Run `interlock check` for this source and sign in",
                )
            return app.acquire_token_silent_with_error(scopes, accounts[0], force_refresh=renewed)
        if renewed:
            app.remove_tokens_for_client()
        return app.acquire_token_for_client(scopes)

    def _by_device(self) -> Iterator[Finding]:
        """RFC 8628: show the code, then ask every few seconds, by our own clock, whether it was used."""
        app = self._application()
        flow = self._asked(lambda: app.initiate_device_flow(self._scopes()))
        if "user_code" not in flow:
            self._believed(flow)
        yield Finding(
            "warn", str(flow.get("message") or f"sign in with the code {flow['user_code']}").rstrip(".")
        )
        waited = 0.0
        flow["expires_at"] = 0  # documented: msal then asks once and hands back what it is told
        while True:
            told = self._asked(lambda: app.acquire_token_by_device_flow(flow))
            if told.get("error") not in ("authorization_pending", "slow_down"):
                break
            pause = float(flow.get("interval", 5)) * (2 if told["error"] == "slow_down" else 1)
            waited += pause
            if waited > float(flow.get("expires_in", 900)):
                raise NotSignedIn(self._place, "nobody signed in in time", "Run `interlock check` again")
            self._clock.sleep(pause)
        self._believed(told)

    def _scopes(self) -> list[str]:
        return [f"{self._graph}/{name}" for name in (DELEGATED if self._auth.device else (".default",))]

    def _believed(self, told: Mapping[str, Any] | None) -> str:
        self._save()
        if told and "access_token" in told:
            return str(told["access_token"])
        told = told or {"error": "no token", "error_description": "the sign-in has lapsed"}
        numbers = [number for number in told.get("error_codes") or [] if number in ADVICE]
        default = (
            "Run `interlock check` for this source and sign in again"
            if self._auth.device
            else "Check `auth` against the app registration (docs/sharepoint.md)"
        )
        said = str(told.get("error_description") or "").split("\n")[0].split(" Trace ID")[0].rstrip(".")
        raise NotSignedIn(
            self._place, f"{told.get('error')}: {said}", ADVICE[numbers[0]] if numbers else default
        )

    # --- msal --------------------------------------------------------------------------------------------

    def _application(self) -> Any:
        if self._app is None:
            import msal

            self._cache = msal.SerializableTokenCache()
            kept = self._keeping.read(CACHE)
            if kept and _is_json(kept):
                self._cache.deserialize(kept)
            loopback = self._auth.authority.startswith("http:")
            http = _Http(self._http, self._place, self._clock, self._auth.authority if loopback else "")
            address = (
                f"https{self._auth.authority.removeprefix('https').removeprefix('http')}/{self._auth.tenant}"
            )
            kind = msal.PublicClientApplication if self._auth.device else msal.ConfidentialClientApplication
            self._app = self._asked(
                lambda: kind(
                    self._auth.client_id,
                    authority=address,
                    token_cache=self._cache,
                    http_client=http,
                    instance_discovery=False if loopback else None,
                    **({} if self._auth.device else {"client_credential": self._credential()}),
                )
            )
        return self._app

    def _credential(self) -> Any:
        if self._auth.client_secret is not None:
            return self._auth.client_secret.get_secret_value()
        assert self._auth.certificate is not None
        # A text from an environment variable often has its line ends written out.
        pem = self._auth.certificate.get_secret_value().replace("\\n", "\n")
        if "PRIVATE KEY-----" not in pem or "BEGIN CERTIFICATE-----" not in pem:
            raise NotSignedIn(
                "auth.certificate",
                "is not a private key and a certificate",
                "Give both as PEM, one after the other",
            )
        key, _, _ = pem.partition("-----BEGIN CERTIFICATE-----")
        return {"private_key": key if "PRIVATE KEY" in key else pem, "public_certificate": pem}

    def _asked(self, ask: Any) -> Any:
        """What msal says, its errors as ours."""
        try:
            return ask()
        except SourceError:
            raise
        except ValueError as error:  # its way to refuse an authority, a tenant or a key
            said = " ".join(str(error).split())[:300]
            if "authority configuration" in said:
                raise NotSignedIn(self._place, "Entra knows no such tenant", ADVICE[90002]) from error
            raise NotSignedIn(self._place, said, "Check `auth` against the app registration") from error

    def _save(self) -> None:
        if self._cache.has_state_changed:
            self._keeping.write(CACHE, self._cache.serialize())


def _is_json(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


class _Answer:
    """A response in the form that msal documents for an `http_client`."""

    def __init__(self, response: httpx.Response) -> None:
        self.status_code = response.status_code
        self.text = response.text
        self.headers = dict(response.headers)

    def raise_for_status(self) -> None:
        """Never needed: server errors do not reach msal."""


class _Http:
    """msal's `http_client`, over our own HTTP library."""

    def __init__(self, http: httpx.Client, place: str, clock: Clock, loopback: str) -> None:
        self._http, self._place, self._clock, self._loopback = http, place, clock, loopback

    def post(self, url: str, **of: Any) -> _Answer:
        return self._send("POST", url, **of)

    def get(self, url: str, **of: Any) -> _Answer:
        return self._send("GET", url, **of)

    def close(self) -> None:
        """Whoever opened the library's client closes it."""

    def _send(
        self, method: str, url: str, params: Any = None, data: Any = None, headers: Any = None
    ) -> _Answer:
        if self._loopback and url.startswith(f"https{self._loopback.removeprefix('http')}/"):
            url = url.replace("https", "http", 1)
        if isinstance(data, dict):  # a signed assertion comes as bytes, which httpx would spell out as `b'…'`
            data = {name: text.decode() if isinstance(text, bytes) else text for name, text in data.items()}
        try:
            response = self._http.request(method, url, params=params, data=data, headers=headers)
        except httpx.RequestError as error:
            problem = f"no answer: {type(error).__name__}: {error}"
            raise Retry(
                self._place, problem, "Check `authority` and the network; else run again later"
            ) from error
        if response.status_code == 429 or response.status_code >= 500:
            after = asked_wait(response, self._clock.now())
            raise Retry(
                self._place, f"answered {response.status_code}", "Entra is busy: run again later", after
            )
        return _Answer(response)
