"""Commands that answer questions about the plan: simulate, workload, risk."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from flows.settings import Settings

HERE = Path("interlock.yaml")


class Format(StrEnum):
    """How a reading command prints."""

    table = "table"
    json = "json"
    csv = "csv"


Config = Annotated[Path, typer.Option("-c", "--config", help="The configuration.", show_default=True)]
Shape = Annotated[Format, typer.Option("--format", help="How to print.")]


def add_to(app: typer.Typer) -> None:
    """Give the command line these commands."""
    for command in (simulate, workload, risk):
        app.command()(command)


def simulate(
    slip: Annotated[
        list[str] | None,
        typer.Option(help="ITEM=15d: it finishes 15 working days later (3w: 15). Repeatable."),
    ] = None,
    reassign: Annotated[
        list[str] | None, typer.Option(help="ITEM=PERSON: somebody else does it. Repeatable.")
    ] = None,
    format: Shape = Format.table,
    config: Config = HERE,
) -> None:
    """Say who is hit if items slip or change hands: handovers, milestones, money, load. Writes nothing."""
    from flows import reading, simulating, simulating_words
    from rules.engine.names import read_names

    settings = _settings(config)
    story = simulating.simulate(settings, slip or [], reassign or [])
    with reading.snapshot(settings) as db:
        names = read_names(db, simulating_words.ids_of(story), settings.file.currency)
    simulating_words.show(story, names, format.value, sys.stdout)


def workload(
    department: Annotated[str | None, typer.Option(help="Only this department, person by person.")] = None,
    person: Annotated[str | None, typer.Option(help="Only this person, item by item.")] = None,
    weeks: Annotated[int, typer.Option(min=1, help="How many weeks from this one on.")] = 8,
    format: Shape = Format.table,
    config: Config = HERE,
) -> None:
    """Show the load of each department by week against its capacity, across all sources, and what clashes."""
    from flows import working

    settings = _settings(config)
    found = working.workload(settings, department, person, weeks)
    working.show(found, format.value, sys.stdout)


def risk(
    item: Annotated[str | None, typer.Option(help="Only this item.")] = None,
    department: Annotated[str | None, typer.Option(help="Only this department's.")] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Every open item, not only milestones and what is handed over.")
    ] = False,
    draws: Annotated[int, typer.Option(min=100, max=1_000_000, help="How many draws.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same dates.")] = 1,
    correlation: Annotated[
        float, typer.Option(min=0, max=0.99, help="How strongly the draws of one department go together.")
    ] = 0.3,
    format: Shape = Format.table,
    config: Config = HERE,
) -> None:
    """Forecast finish dates at 50, 80 and 95 per cent from how each department's promises came out before."""
    from flows import risking

    asked = risking.forecast(_settings(config), item, department, all_, draws, seed, correlation)
    risking.show(asked, format.value, sys.stdout)


def _settings(path: Path) -> Settings:
    from flows.settings import load

    return load(path, os.environ)
