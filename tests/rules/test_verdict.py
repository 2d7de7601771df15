"""Which sources must be fresh for a finding to count."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.engine.discover import Rule
from rules.engine.run import Finding
from rules.engine.verdict import sources_of

SOURCES = {"jira": "jira", "jira-it": "jira", "plan": "excel", "erp": "erp", "register": "register"}


def finding(*evidence: str) -> Finding:
    return Finding("an-item", ("x",), "x", None, None, None, None, None, None, evidence, {})


@pytest.mark.parametrize(
    ("evidence", "sources"),
    [
        (["jira:A", "plan:B"], {"jira", "plan"}),
        (["jira-it:A"], {"jira-it"}),
        (["register:initiative:CDP"], {"register"}),
        (["erp"], {"erp"}),
        (["gone:A"], {"gone"}),
    ],
)
def test_evidence_names_its_source(
    evidence: list[str], sources: set[str], make_rule: Callable[..., Rule]
) -> None:
    assert sources_of(finding(*evidence), make_rule("SELECT 1"), SOURCES) == sources


def test_a_rule_about_something_missing_needs_every_source_that_could_hold_it(
    make_rule: Callable[..., Rule],
) -> None:
    rule = make_rule("SELECT 1", absence=True)
    assert sources_of(finding("jira:A"), rule, SOURCES) == {"jira", "jira-it", "plan", "register"}
