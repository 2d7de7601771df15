"""One cell: its address, its text, the XML of a new value. After ECMA-376 part 1, 18.3.1.4 and 18.18.11."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from connectors.excel.package_xml import Markup, Tag, escaped

LAST_ROW, LAST_COLUMN = 1_048_576, 16_384
LONGEST_TEXT = 32_767
"""The most characters that Excel keeps in a cell, counted in UTF-16 units."""

Value = str | int | float | None

REF = re.compile(rb"""(\sref\s*=\s*)(?:"[^"]*"|'[^']*')""")
"""The attribute by which an element says what cells it means."""

_ADDRESS = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9][0-9]{0,6})")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE_LIKE = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_REPLACED_ATTRIBUTES = re.compile(rb"""\s(?:t|ph)\s*=\s*(?:"[^"]*"|'[^']*')""")


@dataclass(frozen=True)
class Area:
    """A rectangle of cells, both ends included; rows and columns count from 1."""

    top: int
    left: int
    bottom: int
    right: int

    def holds(self, row: int, column: int) -> bool:
        return self.top <= row <= self.bottom and self.left <= column <= self.right

    def meets(self, other: Area) -> bool:
        """Whether the two share a cell."""
        return (
            self.top <= other.bottom
            and other.top <= self.bottom
            and self.left <= other.right
            and other.left <= self.right
        )

    def grown(self, row: int, column: int) -> Area:
        """The smallest area that holds this one and the cell too."""
        return Area(
            min(self.top, row), min(self.left, column), max(self.bottom, row), max(self.right, column)
        )

    def __str__(self) -> str:
        first, last = address(self.top, self.left), address(self.bottom, self.right)
        return first if first == last else f"{first}:{last}"


@dataclass(frozen=True)
class CellEdit:
    """A value for one cell; row and column count from 1, None empties the cell and leaves its style.

    A cell that is not there yet takes the style of the one in column `like` of its row or, without `like`, of
    the nearest one at its left.
    """

    row: int
    column: int
    value: Value
    like: int | None = None


def letters(column: int) -> str:
    """1 → A, 27 → AA."""
    text = ""
    while column:
        column, digit = divmod(column - 1, 26)
        text = chr(ord("A") + digit) + text
    return text


def address(row: int, column: int) -> str:
    return f"{letters(column)}{row}"


def position(text: str) -> tuple[int, int] | None:
    """(row, column) of an address such as `B7`; None where it is none."""
    found = _ADDRESS.fullmatch(text)
    if found is None:
        return None
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(found[2]), column


def area(text: str) -> Area | None:
    """An area such as `A1:C4` or `B7`; None where it is none."""
    first, _, last = text.partition(":")
    start, end = position(first), position(last or first)
    return Area(*start, *end) if start and end else None


def fitting(text: str) -> str:
    """The text as a cell can hold it: without characters that XML forbids, line ends as Excel writes them."""
    return _ILLEGAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def length(text: str) -> int:
    """How many of a cell's 32,767 characters the text takes."""
    return len(text) + sum(character > "\uffff" for character in text)


def element(prefix: bytes, where: str, style: int | None, value: str | int | float) -> bytes:
    """A new cell. Text is always an inline string, so that `=1+1` is four characters and no formula."""
    attributes = f' r="{where}"' + (f' s="{style}"' if style else "")
    kind, content = _content(prefix, value)
    return b"<%bc%b%b>%b</%bc>" % (prefix, attributes.encode(), kind, content, prefix)


def refilled(prefix: bytes, tag: Tag, value: Value) -> bytes:
    """An existing cell with another value: its address, its style and what else it carries stay."""
    attributes = _REPLACED_ATTRIBUTES.sub(b"", tag.attribute_text)
    if value is None:
        return b"<%b%b/>" % (tag.name, attributes)
    kind, content = _content(prefix, value)
    return b"<%b%b%b>%b</%b>" % (tag.name, attributes, kind, content, tag.name)


def _content(prefix: bytes, value: str | int | float) -> tuple[bytes, bytes]:
    if isinstance(value, str):
        # Without the attribute a reader may drop blanks at the ends and line breaks (18.4.12).
        space = b' xml:space="preserve"' if value != value.strip() or "\n" in value else b""
        text = escaped(_ESCAPE_LIKE.sub("_x005F_", value))
        return b' t="inlineStr"', b"<%bis><%bt%b>%b</%bt></%bis>" % (
            prefix,
            prefix,
            space,
            text,
            prefix,
            prefix,
        )
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"a cell is given text or a finite number, not {value!r}")
    return b"", b"<%bv>%b</%bv>" % (prefix, repr(value).encode(), prefix)


def text(part: Markup, prefix: bytes, tag: Tag, end: int, shared: Callable[[int], str]) -> str:
    """What the cell from `tag` to `end` holds, as text: strings as they read, numbers and errors as stored.

    Empty if it holds nothing. `shared` gives the shared string of an index.
    """
    kind = tag.attributes.get("t", "n")
    if kind == "inlineStr":
        return string(part, prefix, tag.end, end)
    for value in part.tags(prefix + b"v", tag.end, end):
        stored = part.text(value, end)
        if kind == "s":
            return shared(int(stored)) if stored.strip().isdecimal() else ""
        return _unescaped(stored) if kind == "str" else stored
    return ""


def string(part: Markup, prefix: bytes, start: int, end: int) -> str:
    """The text of a plain or rich string (`is` or `si`) whose content lies from `start` to `end`.

    Phonetic hints are not part of it (18.4.6).
    """
    hints = [(tag.start, part.element_end(tag, end)[1]) for tag in part.tags(prefix + b"rPh", start, end)]
    runs = [
        part.text(tag, end)
        for tag in part.tags(prefix + b"t", start, end)
        if not any(low <= tag.start < high for low, high in hints)
    ]
    return _unescaped("".join(runs))


def _unescaped(text: str) -> str:
    """`_x000D_` and the like resolved (ST_Xstring, 22.9.2.19): each stands for one UTF-16 unit."""
    if "_x" not in text:
        return text
    units = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
