"""Profile: a mapping proposed for an unknown workbook, as a piece of configuration to paste and mend."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from connectors.contract import SourceError
from connectors.excel.profile import Column, Profile, alike, profile
from flows.context import DONE, DONE_WITH_FAILURES
from flows.layout import harmless
from flows.settings import ConfigurationError

_PLAIN = re.compile(r"[^\W\d_][\w ./-]*")
_WORDS_OF_YAML = {"yes", "no", "true", "false", "on", "off", "null", "y", "n"}
MOST_FINDINGS = 4


def propose(path: Path, shape: str, out: TextIO) -> int:
    """Print what may be read of a workbook; returns 1 where nothing in it reads like a tracker."""
    try:
        profiles = profile(path)
    except SourceError as error:
        raise ConfigurationError(str(error)) from error
    groups = alike(profiles)
    if shape == "json":
        json.dump([_as_json(one) for one in profiles], out, indent=1, ensure_ascii=False)
        print(file=out)
    else:
        for number, group in enumerate(groups):
            print("\n".join(_source(path, group, number)), file=out)
        for line in _left(path, profiles):
            print(line, file=out)
    return DONE if groups else DONE_WITH_FAILURES


def _as_json(one: Profile) -> dict[str, object]:
    return {
        "sheet": one.sheet, "header_row": one.header_row, "rows": one.rows, "mapping": one.mapping,
        "columns": [vars(column) for column in one.columns], "findings": list(one.findings),
    }  # fmt: skip


def _source(path: Path, group: Sequence[Profile], number: int) -> Iterator[str]:
    """One source in YAML, as it stands under `sources:`, with the reasons as comments beside it."""
    first = group[0]
    lines = [(f"      {name}: {_scalar(header)}", name) for name, header in first.mapping.items()]
    width = min(max(len(line) for line, _ in lines), 50)
    columns = {column.name: column for column in first.columns if column.name}
    if number == 0:
        yield "sources:"
    yield f"  {_source_id(path, number)}:"
    yield "    kind: excel"
    yield "    # department: whose tracker it is"
    yield f"    path: {_scalar(path.as_posix())}"
    names = [_scalar(one.sheet) for one in group]
    yield f"    sheet: {names[0] if len(names) == 1 else '[' + ', '.join(names) + ']'}  # header in row" + (
        f" {first.header_row}"
    )
    yield "    columns:"
    if "id" not in first.mapping:
        yield "      # no column of ids was found: rows are told apart by title and parent, and remembered"
    for line, name in lines:
        column = columns[name]
        yield f"{line:<{width}}  # {column.confidence:.0%}: {harmless(column.reason)}"
    yield from (f"      # not used: {_named(column)}" for column in first.columns if not column.name)
    for one in group:
        yield from (f"    # {harmless(finding)}" for finding in one.findings[:MOST_FINDINGS])


def _named(column: Column) -> str:
    return f"{column.letter} {_scalar(column.header)} ({harmless(column.reason)})"


def _left(path: Path, profiles: Sequence[Profile]) -> Iterator[str]:
    """The sheets of which nothing is proposed, and why."""
    if not profiles:
        yield f"# {path.name}: no row of any sheet reads like the header of a tracker"
    for one in profiles:
        if not one.usable:
            why = "no column reads like a title" if "title" not in one.mapping else "only a title was found"
            yield f"# sheet {_scalar(one.sheet)}: {why}; the likeliest header stands in row {one.header_row}"


def _source_id(path: Path, number: int) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "tracker"
    return plain if number == 0 else f"{plain}-{number + 1}"


def _scalar(text: str) -> str:
    """A text as YAML takes it for text."""
    if _PLAIN.fullmatch(text) and text == text.strip() and text.lower() not in _WORDS_OF_YAML:
        return text
    return json.dumps(text, ensure_ascii=False)
