"""What the child process cannot do, when a rule reaches it that the check never saw."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import duckdb
import pytest

from rules.engine.children import Children
from rules.engine.discover import Rule
from rules.engine.run import EngineError, Job, Limits, run_job, run_rules

TODAY = date(2026, 3, 2)
TIGHT = Limits(seconds=1, megabytes=300, rows=10_000)
GOOD = (
    "SELECT item_id, item_id AS subject_id, department_id AS from_department, NULL AS to_department,"
    " [item_id] AS evidence FROM work_item"
)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("ATTACH '{folder}/other.db' AS y", "exactly one SELECT"),
        ("COPY (SELECT 1) TO '{folder}/out.csv'", "exactly one SELECT"),
        ("SET enable_external_access = true", "exactly one SELECT"),
        ("INSTALL httpfs", "exactly one SELECT"),
        ("SELECT 1; SELECT 2", "exactly one SELECT"),
        ("SELECT * FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("SELECT * FROM '/etc/passwd'", "does not exist"),
        ("SELECT * FROM '{folder}/in.csv'", "disabled by configuration"),
        ("SELECT * FROM read_text('/proc/self/environ')", "disabled by configuration"),
        ("SELECT * FROM glob('/*')", "disabled by configuration"),
        ("SELECT * FROM read_csv('https://example.com/x.csv')", "disabled by configuration"),
        ("SELECT getenv('HOME')", "does not exist"),
        ("SELECT * FROM job", "does not exist"),  # a variable of the child's own
        ("SELECT * FROM query('ATTACH ''x.db'' AS y')", "SELECT"),
    ],
)
def test_it_reaches_nothing_outside_its_facts(
    body: str, reason: str, make_rule: Callable[..., Rule], facts: Path, tmp_path: Path
) -> None:
    (tmp_path / "in.csv").write_text("a\n1\n")
    rule = make_rule(body.replace("{folder}", str(tmp_path)))
    result = run_rules([rule], facts, TODAY, limits=TIGHT)
    assert result.findings == ()
    assert [failure.rule for failure in result.failures] == ["an-item"]
    assert reason in result.failures[0].reason
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "other.db").exists()


def test_its_environment_is_empty_whatever_ours_holds(
    make_rule: Callable[..., Rule], facts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIRA_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")
    seen = (
        "SELECT value AS item_id, name AS subject_id, NULL AS from_department, NULL AS to_department,"
        " ['x'] AS evidence FROM duckdb_settings() WHERE name = 'home_directory'"
    )
    [finding] = run_rules([make_rule(seen)], facts, TODAY).findings
    assert finding.key == ("",)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t", "time"),
        # One call that looks at no interrupt: only killing the process ends it.
        ("SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000)) AS n", "time"),
        ("SELECT list(repeat('x', 1000) || i ORDER BY i) AS n FROM range(100000000) AS r(i)", "memory"),
        ("SELECT i FROM range(100000) AS r(i)", "error"),
    ],
    ids=["endless recursion", "deaf to interrupts", "huge memory", "too many rows"],
)
def test_a_rule_that_takes_too_much_fails_alone(
    body: str, kind: str, make_rule: Callable[..., Rule], facts: Path
) -> None:
    rules = [make_rule(GOOD, "a_good"), make_rule(body, "b_greedy"), make_rule(GOOD, "c_good")]
    # Memory and rows run out at once; the time that it takes to say so is the machine's.
    limits = TIGHT if kind == "time" else replace(TIGHT, seconds=30)
    result = run_rules(rules, facts, TODAY, limits=limits)
    assert [(failure.rule, failure.kind) for failure in result.failures] == [("b-greedy", kind)]
    assert [(one.rule, one.key) for one in result.findings] == [
        ("a-good", ("jira:A",)),
        ("a-good", ("plan:B",)),
        ("c-good", ("jira:A",)),
        ("c-good", ("plan:B",)),
    ]


@pytest.mark.parametrize("between", ["nothing", "a failure", "other limits"])
def test_its_next_job_has_the_facts_of_that_moment_and_the_same_walls(
    between: str, make_rule: Callable[..., Rule], facts: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "it's.duckdb"
    shutil.copy(facts, copy)
    good = make_rule(GOOD, "a_good")
    out = make_rule("SELECT * FROM read_text('/proc/self/environ')", "b_out")
    threads = make_rule(
        GOOD.replace("item_id, ", "current_setting('threads')::VARCHAR AS item_id, ", 1) + " LIMIT 1"
    )
    with Children() as child:
        first = [good, out] if between == "a failure" else [good]
        assert len(run_job(child, Job(first, copy, TODAY, limits=TIGHT)).findings) == 2
        # It let go of the file: others may write it.
        with duckdb.connect(str(copy)) as db:
            db.execute("DELETE FROM work_item WHERE item_id = 'jira:A'")
        limits = replace(TIGHT, threads=3) if between == "other limits" else TIGHT
        result = run_job(child, Job([good, out, threads], copy, TODAY, limits=limits))
    assert [one.key for one in result.findings] == [("plan:B",), (str(limits.threads),)]
    assert [(one.rule, "disabled by configuration" in one.reason) for one in result.failures] == [
        ("b-out", True)
    ]


def test_facts_that_cannot_be_opened_stop_the_run(make_rule: Callable[..., Rule], tmp_path: Path) -> None:
    (tmp_path / "torn.duckdb").write_bytes(b"not a database")
    for name in ("torn.duckdb", "missing.duckdb"):
        with pytest.raises(EngineError, match=name):
            run_rules([make_rule(GOOD)], tmp_path / name, TODAY)
