"""Which of DuckDB's functions a rule may call: those whose result depends on their arguments alone.

DuckDB's own catalogue says so for nearly all of them; the few that it calls CONSISTENT and that nevertheless
look at the machine, the session or the order of rows are named here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import duckdb

Node = dict[str, Any]
Problem = tuple[str, str]
"""What is wrong, and what to do."""

TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series"})

# DuckDB binds these bare words to functions where no column has the name (quoted or not).
CLOCK_WORDS = frozenset({"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"})
SESSION_WORDS = frozenset(
    {"current_catalog", "current_role", "current_schema", "current_user", "session_user", "user"}
)
CLOCK_FUNCTIONS = CLOCK_WORDS | frozenset(
    {"age", "ago", "get_current_time", "get_current_timestamp", "now", "today", "transaction_timestamp"}
)
OF_THE_MACHINE = frozenset({"current_setting", "getvariable", "version"})

# What these return depends on the order in which threads deliver rows, unless an ORDER BY says otherwise.
NEEDS_ORDER = frozenset(
    {
        "any_value",
        "arbitrary",
        "array_agg",
        "first",
        "first_value",
        "group_concat",
        "lag",
        "last",
        "last_value",
    }
    | {"lead", "list", "listagg", "nth_value", "row_number", "string_agg"}
)
SORTS = frozenset({"list_sort", "array_sort", "list_reverse_sort", "array_reverse_sort"})

USE_TODAY = "Use the parameter $today: a rule has no clock, so that a run can be repeated"


def nodes_of(tree: Any) -> Iterator[Node]:
    """Every object of a statement as `json_serialize_sql` gives it."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def call_problem(node: Node, sorted_next: bool) -> Problem | None:
    """What is wrong with this call (a FUNCTION or WINDOW node); None where nothing is.

    `sorted_next` says that its result is sorted at once: DuckDB reads `list(x ORDER BY x)` as
    `list_sort(list(x))`.
    """
    name = node["function_name"].lower()
    if problem := function_problem(
        name, len(node["children"]), node.get("catalog", ""), node.get("schema", "")
    ):
        return problem
    window = node["class"] == "WINDOW"
    ordered = (node["orders"] or node["arg_orders"]) if window else node["order_bys"]["orders"]
    if name in NEEDS_ORDER and not ordered and not sorted_next:
        return (
            f"{name}(…) has no ORDER BY, so its result depends on chance",
            f"Write {name}(… ORDER BY …), or use min or max",
        )
    return None


def word_problem(names: list[str]) -> Problem | None:
    """What is wrong with this column reference; None where nothing is."""
    last = names[-1].lower()
    if len(names) == 1 and last in CLOCK_WORDS:
        return f"it reads the clock: {last}", USE_TODAY
    if len(names) == 1 and last in SESSION_WORDS:
        return f"it asks for the session: {last}", "Take it out"
    if last == "rowid":
        return "it uses rowid, which changes from run to run", "Use an id column"
    return None


@cache
def _blank() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(":memory:")


def serialized(sql: str) -> Node:
    """A statement as DuckDB's parser reads it, unbound; its key `error` is true where that is no SELECT."""
    answer = _blank().execute("SELECT json_serialize_sql(?::VARCHAR)", [sql]).fetchone()
    tree: Node = json.loads(answer[0]) if answer else {"error": True}
    return tree


@cache
def _functions() -> Mapping[str, list[tuple[str, str | None, str | None]]]:
    """DuckDB's built-in functions: name → (type, stability, definition of a macro) of each overload."""
    found: dict[str, list[tuple[str, str | None, str | None]]] = {}
    rows = _blank().execute(
        "SELECT function_name, function_type, stability, macro_definition FROM duckdb_functions()"
    )
    for name, kind, stability, definition in rows.fetchall():
        found.setdefault(name, []).append((kind, stability, definition))
    return found


@cache
def function_problem(name: str, arguments: int, catalog: str, schema: str) -> Problem | None:
    """What is wrong with calling this function in a rule, and what to do; None where nothing is."""
    overloads = [one for one in _functions().get(name, []) if one[0] in ("scalar", "aggregate", "macro")]
    if name in TABLE_FUNCTIONS and catalog in ("", "system"):
        return None
    if name in CLOCK_FUNCTIONS and not (name == "age" and arguments == 2):
        return f"it reads the clock: {name}()", USE_TODAY
    if not overloads or catalog not in ("", "system") or schema not in ("", "main", "pg_catalog"):
        return (
            f"{name}(…) is no function that a rule may use",
            "A rule may use DuckDB's own functions whose result depends on their arguments alone",
        )
    volatile = [word for kind, word, _ in overloads if kind != "macro" and word != "CONSISTENT"]
    if volatile or name in OF_THE_MACHINE:
        word = volatile[0] if volatile else "told by the machine"
        return f"{name}(…) does not always give the same answer ({word})", "Take it out: a rule states facts"
    for definition in (text for kind, _, text in overloads if kind == "macro" and text):
        if problem := _macro_problem(name, definition):
            return problem
    return None


def _macro_problem(name: str, definition: str) -> Problem | None:
    tree = serialized(f"SELECT {definition}")
    refused = f"{name}(…) is no function that a rule may use", "Write out what it stands for"
    if tree["error"]:
        return refused
    for node in nodes_of(tree):
        if node.get("type") in ("BASE_TABLE", "TABLE_FUNCTION"):
            return refused
        if node.get("class") == "COLUMN_REF" and word_problem(node["column_names"]):
            return refused
        if node.get("class") in ("FUNCTION", "WINDOW"):
            inner = node["function_name"].lower()
            # A macro may overload the function that it stands for: `json(x)` and the like.
            if inner != name and function_problem(
                inner, len(node["children"]), node.get("catalog", ""), node["schema"]
            ):
                return refused
    return None
