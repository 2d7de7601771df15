"""Announce: what people should be shown now, as alerts in the outbox. Sends nothing.

An alert is one break told to one audience on one item of a tool. People are told when a break opens (once it
has held), on a real change, when an accepted harm stops being silent, and on recovery. Nothing else touches
an alert, so that nothing is told twice.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flows.context import Run
from flows.desk import Desk, finding_of, wanted
from rules.engine import episodes
from rules.engine.discover import Rule
from rules.engine.message import addresses
from rules.engine.settle import Episode, Transition, due_to_tell, harm, silent
from warehouse import journal
from warehouse.database import Transaction, rows


def announce(tx: Transaction, run: Run, transitions: Sequence[Transition]) -> None:
    """Write the alerts that this run makes due, with their journal entries, in the caller's transaction."""
    standing = set(tx.db.execute("SELECT break_id, episode FROM outbox.alert WHERE standing").fetchall())
    real = {transition.after.break_id for transition in transitions if transition.real}
    rules = {rule.id: rule for rule in run.settings.rules}
    desk = Desk(tx, run)
    opening, changed, recovered = [], [], []
    for episode in sorted(episodes.latest(run.db), key=harm):
        rule = rules.get(episode.seen.rule)
        if rule is None:
            continue
        if episode.state == "resolved":
            if (episode.break_id, episode.episode) in standing:
                recovered.append(episode)
        elif due_to_tell(episode, run.today, desk.hold_days):
            if run.settings.speaks(rule.id):
                opening.append((rule, episode))
        elif episode.told_on is not None and episode.break_id in real and not silent(episode, run.today):
            changed.append((rule, episode))
    desk.learn([*opening, *changed])
    for episode in recovered:
        _tell_recovery(tx, desk, episode)
    for rule, episode in changed:
        _tell_change(tx, desk, rule, episode)
    for rule, episode in opening:
        _tell_opening(desk, rule, episode)
    desk.write()


def _tell_opening(desk: Desk, rule: Rule, episode: Episode) -> None:
    told = False
    for address in addresses(rule, finding_of(episode)):
        target = desk.target(address)
        if desk.run.settings.mode(rule.id, target.source_id) == "notify":
            desk.tell(rule, episode, address.audience, target)
            told = True
    if told:
        desk.told(episode)


def _tell_change(tx: Transaction, desk: Desk, rule: Rule, episode: Episode) -> None:
    for alert in _alerts(tx, episode):
        message = desk.message(rule, episode, alert["audience"], alert["source_id"] or "", reply="")
        reword(tx, desk.run, alert, message, standing=True)
    known = {(alert["audience"], alert["item_id"]) for alert in _alerts(tx, episode)}
    for address in addresses(rule, finding_of(episode)):
        target = desk.target(address)
        if (address.audience, target.item_id or None) not in known and (
            desk.run.settings.mode(rule.id, target.source_id) == "notify"
        ):
            desk.tell(rule, episode, address.audience, target)
    desk.told(episode)


def _tell_recovery(tx: Transaction, desk: Desk, episode: Episode) -> None:
    if episode.closed_on is None or (desk.run.today - episode.closed_on).days < desk.hold_days:
        return
    for alert in _alerts(tx, episode):
        if alert["standing"] and not alert["reference"] and alert["state"] != "sending":
            withdraw(tx, desk.run, alert)
        elif alert["standing"]:
            message = json.loads(alert["message"])
            over = {"ask": "", "how": "", "reply": _over(desk, episode)}
            reword(tx, desk.run, alert, {**message, **over}, standing=False)


def _over(desk: Desk, episode: Episode) -> str:
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
