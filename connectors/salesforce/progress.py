"""How far a source has been read: what its cursor holds."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.contract import Cursor
from connectors.salesforce.schema import Plan

FORMAT = 1
"""Raised when what is read changes, so that everything is read anew."""


@dataclass
class Progress:
    """What was read, taken along page by page.

    `objects` holds per object: `reads` (what is asked for, by hash), `fields` (hub name to the JSON path that
    it means), `stamp` (the greatest SystemModstamp landed), and of the last census `count`, `newest`,
    `counted_at` and `doubted_since`. `people` and `tasks` are stamps too, `account` whose eyes read it.
    """

    account: str
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: str = ""
    tasks: str = ""

    @classmethod
    def since(cls, cursor: Cursor, account: str, kinds: Mapping[str, Any]) -> Progress:
        """Where the last pull ended. What is configured no more is forgotten."""
        known = {kind.lower() for kind in kinds}
        kept = {
            kind: dict(copy.deepcopy(state))
            for kind, state in (cursor.get("objects") or {}).items()
            if kind.lower() in known
        }
        same = cursor.get("account") == account
        return cls(
            account, kept, str(cursor.get("people") or "") if same else "", str(cursor.get("tasks") or "")
        )

    def of(self, plan: Plan) -> dict[str, Any]:
        """The state to read an object from; its stamp is gone where other things, or other eyes, read it.

        It is put into `objects` with its first page, so that the paths in the cursor are those of what landed.
        """
        reads = fingerprint(plan, self.account)
        state = dict(self.objects.get(plan.kind, {}))
        if state.get("reads") != reads:
            # Read before and now differently: everything anew, and a census of what is no longer in scope.
            state = {"reads": reads, "count": -1} if state else {"reads": reads}
        state["fields"] = dict(plan.fields)
        return state

    def cursor(self) -> dict[str, Any]:
        return copy.deepcopy(
            {"account": self.account, "objects": self.objects, "people": self.people, "tasks": self.tasks}
        )


def fingerprint(plan: Plan, account: str) -> str:
    read = json.dumps([FORMAT, account, plan.where, sorted(plan.select)])
    return hashlib.sha256(read.encode()).hexdigest()[:16]
