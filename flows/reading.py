"""What reading commands show, from the published snapshot: nothing here waits for a running job."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import duckdb

from flows.chain import handover_chain
from flows.configuration import ConfigurationError
from flows.layout import Column, Entry, harmless, print_list, print_wrapped
from flows.settings import Settings
from warehouse.database import open_database, rows
from warehouse.publish import current

STANDING = ("open", "acknowledged", "decided", "unknown")
STATES = (*STANDING, "resolved")
BREAK_COLUMNS = ("code", "severity", "rule", "days_late", "amount_at_risk", "state", "first_seen")


class NothingPublished(Exception):
    """There is no snapshot yet."""


class UnknownBreak(Exception):
    """No break has this code or id."""


def snapshot(settings: Settings) -> duckdb.DuckDBPyConnection:
    """The published views, read-only. Raises NothingPublished before the first run."""
    path = current(settings.warehouse.parent)
    if path is None:
        raise NothingPublished(
            f"{settings.warehouse.parent}: nothing was published yet. Run `interlock sync -c {settings.path}` first."
        )
    return open_database(path, read_only=True)


def breaks(settings: Settings, state: str | None) -> list[dict[str, Any]]:
    """Rows of `break_open` in the given state (default: all that stand), the worst first."""
    if state is not None and state not in (*STATES, "all"):
        raise ConfigurationError(
            f"--state {state}: there is no such state. Valid: {', '.join((*STATES, 'all'))}."
        )
    wanted = STANDING if state is None else STATES if state == "all" else (state,)
    # Resolved breaks are in the history only, which has the same columns but those of a standing one.
    query = (
        "FROM break_open WHERE list_contains($states, state) UNION ALL BY NAME"
        " SELECT break_id, code, rule, key, severity, subject_id, initiative_id, from_department, to_department,"
        " days_late, amount_at_risk, state, first_seen, NULL::DATE AS decide_by, NULL AS root_id, message"
        " FROM break_history WHERE state = 'resolved' AND list_contains($states, state)"
    )
    with snapshot(settings) as db:
        return rows(
            db,
            f"FROM ({query}) ORDER BY CASE severity WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END,"
            " amount_at_risk DESC NULLS LAST, days_late DESC NULLS LAST, code",
            {"states": list(wanted)},
        )


def show(found: Sequence[dict[str, Any]], shape: str, out: TextIO, columns: Sequence[str]) -> None:
    """Print breaks for people, their messages below them, or whole as JSON or CSV."""
    if shape == "json":
        json.dump(found, out, indent=1, default=plain, ensure_ascii=False)
        print(file=out)
    elif shape == "csv":
        _show_csv(found, out, columns)
    else:
        _show_list(found, out, columns)


def _show_csv(found: Sequence[dict[str, Any]], out: TextIO, columns: Sequence[str]) -> None:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(found[0] if found else columns)
    writer.writerows([csv_cell(value) for value in row.values()] for row in found)


def csv_cell(value: Any) -> str:
    """A CSV cell that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    text = "; ".join(value) if isinstance(value, list) else str(value)
    is_number = isinstance(value, int | float) or type(value).__name__ == "Decimal"
    return "'" + text if text[:1] in "=+-@" and text and not is_number else text


def _show_list(found: Sequence[dict[str, Any]], out: TextIO, columns: Sequence[str]) -> None:
    if not found:
        print("There is none.", file=out)
        return
    print_list(
        [Column(name.replace("_", " "), name in ("days_late", "amount_at_risk")) for name in columns],
        [Entry([_shown(row[name]) for name in columns], [row["message"]]) for row in found],
        out,
    )


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if type(value).__name__ == "Decimal":
        return f"{value:,.0f}"
    return "; ".join(value) if isinstance(value, list) else str(value)


