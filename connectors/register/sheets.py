"""What the register's sheets and columns are called, and where they stand in a workbook or YAML file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors._readings.blocks import Row
from connectors._readings.columns import Mapped, Settings
from connectors._readings.grid import Grid
from connectors._readings.headers import shown
from connectors._readings.table import Table
from connectors._readings.workbook import Workbook
from connectors.contract import Drifted, Reading, Unreadable
from connectors.register import written

YAML_SUFFIXES = (".yaml", ".yml")
FIX = "correct it in the register"

_IGNORED = re.compile(r"[\s_]+")


@dataclass(frozen=True)
class Sheet:
    """One of the register's sheets: its stream, its name, its columns (hub name → header, reading).

    `key`: the columns that identify a row. `needed`: those that must all be filled; where none are named, one
    of the key's is enough.
    """

    stream: str
    name: str
    columns: Mapping[str, tuple[str, Reading]]
    key: Sequence[str]
    needed: Sequence[str] = ()

    @property
    def reads(self) -> Mapping[str, Reading]:
        return {name: reading for name, (_, reading) in self.columns.items()}


SHEETS = (
    Sheet(
        "initiative",
        "Initiatives",
        {
            "initiative": ("Initiative", "text"), "aliases": ("Aliases", "text"),
            "objective": ("Objective", "text"),
            "type": ("Type", "text"), "departments": ("Departments", "text"),
            "sponsor": ("Sponsor", "text"),
            "controller": ("Controller", "text"), "rank": ("Rank", "text"), "stage": ("Stage", "text"),
            "start": ("Start", "date"), "baseline_finish": ("Baseline finish", "date"),
            "closure_criteria": ("Closure criteria", "text"),
        },
        key=("initiative",),
        needed=("initiative",),
    ),
    Sheet(
        "money",
        "Money",
        {
            "initiative": ("Initiative", "text"), "fiscal_quarter": ("Fiscal quarter", "text"),
            "budget": ("Budget", "amount"), "state": ("State", "text"),
            "benefit_planned": ("Benefit planned", "amount"),
            "benefit_forecast": ("Benefit forecast", "amount"),
            "benefit_confirmed": ("Benefit confirmed", "amount"),
        },
        key=("initiative", "fiscal_quarter"),
        needed=("initiative", "fiscal_quarter"),
    ),
    Sheet(
        "handover",
        "Handovers",
        {
            "initiative": ("Initiative", "text"), "from_department": ("From", "text"),
            "to_department": ("To", "text"),
            "what": ("What", "text"), "provider_item": ("Provider item", "text"),
            "consumer_item": ("Consumer item", "text"), "need_by": ("Need by", "date"),
            "provider_owner": ("Provider owner", "text"), "consumer_owner": ("Consumer owner", "text"),
            "commitment": ("Commitment", "text"), "state": ("State", "text"),
        },
        key=("initiative", "from_department", "to_department", "what", "provider_item", "consumer_item"),
    ),
    Sheet(
        "same",
        "Same thing",
        {"item": ("Item", "text"), "same_as": ("Same as", "text")},
        key=("item", "same_as"),
        needed=("item", "same_as"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A sheet that the register has: its table, and where its columns stand in it, if it holds any."""

    sheet: Sheet
    table: Table
    mapped: Sequence[Mapped]
    settings: Settings


def find(data: bytes, place: str) -> list[Found]:
    """The register's sheets in a file's bytes, in the order of SHEETS.

    Raises Unreadable where the file is neither a workbook nor YAML, or says nothing of initiatives; Drifted
    where a sheet's header row cannot be found.
    """
    in_yaml = place.lower().endswith(YAML_SUFFIXES)
    found = list(_in_yaml(data, place) if in_yaml else _in_workbook(Workbook(data, place)))
    if not any(one.sheet is SHEETS[0] for one in found):
        raise Unreadable(
            place,
            f"there is no sheet `{SHEETS[0].name}`",
            "Add one with a column `Initiative` and a row for each, or set `register` to the right file",
        )
    return found


def _in_yaml(data: bytes, place: str) -> Iterator[Found]:
    there = {_bare(name): (name, node) for name, node in written.lists(data, place).items()}
    for sheet in SHEETS:
        if _bare(sheet.name) in there:
            name, node = there[_bare(sheet.name)]
            where = f"{place}, {name}"
            table = written.table(node, where)
            mapped = _mapped(sheet, table.columns, where)
            yield Found(sheet, Table(where, table.columns, table.rows, "line", FIX), mapped, Settings())


def _in_workbook(workbook: Workbook) -> Iterator[Found]:
    there = {_bare(name): name for name in workbook.sheet_names}
    settings = Settings(since_1904=workbook.since_1904)
    for sheet in SHEETS:
        if _bare(sheet.name) in there:
            grid = workbook.grid(there[_bare(sheet.name)])
            where = f"{workbook.place}, sheet {grid.name}"
            top = _header_row(sheet, grid, where)
            columns = [shown(cell) for cell in grid.rows[top - 1]] if top else []
            mapped = _mapped(sheet, columns, where)
            yield Found(sheet, Table(where, columns, _rows(grid, top, mapped), "row", FIX), mapped, settings)


def _rows(grid: Grid, top: int, mapped: Sequence[Mapped]) -> Iterator[Row]:
    figures = [column.position for column in mapped if column.reading == "amount"]
    for index in range(top, len(grid.rows)):
        yield Row(index + 1, grid.rows[index], numbers=grid.numbers(index, figures))


def _header_row(sheet: Sheet, grid: Grid, place: str) -> int:
    """The first row that holds the needed columns (any two, if none is needed); 0 in an empty sheet."""
    filled = False
    for number, cells in enumerate(grid.rows, start=1):
        found = {column.name for column in _mapped(sheet, [cell or "" for cell in cells], place)}
        if found.issuperset(sheet.needed) and len(found) >= min(2, len(sheet.needed) or 2):
            return number
        filled = filled or any(cells)
    if filled:
        headers = ", ".join(f"`{sheet.columns[name][0]}`" for name in sheet.needed or sheet.columns)
        raise Drifted(place, f"no row holds the headers {headers}", "Give the sheet its header row")
    return 0


def _mapped(sheet: Sheet, columns: Sequence[str], place: str) -> list[Mapped]:
    """Where the sheet's columns stand among these headers; those that are not there are not known."""
    bare = [_bare(column) for column in columns]
    mapped = []
    for name, (header, reading) in sheet.columns.items():
        count = bare.count(_bare(header))
        if count > 1:
            raise Drifted(
                place,
                f"the header `{header}` stands {count} times",
                "Keep one, so that it is clear which counts",
            )
        if count:
            position = bare.index(_bare(header)) + 1
            mapped.append(Mapped(name, reading, position, columns[position - 1]))
    return mapped


def _bare(name: str) -> str:
    """A sheet's or column's name as it is compared: case and space do not count."""
    return _IGNORED.sub("", name).lower()
