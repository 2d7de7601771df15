"""Every rule's own examples, run for real. A new rule is tested because its file exists."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from rules.engine.cases import Outcome, run_cases
from rules.engine.discover import Rule, discover
from rules.engine.message import Answering, addresses, headline, word
from rules.engine.names import ItemName, Names

RULES = discover()
EVERYTHING = frozenset({"public", "department", "finance", "restricted"})
EACH_RULE = [pytest.param(rule, id=rule.id, marks=pytest.mark.xdist_group(rule.id)) for rule in RULES]


@cache
def outcomes(rule_id: str) -> list[Outcome]:
    return run_cases(next(rule for rule in RULES if rule.id == rule_id))


@pytest.mark.parametrize("rule", EACH_RULE)
def test_a_rule_finds_what_its_examples_say_in_any_order_of_rows_and_on_any_number_of_threads(
    rule: Rule,
) -> None:
    problems = [f"{one.case.name} ({one.run}): {one.problem}" for one in outcomes(rule.id) if one.problem]
    assert problems == []


def test_a_finding_that_rests_on_a_source_which_the_case_has_not_would_never_open(
    make_rule: Callable[..., Rule],
) -> None:
    cases = [
        {"name": name, "today": "2026-03-02", "given": {"work_item": rows}, "expect": expected}
        for name, rows, expected in (
            ("fires", [{"item_id": "jira:A", "department_id": "it"}], [{"item_id": "jira:A"}]),
            ("silent", [], []),
        )
    ]
    rule = make_rule(
        "SELECT item_id, item_id AS subject_id, department_id AS from_department, NULL::VARCHAR AS to_department,"
        " [item_id, 'gone:A'] AS evidence FROM work_item",
        cases=cases,
    )
    assert {outcome.problem for outcome in run_cases(rule) if outcome.findings} == {
        "with every source of the case fresh there should open [('jira:A',)], and there opens nothing:"
        " ('jira:A',) rests on gone, jira"
    }


@pytest.mark.parametrize("rule", EACH_RULE)
def test_a_rule_fires_and_stays_silent_and_uses_each_parameter_off_its_default(rule: Rule) -> None:
    fired = {bool(one.findings) for one in outcomes(rule.id)}
    assert fired == {True, False}
    changed = {name for case in rule.header.cases for name in case.parameters}
    assert changed == set(rule.header.parameters)


@pytest.mark.parametrize("rule", EACH_RULE)
@pytest.mark.parametrize("may_see", [EVERYTHING, frozenset({"public"})], ids=["seeing all", "seeing little"])
@pytest.mark.parametrize("known", [True, False], ids=["named", "unnamed"])
def test_every_message_is_whole_sentences_without_gaps(
    rule: Rule, may_see: frozenset[str], known: bool
) -> None:
    for outcome in outcomes(rule.id):
        for finding in outcome.findings:
            items = {
                id_: ItemName(id_.split(":")[-1], "A title", "https://x.example/1")
                for id_ in finding.evidence
            }
            names = Names(items if known else {}, {"it": "IT"}, {}, "GBP")
            told = addresses(rule, finding)
            assert told, f"{outcome.case.name}: nobody is told"
            assert headline(rule, finding, names, may_see)
            for audience in {one.audience for one in told}:
                for answering in (Answering(), Answering("cell", "Answer")):
                    said = word(
                        rule, finding, audience, names, code="K7", answering=answering, may_see=may_see
                    )
                    check_words(said, "finance" in may_see)


def check_words(message: dict[str, object], may_see_money: bool) -> None:
    texts = [str(message[part]) for part in ("headline", "ask", "how")]
    why = message["why"]
    assert isinstance(why, list)
    texts += [str(value) for block in why for name, value in block.items() if name != "url"]
    for text in texts:
        assert text, message
        assert text == text.strip()
        for gap in ("None", "null", "(not known)", "(not shown", "  ", "{", "}", "[", "]", " ,", " .", ".."):
            assert gap not in text, (gap, text)
        assert may_see_money or "GBP" not in text
    for text in (str(message["headline"]), str(message["ask"])):
        assert text[-1] in ".?", text


def test_amounts_are_told_only_where_they_may_be_seen() -> None:
    rule = next(rule for rule in RULES if rule.id == "slip-hits-peer")
    finding = next(
        one.findings[0] for one in outcomes(rule.id) if one.findings and one.findings[0].amount_at_risk
    )
    names = Names(currency="GBP")
    assert "GBP 120,000" in str(word(rule, finding, "consumer", names, may_see=EVERYTHING))
    assert "120" not in str(word(rule, finding, "consumer", names))
