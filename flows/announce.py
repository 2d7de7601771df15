"""Announce: what people should be shown now, as alerts in the outbox. Sends nothing.

An alert is one break told to one audience on one item of a tool. People are told when a break opens (once it
has held), on a real change, when an accepted harm stops being silent, and on recovery. Nothing else touches
an alert, so that nothing is told twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
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
from rules.engine.settle import Episode, Transition, due_to_tell, harm, silent
from warehouse import journal
from warehouse.database import Transaction, rows

ANCHOR = (Path(__file__).parent / "anchor.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Target:
    """Where an address leads: an item of a source that can be written, or nowhere (`reason`)."""

    source_id: str = ""
    item_id: str = ""
    department_id: str = ""
    reason: str = ""


def announce(tx: Transaction, run: Run, transitions: Sequence[Transition]) -> None:
    """Write the alerts that this run makes due, with their journal entries, in the caller's transaction."""
    desk = _Desk(run)
    standing = set(tx.db.execute("SELECT break_id, episode FROM outbox.alert WHERE standing").fetchall())
    real = {transition.after.break_id for transition in transitions if transition.real}
    for episode in sorted(episodes.latest(run.db), key=harm):
        rule = desk.rules.get(episode.seen.rule)
        if rule is None:
            continue
        if episode.state == "resolved":
            if (episode.break_id, episode.episode) in standing:
                _tell_recovery(tx, desk, episode)
        elif due_to_tell(episode, run.today, desk.hold_days):
            _tell_opening(tx, desk, rule, episode)
        elif episode.told_on is not None and episode.break_id in real and not silent(episode, run.today):
            _tell_change(tx, desk, rule, episode)


