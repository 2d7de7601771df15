"""The small language in which a rule's messages are written.

`{column}` stands for a column of the finding, `{column|filter}` for its value in words, and `[…]` for a part
that is left out as a whole when a column in it has no value or may not be seen at the destination:

    {what|item} reaches {to_department|department} on {reaches_on|date}[; {amount_at_risk|money} is at stake]

A template can only name columns and filters: it calls nothing, and a value is never read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from rules.engine.names import Names

FIELD = re.compile(r"\{\s*([a-z_][a-z0-9_]*)\s*(?:\|\s*([a-z]+)(?:\s+([^{}|]+?))?\s*)?\}")
UNKNOWN = "(not known)"
WITHHELD = "(not shown here)"

# A value that only some destinations may receive is known by its filter, so that no template can forget it.
FINANCE = frozenset({"money"})


class TemplateError(Exception):
    """A template that cannot be used; the message says what is wrong with it and what to write."""


@dataclass(frozen=True)
class Field:
    """One `{name|filter argument}`."""

    name: str
    filter: str
    argument: str


Part = str | Field


@dataclass(frozen=True)
class Template:
    """A parsed template: pieces in order, each optional or not."""

    text: str
    pieces: tuple[tuple[bool, tuple[Part, ...]], ...]

    def fields(self) -> Iterator[Field]:
        """Every field in it, in order."""
        for _, parts in self.pieces:
            yield from (part for part in parts if isinstance(part, Field))


def parse(text: str) -> Template:
    """The template in `text`. Raises TemplateError for a stray bracket or brace, or an unknown filter."""
    pieces: list[tuple[bool, tuple[Part, ...]]] = []
    for index, chunk in enumerate(re.split(r"(\[[^\[\]]*\])", text)):
        optional = index % 2 == 1
        inner = chunk[1:-1] if optional else chunk
        if re.search(r"[\[\]]", inner):
            raise TemplateError(f"{text!r}: a bracket without its partner; write [part that may be left out]")
        parts = _parts(inner, text)
        if optional and not any(isinstance(part, Field) for part in parts):
            raise TemplateError(
                f"{text!r}: {chunk} names no column, so nothing decides whether it is left out"
            )
        if parts:
            pieces.append((optional, parts))
    return Template(text, tuple(pieces))


def _parts(text: str, whole: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    end = 0
    for match in FIELD.finditer(text):
        parts.append(text[end : match.start()])
        name, filter_, argument = match.group(1), match.group(2) or "", match.group(3) or ""
        if filter_ and filter_ not in FILTERS:
            raise TemplateError(f"{whole!r}: no filter {filter_!r}; there are {', '.join(sorted(FILTERS))}")
        parts.append(Field(name, filter_, argument))
        end = match.end()
    parts.append(text[end:])
    texts = [part for part in parts if isinstance(part, str)]
    if any("{" in part or "}" in part for part in texts):
        raise TemplateError(f"{whole!r}: a brace that is no field; write {{column}} or {{column|filter}}")
    return tuple(part for part in parts if part != "")


def render(template: Template, row: Mapping[str, Any], names: Names, may_see: frozenset[str]) -> str | None:
    """The template in words, or None where a field outside brackets has no value or may not be seen."""
    out: list[str] = []
    for optional, parts in template.pieces:
        words = _words(parts, row, names, may_see)
        if words is None and not optional:
            return None
        out.append(words or "")
    return "".join(out).strip() or None


def render_whole(template: Template, row: Mapping[str, Any], names: Names, may_see: frozenset[str]) -> str:
    """As `render`, but always a sentence: what has no value reads "(not known)"."""
    out: list[str] = []
    for optional, parts in template.pieces:
        words = _words(parts, row, names, may_see)
        if words is None and not optional:
            gap = [part if isinstance(part, str) else _or_gap(part, row, names, may_see) for part in parts]
            words = "".join(gap)
        out.append(words or "")
    return "".join(out).strip()


def _or_gap(field: Field, row: Mapping[str, Any], names: Names, may_see: frozenset[str]) -> str:
    hidden = field.filter in FINANCE and "finance" not in may_see
    return WITHHELD if hidden else _value(field, row, names, may_see) or UNKNOWN


def _words(
    parts: tuple[Part, ...], row: Mapping[str, Any], names: Names, may_see: frozenset[str]
) -> str | None:
    out: list[str] = []
    for part in parts:
        words = part if isinstance(part, str) else _value(part, row, names, may_see)
        if words is None:
            return None
        out.append(words)
    return "".join(out)


def _value(field: Field, row: Mapping[str, Any], names: Names, may_see: frozenset[str]) -> str | None:
    value = row.get(field.name)
    if value is None or value == "" or value == []:
        return None
    if field.filter in FINANCE and "finance" not in may_see:
        return None
    return FILTERS[field.filter](value, field.argument, names, may_see) or None


# --- filters -------------------------------------------------------------------------------------------


# Not from the locale: the same finding reads the same on every machine.
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day(value: Any) -> str:
    """A date (or its ISO text) as people in Britain write it, without ambiguity: `Mon 2 March 2026`."""
    when = value if isinstance(value, date) else date.fromisoformat(str(value)[:10])
    return f"{WEEKDAYS[when.weekday()]} {when.day} {MONTHS[when.month - 1]} {when.year}"


def count(number: Any, noun: str) -> str:
    """`1 posting`, `12 postings` of a number or a list; an odd plural is given as `entry/entries`."""
    singular, _, plural = noun.partition("/")
    amount = len(number) if isinstance(number, list) else int(number)
    return f"{amount:,} {singular if abs(amount) == 1 else plural or singular + 's'}"


def money(amount: Any, currency: str) -> str:
    """`GBP 1,250,000`, with pence only where there are any."""
    value = Decimal(str(amount)).quantize(Decimal("0.01"))
    text = f"{value:,.2f}".removesuffix(".00")
    return f"{currency} {text}".strip()


def listed(words: list[str], most: int = 5) -> str:
    """`a, b and c`; beyond `most`, `a, b, c, d, e and 3 more`."""
    shown = words if len(words) <= most else [*words[:most], f"{len(words) - most} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _each(value: Any, word: Callable[[str], str]) -> str:
    return listed([word(str(one)) for one in (value if isinstance(value, list) else [value])])


Filter = Callable[[Any, str, Names, frozenset[str]], str]
FILTERS: dict[str, Filter] = {
    "": lambda value, _, names, see: (
        listed([str(one) for one in value]) if isinstance(value, list) else str(value)
    ),
    "item": lambda value, how, names, see: _each(value, lambda one: names.item(one, see, how == "source")),
    "key": lambda value, _, names, see: _each(value, names.key),
    "department": lambda value, _, names, see: _each(value, names.department),
    "person": lambda value, _, names, see: _each(value, names.person),
    "date": lambda value, _, names, see: day(value),
    "iso": lambda value, _, names, see: str(value)[:10],
    "days": lambda value, _, names, see: count(abs(int(value)), "working day"),
    "calendar": lambda value, _, names, see: count(abs(int(value)), "day"),
    "count": lambda value, noun, names, see: count(value, noun or "time"),
    "money": lambda value, _, names, see: money(value, names.currency),
}
