"""The workbook beside a tracker: which it is, how it begins, and how its answers are read.

`trackers/marketing.xlsx` has `trackers/marketing.interlock.xlsx`, with one row per item that has a flag: its key
and title, then the same cells that would stand in the tracker. It is a small tracker itself, so it is written
and read by the same code.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table, TableStyleInfo

from connectors._readings import files
from connectors._readings.files import Known, Listed
from connectors._readings.table import open_desk, write
from connectors.contract import Cursor, Page, SourceError, Trouble
from connectors.excel.options import Options, TrackerColumns
from connectors.excel.pull import Pull
from connectors.excel.read import Reader
from connectors.excel.write_text import WIDTHS

if TYPE_CHECKING:
    from connectors.excel.sidecar_file import SidecarFile

KEY, TITLE = "Item in the tracker", "What it is"
SHEET, HEADER_ROW = "Flags", 4
SHOWN = ("flag", "since", "ask", "answer", "code", "item")
"""The hub's columns as they stand here: what Interlock needs for itself comes last."""
KEY_WIDTH, TITLE_WIDTH = 14.0, 30.0
LETTERS = "Calibri"
_NAMED = re.compile(r"\.interlock\b[^/]*\.xlsx$", re.IGNORECASE)
_ANSWERS = "SELECT * REPLACE (concat(_key, '/beside') AS _key) FROM read_parquet($answers)"


def scope_of(tracker: str) -> str:
    """Where the workbook beside a tracker lies, by the tracker's scope."""
    return str(PurePosixPath(tracker).with_suffix(".interlock.xlsx"))


def is_one(scope: str) -> bool:
    """Whether a file is such a workbook, or a copy of one (`marketing.interlock (1).xlsx`): never a tracker."""
    return bool(_NAMED.search(scope))


def options_of(options: Options, scope: str) -> Options:
    """How the workbook `scope` beside a tracker is read and written."""
    columns = TrackerColumns.model_validate({"id": KEY, "title": TITLE})
    return Options.model_validate({"path": scope, "columns": columns, "write": options.write})


def answers(
    options: Options, found: Iterable[SidecarFile], cursor: Cursor, spool: Path
) -> Iterator[Page | Trouble]:
    """The answers that people gave beside trackers; each workbook's only if it changed.

    `cursor` is that of the trackers as far as they landed; the last page of each workbook carries it on, with what
    is known of the workbooks beside them.
    """
    known = {scope: dict(each) for scope, each in cursor.get("beside", {}).items()}
    for number, one in enumerate(found):
        folder = spool / f"beside-{number}"
        try:
            file = one.listed()
            if file is None:
                known.pop(one.scope, None)
                continue
            folder.mkdir()
            pages = _read(options_of(options, one.scope), file, known.get(one.scope, {}), folder)
        except SourceError as error:
            yield Trouble(one.scope, error)
            continue
        for page in pages:
            if page.stream == "answer" and page.cursor is not None:
                known[one.scope] = dict(page.cursor)
                yield replace(_renamed(page), cursor={**cursor, "beside": dict(known)})


def _read(options: Options, file: Listed, cursor: Cursor, spool: Path) -> list[Page]:
    pull = Pull(options, False, Known.of(cursor, files.fingerprint(options)), Reader(options, spool))
    troubles = list(pull.read_changed([file]))
    if troubles:
        raise troubles[0].error
    return list(pull.pages())


def _renamed(page: Page) -> Page:
    """Its answers under keys of their own: the same item may have an answer in the tracker too."""
    path = page.path.with_name(f"beside-{page.path.name}")
    write(open_desk(), _ANSWERS, path, {"answers": str(page.path)})
    return replace(page, path=path)


def blank(options: Options, tracker: str) -> bytes:
    """The workbook before its first row, as people see it: a title, how to answer, a table with a frozen header."""
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.title = SHEET
    sheet["A1"] = f"Interlock: what needs an answer in {PurePosixPath(tracker).name}"
    sheet["A1"].font = Font(name=LETTERS, size=14, bold=True)
    answer = options.write.answer
    sheet["A2"] = (
        f"Please answer in the yellow cells of the column “{answer}”; all other columns are filled by Interlock."
    )
    sheet["A2"].font = Font(name=LETTERS, color="FF595959")
    headers = {
        KEY: KEY_WIDTH,
        TITLE: TITLE_WIDTH,
        **{getattr(options.write, name): WIDTHS[name] for name in SHOWN},
    }
    for column, (header, width) in enumerate(headers.items(), start=1):
        cell = sheet.cell(HEADER_ROW, column, header)
        cell.fill = PatternFill("solid", fgColor="FF1F4E78")
        cell.font, cell.alignment = (
            Font(name=LETTERS, bold=True, color="FFFFFFFF"),
            Alignment(vertical="center", wrap_text=True),
        )
        dimension = sheet.column_dimensions[get_column_letter(column)]
        dimension.width = width
        dimension.alignment = Alignment(vertical="top", wrap_text=True)
    sheet.row_dimensions[HEADER_ROW].height = 32
    last = get_column_letter(len(headers))
    sheet.add_table(
        Table(
            displayName="Flags",
            ref=f"A{HEADER_ROW}:{last}{HEADER_ROW + 1}",
            tableStyleInfo=TableStyleInfo(name="TableStyleLight9", showRowStripes=True),
        )
    )
    _colour(sheet, list(headers).index(answer) + 1, list(headers).index(options.write.code) + 1, last)
    sheet.freeze_panes = f"C{HEADER_ROW + 1}"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr = openpyxl.worksheet.properties.PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _colour(sheet: Any, answer: int, code: int, last: str) -> None:
    """Yellow where an answer is awaited, grey where the break has gone: by rules, so that it follows the rows."""
    first = HEADER_ROW + 1
    flag, said, named = (f"${get_column_letter(column)}{first}" for column in (3, answer, code))
    awaited = FormulaRule([f'AND({named}<>"",{said}="",LEFT({flag},9)<>"Resolved:")'],
                          fill=PatternFill(bgColor="FFFFF2CC"))  # fmt: skip
    gone = FormulaRule([f'LEFT({flag},9)="Resolved:"'], font=Font(color="FF7F7F7F"))
    letter = get_column_letter(answer)
    sheet.conditional_formatting.add(f"{letter}{first}:{letter}5000", awaited)
    sheet.conditional_formatting.add(f"A{first}:{last}5000", gone)
