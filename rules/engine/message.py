"""Words a finding for each of its audiences: plain blocks that a connector renders.

The order is DESIGN section 6's: what will happen, when and to whom (`headline`); why (`why`); what is asked
of the reader, by when (`ask`); how to answer without leaving the tool (`how`); what was understood of the
last answer (`reply`). The blocks have the shape of `connectors.contract.Message` as JSON: `{"text": …}`,
`{"label": …, "url": …}`, `{"name": …, "value": …}`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.engine.discover import Rule
from rules.engine.header import Audience, FactLine, LinkLine, Why, parsed
from rules.engine.names import Names
from rules.engine.run import Finding
from rules.engine.template import day, render, render_whole

SEES = frozenset({"public", "department"})
MOST_LINKS = 8


@dataclass(frozen=True)
class Address:
    """Where a message goes: to an item, or to where `initiative_id` is anchored in `department_id`.

    Without an item and an initiative it goes to no tool; it is listed for the digest.
    """

    audience: str
    item_id: str = ""
    initiative_id: str = ""
    department_id: str = ""


@dataclass(frozen=True)
class Answering:
    """How people answer in one tool: by a comment that begins with `interlock:`, or in a named cell."""

    by: str = "comment"
    cell: str = "Answer"


def addresses(rule: Rule, finding: Finding) -> list[Address]:
    """Every place that a finding is told, in the order of the header's messages; no place twice."""
    found: dict[Address, None] = {}
    for name, audience in rule.header.messages.items():
        items = _ids(finding, audience.item)
        departments = _ids(finding, audience.department)
        if items:
            places = [Address(name, item_id=item) for item in items]
        elif departments:
            anchors = _ids(finding, audience.anchor) or [""]
            places = [
                Address(name, "", anchor, department) for anchor in anchors for department in departments
            ]
        else:
            # A message that names no place goes to none; one whose place is empty is not for this finding.
            places = [] if audience.item or audience.department else [Address(name)]
        found.update(dict.fromkeys(places))
    return list(found)


def headline(rule: Rule, finding: Finding, names: Names, may_see: frozenset[str] = SEES) -> str:
    """The break in one sentence, as its first audience reads it."""
    first = next(iter(rule.header.messages.values()))
    return render_whole(parsed(first.headline), finding.columns, names, may_see)


def word(
    rule: Rule,
    finding: Finding,
    audience: str,
    names: Names,
    *,
    code: str = "",
    decide_by: date | None = None,
    reply: str = "",
    answering: Answering | None = None,
    may_see: frozenset[str] = SEES,
) -> dict[str, Any]:
    """The message of a finding to one audience, as plain JSON values.

    `code` is what people type to name the break, `decide_by` the day by which an answer is asked for, `reply`
    what Interlock understood of the last answer, `may_see` the classes that the destination may receive
    (amounts are `finance`). Raises KeyError for an audience that the rule does not have.
    """
    message = rule.header.messages[audience]
    row = {**finding.columns, "code": code or None, "decide_by": decide_by.isoformat() if decide_by else None}
    return {
        "headline": render_whole(parsed(message.headline), row, names, may_see),
        "why": [block for line in message.why for block in _blocks(line, row, names, may_see)],
        "ask": _ask(message, row, names, decide_by, may_see),
        "how": _how(message, row, names, code, answering or Answering()),
        "reply": reply,
    }


def _ask(
    message: Audience, row: Mapping[str, Any], names: Names, decide_by: date | None, may_see: frozenset[str]
) -> str:
    asked = render_whole(parsed(message.ask), row, names, may_see)
    return f"{asked} Please answer by {day(decide_by)}." if decide_by else asked


def _blocks(line: Why, row: Mapping[str, Any], names: Names, may_see: frozenset[str]) -> list[dict[str, str]]:
    """The blocks of one `why` line; none where a value that it needs is missing or may not be seen."""
    if isinstance(line, str):
        text = render(parsed(line), row, names, may_see)
        return [{"text": text}] if text else []
    if isinstance(line, FactLine):
        value = render(parsed(line.value), row, names, may_see)
        return [{"name": line.fact, "value": value}] if value else []
    if isinstance(line, LinkLine):
        ids = _listed(row.get(line.link))
        links = [
            {"label": names.item(id_, may_see), "url": names.url(id_, may_see)} for id_ in ids[:MOST_LINKS]
        ]
        more = [{"text": f"and {len(ids) - MOST_LINKS} more"}] if len(ids) > MOST_LINKS else []
        return links + more
    claims = row.get(line.facts) or []
    return [
        {"name": names.item(claim["item"], may_see, sourced=True), "value": _plain(claim["value"], names)}
        for claim in claims
        if claim.get("value") not in (None, "")
    ]


def _plain(value: Any, names: Names) -> str:
    """A claimed value in words: a date as a date, a person by name, anything else as it is."""
    text = str(value)
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return names.person(text)


def _how(message: Audience, row: Mapping[str, Any], names: Names, code: str, answering: Answering) -> str:
    """One sentence per way to answer, in the words of the tool."""
    ways = []
    for answer in message.answers:
        said = render(parsed(answer.say), row, names, SEES)
        if said is None:
            continue
        kind, _, rest = said.partition(" ")
        if answering.by == "comment":
            said = " ".join(part for part in ("interlock:", kind, code, rest) if part)
        ways.append(f"“{said}” {answer.means}")
    if not ways:
        return ""
    where = (
        "Answer in a comment whose first line is one of these"
        if answering.by == "comment"
        else f"Answer in the cell “{answering.cell}” of this row with one of these"
    )
    return f"{where}: {'; '.join(ways)}."


def _ids(finding: Finding, column: str) -> list[str]:
    return _listed(finding.columns.get(column)) if column else []


def _listed(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(one) for one in values if one not in (None, "")]
