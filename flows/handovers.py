"""What a handover comes to, whether it holds or not: days late or days to spare, and the chain behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TextIO

import duckdb

from flows.chain import handover_chain
from flows.layout import print_wrapped
from flows.naming import Unknown, item_meant
from flows.reading import UnknownBreak, snapshot
from flows.settings import Settings
from rules.engine.message import SEES
from rules.engine.names import read_names
from rules.engine.template import count, day
from warehouse.database import rows

HELD = """
SELECT handover.handover_id, from_department, to_department, what, provider_item, consumer_item, state, needed_on,
       reaches_on, days_late, delivered, planned.float_days, planned.binding_id, planned.late_finish
FROM handover
LEFT JOIN schedule AS planned ON planned.item_id = handover.provider_item
WHERE handover_id = $words OR provider_item = $item OR consumer_item = $item
ORDER BY days_late DESC NULLS LAST, handover_id
"""


def handovers(settings: Settings, words: str) -> list[dict[str, Any]]:
    """The handovers of an item, or the one of an id, each with its chain in words.

    Raises UnknownBreak where nothing is meant: who asks may have mistyped a break's code.
    """
    with snapshot(settings) as db:
        try:
            item = item_meant(db, words)
        except Unknown:
            item = None
        found = rows(db, HELD, {"words": words, "item": item})
        if not found:
            codes = [code for (code,) in db.execute("SELECT code FROM break_open ORDER BY 1").fetchall()]
            what = (
                f"{words} takes part in no handover"
                if item
                else f"there is no break, handover or item {words!r}"
            )
            raise UnknownBreak(f"{what}. Breaks that stand: {', '.join(codes) or 'none'}.")
        return [_told(db, one) for one in found]


def _told(db: duckdb.DuckDBPyConnection, one: dict[str, Any]) -> dict[str, Any]:
    names = read_names(
        db, {one[name] for name in ("provider_item", "consumer_item", "binding_id") if one[name]}
    )
    words = list(handover_chain(db, one["handover_id"]).words)
    provider = names.item(one["provider_item"], SEES) if one["provider_item"] else ""
    if provider and not one["delivered"] and one["float_days"] is not None:
        words.append(_float(one, provider, names.item(one["binding_id"] or "", SEES)))
    sides = (
        f"{names.department(one['from_department'] or '')} to {names.department(one['to_department'] or '')}"
    )
    return {
        **one,
        "title": f"{sides}: {provider or one['what'] or one['handover_id']} ({one['state']})",
        "chain": words,
    }


def _float(one: dict[str, Any], provider: str, binding: str) -> str:
    """How far the provider may slip before anything that was promised breaks, this handover or another."""
    left = one["float_days"]
    bound = (
        ", by its own promised date"
        if binding == provider
        else f", the last that {binding} allows"
        if binding
        else ""
    )
    if left < 0:
        return f"{provider} has no float: it is {count(-left, 'working day')} past {day(one['late_finish'])}{bound}."
    if left == 0:
        return f"{provider} has no float left: {day(one['late_finish'])} is the last day{bound}."
    return f"{provider} may slip by {count(left, 'working day')} in all, to {day(one['late_finish'])}{bound}."


def tell(found: Sequence[dict[str, Any]], out: TextIO) -> None:
    """Print handovers for a person."""
    for number, one in enumerate(found):
        if number:
            print(file=out)
        print_wrapped(one["title"], out)
        for sentence in one["chain"]:
            print_wrapped(sentence, out, "  ")
