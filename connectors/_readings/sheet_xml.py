"""Reads what the workbook library leaves out from the parts themselves, as a stream and without entities."""

from __future__ import annotations

import re
from xml.parsers import expat

_REFERENCE = re.compile(r"([A-Z]+)[0-9]+")


class DamagedXML(Exception):
    """The part is not well-formed, or declares a document type (so: entities), which no workbook has."""


def elements(data: bytes, name: str) -> list[dict[str, str]]:
    """The attributes of every element of this name; namespaces are left out of both names."""
    found: list[dict[str, str]] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == name:
            found.append({_local(key): value for key, value in attributes.items()})

    parser = _parser()
    parser.StartElementHandler = start
    _parse(parser, data)
    return found


def error_cells(data: bytes) -> dict[tuple[int, int], str]:
    """The cells of a sheet part that hold an error value: row and column (from 0) → its text.

    After ECMA-376 part 1, 18.3.1.73 (row) and 18.3.1.4 (c): `r` may be missing there; a row or cell without
    it stands right after the one before.
    """
    found: dict[tuple[int, int], str] = {}
    row = column = -1
    error = False
    text: list[str] | None = None

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, error, text
        name = _local(tag)
        if name == "row":
            row = int(attributes["r"]) - 1 if "r" in attributes else row + 1
            column = -1
        elif name == "c":
            column = _column(attributes["r"]) if "r" in attributes else column + 1
            error = attributes.get("t") == "e"
        elif name == "v" and error:
            text = []

    def end(tag: str) -> None:
        nonlocal text
        if text is not None and _local(tag) == "v":
            found[row, column] = "".join(text)
            text = None

    def characters(some: str) -> None:
        if text is not None:
            text.append(some)

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    _parse(parser, data)
    return found


def comment_texts(data: bytes, name: str) -> list[tuple[str, str]]:
    """Reference and text of each element of this name (`comment`, 18.7.3, or `threadedComment`), on one line."""
    found: list[tuple[str, str]] = []
    reference: str | None = None
    text: list[str] = []
    inside = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal reference, inside
        local = _local(tag)
        if local == name:
            reference = attributes.get("ref", "")
            text.clear()
        elif local in ("t", "text"):
            inside += 1

    def end(tag: str) -> None:
        nonlocal reference, inside
        local = _local(tag)
        if local in ("t", "text"):
            inside -= 1
        elif local == name and reference is not None:
            found.append((reference, " ".join("".join(text).split())))
            reference = None

    def characters(some: str) -> None:
        if inside and reference is not None:
            text.append(some)

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = characters
    _parse(parser, data)
    return found


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise DamagedXML("it declares a document type")

    parser.StartDoctypeDeclHandler = refuse
    return parser


def _parse(parser: expat.XMLParserType, data: bytes) -> None:
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise DamagedXML(str(error)) from error


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _column(reference: str) -> int:
    """The column of a cell reference, from 0: `C7` is 2."""
    match = _REFERENCE.fullmatch(reference)
    number = 0
    for letter in match[1] if match else "A":
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
