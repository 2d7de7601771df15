"""Which of the site's fields the configured ones are, and those that are found by what kind of field they are.

`GET /field` tells a name in the account's language; the names in `clauseNames`, by which JQL knows the field
beside `cf[…]`, are those that it was made with (live sites also tell `untranslatedName`). Several fields may
have one name: team-managed projects make their own (`scope`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contract import Drifted
from connectors.jira.client import JiraClient, NotThere

ID = re.compile(r"customfield_\d+")
CLAUSE = re.compile(r"cf\[\d+\]")
SYSTEM = frozenset(
    (
        *("assignee", "reporter", "creator", "duedate", "created", "updated", "resolutiondate", "priority"),
        *("labels", "summary", "description", "environment", "components", "timeoriginalestimate"),
        *("timeestimate", "timespent"),
    )
)
SPRINT = {"sprint": "com.pyxis.greenhopper.jira:gh-sprint"}
"""The field of Jira Software that holds an issue's sprints. People rename it, and Jira translates it."""

Listed = Sequence[Mapping[str, Any]]


def is_id(field: str) -> bool:
    return bool(ID.fullmatch(field)) or field in SYSTEM


def resolve(
    client: JiraClient, configured: Mapping[str, str], kinds: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Hub name to field id; `kinds` are hub names of fields that are found by their schema's type.

    The site is asked where a field is configured by name or sought by kind: in each pull, since either can be
    there tomorrow (Jira Software is bought) or be another one. Of a kind that the site has not, or has several
    fields of, there is none. Raises Drifted for a name that no field has, or that several have.
    """
    by_id = all(is_id(field) for field in configured.values())
    if by_id and not kinds:
        return dict(configured)
    try:
        listed: Listed = client.get("/field")
    except NotThere as error:
        if by_id:
            return dict(configured)
        raise Drifted(
            "fields",
            "the site does not list its fields",
            "Give the fields by id in `fields`",
        ) from error
    found = {hub: _one(hub, field, listed) for hub, field in configured.items()}
    for hub, kind in (kinds or {}).items():
        if len(ids := of_kind(kind, listed)) == 1:
            found.setdefault(hub, ids[0])
    return found


def of_kind(kind: str, listed: Listed) -> list[str]:
    return [str(each["id"]) for each in listed if (each.get("schema") or {}).get("custom") == kind]


def problems(configured: Mapping[str, str], listed: Listed) -> dict[str, str]:
    """What is wrong with each hub name whose field the site does not have, or has several of."""
    told = ((hub, _problem(field, _matching(field, listed))) for hub, field in configured.items())
    return {hub: problem for hub, problem in told if problem}


def _one(hub: str, field: str, listed: Listed) -> str:
    if is_id(field):
        return field
    found = _matching(field, listed)
    problem = _problem(field, found)
    if problem is None:
        return str(found[0]["id"])
    if found:
        raise Drifted(f"fields.{hub}", problem, "Give the right one by its id")
    advice = (
        "Give the name as Jira's administration shows it, or the id; `interlock check` lists what is missing"
    )
    raise Drifted(f"fields.{hub}", problem, advice)


def _problem(field: str, found: Listed) -> str | None:
    if len(found) == 1:
        return None
    if not found:
        return f"no field is called '{field}'"
    return f"{len(found)} fields are called '{field}': {', '.join(map(_told, found))}"


def _told(field: Mapping[str, Any]) -> str:
    """Its id, and whose it is where it belongs to one project."""
    project = ((field.get("scope") or {}).get("project") or {}).get("id")
    return f"{field['id']} (of project {project} alone)" if project else str(field["id"])


def _matching(field: str, listed: Listed) -> Listed:
    """The fields with this id; else with this name as it is shown; else with it as it was made."""
    wanted = _folded(field)
    return (
        [each for each in listed if each["id"] == field]
        or [each for each in listed if _folded(each.get("name")) == wanted]
        or [each for each in listed if wanted in map(_folded, _untranslated(each))]
    )


def _untranslated(field: Mapping[str, Any]) -> list[Any]:
    clauses = [each for each in field.get("clauseNames") or [] if not CLAUSE.fullmatch(str(each))]
    return [field.get("untranslatedName"), *clauses]


def _folded(name: Any) -> str:
    """Names are compared without regard to case and to runs of white space, which nobody sees."""
    return " ".join(str(name or "").split()).casefold()
