"""The grammar of references (DESIGN section 8): what a person writes to say "this waits for that".

references = reference { separator reference }
separator  = ";" | "," | line break
reference  = target [ type [ lag ] ]
target     = key | full id | URL | title in quotes
type       = "FS" | "SS" | "FF" | "SF"
lag        = ("+" | "-") number ("d" | "w")
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, parse_qs, urlsplit

DAYS_PER_WEEK = 5

NOTHING = frozenset(
    {"-", "–", "—", "?", "/", "n/a", "na", "none", "nil", "tbc", "tbd", "keine", "keiner", "entfällt"}
)
"""What people write into such a cell to say that there is nothing, or nothing yet."""

LinkType = Literal["FS", "SS", "FF", "SF"]
LINK_TYPES: dict[str, LinkType] = {"FS": "FS", "SS": "SS", "FF": "FF", "SF": "SF"}

Form = Literal["key", "title", "url"]


@dataclass(frozen=True)
class Reference:
    """One reference as written (`text`) and as read.

    `target` is a key or full id, a title without its quotes, or a URL without query and fragment.
    `lag_days` is in working days.
    """

    text: str
    form: Form
    target: str
    type: LinkType = "FS"
    lag_days: int = 0


_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}
# After a number the type needs no space before it: `2FS+3d` is how MS Project writes it.
_LINK = re.compile(
    r"(?P<body>\d+|.*[\s(])\s*(?P<type>FS|SS|FF|SF)"
    r"\s*(?:(?P<sign>[+\-−–])\s*(?P<number>\d+)\s*(?:d|days?|(?P<weeks>w|weeks?))?)?\s*\)?",
    re.IGNORECASE,
)


def parse(text: str) -> list[Reference]:
    """The references in a cell or field, in order, each written one once."""
    return list(dict.fromkeys(_read(part) for part in _split(text) if part.lower() not in NOTHING))


def _split(text: str) -> list[str]:
    """Cut at separators that stand outside quotes."""
    parts, current, closing = [], "", ""
    for position, character in enumerate(text):
        if closing:
            current += character
            # A closing quote ends the title; the same mark inside a word (5" pipe) does not.
            if character == closing and not text[position + 1 : position + 2].isalnum():
                closing = ""
        elif character in _QUOTES and not current.strip():
            closing = _QUOTES[character]
            current += character
        elif character == "," and _in_address(current, text[position + 1 : position + 2]):
            current += character
        elif character in ";,\r\n":
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current)
    return [part.strip() for part in parts if part.strip()]


def _in_address(current: str, following: str) -> bool:
    """Whether a comma stands inside a pasted address: one that goes on without a space."""
    return bool(re.match(r"\s*https?://\S*$", current, re.IGNORECASE)) and following not in (
        "",
        " ",
        "\n",
        "\r",
        "h",
    )


def _read(part: str) -> Reference:
    link = _LINK.fullmatch(part)
    body = link["body"].strip(" (\t") if link else ""
    if link is None or not body:
        return Reference(part, *_target(part))
    lag = int(link["number"] or 0) * (DAYS_PER_WEEK if link["weeks"] else 1)
    if link["sign"] not in (None, "+"):
        lag = -lag
    return Reference(part, *_target(body), LINK_TYPES[link["type"].upper()], lag)


def _target(body: str) -> tuple[Form, str]:
    for opening, closing in _QUOTES.items():
        if len(body) > 1 and body.startswith(opening) and body.endswith(closing):
            return "title", body[1:-1].strip()
    if re.match(r"https?://", body, re.IGNORECASE):
        return "url", canonical_url(body)
    return "key", body


JIRA_PAGE = re.compile(r"/issues/([A-Za-z][A-Za-z0-9_]*-\d+)/?$")


RECORD_PAGE = re.compile(
    r"(?:/lightning/r(?:/[A-Za-z][A-Za-z0-9_]*)?)?/([A-Za-z0-9]{15}|[A-Za-z0-9]{18})(?:/.*)?$"
)
SALESFORCE_HOST = re.compile(r"(?i)(.+)\.(?:my\.salesforce\.com|lightning\.force\.com)(:\d+)?")


def canonical_url(url: str) -> str:
    """A URL without what does not name the thing: query, fragment, a trailing slash, the host's case.

    A Jira board's address names its issue in the query (`selectedIssue=PLAT-42`), a list's in its path
    (`/projects/PLAT/issues/PLAT-42`); they become the address of that issue itself. So do the addresses of a
    Salesforce record, of Lightning and of Classic, with either form of its id.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:  # not a URL after all; it will be listed as found nowhere
        return url.strip()
    if record := _record_page(parts):
        return record
    selected = parse_qs(parts.query).get("selectedIssue") or JIRA_PAGE.findall(parts.path)
    path = f"/browse/{selected[0]}" if selected else parts.path.rstrip("/")
    return f"{parts.scheme.lower()}://{parts.netloc.lower()}{path}"


def _record_page(parts: SplitResult) -> str | None:
    """The address of a Salesforce record in one form: `https://<My Domain>.my.salesforce.com/<18-character id>`."""
    found = RECORD_PAGE.fullmatch(parts.path)
    host = SALESFORCE_HOST.fullmatch(parts.netloc)
    if found is None or (host is None and not parts.path.startswith("/lightning/r/")):
        return None
    netloc = f"{host[1]}.my.salesforce.com{host[2] or ''}" if host else parts.netloc
    return f"{parts.scheme.lower()}://{netloc.lower()}/{long_record_id(found[1])}"


def long_record_id(key: str) -> str:
    """The 18-character form of a Salesforce id, which is told apart without regard to case.

    Each of its last three characters says which of five of the first 15 are capitals (Salesforce Object
    Reference, "ID Field Type"). 41_resolve.sql has the same for ids that stand alone.
    """
    if len(key) != 15:
        return key
    chunks = (key[start : start + 5] for start in (0, 5, 10))
    return key + "".join(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[
            sum(1 << n for n, letter in enumerate(chunk) if "A" <= letter <= "Z")
        ]
        for chunk in chunks
    )