def plain(value: Any) -> Any:
    """JSON for what JSON has no type for: money as a number with its digits, dates as ISO text."""
    if type(value).__name__ == "Decimal":
        return float(value) if value % 1 else int(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def explain(settings: Settings, name: str) -> dict[str, Any]:
    """One break's story: what, why, since when, its evidence, who was told, what they answered."""
    rules = {rule.id: rule for rule in settings.rules}
    with snapshot(settings) as db:
        found = rows(
            db,
            "FROM break_history WHERE upper(code) = upper($name) OR break_id = lower($name)"
            " ORDER BY episode DESC LIMIT 1",
            {"name": name},
        )
        if not found:
            codes = [code for (code,) in db.execute("SELECT code FROM break_open ORDER BY 1").fetchall()]
            raise UnknownBreak(f"there is no break {name!r}. Standing: {', '.join(codes) or 'none'}.")
        one = found[0]
        rule = rules.get(one["rule"])
        key = {"id": one["break_id"], "episode": one["episode"]}
        chain = handover_chain(db, one["subject_id"]) if _is_handover(db, one["subject_id"]) else None
        return {
            "break": one,
            "title": rule.header.title if rule else one["rule"],
            "why": rule.header.why if rule else "",
            "fix": rule.header.fix if rule else "",
            "chain": list(chain.words) if chain else [],
            "items": rows(db, ITEMS, key),
            "told": rows(db, TOLD, key),
            "answers": rows(db, "SELECT said_by, kind, outcome, because, read_on FROM answer"
                                " WHERE break_id = $id AND episode = $episode ORDER BY read_on, answer_id", key),
        }  # fmt: skip


TOLD = """
SELECT source_id, item_id, audience, outcome, count(*) AS times, max(tried_at) AS last, max(detail) AS detail
FROM delivery
WHERE break_id = $id AND episode = $episode
GROUP BY ALL
ORDER BY last, audience, item_id
"""

ITEMS = """
SELECT item.item_id, item.title, item.department_id, item.owner_id, item.status, item.due_date,
       planned.projected_start, planned.projected_finish, planned.float_days, planned.driver_id, item.url, item.locator
FROM break_history AS broken
JOIN work_item AS item ON list_contains(broken.evidence, item.item_id)
LEFT JOIN schedule AS planned USING (item_id)
WHERE broken.break_id = $id AND broken.episode = $episode
ORDER BY item.item_id
"""


def _is_handover(db: duckdb.DuckDBPyConnection, subject_id: str) -> bool:
    return db.execute("FROM handover WHERE handover_id = ?", [subject_id]).fetchone() is not None


def _times(number: int) -> str:
    return "at" if number == 1 else f"{number} times, last at"


def tell(story: dict[str, Any], out: TextIO) -> None:
    """Print a break's story for a person."""
    one = story["break"]
    print(
        f"{one['code']}  {story['title']}  ({one['severity']}, {one['state']}, since {one['first_seen']})",
        file=out,
    )
    print(f"\n{harmless(one['message'])}\n", file=out)
    if story["chain"]:
        print("How it comes about:", file=out)
        for sentence in story["chain"]:
            print_wrapped(sentence, out, "  ")
        print(file=out)
    if one["amount_at_risk"] is not None:
        print(f"Money at stake: {one['amount_at_risk']:,.2f}", file=out)
    if one["silent_until"] or one["silent_up_to"] is not None:
        limits = [f"until {one['silent_until']}" if one["silent_until"] else "",
                  f"up to {one['silent_up_to']} days late" if one["silent_up_to"] is not None else ""]  # fmt: skip
        print(f"Accepted {' and '.join(filter(None, limits))}.", file=out)
    print(f"Why it matters: {' '.join(story['why'].split())}", file=out)
    print(f"What to do: {' '.join(story['fix'].split())}", file=out)
    if story["items"]:
        print("\nIt rests on:", file=out)
    for item in story["items"]:
        dates = f"due {item['due_date'] or 'not stated'}, plan says {item['projected_finish'] or 'no date'}"
        print(
            f"  {item['item_id']}  {harmless(item['title'] or '')}"
            f"  [{item['department_id']}, {item['status']}] {dates}",
            file=out,
        )
        if item["url"]:
            print(f"    {item['url']}", file=out)
    for told in story["told"]:
        print(
            f"Told {told['audience']} on {told['item_id']}: {told['outcome']}, {_times(told['times'])}"
            f" {told['last']} UTC",
            file=out,
        )
    for answer in story["answers"]:
        print(
            f"Answer by {answer['said_by']}: {answer['kind'] or '?'}: {answer['outcome']}: {answer['because']}",
            file=out,
        )


def finance(settings: Settings, period: str, output: Path | None) -> Path:
    """Write the finance workbook for a period; returns where."""
    from reports.finance import write

    target = output or settings.folder / f"finance-{period}.xlsx"
    if target.is_dir():
        raise ConfigurationError(
            f"{target}: is a folder. Name the workbook to write, such as {target}/{period}.xlsx."
        )
    with snapshot(settings) as db:
        return write(db, period, target, settings.file.company, settings.file.currency)
