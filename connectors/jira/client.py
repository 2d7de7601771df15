"""HTTP to one Jira Cloud site: what is asked again and what never, and which error an answer is.

Reads are repeated here, by the injected clock: 429 and 503 as their Retry-After asks (seconds, or an HTTP
date: RFC 9110 section 10.2.3), other 5xx and broken connections after 1, 2, 4 … seconds, within a bound.
Writes are sent once; only a 429, which says that nothing was done, is waited out. The library itself retries
nothing and reads nothing from the environment.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
from pydantic import TypeAdapter

from connectors._trust import NOT_KNOWN, trust
from connectors.contract import Drifted, Place, Retry, SourceError, Unauthorised, Uncertain, Unreadable
from connectors.jira.options import Auth, Options
from connectors.jira.parsing import ANYTHING, parsed

API = "/rest/api/3"
ATTEMPTS = 4
PATIENCE = 60.0
"""Seconds spent waiting for one request; a longer Retry-After is handed to the caller instead."""
PER_ISSUE = "jira-per-issue-on-write"
"""The RateLimit-Reason of a limit that one issue has by itself."""
SCOPES = ("read:jira-work", "read:jira-user", "write:jira-work")
"""What a scoped token needs: to search, to know whose it is, and to comment."""
NOT_BELIEVED = ("AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED")
"""Values of X-Seraph-LoginReason. Jira Cloud answers a request whose token it does not accept as if nobody
had asked (200 and an empty list, 404 for an issue); this header alone tells it from an empty site."""


class NotThere(Unreadable):
    """The site answered 404: a resource that it does not offer, or a thing that is not there."""


class Forbidden(Unauthorised):
    """The site answered 403: it knows the account, and lets it not do this."""


class NotBelieved(Unauthorised):
    """The site takes us for nobody. Asking on would only count as further failed logins."""


class Broken(Retry):
    """The site answered 500, 502 or 504: it may be down, or it may stumble over one issue of those asked for."""


class IssueBusy(Retry):
    """The site answered 429 about writes to one issue alone: others can be written to."""


class JiraClient:
    """One site, for the length of one operation. Use it as a context manager.

    `where` is the source's id, `site` the site's address; both begin messages to people.
    """

    api = API
    search = "/search/jql"

    def __init__(self, place: Place, options: Options) -> None:
        self._clock = place.clock
        self._told: datetime | None = None
        self.site = options.url
        self._base = options.url + self.api
        authority = place.folder / options.ca if options.ca else None
        self._http = httpx.Client(
            auth=_credentials(options.auth),
            timeout=httpx.Timeout(options.timeout, connect=min(options.timeout, 15.0)),
            transport=httpx.HTTPTransport(verify=trust(options.url, authority), retries=0),
            follow_redirects=False,
            trust_env=False,
            headers={"Accept": "application/json", "User-Agent": "interlock"},
        )

    def __enter__(self) -> JiraClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # --- reading -----------------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a resource. Raises NotThere for a 404, else as the contract's error tree says."""
        return self._read("GET", path, params=params)

    def ask(self, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None = None) -> Any:
        """A POST that only reads (a search, a list by ids); repeated like any read."""
        return self._read("POST", path, params=params, json=body)

    def spool(
        self,
        path: str,
        body: Mapping[str, Any],
        into: Path,
        attempts: int = ATTEMPTS,
        look: TypeAdapter[Any] = ANYTHING,
    ) -> Any:
        """As `ask`, the reply streamed to a file as received, and handed back parsed; of a page, `look` names the
        few members that the caller wants to see, which takes a fifth of the time of making objects of them all."""
        return self._read("POST", path, into=into, attempts=attempts, look=look, json=body)

    def now(self) -> datetime:
        """The site's time as its last answer told it, else our own: it is the site that dates its issues."""
        return self._told or self._clock.now()

    def server_date(self) -> datetime | None:
        """The `Date` header of the site's answer to /serverInfo, whatever that answer is."""
        try:
            response = self._http.get(self._base + "/serverInfo")
        except httpx.RequestError as error:
            raise self._unreachable("GET", "/serverInfo", error) from error
        return _http_date(response.headers.get("Date", ""))

    def _read(
        self,
        method: str,
        path: str,
        into: Path | None = None,
        attempts: int = ATTEMPTS,
        look: TypeAdapter[Any] = ANYTHING,
        **sending: Any,
    ) -> Any:
        waited, attempt = 0.0, 0
        while True:
            attempt += 1
            try:
                return self._read_once(method, path, into, look, **sending)
            except Retry as busy:
                pause = 2.0 ** (attempt - 1) if busy.after is None else busy.after
                if attempt == attempts or waited + pause > PATIENCE:
                    raise
            self._clock.sleep(pause)
            waited += pause

    def _read_once(
        self, method: str, path: str, into: Path | None, look: TypeAdapter[Any], **sending: Any
    ) -> Any:
        try:
            with self._http.stream(method, self._base + path, **sending) as response:
                self._told = _http_date(response.headers.get("Date", ""))
                if response.status_code == 200 and into is not None:
                    self._believe(response)
                    with into.open("wb") as file:
                        file.writelines(response.iter_bytes())
                    received = into.read_bytes()
                    value, kept = self._json(response, received, look)
                    if kept is not received:
                        into.write_bytes(kept)
                    return value
                response.read()
        except httpx.RequestError as error:
            raise self._unreachable(method, path, error) from error
        self._judge(response)
        return self._json(response, response.content)[0]

    def _json(
        self, response: httpx.Response, content: bytes, look: TypeAdapter[Any] = ANYTHING
    ) -> tuple[Any, bytes]:
        try:
            return parsed(content, look)
        except ValueError:
            kind = response.headers.get("Content-Type", "nothing").partition(";")[0]
            raise Unreadable(
                self._what(response),
                f"answered {response.status_code} with {kind} instead of JSON",
                "Check `url`: it must be the site's own address, such as https://company.atlassian.net",
            ) from None

    # --- writing -----------------------------------------------------------------------------------------

    def write(
        self, method: str, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        """Send once. The answer is handed back whether Jira took it (2xx) or not (4xx).

        Raises Retry (no connection, 429 beyond our patience) and Unauthorised (401, 403) where nothing was
        done, and Uncertain where the outcome is unknown: a 5xx, a connection that broke or fell silent
        after sending, a page for people in place of an answer (a login, a proxy's).
        """
        waited, attempt = 0.0, 0
        while True:
            attempt += 1
            response = self._write_once(method, path, body, params)
            if response.status_code != 429:
                return response
            busy = self._busy(response)
            pause = 1.0 if busy.after is None else busy.after
            if attempt == ATTEMPTS or waited + pause > PATIENCE:
                raise busy
            self._clock.sleep(pause)
            waited += pause

    def _write_once(
        self, method: str, path: str, body: Mapping[str, Any], params: Mapping[str, Any] | None
    ) -> httpx.Response:
        try:
            response = self._http.request(method, self._base + path, json=body, params=params)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unreachable(method, path, error) from error
        except httpx.RequestError as error:
            raise self._uncertain(f"{method} {self._base}{path}", _named(error)) from error
        if response.status_code >= 500:
            raise self._uncertain(self._what(response), f"answered {response.status_code}")
        self._believe(response)
        if response.status_code in (401, 403):
            self._judge(response)
        if response.is_redirect or (response.is_success and not _is_json(response)):
            kind = response.headers.get("Content-Type", "nothing").partition(";")[0]
            raise self._uncertain(
                self._what(response), f"answered {response.status_code} with {kind} instead of JSON"
            )
        return response

    def _uncertain(self, what: str, problem: str) -> Uncertain:
        advice = "It may have been written: the next run looks for it before sending anything"
        return Uncertain(what, problem, advice)

    # --- which error an answer is ------------------------------------------------------------------------

    def _believe(self, response: httpx.Response) -> None:
        if response.headers.get("X-Seraph-LoginReason", "") in NOT_BELIEVED:
            raise self._unauthorised(response, "did not accept the token")

    def _judge(self, response: httpx.Response) -> None:
        """Raise the error that a reading's answer is; return where it is none."""
        self._believe(response)
        status = response.status_code
        if status == 429 or status >= 500:
            raise self._busy(response)
        if status == 200:
            return
        if status == 401 and "scope does not match" in words(response):
            problem = f"answered 401: {words(response)}"
            advice = f"Make a token with the scopes {', '.join(SCOPES)}"
            raise Unauthorised(self._what(response), problem, advice)
        if status == 401:
            raise self._unauthorised(response, "answered 401: the token is wrong or has expired")
        problem = f"answered {status}: {words(response)}"
        if status == 403:
            raise Forbidden(
                self._what(response), problem, "Give the account the permission, or take this out of `jql`"
            )
        if status == 404:
            advice = "Check `url`: it must be the address of a Jira site"
            raise NotThere(self._what(response), problem, advice)
        if 300 <= status < 400:
            problem = f"answered {status}, to {response.headers.get('Location', 'another place')}"
            raise Unreadable(self._what(response), problem, "Set `url` to the site's own address")
        raise Drifted(self._what(response), problem, "Correct `jql` or `fields` for this source")

    def _unauthorised(self, response: httpx.Response, problem: str) -> Unauthorised:
        advice = "Check `auth.email`, and put a valid API token where `auth.token` takes it from"
        return Unauthorised(self._what(response), problem, advice)

    def _busy(self, response: httpx.Response) -> Retry:
        """A 429 or 5xx as an error, with the wait that the site asked for."""
        after = self._asked_wait(response)
        wait = f" and asks to wait {after:.0f} s" if after is not None else ""
        why = response.headers.get("RateLimit-Reason", "")
        problem = f"answered {response.status_code}{f' ({why})' if why else ''}{wait}"
        kind = Broken if response.status_code in (500, 502, 504) else Retry
        if why == PER_ISSUE:
            kind = IssueBusy
        return kind(self._what(response), problem, "Run again later; the site is busy or down", after)

    def _asked_wait(self, response: httpx.Response) -> float | None:
        asked = response.headers.get("Retry-After", "").strip()
        try:
            return max(float(asked), 0.0)
        except ValueError:
            pass
        until = _http_date(asked)
        if until is None:
            return None
        # Measured by the site's clock where it tells it: ours may be off.
        now = _http_date(response.headers.get("Date", "")) or self._clock.now()
        return max((until - now).total_seconds(), 0.0)

    def _unreachable(self, method: str, path: str, error: httpx.RequestError) -> SourceError:
        if NOT_KNOWN in str(error):
            advice = "Name your company's own authority as `ca`; if it has none, ask whose site this is"
            return Unreadable(self.site, "has a certificate that no authority known here has signed", advice)
        return Retry(
            f"{method} {self._base}{path}",
            f"no answer: {_named(error)}",
            "Check `url` and the network; if both are right, run again later",
        )

    def _what(self, response: httpx.Response) -> str:
        asked = response.request
        return f"{asked.method} {asked.url.copy_with(query=None)}"


def _credentials(auth: Auth) -> httpx.Auth:
    """An account and its secret (basic), or a token that says by itself whose it is (bearer)."""
    pair = auth.pair()
    return httpx.BasicAuth(*pair) if pair else _Bearer(auth.secret())


class _Bearer(httpx.Auth):
    def __init__(self, token: str) -> None:
        self._header = f"Bearer {token}"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = self._header
        yield request


def _is_json(response: httpx.Response) -> bool:
    """An empty body is one too: that is how Jira says that it did what was asked."""
    try:
        return not response.content or bool(parsed(response.content))
    except ValueError:
        return False


def words(response: httpx.Response) -> str:
    """Jira's own words about why it did not take something."""
    try:
        told = response.json()
    except ValueError:
        return response.reason_phrase or "no reason given"
    if not isinstance(told, dict):
        return str(told)
    parts = [str(each) for each in told.get("errorMessages") or []]
    parts += [f"{name}: {each}" for name, each in (told.get("errors") or {}).items()]
    parts += [str(told[name]) for name in ("message", "detail", "error") if told.get(name)]
    return " ".join(parts) or response.reason_phrase


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
