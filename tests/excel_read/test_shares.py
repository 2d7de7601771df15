"""A large sheet that is read in shares holds what it holds read whole, or is read whole."""

from __future__ import annotations

import io
import random
import re
import tempfile
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from connectors._readings import shares
from connectors._readings.cells import NUMBER
from connectors._readings.packed import Packed
from connectors._readings.workbook import Workbook
from connectors.contract import Unreadable

MAIN = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def small_shares(patch, head=2, share=100):
    """Sheets of any size are cut, into shares of a few rows."""
    patch.setattr(shares, "LARGE", 0)
    patch.setattr(shares, "HEAD", head)
    patch.setattr(shares, "SHARE", share)


def told(data, name="it.xlsx"):
    """What the sheets of a workbook hold, or why one cannot be read; without blank rows and columns at the end."""
    book = Workbook(data, name)
    found = {}
    for sheet in book.sheet_names:
        try:
            grid = book.grid(sheet)
            rows = [list(cells) for cells in grid.rows]
        except Unreadable as refusal:
            found[sheet] = str(refusal)
            continue
        width = max((at for row in rows for at, cell in enumerate(row, start=1) if cell), default=0)
        numbers = [grid.numbers(row, range(1, width + 1)) for row in range(len(rows))]
        while rows and not any(rows[-1]):
            rows.pop()
        cells = [[*row[:width], *[None] * (width - len(row))] for row in rows]
        found[sheet] = (
            cells,
            numbers[: len(rows)],
            list(grid.merged),
            grid.marks,
            grid.uncalculated,
            grid.links,
        )
    return found


def is_cut(data, part="xl/worksheets/sheet1.xml"):
    package = Packed(data, "it.xlsx")
    return shares.shares(package, package.part(part), False) is not None


def made(fill, since_1904=False):
    book = openpyxl.Workbook()
    if since_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    fill(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_rows(rows, after=b"", root=b"<worksheet " + MAIN + b">", prefix=b""):
    """A workbook whose sheet holds these rows as they are."""
    opening, closing = b"<" + prefix + b"sheetData>", b"</" + prefix + b"sheetData>"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(made(lambda sheet: None))) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.namelist():
            sheet = root + opening + rows + closing + after + b"</" + prefix + b"worksheet>"
            new.writestr(entry, sheet if entry == "xl/worksheets/sheet1.xml" else old.read(entry))
    return out.getvalue()


def plain(numbers, columns="AB"):
    """Rows of numbers, each cell with its place."""
    return b"".join(
        f'<row r="{n}">{"".join(f"""<c r="{letter}{n}"><v>{n}</v></c>""" for letter in columns)}</row>'.encode()
        for n in numbers
    )


@pytest.mark.parametrize(("head", "share"), [(1, 1), (2, 300), (7, 5000)])
def test_workbooks_of_others_hold_the_same_in_shares(material, monkeypatch, head, share):
    cut = 0
    for path in sorted(material.glob("spreadsheets/**/*.xls[xm]")):
        data = path.read_bytes()
        try:
            whole = told(data, path.name)
        except Unreadable:
            continue
        with monkeypatch.context() as patch:
            small_shares(patch, head, share)
            assert told(data, path.name) == whole, path.name
            cut += any(
                is_cut(data, part)
                for part in zipfile.ZipFile(io.BytesIO(data)).namelist()
                if "sheets/sheet" in part
            )
    assert cut > 20


