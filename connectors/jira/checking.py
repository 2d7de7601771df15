"""`interlock check` of a Jira source: tries what a pull and a push need, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from connectors.contract import Clock, Drifted, Finding, SourceError, Unauthorised
from connectors.jira import fields
from connectors.jira.client import JiraClient, NotThere
from connectors.jira.options import EVERYTHING, Options
from connectors.jira.reading import GATEWAY
from connectors.jira.scope import unordered

CLOCK_OFF = 120
"""Seconds by which the two clocks may differ before it is worth a look."""


def check(client: JiraClient, options: Options, clock: Clock) -> Iterator[Finding]:
    """Findings in the order in which a pull would meet them; what stops it comes last."""
    try:
        yield from _clock(client, clock)
        yield _who(client)
        yield from _jql(client, options)
    except SourceError as error:
        yield Finding("fail", str(error))
        return
    for part in (fields_there, _sprints, links_there, _permissions, _scopes):
        try:
            yield from part(client, options)
        except (NotThere, Unauthorised, Drifted) as error:
            yield Finding("warn", f"could not be checked: {error}")
        except SourceError as error:
            yield Finding("fail", str(error))


def _clock(client: JiraClient, clock: Clock) -> Iterator[Finding]:
    date = client.server_date()
    yield Finding("ok", f"{client.site} can be reached")
    yield from clock_off(date, clock)


def clock_off(date: datetime | None, clock: Clock) -> Iterator[Finding]:
    """Whether our clock differs from the site's, which tells it as `date`."""
    if date is not None:
        off = (clock.now() - date).total_seconds()
        if abs(off) > CLOCK_OFF:
            ahead = "ahead of" if off > 0 else "behind"
            yield Finding("warn", f"this machine's clock is {abs(off):.0f} s {ahead} Jira's: set it by NTP")


def _who(client: JiraClient) -> Finding:
    try:
        account = client.get("/myself")
    except NotThere:
        return Finding("warn", "the site does not tell whose token this is (no /myself)")
    name = account.get("displayName") or account.get("emailAddress") or account.get("accountId")
    return Finding("ok", f"signed in as {name} (account {account.get('accountId')})")


def _jql(client: JiraClient, options: Options) -> Iterator[Finding]:
    jql = unordered(options.jql) or EVERYTHING
    yield _search(client, jql)
    try:
        count = client.ask("/search/approximate-count", {"jql": jql}).get("count", 0)
    except NotThere:
        yield Finding("ok", f"the JQL is valid: {jql}")
        return
    if count == 0:
        yield Finding("warn", f"the JQL finds no issue that the account may see: {jql}")
    else:
        yield Finding("ok", f"the JQL finds about {count:,} issues: {jql}")


def _search(client: JiraClient, jql: str) -> Finding:
    """Atlassian takes the old search away tenant by tenant (404 or 410); some proxies know only that one."""
    asked = {"jql": jql, "fields": ["id"], "maxResults": 1}
    try:
        client.ask("/search/jql", asked)
    except NotThere as error:
        problem = "the site has no /search/jql, by which Jira Cloud is read"
        advice = "If it is a Data Center, set `deployment: data-center`; if a proxy stands before it, let this pass"
        raise NotThere(error.place, problem, advice) from error
    try:
        client.ask("/search", asked)
    except (NotThere, Drifted):
        return Finding("ok", "issues are read by /search/jql; the old search is gone here, and is not needed")
    return Finding("ok", "issues are read by /search/jql; the old search is still there, and is not used")


def _scopes(client: JiraClient, options: Options) -> Iterator[Finding]:
    """Of a scoped token; what it needs to read has shown by now."""
    if GATEWAY not in options.url:
        return
    try:
        # No issue has this id: a token that may comment is told so, and nothing is written.
        client.write("POST", "/issue/0/comment", {})
    except Unauthorised as error:
        yield Finding("warn", f"the token may read and not comment: {error}")
    else:
        yield Finding("ok", "the token has the scopes to read and to comment")


def fields_there(client: JiraClient, options: Options) -> Iterator[Finding]:
    if not options.fields:
        return
    listed: list[dict[str, Any]] = client.get("/field")
    configured = options.fields_by_hub()
    problems = fields.problems(configured, listed)
    for hub, problem in problems.items():
        yield Finding("fail", f"fields.{hub}: {problem}")
    if not problems:
        yield Finding("ok", f"all {len(options.fields)} configured fields are there")


def _sprints(client: JiraClient, options: Options) -> Iterator[Finding]:
    found = fields.of_kind(fields.SPRINT["sprint"], client.get("/field"))
    if len(found) > 1:
        told = f"the site has {len(found)} fields of sprints ({', '.join(found)}): none is read"
        yield Finding("warn", told)


def links_there(client: JiraClient, options: Options) -> Iterator[Finding]:
    known = {str(each["name"]).casefold() for each in client.get("/issueLinkType")["issueLinkTypes"]}
    for name in options.links:
        if name.casefold() not in known:
            yield Finding("warn", f"links.{name}: the site has no link type of this name")


def _permissions(client: JiraClient, options: Options) -> Iterator[Finding]:
    asked = {"BROWSE_PROJECTS": "browse projects", "ADD_COMMENTS": "add comments"}
    told = client.get("/mypermissions", {"permissions": ",".join(asked)})["permissions"]
    for name, meaning in asked.items():
        if (told.get(name) or {}).get("havePermission"):
            yield Finding("ok", f"the account may {meaning}")
        else:
            problem = f"the account may not {meaning} in any project: give it the permission"
            yield Finding("fail" if name == "BROWSE_PROJECTS" else "warn", problem)
