"""Refuses a rule that could do, or depend on, anything but the documented views, its parameters and today.

This reads the rule and never runs it: the parsed statement is walked, then bound against empty tables. The
child process (`child.py`) holds the same line again by what its database is not able to do.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

import duckdb

from rules.engine.discover import Rule, RuleError
from rules.engine.facts import Shape
from rules.engine.functions import (
    SORTS,
    TABLE_FUNCTIONS,
    Node,
    Problem,
    call_problem,
    nodes_of,
    serialized,
    word_problem,
)
from rules.engine.header import GIVEN, STANDING

ALLOWED_FROM = frozenset({"BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST", "TABLE_FUNCTION"})
WHOLE_NUMBERS = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT"})


@dataclass(frozen=True)
class Checked:
    """What a rule is found to be: its result's columns with their types, and the views that it reads."""

    columns: Mapping[str, str]
    views: frozenset[str]


@cache
def _tables(sql: str) -> frozenset[str]:
    nodes = (node for node in nodes_of(serialized(sql)) if node.get("type") == "BASE_TABLE")
    return frozenset(node["table_name"].lower() for node in nodes)


class Checker:
    """Checks rules against one shape of the documented views."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape
        self._db = duckdb.connect(
            ":memory:", config={"enable_external_access": "false", "python_enable_replacements": "false"}
        )
        for view, columns in shape.items():
            listed = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
            self._db.execute(f'CREATE TABLE "{view}" ({listed})')

    def check(self, rule: Rule) -> Checked:
        """What the rule is. Raises RuleError naming the file, what is wrong, and what to do."""
        statement, tree = self._one_select(rule)
        views = self._walk(rule, tree)
        self._parameters(rule, statement)
        columns = self._bind(rule, statement)
        _result(rule, columns)
        return Checked(columns, views)

    def _one_select(self, rule: Rule) -> tuple[duckdb.Statement, Node]:
        place = rule.place()
        try:
            statements = self._db.extract_statements(rule.sql)
        except duckdb.Error as error:
            raise RuleError(
                place, f"its SQL cannot be parsed ({_first_line(error)})", "Correct it"
            ) from error
        if len(statements) != 1:
            raise RuleError(
                place,
                f"it holds {len(statements)} statements",
                "Leave exactly one SELECT; a rule is one query",
            )
        kind = statements[0].type.name
        tree = serialized(rule.sql)
        if kind != "SELECT" or tree["error"]:
            word = re.match(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(\w+)", rule.sql, re.DOTALL)
            what = word.group(1).upper() if word else kind
            raise RuleError(place, f"it is {what}, no plain SELECT", "A rule only reads: write one SELECT")
        return statements[0], tree

    def _walk(self, rule: Rule, tree: Node) -> frozenset[str]:
        nodes = list(nodes_of(tree))
        own = {entry["key"].lower() for node in nodes for entry in node.get("cte_map", {}).get("map", [])}
        sorted_next = {
            id(child) for node in nodes if node.get("function_name") in SORTS for child in node["children"]
        }
        views: set[str] = set()
        for node in nodes:
            problem = _chance(node)
            if node.get("class") == "COLUMN_REF":
                problem = word_problem(node["column_names"])
            elif node.get("class") in ("FUNCTION", "WINDOW"):
                problem = call_problem(node, id(node) in sorted_next)
            elif "sample" in node and "alias" in node:
                views |= self._source(rule, node, own)
            if problem:
                raise RuleError(rule.place(), *problem)
        return frozenset(views)

    def _source(self, rule: Rule, node: Node, own: set[str]) -> set[str]:
        place, kind = rule.place(), node["type"]
        if kind not in ALLOWED_FROM or node.get("ref_type") == "POSITIONAL":
            raise RuleError(
                place, f"its FROM holds a {node.get('ref_type', kind)}", "Use views, joins and subqueries"
            )
        if kind == "TABLE_FUNCTION":
            name = node["function"]["function_name"].lower()
            if name not in TABLE_FUNCTIONS:
                raise RuleError(
                    place,
                    f"it calls the table function {name}(…)",
                    "A rule reads the documented views only; of table functions it may use "
                    + ", ".join(sorted(TABLE_FUNCTIONS)),
                )
        if kind != "BASE_TABLE":
            return set()
        name = node["table_name"]
        plain = not node["catalog_name"] and node["schema_name"] in ("", "main")
        if plain and not node["schema_name"] and name.lower() in own:
            return set()
        if plain and name.lower() in self._shape and node["at_clause"] is None:
            return {name.lower()}
        full = ".".join(part for part in (node["catalog_name"], node["schema_name"], name) if part)
        near = difflib.get_close_matches(name.lower(), [*self._shape, *own], n=1)
        advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(sorted(self._shape))}"
        raise RuleError(place, f"it reads {full!r}, which is no documented view that a rule may read", advice)

    def _parameters(self, rule: Rule, statement: duckdb.Statement) -> None:
        declared = {*rule.header.parameters, "today"}
        used = set(statement.named_parameters)
        if unknown := sorted(used - declared):
            known = ", ".join(sorted("$" + name for name in declared))
            raise RuleError(
                rule.place(),
                f"it uses ${unknown[0]}, which its header does not declare",
                f"Declare it under `parameters`, or use one of: {known}",
            )
        if idle := sorted(set(rule.header.parameters) - used):
            raise RuleError(rule.place(), f"its parameter {idle[0]} is used nowhere", "Use it or take it out")

    def _bind(self, rule: Rule, statement: duckdb.Statement) -> dict[str, str]:
        defaults = {name: parameter.default for name, parameter in rule.header.parameters.items()}
        values = {"today": date(2000, 1, 1), **defaults}
        given = {name: values[name] for name in statement.named_parameters}
        try:
            # The statement was found to be one plain SELECT; DESCRIBE binds it and runs nothing.
            described = self._db.execute(f"DESCRIBE {statement.query}", given).fetchall()
        except duckdb.Error as error:
            raise RuleError(
                rule.place(), f"its SELECT does not fit the views ({_first_line(error)})", "Correct it"
            ) from error
        names = [row[0] for row in described]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise RuleError(rule.place(), f"it returns two columns named {twice[0]}", "Name each column once")
        return {row[0]: row[1] for row in described}


def _chance(node: Node) -> Problem | None:
    """Whether it is chance which rows are read or remain."""
    if node.get("sample") is not None:
        return "it takes a random sample", "Read all rows"
    kinds = {modifier["type"] for modifier in node.get("modifiers", [])}
    if kinds & {"LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER"} and "ORDER_MODIFIER" not in kinds:
        return "it has a LIMIT without ORDER BY, so chance picks the rows", "Add an ORDER BY"
    return None


def _result(rule: Rule, columns: Mapping[str, str]) -> None:
    """The columns that every rule returns are there, of the right type, and its messages name no others."""
    place = rule.place()
    for name in (*rule.header.key, *sorted(STANDING)):
        if name not in columns:
            raise RuleError(
                place, f"its SELECT returns no column {name}", f"Return it; it returns {', '.join(columns)}"
            )
    if columns["evidence"] != "VARCHAR[]":
        raise RuleError(place, f"its evidence is {columns['evidence']}", "Return a list of ids (VARCHAR[])")
    for name, fits, advice in (
        ("days_late", columns.get("days_late") in (None, *WHOLE_NUMBERS), "Cast it to INTEGER"),
        (
            "amount_at_risk",
            columns.get("amount_at_risk", "DECIMAL").startswith("DECIMAL"),
            "Cast it to DECIMAL: money is never a float",
        ),
    ):
        if not fits:
            raise RuleError(place, f"its {name} is {columns[name]}", advice)
    for audience, message in rule.header.messages.items():
        for name, where in message.columns():
            if name not in columns and name not in GIVEN:
                near = difflib.get_close_matches(name, [*columns, *GIVEN], n=1)
                advice = f"Did you mean {near[0]}?" if near else "Return it from the SELECT"
                raise RuleError(
                    place, f"its message {audience} names an unknown column {name} ({where})", advice
                )


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0]
