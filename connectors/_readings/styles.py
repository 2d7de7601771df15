"""Finds the style of a column from all of its cells, or says that a person must tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from connectors._readings.sql import SQL
from connectors.contract import Drifted

STRAYS = 20
"""A column has a style if at most one in so many of its telling cells contradicts it. Those that do are
quarantined; if there are more of them, a person is asked."""

ORDERS = {"dmy": "the day first", "mdy": "the month first", "ymd": "the year first"}
MARKS = {"point": "a decimal point", "comma": "a decimal comma"}

Votes = Mapping[str, Mapping[str, Any]]
"""What speaks for each style of a column, or for `either`: how many `cells`; an example's `text`, `row`."""


@dataclass(frozen=True)
class Spot:
    """How a person finds a column and its cells: `before` the row's number, and `after` it: `D12 (Due)`."""

    column: str
    before: str
    after: str

    def cell(self, row: int) -> str:
        return f"{self.before}{row}"


def date_order(votes: Votes, short_years: Mapping[str, Any] | None, spot: Spot) -> str:
    """`dmy`, `mdy` or `ymd`; `short_years` is as in its SQL. Raises Drifted where it cannot be told."""
    order = _winner(votes, ORDERS, spot, "dates", "date_order")
    if order is None:
        settings = ("date_order: dmy", "date_order: mdy")
        raise _unsettled(votes["either"], spot, "date", "the day or with the month first", settings)
    # Dates of one plan lie close: years that lie closer when they come first are likely to do so.
    if order != "ymd" and short_years and short_years["first"] < (short_years[order] or 0):
        settings = (f"date_order: {order}", "date_order: ymd")
        raise _unsettled(short_years, spot, "date", "the day or with the year first", settings)
    return order


def decimal_mark(votes: Votes, spot: Spot) -> str:
    """The decimal mark of a column of figures. Raises Drifted where it cannot be told."""
    mark = _winner(votes, MARKS, spot, "figures", "decimal")
    if mark is None:
        settings = ("decimal: '.'", "decimal: ','")
        raise _unsettled(votes["either"], spot, "figure", "a decimal point or with a decimal comma", settings)
    return "," if mark == "comma" else "."


def votes_of(
    db: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, str] | None = None
) -> dict[int, dict[str, dict[str, Any]]]:
    """What the cells of each column say of its style, by the column's number; `name` is the query's."""
    found = db.execute(SQL[name], dict(values or {})).fetchall()
    votes: dict[int, dict[str, dict[str, Any]]] = {}
    for number, vote, cells, text, row in found:
        votes.setdefault(number, {})[vote] = {"cells": cells, "text": text, "row": row}
    return votes


def short_years_of(db: duckdb.DuckDBPyConnection) -> dict[int, dict[str, Any]]:
    """The columns whose years of two digits may come first or last, by number."""
    if db.execute("SELECT 1 FROM dated WHERE short_year LIMIT 1").fetchone() is None:
        return {}
    found = db.execute(SQL["short_years"])
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    return {row["number"]: row for row in rows}


def _winner(votes: Votes, styles: Mapping[str, str], spot: Spot, what: str, key: str) -> str | None:
    """The style that the column's telling cells agree on, None where none tells; Drifted if they disagree."""
    ranked = sorted((style for style in styles if style in votes), key=lambda style: -votes[style]["cells"])
    if not ranked:
        return None
    if len(ranked) > 1 and votes[ranked[1]]["cells"] * STRAYS > votes[ranked[0]]["cells"]:
        shown = " and others with ".join(
            f'{styles[style]} ("{votes[style]["text"]}" in {spot.cell(votes[style]["row"])})'
            for style in ranked[:2]
        )
        raise Drifted(
            spot.column,
            f"some {what} read only with {shown}",
            f"Write them alike, or set `{key}` for this source: cells that do not fit are then set aside",
        )
    return ranked[0]


def _unsettled(
    example: Mapping[str, Any], spot: Spot, what: str, ways: str, settings: tuple[str, str]
) -> Drifted:
    return Drifted(
        spot.column,
        f'every {what} that could tell reads with {ways}, such as "{example["text"]}" in'
        f" {spot.cell(example['row'])}",
        f"Say which it is: add `{settings[0]}` or `{settings[1]}` to this source",
    )
