"""One cell into a large tracker, beside unpacking and packing its part: `python -m bench.tracker_write [ROWS]`.

The bound does what nobody can go without: read the file, inflate the sheet's part, deflate it, write the file.
Both sides run in turns in one process, medians are told; memory is the peak of each side in a process of its own,
beside the size of the part.
"""

from __future__ import annotations

import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from connectors.excel.package import CellEdit, Change
from connectors.excel.write_file import patch

COLUMNS, TURNS = 20, 5
SHEET = "xl/worksheets/sheet1.xml"


def make(path: Path, rows: int) -> None:
    """A tracker as Excel saves it: shared strings, styles, spans; every row has 20 filled cells."""
    import openpyxl

    workbook = openpyxl.Workbook(write_only=True)
    sheet = workbook.create_sheet("Plan")
    sheet.append([f"Column {number}" for number in range(COLUMNS)])
    for row in range(rows):
        texts = [f"M-{row}", f"Activity {row % 997} of the plan", f"Person {row % 37}"]
        sheet.append([*texts, *(row * 31 % 9973 + column / 4 for column in range(COLUMNS - len(texts)))])
    workbook.save(path)


def bound(path: Path, out: Path) -> None:
    raw = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(SHEET)
        part = archive.read(entry)
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    packed = packer.compress(part) + packer.flush()
    out.write_bytes(raw[: entry.header_offset] + packed)


def one_cell(path: Path, row: int) -> None:
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    changed = patch(
        path, {"Plan": Change([CellEdit(row, COLUMNS + 1, f"late {time.monotonic_ns()}")])}, sha256
    )
    assert list(changed) == [SHEET], changed


def seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def peak(side: str, path: Path, rows: int) -> int:
    """Peak resident memory in bytes of one side in a process of its own."""
    command = [sys.executable, "-m", "bench.tracker_write", str(rows), side, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "plan.xlsx", Path(folder) / "out"
        make(path, rows)
        with zipfile.ZipFile(path) as archive:
            size = archive.getinfo(SHEET).file_size
        ours, theirs = [], []
        for _ in range(TURNS):
            theirs.append(seconds(lambda: bound(path, out)))
            ours.append(seconds(lambda: one_cell(path, rows // 2)))
        low, high = statistics.median(theirs), statistics.median(ours)
        base, memory = peak("nothing", path, rows), peak("write", path, rows)
        print(f"{rows:,} rows of {COLUMNS}: the part has {size / 1e6:.1f} MB")
        print(
            f"inflate and deflate {low:.2f} s, one cell {high:.2f} s: ratio {high / low:.2f} (to reach: 1.5)"
        )
        print(f"memory {(memory - base) / 1e6:.1f} MB: {(memory - base) / size:.2f} parts (to reach: 2)")


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if len(sys.argv) < 4:
        main(number)
    else:
        if sys.argv[2] == "write":
            one_cell(Path(sys.argv[3]), number // 2)
        # Not getrusage: its peak outlives exec, so a child's begins with its parent's.
        status = Path("/proc/self/status").read_text(encoding="ascii")
        print(int(status.split("VmHWM:")[1].split()[0]) * 1024)
