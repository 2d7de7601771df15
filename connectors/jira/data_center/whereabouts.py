"""Why issues are missing from a census of Data Center.

It tells what is not there (404) from what may not be seen (403), where Cloud answers both alike; the published
document says 404 for both. So a 404 counts as a deletion only while every project that was read can be seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.jira.client import Forbidden, JiraClient, NotThere
from connectors.jira.whereabouts import LEFT

HIDDEN = "not visible: permission lost (the issue may not be seen any more)"


def tell(client: JiraClient, ids: Sequence[str], projects: Iterable[str] | None) -> Mapping[str, str]:
    """A reason per id: `deleted`, or `not visible: …`. `projects`: whose issues were read, None if not known."""
    reasons = {id_: _one(client, id_) for id_ in ids}
    if all(reasons.values()):
        return reasons
    otherwise = _otherwise(client, projects)
    return {id_: reason or otherwise for id_, reason in reasons.items()}


def _one(client: JiraClient, id_: str) -> str:
    """The reason as the issue itself tells it; empty where it is not there, or not shown."""
    try:
        client.get(f"/issue/{id_}", {"fields": "project"})
    except NotThere:
        return ""
    except Forbidden:
        return HIDDEN
    return LEFT


def _otherwise(client: JiraClient, projects: Iterable[str] | None) -> str:
    if projects is None:
        return "not visible: deleted or permission lost, which cannot be told without a pull before it"
    lost = [key for key in sorted(projects) if not _visible(client, key)]
    return f"not visible: permission lost (project {', '.join(lost)})" if lost else "deleted"


def _visible(client: JiraClient, key: str) -> bool:
    """By key, which finds a project under its former key too."""
    try:
        client.get(f"/project/{key}")
    except (NotThere, Forbidden):
        return False
    return True
