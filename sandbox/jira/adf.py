"""Atlassian Document Format, as far as the sandbox needs it: text in, and what Jira refuses."""

from __future__ import annotations

from typing import Any

from sandbox.jira.model import Adf

TOP_LEVEL = frozenset(
    (
        *(
            "blockCard",
            "blockquote",
            "bodiedExtension",
            "bulletList",
            "codeBlock",
            "decisionList",
            "embedCard",
        ),
        *("expand", "extension", "heading", "layoutSection", "mediaGroup", "mediaSingle", "orderedList"),
        *("panel", "paragraph", "rule", "table", "taskList"),
    )
)


def document(text: str | Adf | None) -> Adf:
    """A document with one paragraph per line of plain text; a document is handed back as it is."""
    if isinstance(text, dict):
        return text
    lines = (text or "").splitlines()
    return {"type": "doc", "version": 1, "content": [_paragraph(line) for line in lines if line.strip()]}


def _paragraph(line: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": line}]}


def plain(node: Any) -> str:
    """The text of a document, one line per block."""
    if not isinstance(node, dict):
        return ""
    if node.get("type") == "text":
        return str(node.get("text", ""))
    if node.get("type") == "hardBreak":
        return "\n"
    parts = [plain(child) for child in node.get("content", [])]
    inline = node.get("type") in ("paragraph", "heading", "codeBlock")
    return ("" if inline else "\n").join(parts)


def acceptable(body: Any) -> bool:
    """Whether Jira would take it as a comment: a version 1 document of known blocks without empty text."""
    if not isinstance(body, dict) or body.get("type") != "doc" or body.get("version") != 1:
        return False
    content = body.get("content")
    if not isinstance(content, list):
        return False
    return all(isinstance(node, dict) and node.get("type") in TOP_LEVEL and _sound(node) for node in content)


def _sound(node: dict[str, Any]) -> bool:
    if node.get("type") == "text":
        return isinstance(node.get("text"), str) and node["text"] != ""
    children = node.get("content", [])
    return isinstance(children, list) and all(isinstance(child, dict) and _sound(child) for child in children)
