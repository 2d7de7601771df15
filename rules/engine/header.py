"""What a rule's header says: the YAML in the comment that opens its file, as a frozen model.

Unknown keys are refused, and every template in it is parsed here, so that a header that loads can be used.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from rules.engine import template
from rules.engine.template import Template, TemplateError

ANSWERS = frozenset(
    {"ack", "accept", "replan", "reallocate", "descope", "dispute", "commit", "counter", "delivered"}
    | {"received", "returned", "needs", "confirm", "refuse"}
)
"""The kinds of answer of DESIGN section 6: a message may only offer these."""

STANDING = frozenset({"subject_id", "from_department", "to_department", "evidence"})
"""Columns that every rule returns, beside its key columns."""

GIVEN = frozenset({"code", "decide_by"})
"""What a template may name beside the rule's columns: the break's code, and the day to decide by."""

Line = Annotated[str, Field(min_length=1)]
Value = bool | int | float | str | list[str] | list[int]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Parameter(Strict):
    """A number or word that a company may set: `rules: {slip-hits-peer: {warn_days: 5}}`."""

    default: Value
    says: Line
    """What it means, in words for the catalogue."""
    unit: str = ""
    least: int | None = None
    """The smallest value that makes sense."""


class LinkLine(Strict):
    """One link per item id in a column (an id or a list of ids)."""

    link: str


class FactLine(Strict):
    """A name and a value: `Float: 14 working days`."""

    fact: Line
    value: Line


class FactsLine(Strict):
    """One name and value per element of a column of structs `{item, value}`, the name being the item."""

    facts: str


Why = Line | LinkLine | FactLine | FactsLine


class Answer(Strict):
    """One way to answer: what to write (a template; the code is put in after the first word), and why."""

    say: Line
    means: Line

    @field_validator("say")
    @classmethod
    def _known(cls, value: str) -> str:
        if value.split()[0].rstrip("[") not in ANSWERS:
            raise ValueError(
                f"{value!r} begins with no kind of answer; there are {', '.join(sorted(ANSWERS))}"
            )
        return value


class Audience(Strict):
    """One message: where it goes, and its words.

    Where: the items in the column `item`; where that is not set or empty, the item in which the initiative
    of column `anchor` is anchored, in each department of column `department`. Columns may hold lists.
    """

    item: str = ""
    anchor: str = ""
    department: str = ""
    headline: Line
    why: tuple[Why, ...]
    ask: Line
    answers: tuple[Answer, ...]

    @field_validator("why", "answers", mode="before")
    @classmethod
    def _sequence(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    def templates(self) -> Iterator[str]:
        """Every template text of this message."""
        yield self.headline
        yield self.ask
        for line in self.why:
            if isinstance(line, str):
                yield line
            elif isinstance(line, FactLine):
                yield line.value
        yield from (answer.say for answer in self.answers)

    def columns(self) -> Iterator[tuple[str, str]]:
        """Every column of the finding that this message names, with the place that names it."""
        for key in ("item", "anchor", "department"):
            if name := getattr(self, key):
                yield name, key
        for line in self.why:
            if isinstance(line, LinkLine):
                yield line.link, "link"
            elif isinstance(line, FactsLine):
                yield line.facts, "facts"
        for text in self.templates():
            yield from ((field.name, repr(text)) for field in parsed(text).fields())

    @model_validator(mode="after")
    def _parses(self) -> Audience:
        for text in self.templates():
            try:
                parsed(text)
            except TemplateError as error:
                raise ValueError(str(error)) from error
        return self


class Case(Strict):
    """An example with its expected result: rows of the documented views, the day, and what the rule finds.

    `expect` names whichever columns matter; all its rows name the same ones.
    """

    name: Line
    today: date
    parameters: dict[str, Value] = {}
    given: dict[str, list[dict[str, Any]]]
    expect: list[dict[str, Any]]

    @field_validator("expect")
    @classmethod
    def _same_columns(cls, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if any(row.keys() != value[0].keys() for row in value):
            raise ValueError("its expected rows name different columns; let all name the same")
        return value


class Header(Strict):
    """Everything that a rule's file says beside its SELECT."""

    title: Line
    """What is wrong, in a few words."""
    severity: Literal["high", "medium", "low"]
    """How harmful: `high`, `medium` or `low`."""
    parameters: dict[str, Parameter] = {}
    """Values that a company may set, each with `default`, `says`, and where it helps `unit` and `least`."""
    key: tuple[str, ...] = Field(min_length=1)
    """The key columns, in order: one break per combination of their values."""
    evidence: Line
    """Which facts a finding rests on, in words; the SELECT lists their ids."""
    money: bool = False
    """It is about money: the initiative's controller decides, nobody else accepts it."""
    absence: bool = False
    """The rule is about something missing: every source that could hold it must be fresh, too."""
    why: Line
    """Why it matters."""
    fix: Line
    """What people can do about it."""
    messages: dict[str, Audience] = Field(min_length=1)
    """One message per audience: where it goes (`item`, or `anchor` and `department`: columns), and its words
    (`headline`, `why`, `ask`, `answers`: templates)."""
    cases: tuple[Case, ...]
    """Examples: rows of the documented views, the day, and what the rule then finds. At least one in which it
    fires and one in which it is silent."""

    @field_validator("key", "cases", mode="before")
    @classmethod
    def _sequence(cls, value: Any) -> Any:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _cases_fire_and_stay_silent(self) -> Header:
        if not any(case.expect for case in self.cases) or all(case.expect for case in self.cases):
            raise ValueError(
                "`cases` needs at least one in which the rule fires and one in which it is silent"
            )
        names = [case.name for case in self.cases]
        if len(set(names)) < len(names):
            raise ValueError("two of `cases` have the same name")
        if "today" in self.parameters:
            raise ValueError("`parameters` may not hold today: $today is given to every rule")
        return self


@cache
def parsed(text: str) -> Template:
    """A template text, parsed once."""
    return template.parse(text)
