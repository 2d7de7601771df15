"""What the check refuses, by name and with what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from rules.engine.check import Checker
from rules.engine.discover import Rule, RuleError

BODY = """
SELECT item_id, item_id AS subject_id, department_id AS from_department, NULL::VARCHAR AS to_department,
       [item_id] AS evidence {columns}
FROM work_item {more}
"""


def sql(columns: str = "", more: str = "") -> str:
    return BODY.format(columns=f", {columns}" if columns else "", more=more)


def test_a_plain_rule_is_accepted_and_known_by_what_it_reads_and_returns(
    make_rule: Callable[..., Rule], checker: Checker
) -> None:
    found = checker.check(make_rule(sql("due_date - $today AS days_left", "JOIN schedule USING (item_id)")))
    assert found.views == {"work_item", "schedule"}
    assert found.columns["days_left"] == "BIGINT"


@pytest.mark.parametrize(
    "body",
    [
        sql("list(title ORDER BY title) OVER () AS titles"),
        sql("age(due_date, $today) AS age"),
        sql("nullif(title, '') AS a, split_part(title, ' ', 1) AS b, pg_typeof(title) AS c"),
        sql("title LIKE 'A%' AS a, title[1] AS b, {'x': 1} AS c, extract(year FROM due_date) AS d"),
        sql(more="WHERE item_id IN (SELECT unnest(departments) FROM initiative)"),
        "WITH RECURSIVE work (item_id, n) AS (SELECT item_id, 1 FROM work_item UNION ALL"
        " SELECT item_id, n + 1 FROM work WHERE n < 3) SELECT item_id, item_id AS subject_id,"
        " NULL AS from_department, NULL AS to_department, [item_id] AS evidence FROM work ORDER BY n LIMIT 1",
    ],
)
def test_what_depends_on_its_arguments_alone_is_accepted(
    body: str, make_rule: Callable[..., Rule], checker: Checker
) -> None:
    checker.check(make_rule(body))


@pytest.mark.parametrize(
    ("body", "problem", "advice"),
    [
        (sql("now() AS n"), "it reads the clock: now()", "Use the parameter $today"),
        (sql("current_date AS n"), "it reads the clock: current_date", "Use the parameter $today"),
        (sql('"localtime" AS n'), "it reads the clock: localtime", "Use the parameter $today"),
        (sql("today() AS n"), "it reads the clock: today()", "Use the parameter $today"),
        (sql("ago(INTERVAL 1 DAY) AS n"), "it reads the clock: ago()", "Use the parameter $today"),
        (sql("age(due_date) AS n"), "it reads the clock: age()", "Use the parameter $today"),
        (sql("random() AS n"), "random(…) does not always give the same answer (VOLATILE)", "Take it out"),
        (sql("gen_random_uuid() AS n"), "does not always give the same answer", "Take it out"),
        (sql("current_setting('threads') AS n"), "current_setting(…) does not always give", "Take it out"),
        (sql("getvariable('x') AS n"), "getvariable(…) does not always give", "Take it out"),
        (sql("current_user AS n"), "it asks for the session: current_user", "Take it out"),
        (sql("nextval('s') AS n"), "nextval(…) does not always give the same answer", "Take it out"),
        (
            sql("getenv('HOME') AS n"),
            "getenv(…) is no function that a rule may use",
            "DuckDB's own functions",
        ),
        (sql("my_macro(1) AS n"), "my_macro(…) is no function that a rule may use", "DuckDB's own functions"),
        (sql("format_type(1, 2) AS n"), "format_type(…) is no function that a rule may use", "Write out"),
        (sql("rowid AS n"), "it uses rowid", "Use an id column"),
        (sql("any_value(title) OVER () AS n"), "any_value(…) has no ORDER BY", "use min or max"),
        (sql("list(title) OVER () AS n"), "list(…) has no ORDER BY", "ORDER BY …"),
        (sql("row_number() OVER () AS n"), "row_number(…) has no ORDER BY", "ORDER BY …"),
        (sql(more="LIMIT 3"), "it has a LIMIT without ORDER BY", "Add an ORDER BY"),
        (sql(more="USING SAMPLE 3"), "it takes a random sample", "Read all rows"),
        (sql(more="POSITIONAL JOIN schedule"), "its FROM holds a POSITIONAL", "Use views, joins"),
        (sql(more=", read_csv('x.csv')"), "it calls the table function read_csv(…)", "documented views only"),
        (
            sql(more=", read_text('/etc/passwd')"),
            "it calls the table function read_text(…)",
            "documented views",
        ),
        (sql(more=", query('SELECT 1')"), "it calls the table function query(…)", "documented views only"),
        (
            sql(more=", duckdb_settings()"),
            "it calls the table function duckdb_settings(…)",
            "documented views",
        ),
        (sql(more=", glob('*')"), "it calls the table function glob(…)", "documented views only"),
        (sql(more=", 'x.csv'"), "it reads 'x.csv', which is no documented view", "There are: absence"),
        (sql(more=", 'x.parquet' AS p"), "it reads 'x.parquet', which is no documented view", "There are:"),
        (sql(more=", model.work_item AS w"), "it reads 'model.work_item'", "Did you mean work_item?"),
        (
            sql(more=", break_open"),
            "it reads 'break_open', which is no documented view",
            "There are: absence",
        ),
        (sql(more=", information_schema.tables"), "it reads 'information_schema.tables'", "There are:"),
        (sql(more=", wrok_item"), "it reads 'wrok_item'", "Did you mean work_item?"),
        (sql(more=", (DESCRIBE work_item)"), "its FROM holds a SHOW_REF", "Use views"),
        (sql("$yesterday AS n"), "it uses $yesterday, which its header does not declare", "Declare it"),
        (sql("? AS n"), "it uses $1, which its header does not declare", "Declare it"),
        (sql("no_such_column AS n"), "its SELECT does not fit the views", "Correct it"),
        (sql("1 AS item_id"), "it returns two columns named item_id", "Name each column once"),
        (sql("1.5::DOUBLE AS amount_at_risk"), "its amount_at_risk is DOUBLE", "money is never a float"),
        (sql("1.5 AS days_late"), "its days_late is DECIMAL(2,1)", "Cast it to INTEGER"),
        ("SELECT item_id FROM work_item", "its SELECT returns no column evidence", "Return it"),
        (sql().replace("[item_id]", "item_id"), "its evidence is VARCHAR", "Return a list of ids"),
        (sql() + "; SELECT 1", "it holds 2 statements", "Leave exactly one SELECT"),
        ("", "it holds 0 statements", "Leave exactly one SELECT"),
        ("SELECT FROM WHERE", "its SQL cannot be parsed", "Correct it"),
        ("ATTACH 'x.db' AS y", "it is ATTACH, no plain SELECT", "A rule only reads"),
        ("COPY (SELECT 1) TO 'x.csv'", "it is COPY, no plain SELECT", "A rule only reads"),
        ("COPY work_item FROM 'x.csv'", "it is COPY, no plain SELECT", "A rule only reads"),
        ("PRAGMA version", "it is PRAGMA, no plain SELECT", "A rule only reads"),
        ("SET threads = 1", "it is SET, no plain SELECT", "A rule only reads"),
        ("INSTALL httpfs", "it is INSTALL, no plain SELECT", "A rule only reads"),
        ("CREATE MACRO f() AS 1", "it is CREATE, no plain SELECT", "A rule only reads"),
        (
            "INSERT INTO work_item (item_id) VALUES ('x')",
            "it is INSERT, no plain SELECT",
            "A rule only reads",
        ),
        ("EXPLAIN SELECT 1", "it is EXPLAIN, no plain SELECT", "A rule only reads"),
        ("CALL pragma_version()", "it is CALL, no plain SELECT", "A rule only reads"),
    ],
)
def test_anything_else_is_refused_by_name(
    body: str, problem: str, advice: str, make_rule: Callable[..., Rule], checker: Checker
) -> None:
    with pytest.raises(RuleError) as refused:
        checker.check(make_rule(body))
    message = str(refused.value)
    assert message.startswith("own/an_item.sql: ")
    assert problem in message
    assert advice in refused.value.advice


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"parameters": {"n": {"default": 1, "says": "x"}}}, "its parameter n is used nowhere"),
        ({"key": ["item_id", "kind"]}, "its SELECT returns no column kind"),
        ({"messages": {"owner": {"headline": "{titel}", "why": [], "ask": "?", "answers": []}}}, "titel"),
        (
            {"messages": {"owner": {"headline": "x", "why": [{"link": "urls"}], "ask": "?", "answers": []}}},
            "urls",
        ),
    ],
)
def test_a_header_that_does_not_fit_its_select_is_refused(
    changes: dict[str, Any], problem: str, make_rule: Callable[..., Rule], checker: Checker
) -> None:
    with pytest.raises(RuleError, match=problem):
        checker.check(make_rule(sql(), **changes))
