"""Why issues are missing from a census."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from connectors.jira.client import JiraClient, NotThere

BULK = 100
KEYS = 50
"""Most issues of one /issue/bulkfetch, and project keys of one /project/search."""
LEFT = "not visible: left the scope of the JQL"


def tell(client: JiraClient, ids: Sequence[str], projects: Iterable[str] | None) -> Mapping[str, str]:
    """A reason per id: `deleted`, or `not visible: …`.

    Jira answers alike for an issue that is gone and for one that may not be seen. What tells them apart is
    whether the projects whose issues were read (`projects`, None if that is not known) can still be seen.
    While one of them cannot, no issue is called deleted: it might have been in it, and a break must not
    close because somebody lost a permission.
    """
    reasons = dict.fromkeys(ids, "")
    for start in range(0, len(ids), BULK):
        asked = list(ids[start : start + BULK])
        try:
            reply = client.ask("/issue/bulkfetch", {"issueIdsOrKeys": asked, "fields": ["project"]})
        except NotThere:
            return dict.fromkeys(ids, "not visible: the site does not tell why")
        reasons |= {
            str(issue["id"]): LEFT for issue in reply.get("issues") or [] if str(issue["id"]) in reasons
        }
    if all(reasons.values()):
        return reasons
    otherwise = _otherwise(client, projects)
    return {id_: reason or otherwise for id_, reason in reasons.items()}


def _otherwise(client: JiraClient, projects: Iterable[str] | None) -> str:
    """The reason for issues that Jira shows nothing of."""
    if projects is None:
        return "not visible: deleted or permission lost, which cannot be told without a pull before it"
    known = sorted(projects)
    try:
        visible = _visible(client, known)
    except NotThere:
        return "not visible: deleted or permission lost, which the site does not tell"
    lost = [key for key in known if key not in visible]
    return f"not visible: permission lost (project {', '.join(lost)})" if lost else "deleted"


def _visible(client: JiraClient, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), KEYS):
        reply = client.get("/project/search", {"keys": list(keys[start : start + KEYS]), "maxResults": KEYS})
        found |= {str(project["key"]) for project in reply.get("values") or []}
    return found
