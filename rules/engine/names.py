"""What things are called: ids to the words that people know, read from the documented views."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

HERE = Path(__file__).parent
OPAQUE = re.compile(r"(?=.*\d)[A-Za-z0-9]{15,}|[a-z0-9-]+-(?=\d*[a-f])[0-9a-f]{6}")
"""Keys that nobody gave: Salesforce's of 18 characters, and ours for a tracker's row without one (`buy-media-8c091c`).
People know the thing by its title."""


@dataclass(frozen=True)
class ItemName:
    """How a work item is called and reached. `cls` is the class of its title: who may read it."""

    key: str
    title: str = ""
    url: str = ""
    cls: str = "public"
    source: str = ""

    @property
    def called(self) -> str:
        """`PLAT-42 “Customer data platform”`; the title alone where the key is one that nobody is shown."""
        if not self.title:
            return self.key
        return f"“{self.title}”" if OPAQUE.fullmatch(self.key) else f"{self.key} “{self.title}”"


@dataclass(frozen=True)
class Names:
    """A lookup of words for ids. An id that is in none of these reads as the id itself."""

    items: Mapping[str, ItemName] = field(default_factory=dict)
    departments: Mapping[str, str] = field(default_factory=dict)
    people: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""

    def item(self, item_id: str, may_see: frozenset[str], sourced: bool = False) -> str:
        """`PLAT-42 “Customer data platform”`; the id alone where the title may not be seen.

        `sourced` adds where it stands, for items that are one thing: `PLAT-42 “…” (jira-it)`.
        """
        known = self.items.get(item_id)
        if known is None or known.cls not in may_see:
            return item_id
        name = known.called
        return f"{name} ({known.source})" if sourced and known.source else name

    def key(self, item_id: str) -> str:
        """What people call it in its tool: `PLAT-42`."""
        known = self.items.get(item_id)
        if known is None:
            return item_id
        return known.called if OPAQUE.fullmatch(known.key) else known.key

    def url(self, item_id: str, may_see: frozenset[str]) -> str:
        """Its web address; empty where the tool has none or the item may not be seen."""
        known = self.items.get(item_id)
        return known.url if known and known.cls in may_see else ""

    def department(self, department_id: str) -> str:
        return self.departments.get(department_id, department_id)

    def person(self, person_id: str) -> str:
        return self.people.get(person_id, person_id)


def read_names(db: duckdb.DuckDBPyConnection, ids: Iterable[str], currency: str = "") -> Names:
    """The names of these items, and of all departments and people.

    `db` is any connection whose schema main holds the documented views `work_item`, `department`, `person`.
    """
    query = (HERE / "item_names.sql").read_text(encoding="utf-8")
    items = db.execute(query, {"ids": json.dumps(sorted(set(ids)))}).fetchall()
    departments = db.execute("SELECT department_id, name FROM department WHERE name <> ''").fetchall()
    people = db.execute("SELECT person_id, name FROM person WHERE name <> ''").fetchall()
    return Names(
        items={item_id: ItemName(*words) for item_id, *words in items},
        departments=dict(departments),
        people=dict(people),
        currency=currency,
    )
