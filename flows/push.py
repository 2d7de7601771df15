"""Push: makes the tools show what the outbox holds, each alert once, and keeps every receipt.

Before anything is sent, the alert is marked as being sent, in a transaction of its own. A crash after the
tool's write and before the receipt therefore leaves an alert whose outcome is unknown, and the next push looks
for its marker before it sends anything.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from connectors.contract import (
    Connector,
    Deferred,
    Fact,
    Link,
    Message,
    Note,
    Receipt,
    SourceError,
    Text,
    Uncertain,
)
from flows import look_again
from flows.context import Run
from flows.settings import Source
from warehouse import journal
from warehouse.database import one, rows, transaction

WAITING = ("deferred", "refused")  # tried again in every run, and said once
DUE = ("due", "sending", *WAITING)

ANY_DUE = "SELECT EXISTS (FROM outbox.alert WHERE source_id = ? AND list_contains(?, state))"
ALERTS = """
SELECT alert.*, item.record_key, item.native_key, item.scope, episode.code, episode.severity,
       episode.amount_at_risk, episode.days_late, episode.first_seen
FROM outbox.alert AS alert
JOIN model.work_item AS item USING (item_id)
JOIN breaks.episode AS episode USING (break_id, episode)
WHERE alert.source_id = $source_id AND alert.state NOT IN ('undeliverable', 'removed')
ORDER BY alert.standing DESC,
    CASE episode.severity WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END,
    episode.amount_at_risk DESC NULLS LAST, episode.days_late DESC NULLS LAST, episode.last_seen DESC, episode.code
