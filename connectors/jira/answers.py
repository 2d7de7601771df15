"""Answers that people wrote as comments on watched issues, as rows of `contract.ANSWER`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.contract import Retry
from connectors.jira import wiki
from connectors.jira.client import JiraClient, NotThere
from connectors.jira.people import who

MARKER = "interlock"
"""The key of the comment property that says which alert a comment of ours is."""
ADDRESSED = re.compile(r"\s*interlock\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
ISSUE_ADDRESS = re.compile(r"https?://\S+?/browse/([A-Za-z][A-Za-z0-9_]*-\d+)/?(?:[?#]\S*)?")
PAGE = 100
AGAIN = 5
"""How often the comments of one issue are begun again before they are left for later."""


def spool(
    client: JiraClient,
    issues: Mapping[str, str],
    account: str | None,
    into: Path,
    automations: Collection[str] = (),
) -> None:
    """Write a row per comment that is addressed to Interlock; `issues` maps issue ids to their keys.

    `automations` names accounts that are no people, where the site does not tell by itself.

    What else people talk about is none of its business, and never kept. So an answer that was edited into
    something else leaves no trace: what was read of it stands.
    """
    with into.open("w", encoding="utf-8") as file:
        for issue_id, issue_key in issues.items():
            for number, comment in enumerate(_comments_or_none(client, issue_id), start=1):
                row = _row(comment, number, issue_id, issue_key, account, automations)
                if row["@line"] is not None and not is_flag(comment, account):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def comments(client: JiraClient, issue_id: str) -> Iterator[dict[str, Any]]:
    """All comments of an issue, oldest first, with their properties where the site expands them.

    One that is deleted while we read draws those behind it over the border of a page that was read already, and
    one of them would be missed: perhaps our own, which would then be written again. So each page begins with the
    last comment of the one before; where it does not, all is read anew.
    """
    for _ in range(AGAIN):
        listed = _listed(client, issue_id)
        if listed is not None:
            yield from listed
            return
    problem = "move while they are read, again and again"
    raise Retry(f"the comments of issue {issue_id}", problem, "Run again later")


def _listed(client: JiraClient, issue_id: str) -> list[dict[str, Any]] | None:
    """All comments of an issue; None where the pages moved."""
    listed: list[dict[str, Any]] = []
    while True:
        start = max(len(listed) - 1, 0)
        page = client.get(
            f"/issue/{issue_id}/comment",
            {"startAt": start, "maxResults": PAGE, "orderBy": "created", "expand": "properties"},
        )
        found = page.get("comments") or []
        if listed and (not found or found[0]["id"] != listed[-1]["id"]):
            return None
        more = found[1:] if listed else found
        listed += more
        if not more or len(listed) >= page.get("total", 0):
            return listed


def marker_of(comment: Mapping[str, Any]) -> str | None:
    """Which alert a comment says that it is."""
    for each in comment.get("properties") or []:
        if each.get("key") == MARKER and isinstance(each.get("value"), dict):
            marker = each["value"].get("marker")
            return str(marker) if marker else None
    return None


def is_flag(comment: Mapping[str, Any], account: str | None) -> bool:
    """Whether Interlock wrote it: by its marker, or by its account where no properties are shown."""
    own = account is not None and who(comment.get("author") or {}) == account
    return marker_of(comment) is not None or (own and "properties" not in comment)


def _comments_or_none(client: JiraClient, issue_id: str) -> Iterator[dict[str, Any]]:
    try:
        yield from comments(client, issue_id)
    except NotThere:
        return  # the issue went away since the search; the census tells why


def _row(
    comment: Mapping[str, Any],
    number: int,
    issue_id: str,
    issue_key: str,
    account: str | None,
    automations: Collection[str],
) -> dict[str, Any]:
    author = comment.get("author") or {}
    author_id = who(author)
    automatic = author.get("accountType") == "app" or author.get("name") in automations
    kind = "automation" if automatic else "person"
    return {
        "_key": str(comment["id"]),
        "_place": f"{issue_key}, comment {comment['id']}",
        "_row": number,
        "_fate": "land",
        "_reason": None,
        "@item_key": issue_id,
        "@author_id": author_id,
        "@author_email": author.get("emailAddress") or None,
        "@author_name": author.get("displayName"),
        "@author_kind": "self" if account and author_id == account else kind,
        "@line": line(comment.get("body")),
        "@beside_item": None,
        "@beside_code": None,
        "@said_at": _iso(comment.get("updated") or comment.get("created")),
        "body": json.dumps(comment.get("body"), ensure_ascii=False),
    }


def line(body: Any) -> str | None:
    """The first line of the first top-level paragraph that has text, without `interlock:`; else None.

    What stands in quotes, code blocks, panels, lists or expands is not top-level, and is passed over.
    """
    if isinstance(body, str):
        said = wiki.first_line(body, ISSUE_ADDRESS)
        addressed = ADDRESSED.match(said) if said else None
        return " ".join(addressed[1].split()) if addressed else None
    for node in (body or {}).get("content") or [] if isinstance(body, dict) else []:
        if node.get("type") != "paragraph":
            continue
        first = "".join(_said(each) for each in node.get("content") or []).strip().partition("\n")[0]
        if first.strip():
            addressed = ADDRESSED.match(first)
            return " ".join(addressed[1].split()) if addressed else None
    return None


def _said(node: Mapping[str, Any]) -> str:
    """An inline node as the words that the person meant by it."""
    attributes = node.get("attrs") or {}
    kind = node.get("type")
    if kind == "text":
        return str(node.get("text", ""))
    if kind == "hardBreak":
        return "\n"
    if kind == "date":  # the editor's date picker; milliseconds, at midnight UTC
        return datetime.fromtimestamp(int(attributes["timestamp"]) / 1000, UTC).date().isoformat()
    if kind == "inlineCard":  # the editor turns a pasted or typed issue into a card
        return ISSUE_ADDRESS.sub(r"\1", str(attributes.get("url", "")))
    return str(attributes.get("text") or attributes.get("shortName") or "")


def _iso(stamp: str | None) -> str | None:
    return datetime.fromisoformat(stamp).astimezone(UTC).isoformat() if stamp else None


def watched(seen: Mapping[str, str], watch: Iterable[str]) -> dict[str, str]:
    """The watched issues among those that changed, in a stable order."""
    return {issue_id: seen[issue_id] for issue_id in sorted(set(watch)) if issue_id in seen}
