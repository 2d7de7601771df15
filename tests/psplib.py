"""Reads PSPLIB's instance files (Kolisch and Sprecher 1996): jobs, who precedes whom, and the length stated."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instance:
    """One network. `length` is the project's length without resource limits, as stated in the file (MPM time)."""

    name: str
    length: int
    durations: dict[int, int]
    links: list[tuple[int, int]]


def instances(material: Path) -> list[Instance]:
    """All 960, 480 of 32 jobs and 480 of 62."""
    found = []
    with tarfile.open(material / "scheduling" / "psplib_j30_j60_sm.tar.xz") as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name.endswith(".sm") else None
            if file is not None:
                found.append(_read(Path(member.name).stem, file.read().decode("latin-1")))
    return found


def _read(name: str, text: str) -> Instance:
    return Instance(
        name,
        next(_rows(text, "PROJECT INFORMATION:"))[5],
        {row[0]: row[2] for row in _rows(text, "REQUESTS")},
        [(row[0], after) for row in _rows(text, "PRECEDENCE RELATIONS:") for after in row[3:]],
    )


def _rows(text: str, after: str) -> Iterator[list[int]]:
    """The rows of numbers of the section whose heading begins with `after`."""
    for line in text.split(after)[1].split("\n**")[0].splitlines():
        if re.fullmatch(r"[\d\s]+", line) and line.strip():
            yield [int(word) for word in line.split()]
