"""HTTP to one org: its session, its calls of the day, what is asked again and what never.

Plain httpx rather than simple-salesforce: that library builds its token URL itself, so that it cannot be
pointed at a sandbox on loopback, and it renews and re-sends by its own rules, writes too.

Reads are repeated here, by the injected clock: 429 and 503 as their Retry-After asks, other 5xx and broken
connections after 1, 2, 4 … seconds, within a bound. A session that has ended (401 INVALID_SESSION_ID, which
says that nothing was done) is renewed once per request. Writes are sent once but for these two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from connectors.contract import Place, Retry, Unreadable
from connectors.salesforce import errors, transport
from connectors.salesforce.errors import Spent, named
from connectors.salesforce.options import Options
from connectors.salesforce.session import Session, sign_in

ATTEMPTS = 4
PATIENCE = 60.0
"""Seconds spent waiting for one request; a longer Retry-After is handed to the caller instead."""
USAGE = re.compile(r"(?<![\w-])api-usage=(\d+)/(\d+)")


class SalesforceClient:
    """One org, for the length of one operation. Use it as a context manager.

    Paths begin behind the version: `/query`. A path that begins with `/services` is taken as it is.
    """

    def __init__(self, place: Place, options: Options) -> None:
        self.clock = place.clock
        self.site = options.domain
        self._options = options
        self._session: Session | None = None
        self.date: datetime | None = None
        """The org's own time, as its last answer told it."""
        self.used: int | None = None
        self.limit: int | None = None
        self._http = transport.open_http(options.domain, options.timeout)

    def __enter__(self) -> SalesforceClient:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @property
    def user_id(self) -> str:
        """Our own user's id, of 18 characters."""
        return self._signed_in().user_id

    # --- reading -----------------------------------------------------------------------------------------

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The JSON of a resource."""
        return self._read("GET", path, None, params=params)[1]

    def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        """A POST that only reads (a query job); asked again like any read."""
        return self._read("POST", path, None, json=body)[1]

    def query(self, soql: str, with_deleted: bool = False) -> list[dict[str, Any]]:
        """All records of a query that finds few."""
        page = self.get("/queryAll" if with_deleted else "/query", {"q": soql})
        records: list[dict[str, Any]] = list(page["records"])
        while page.get("nextRecordsUrl"):
            page = self.get(page["nextRecordsUrl"])
            records += page["records"]
        return records

    def spool(self, path: str, params: Mapping[str, Any] | None, into: Path) -> Any:
        """A page of a query, streamed to a file as received, and handed back parsed."""
        size = {"Sforce-Query-Options": f"batchSize={self._options.page_size}"}
        return self._read("GET", path, into, params=params, headers=size)[1]

    def fetch(self, path: str, params: Mapping[str, Any], into: Path) -> httpx.Headers:
        """A file that is no JSON (the CSV of a job), streamed to disk; its headers are handed back."""
        return self._read("GET", path, into, parse=False, params=params, headers={"Accept": "text/csv"})[0]

    def server_date(self) -> datetime | None:
        """The org's own time, from a resource that needs no session and is not counted."""
        url = self.site + "/services/data/"
        try:
            response = self._http.get(url)
        except httpx.RequestError as error:
            raise self._unreachable("GET", url, error) from error
        return transport.http_date(response.headers.get("Date", ""))

    def versions(self) -> list[str]:
        """The versions of the API that the org has."""
        try:
            told = self._http.get(self.site + "/services/data/").json()
            return [str(each["version"]) for each in told]
        except (ValueError, TypeError, KeyError):
            raise Unreadable(
                f"GET {self.site}/services/data/",
                "answered with something other than a list of versions",
                "Check `domain`: it must be the org's own My Domain",
            ) from None

    def _read(
        self, method: str, path: str, into: Path | None, parse: bool = True, **sending: Any
    ) -> tuple[httpx.Headers, Any]:
        waited, attempt = 0.0, 0
        while True:
            attempt += 1
            try:
                return self._read_once(method, path, into, parse, sending)
            except Retry as busy:
                pause = 2.0 ** (attempt - 1) if busy.after is None else busy.after
                if isinstance(busy, Spent) or attempt == ATTEMPTS or waited + pause > PATIENCE:
                    raise
            self.clock.sleep(pause)
            waited += pause

    def _read_once(
        self, method: str, path: str, into: Path | None, parse: bool, sending: dict[str, Any]
    ) -> tuple[httpx.Headers, Any]:
        url = self._url(path)
        for renewed in (False, True):
            self._leave_the_floor(method, url)
            headers = dict(sending.get("headers") or {}) | self._authorised()
            try:
                with self._http.stream(method, url, **(sending | {"headers": headers})) as response:
                    if response.status_code == 200 and into is not None:
                        with into.open("wb") as file:
                            file.writelines(response.iter_bytes())
                    else:
                        response.read()
            except httpx.RequestError as error:
                raise self._unreachable(method, url, error) from error
            self._count(response)
            if response.status_code == 401 and not renewed:
                self._session = None
                continue
            break
        if response.status_code != 200:
            errors.judge(response, self.clock.now())
        if not parse:
            return response.headers, None
        return response.headers, self._json(response, response.content if into is None else into.read_bytes())

    def _json(self, response: httpx.Response, content: bytes) -> Any:
        try:
            return json.loads(content)
        except ValueError:
            kind = response.headers.get("Content-Type", "nothing").partition(";")[0]
            raise Unreadable(
                errors.what(response),
                f"answered {response.status_code} with {kind} instead of JSON",
                "Check `domain`; if it is right, the org may be down for maintenance: run again later",
            ) from None

    # --- writing -----------------------------------------------------------------------------------------

    def write(
        self, method: str, path: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send once. The answer is handed back whether Salesforce took it (2xx) or not (4xx).

        Raises Retry where nothing was done and it may be later (no connection, 429, 503, the calls of the day
        used up), NotSignedIn, and Uncertain where the outcome is unknown: another 5xx, a connection that
        broke or fell silent after sending.
        """
        url = self._url(path)
        waited, attempt, renewed = 0.0, 0, False
        while True:
            attempt += 1
            response = self._write_once(method, url, body, headers or {})
            if response.status_code == 401 and not renewed:
                self._session, renewed = None, True
                continue
            if response.status_code == 429:
                busy = errors.busy(response, self.clock.now())
                pause = 1.0 if busy.after is None else busy.after
                if attempt == ATTEMPTS or waited + pause > PATIENCE:
                    raise busy
                self.clock.sleep(pause)
                waited += pause
                continue
            if response.status_code == 401 or response.status_code == 503 or errors.is_spent(response):
                errors.judge(response, self.clock.now())
            return response

    def _write_once(
        self, method: str, url: str, body: Mapping[str, Any], headers: Mapping[str, str]
    ) -> httpx.Response:
        self._leave_the_floor(method, url)
        sent = dict(headers) | self._authorised()
        try:
            response = self._http.request(method, url, json=body, headers=sent)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise self._unreachable(method, url, error) from error
        except httpx.RequestError as error:
            raise errors.uncertain(f"{method} {url}", named(error)) from error
        self._count(response)
        if response.status_code >= 500 and response.status_code != 503:
            raise errors.uncertain(errors.what(response), f"answered {response.status_code}")
        if response.is_redirect or (response.is_success and not _is_json(response)):
            kind = response.headers.get("Content-Type", "nothing").partition(";")[0]
            told = f"answered {response.status_code} with {kind} instead of JSON"
            raise errors.uncertain(errors.what(response), told)
        return response

    # --- the session and the calls of the day ------------------------------------------------------------

    def _signed_in(self) -> Session:
        if self._session is None:
            # An assertion is dated by the org's clock: ours may be off, or stand at noon for `--today`.
            jwt = self._options.auth.client_secret is None
            now = (self.server_date() if jwt else None) or self.clock.now()
            self._session = sign_in(self._http, self.site, self._options.auth, now)
        return self._session

    def _authorised(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._signed_in().token}"}

    def _count(self, response: httpx.Response) -> None:
        told = USAGE.search(response.headers.get("Sforce-Limit-Info", ""))
        if told:
            self.used, self.limit = int(told[1]), int(told[2])
        self.date = transport.http_date(response.headers.get("Date", "")) or self.date

    def _leave_the_floor(self, method: str, url: str) -> None:
        """Raises Spent before a request that would take calls which are left for the company."""
        if self.used is None or not self.limit:
            return
        floor = self._options.quota_floor
        if self.used >= self.limit * (1 - floor):
            raise Spent(
                f"{method} {url}",
                f"not asked: the org has used {self.used:,} of its {self.limit:,} API calls of the day, and"
                f" {floor:.0%} of them are left for the company (quota_floor)",
                "Run less often, lower quota_floor, or have the limit raised; the next run goes on from here",
            )

    # --- what went wrong ---------------------------------------------------------------------------------

    def _url(self, path: str) -> str:
        if path.startswith("/services/"):
            return self.site + path
        return f"{self.site}/services/data/v{self._options.api_version}{path}"

    def _unreachable(self, method: str, url: str, error: httpx.RequestError) -> Retry:
        advice = "Check `domain` and the network; if both are right, run again later"
        return Retry(f"{method} {url}", f"no answer: {named(error)}", advice)


def _is_json(response: httpx.Response) -> bool:
    """A login page or a proxy's is not; an empty body is, as an answer to a write."""
    try:
        return not response.content or response.json() is not None
    except ValueError:
        return False
