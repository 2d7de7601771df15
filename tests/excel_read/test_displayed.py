"""What we read of a cell, beside what Excel displayed of it when it saved the sheet as CSV.

Both are the same, or the difference has one of the kinds below, each checked: we read values, and Excel shows
them by their number format.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import datetime, timedelta
from itertools import zip_longest

import openpyxl
import pytest

from connectors._readings.workbook import Workbook
from connectors.contract import Unreadable

OWN_FUNCTIONS = ("Dofmt(", "Comment(")
"""Of the workbooks' macros: Excel called them again as it saved the CSV, or could not."""

KINDS = {
    "the same": 4627,
    "a number by its format: rounded, grouped, signed, with a unit": 915,
    "a date or time by its format": 876,
    "a date or time that its column is too narrow for, or before Excel's first day": 620,
    "a fraction by its format": 168,
    "a function of the workbook's own, called again": 104,
    "spaces that the number format adds": 36,
    "the line break of a Mac": 6,
    "a merged cell, whose value we read in each of its rows": 6,
    "letters that the CSV's character set lacks": 2,
}


@pytest.fixture(scope="session")
def folder(material):
    return material / "spreadsheets" / "excel_csv_oracle"


def sheet_of_csv(path):
    """The rows of a CSV that Excel for Mac or for Windows wrote."""
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "cp1252", "mac_roman"):
        try:
            return list(csv.reader(io.StringIO(data.decode(encoding), newline="")))
        except UnicodeDecodeError:
            continue
    raise AssertionError(path)


def formulas(path, sheet):
    """The formula cells of workbooks that have functions of their own: Excel calculated them again."""
    try:
        cells = [cell for row in openpyxl.load_workbook(path)[sheet].iter_rows() for cell in row]
    except (TypeError, IndexError):  # what openpyxl cannot load has no such functions
        return set()
    texts = {(cell.row, cell.column): str(getattr(cell.value, "text", cell.value)) for cell in cells}
    if not any(name in text for text in texts.values() for name in OWN_FUNCTIONS):
        return set()
    return {at for at, text in texts.items() if text.startswith("=")}


def pairs(path, grid, shown):
    """Row, column, what Excel displayed, what we read; blank rows above are left out by some Excels."""
    rows = [[cell or "" for cell in row] for row in grid.rows]
    while rows and not any(rows[0]) and any(shown[0]):
        rows = rows[1:]
    for number, (theirs, ours) in enumerate(zip_longest(shown, rows, fillvalue=[]), start=1):
        for column, (one, other) in enumerate(zip_longest(theirs, ours, fillvalue=""), start=1):
            yield number, column, one, other


def kind(displayed, text, at, grid, own):
    if displayed == text:
        return "the same"
    if at in own:
        return "a function of the workbook's own, called again"
    if displayed.replace("\r", "\n") == text:
        return "the line break of a Mac"
    if any(area.top < at[0] <= area.bottom and at[1] == area.left for area in grid.merged) and not displayed:
        return "a merged cell, whose value we read in each of its rows"
    if displayed.strip() == text.strip():
        return "spaces that the number format adds"
    if set(displayed) == {"_"}:
        return "letters that the CSV's character set lacks"
    if set(displayed) == {"#"} and re.match(r"-?\d", text):
        return "a date or time that its column is too narrow for, or before Excel's first day"
    if re.match(r"\d{4}-\d\d-\d\d|-?\d+:\d\d", text):
        return of_date(displayed, text)
    if re.fullmatch(r"-?\d+(\.\d+)?", text):
        return of_number(displayed, float(text))
    return "unexplained"


