"""Which issues are read: the configured JQL, without its order, and without projects that were lost.

Jira refuses a whole query over one value that the account may not see (400, "The value 'SEC' does not exist
for the field 'project'."). One project's lost permission must not stop the others.
"""

from __future__ import annotations

import re

from connectors.contract import Drifted, Trouble, Unauthorised
from connectors.jira.client import JiraClient
from connectors.jira.options import EVERYTHING

ORDERED = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\border\s+by\b""", re.IGNORECASE)
PROJECTS = re.compile(r"""(\bproject\s+in\s*\()((?:"[^"]*"|'[^']*'|[^()"'])*)\)""", re.IGNORECASE)
VALUES = re.compile(r""""[^"]*"|'[^']*'|[^\s,]+""")
NOT_SEEN = re.compile(r"The value '([^']+)' does not exist for the field 'project'", re.IGNORECASE)


def unordered(jql: str) -> str:
    """The query without its ORDER BY, which is ours to set."""
    for match in ORDERED.finditer(jql):
        if match[0][0] not in "\"'":
            return jql[: match.start()].strip()
    return jql.strip()


def readable(client: JiraClient, configured: str) -> tuple[str, list[str]]:
    """The restriction that Jira takes now, and the projects that had to be left out of it.

    Asks only where the query lists projects, so that one can be left out. Raises Drifted as Jira refuses the
    query for any other reason, or where no project of the list is left.
    """
    jql = unordered(configured) or EVERYTHING
    lost: list[str] = []
    while PROJECTS.search(jql):
        try:
            client.ask(client.search, {"jql": jql, "fields": ["id"], "maxResults": 1})
        except Drifted as error:
            less = jql
            for value in NOT_SEEN.findall(error.problem):
                less = _without(less, value)
                lost.append(value)
            if less == jql or not all(VALUES.search(match[2]) for match in PROJECTS.finditer(less)):
                raise
            jql = less
        else:
            break
    return jql, sorted(set(lost))


def trouble(project: str) -> Trouble:
    """What is said of a project that was left out."""
    advice = "Give the account the permission to browse it again, or take it out of `jql`"
    problem = "Jira does not show it to the account any more; its last good data stands"
    return Trouble(f"project {project}", Unauthorised(f"project {project}", problem, advice))


def _without(jql: str, project: str) -> str:
    def kept(match: re.Match[str]) -> str:
        values = [
            value for value in VALUES.findall(match[2]) if value.strip("\"'").casefold() != project.casefold()
        ]
        return f"{match[1]}{', '.join(values)})"

    return PROJECTS.sub(kept, jql)
