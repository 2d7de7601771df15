"""Jira's wiki markup: our documents written in it, and what people say in it read back.

Text of people and of other tools is written with a numeric entity for every character that could be part of
markup. That holds whatever the text is, because of the order in which Jira renders (its plugin
`system-renderercomponentfactories`): macros, blocks, links and addresses are looked for first, when the entity
is not yet the character; then entities are kept as they are (`HtmlEscaper`, "preserveExistingEntities"); and what
comes after (dashes, emoticons, images, phrases) sees the entity still. A backslash does less: after the macro
and link stages Jira turns `\\{` back into the bare brace, and a backslash before a backslash is a line break.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connectors._wording import is_web_address

Node = Mapping[str, Any]

LONGEST = 32_000
"""Characters of a comment. Jira takes 32,767 unless an administrator has set another limit."""
SHORTER = (1000, 400, 150, 60)
PLAIN = re.compile(
    r"(?P<plain>(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])|:(?=\s|$)|[^\W_]|[ ,.'/=;])|(?P<other>.)", re.DOTALL
)
"""What is written as it is: words, dates, a colon before a space. Texts are read in mails too, unrendered."""
TOKENS = re.compile("[\ufff9-\uffff\ue000-\uf8ff]")
"""Characters by which Jira's renderer marks, in the text itself, what it has rendered already."""
BLOCK_START = re.compile(r"^(\s*)(h[1-6]|bq)\.", re.IGNORECASE)
WWW = re.compile(r"www\.", re.IGNORECASE)

# --- writing ---------------------------------------------------------------------------------------------


def markup(document: Node) -> str:
    """An ADF document of ours (paragraphs, lists, text with strong, em and link) as wiki markup.

    Where it would be longer than Jira takes, its texts are cut, all alike.
    """
    written = "\n\n".join(_blocks(document["content"], None))
    for most in SHORTER:
        if len(written) <= LONGEST:
            break
        written = "\n\n".join(_blocks(document["content"], most))
    return written


def inert(text: str) -> str:
    """One line of text that is no markup anywhere, and reads as it was."""
    text = TOKENS.sub("", text)
    text = PLAIN.sub(lambda found: found["plain"] or _entity(found["other"]), text)
    text = BLOCK_START.sub(rf"\1\2{_entity('.')}", text)
    return WWW.sub(lambda found: found[0][:-1] + _entity("."), text)


def _entity(character: str) -> str:
    return f"&#{ord(character)};" if character.isascii() else character


def _blocks(nodes: Sequence[Node], most: int | None) -> Iterator[str]:
    for node in nodes:
        if node["type"] == "bulletList":
            items = (
                _inline(paragraph["content"], most)
                for item in node["content"]
                for paragraph in item["content"]
            )
            yield "\n".join(f"* {item}" for item in items)
        else:
            yield "\n".join(_inline(line, most) for line in _lines(node["content"]))


def _lines(nodes: Sequence[Node]) -> Iterator[list[Node]]:
    line: list[Node] = []
    for node in nodes:
        if node["type"] == "hardBreak":
            yield line
            line = []
        else:
            line.append(node)
    yield line


def _inline(nodes: Sequence[Node], most: int | None) -> str:
    return "".join(_text(node, most) if node["type"] == "text" else " " for node in nodes).strip()


def _text(node: Node, most: int | None) -> str:
    text = str(node["text"])
    if most is not None and len(text) > most:
        text = text[: most - 1] + "…"
    marks = {mark["type"]: mark for mark in node.get("marks") or []}
    shown = inert(text)
    if "link" in marks:
        href = _address(str(marks["link"]["attrs"]["href"]))
        return f"[{shown}|{href}]" if href and shown.strip() else shown
    sign = "*" if "strong" in marks else "_" if "em" in marks else ""
    body = shown.strip()
    if not sign or not body:
        return shown
    start = shown.index(body)
    return f"{shown[:start]}{sign}{body}{sign}{shown[start + len(body) :]}"


def _address(href: str) -> str:
    """The address with every character encoded that means something inside a link; empty where it is none."""
    if not is_web_address(href):
        return ""
    return re.sub(r"[\[\]{}|^`~!*()\\]", lambda found: f"%{ord(found[0]):02X}", href)


# --- reading ---------------------------------------------------------------------------------------------

ASIDE = re.compile(r"\{(quote|code|noformat|panel|html|excerpt|expand)(?::[^}\n]*)?\}", re.IGNORECASE)
"""Macros whose text is somebody else's words, or no words."""
OTHER = re.compile(r"(?<!\\)\{(?:color|anchor|style|span|div)(?::[^}\n]*)?\}", re.IGNORECASE)
NO_TEXT = re.compile(r"\s*(?:bq\.|h[1-6]\.|\||[*#]+\s|-+\s|-{4,}\s*$|!\S+!\s*$)", re.IGNORECASE)
"""Lines that are no paragraph's: quotes, headings, tables, lists, rules, images."""
LINK = re.compile(r"(?<!\\)\[([^\[\]\n]+)\]")
BREAK = re.compile(r"(?<!\\)\\\\(?!\\)")
PHRASE = re.compile(
    r"(?<![\w\\])(\{\*\}|\{_\}|\*|_|\+|-|\^|~|\?\?|\{\{)(?=[^\s])(.+?)(?<=[^\s\\])(?:\1|\}\})(?!\w)"
)
ESCAPED = re.compile(r"\\([-#*_+?^~|%{}\[\]()!@])")


def first_line(body: str, issue_address: re.Pattern[str]) -> str | None:
    """The first top-level line of text, as its reader sees it; None where there is none.

    What stands in quotes, code, panels, lists, tables and headings is not top-level, and is passed over. An
    address of an issue becomes the issue's key, as Cloud's editor does by itself.
    """
    for paragraph in _top_level(body):
        for line in BREAK.split(paragraph):
            said = _said(line, issue_address)
            if said:
                return said
    return None


def _top_level(body: str) -> Iterable[str]:
    text = body.replace("\r\n", "\n").replace("\r", "\n")
    kept = []
    while opened := ASIDE.search(text):
        kept.append(text[: opened.start()])
        closed = re.compile(rf"\{{{opened[1]}\}}", re.IGNORECASE).search(text, opened.end())
        text = "\n" + text[closed.end() :] if closed else ""  # left open: all of the rest is inside
    kept.append(text)
    for line in "\n".join(kept).split("\n"):
        if not NO_TEXT.match(line):
            yield line


def _said(line: str, issue_address: re.Pattern[str]) -> str:
    line = LINK.sub(lambda found: _linked(found[1]), OTHER.sub("", line))
    line = issue_address.sub(r"\1", line)
    for _ in range(3):  # *_both_*
        line = PHRASE.sub(r"\2", line)
    return html.unescape(ESCAPED.sub(r"\1", line)).strip()


def _linked(inside: str) -> str:
    """`[words|address]`, `[address]` or the mention `[~name]`, in words."""
    words, bar, address = inside.partition("|")
    if words.startswith("~"):
        return f"@{words[1:]}"
    return words if bar and not words.startswith(("http:", "https:")) else address or words
