"""The examples of docs/plan.md come out as the page says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from unify.schedule import Conventions

PAGE = Path(__file__).parents[2] / "docs" / "plan.md"
EXAMPLES = re.findall(r"```plan\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
NUMBERS = {"estimate", "progress", "remaining"}


def test_the_page_has_its_examples() -> None:
    assert len(EXAMPLES) == 28


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_comes_out_as_the_page_says(planned: Any, example: str) -> None:
    lines = example.splitlines()
    stated = [line[2:] for line in lines if line.startswith("= ")]
    plan = planned(*_given(line for line in lines if not line.startswith("= ")))
    assert [_found(plan, line) for line in stated] == stated


def _given(lines: Any) -> tuple[dict[str, dict[str, Any]], list[Any], str | None, Conventions]:
    items: dict[str, dict[str, Any]] = {}
    links: list[Any] = []
    today: str | None = "03-02"
    conventions: dict[str, Any] = {}
    for line in lines:
        if found := re.fullmatch(r"(\w+):(.*)", line):
            items[found[1]] = dict(_said(part) for part in found[2].split(",") if part.strip())
        elif found := re.fullmatch(r"(\w+ (?:FS|SS|FF|SF)\S* \w+)(?: by (\S+))?", line):
            links.append((found[1], found[2]))
        else:
            name, value = line.split()
            if name == "today":
                today = None
            elif name == "project_start":
                conventions[name] = date.fromisoformat(f"2026-{value}")
            else:
                conventions[name] = value if name == "anchor" else value == "yes"
    return items, links, today, Conventions(**conventions)


def _said(part: str) -> tuple[str, Any]:
    name, value = part.split(maxsplit=1)
    return name, float(value) if name in NUMBERS else value


def _found(plan: Any, line: str) -> str:
    """The same line, with what the plan says."""
    id_, _, *words = line.split()
    found = [id_, plan.dates(id_)]
    ask = {
        "float": plan.float_days, "late": plan.late, "driver": plan.driver, "root": plan.root, "slip": plan.slip_days
    }  # fmt: skip
    for word in words:
        if word in ask:
            value = ask[word](id_)
            found += [word, "none" if value is None else str(value)]
    if plan.uncertain(id_):
        found.append("uncertain")
    return " ".join(found)
