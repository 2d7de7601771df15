"""Notes as Atlassian Document Format, and documents as plain text.

Node shapes are those of Atlassian's full ADF schema, version 1: doc, paragraph, bulletList, text, hardBreak
with the marks strong, em and link. Text of people and of other tools goes into text nodes alone, so that it
can mention nobody, link nowhere and be no markup; links are http(s) and only those that Interlock made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from connectors._wording import INVISIBLE, LONGEST_TEXT, MOST_BLOCKS, headline, how, is_web_address
from connectors.contract import Block, Fact, Link, Note, Text

Node = dict[str, Any]


def document(note: Note) -> Node:
    """The comment for a note, in the contract's order: headline, why, ask, how and codes, reply."""
    message = note.message
    blocks = [_paragraph(_text(headline(note), "strong"))]
    blocks += _why(message.why)
    if note.standing:
        blocks += [_labelled("Asked of you", message.ask), _labelled("To answer", how(note))]
        blocks.append(_labelled("Also open here", ", ".join(note.others)))
    blocks.append(_paragraph(_text(message.reply, "em")))
    return {"type": "doc", "version": 1, "content": [block for block in blocks if block]}


def plain(body: Any) -> str:
    """A document as text, a line per block; links as `label (address)`. What reads alike is equal."""
    return "\n".join(line for line in _lines(body) if line)


def _why(blocks: Sequence[Block]) -> list[Node]:
    """Texts as paragraphs; runs of links and facts between them as lists."""
    made: list[Node] = []
    for block in blocks[:MOST_BLOCKS]:
        if isinstance(block, Text):
            made.append(_paragraph(_text(block.text)))
            continue
        line = _paragraph(_link(block) if isinstance(block, Link) else _fact(block))
        if not line:
            continue
        if not made or made[-1].get("type") != "bulletList":
            made.append({"type": "bulletList", "content": []})
        made[-1]["content"].append({"type": "listItem", "content": [line]})
    if len(blocks) > MOST_BLOCKS:
        made.append(_paragraph(_text(f"… and {len(blocks) - MOST_BLOCKS} more.")))
    return made


def _fact(fact: Fact) -> list[Node]:
    return _text(f"{fact.name}: {fact.value}")


def _link(link: Link) -> list[Node]:
    nodes = _text(link.label or link.url)
    if is_web_address(link.url):
        for node in nodes:
            if node["type"] == "text":
                node["marks"] = [{"type": "link", "attrs": {"href": link.url}}]
    return nodes


def _labelled(label: str, text: str) -> Node:
    nodes = _text(text)
    name: Node = {"type": "text", "text": f"{label}: ", "marks": [{"type": "strong"}]}
    return _paragraph([name, *nodes]) if nodes else {}


def _paragraph(nodes: Sequence[Node]) -> Node:
    return {"type": "paragraph", "content": list(nodes)} if nodes else {}


def _text(text: str, mark: str = "") -> list[Node]:
    """Inert inline nodes: text, with a hardBreak for each line's end. Empty text gives none."""
    text = text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
    shown = [INVISIBLE.sub("", line).rstrip() for line in text.splitlines()]
    nodes: list[Node] = []
    for line in filter(None, shown):
        if nodes:
            nodes.append({"type": "hardBreak"})
        nodes.append({"type": "text", "text": line} | ({"marks": [{"type": mark}]} if mark else {}))
    return nodes


def _lines(node: Any) -> Iterable[str]:
    if not isinstance(node, dict):
        return
    children = node.get("content") or []
    if node.get("type") in ("paragraph", "heading", "codeBlock"):
        yield from (line.strip() for line in inline(children).split("\n"))
        return
    for child in children:
        for number, line in enumerate(_lines(child)):
            yield ("- " if number == 0 else "  ") + line if node.get("type") == "listItem" else line


def inline(nodes: Iterable[Any]) -> str:
    """The text of inline nodes as a reader sees it; a hardBreak ends a line."""
    return "".join(_inline(node) for node in nodes if isinstance(node, dict))


def _inline(node: Node) -> str:
    attributes = node.get("attrs") or {}
    kind = node.get("type")
    if kind == "text":
        href = _href(node)
        text = str(node.get("text", ""))
        return f"{text} ({href})" if href and href != text else text
    if kind == "hardBreak":
        return "\n"
    if kind in ("inlineCard", "blockCard"):
        return str(attributes.get("url", ""))
    return str(attributes.get("text") or attributes.get("shortName") or "")


def _href(node: Node) -> str:
    marks = node.get("marks") or []
    return next((str(mark["attrs"]["href"]) for mark in marks if mark.get("type") == "link"), "")
