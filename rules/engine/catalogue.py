"""Writes docs/rules.md, the catalogue of rules, from their headers.

python -m rules.engine.catalogue docs/rules.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rules.engine.discover import Rule, discover
from rules.engine.header import Header, Parameter
from rules.engine.template import FILTERS

OPENING = """\
# Rules

Written from the headers of `rules/*.sql` by `python -m rules.engine.catalogue docs/rules.md`; do not edit.

A rule finds what is wrong today, one row per break. `interlock.yaml` sets its parameters, or switches it off:

```yaml
rules: {slip-hits-peer: {warn_days: 5}, unmapped-spend: {enabled: false}}
```

## A rule of your own

is one `.sql` file in a folder of yours. It is held to the same contract: one SELECT over the documented
views, without clock, chance, files or settings. It returns its key columns, `subject_id`, `from_department`,
`to_department` and `evidence` (a list of item ids, or of source ids), and where it has them `initiative_id`,
`days_late`, `amount_at_risk` and `root_id`. Its header and its examples are checked before it runs.

```sql
/*
title: Work without an owner
severity: low
parameters:
  days: {default: 10, least: 0, unit: days, says: How long before its start an item needs an owner.}
key: [item_id]
evidence: The item.
why: Nobody will begin it.
fix: Name an owner in the tool.
messages:
  department:
    item: item_id
    headline: "{item_id|item} starts on {start_date|date} and nobody owns it."
    why:
      - {fact: Department, value: "{from_department|department}"}
    ask: "Who does it?"
    answers:
      - {say: ack, means: if you are on it}
cases:
  - name: fires shortly before the start
    today: 2026-03-02
    given:
      work_item:
        - {item_id: "jira:A", department_id: it, start_date: 2026-03-09}
        - {item_id: "jira:B", department_id: it, start_date: 2026-03-09, owner_id: dana@meridian.example}
        - {item_id: "jira:C", department_id: it, start_date: 2026-06-01}
    expect: [{item_id: "jira:A", start_date: 2026-03-09}]
  - name: silent with more patience
    today: 2026-03-02
    parameters: {days: 3}
    given: {work_item: [{item_id: "jira:A", start_date: 2026-03-09}]}
    expect: []
*/
SELECT item_id, item_id AS subject_id, department_id AS from_department, NULL AS to_department,
       [item_id] AS evidence, initiative_id, start_date
FROM work_item
WHERE owner_id IS NULL AND status = 'not started' AND start_date BETWEEN $today AND $today + $days
```

In a template, `{column|filter}` stands for a value in words (filters: FILTERS), and what stands
in `[…]` is left out where a column in it has no value or may not be seen at the destination.

"""


def catalogue(rules: Sequence[Rule]) -> str:
    """The catalogue of these rules, in Markdown."""
    opening = OPENING.replace("FILTERS", ", ".join(f"`{name}`" for name in sorted(FILTERS) if name))
    keys = [f"- `{name}`: {_one_line(field.description)}" for name, field in Header.model_fields.items()]
    sections = [line for rule in rules for line in _section(rule)]
    return "\n".join([opening + "The keys of the header:\n", *keys, "", *sections])


def _one_line(text: str | None) -> str:
    return " ".join((text or "").split())


def _section(rule: Rule) -> Iterator[str]:
    header = rule.header
    yield f"## {rule.id}\n"
    yield f"**{header.title}.** Severity: {header.severity}.\n"
    yield f"{header.why}\n"
    yield f"*What to do.* {header.fix}\n"
    yield f"- One break per {', '.join(f'`{name}`' for name in header.key)}."
    yield f"- Evidence: {header.evidence}"
    if header.absence:
        yield "- It is about something missing: unknown while any source that could hold it is stale."
    yield f"- Told: {', '.join(header.messages)}."
    for name, parameter in header.parameters.items():
        yield f"- `{name}` ({_default(parameter)}): {parameter.says}"
    fires = [case.name for case in header.cases if case.expect]
    silent = [case.name for case in header.cases if not case.expect]
    yield f"\nIts examples: {'; '.join(fires + silent)}.\n"


def _default(parameter: Parameter) -> str:
    return " ".join(str(word) for word in ("default", parameter.default, parameter.unit) if word != "")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(catalogue(discover()), encoding="utf-8")
