"""A tracker of 100,000 rows by 20 columns: from the file to its pages, beside bare python-calamine.

    python bench/tracker_read.py [ROWS] [ROUNDS] [keyless]

The bound is the library alone: open the workbook, get the sheet, make Python values of its cells. Ours reads the
same file with 12 mapped columns, finds their styles, judges each row, and spools the pages that the warehouse lands;
`keyless` does so without a column of ids. Between them stand two floors: the library and its cells as one JSON text,
and the library and its cells in the page's form (text, through DuckDB, to Parquet) with nothing read or judged: what
any way through a spooled page of text must cost. All are timed in turns in one run, by the clock and by the
processor; read the ratios of the medians, and on a machine with other work those of processor time. At last forty small
trackers that did not change are pulled again, and the workbooks opened while doing so are counted.
"""

from __future__ import annotations

import io
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import python_calamine

from connectors import excel
from connectors._readings.blocks import load
from connectors._readings.cells import Share, stacked
from connectors._readings.grid import Grid, Stacks
from connectors._readings.table import letters, open_desk
from connectors._readings.table import write as write_page
from connectors.contract import Cursor, Page, Place

COLUMNS = {
    "id": "Ref", "title": "Activity", "owner": "Who", "start": "Start", "due": "Due", "status": "Status",
    "progress": "% done", "estimate": "Days", "depends_on": "Needs", "need_by": "Needed by", "initiative": "Programme",
    "priority": "Prio",
}  # fmt: skip
HEADER = list(COLUMNS.values())
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"


