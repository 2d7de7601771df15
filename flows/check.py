"""Check: everything that a run needs, tried without changing anything."""

from __future__ import annotations

from typing import TextIO

from connectors import registry
from connectors.contract import SourceError
from flows.context import DONE, DONE_WITH_FAILURES, clock_for, place
from flows.custom_rules import vet
from flows.people import suggestions
from flows.settings import Settings

MARKS = {"ok": "ok  ", "warn": "look", "fail": "FAIL"}


def check_everything(settings: Settings, only: str | None, out: TextIO) -> int:
    """Print what is found of each source and rule; returns 1 where something stops a source."""
    failed = False
    print(f"ok   {settings.path}: {len(settings.sources)} sources, {len(settings.rules)} rules", file=out)
    for source in [settings.source(only)] if only else settings.sources:
        at = place(settings, source, clock_for(settings, None))
        try:
            for finding in registry.connect(source.kind, at, source.options).check():
                failed |= finding.level == "fail"
                print(f"{MARKS[finding.level]} {source.source_id}: {finding.text}", file=out, flush=True)
        except SourceError as error:
            failed = True
            print(f"FAIL {source.source_id}: {error}", file=out)
    if only is None:
        for line in suggestions(settings):
            print(f"look {line}", file=out)
        for line in vet(settings):
            print(f"ok   {line}", file=out)
    return DONE_WITH_FAILURES if failed else DONE