def every_kind(sheet):
    """Rows with gaps, cells of every kind, columns that come late, merged cells in the first rows."""
    dice = random.Random(7)
    sheet.append([None, "Plan", None, None, "of", "many"])
    sheet.merge_cells("B1:D2")
    for number in range(3, 90):
        row = number + (40 if number > 50 else 0)
        for column in range(2, 6 + number // 30):
            value = dice.choice(
                [None, "text", f"text {number}", number, number / 7, True, date(2026, 3, number % 28 + 1),
                 datetime(2026, 3, 1, 13, 30), timedelta(hours=30), "#REF!", "a_x000D_b", " ", "=1+1", 1e20]
            )  # fmt: skip
            sheet.cell(row, column, value)
        if number % 9 == 0:
            sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["Z"].width = 3
    sheet["Z90"].number_format = "0.00"


@pytest.mark.parametrize("since_1904", [False, True])
@pytest.mark.parametrize("share", [1, 400, 3000])
def test_cells_of_every_kind_are_the_same_in_shares(monkeypatch, since_1904, share):
    data = made(every_kind, since_1904)
    whole = told(data)
    assert len(whole["Sheet"][0]) == 129
    small_shares(monkeypatch, 3, share)
    assert is_cut(data)
    assert told(data) == whole


def test_shares_are_in_use_where_a_sheet_is_large():
    rows = plain(range(1, 60_000), "ABCD")
    data = with_rows(rows)
    assert len(rows) > shares.LARGE
    assert is_cut(data)
    grid = Workbook(data, "it.xlsx").grid("Sheet")
    assert list(grid.rows[0]) == ["1"] * 4
    assert [list(grid.rows[at]) for at in (255, 256, 59_998)] == [["256"] * 4, ["257"] * 4, ["59999"] * 4]
    assert len(grid.rows) == 59_999
    assert {column.kinds for stack in grid.stacks for column in stack.columns} == {NUMBER}


def test_only_what_is_asked_for_is_taken_on(monkeypatch):
    small_shares(monkeypatch, 2, 500)
    grid = Workbook(with_rows(plain(range(1, 900))), "it.xlsx").grid("Sheet")
    assert list(grid.rows[1]) == ["2", "2"]
    assert next(iter(grid.rows)) == ["1", "1"]
    assert len(grid.stacks._held) == 1
    assert len(grid.rows) == 899


def test_a_column_that_begins_far_below_stands_in_every_row(monkeypatch):
    small_shares(monkeypatch)
    data = with_rows(plain(range(1, 40)) + plain([40], "ABCD"))
    assert is_cut(data)
    assert list(Workbook(data, "it.xlsx").grid("Sheet").rows[0]) == ["1", "1", None, None]


@pytest.mark.parametrize(
    ("rows", "after"),
    [
        (plain(range(1, 40)) + b'<!-- </c><row r="50"><c r="A50"><v>50</v></c></row> -->', b""),
        (plain(range(1, 40)).replace(b'<row r="1">', b'<row spans="1:2" r="1">'), b""),
        (plain(range(1, 40)).replace(b'<c r="A1">', b"<c>"), b""),
        (plain([*range(1, 20), *range(15, 30)]), b""),
        (
            plain(range(1, 40)),
            b'<mergeCells count="1"><mergeCell ref="A20:A22"/></mergeCells>',
        ),
        (plain(range(1, 40)).replace(b'<c r="A30">', b""), b""),
        (plain(range(1, 3)), b""),
    ],
    ids=[
        "a comment",
        "no number first",
        "a cell without a place",
        "out of order",
        "merged",
        "left open",
        "nothing below",
    ],
)
def test_a_sheet_out_of_the_ordinary_is_read_whole(monkeypatch, rows, after):
    data = with_rows(rows, after)
    whole = told(data)
    small_shares(monkeypatch)
    assert not is_cut(data)
    assert told(data) == whole


@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_merged_cells_side_by_side_and_names_with_a_prefix_are_no_hindrance(monkeypatch, prefix):
    after = b'<mergeCells count="2"><mergeCell ref="A1:A2"/><mergeCell ref="A20:B20"/></mergeCells>'
    named = lambda xml: re.sub(rb"(</?)(?=\w)", rb"\1" + prefix, xml)  # noqa: E731
    root = named(b"<worksheet ") + MAIN.replace(b"xmlns=", b"xmlns:x=" if prefix else b"xmlns=") + b">"
    data = with_rows(named(plain(range(1, 40))), named(after), root, prefix)
    whole = told(data)
    small_shares(monkeypatch)
    assert is_cut(data)
    assert told(data) == whole
    grid = Workbook(data, "it.xlsx").grid("Sheet")
    assert [(area.top, area.right) for area in grid.merged] == [(1, 1), (20, 2)]
    assert list(grid.rows[1]) == ["1", "2"]


def test_a_cell_that_does_not_say_where_it_stands_is_never_left_out(monkeypatch):
    rows = plain(range(1, 40)).replace(b'<c r="B30"><v>30</v></c>', b'<c r="B30"/><c><v>7</v></c>')
    small_shares(monkeypatch)
    with pytest.raises(Unreadable, match="not every cell says where it stands"):
        len(Workbook(with_rows(rows), "it.xlsx").grid("Sheet").rows)


def test_damage_far_below_is_found_when_it_is_come_to(monkeypatch):
    rows = plain(range(1, 400)).replace(b'<c r="A300"><v>300</v>', b'<c r="A300"><v>300</w>')
    small_shares(monkeypatch)
    grid = Workbook(with_rows(rows), "plan.xlsx").grid("Sheet")
    assert list(grid.rows[0]) == ["1", "1"]
    with pytest.raises(Unreadable, match=r"plan\.xlsx, sheet Sheet: the workbook is damaged"):
        len(grid.rows)


@pytest.mark.parametrize("cut", [False, True])
def test_a_sheet_that_is_not_as_it_was_packed_is_refused(monkeypatch, cut):
    data = with_rows(plain(range(1, 40))).replace(b"<v>30</v>", b"<v>31</v>")
    if cut:
        small_shares(monkeypatch)
    with pytest.raises(Unreadable, match="is not as it was packed"):
        len(Workbook(data, "it.xlsx").grid("Sheet").rows)


def test_nothing_is_left_in_the_folder_for_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    small_shares(monkeypatch)
    damaged = plain(range(1, 40)).replace(b"<v>30</v>", b"<v>30</w>")
    for rows in (plain(range(1, 40)), damaged):
        grid = Workbook(with_rows(rows), "it.xlsx").grid("Sheet")
        assert list(grid.rows[0]) == ["1", "1"]
        assert list(Path(tmp_path).iterdir()) == []


def test_without_room_for_temporary_files_a_sheet_is_read_as_it_is(monkeypatch, tmp_path):
    data = with_rows(plain(range(1, 40)))
    whole = told(data)
    small_shares(monkeypatch)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    assert told(data) == whole


def test_broken_parts_are_read_as_they_are_whole_or_refused(monkeypatch):
    """Never more than Unreadable, and never other cells."""
    data = made(every_kind)
    package = zipfile.ZipFile(io.BytesIO(data))
    sheet = package.read("xl/worksheets/sheet1.xml")
    rows = re.search(rb"<sheetData>(.*)</sheetData>", sheet, re.DOTALL)[1]
    dice, refused = random.Random(2026), 0
    for _ in range(100):
        broken = bytearray(rows)
        for _ in range(dice.randrange(1, 4)):
            broken[dice.randrange(len(broken))] = dice.choice(b'<>/"rcv0129A ')
        one = with_rows(bytes(broken))
        whole = told(one)["Sheet"]
        with monkeypatch.context() as patch:
            small_shares(patch, 3, 400)
            found = told(one)["Sheet"]
        refused += isinstance(found, str)
        assert isinstance(found, str) or found == whole
    assert 0 < refused < 100
