"""A tracker of 100,000 rows by 20 columns: from the file to its pages, beside bare python-calamine.

    python bench/tracker_read.py [ROWS] [ROUNDS]

The bound is the library alone: open the workbook, get the sheet, make Python values of its cells. Ours reads the
same file with 12 mapped columns, finds their styles, judges each row, and spools the pages that the warehouse lands.
Both are timed in turns in one run; read the ratio of the medians. With `keyless` the same without a column of ids.
"""

from __future__ import annotations

import io
import random
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
from connectors._readings.table import letters
from connectors.contract import Page, Place

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


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def main() -> None:
    arguments = [argument for argument in sys.argv[1:] if argument != "keyless"]
    rows, rounds = (int(n) for n in (arguments + ["100000", "5"][len(arguments) :]))
    columns = {k: v for k, v in COLUMNS.items() if k != "id" or "keyless" not in sys.argv}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.xlsx"
        write(path, rows)
        times = [(seconds(lambda: bare(path)), seconds(lambda: ours(path, columns))) for _ in range(rounds)]
    bound, taken = (statistics.median(each) for each in zip(*times, strict=True))
    print(
        f"{rows:,} rows by 20: python-calamine {bound:.2f} s, to pages {taken:.2f} s, ratio {taken / bound:.2f}"
    )


if __name__ == "__main__":
    main()
