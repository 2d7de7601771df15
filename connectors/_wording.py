"""What the notes of several tools say alike, and what is let into none of them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from connectors.contract import Note

INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
"""Control characters, and those that hide text or turn its direction."""
LONGEST_TEXT = 2_000
"""Characters of one block: nobody reads more, and each tool takes several of them in one note."""
MOST_BLOCKS = 12


def headline(note: Note) -> str:
    """The headline, which says so where the break has recovered."""
    told = note.message.headline
    if note.standing or told.lower().startswith("resolved"):
        return told
    return f"Resolved: {told}"


def how(note: Note) -> str:
    """How to answer, with the code where the sentence has it not, and the day of the flag."""
    told = note.message.how
    code = "" if note.code in told else f"The code is {note.code}."
    return " ".join(filter(None, (told, code, f"Flagged since {note.since.isoformat()}.")))


def is_web_address(url: str) -> bool:
    """Whether it is http(s) with a host, and without characters that a renderer could read otherwise."""
    try:
        split = urlsplit(url)
    except ValueError:
        return False
    unsafe = INVISIBLE.search(url) or any(each.isspace() or each in "<>\"'\\" for each in url)
    return split.scheme in ("http", "https") and bool(split.hostname) and not unsafe
