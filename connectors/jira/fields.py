"""Which of the site's fields the configured ones are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connectors.contract import Drifted
from connectors.jira.client import JiraClient, NotThere

ID = re.compile(r"customfield_\d+")
SYSTEM = frozenset(
    (
        *("assignee", "reporter", "creator", "duedate", "created", "updated", "resolutiondate", "priority"),
        *("labels", "summary", "description", "environment", "components", "timeoriginalestimate"),
        *("timeestimate", "timespent"),
    )
)


def is_id(field: str) -> bool:
    return bool(ID.fullmatch(field)) or field in SYSTEM


def resolve(client: JiraClient, configured: Mapping[str, str]) -> dict[str, str]:
    """Hub name to field id. Asks the site only where a field is configured by name.

    Raises Drifted for a name that no field has, or that several have.
    """
    if all(is_id(field) for field in configured.values()):
        return dict(configured)
    try:
        listed = client.get("/field")
    except NotThere as error:
        raise Drifted(
            "fields",
            "the site does not list its fields",
            "Give the fields by id in `fields`",
        ) from error
    return {hub: _one(client, hub, field, listed) for hub, field in configured.items()}


def unknown(configured: Mapping[str, str], listed: list[dict[str, Any]]) -> list[str]:
    """The hub names whose field the site does not have, or has several of."""
    return [hub for hub, field in configured.items() if len(_matching(field, listed)) != 1]


def _one(client: JiraClient, hub: str, field: str, listed: list[dict[str, Any]]) -> str:
    if is_id(field):
        return field
    found = _matching(field, listed)
    if len(found) == 1:
        return found[0]
    if found:
        problem = f"{len(found)} fields are called '{field}': {', '.join(found)}"
        raise Drifted(f"fields.{hub}", problem, "Give the right one by its id")
    problem = f"no field is called '{field}'"
    advice = (
        "Give the name as Jira's administration shows it, or the id; `interlock check` lists what is missing"
    )
    raise Drifted(f"fields.{hub}", problem, advice)


def _matching(field: str, listed: list[dict[str, Any]]) -> list[str]:
    by_id = [str(each["id"]) for each in listed if each["id"] == field]
    wanted = field.casefold()
    return by_id or [str(each["id"]) for each in listed if str(each.get("name", "")).casefold() == wanted]
