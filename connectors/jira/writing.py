"""Writes notes as comments, one each, edited in place.

The marker travels in the POST that makes the comment, as a comment property (Jira Cloud REST v3, "Add
comment", `properties`), so that no comment of ours is ever without it. It is found again by listing the
issue's comments and by `POST /comment/list?expand=properties`, never by searching: the search's index lags.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.contract import Note, Receipt, Unauthorised
from connectors.jira import adf
from connectors.jira.answers import MARKER, comments, marker_of
from connectors.jira.client import Forbidden, IssueBusy, JiraClient, NotBelieved, NotThere, words

BULK = 100
"""Most issues of one /issue/bulkfetch, and comments of one /comment/list (which takes 1,000)."""
INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}
"""The property by which a comment on a service project is kept from its customers."""


@dataclass(frozen=True)
class Dialect:
    """What differs between the two kinds of Jira when a note is written.

    `body` is a note's comment, `reads` what a comment says (to tell whether it is ours already),
    `project_types` tells issue id to the kind of its project, and `expanded` gives comments that were listed
    without their properties once more, with them.
    """

    body: Callable[[Note], Any]
    reads: Callable[[Any], str]
    project_types: Callable[[JiraClient, Sequence[str]], Mapping[str, str]]
    expanded: Callable[[JiraClient, Sequence[Mapping[str, Any]]], Iterator[dict[str, Any]]]


def push(client: JiraClient, notes: Sequence[Note], dialect: Dialect | None = None) -> Iterator[Receipt]:
    """One receipt per note. Raises as the contract says; notes after the one in hand are then not sent."""
    spoken = dialect or CLOUD
    for start in range(0, len(notes), BULK):
        batch = notes[start : start + BULK]
        kinds = spoken.project_types(client, sorted({note.item_key for note in batch}))
        for note in batch:
            # A project whose type is not known could be a service project: nothing is lost by being internal.
            internal = kinds.get(note.item_key, "service_desk") == "service_desk"
            yield _put_or_refused(client, note, internal, spoken)


def _project_types(client: JiraClient, issue_ids: Sequence[str]) -> dict[str, str]:
    """Issue id to the type of its project: software, business, service_desk."""
    try:
        reply = client.ask("/issue/bulkfetch", {"issueIdsOrKeys": list(issue_ids), "fields": ["project"]})
    except NotThere:
        return {}
    return types_of(reply)


def types_of(reply: Mapping[str, Any]) -> dict[str, str]:
    """Issue id to project type, from a reply with issues."""
    told = {
        str(issue["id"]): ((issue.get("fields") or {}).get("project") or {}).get("projectTypeKey")
        for issue in reply.get("issues") or []
    }
    return {id_: str(kind) for id_, kind in told.items() if kind}


def _put_or_refused(client: JiraClient, note: Note, internal: bool, spoken: Dialect) -> Receipt:
    try:
        return _put(client, note, internal, spoken)
    except NotBelieved:
        raise
    except Unauthorised as error:
        return _not_allowed(client, note, error)
    except NotThere as error:
        detail = f"{note.native_key}: {error.problem}: the issue is not there, or the account may not see it"
        return Receipt(note.marker, "refused", note.previous, detail)
    except IssueBusy as error:  # this issue takes no more now; the others do
        return Receipt(note.marker, "deferred", note.previous, f"{note.native_key}: {error.problem}")


def _put(client: JiraClient, note: Note, internal: bool, spoken: Dialect) -> Receipt:
    properties: list[dict[str, Any]] = [{"key": MARKER, "value": {"marker": note.marker}}]
    written: dict[str, Any] = {
        "body": spoken.body(note),
        "properties": properties + ([INTERNAL] if internal else []),
    }
    if note.previous:
        existing = _comment(client, note)
        if existing is None:
            return _gone(client, note)
    else:
        existing = _find(client, note, written["body"], spoken) if note.look else None
    if existing is None and not note.standing:
        return Receipt(note.marker, "already", detail=f"{note.native_key}: recovered before it was shown")
    if existing is None:
        response = client.write("POST", f"/issue/{note.item_key}/comment", written)
        return _receipt(client, note, response)
    if spoken.reads(existing.get("body")) == spoken.reads(written["body"]):
        return _done(note, "already", str(existing["id"]))
    response = client.write("PUT", f"/issue/{note.item_key}/comment/{existing['id']}", written)
    if response.status_code == 404:
        return _gone(client, note)
    return _receipt(client, note, response)


def _comment(client: JiraClient, note: Note) -> dict[str, Any] | None:
    """The comment of the note's last receipt; None if it is not there."""
    try:
        found: dict[str, Any] = client.get(f"/issue/{note.item_key}/comment/{note.previous}")
    except NotThere:
        return None
    return found


def _find(client: JiraClient, note: Note, body: Any, spoken: Dialect) -> dict[str, Any] | None:
    """The comment that carries the note's marker, by listing; the oldest, if there are several.

    Where the site shows no properties at all, a comment that reads just as ours would is taken for it. Raises
    NotThere where the comments cannot be listed: then nothing is known, and nothing may be sent.
    """
    listed = list(comments(client, note.item_key))
    bare = [comment for comment in listed if "properties" not in comment]
    expanded = {str(each["id"]): each for each in spoken.expanded(client, bare)}
    for comment in listed:
        known = expanded.get(str(comment["id"]), comment)
        if marker_of(known) == note.marker:
            return known
        if "properties" not in known and spoken.reads(known.get("body")) == spoken.reads(body):
            return known
    return None


def _with_properties(client: JiraClient, bare: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for start in range(0, len(bare), BULK):
        ids = [int(comment["id"]) for comment in bare[start : start + BULK]]
        try:
            yield from client.ask("/comment/list", {"ids": ids}, {"expand": "properties"}).get("values") or []
        except NotThere:
            return


def _gone(client: JiraClient, note: Note) -> Receipt:
    """A 404 about a comment: a person took it away, unless the issue itself is out of reach."""
    try:
        client.get(f"/issue/{note.item_key}", {"fields": "id"})
    except NotThere:
        detail = f"{note.native_key}: the issue is not there, or the account may not see it"
        return Receipt(note.marker, "refused", note.previous, detail)
    return Receipt(note.marker, "removed", note.previous, f"{note.native_key}: removed by a person")


def _receipt(client: JiraClient, note: Note, response: httpx.Response) -> Receipt:
    if response.is_success:
        # A comment is answered with itself. Anything else is somebody else's answer, and tells nothing of ours.
        told = response.json() if response.content else None
        if not isinstance(told, dict) or not told.get("id"):
            raise client.uncertain(response, f"answered {response.status_code} without the comment")
        return _done(note, "written", str(told["id"]))
    detail = f"{note.native_key}: Jira answered {response.status_code}: {words(response)}"
    return Receipt(note.marker, "refused", note.previous, detail)


def _not_allowed(client: JiraClient, note: Note, error: Unauthorised) -> Receipt:
    """A 401 or 403: about this note, if the site still knows the account. Else raises Unauthorised."""
    try:
        client.get("/myself")
    except NotThere:
        if not isinstance(error, Forbidden):
            raise error from None
    return Receipt(note.marker, "refused", note.previous, f"{note.native_key}: {error.problem}")


def _done(note: Note, outcome: Any, comment_id: str) -> Receipt:
    inverse = {"comment_id": comment_id, "issue": note.item_key}
    return Receipt(note.marker, outcome, comment_id, inverse=inverse)


CLOUD = Dialect(adf.document, adf.plain, _project_types, _with_properties)
