"""Which of the site's fields Interlock reads, configured or not.

Data Center ties an issue to its epic by the field "Epic Link", and an epic to what is above it by "Parent Link"
(Advanced Roadmaps); only a sub-task has a `parent`. Both are found by what kind of field they are: their names
are translated and can be changed.
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors.jira import fields as shared
from connectors.jira.client import JiraClient

PARENTS = {
    "epic_link": "com.pyxis.greenhopper.jira:gh-epic-link",
    "parent_link": "com.atlassian.jpo:jpo-custom-field-parent",
}


def resolve(client: JiraClient, configured: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Hub name to field id, with the parents' and the sprints' fields; and what the changelog calls the due date's.

    Data Center's changelog tells a field's name where Cloud also tells its id. Raises Drifted as for Cloud.
    """
    found = shared.resolve(client, configured, PARENTS | shared.SPRINT)
    if "due" not in found or found["due"] in shared.SYSTEM:
        return found, {}
    listed = client.get("/field")
    return found, {"due_name": str(field["name"]) for field in listed if field["id"] == found["due"]}  # noqa: B035
