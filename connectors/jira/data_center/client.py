"""HTTP to one Jira Data Center: whom it believes, what it must never be asked twice, how it asks to be spared.

What is repeated and what is not is as for Cloud (`JiraClient`). Headers: `X-AUSERNAME` on each answer ("Special
headers" of the REST reference); `X-Seraph-LoginReason` and `X-Authentication-Denied-Reason` where a login was
refused ("Basic authentication" of the developer documentation); `X-RateLimit-Remaining`,
`X-RateLimit-Interval-Seconds` and `Retry-After` ("Adjusting your code for rate limiting", from 8.6).
"""

from __future__ import annotations

import httpx

from connectors.contract import Place
from connectors.jira.client import PATIENCE, JiraClient, NotBelieved
from connectors.jira.options import Options

DENIED = "AUTHENTICATION_DENIED"
CAPTCHA = "CAPTCHA_CHALLENGE"


class DataCenterClient(JiraClient):
    """One Data Center site, for the length of one operation."""

    api = "/rest/api/2"
    search = "/search"

    def __init__(self, place: Place, options: Options) -> None:
        super().__init__(place, options)
        self._basic = options.auth.pair() is not None
        self._spare = 0.0
        self._http.event_hooks = {"request": [self._wait], "response": [self._count]}

    def _wait(self, request: httpx.Request) -> None:
        """Leave the site alone for as long as its last answer asked."""
        if self._spare:
            self._clock.sleep(self._spare)
        self._spare = 0.0

    def _count(self, response: httpx.Response) -> None:
        """Where the last request of our allowance was spent, the next one waits instead of being refused."""
        spent = response.headers.get("X-RateLimit-Remaining", "").strip() == "0"
        if spent and response.status_code != 429:
            self._spare = min(self._asked_wait(response) or 0.0, PATIENCE)

    def _asked_wait(self, response: httpx.Response) -> float | None:
        asked = super()._asked_wait(response)
        if asked is not None:
            return asked
        try:
            return max(float(response.headers["X-RateLimit-Interval-Seconds"]), 0.0)
        except (KeyError, ValueError):
            return None

    def _believe(self, response: httpx.Response) -> None:
        """Raise where the site refused the account, or answered as if nobody had asked.

        A site with anonymous access answers a search by nobody with what anybody may see, often nothing: read
        as it stands, every issue would be gone.
        """
        denied = response.headers.get("X-Authentication-Denied-Reason", "")
        login = response.headers.get("X-Seraph-LoginReason", "")
        if CAPTCHA in denied or DENIED in login:
            raise self._captcha(response)
        if "AUTHENTICATED_FAILED" in login:
            raise self._unauthorised(response, f"answered {response.status_code}: it knows no such login")
        if response.headers.get("X-AUSERNAME", "").lower() == "anonymous":
            problem = f"answered {response.status_code} as if nobody had asked: the login is not believed"
            raise self._unauthorised(response, problem)

    def _captcha(self, response: httpx.Response) -> NotBelieved:
        """Too many failed logins. Asked again, it would only stay locked: so it never is."""
        problem = (
            f"answered {response.status_code}: after failed logins it wants a CAPTCHA solved by this account"
        )
        advice = (
            "Correct `auth`, then log in once in the browser as this account and solve the CAPTCHA, or let an"
            " administrator reset its failed login count. A personal access token never meets this"
        )
        return NotBelieved(self._what(response), problem, advice)

    def _unauthorised(self, response: httpx.Response, problem: str) -> NotBelieved:
        if self._basic:
            advice = "Check `auth.user`, and put its password where `auth.password` takes it from"
        else:
            advice = "Make a personal access token in the account's profile, and put it where `auth.token` takes it"
        return NotBelieved(self._what(response), problem, advice)