class NoClock:
    def now(self) -> datetime:
        return datetime(2026, 3, 2, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        raise AssertionError("no file is worth waiting for")


def write(path: Path, rows: int) -> None:
    """A workbook as Excel writes one: shared texts, typed numbers and dates."""
    dice, texts = random.Random(2026), dict[str, int]()
    words = [f"word{n}" for n in range(2000)]

    def line(number: int) -> list[str | float]:
        return [
            f"M-{number}", f"{dice.choice(words)} {dice.choice(words)} {number}", dice.choice(words[:40]),
            46000 + dice.randrange(300), 46300 + dice.randrange(300), dice.choice(["Open", "Done", "In progress"]),
            dice.randrange(100) / 100, dice.randrange(1, 30), f"M-{dice.randrange(2, number + 1)}",
            46300 + dice.randrange(300), dice.choice(words[:9]), dice.randrange(1, 6),
            *(dice.choice(words) for _ in range(5)), *(dice.random() * 1000 for _ in range(3)),
        ]  # fmt: skip

    def cells(number: int, values: list[str | float]) -> Iterator[str]:
        yield f'<row r="{number}">'
        for position, value in enumerate(values, start=1):
            at = f"{letters(position)}{number}"
            if isinstance(value, str):
                yield f'<c r="{at}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'
            else:
                style = ' s="1"' if position in (4, 5, 10) else ""
                yield f'<c r="{at}"{style}><v>{value}</v></c>'
        yield "</row>"

    sheet = io.StringIO()
    sheet.write(f"<worksheet {MAIN}><sheetData>")
    sheet.writelines(cells(1, [*HEADER, *(f"Extra {n}" for n in range(8))]))
    for number in range(2, rows + 2):
        sheet.writelines(cells(number, line(number)))
    sheet.write("</sheetData></worksheet>")
    parts = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{CONTENT}.sheet.main+xml"/></Types>',
        "_rels/.rels": relations(("officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": relations(
            ("worksheet", "worksheets/sheet1.xml"),
            ("sharedStrings", "sharedStrings.xml"),
            ("styles", "styles.xml"),
        ),
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{KIND}"><sheets><sheet name="Plan" sheetId="1" r:id="rId1"/>'
        "</sheets></workbook>",
        "xl/styles.xml": f'<styleSheet {MAIN}><cellXfs count="2"><xf/><xf numFmtId="14"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": sheet.getvalue(),
        "xl/sharedStrings.xml": f"<sst {MAIN}>{''.join(f'<si><t>{text}</t></si>' for text in texts)}</sst>",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)


def relations(*targets: tuple[str, str]) -> str:
    inside = "".join(
        f'<Relationship Id="rId{n}" Type="{KIND}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inside}</Relationships>'


def bare(path: Path) -> int:
    book = python_calamine.load_workbook(io.BytesIO(path.read_bytes()))
    return len(book.get_sheet_by_index(0).to_python(skip_empty_area=False))


def ours(path: Path, columns: dict[str, str]) -> int:
    options = excel.Options.model_validate({"path": path.name, "columns": columns})
    connector = excel.connect(Place("tracker", path.parent, NoClock()), options)
    with tempfile.TemporaryDirectory() as spool:
        return sum(isinstance(part, Page) for part in connector.pull({}, [], Path(spool)))


def as_json(path: Path) -> int:
    book = python_calamine.load_workbook(io.BytesIO(path.read_bytes()))
    return len(json.dumps(book.get_sheet_by_index(0).to_python(skip_empty_area=False), default=str))


def as_page(path: Path) -> int:
    """The cells as they would stand in a page, unread."""
    book = python_calamine.load_workbook(io.BytesIO(path.read_bytes()))
    rows = book.get_sheet_by_index(0).to_python(skip_empty_area=False)
    grid = Grid("Plan", Stacks(stacked([Share(0, 0, rows)])))
    desk, columns = open_desk(), range(1, 21)
    load(desk, grid.blocks(columns, 2, len(grid.rows)), columns, ())
    with tempfile.TemporaryDirectory() as spool:
        write_page(desk, "FROM cell", Path(spool) / "page.parquet")
    return len(grid.rows)


def unchanged(folder: Path, trackers: int) -> tuple[float, int]:
    """Seconds to pull trackers of which none changed, and how many workbooks were opened."""
    write(folder / "team-0.xlsx", 50)
    for number in range(1, trackers):
        shutil.copy(folder / "team-0.xlsx", folder / f"team-{number}.xlsx")
    options = excel.Options.model_validate({"path": "team-*.xlsx", "columns": COLUMNS})
    connector = excel.connect(Place("tracker", folder, NoClock()), options)
    opened: list[str] = []
    cursor: Cursor = {}
    with tempfile.TemporaryDirectory() as spool:
        for part in connector.pull(cursor, [], Path(spool)):
            cursor = part.cursor if isinstance(part, Page) and part.cursor is not None else cursor
        sys.addaudithook(lambda event, values: opened.append(str(values[0])) if event == "open" else None)
        opened.clear()
        began = time.perf_counter()
        assert not list(connector.pull(cursor, [], Path(spool))), "nothing changed, so there is no page"
        return time.perf_counter() - began, sum(name.endswith(".xlsx") for name in opened)


def seconds(work: Callable[[], object]) -> tuple[float, float]:
    """By the clock, and by the processor."""
    began, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - busy


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "keyless"]
    rows, rounds = (int(n) for n in (arguments + ["100000", "5"][len(arguments) :]))
    columns = {k: v for k, v in COLUMNS.items() if k != "id" or "keyless" not in sys.argv}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.xlsx"
        write(path, rows)
        works: dict[str, Callable[[], object]] = {
            "python-calamine": lambda: bare(path),
            "its cells as JSON": lambda: as_json(path),
            "as a page, unread": lambda: as_page(path),
            "to pages, read": lambda: ours(path, columns),
        }
        times = [{name: seconds(work) for name, work in works.items()} for _ in range(rounds)]
        quiet, opened = unchanged(Path(folder), 40)
    print(f"{rows:,} rows by 20, medians of {rounds}:      clock  ratio  processor  ratio")
    bounds = [statistics.median(one["python-calamine"][kind] for one in times) for kind in (0, 1)]
    for name in works:
        clock, busy = (statistics.median(one[name][kind] for one in times) for kind in (0, 1))
        print(f"{name:32} {clock:8.2f} s {clock / bounds[0]:5.2f} {busy:8.2f} s {busy / bounds[1]:5.2f}")
    print(f"40 trackers unchanged: {1000 * quiet:.1f} ms, {opened} workbooks opened")


if __name__ == "__main__":
    main()
