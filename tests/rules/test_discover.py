"""Which files are rules, and what their headers must say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rules.engine.discover import REPOSITORY, Rule, RuleError, discover, read, select

SELECT = "SELECT 1"


def test_the_repository_holds_these_rules() -> None:
    assert [rule.id for rule in discover()] == [
        "budget-not-released",
        "circular-dependency",
        "dangling-reference",
        "dates-disagree",
        "missing-gate",
        "no-handover-stated",
        "over-capacity",
        "priority-inversion",
        "slip-hits-peer",
        "unmapped-spend",
    ]


def test_a_file_in_ones_own_folder_is_a_rule(make_rule: Callable[..., Rule]) -> None:
    own = make_rule(SELECT, "late_invoice")
    assert [rule.id for rule in discover(own.path.parent) if rule.path.parent != REPOSITORY] == [
        "late-invoice"
    ]


def test_an_id_that_exists_already_is_refused(make_rule: Callable[..., Rule]) -> None:
    own = make_rule(SELECT, "slip_hits_peer")
    with pytest.raises(RuleError, match=r"own/slip_hits_peer.sql: the id slip-hits-peer is taken by .*Give"):
        discover(own.path.parent)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="there is no such folder of rules"):
        discover(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"titel": "x"}, "unknown key titel. Did you mean title?"),
        ({"title": None}, "its header lacks title"),
        ({"severity": "urgent"}, "wrong at severity"),
        ({"key": []}, "wrong at key"),
        ({"parameters": {"today": {"default": 1, "says": "x"}}}, "parameters` may not hold today"),
        ({"cases": []}, "at least one in which the rule fires and one in which it is silent"),
        (
            {"messages": {"a": {"headline": "{x|dat}", "why": [], "ask": "?", "answers": []}}},
            "no filter 'dat'",
        ),
        ({"messages": {"a": {"headline": "[x", "why": [], "ask": "?", "answers": []}}}, "bracket without"),
        (
            {"messages": {"a": {"headline": "{x", "why": [], "ask": "?", "answers": []}}},
            "a brace that is no field",
        ),
        ({"messages": {"a": {"headline": "[x]", "why": [], "ask": "?", "answers": []}}}, "names no column"),
        (
            {
                "messages": {
                    "a": {"headline": "x", "why": [], "ask": "?", "answers": [{"say": "ok", "means": "y"}]}
                }
            },
            "begins with no kind of answer",
        ),
    ],
)
def test_a_header_with_a_fault_is_refused_with_its_place(
    changes: dict[str, Any], problem: str, make_rule: Callable[..., Rule]
) -> None:
    with pytest.raises(RuleError) as refused:
        make_rule(SELECT, **changes)
    assert str(refused.value).startswith("own/an_item.sql: ")
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.sql", "SELECT 1", "it does not begin with a header"),
        ("a.sql", "/*\ntitle: [\n*/ SELECT 1", "its header is no YAML in line 3"),
        ("a.sql", "/* words */ SELECT 1", "its header is no list of `name: value` lines"),
        ("Late Invoice.sql", "/* */", "is no rule id"),
    ],
)
def test_a_file_that_is_no_rule_is_refused(name: str, text: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(RuleError) as refused:
        read(tmp_path / name)
    assert problem in str(refused.value)


def test_the_configuration_chooses_rules_and_sets_parameters() -> None:
    rules = discover()
    chosen = select(rules, {"slip-hits-peer": {"warn_days": 5}, "unmapped-spend": {"enabled": False}})
    assert "unmapped-spend" not in [rule.id for rule in chosen.rules]
    assert chosen.parameters["slip-hits-peer"] == {"warn_days": 5}
    assert chosen.parameters["priority-inversion"] == {"steps": 2}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slip-hits-pear": {}}, "rules.slip-hits-pear: there is no such rule. Did you mean slip-hits-peer?"),
        ({"slip-hits-peer": {"warn_day": 1}}, "rules.slip-hits-peer.warn_day: .*Did you mean warn_days?"),
        ({"slip-hits-peer": {"warn_days": "soon"}}, "'soon' is no int"),
        ({"slip-hits-peer": {"warn_days": True}}, "True is no int"),
        ({"slip-hits-peer": {"warn_days": -1}}, "-1 is less than 0"),
        ({"slip-hits-peer": {"enabled": "no"}}, "'no' is neither true nor false"),
    ],
)
def test_a_configuration_that_names_something_wrong_is_refused(
    settings: dict[str, dict[str, Any]], message: str
) -> None:
    with pytest.raises(RuleError, match=message.replace("?", r"\?")):
        select(discover(), settings)
