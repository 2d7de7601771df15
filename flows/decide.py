"""Decide: a decision from the command line, kept on disk first, so that a running job never loses it."""

from __future__ import annotations

import getpass
from datetime import date
from typing import TextIO

from flows import job
from flows.configuration import ConfigurationError
from flows.context import DONE, DONE_WITH_FAILURES, clock_for
from flows.inbox import drop_in_inbox, take_inbox
from flows.reading import explain
from flows.settings import Settings
from rules.engine.answers import NotUnderstood, parse
from rules.engine.discover import RuleError
from warehouse.database import WarehouseError, rows
from warehouse.lock import Held


def decide(
    settings: Settings,
    name: str,
    line: str,
    on_behalf_of: str,
    note: str,
    today: date | None,
    out: TextIO,
    err: TextIO,
) -> int:
    """Record a decision about a break; returns the exit status.

    Raises ConfigurationError where the words are no decision, UnknownBreak where there is no such break.
    """
    try:
        parse(line, [])
    except NotUnderstood as problem:
        raise ConfigurationError(f"decide: {problem}.") from None
    code = explain(settings, name)["break"]["code"]
    path = drop_in_inbox(
        settings.warehouse.parent,
        {
            "break": code,
            "line": line,
            "on_behalf_of": on_behalf_of,
            "note": note,
            "os_user": getpass.getuser(),
            "decided_at": clock_for(settings, today).now().isoformat(),
        },
    )
    try:
        with job.opened(settings, "decide", today) as run:
            take_inbox(run)
            job.publish(run)
            answers = rows(
                run.db, "SELECT outcome, because FROM breaks.answer WHERE statement_id = ?", [path.stem]
            )
    except (Held, RuleError, WarehouseError) as cause:
        print(f"{code}: kept in {path}; the next run takes it in. ({cause})", file=out)
        return DONE
    for answer in answers:
        print(
            f"{code}: {answer['outcome']}: {answer['because']}",
            file=out if answer["outcome"] == "counted" else err,
        )
    return DONE if all(answer["outcome"] == "counted" for answer in answers) else DONE_WITH_FAILURES