def of_date(displayed, text):
    clock = re.fullmatch(r"(-?)(\d+):(\d\d):(\d\d)(\.\d+)?", text)
    if clock:
        time = timedelta(hours=int(clock[2]), minutes=int(clock[3]), seconds=int(clock[4]))
        moment = datetime(1899, 12, 30) + (-time if clock[1] else time)
    else:
        moment = datetime.fromisoformat(text.replace("Z", ""))
    words = [word.lower() for word in re.findall(r"\d+|[A-Za-z]+", re.sub(r"\.\d+$", "", displayed))]
    near = [moment + timedelta(seconds=second) for second in (0, 1, 30, -86400)]
    fits = any(all(made_of(word, parts(one)) for word in words) for one in near)
    return "a date or time by its format" if fits else "unexplained"


def made_of(word, known):
    """Whether a word is made of known ones, one after the other: `1048` of hour and minute."""
    if not word or word in known or (word.isdigit() and str(int(word)) in known):
        return True
    return any(made_of(word[:at], known) and made_of(word[at:], known) for at in range(1, len(word)))


def parts(moment):
    """The words of which any format of a date and time is made."""
    whole = (moment - datetime(1899, 12, 30)).total_seconds()
    figures = [abs(int(whole // 3600) + (whole < 0)), abs(int(whole)), abs(int(whole / 60)), abs(int(whole / 3600)),
               moment.year, moment.year % 100, moment.month, moment.day, moment.hour, moment.hour % 12 or 12,
               moment.minute, moment.second, int(whole // 3600), int(whole // 60), int(whole)]  # fmt: skip
    days = (
        [moment, moment - timedelta(days=1)] if moment < datetime(1900, 3, 1) else [moment]
    )  # Excel's 29 February 1900
    names = [day.strftime(form) for day in days for form in ("%b", "%B", "%a", "%A", "%p")]
    return {str(figure) for figure in figures} | {n.lower() for n in names} | {n[0].lower() for n in names}


def of_number(displayed, value):
    text = re.sub(r"[ $€£¥,()_\"<>&'-]|[A-Za-z]{2,}", "", displayed.replace("E-", "e~").replace("E+", "e"))
    text = text.replace("~", "-")
    fraction = re.fullmatch(r"\s*(\d*?)\s*(\d+)/(\d+)", re.sub(r"[-,]", "", displayed).strip())
    if fraction:
        shown, step = int(fraction[1] or 0) + int(fraction[2]) / int(fraction[3]), 1 / int(fraction[3])
        return "a fraction by its format" if abs(shown - abs(value)) <= step else "unexplained"
    match = re.fullmatch(r"(\d*)\.?(\d*)(%?)(?:e(-?\d+))?(%?)", text)
    if not match or not (match[1] or match[2]):
        return "unexplained"
    scale = 10.0 ** int(match[4] or 0) / (100 if "%" in displayed else 1)
    step = 10.0 ** -len(match[2]) * scale
    shown = float(f"{match[1] or 0}.{match[2] or 0}") * scale
    rounded = abs(shown - abs(value)) <= step * 0.5000001 + 1e-9
    return "a number by its format: rounded, grouped, signed, with a unit" if rounded else "unexplained"


@pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
def test_what_we_read_is_what_excel_displayed_but_for_number_formats(folder):
    counted, unexplained, refused = Counter(), [], set()
    for path in sorted(folder.glob("*.csv")):
        name, number = re.fullmatch(r"(.*)\.excel\d+\.(\d+)\.csv", path.name).groups()
        try:
            book = Workbook((folder / name).read_bytes(), name)
        except Unreadable:
            refused.add(name)
            continue
        sheet = book.sheet_names[int(number)]
        grid, own = book.grid(sheet), formulas(folder / name, sheet)
        for row, column, displayed, text in pairs(folder / name, grid, sheet_of_csv(path)):
            what = kind(displayed, text, (row, column), grid, own)
            counted[what] += 1
            if what == "unexplained":
                unexplained.append((path.name, row, column, displayed, text))
    assert unexplained == []
    assert counted == KINDS
    assert refused == {
        "BlankSheetTypes.xlsm"
    }  # it holds an Excel 4 macro sheet, unknown to the reading library
