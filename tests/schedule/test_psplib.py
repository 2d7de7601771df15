"""960 networks of PSPLIB (Kolisch and Sprecher 1996), each with its length without resource limits."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from unify.schedule import Activity, Calendar, Conventions, Link, schedule

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def instances(material: Path) -> list[tuple[str, str]]:
    with tarfile.open(material / "scheduling" / "psplib_j30_j60_sm.tar.xz") as archive:
        return [(member.name, _text(archive, member)) for member in archive if member.name.endswith(".sm")]


def _text(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = archive.extractfile(member)
    assert file is not None
    return file.read().decode("latin-1")


def _rows(text: str, after: str) -> Iterator[list[int]]:
    """The rows of numbers of the section whose heading begins with `after`."""
    for line in text.split(after)[1].split("\n**")[0].splitlines():
        if re.fullmatch(r"[\d\s]+", line) and line.strip():
            yield [int(word) for word in line.split()]


def test_the_length_of_every_network_is_the_one_stated_in_its_file(instances: list[tuple[str, str]]) -> None:
    every_day = Calendar(weekend=())
    begin = date(2026, 1, 1)
    wrong = []
    for name, text in instances:
        stated = next(_rows(text, "PROJECT INFORMATION:"))[5]
        jobs = [
            Activity(str(row[0]), estimate=row[2], calendar="every day") for row in _rows(text, "REQUESTS")
        ]
        links = [
            Link(str(row[0]), str(after)) for row in _rows(text, "PRECEDENCE RELATIONS:") for after in row[3:]
        ]
        plan = schedule(
            jobs, links, {"every day": every_day}, None, Conventions(anchor="project", project_start=begin)
        )
        length = max(plan.early.finish) - begin.toordinal()
        critical = [float_ for float_ in plan.float_days if float_ == 0]
        if length != stated or not critical or min(plan.float_days) != 0:  # type: ignore[type-var]
            wrong.append((name, stated, length))
    assert len(instances) == 960
    assert wrong == []
