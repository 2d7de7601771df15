"""What people type, and the item, person or department that they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
from rapidfuzz import process, utils

from flows.settings import Settings


class Unknown(Exception):
    """Nothing has this name, or several have; the message names the nearest."""


def item_meant(db: duckdb.DuckDBPyConnection, words: str) -> str:
    """The item of an id, a tool's key or an exact title. Raises Unknown."""
    named = db.execute("SELECT item_id, native_key, title FROM work_item ORDER BY item_id").fetchall()
    wanted = _folded(words)
    for place in range(3):
        found = sorted({row[0] for row in named if row[place] and _folded(row[place]) == wanted})
        if len(found) == 1:
            return str(found[0])
        if found:
            raise Unknown(
                f"{words!r} is the name of {len(found)} items: {', '.join(found[:5])}. Give the id."
            )
    names = {text: row[0] for row in named for text in row if text}
    raise Unknown(f"there is no item {words!r}. {_nearest(words, names)}")


def person_meant(db: duckdb.DuckDBPyConnection, settings: Settings, words: str) -> str:
    """The person of an address, a name or an alias. Raises Unknown."""
    names: dict[str, str] = {
        _folded(person_id): person_id
        for (person_id,) in db.execute("SELECT person_id FROM person").fetchall()
    }
    names |= {
        _folded(name): person_id
        for person_id, name in db.execute(
            "SELECT min(person_id), name FROM person WHERE name IS NOT NULL GROUP BY name HAVING count(*) = 1"
        ).fetchall()
    }
    for person_id, person in settings.file.people.items():
        names |= {_folded(alias): person_id.lower() for alias in (person_id, *person.aliases)}
    if _folded(words) in names:
        return names[_folded(words)]
    raise Unknown(f"there is no person {words!r}. {_nearest(words, names)}")


def department_meant(settings: Settings, words: str) -> str:
    """The department of an id or a name. Raises Unknown."""
    names = {_folded(key): key for key in settings.file.departments}
    names |= {_folded(one.name): key for key, one in settings.file.departments.items() if one.name}
    if (found := names.get(_folded(words))) is not None:
        return found
    raise Unknown(f"there is no department {words!r}. {_nearest(words, names)}")


def _nearest(words: str, names: Mapping[str, str]) -> str:
    near = process.extract(words, list(names), limit=8, score_cutoff=50, processor=utils.default_process)
    offered: Sequence[str] = list(dict.fromkeys(names[name] for name, *_ in near))[:3]
    if offered:
        return f"Did you mean {' or '.join(offered)}?"
    return f"Known: {', '.join(sorted(set(names.values()))[:5]) or 'none'}."


def _folded(words: str) -> str:
    return " ".join(words.lower().split())
