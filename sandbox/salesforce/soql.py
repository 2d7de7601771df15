"""SOQL as far as callers of the sandbox use it, and as strict as Salesforce is about the rest.

select   = "SELECT" items "FROM" object [ "WHERE" where ] [ "ORDER BY" orders ] [ "LIMIT" n ] [ "OFFSET" n ]
items    = "COUNT()" | item { "," item };  item = path | ("COUNT"|"MAX"|"MIN") "(" path ")" [ alias ]
where    = test { "AND" test } | test { "OR" test };  AND and OR mix only with brackets
test     = "NOT" test | "(" where ")" | path operator value
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.salesforce.comparing import folded, ordered, same

Record = Mapping[str, Any]
Test = Callable[[Callable[[str], Any]], bool]

TOKEN = re.compile(
    r"""\s*(?:(?P<text>'(?:\\.|[^'\\])*')
    |(?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))|(?P<day>\d{4}-\d\d-\d\d)
    |(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_.]*)|(?P<mark><=|>=|!=|[=<>(),]))""",
    re.VERBOSE,
)
KEYWORDS = frozenset(("select", "from", "where", "and", "or", "not", "in", "like", "order", "by", "limit",
                      "offset", "asc", "desc", "nulls", "first", "last", "null", "true", "false"))  # fmt: skip
FUNCTIONS = ("count", "max", "min")


class SoqlError(Exception):
    """What Salesforce says: the query around the place, a caret, the place, and what is wrong there."""

    def __init__(self, query: str, place: int, problem: str, code: str = "MALFORMED_QUERY") -> None:
        start = max(place - 40, 0)
        shown = query[start : place + 40].replace("\n", " ")
        caret = " " * (place - start) + "^"
        super().__init__(f"\n{shown}\n{caret}\nERROR at Row:1:Column:{place + 1}\n{problem}")
        self.code = code


@dataclass(frozen=True)
class Item:
    """One thing selected: a path, or a function of one (`name` is its alias)."""

    path: str
    place: int
    function: str = ""
    name: str = ""


@dataclass
class Query:
    text: str
    kind: str = ""
    kind_place: int = 0
    items: list[Item] = field(default_factory=list)
    counts: bool = False
    test: Test | None = None
    paths: list[Item] = field(default_factory=list)
    """Every path that is filtered or sorted by."""
    orders: list[tuple[str, bool]] = field(default_factory=list)
    limit: int | None = None
    offset: int = 0

    @property
    def aggregates(self) -> bool:
        return any(item.function for item in self.items)


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    place: int

    @property
    def low(self) -> str:
        return self.text.lower()


def parse(text: str) -> Query:
    """Raises SoqlError."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[Token] = []
        place, end = 0, len(text.rstrip())
        while place < end:
            found = TOKEN.match(text, place)
            if found is None:
                place += len(text[place:]) - len(text[place:].lstrip())
                raise SoqlError(text, place, f"unexpected token: '{text[place : place + 1]}'")
            kind = found.lastgroup or ""
            self.tokens.append(Token(kind, found[kind], found.start(kind)))
            place = found.end()
        self.tokens.append(Token("end", "<EOF>", end))
        self.at = 0

    # --- tokens

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        self.at += 1
        return self.tokens[self.at - 1]

    def unexpected(self) -> SoqlError:
        return SoqlError(self.text, self.next.place, f"unexpected token: '{self.next.text}'")

    def word(self, *words: str) -> bool:
        if self.next.kind == "word" and self.next.low in words:
            self.at += 1
            return True
        return False

    def mark(self, mark: str) -> bool:
        if self.next.kind == "mark" and self.next.text == mark:
            self.at += 1
            return True
        return False

    def need(self, *, word: str = "", mark: str = "") -> None:
        if not (self.word(word) if word else self.mark(mark)):
            raise self.unexpected()

    def name(self) -> Token:
        if self.next.kind != "word" or self.next.low in KEYWORDS or self.next.text.endswith("."):
            raise self.unexpected()
        return self.take()

    def number(self) -> int:
        if self.next.kind != "number":
            raise self.unexpected()
        return int(self.take().text)

    # --- clauses

    def query(self) -> Query:
        found = Query(self.text)
        self.need(word="select")
        self._items(found)
        self.need(word="from")
        kind = self.name()
        found.kind, found.kind_place = kind.text, kind.place
        if self.word("where"):
            found.test = self._where(found)
        if self.word("order"):
            self.need(word="by")
            self._orders(found)
        if self.word("limit"):
            found.limit = self.number()
        if self.word("offset"):
            found.offset = self.number()
        if self.next.kind != "end":
            raise self.unexpected()
        return found

    def _items(self, found: Query) -> None:
        while True:
            token = self.name()
            if token.low in FUNCTIONS and self.mark("("):
                if token.low == "count" and self.mark(")"):
                    found.counts = True
                    return
                path = self.name()
                self.need(mark=")")
                alias = self.take().text if self.next.kind == "word" and self.next.low not in KEYWORDS else ""
                number = sum(1 for item in found.items if item.function)
                found.items.append(Item(path.text, path.place, token.low, alias or f"expr{number}"))
            else:
                found.items.append(Item(token.text, token.place))
            if not self.mark(","):
                return

    def _orders(self, found: Query) -> None:
        while True:
            token = self.name()
            found.paths.append(Item(token.text, token.place))
            down = self.word("desc")
            if not down:
                self.word("asc")
            if self.word("nulls") and not self.word("first", "last"):
                raise self.unexpected()
            found.orders.append((token.text, down))
            if not self.mark(","):
                return

    def _where(self, found: Query) -> Test:
        tests = [self._test(found)]
        joint = ""
        while self.next.kind == "word" and self.next.low in ("and", "or"):
            if joint and self.next.low != joint:
                raise self.unexpected()  # AND beside OR must stand in brackets
            joint = self.take().low
            tests.append(self._test(found))
        if joint == "or":
            return lambda of: any(test(of) for test in tests)
        return lambda of: all(test(of) for test in tests)

    def _test(self, found: Query) -> Test:
        if self.word("not"):
            inner = self._test(found)
            return lambda of: not inner(of)
        if self.mark("("):
            inner = self._where(found)
            self.need(mark=")")
            return inner
        path = self.name()
        found.paths.append(Item(path.text, path.place))
        return self._compared(path.text)

    def _compared(self, path: str) -> Test:
        negated = self.word("not")
        if self.word("in"):
            self.need(mark="(")
            values = [self._value()]
            while self.mark(","):
                values.append(self._value())
            self.need(mark=")")
            known = {folded(value) for value in values}
            return lambda of: (folded(of(path)) in known) != negated
        if negated:
            raise self.unexpected()
        if self.word("like"):
            pattern = re.escape(str(self._value())).replace("%", ".*").replace("_", ".")
            return lambda of: bool(re.fullmatch(pattern, str(of(path) or ""), re.IGNORECASE))
        operator = self.next.text
        if operator not in ("=", "!=", "<", "<=", ">", ">="):
            raise self.unexpected()
        self.take()
        value = self._value()
        if operator in ("=", "!="):
            return lambda of: same(of(path), value) == (operator == "=")
        return lambda of: ordered(of(path), operator, value)

    def _value(self) -> Any:
        token = self.next
        if token.kind == "text":
            self.take()
            return re.sub(r"\\(.)", r"\1", token.text[1:-1])
        if token.kind == "number":
            return float(self.take().text)
        if token.kind == "moment":
            return datetime.fromisoformat(self.take().text)
        if token.kind == "day":
            return self.take().text
        if token.kind == "word" and token.low in ("null", "true", "false"):
            return {"null": None, "true": True, "false": False}[self.take().low]
        raise self.unexpected()
