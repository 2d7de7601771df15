"""`interlock check` of a Data Center source: tries what a pull and a push need, and changes nothing.

It stops at the first answer that does not believe the login: each further one would count as a failed attempt,
and after three Jira wants a CAPTCHA.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from connectors import _clocks
from connectors.contract import Clock, Drifted, Finding, SourceError, Unauthorised
from connectors.jira import checking as shared
from connectors.jira.client import JiraClient, NotBelieved, NotThere
from connectors.jira.data_center.dates import Dates
from connectors.jira.options import EVERYTHING, Options
from connectors.jira.people import who
from connectors.jira.scope import unordered

OLDEST, NEWEST = (8, 20), (10, 99)
"""Versions that this was made for: 8.20 is the last long-term release of 8, 10 the present one."""
SOME_MOMENT = 1_000_000_000_000
ASKED = {"BROWSE_PROJECTS": "browse projects", "ADD_COMMENTS": "add comments"}


def check(client: JiraClient, options: Options, clock: Clock) -> Iterator[Finding]:
    """Findings in the order in which a pull would meet them; what stops it comes last."""
    try:
        account = client.get("/myself")
        yield Finding("ok", f"{client.site} can be reached")
        yield from _clocks.off("Jira's", client.now(), clock)
        yield Finding(
            "ok", f"signed in as {account.get('displayName') or account.get('name')} (account {who(account)})"
        )
        yield _zone(account)
        yield _version(client)
        yield from _jql(client, options, Dates(account.get("timeZone")))
    except SourceError as error:
        yield Finding("fail", str(error))
        return
    for part in (shared.fields_there, shared.links_there, _permissions):
        try:
            yield from part(client, options)
        except NotBelieved as error:
            yield Finding("fail", str(error))
            return
        except (NotThere, Unauthorised, Drifted) as error:
            yield Finding("warn", f"could not be checked: {error}")
        except SourceError as error:
            yield Finding("fail", str(error))


def _zone(account: Any) -> Finding:
    zone = str(account.get("timeZone") or "")
    if Dates(zone).knows_zone:
        return Finding("ok", f"the account's time zone is {zone}")
    return Finding(
        "warn", f"the account's time zone, '{zone}', is not known here: set another in its profile"
    )


def _version(client: JiraClient) -> Finding:
    told = client.get("/serverInfo")
    version = str(told.get("version") or "unknown")
    if told.get("deploymentType") == "Cloud":
        return Finding(
            "fail", "this is a Cloud site: set `deployment: cloud`, with `auth.email` and `auth.token`"
        )
    numbers = tuple(int(number) for number in (told.get("versionNumbers") or [])[:2])
    if OLDEST <= numbers <= NEWEST:
        return Finding("ok", f"Jira Data Center {version}")
    advice = "8.20 to 10 are what this was made for"
    return Finding("warn", f"Jira Data Center {version}: {advice}")


def _jql(client: JiraClient, options: Options, dates: Dates) -> Iterator[Finding]:
    jql = unordered(options.jql) or EVERYTHING
    found = client.ask(client.search, {"jql": jql, "fields": ["created"], "maxResults": 1})
    count = int(found.get("total") or 0)
    if count == 0:
        yield Finding("warn", f"the JQL finds no issue that the account may see: {jql}")
    else:
        yield Finding("ok", f"the JQL finds {count:,} issues: {jql}")
    by_number = f"({jql}) AND updated >= {dates.at_latest(SOME_MOMENT)}"
    try:
        client.ask(client.search, {"jql": by_number, "fields": ["created"], "maxResults": 1})
    except Drifted:
        yield Finding(
            "ok", "its JQL takes no epoch milliseconds: moments are asked in the account's time zone"
        )


def _permissions(client: JiraClient, options: Options) -> Iterator[Finding]:
    told = client.get("/mypermissions")["permissions"]
    for name, meaning in ASKED.items():
        if (told.get(name) or {}).get("havePermission"):
            yield Finding("ok", f"the account may {meaning}")
        else:
            problem = f"the account may not {meaning} in any project: give it the permission"
            yield Finding("fail" if name == "BROWSE_PROJECTS" else "warn", problem)
