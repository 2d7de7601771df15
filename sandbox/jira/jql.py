"""The part of JQL that the sandbox knows; everything else is refused in Jira's words.

    [NOT] clause {AND|OR clause} [ORDER BY created|updated|key [ASC|DESC], …]

with the fields project, key (issue, issuekey, id), labels, issuetype, status, statusCategory, assignee,
created, updated and duedate. Dates are epoch milliseconds, "yyyy/MM/dd HH:mm" in the account's time zone,
or a period before now ("-5m", "-4w").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.jira.jql_terms import JqlError, Test, Unbounded, compare, is_empty, no_field
from sandbox.jira.model import Issue
from sandbox.jira.site import JiraSite

TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark><=|>=|!=|!~|[=<>~(),])|(?P<word>[^\s"'()=<>!~,]+))"""
)
KEYWORDS = {"and", "or", "not", "in", "is", "order", "by"}
SORTS: dict[str, Callable[[Issue], Any]] = {
    "created": lambda issue: (issue.created, int(issue.id)),
    "updated": lambda issue: (issue.updated, int(issue.id)),
    "key": lambda issue: (issue.key.rpartition("-")[0], int(issue.key.rpartition("-")[2])),
    "issuekey": lambda issue: (issue.key.rpartition("-")[0], int(issue.key.rpartition("-")[2])),
    "id": lambda issue: int(issue.id),
}


@dataclass(frozen=True)
class Token:
    text: str
    quoted: bool
    at: int

    @property
    def word(self) -> str:
        """The token as a keyword or field name; empty for a quoted text."""
        return "" if self.quoted else self.text.lower()


def search(site: JiraSite, jql: str, reconciled: Collection[str] = ()) -> list[Issue]:
    """The visible issues that match as the index has them (`reconciled`: as they are), in order.

    Raises JqlError; Unbounded without a restriction.
    """
    test, order = parse(site, jql)
    if test is None:
        raise Unbounded("Unbounded JQL queries are not allowed here. Add a search restriction to the query.")
    shown = site.indexed(reconciled).values()
    found = [issue for issue in shown if site.visible(issue) and test(issue)]
    for name, descending in reversed(order or [("created", True)]):
        found.sort(key=SORTS[name], reverse=descending)
    return found


def parse(site: JiraSite, jql: str) -> tuple[Test | None, list[tuple[str, bool]]]:
    """The restriction, None where there is none, and the order."""
    reader = _Reader(site, _tokens(jql))
    test = None if reader.done() or reader.sees("order") else reader.either()
    order = reader.order()
    if not reader.done():
        raise reader.unexpected("either 'OR' or 'AND'")
    return test, order


def _tokens(jql: str) -> list[Token]:
    tokens, at = [], 0
    while jql[at:].strip():
        match = TOKEN.match(jql, at)
        if match is None:
            raise JqlError(
                f"Error in the JQL Query: The character '{jql[at]}' is a reserved JQL character. You must"
                f" enclose it in a string or use the escape. (line 1, character {at + 1})"
            )
        text = match["text"]
        found = re.sub(r"\\(.)", r"\1", text[1:-1]) if text else match["mark"] or match["word"]
        tokens.append(Token(found, bool(text), match.start(match.lastgroup or 0) + 1))
        at = match.end()
    return tokens


class _Reader:
    def __init__(self, site: JiraSite, tokens: Sequence[Token]) -> None:
        self.site = site
        self.tokens = tokens
        self.at = 0

    def done(self) -> bool:
        return self.at >= len(self.tokens)

    def sees(self, *words: str) -> bool:
        ahead = self.tokens[self.at : self.at + len(words)]
        return [token.word for token in ahead] == list(words)

    def takes(self, *words: str) -> bool:
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def unexpected(self, expected: str) -> JqlError:
        if self.done():
            return JqlError(f"Error in the JQL Query: Expecting {expected} before the end of the query.")
        token = self.tokens[self.at]
        return JqlError(
            f"Error in the JQL Query: Expecting {expected} but got '{token.text}'."
            f" (line 1, character {token.at})"
        )

    def take(self, expected: str) -> Token:
        if self.done():
            raise self.unexpected(expected)
        self.at += 1
        return self.tokens[self.at - 1]

    def either(self) -> Test:
        tests = [self.both()]
        while self.takes("or"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda issue: any(test(issue) for test in tests)

    def both(self) -> Test:
        tests = [self.one()]
        while self.takes("and"):
            tests.append(self.one())
        return tests[0] if len(tests) == 1 else lambda issue: all(test(issue) for test in tests)

    def one(self) -> Test:
        if self.takes("not"):
            test = self.one()
            return lambda issue: not test(issue)
        if self.takes("("):
            test = self.either()
            if not self.takes(")"):
                raise self.unexpected("')'")
            return test
        return self.clause()

    def clause(self) -> Test:
        token = self.take("a field name")
        if token.word in KEYWORDS or token.text in "()=<>,":
            self.at -= 1
            raise self.unexpected("either a value, list or function")
        field, operator = token.text.lower(), self.operator()
        if operator in ("is", "is not"):
            self.empty()
            return is_empty(field, operator == "is")
        values = self.values() if operator in ("in", "not in") else [self.take("a value").text]
        return compare(self.site, field, operator, values)

    def operator(self) -> str:
        for words in (("is", "not"), ("is",), ("not", "in"), ("in",)):
            if self.takes(*words):
                return " ".join(words)
        token = self.take("operator")
        if token.quoted or token.text not in ("=", "!=", "<", "<=", ">", ">="):
            self.at -= 1
            raise self.unexpected("operator")
        return token.text

    def empty(self) -> None:
        if not (self.takes("empty") or self.takes("null")):
            raise self.unexpected("'EMPTY' or 'NULL'")

    def values(self) -> list[str]:
        if not self.takes("("):
            raise self.unexpected("'('")
        found = [self.take("a value").text]
        while self.takes(","):
            found.append(self.take("a value").text)
        if not self.takes(")"):
            raise self.unexpected("')'")
        return found

    def order(self) -> list[tuple[str, bool]]:
        if not self.takes("order", "by"):
            return []
        found = []
        while True:
            token = self.take("a field name")
            if token.word not in SORTS:
                raise no_field(token.text)
            descending = not self.takes("asc") and self.takes("desc")
            found.append((token.word, descending))
            if not self.takes(","):
                return found
