"""Answers that people wrote into their Tasks, as rows of `contract.ANSWER`.

Who answered is who changed the Task last: Salesforce keeps no author of a field. Interlock's own edits would
hide that, so it writes the person it found into the line before it changes a Task, and reads it there again;
the line is believed only where Interlock itself was the last to change the Task. A colleague who touches the
Task between the answer and the pull is taken for its author: that cannot be told.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connectors.contract import Drifted, Page
from connectors.salesforce import soql, task
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.errors import NO_FIELD
from connectors.salesforce.options import Options
from connectors.salesforce.paging import OVERLAP, Wanted, pages
from connectors.salesforce.progress import Progress

AUTOMATIONS = frozenset({"AutomatedProcess", "CloudIntegrationUser"})
"""Types of user under which Salesforce itself acts: flows, processes, packages."""
READ = (
    "Id", "WhatId", "Status", "IsClosed", "Description", "LastModifiedById", "LastModifiedDate", "SystemModstamp",
    "LastModifiedBy.Name", "LastModifiedBy.Email", "LastModifiedBy.UserType",
)  # fmt: skip


def pull(
    client: SalesforceClient, options: Options, progress: Progress, watch: Sequence[str], spool: Path
) -> Iterator[Page]:
    """The answers in Tasks of ours that changed, on watched records. Without any, nothing is asked."""
    if not watch:
        return
    since = f"SystemModstamp >= {soql.moment(progress.tasks, OVERLAP)}" if progress.tasks else ""
    wanted = Wanted("Task", READ, (f"{options.marker_field} != null", since))
    into = spool / "answer.ndjson"
    try:
        with into.open("w", encoding="utf-8") as file:
            for path, reached in pages(client, options, wanted, spool, "Task", keyed=True):
                progress.tasks = max(progress.tasks, reached)
                tasks = json.loads(path.read_text(encoding="utf-8"))["records"]
                for row in _rows(client, tasks, frozenset(watch)):
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")
    except Drifted as error:
        raise no_marker(options, error) from error
    yield Page("answer", into, cursor=progress.cursor())


def _rows(
    client: SalesforceClient, tasks: Sequence[Mapping[str, Any]], watched: Collection[str]
) -> Iterator[dict[str, Any]]:
    ours = client.user_id
    here = [(each, task.answer(each)) for each in tasks if each["WhatId"] in watched]
    said = [(each, line, task.parts(each["Description"]).answered) for each, line in here if line is not None]
    stamped = {by.user_id for each, _, by in said if by and each["LastModifiedById"] == ours}
    people = _people(client, stamped)
    for number, (each, line, by) in enumerate(said, start=1):
        who: Mapping[str, Any]
        if each["LastModifiedById"] != ours:
            who = dict(each["LastModifiedBy"] or {}) | {"Id": each["LastModifiedById"]}
            at = str(each["LastModifiedDate"])
        elif by is not None:
            who, at = people.get(by.user_id, {"Id": by.user_id, "Name": by.name}), by.at
        else:
            continue  # we closed it ourselves, and nobody has said anything
        yield _row(each, number, line, who, at)


def _people(client: SalesforceClient, ids: Collection[str]) -> dict[str, Mapping[str, Any]]:
    if not ids:
        return {}
    asked = soql.select(("Id", "Name", "Email", "UserType"), "User", f"Id IN {soql.listed(sorted(ids))}")
    return {str(each["Id"]): each for each in client.query(asked)}


def _row(found: Mapping[str, Any], number: int, line: str, who: Mapping[str, Any], at: str) -> dict[str, Any]:
    return {
        "_key": found["Id"],
        "_place": f"Task {found['Id']} on {found['WhatId']}",
        "_row": number,
        "_fate": "land",
        "_reason": None,
        "@item_key": found["WhatId"],
        "@author_id": who["Id"],
        "@author_email": who.get("Email") or None,
        "@author_name": who.get("Name"),
        "@author_kind": "automation" if who.get("UserType") in AUTOMATIONS else "person",
        "@line": line,
        "@beside_item": None,
        "@beside_code": None,
        "@said_at": iso(at),
    }


def iso(stamp: str) -> str:
    return datetime.fromisoformat(stamp).astimezone(UTC).isoformat()


def no_marker(options: Options, error: Drifted) -> Drifted:
    if NO_FIELD not in error.problem:
        return error
    return Drifted(
        f"Task.{options.marker_field}",
        f"the org shows no such field ({error.problem})",
        "Make it on Activity as an external id (text of 40, unique), and give Interlock's permission set edit"
        " access to it, or name another in `marker_field`",
    )
