"""From a rule's rows to findings: keys, exact amounts, and results that break the contract."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rules.engine.discover import Rule
from rules.engine.run import Limits, run_rules

TODAY = date(2026, 3, 2)


def test_a_row_becomes_a_finding_with_exact_amounts_and_dates_as_text(
    make_rule: Callable[..., Rule], facts: Path
) -> None:
    rule = make_rule(
        """
        SELECT source_id, NULL AS part, source_id AS subject_id, NULL AS from_department,
               NULL AS to_department, ['erp:2', 'erp:1', NULL, 'erp:2'] AS evidence,
               sum(reporting_amount) AS amount_at_risk, 3::INTEGER AS days_late, $today AS seen,
               count(*) > $least AS many
        FROM posting
        GROUP BY source_id
        """,
        key=["source_id", "part"],
        parameters={"least": {"default": 2, "says": "x"}},
        messages={"all": {"headline": "{source_id}", "why": [], "ask": "?", "answers": []}},
    )
    [finding] = run_rules([rule], facts, TODAY, {"an-item": {"least": 1}}).findings
    assert finding.key == ("erp", "")
    assert finding.amount_at_risk == Decimal("0.3")
    assert finding.days_late == 3
    assert finding.evidence == ("erp:1", "erp:2")
    assert finding.columns["seen"] == "2026-03-02"
    assert finding.columns["amount_at_risk"] == "0.3000"
    assert finding.columns["many"] is True
    assert run_rules([rule], facts, TODAY).findings[0].columns["many"] is False


BROKEN = {
    "two rows for one key": (
        "SELECT 'x' AS item_id, 'x' AS subject_id, NULL AS from_department, NULL AS to_department,"
        " [item_id] AS evidence FROM work_item",
        "it returns two rows for item_id 'x'",
    ),
    "no subject": (
        "SELECT 'x' AS item_id, NULL AS subject_id, NULL AS from_department, NULL AS to_department,"
        " ['x'] AS evidence",
        "it returns no subject_id for item_id 'x'",
    ),
    "no evidence": (
        "SELECT 'x' AS item_id, 'x' AS subject_id, NULL AS from_department, NULL AS to_department,"
        " [NULL::VARCHAR] AS evidence",
        "it returns no evidence for item_id 'x'",
    ),
    "no JSON": ("SELECT 'nan'::DOUBLE AS item_id", "Out of range float values are not JSON compliant"),
    "an error": ("SELECT 'x'::INTEGER AS item_id", "Conversion Error: Could not convert string 'x' to INT32"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_result_that_breaks_the_contract_is_a_failure_that_says_where(
    name: str, make_rule: Callable[..., Rule], facts: Path
) -> None:
    sql, reason = BROKEN[name]
    result = run_rules([make_rule(sql)], facts, TODAY)
    assert result.findings == ()
    assert [failure.reason for failure in result.failures] == [reason]


def test_the_number_of_threads_changes_nothing(make_rule: Callable[..., Rule], facts: Path) -> None:
    rule = make_rule(
        "SELECT i::VARCHAR AS item_id, 'x' AS subject_id, NULL AS from_department, NULL AS to_department,"
        " ['x'] AS evidence FROM range(5000) AS r(i) WHERE hash(i) % 3 = 0"
    )
    one, four = (run_rules([rule], facts, TODAY, limits=Limits(threads=n)) for n in (1, 4))
    assert one.findings == four.findings
    assert len(one.findings) > 1000
    assert [finding.key for finding in one.findings] == sorted(finding.key for finding in one.findings)
