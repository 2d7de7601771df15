"""What a note says in a tracker's cells: plain text, one short line for the flag, sentences for the ask."""

from __future__ import annotations

from connectors.contract import Message, Note
from connectors.excel.package_cell import LONGEST_TEXT, fitting, length

FLAG_LENGTH = 250
"""Characters: about what a person takes in at a glance, and what fits a cell's height when it wraps."""

HUB_COLUMNS = ("flag", "since", "ask", "answer", "item", "code")
"""The columns that the hub keeps in a tracker, in the order in which it makes them. `answer` is the reader's:
it gets a header from us, and nothing else, ever."""

WIDTHS = {"flag": 48.0, "since": 12.0, "ask": 48.0, "answer": 24.0, "item": 12.0, "code": 10.0}
"""How wide a hub column is made, in characters (ECMA-376 part 1, 18.3.1.13)."""

ANSWER_WORDS = ("ack", "accept", "dispute", "commit by DATE")
"""What the drop-down of an answer cell offers; anything else may be typed too."""
HOW_TO_ANSWER = (
    "ack: seen. accept [up to 10d] [until 2026-05-31]: we live with it. dispute WHY: it is wrong."
    " commit WHAT by 2026-05-31: we give it then. More words may follow."
)
"""Shown beside an answer cell that is selected; at most 255 characters (18.3.1.32)."""


def cell_texts(note: Note) -> dict[str, str]:
    """Hub column → text, for every column that is ours to fill."""
    return {
        "flag": flag(note),
        "since": note.since.isoformat(),
        "ask": shortened(ask(note.message), LONGEST_TEXT),
        "item": note.item_key,
        "code": note.code,
    }


def flag(note: Note) -> str:
    """One line: the headline, and the codes of what else is open on the item."""
    others = f" (also open: {', '.join(note.others)})" if note.others else ""
    headline = one_line(note.message.headline)
    if not note.standing:
        headline = f"Resolved: {headline}"
    return shortened(headline, max(FLAG_LENGTH - len(others), 40)) + others


def ask(message: Message) -> str:
    """What is asked, how to answer, what was understood: on one line, for a line break shows only in a cell
    whose style wraps text, and swallows the space elsewhere."""
    sentences = (one_line(part) for part in (message.ask, message.how, message.reply))
    return " ".join(text if text[-1] in ".!?:;" else f"{text}." for text in sentences if text)


def one_line(text: str) -> str:
    return " ".join(fitting(text).split())


def shortened(text: str, most: int) -> str:
    """The text, cut to at most this many of a cell's characters (UTF-16 units)."""
    if length(text) <= most:
        return text
    return text.encode("utf-16-le")[: 2 * (most - 1)].decode("utf-16-le", "ignore").rstrip() + "…"
