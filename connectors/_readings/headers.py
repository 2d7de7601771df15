"""Finds the configured columns in a table's header, and says what to do where they are not there."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from connectors.contract import Drifted

Alternatives = Mapping[str, Sequence[str]]
"""Hub name → the headers under which its column may stand, the preferred first."""

_BYTE_ORDER_MARK = re.compile("^(\ufeff|ï»¿|\u00ff\u00fe|þÿ)+")  # also one that was decoded as text
_LISTED = 12


def folded(header: str | None) -> str:
    """A header as it is compared: case, runs of white space and a byte order mark do not count."""
    return " ".join(_BYTE_ORDER_MARK.sub("", header or "").split()).lower()


def shown(header: str | None) -> str:
    """A header as people see it, on one line, without a byte order mark."""
    return " ".join(_BYTE_ORDER_MARK.sub("", header or "").split())


@dataclass(frozen=True)
class Header:
    """A header row: its number in the file, its cells, hub name → position. The first of each is 1."""

    row: int
    cells: Sequence[str]
    positions: Mapping[str, int]


def positions(cells: Sequence[str | None], wanted: Alternatives) -> dict[str, int]:
    """Where each wanted column stands in a row of cells (1 is the first), of those that are there."""
    places: dict[str, int] = {}
    for position, cell in enumerate(cells, start=1):
        places.setdefault(folded(cell), position)
    found: dict[str, int] = {}
    for name, headers in wanted.items():
        there = [places[folded(header)] for header in headers if folded(header) in places]
        if there:
            found[name] = there[0]
    return found


def settle(
    place: str,
    row: int,
    word: str,
    cells: Sequence[str | None],
    wanted: Alternatives,
    required: Sequence[str] = (),
) -> Header:
    """The header in this row, every wanted column found in it.

    Raises Drifted where one is missing (naming the headers that are there, the likeliest first) or where it
    stands twice, so that it is not clear which is meant. `word` is what the file's rows are called.
    """
    found = positions(cells, wanted)
    if missing := [name for name in wanted if name not in found]:
        raise _drifted(place, f"in {word} {row}", cells, wanted, missing)
    texts = [folded(cell) for cell in cells]
    for name, position in found.items():
        if texts.count(texts[position - 1]) > 1:
            header = shown(cells[position - 1])
            raise Drifted(
                f"{place}, {word} {row}",
                f'the header "{header}" stands more than once, so it is not clear which column is `{name}`',
                "Give each of them a header of its own",
            )
    return Header(row, [shown(cell) for cell in cells], found)


def absent(
    place: str, word: str, rows: Sequence[tuple[int, Sequence[str | None]]], wanted: Alternatives
) -> Drifted:
    """The error for a table without a header row: it names the row that holds most of what is wanted."""
    number, cells = max(
        rows,
        key=lambda row: (len(positions(row[1], wanted)), sum(bool(folded(cell)) for cell in row[1])),
        default=(1, []),
    )
    found = positions(cells, wanted)
    return _drifted(
        place,
        f"in {word} {number}, the likeliest header row,",
        cells,
        wanted,
        [n for n in wanted if n not in found],
    )


def _drifted(
    place: str, where: str, cells: Sequence[str | None], wanted: Alternatives, missing: Sequence[str]
) -> Drifted:
    looked_for = ", ".join(f'"{" or ".join(wanted[name])}" ({name})' for name in missing)
    there = [shown(cell) for cell in cells if folded(cell)]
    near = process.extract(wanted[missing[0]][0], there, scorer=fuzz.WRatio, processor=folded, limit=_LISTED)
    listed = ", ".join(f'"{header}"' for header, _, _ in near) or "nothing"
    more = f" and {len(there) - len(near)} more" if len(there) > len(near) else ""
    return Drifted(
        place,
        f"no column {looked_for}; {where} there is {listed}{more}",
        f"If it was renamed, set `columns.{missing[0]}` to its header as it is now; else put it back",
    )