class _Desk:
    """What wording and addressing alerts needs to know of this run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.rules = {rule.id: rule for rule in run.settings.rules}
        self.hold_days = run.settings.file.alerts.hold_days
        self.budget = run.settings.file.alerts.budget_per_team_per_week

    @cached_property
    def connectors(self) -> dict[str, Connector]:
        return {source.source_id: self.run.connector(source) for source in self.run.settings.sources}

    @cached_property
    def writable(self) -> list[str]:
        return [source_id for source_id, connector in self.connectors.items() if connector.writes]

    def names(self, episode: Episode) -> Names:
        ids = set(episode.seen.evidence)
        for value in episode.seen.columns.values():
            ids.update(v for v in (value if isinstance(value, list) else [value]) if isinstance(v, str))
        return read_names(self.run.db, ids, self.run.settings.file.currency)

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
            self.names(episode),
            code=episode.code,
            decide_by=episode.seen.decide_by,
            reply=reply,
            answering=answering,
        )

    def target(self, address: Address) -> Target:
        """The item that an address leads to."""
        if address.item_id:
            found = self.run.db.execute(
                "SELECT source_id, department_id FROM model.work_item WHERE item_id = ?", [address.item_id]
            ).fetchone()
            if found is None:
                return Target(reason=f"{address.item_id} is not an item of any tool")
            if found[0] not in self.writable:
                return Target(reason=f"{found[0]} takes no messages")
            return Target(found[0], address.item_id, found[1] or "")
        if address.initiative_id:
            found = self.run.db.execute(
                ANCHOR,
                {
                    "initiative_id": address.initiative_id,
                    "department_id": address.department_id,
                    "writable": self.writable,
                },
            ).fetchone()
            if found:
                return replace(self.target(Address(address.audience, item_id=found[0])),
                               department_id=address.department_id)  # fmt: skip
            where = f" in {address.department_id}" if address.department_id else ""
            return Target(
                department_id=address.department_id,
                reason=f"{address.initiative_id} has no parent milestone{where} to carry it",
            )
        return Target(department_id=address.department_id, reason="it belongs to no item of a tool")


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


def _tell_opening(tx: Transaction, desk: _Desk, rule: Rule, episode: Episode) -> None:
    told = []
    for address in addresses(rule, finding_of(episode)):
        target = desk.target(address)
        mode = desk.run.settings.mode(rule.id, target.source_id)
        if mode == "observe":
            continue
        told.append(target)
        _write_alert(tx, desk, rule, episode, address.audience, target)
    if told:
        after = _told(desk, episode)
        episodes.save(tx.db, [after])


def _told(desk: _Desk, episode: Episode) -> Episode:
    departments = {d for d in (episode.seen.from_department, episode.seen.to_department) if d}
    return replace(
        episode,
        told_on=desk.run.today,
        told_days_late=episode.seen.days_late,
        told_departments=tuple(sorted(departments)),
    )


def _write_alert(
    tx: Transaction, desk: _Desk, rule: Rule, episode: Episode, audience: str, target: Target
) -> None:
    run = desk.run
    identity = alert_id(episode, audience, target.item_id or target.department_id)
    if tx.db.execute("SELECT 1 FROM outbox.alert WHERE alert_id = ?", [identity]).fetchone():
        return
    message = desk.message(rule, episode, audience, target.source_id, reply="")
    state, reason = "due", None
    if not target.item_id:
        state, reason = "undeliverable", target.reason
        run.report.undeliverable.append(f"{episode.code} {message['headline']} ({target.reason})")
    elif desk.budget is not None and _told_this_week(tx, run, target.department_id) >= desk.budget:
        state, reason = (
            "undeliverable",
            f"more than {desk.budget} alerts for {target.department_id} this week",
        )
        run.report.undeliverable.append(f"{episode.code} {message['headline']} ({reason})")
    tx.db.execute(
        "INSERT INTO outbox.alert BY NAME SELECT $alert_id AS alert_id, $break_id AS break_id, $episode AS episode,"
        " $audience AS audience, $department AS department_id, $source AS source_id, $item AS item_id,"
        " $message::JSON AS message, true AS standing, $wanted AS wanted_hash, $state AS state, $reason AS reason,"
        " $since AS since",
        {
            "alert_id": identity, "break_id": episode.break_id, "episode": episode.episode, "audience": audience,
            "department": target.department_id or None, "source": target.source_id or None,
            "item": target.item_id or None, "message": journal.canonical(message),
            "wanted": wanted(message, True), "state": state, "reason": reason, "since": run.today,
        },
    )  # fmt: skip
    body = {"break": episode.break_id, "item": target.item_id or None, "audience": audience, "state": state}
    journal.append(tx, run.now, "alert due", identity, body, {"message": message})


def _told_this_week(tx: Transaction, run: Run, department_id: str) -> int:
    monday = run.today.toordinal() - run.today.weekday()
    found = tx.db.execute(
        "SELECT count(DISTINCT break_id) FROM outbox.alert WHERE department_id = ? AND item_id IS NOT NULL"
        " AND state <> 'undeliverable' AND since >= ?",
        [department_id, run.today.fromordinal(monday)],
    ).fetchone()
    return int(found[0]) if found else 0


def _tell_change(tx: Transaction, desk: _Desk, rule: Rule, episode: Episode) -> None:
    for alert in _alerts(tx, episode):
        message = desk.message(rule, episode, alert["audience"], alert["source_id"] or "", reply="")
        reword(tx, desk.run, alert, message, standing=True)
    known = {(alert["audience"], alert["item_id"]) for alert in _alerts(tx, episode)}
    for address in addresses(rule, finding_of(episode)):
        target = desk.target(address)
        if (address.audience, target.item_id or None) not in known and (
            desk.run.settings.mode(rule.id, target.source_id) == "notify"
        ):
            _write_alert(tx, desk, rule, episode, address.audience, target)
    episodes.save(tx.db, [_told(desk, episode)])


def _tell_recovery(tx: Transaction, desk: _Desk, episode: Episode) -> None:
    if episode.closed_on is None or (desk.run.today - episode.closed_on).days < desk.hold_days:
        return
    for alert in _alerts(tx, episode):
        if alert["standing"] and not alert["reference"] and alert["state"] != "sending":
            withdraw(tx, desk.run, alert)
        elif alert["standing"]:
            message = json.loads(alert["message"])
            over = {"ask": "", "how": "", "reply": _over(desk, episode)}
            reword(tx, desk.run, alert, {**message, **over}, standing=False)


def _over(desk: _Desk, episode: Episode) -> str:
    because = episode.closed_because or ""
    how = "" if because in ("", "no longer found") else f": {because}"
    return f"Resolved on {desk.run.today.isoformat()}{how}."


def withdraw(tx: Transaction, run: Run, alert: dict[str, Any]) -> None:
    """What nobody was ever shown is not taken back either."""
    tx.db.execute(
        "UPDATE outbox.alert SET standing = false, state = 'withdrawn' WHERE alert_id = ?",
        [alert["alert_id"]],
    )
    journal.append(tx, run.now, "alert withdrawn", alert["alert_id"], {"state": "withdrawn"}, None)


def _alerts(tx: Transaction, episode: Episode) -> list[dict[str, Any]]:
    return rows(
        tx.db,
        "FROM outbox.alert WHERE break_id = ? AND episode = ? ORDER BY alert_id",
        [episode.break_id, episode.episode],
    )


def reword(tx: Transaction, run: Run, alert: dict[str, Any], message: dict[str, Any], standing: bool) -> None:
    """Give an alert new words; it becomes due if its tool does not show just that."""
    hashed = wanted(message, standing)
    if hashed == alert["wanted_hash"]:
        return
    state = "due" if alert["state"] in ("due", "shown", "sending", "deferred", "refused") else alert["state"]
    if alert["state"] == "sending":
        state = "sending"  # its last attempt's outcome is still unknown
    tx.db.execute(
        "UPDATE outbox.alert SET message = $message, standing = $standing, wanted_hash = $hash, state = $state"
        " WHERE alert_id = $alert_id",
        {
            "message": journal.canonical(message),
            "standing": standing,
            "hash": hashed,
            "state": state,
            "alert_id": alert["alert_id"],
        },
    )
    kind = "alert reworded" if standing else "alert recovered"
    journal.append(
        tx, run.now, kind, alert["alert_id"], {"wanted": hashed, "state": state}, {"message": message}
    )
