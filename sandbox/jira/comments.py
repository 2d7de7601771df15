"""The comments of issues, and the properties that hang on them."""

from __future__ import annotations

from typing import Any

from sandbox.jira import shapes
from sandbox.jira.adf import acceptable
from sandbox.jira.model import Comment, Issue
from sandbox.jira.replies import bad_payload, refused, refused_field, unauthenticated
from sandbox.jira.resource import Call, visible_issue
from sandbox.jira.search import parsed
from sandbox.jira.site import JiraSite
from sandbox.loopback import Refusal, Reply, Request

LONGEST = 32767


def of_issue(call: Call, ref: str) -> Reply:
    issue = visible_issue(call, ref)
    start, most = call.number("startAt", 0), min(call.number("maxResults", 100), 5000)
    found = issue.comments
    if call.request.query.get("orderBy", ["created"])[0] == "-created":
        found = found[::-1]
    expanded = call.site.lists_properties and _expanded(call.request)
    shown = [shapes.comment(call.site, issue, each, expanded) for each in found[start : start + most]]
    return Reply(200, {"startAt": start, "maxResults": most, "total": len(found), "comments": shown})


def one(call: Call, ref: str, comment_id: str) -> Reply:
    issue, comment = _find(call, ref, comment_id)
    return Reply(200, _shown(call, issue, comment))


def by_ids(call: Call) -> Reply:
    """POST /comment/list: those of the comments that are there and can be seen."""
    ids = parsed(call).get("ids")
    if not isinstance(ids, list):
        raise bad_payload()
    if not 1 <= len(ids) <= 1000:
        raise refused(400, "The number of comment ids must be between 1 and 1000.")
    shown = []
    for id_ in ids:
        try:
            issue, comment = call.site.find_comment(str(id_))
        except KeyError:
            continue
        if call.viewer and call.site.visible(issue):
            shown.append(_shown(call, issue, comment))
    page = {"startAt": 0, "maxResults": 1048576, "total": len(shown), "isLast": True, "values": shown}
    return Reply(200, page)


def add(call: Call, ref: str) -> Reply:
    body = parsed(call)
    if call.viewer is None:
        raise Refusal(unauthenticated())
    issue = visible_issue(call, ref)
    if issue.project_id in call.site.muted:
        raise refused(403, "You do not have the permission to comment on this issue.")
    text, properties = _content(body)
    made = call.site.comment(issue.id, text, call.viewer.account_id, properties)
    return Reply(201, _shown(call, issue, made))


def edit(call: Call, ref: str, comment_id: str) -> Reply:
    body = parsed(call)
    if call.viewer is None:
        raise Refusal(unauthenticated())
    issue, comment = _find(call, ref, comment_id)
    text, properties = _content(body)
    call.site.edit_comment(comment.id, text, call.viewer.account_id)
    comment.properties |= properties
    return Reply(200, _shown(call, issue, comment))


def remove(call: Call, ref: str, comment_id: str) -> Reply:
    issue, comment = _find(call, ref, comment_id)
    if call.viewer is None or issue.project_id in call.site.muted:
        raise refused(400, "You do not have permission to delete this comment.")
    call.site.delete_comment(comment.id)
    return Reply(204)


def property_keys(call: Call, comment_id: str) -> Reply:
    keys = _any(call, comment_id).properties
    base = f"{call.site.base_url}/rest/api/3/comment/{comment_id}/properties"
    return Reply(200, {"keys": [{"key": key, "self": f"{base}/{key}"} for key in keys]})


def one_property(call: Call, comment_id: str, key: str) -> Reply:
    return property_of(_any(call, comment_id), key)


def property_of(comment: Comment, key: str) -> Reply:
    properties = comment.properties
    if key not in properties:
        raise refused(404, f"The property {key} does not exist.")
    return Reply(200, {"key": key, "value": properties[key]})


def _shown(call: Call, issue: Issue, comment: Comment) -> dict[str, Any]:
    return shapes.comment(call.site, issue, comment, _expanded(call.request))


def _expanded(request: Request) -> bool:
    return "properties" in ",".join(request.query.get("expand", [])).split(",")


def _content(body: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The document and the properties of a comment that is being written."""
    text = body.get("body")
    if not isinstance(text, dict) or not acceptable(text):
        raise refused_field(400, "comment", "Comment body is not valid!")
    if len(str(text)) > LONGEST * 4:
        raise refused_field(400, "comment", "CONTENT_LIMIT_EXCEEDED")
    return text, given_properties(body)


def given_properties(body: dict[str, Any]) -> dict[str, Any]:
    """The properties of a comment that is being written."""
    given = body.get("properties") or []
    if not all(isinstance(each, dict) and isinstance(each.get("key"), str) for each in given):
        raise bad_payload()
    return {each["key"]: each.get("value") for each in given}


def _find(call: Call, ref: str, comment_id: str) -> tuple[Issue, Comment]:
    issue = visible_issue(call, ref)
    return issue, of(issue, comment_id)


def of(issue: Issue, comment_id: str) -> Comment:
    """A comment of an issue. Raises a 404 refusal."""
    for comment in issue.comments:
        if comment.id == comment_id:
            return comment
    raise _no_comment(comment_id)


def _any(call: Call, comment_id: str) -> Comment:
    issue, comment = anywhere(call.site, comment_id)
    visible_issue(call, issue.id)
    return comment


def anywhere(site: JiraSite, comment_id: str) -> tuple[Issue, Comment]:
    """A comment, and the issue that it stands on, whoever may see it. Raises a 404 refusal."""
    try:
        return site.find_comment(comment_id)
    except KeyError:
        raise _no_comment(comment_id) from None


def _no_comment(comment_id: str) -> Refusal:
    return refused(404, f"Can not find a comment for the id: {comment_id}.")
