"""docs/rules.md says what the headers say."""

from __future__ import annotations

import re
from pathlib import Path

from rules.engine.cases import run_cases
from rules.engine.catalogue import catalogue
from rules.engine.discover import REPOSITORY, discover, read
from rules.engine.header import Header


def test_the_catalogue_is_current() -> None:
    written = (REPOSITORY.parent / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == catalogue(discover()), "run: python -m rules.engine.catalogue docs/rules.md"


def test_its_example_of_a_rule_is_one_and_holds(tmp_path: Path) -> None:
    example = re.search(r"```sql\n(.*?)```", catalogue([]), re.DOTALL)
    assert example is not None
    (tmp_path / "no_owner.sql").write_text(example.group(1), encoding="utf-8")
    outcomes = run_cases(read(tmp_path / "no_owner.sql"))
    assert [one.problem for one in outcomes] == [""] * 4


def test_every_key_of_a_header_is_described() -> None:
    assert [name for name, field in Header.model_fields.items() if not field.description] == []
