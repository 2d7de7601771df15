"""What is Data Center's own in writing notes: wiki markup, and where a comment's properties are found again.

"Add comment" of REST v2 takes `properties` in the same POST as Cloud's (CommentJsonBean), so the marker is never
missing. There is no list of comments by id: where a listing does not expand the properties, each comment that
could be ours is asked for its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connectors.contract import Drifted, Note
from connectors.jira import adf, wiki
from connectors.jira.answers import MARKER
from connectors.jira.client import JiraClient, NotThere
from connectors.jira.people import who
from connectors.jira.writing import Dialect, types_of


def body(note: Note) -> str:
    return wiki.markup(adf.document(note))


def reads(markup: Any) -> str:
    """Markup as it is compared: Jira may keep line ends as browsers send them, and trims."""
    return "\n".join(line.rstrip() for line in str(markup or "").split("\n")).strip()


def project_types(client: JiraClient, issue_ids: Sequence[str]) -> Mapping[str, str]:
    """Issue id to the type of its project; nothing where the site does not tell."""
    asked = {
        "jql": f"id in ({', '.join(issue_ids)})", "fields": ["project"], "maxResults": len(issue_ids),
        "validateQuery": False,
    }  # fmt: skip
    try:
        return types_of(client.ask(client.search, asked))
    except (NotThere, Drifted):
        return {}


def expanded(client: JiraClient, bare: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """These comments with our property, asked for one by one; those of other authors cannot be ours."""
    if not bare:
        return
    account = who(client.get("/myself"))
    for comment in bare:
        if who(comment.get("author") or {}) != account:
            continue
        try:
            found = [client.get(f"/comment/{comment['id']}/properties/{MARKER}")]
        except NotThere:
            found = []
        yield {**comment, "properties": found}


DATA_CENTER = Dialect(body, reads, project_types, expanded)
