"""From a file's bytes to its records: encoding, delimiter, quotes. Every character ends up in some record."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import NamedTuple

from connectors.contract import Unreadable

DELIMITERS = (";", ",", "\t", "|")
LONGEST_CELL = 1_000_000  # characters; a quoted cell that runs on for longer was opened by a stray quote
AGAIN = "Nothing of this file was taken. Export it again"
CORRECT = "correct it in the export"

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Record(NamedTuple):
    """One record: the line it begins on (the first is 1), its cells, why it cannot be read, and whether a
    line end closes it (only the last one of a file may lack that)."""

    line: int
    cells: list[str]
    fault: str | None = None
    closed: bool = True


def decoded(data: bytes, encoding: str | None, place: str) -> str:
    """The text of a file, without its byte order mark.

    In no stated encoding, a file without a mark is UTF-8, and each of its lines that is not is cp1252 (with
    Latin-1 for the five bytes that this leaves open), so files put together from two sources read right.
    Raises Unreadable where the stated encoding does not fit, or where the file ends within a character.
    """
    if encoding is not None:
        try:
            return data.decode(encoding).removeprefix("\ufeff")
        except UnicodeDecodeError as error:
            problem = f"byte {error.start + 1} is not in the stated encoding {encoding} ({error.reason})"
            raise Unreadable(
                place, problem, "Correct `encoding`, or leave it out so that it is found"
            ) from error
    for mark, name in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], name, place)
    if unmarked := _unmarked_utf16(data):
        return _strictly(data, unmarked, place)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and error.end == len(data):
            raise _cut(place, "it ends within a character") from error
    return "\n".join(_line(line) for line in data.split(b"\n"))


def _strictly(data: bytes, encoding: str, place: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _cut(place, f"it is {encoding}, but byte {error.start + 1} is not ({error.reason})") from error


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without its mark: in Western text every other byte is then zero."""
    sample = data[:2000]
    if sample.count(0) * 3 < len(sample):
        return None
    return "utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"


def _line(line: bytes) -> str:
    for encoding in ("utf-8", "cp1252"):
        try:
            return line.decode(encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def _cut(place: str, how: str) -> Unreadable:
    return Unreadable(place, f"the file was cut short: {how}", AGAIN)


def records(
    text: str, delimiter: str, place: str, fits: Callable[[list[str]], bool] = lambda cells: True
) -> Iterator[Record]:
    """The records of a text after RFC 4180, quoted line breaks included, in one pass.

    A quote opens a cell only at its beginning, as the format says; elsewhere it is a character like others.
    Where text follows a closing quote, or a record of several lines does not fit, the opening quote was a
    stray one: its line alone is at fault, and reading goes on with the next line. Raises Unreadable where a
    quote is still open when the file ends.
    """
    end_mark = "\n" if "\n" in text or "\r" not in text else "\r"
    position, line = 0, 1
    while position < len(text):
        end = text.find(end_mark, position)
        closed = end >= 0
        end = end if closed else len(text)
        plain = text[position:end].removesuffix("\r")
        if '"' not in plain:
            yield Record(line, plain.split(delimiter), closed=closed)
            position, line = end + 1, line + 1
            continue
        cells, after = _quoted(text, position, delimiter, end_mark)
        if after < 0:
            raise _cut(place, f"the quote that opens in line {line} is never closed")
        if not after or (after > end + 1 and not fits(cells)):
            yield Record(line, [plain], f"line {line}: a quote stands where none may; {CORRECT}", closed)
            position, line = end + 1, line + 1
            continue
        yield Record(line, cells, closed=text.startswith(end_mark, after - 1))
        line += text.count(end_mark, position, after)
        position = after


def _quoted(text: str, position: int, delimiter: str, end_mark: str) -> tuple[list[str], int]:
    """One record that holds quotes, from `position` on: its cells, and where the next record begins.

    That is 0 where text follows a closing quote, and -1 where a quote is never closed.
    """
    cells: list[str] = []
    while True:
        if text.startswith('"', position):
            closing = _closing_quote(text, position + 1)
            if closing <= 0:
                return cells, closing
            cells.append(text[position + 1 : closing].replace('""', '"'))
            position = closing + 1
        else:
            end = text.find(end_mark, position)
            end = end if end >= 0 else len(text)
            mark = text.find(delimiter, position, end)
            cells.append(text[position:mark] if mark >= 0 else text[position:end].removesuffix("\r"))
            position = mark if mark >= 0 else end
        if text.startswith(delimiter, position):
            position += 1
        elif position >= len(text):
            return cells, len(text)
        elif text.startswith(end_mark, position):
            return cells, position + 1
        elif text.startswith("\r\n", position):
            return cells, position + 2
        else:
            return cells, 0


def _closing_quote(text: str, position: int) -> int:
    """Where the quote closes that opened before `position`; 0 where it runs on too long, -1 where nowhere."""
    start = position
    while (closing := text.find('"', position)) >= 0:
        if not text.startswith('"', closing + 1):
            return closing if closing - start <= LONGEST_CELL else 0
        position = closing + 2
    return -1
