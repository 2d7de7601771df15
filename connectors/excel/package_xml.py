"""XML as bytes: where tags stand and what they say, so that a part can be changed without being rewritten.

A parser that builds a tree and writes it out again loses what it does not know (prefixes, the order of
attributes, white space, alternate content), and takes longer than all other work on a large sheet. So small
parts are read as trees, while sheets and shared strings are searched as they stand: in a well-formed document
a `<` begins markup and nothing else (XML 1.0, 2.4 and 3.1), once comments, CDATA sections and processing
instructions are blanked out.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from xml.parsers import expat

from connectors.contract import Refused, Unreadable

_TAG = re.compile(rb"""<([^\s/>!?<]+)((?:\s+[^\s=/>]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(/?)>""")
_ATTRIBUTE = re.compile(rb"""\s([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_FIRST_TAG = re.compile(rb"<[^?!]")
_NO_MARKUP = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.DOTALL)
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ASIDE = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(lt|gt|amp|quot|apos));")
_DECLARED = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([^"']+)["']""")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'"}
_ADVICE = "Open it in Excel and save it anew, or restore it from a copy"


@dataclass(frozen=True)
class Tag:
    """A start tag or an empty-element tag, from `start` up to `end` (bytes into its part)."""

    name: bytes
    start: int
    end: int
    empty: bool
    attribute_text: bytes

    @cached_property
    def attributes(self) -> Mapping[str, str]:
        """Attribute name, with its prefix, → its value."""
        found = _ATTRIBUTE.findall(self.attribute_text)
        return {name.decode(): _unescaped(double or single) for name, double, single in found}

    def number(self, name: str) -> int | None:
        """The attribute as a whole number; None where it is missing or is none."""
        value = self.attributes.get(name, "")
        return int(value) if value.isdecimal() else None

    def true(self, name: str) -> bool:
        """The attribute as a boolean (XML Schema 2, 3.2.2), false where it is missing."""
        return self.attributes.get(name, "").strip() in ("1", "true", "on")


class Markup:
    """A part to be searched. Positions count bytes; names are given with the prefix that the part uses.

    Raises Refused where it declares a document type, Unreadable where it is not UTF-8 or, on searching, turns
    out to be malformed. What nobody searches is not looked at.
    """

    def __init__(self, data: bytes, place: str, part: str) -> None:
        self.data, self.place, self.part = data, place, part
        declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf")[:200])
        if b"\0" in data[:4] or (declared and declared[1].lower() not in (b"utf-8", b"utf8")):
            raise self.malformed("it is not UTF-8")
        self._scan = _blanked(data)
        first = _FIRST_TAG.search(self._scan)
        if first is None:
            raise self.malformed("it has no element")
        if self._scan.find(b"<!", 0, first.start()) >= 0:
            raise _declares_type(place, part)
        self.root = self.tag_at(first.start())

    def tag_at(self, start: int) -> Tag:
        found = _TAG.match(self._scan, start)
        if found is None:
            raise self.malformed(f"at byte {start}")
        name, attributes, slash = found.groups()
        return Tag(name, start, found.end(), bool(slash), attributes)

    def tags(self, name: bytes, start: int, end: int) -> Iterator[Tag]:
        """The start tags of exactly this name that begin from `start` up to `end`."""
        return map(self.tag_at, self.starts(name, start, end))

    def starts(self, name: bytes, start: int, end: int) -> Iterator[int]:
        """Where the start tags of exactly this name begin."""
        opening = b"<" + name
        position = self._scan.find(opening, start, end)
        while position >= 0:
            if self._scan[position + len(opening) : position + len(opening) + 1] in _AFTER_NAME:
                yield position
            position = self._scan.find(opening, position + 1, end)

    def tags_of_any_prefix(self, name: bytes, start: int, end: int) -> Iterator[Tag]:
        """As `tags`, whatever the prefix: for what must not be overlooked."""
        wanted = re.compile(rb"<(?:[^\s/>!?:]+:)?" + name + rb"(?=[\s/>])")
        return (self.tag_at(found.start()) for found in wanted.finditer(self._scan, start, end))

    def last_tag(self, name: bytes, start: int, end: int) -> Tag | None:
        """The last start tag of exactly this name between `start` and `end`."""
        position = self._scan.rfind(b"<" + name, start, end)
        while position >= 0:
            tag = self.tag_at(position)
            if tag.name == name:
                return tag
            position = self._scan.rfind(b"<" + name, start, position)
        return None

    def children(self, start: int, end: int) -> Iterator[tuple[Tag, int]]:
        """The elements that stand side by side from `start` on, each with its end, up to their parent's end."""
        position = self._scan.find(b"<", start, end)
        while position >= 0 and self._scan[position + 1 : position + 2] != b"/":
            tag = self.tag_at(position)
            last = self._whole_end(tag, end)
            yield tag, last
            position = self._scan.find(b"<", last, end)

    def _whole_end(self, tag: Tag, end: int) -> int:
        """Where the tag's element ends, which may hold others of its name."""
        if tag.empty:
            return tag.end
        open_ones = 1
        ends = re.compile(rb"<(/?)" + re.escape(tag.name) + rb"(?=[\s/>])")
        for found in ends.finditer(self._scan, tag.end, end):
            open_ones += -1 if found[1] else not self.tag_at(found.start()).empty
            if not open_ones:
                return self._scan.find(b">", found.start(), end) + 1
        raise self.malformed(f"the element at byte {tag.start} has no end")

    def matches(self, pattern: re.Pattern[bytes], start: int, end: int) -> Iterator[re.Match[bytes]]:
        """Where a pattern of markup is found; comments and the like are not searched."""
        return pattern.finditer(self._scan, start, end)

    def count(self, text: bytes, start: int, end: int) -> int:
        return self._scan.count(text, start, end)

    def has(self, text: bytes, start: int, end: int) -> bool:
        return self._scan.find(text, start, end) >= 0

    def element_end(self, tag: Tag, end: int) -> tuple[int, int]:
        """(where the content of the tag's element ends, where it ends itself); it holds none of its name."""
        if tag.empty:
            return tag.end, tag.end
        closing = b"</" + tag.name
        position = self._scan.find(closing, tag.end, end)
        while position >= 0:
            last = self._scan.find(b">", position, end)
            if not self._scan[position + len(closing) : last].strip():
                return position, last + 1
            position = self._scan.find(closing, position + 1, end)
        raise self.malformed(f"the element at byte {tag.start} has no end")

    def text(self, tag: Tag, end: int) -> str:
        """The characters of an element without child elements, as a parser would give them."""
        content = self.data[tag.end : self.element_end(tag, end)[0]]
        plain = _CDATA.sub(lambda found: escaped(found[1].decode()), content)
        return _unescaped(_ASIDE.sub(b"", plain)).replace("\r\n", "\n").replace("\r", "\n")

    def malformed(self, problem: str) -> Unreadable:
        return Unreadable(self.place, f"its part {self.part} is damaged ({problem})", _ADVICE)


def tree(data: bytes, place: str, part: str) -> ET.Element:
    """A small part as a tree, for reading. Refused if it declares a document type, else as `Markup`."""

    def refuse(*_: object) -> None:
        raise _declares_type(place, part)

    checker = expat.ParserCreate()
    checker.StartDoctypeDeclHandler = refuse
    try:
        checker.Parse(data, True)  # gets no further than a DOCTYPE, so that no entity is ever expanded
        return ET.fromstring(data)
    except (expat.ExpatError, ET.ParseError) as error:
        raise Unreadable(place, f"its part {part} is damaged ({error})", _ADVICE) from error


def is_well_formed(fragment: bytes) -> bool:
    """Whether one element is well-formed; prefixes may be declared outside of it."""
    try:
        expat.ParserCreate().Parse(fragment, True)
    except expat.ExpatError:
        return False
    return True


def escaped(text: str) -> bytes:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").encode()


def escaped_attribute(text: str) -> bytes:
    """For a value between double quotes."""
    return escaped(text).replace(b'"', b"&quot;")


_AFTER_NAME = (b" ", b"\t", b"\r", b"\n", b"/", b">")


def _blanked(data: bytes) -> bytes:
    """The same bytes with comments, CDATA and processing instructions overwritten: for searching only.

    The same object where there are none, so that a large part is not held twice for nothing.
    """
    # One byte is found twenty times faster than two; most sheets hold neither of them after the declaration.
    declared = data.find(b"?>", 0, 200) + 2
    asides = b"!" in data and b"<!" in data
    if not asides and (data.find(b"?", declared) < 0 or data.find(b"<?", 5) < 0):
        return data
    return _NO_MARKUP.sub(lambda found: b" " * len(found[0]), data)


def _unescaped(data: bytes) -> str:
    """Character references and the five named entities resolved (XML 1.0, 4.1 and 4.6)."""
    text = data.decode("utf-8", "replace")
    return _REFERENCE.sub(_referred, text) if "&" in text else text


def _referred(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    if name:
        return _NAMED[name]
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"


def _declares_type(place: str, part: str) -> Refused:
    problem = f"its part {part} declares a document type (entities could hide in it), which no workbook may"
    return Refused(place, problem, "Nothing was written. Find out where this file comes from")
