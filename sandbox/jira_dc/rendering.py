"""Wiki markup as Jira's renderer shows it, and only so far: enough to see that something *is* markup.

The stages and their order are those of Jira's `system-renderercomponentfactories-plugin.xml`: macros (10), blocks
(20), links (30), addresses (40), issue keys (60), backslashes (70), HTML escape that keeps entities (80, pattern of
`HtmlEscaper`), dashes (90), emoticons (100), embedded files (105), phrases (120 to 190), line breaks (200). Where
Jira looks closer before it takes something for markup, this does not: it errs towards markup.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser

MACRO = re.compile(r"(?<!\\)\{([A-Za-z][\w-]*)(?::[^{}\n]*)?\}")
RAW = ("code", "noformat")
ENTITY = re.compile(r"&[#A-Za-z0-9][A-Za-z0-9]{1,7};")
TOKEN = re.compile("\x00(\\d+)\x00")
LIST = re.compile(r"\s*([*#-]+)\s+(?=\S)")
BLOCKS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*h([1-6])\.\s*"), "h1"),
    (re.compile(r"\s*bq\.\s*"), "blockquote"),
    (LIST, "li"),
    (re.compile(r"\s*\|+"), "td"),
)
RULE = re.compile(r"\s*-{4,}\s*$")
LINK = re.compile(r"(?<!\\)\[([^\[\]\n]+)\]")
ADDRESS = re.compile(r"(?:(?:https?|ftp|file|irc|nntp|news|skype|callto)://|mailto:|www\.)[^\s<>\"]+", re.I)
KEY = re.compile(r"(?<![\w-])[A-Z][A-Z0-9_]+-\d+(?!\w)")
BACKSLASH = re.compile(r"(^|(?<!\\))\\([-#*_+?^~|%{}\[\]()!@])")
DASH = re.compile(r"-{2,3}")
FACES = (":)", ":-)", ":(", ":-(", ":P", ":p", ":-P", ":-p", ":D", ":-D", ";)", ";-)", "(y)", "(n)", "(i)", "(/)",
         "(x)", "(!)", "(+)", "(-)", "(?)", "(on)", "(off)", "(*)", "(*r)", "(*g)", "(*b)", "(*y)", "(flag)",
         "(flagoff)")  # fmt: skip
FACE = re.compile("|".join(re.escape(face) for face in sorted(FACES, key=len, reverse=True)))
EMBEDDED = re.compile(r"!([^\s!]([^!\n]*[^\s!])?)!")
PHRASES = (("*", "b"), ("^", "sup"), ("~", "sub"), ("_", "em"), ("-", "del"), ("??", "cite"), ("+", "ins"))


def render(markup: str) -> str:
    """HTML. Links are `a`, mentions `a class="user-hover"`; what a macro makes has the class `macro`."""
    kept: list[str] = []

    def keep(shown: str) -> str:
        kept.append(shown)
        return f"\x00{len(kept) - 1}\x00"

    shown = _blocks(_macros(markup.replace("\x00", ""), keep), keep)
    while TOKEN.search(shown):
        shown = TOKEN.sub(lambda token: kept[int(token[1])], shown)
    return shown


def visible(shown: str) -> str:
    """What a reader of the HTML sees, a line per block."""
    reader = _Reader()
    reader.feed(shown)
    reader.close()
    return "".join(reader.parts).strip()


Keep = Callable[[str], str]


def _macros(text: str, keep: Keep) -> str:
    made = ""
    while opened := MACRO.search(text):
        name = opened[1].lower()
        closed = re.compile(rf"(?<!\\)\{{{re.escape(opened[1])}\}}").search(text, opened.end())
        body = text[opened.end() : closed.start()] if closed else ""
        inside = html.escape(body, quote=False) if name in RAW else render(body)
        tag = "pre" if name in RAW else "blockquote" if name == "quote" else "span"
        made += text[: opened.start()] + keep(f'<{tag} class="macro">{inside}</{tag}>')
        text = text[(closed or opened).end() :]
    return made + text


def _blocks(text: str, keep: Keep) -> str:
    return "\n".join(_block(line, keep) for line in text.replace("\r\n", "\n").split("\n"))


def _block(line: str, keep: Keep) -> str:
    if RULE.match(line):
        return "<hr>"
    for pattern, tag in BLOCKS:
        if begun := pattern.match(line):
            return f"<{tag}>{_inline(line[begun.end() :], keep)}</{tag}>"
    return f"<p>{_inline(line, keep)}</p>" if line.strip() else ""


def _inline(text: str, keep: Keep) -> str:
    text = LINK.sub(lambda found: _link(found[1], keep), text)
    text = ADDRESS.sub(
        lambda found: keep(f'<a href="{html.escape(found[0])}">{html.escape(found[0])}</a>'), text
    )
    text = KEY.sub(lambda found: keep(f'<a class="issue-link">{found[0]}</a>'), text)
    text = BACKSLASH.sub(
        lambda found: found[1] + (found[2] if found[2] in "{}[]" else f"&#{ord(found[2])};"), text
    )
    text = _escaped(text)
    text = DASH.sub(lambda found: keep('<span class="dash">–</span>'), text)
    text = FACE.sub(lambda found: keep(f'<img class="emoticon" alt="{html.escape(found[0])}">'), text)
    text = EMBEDDED.sub(lambda found: keep(f'<img src="{html.escape(found[1])}">'), text)
    for sign, tag in PHRASES:
        each = re.escape(sign)
        phrase = re.compile(rf"(?<![\w\\]){each}(?=[^\s])((?:(?!{each}).)+?)(?<=[^\s]){each}(?!\w)")
        text = phrase.sub(rf"<{tag}>\1</{tag}>", text)
    return text.replace("\\\\", "<br>")


def _link(inside: str, keep: Keep) -> str:
    words, bar, address = inside.rpartition("|")
    if inside.startswith("~"):
        return keep(f'<a class="user-hover">{html.escape(inside[1:])}</a>')
    return keep(
        f'<a href="{html.escape(address)}">{_inline(words if bar else address, keep) if bar else _escaped(address)}</a>'
    )


def _escaped(text: str) -> str:
    parts, at = [], 0
    for entity in ENTITY.finditer(text):
        parts += [html.escape(text[at : entity.start()], quote=False), entity[0]]
        at = entity.end()
    return "".join([*parts, html.escape(text[at:], quote=False)])


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "br":
            self.parts.append("\n")
