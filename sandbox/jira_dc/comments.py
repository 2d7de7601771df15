"""The comments of issues, in wiki markup, and the properties that hang on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.jira import comments as cloud
from sandbox.jira.model import Comment, Issue
from sandbox.jira.replies import refused, refused_field
from sandbox.jira_dc.bodies import wiki
from sandbox.loopback import Reply

if TYPE_CHECKING:
    from sandbox.jira_dc.api import Call

MEMBERS = {"body", "properties", "visibility"}


def of_issue(call: Call, ref: str) -> Reply:
    issue = call.issue(ref)
    start, most = call.number("startAt", 0), call.number("maxResults", 1048576)
    found = issue.comments
    if call.request.query.get("orderBy", ["created"])[0] == "-created":
        found = found[::-1]
    expanded = call.site.lists_properties and call.expands("properties")
    rendered = call.expands("renderedBody")
    shown = [call.shapes.comment(issue, each, expanded, rendered) for each in found[start : start + most]]
    return Reply(200, {"startAt": start, "maxResults": most, "total": len(found), "comments": shown})


def one(call: Call, ref: str, comment_id: str) -> Reply:
    return Reply(200, _shown(call, *_find(call, ref, comment_id)))


def add(call: Call, ref: str) -> Reply:
    body = call.parsed()
    viewer, issue = call.someone(), call.issue(ref)
    if issue.project_id in call.site.muted:
        told = f"{viewer.display_name}, you do not have the permission to comment on this issue."
        raise refused(400, told)
    text, properties = _content(body)
    made = call.site.comment(issue.id, wiki(text), viewer.account_id, properties)
    return Reply(201, _shown(call, issue, made))


def edit(call: Call, ref: str, comment_id: str) -> Reply:
    body = call.parsed()
    viewer = call.someone()
    issue, comment = _find(call, ref, comment_id)
    text, properties = _content(body)
    call.site.edit_comment(comment.id, wiki(text), viewer.account_id)
    comment.properties |= properties
    return Reply(200, _shown(call, issue, comment))


def remove(call: Call, ref: str, comment_id: str) -> Reply:
    call.someone()
    _, comment = _find(call, ref, comment_id)
    call.site.delete_comment(comment.id)
    return Reply(204)


def property_keys(call: Call, comment_id: str) -> Reply:
    keys = _any(call, comment_id).properties
    base = call.shapes.address(f"comment/{comment_id}/properties")
    return Reply(200, {"keys": [{"key": key, "self": f"{base}/{key}"} for key in keys]})


def one_property(call: Call, comment_id: str, key: str) -> Reply:
    return cloud.property_of(_any(call, comment_id), key)


def _shown(call: Call, issue: Issue, comment: Comment) -> dict[str, Any]:
    return call.shapes.comment(issue, comment, call.expands("properties"), call.expands("renderedBody"))


def _content(body: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The markup and the properties of a comment that is being written."""
    if unknown := sorted(set(body) - MEMBERS):
        raise refused(
            400, f'Unrecognized field "{unknown[0]}" (Class CommentJsonBean), not marked as ignorable'
        )
    text = body.get("body")
    if not isinstance(text, str):
        raise refused(400, "Can not deserialize instance of java.lang.String out of START_OBJECT token")
    if not text.strip():
        raise refused_field(400, "comment", "Comment body can not be empty!")
    if len(text) > cloud.LONGEST:
        raise refused_field(
            400,
            "comment",
            f"The entered text is too long. It exceeds the allowed limit of {cloud.LONGEST:,} characters.",
        )
    return text, cloud.given_properties(body)


def _find(call: Call, ref: str, comment_id: str) -> tuple[Issue, Comment]:
    issue = call.issue(ref)
    return issue, cloud.of(issue, comment_id)


def _any(call: Call, comment_id: str) -> Comment:
    issue, comment = cloud.anywhere(call.site, comment_id)
    call.issue(issue.id)
    return comment
