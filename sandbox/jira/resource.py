"""What every resource of the API is called with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.jira.model import Issue, User
from sandbox.jira.replies import NO_ISSUE, problem, refused
from sandbox.jira.site import JiraSite
from sandbox.loopback import Request

if TYPE_CHECKING:
    from sandbox.jira.search import Tokens


@dataclass(frozen=True)
class Call:
    site: JiraSite
    request: Request
    viewer: User | None
    """Who asks; None: nobody, who sees nothing."""
    tokens: Tokens

    def number(self, name: str, default: int) -> int:
        """A whole number of the query string, refused as Jira's routing does."""
        given = self.request.query.get(name, [str(default)])[0]
        try:
            return int(given)
        except ValueError:
            detail = f"Failed to convert '{name}' with value: '{given}'"
            raise problem(400, detail, self.request.path) from None


def visible_issue(call: Call, ref: str) -> Issue:
    """Raises a 404 refusal: Jira does not tell what is not there from what may not be seen."""
    try:
        found = call.site.issue(ref)
    except KeyError:
        found = None
    if found is None or call.viewer is None or not call.site.visible(found):
        raise refused(404, NO_ISSUE)
    return found