"""


@dataclass(frozen=True)
class Parcel:
    """A note, and the alerts that its receipt settles."""

    note: Note
    alerts: tuple[dict[str, Any], ...]

    @property
    def only_looks(self) -> bool:
        """Whether nothing is due here: what is shown already is looked at, for people changed its workbook."""
        return all(alert["state"] == "shown" for alert in self.alerts)


def push(run: Run, only: str | None = None) -> None:
    """Deliver what is due in every source that takes messages; one failing source does not stop the rest."""
    for source in [run.settings.source(only)] if only else run.settings.sources:
        connector = run.connector(source)
        changed = look_again.marked(run.db, source.source_id) if connector.one_note_per_item else []
        parcels = due(run, source, connector, changed)
        waiting = _deliver(run, source, connector, parcels) if parcels else set()
        if changed:
            with transaction(run.db, "push"):
                look_again.unmark(run.db, source.source_id, set(changed) - waiting)


def preview(run: Run) -> list[str]:
    """Each write that is due, as its tool would show it."""
    shown = []
    for source in run.settings.sources:
        connector = run.connector(source)
        for parcel in due(run, source, connector):
            words = connector.preview(parcel.note)
            verb = "edit" if parcel.note.previous else "write"
            shown.append(f"{source.source_id}: would {verb} on {parcel.note.native_key}:\n{words}")
    return shown


def due(run: Run, source: Source, connector: Connector, changed: Sequence[str] = ()) -> list[Parcel]:
    """The notes to deliver to a source, most harmful first.

    `changed`: workbooks that people changed, so that what they show already is looked at again.
    """
    if not connector.writes:
        return []
    if not changed and not one(run.db, ANY_DUE, [source.source_id, list(DUE)]):
        return []  # most runs end here, and what follows joins four tables
    alerts: list[dict[str, Any]] = rows(run.db, ALERTS, {"source_id": source.source_id})
    if not connector.one_note_per_item:
        return [Parcel(_note(alert, ()), (alert,)) for alert in alerts if alert["state"] in DUE]
    parcels = []
    by_item: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for alert in alerts:
        by_item[alert["item_id"]].append(alert)
    for on_item in by_item.values():
        waiting = tuple(alert for alert in on_item if alert["state"] in DUE)
        if not waiting and look_again.stands_in(on_item[0], changed):
            waiting = (on_item[0],)
        if waiting:
            top, *rest = on_item
            others = tuple(
                dict.fromkeys(a["code"] for a in rest if a["standing"] and a["code"] != top["code"])
            )
            parcels.append(Parcel(_note(top, others), waiting))
    return parcels


def _note(alert: dict[str, Any], others: tuple[str, ...]) -> Note:
    return Note(
        marker=alert["alert_id"],
        item_key=alert["record_key"],
        native_key=alert["native_key"],
        scope=alert["scope"],
        code=alert["code"],
        since=alert["first_seen"],
        message=_message(json.loads(alert["message"])),
        standing=alert["standing"],
        others=others,
        previous=alert["reference"] or "",
        look=alert["state"] == "sending",
        deferred_since=alert["deferred_since"],
    )


def _message(words: dict[str, Any]) -> Message:
    return Message(
        headline=words["headline"],
        why=tuple(_block(block) for block in words["why"]),
        ask=words["ask"],
        how=words["how"],
        reply=words["reply"],
    )


def _block(block: dict[str, str]) -> Text | Link | Fact:
    if "text" in block:
        return Text(block["text"])
    if "url" in block:
        return Link(block["label"], block["url"])
    return Fact(block["name"], block["value"])


def _deliver(run: Run, source: Source, connector: Connector, parcels: Sequence[Parcel]) -> set[str]:
    """Send the notes and keep their receipts; returns the workbooks that could not be looked at now."""
    sent = [alert["alert_id"] for parcel in parcels if not parcel.only_looks for alert in parcel.alerts]
    if sent:
        with transaction(run.db, "push") as tx:
            tx.db.execute(
                "UPDATE outbox.alert SET state = 'sending' WHERE list_contains($ids, alert_id)", {"ids": sent}
            )
    waiting = {parcel.note.marker: parcel for parcel in parcels}
    unseen = set()
    try:
        for receipt in connector.push([parcel.note for parcel in parcels]):
            parcel = waiting.pop(receipt.marker)
            if not parcel.only_looks or receipt.outcome in ("written", "removed"):
                _settle(run, source, parcel, receipt)
            elif receipt.outcome != "already":
                unseen.add(parcel.note.scope)
                if receipt.outcome == "refused":
                    run.report.notes.append(f"{source.source_id}: {receipt.detail}")
    except SourceError as error:
        _give_back(run, {marker: each for marker, each in waiting.items() if not each.only_looks}, error)
        run.report.failed.append(f"{source.source_id}: {error}")
    return unseen


def _settle(run: Run, source: Source, parcel: Parcel, receipt: Receipt) -> None:
    """Keep a receipt for each alert that it settles, and say in the journal what the tool now shows."""
    with transaction(run.db, "push") as tx:
        for alert in parcel.alerts:
            if receipt.outcome == "removed" and alert["alert_id"] != receipt.marker:
                continue  # what a person removed said nothing of this one, which is shown in the next push
            state = _state_after(receipt, alert["state"])
            _write_receipt(run, alert, receipt, state, run.today)
            if not _said(alert, receipt):
                body = {
                    "outcome": receipt.outcome,
                    "reference": receipt.reference,
                    "wanted": alert["wanted_hash"],
                }
                words = {"detail": receipt.detail} if receipt.detail else None
                journal.append(tx, run.now, f"alert {state}", alert["alert_id"], body, words)
    where = f"{source.source_id}: {parcel.note.native_key} ({parcel.note.code})"
    run.report.sent += receipt.outcome == "written"
    if receipt.outcome == "deferred":
        run.report.deferred.append(f"{where}: {receipt.detail}")
    elif receipt.outcome == "refused":
        run.report.failed.append(f"{where}: {receipt.detail}")
    elif receipt.outcome == "removed":
        run.report.notes.append(f"{where}: removed by a person, not put back")


def _state_after(receipt: Receipt, before: str) -> str:
    if before == "sending" and receipt.outcome in WAITING:
        return before  # it may be the look that was refused: whether the attempt before was written stays unknown
    return {"written": "shown", "already": "shown"}.get(receipt.outcome, receipt.outcome)


def _said(alert: dict[str, Any], receipt: Receipt) -> bool:
    """Whether the record holds already that this alert waits, and why."""
    waited = alert["state"] == receipt.outcome or (
        alert["state"] == "sending" and alert["reason"] == receipt.detail
    )
    return receipt.outcome in WAITING and bool(waited)


def _write_receipt(run: Run, alert: dict[str, Any], receipt: Receipt, state: str, today: date) -> None:
    run.db.execute(
        "UPDATE outbox.alert SET state = $state, reason = $reason,"
        " reference = coalesce(nullif($reference, ''), reference),"
        " shown_hash = CASE WHEN $state = 'shown' THEN wanted_hash ELSE shown_hash END,"
        " deferred_since = CASE WHEN $deferred THEN coalesce(deferred_since, $today) END"
        " WHERE alert_id = $alert_id",
        {
            "state": state,
            "deferred": receipt.outcome == "deferred",
            "reason": receipt.detail or None,
            "reference": receipt.reference,
            "today": today,
            "alert_id": alert["alert_id"],
        },
    )
    if _said(alert, receipt):
        return
    attempt = run.db.execute(
        "SELECT count(*) + 1 FROM outbox.delivery WHERE alert_id = ?", [alert["alert_id"]]
    ).fetchone()
    number = attempt[0] if attempt else 1
    run.db.execute(
        "INSERT INTO outbox.delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            f"{alert['alert_id']}-{number}", alert["alert_id"], number, run.now, alert["wanted_hash"],
            receipt.outcome, receipt.reference, receipt.detail, json.dumps(dict(receipt.inverse), default=str),
        ],
    )  # fmt: skip


def _give_back(run: Run, waiting: dict[str, Parcel], error: SourceError) -> None:
    """Notes that got no receipt wait for the next push; the one in hand may have been written."""
    outcome = (
        "sending" if isinstance(error, Uncertain) else "deferred" if isinstance(error, Deferred) else "due"
    )
    in_hand = next(iter(waiting), None)
    with transaction(run.db, "push"):
        for marker, parcel in waiting.items():
            before = {alert["alert_id"]: alert["state"] for alert in parcel.alerts}
            for identity, state in before.items():
                # An unknown outcome stays unknown until the marker was looked for.
                now = "sending" if state == "sending" else outcome if marker == in_hand else "due"
                run.db.execute(
                    "UPDATE outbox.alert SET state = ?, reason = ? WHERE alert_id = ?",
                    [now, str(error), identity],
                )
