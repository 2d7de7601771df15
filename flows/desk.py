"""What wording and addressing alerts needs to know of a run, asked once for all of them; and the alerts made due."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from connectors.contract import Connector
from flows.context import Run
from rules.engine import episodes
from rules.engine.discover import Rule
from rules.engine.message import Address, Answering, addresses, word
from rules.engine.names import Names, read_names
from rules.engine.run import Finding
from rules.engine.settle import Episode
from warehouse import journal
from warehouse.database import Transaction, insert

ANCHOR = (Path(__file__).parent / "anchor.sql").read_text(encoding="utf-8")
AMONG = """SELECT unnest(from_json($among, '["VARCHAR"]'))"""


@dataclass(frozen=True)
class Target:
    """Where an address leads: an item of a source that can be written, or nowhere (`reason`)."""

    source_id: str = ""
    item_id: str = ""
    department_id: str = ""
    reason: str = ""


class Desk:
    """First `learn` of which breaks people are to be told, then ask for messages and targets, then `write`."""

    def __init__(self, tx: Transaction, run: Run) -> None:
        self.tx = tx
        self.run = run
        self.hold_days = run.settings.file.alerts.hold_days
        self.budget = run.settings.file.alerts.budget_per_team_per_week
        self.names = Names()
        self._items: dict[str, tuple[str, str]] = {}
        self._anchors: dict[tuple[str, str], str | None] = {}
        self._known: set[str] = set()
        self._alerts: list[dict[str, Any]] = []
        self._entries: list[journal.Entry] = []
        self._told: list[Episode] = []

    @cached_property
    def connectors(self) -> dict[str, Connector]:
        return {source.source_id: self.run.connector(source) for source in self.run.settings.sources}

    @cached_property
    def writable(self) -> list[str]:
        return [source_id for source_id, connector in self.connectors.items() if connector.writes]

    def learn(self, wording: Sequence[tuple[Rule, Episode]]) -> None:
        """Ask for everything at once that telling these breaks needs to know."""
        if not wording:
            return
        db = self.run.db
        ids = {one for _, episode in wording for one in mentioned(finding_of(episode))}
        self.names = read_names(db, ids, self.run.settings.file.currency)
        items = {a.item_id for rule, e in wording for a in addresses(rule, finding_of(e)) if a.item_id}
        self._learn_items(items)
        known = f"SELECT alert_id FROM outbox.alert WHERE break_id IN ({AMONG})"
        breaks = json.dumps([episode.break_id for _, episode in wording])
        self._known = {one for (one,) in db.execute(known, {"among": breaks}).fetchall()}

    def _learn_items(self, items: Iterable[str]) -> None:
        found = self.run.db.execute(
            f"SELECT item_id, source_id, department_id FROM model.work_item WHERE item_id IN ({AMONG})",
            {"among": json.dumps(sorted(items))},
        ).fetchall()
        self._items |= {item_id: (source_id, department or "") for item_id, source_id, department in found}

    def message(
        self, rule: Rule, episode: Episode, audience: str, source_id: str, reply: str
    ) -> dict[str, Any]:
        connector = self.connectors.get(source_id)
        in_cell = connector is not None and connector.answer_cell
        answering = Answering("cell", connector.answer_cell) if connector and in_cell else Answering()
        return word(
            rule,
            finding_of(episode),
            audience,
            self.names,
            code=episode.code,
            decide_by=episode.seen.decide_by,
            reply=reply,
            answering=answering,
        )

    def target(self, address: Address) -> Target:
        """The item that an address leads to."""
        if address.item_id:
            found = self._items.get(address.item_id)
            if found is None:
                return Target(reason=f"{address.item_id} is not an item of any tool")
            if found[0] not in self.writable:
                return Target(reason=f"{found[0]} takes no messages")
            return Target(found[0], address.item_id, found[1])
        if address.initiative_id:
            anchor = self._anchor(address.initiative_id, address.department_id)
            if anchor:
                return replace(self.target(Address(address.audience, item_id=anchor)),
                               department_id=address.department_id)  # fmt: skip
            where = f" in {address.department_id}" if address.department_id else ""
            return Target(
                department_id=address.department_id,
                reason=f"{address.initiative_id} has no parent milestone{where} to carry it",
            )
        return Target(department_id=address.department_id, reason="it belongs to no item of a tool")

    def _anchor(self, initiative_id: str, department_id: str) -> str | None:
        where = (initiative_id, department_id)
        if where not in self._anchors:
            found = self.run.db.execute(
                ANCHOR,
                {"initiative_id": initiative_id, "department_id": department_id, "writable": self.writable},
            ).fetchone()
            self._anchors[where] = found[0] if found else None
            self._learn_items([found[0]] if found else [])
        return self._anchors[where]

    def tell(self, rule: Rule, episode: Episode, audience: str, target: Target) -> None:
        """Make an alert due, once: unless it was made before."""
        identity = alert_id(episode, audience, target.item_id or target.department_id)
        if identity in self._known:
            return
        self._known.add(identity)
        message = self.message(rule, episode, audience, target.source_id, reply="")
        reason = target.reason or self._over_budget(episode, target.department_id)
        state = "undeliverable" if reason else "due"
        if reason:
            self.run.report.undeliverable.append(f"{episode.code} {message['headline']} ({reason})")
        self._alerts.append({
            "alert_id": identity, "break_id": episode.break_id, "episode": episode.episode, "audience": audience,
            "department_id": target.department_id or None, "source_id": target.source_id or None,
            "item_id": target.item_id or None, "message": journal.canonical(message), "standing": True,
            "wanted_hash": wanted(message, True), "state": state, "reason": reason or None, "since": self.run.today,
        })  # fmt: skip
        body = {
            "break": episode.break_id,
            "item": target.item_id or None,
            "audience": audience,
            "state": state,
        }
        self._entries.append(journal.Entry("alert due", identity, body, {"message": message}))

    def _over_budget(self, episode: Episode, department_id: str) -> str:
        """Why a department is told no more this week, or nothing. Its breaks count, in however many places told."""
        if self.budget is None:
            return ""
        told = self._told_this_week.setdefault(department_id, set())
        if len(told) >= self.budget:
            return f"more than {self.budget} alerts for {department_id} this week"
        told.add(episode.break_id)
        return ""

    @cached_property
    def _told_this_week(self) -> dict[str, set[str]]:
        monday = self.run.today - timedelta(days=self.run.today.weekday())
        found = self.run.db.execute(
            "SELECT coalesce(department_id, ''), list(DISTINCT break_id) FROM outbox.alert"
            " WHERE item_id IS NOT NULL AND state <> 'undeliverable' AND since >= ? GROUP BY 1",
            [monday],
        ).fetchall()
        return {department_id: set(breaks) for department_id, breaks in found}

    def told(self, episode: Episode) -> None:
        """Remember what people were told of a break by now."""
        seen = episode.seen
        departments = tuple(sorted({d for d in (seen.from_department, seen.to_department) if d}))
        self._told.append(
            replace(
                episode, told_on=self.run.today, told_days_late=seen.days_late, told_departments=departments
            )
        )

    def write(self) -> None:
        """Write what was made due."""
        insert(self.tx.db, "outbox.alert", self._alerts)
        journal.append_all(self.tx, self.run.now, self._entries)
        episodes.save(self.tx.db, self._told)


def mentioned(finding: Finding) -> set[str]:
    """Whatever the words about a finding may name: its evidence, and the values of its columns."""
    ids = set(finding.evidence)
    for value in finding.columns.values():
        ids.update(v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str))
    return ids


def finding_of(episode: Episode) -> Finding:
    """The episode's last finding, as the rule gave it."""
    seen = episode.seen
    return Finding(
        seen.rule, seen.key, seen.subject_id, seen.from_department, seen.to_department, seen.initiative_id,
        seen.days_late, seen.amount_at_risk, seen.root_id, seen.evidence, seen.columns,
    )  # fmt: skip


def alert_id(episode: Episode, audience: str, item_id: str) -> str:
    """The marker of an alert in its tool: the same whenever it is computed."""
    text = json.dumps([episode.break_id, episode.episode, audience, item_id])
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def wanted(message: dict[str, Any], standing: bool) -> str:
    """The hash of what a tool should show for an alert."""
    return hashlib.sha256(journal.canonical([message, standing]).encode()).hexdigest()[:32]
