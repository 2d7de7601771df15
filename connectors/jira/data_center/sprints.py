"""Sprints, which Data Center prints as Java does.

    com.atlassian.greenhopper.service.sprint.Sprint@77c19629[id=266,state=CLOSED,name=Sprint 26,startDate=2018-…,…]

The number after the @ is another one in each answer: as it stands, every issue would be news with every pull. So
pages in which such texts stand are spooled with them read, in the form in which Cloud gives them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PRINTED = re.compile(r"[\w.]+\.Sprint@\w+\[(.*)\]", re.DOTALL)
MEMBERS = (
    "id", "rapidViewId", "state", "name", "startDate", "endDate", "completeDate", "activatedDate", "sequence", "goal",
    "synced", "autoStartStop", "incompleteIssuesDestinationId",
)  # fmt: skip
NEXT = re.compile(rf"(?:^|,)({'|'.join(MEMBERS)})=")
"""Where a member begins: names and goals hold commas too."""
KEPT = ("id", "state", "name", "startDate", "endDate", "completeDate")


def settle(path: Path, page: dict[str, Any], field: str | None) -> None:
    """Write the page anew where sprints are printed in it; `field` is the id of the field that holds them."""
    holding = [
        issue["fields"] for issue in page.get("issues") or [] if field and issue.get("fields", {}).get(field)
    ]
    printed = [fields for fields in holding if any(isinstance(each, str) for each in fields[field])]
    if not printed:
        return
    for fields in printed:
        fields[field] = read(fields[field])
    path.write_text(json.dumps(page, ensure_ascii=False), encoding="utf-8")


def read(sprints: Sequence[Any]) -> list[Any]:
    return [_one(each) if isinstance(each, str) else each for each in sprints]


def _one(text: str) -> dict[str, Any]:
    inside = PRINTED.fullmatch(text.strip())
    if inside is None:
        return {"name": text}
    parts = NEXT.split(inside[1])[1:]
    told = dict(zip(parts[::2], parts[1::2], strict=True))
    known = {name: told[name] for name in KEPT if told.get(name) not in (None, "", "<null>")}
    return known | {"state": known.get("state", "").lower()}
