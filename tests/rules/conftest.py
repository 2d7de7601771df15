"""Rules made on the spot, and a small facts file to run them on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from rules.engine.check import Checker
from rules.engine.discover import Rule, read
from rules.engine.facts import read_shape, write_facts
from warehouse.database import open_database

HEADER: dict[str, Any] = {
    "title": "An item",
    "severity": "low",
    "key": ["item_id"],
    "evidence": "The item.",
    "why": "To test.",
    "fix": "Nothing.",
    "messages": {"owner": {"item": "item_id", "headline": "{item_id}", "why": [], "ask": "?", "answers": []}},
    "cases": [
        {"name": "fires", "today": "2026-03-02", "given": {}, "expect": [{"item_id": "jira:A"}]},
        {"name": "silent", "today": "2026-03-02", "given": {}, "expect": []},
    ],
}


@pytest.fixture
def make_rule(tmp_path: Path) -> Callable[..., Rule]:
    """Writes a rule file (`sql` under a header in which `changes` replace keys) and reads it."""

    def make(sql: str, name: str = "an_item", **changes: Any) -> Rule:
        folder = tmp_path / "own"
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.sql"
        header = {key: value for key, value in {**HEADER, **changes}.items() if value is not None}
        text = yaml.safe_dump(header, sort_keys=False, allow_unicode=True)
        # A date in YAML is a date, quoted it is text: the cases' days are meant as dates.
        text = text.replace("'2026-03-02'", "2026-03-02")
        path.write_text(f"/*\n{text}*/\n{sql}\n", encoding="utf-8")
        return read(path)

    return make


@pytest.fixture(scope="session")
def checker() -> Checker:
    return Checker(read_shape(open_database(None)))


@pytest.fixture(scope="session")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two items of two departments, one initiative, one posting of 0.1 + 0.2."""
    db = open_database(None)
    db.execute(
        "INSERT INTO model.work_item (item_id, source_id, native_key, title, department_id, due_date, class)"
        " VALUES ('jira:A', 'jira', 'A', 'Access', 'it', DATE '2026-03-20', 'department'),"
        " ('plan:B', 'plan', 'B', 'Launch', 'marketing', NULL, 'restricted')"
    )
    db.execute(
        "INSERT INTO model.posting (posting_id, source_id, reporting_amount)"
        " VALUES ('erp:1', 'erp', 0.1), ('erp:2', 'erp', 0.2)"
    )
    path = tmp_path_factory.mktemp("facts") / "facts.duckdb"
    write_facts(db, path)
    return path
