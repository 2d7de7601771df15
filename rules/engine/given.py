"""Completes the rows that a case gives, so that it has to name only what matters to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rules.engine.discover import RuleError
from rules.engine.header import Case

Row = dict[str, Any]

# Views that a case may give rows of. The plan's own (schedule, cycle) are always computed.
GIVEN = frozenset(
    {"benefit", "budget", "claim_conflict", "department", "dependency", "fiscal_quarter", "gate", "handover"}
    | {"identity", "initiative", "person", "posting", "promise", "reference_problem", "source_health"}
    | {"sprint", "sprint_item", "status_history", "version", "version_item", "work_item", "worklog"}
)


@dataclass(frozen=True)
class Given:
    """Rows per table, complete; and the sources that occur in them, with their kinds."""

    tables: Mapping[str, list[Row]]
    sources: Mapping[str, str]


def complete(place: str, case: Case) -> Given:
    """The case's rows with everything filled in that it leaves out. Raises RuleError for an unknown view."""
    for view in case.given:
        if view not in GIVEN:
            raise RuleError(place, f"it gives rows of {view}", f"Give rows of: {', '.join(sorted(GIVEN))}")
    tables = {
        view: [_complete_row(view, row, number) for number, row in enumerate(rows, start=1)]
        for view, rows in case.given.items()
    }
    tables.setdefault("fiscal_quarter", list(_quarters(case.today)))
    _add_departments(tables)
    sources = _sources(tables)
    health = {row["source_id"]: row for row in tables.get("source_health", [])}
    tables["source_health"] = [
        {"source_id": source, "kind": kind, "state": "fresh", **health.get(source, {})}
        for source, kind in sources.items()
    ]
    return Given(tables, sources)


def _complete_row(view: str, row: Row, number: int) -> Row:
    defaults = DEFAULTS.get(view)
    return {**defaults(row, number), **row} if defaults else dict(row)


def _work_item(row: Row, _number: int) -> Row:
    source, _, key = str(row["item_id"]).partition(":")
    return {
        "source_id": source, "record_key": key, "native_key": key, "kind": "task", "title": key, "labels": [],
        "node_id": row["item_id"], "status": "not started", "status_known": True, "class": "department",
    }  # fmt: skip


def _dependency(row: Row, _: int) -> Row:
    before, after = row["predecessor_id"], row["successor_id"]
    type_ = row.get("type", "FS")
    return {
        "dependency_id": _between(before, after, type_), "type": type_, "lag_days": 0, "is_handover": False,
        "stated_by": str(after).partition(":")[0],
    }  # fmt: skip


def _handover(row: Row, _: int) -> Row:
    if "provider_item" in row and "consumer_item" in row:
        id_ = _between(row["provider_item"], row["consumer_item"], row.get("type", "FS"))
    else:
        between = f"{row.get('from_department')}>{row.get('to_department')}"
        id_ = f"{row.get('initiative_id')}:{between}:{row.get('what', '')}"
    return {"handover_id": id_, "type": "FS", "lag_days": 0, "stated_by": "register", "state": "requested"}


def _between(before: str, after: str, type_: str) -> str:
    return f"{before}>{after}" + ("" if type_ == "FS" else f" {type_}")


def _initiative(row: Row, _: int) -> Row:
    return {"name": row["initiative_id"], "departments": [], "stage": "decided", "money_expected": False}


def _gate(row: Row, _: int) -> Row:
    guarded = row.get("handover_id") or row.get("initiative_id")
    return {"gate_id": f"{row['kind']}@{guarded}", "required_by": "policy"}


def _quarter(row: Row, _: int) -> Row:
    """A budget or benefit row: the quarter's days from its label, the year being the calendar's."""
    year, number = int(str(row["quarter"])[:4]), int(str(row["quarter"])[-1])
    return {"fiscal_year": year, "starts_on": _starts(year, number), "ends_on": _ends(year, number)}


def _posting(row: Row, number: int) -> Row:
    return {
        "posting_id": f"{row['source_id']}:{number}", "period_basis": "stated", "currency": "GBP",
        "reporting_amount": row.get("amount"),
    }  # fmt: skip


DEFAULTS = {
    "work_item": _work_item,
    "dependency": _dependency,
    "handover": _handover,
    "initiative": _initiative,
    "gate": _gate,
    "budget": _quarter,
    "benefit": _quarter,
    "posting": _posting,
}


def _starts(year: int, quarter: int) -> date:
    return date(year, 3 * quarter - 2, 1)


def _ends(year: int, quarter: int) -> date:
    after = date(year + 1, 1, 1) if quarter == 4 else _starts(year, quarter + 1)
    return after - timedelta(days=1)


def _quarters(today: date) -> Iterator[Row]:
    """Calendar quarters around today, as a company whose year begins in January has them."""
    now = today.year * 4 + (today.month - 1) // 3
    for ahead in range(-8, 9):
        year, number = divmod(now + ahead, 4)
        starts, ends = _starts(year, number + 1), _ends(year, number + 1)
        yield {
            "fiscal_year": year, "quarter": f"{year}-Q{number + 1}", "starts_on": starts, "ends_on": ends,
            "ahead": ahead,
        }  # fmt: skip


def _add_departments(tables: dict[str, list[Row]]) -> None:
    """A row for every department that a case mentions."""
    mentioned: dict[str, None] = {}
    for rows in tables.values():
        for row in rows:
            for column in ("department_id", "from_department", "to_department"):
                if row.get(column):
                    mentioned[row[column]] = None
            mentioned.update(dict.fromkeys(row.get("departments") or []))
    known = {row["department_id"] for row in tables.get("department", [])}
    made = [{"department_id": one, "name": one} for one in sorted(mentioned) if one not in known]
    tables["department"] = [*tables.get("department", []), *made]


def _sources(tables: Mapping[str, list[Row]]) -> dict[str, str]:
    """Every source that a case mentions, with a kind of the right sort."""
    kinds = {"register": "register"}
    kinds |= {str(row["source_id"]): "excel" for row in tables.get("work_item", [])}
    kinds |= {str(row["source_id"]): "erp" for row in tables.get("posting", [])}
    kinds |= {str(row["source_id"]): row.get("kind", "excel") for row in tables.get("source_health", [])}
    return kinds
