"""Looks at an unknown workbook and proposes how to read it: its sheets, header rows and columns, each with a reason.

Nothing is decided here: a person reads the proposal, mends it, and puts it into the configuration.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from connectors._readings import files
from connectors._readings.grid import Grid
from connectors._readings.headers import folded, shown
from connectors._readings.table import letters
from connectors._readings.workbook import Workbook
from connectors.contract import SourceError
from connectors.excel.guess import WORDS, Fit, Held, by_header, fit, held, without_words
from connectors.excel.header import two_rows
from connectors.excel.options import Options
from connectors.excel.read import Reader
from connectors.excel.remarks import findings
from connectors.excel.sheet import READS

ENOUGH = 0.4
"""Below, a column is not proposed."""
DEEPEST = 60
"""The last row in which a header is looked for."""
LOOKED_AT = 2000
TRIED = 4


@dataclass(frozen=True)
class Column:
    """One column of a sheet: where it stands, its header, and what it may be (`name` empty: nothing we read)."""

    letter: str
    header: str
    name: str
    confidence: float
    reason: str


@dataclass(frozen=True)
class Profile:
    """One sheet as it may be read. `rows`: how many stand below the header; `findings`: what reading it so gives."""

    sheet: str
    header_row: int
    rows: int
    columns: Sequence[Column]
    findings: Sequence[str] = ()

    @property
    def mapping(self) -> dict[str, str]:
        """Hub name → header, in the order in which names are documented."""
        found = {column.name: column.header for column in self.columns if column.name}
        return {name: found[name] for name in READS if name in found}

    @property
    def usable(self) -> bool:
        return "title" in self.mapping and len(self.mapping) > 1


def profile(path: Path) -> list[Profile]:
    """What may be read of each sheet of a workbook, in their order; raises as reading it does."""
    content = files.content(_listed(path))
    workbook = Workbook(content.data, path.name)
    found = []
    for name in workbook.sheet_names:
        seen = _sheet(workbook.grid(name))
        if seen is not None:
            found.append(seen)
    return [_tried(path, one) for one in found]


def alike(profiles: Sequence[Profile]) -> list[list[Profile]]:
    """The usable ones, those of one mapping together: they are one source."""
    groups: dict[tuple[tuple[str, str], ...], list[Profile]] = {}
    for one in profiles:
        if one.usable:
            groups.setdefault(
                tuple((name, folded(header)) for name, header in one.mapping.items()), []
            ).append(one)
    return sorted(groups.values(), key=lambda group: -sum(one.rows for one in group))


def _listed(path: Path) -> files.Listed:
    """The file as a folder would list it; a missing one is said when it is opened."""
    size, mtime_ns = (path.stat().st_size, path.stat().st_mtime_ns) if path.is_file() else (0, 0)
    return files.LocalFile(path, path.name, size, mtime_ns)


def _sheet(grid: Grid) -> Profile | None:
    """The likeliest header of a sheet and what stands under it; None where no row reads like one."""
    tried = sorted(_headers(grid), key=lambda one: (-_weight(one[1]), one[0]))[:TRIED]
    profiles = [_under(grid, number, cells) for number, cells in tried]
    return max(profiles, key=_sureness, default=None)


def _sureness(one: Profile) -> tuple[float, int]:
    return sum(column.confidence for column in one.columns if column.name), -one.header_row


def _headers(grid: Grid) -> Iterator[tuple[int, Sequence[str | None]]]:
    for number in range(1, min(len(grid.rows), DEEPEST) + 1):
        cells = grid.rows[number - 1]
        if _weight(cells):
            yield number, cells
        if number > 1 and _weight(cells) and _weight(grid.rows[number - 2]):
            yield number, two_rows(grid, number, {})


def _weight(cells: Sequence[str | None]) -> float:
    """How much a row reads like a header: the sum over names of the best that its cells offer."""
    headers = {shown(cell) for cell in cells if cell and len(cell) < 60}
    if len(headers) < 2:
        return 0.0
    return sum(best for name in WORDS if (best := max(by_header(name, header) for header in headers)) > 0.75)


def _under(grid: Grid, number: int, cells: Sequence[str | None]) -> Profile:
    below = [row for row in grid.rows[number:] if any(row)]
    looked_at = below[:LOOKED_AT]
    headers = {at: shown(cell) for at, cell in enumerate(cells, start=1) if folded(cell)}
    values = {at: held([row[at - 1] if at <= len(row) else None for row in looked_at]) for at in headers}
    often = [folded(header) for header in headers.values()]
    fits = _assigned(
        {at: header for at, header in headers.items() if often.count(folded(header)) == 1}, values
    )
    columns = []
    for at, header in headers.items():
        name, found = fits.get(at, ("", Fit(0.0, _why_not(header, values[at], often))))
        columns.append(Column(letters(at), header, name, found.confidence, found.reason))
    return Profile(grid.name, number, len(below), columns)


def _assigned(headers: Mapping[int, str], values: Mapping[int, Held]) -> dict[int, tuple[str, Fit]]:
    """Each column to one name at most and each name to one column, the surest first."""
    fits = {
        (name, at): max(
            fit(name, READS[name], header, values[at]),
            without_words(name, values[at]),
            key=lambda one: one.confidence,
        )
        for name in READS
        for at, header in headers.items()
    }
    found: dict[int, tuple[str, Fit]] = {}
    for (name, at), one in sorted(fits.items(), key=lambda item: (-item[1].confidence, item[0][1])):
        if (
            one.confidence >= ENOUGH
            and at not in found
            and name not in {taken for taken, _ in found.values()}
        ):
            found[at] = (name, one)
    named = {name: at for at, (name, _) in found.items()}
    if "deadline" in named and "due" not in named:
        one = found[named["deadline"]][1]
        found[named["deadline"]] = (
            "due",
            Fit(one.confidence, f"{one.reason}; it is the only date by which it ends"),
        )
    return found


def _why_not(header: str, values: Held, often: Sequence[str]) -> str:
    if often.count(folded(header)) > 1:
        return "its header stands more than once: give it one of its own"
    if not values.filled:
        return "no cell is filled"
    return f"{values.filled} cells filled, {values.different} different"


def _tried(path: Path, one: Profile) -> Profile:
    """The profile with what comes of reading the sheet so."""
    if not one.usable:
        return one
    options = Options.model_validate({"path": path.name, "sheet": one.sheet, "columns": one.mapping})
    with tempfile.TemporaryDirectory() as spool:
        reader = Reader(options, Path(spool))
        try:
            read = reader.read(_listed(path))
        except SourceError as error:
            return Profile(one.sheet, one.header_row, one.rows, one.columns, [str(error)])
        reader.stand(read)
        reader.settle_twins()
        found = [finding.text for finding in findings(reader, read)]
    return Profile(one.sheet, one.header_row, one.rows, one.columns, found)
