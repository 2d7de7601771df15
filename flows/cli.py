"""The command line. Every command is a thin call of a function that can be used without it.

What a command does not need is not imported: `interlock --help` stays quick.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from flows.context import Run
    from flows.settings import Settings

app = typer.Typer(
    help="Finds the promises between departments that no longer hold, in the tools they already use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
reports = typer.Typer(help="Write a report.", no_args_is_help=True)
app.add_typer(reports, name="report")


class Format(StrEnum):
    """How a reading command prints."""

    table = "table"
    json = "json"
    csv = "csv"


Config = Annotated[Path, typer.Option("-c", "--config", help="The configuration.", show_default=True)]
Today = Annotated[
    datetime | None, typer.Option("--today", formats=["%Y-%m-%d"], help="Run as if on this day.")
]
OneSource = Annotated[str | None, typer.Option("--source", help="Only this source.")]
Shape = Annotated[Format, typer.Option("--format", help="How to print.")]
HERE = Path("interlock.yaml")


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where to keep the demo's tools and warehouse.")] = Path(
        "demo-data"
    ),
    shift: Annotated[int, typer.Option(help="Shift the whole story by this many weeks.")] = 0,
    control: Annotated[
        bool, typer.Option(help="The same year with handover, audit and budget in place.")
    ] = False,
) -> None:
    """Play the insurer's year on the embedded sandbox: what was flagged when, and when each tool showed it."""
    from flows.demo import play

    raise typer.Exit(play(folder, shift_weeks=shift, control=control, out=sys.stdout))


@app.command()
def check(
    source: Annotated[str | None, typer.Argument(help="Only this source.")] = None, config: Config = HERE
) -> None:
    """Test the sources, their permissions and mappings, and the rules. Changes nothing."""
    from flows.check import check_everything

    raise typer.Exit(check_everything(_settings(config), source, out=sys.stdout))


@app.command()
def profile(
    file: Annotated[Path, typer.Argument(help="A workbook.")],
    format: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.table,
) -> None:
    """Propose how to read an unknown workbook: a source to paste, with a reason and a confidence per column."""
    from flows.profile import propose

    raise typer.Exit(propose(file, format.value, sys.stdout))


@app.command()
def sync(
    source: OneSource = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show each write; write nothing anywhere.")
    ] = False,
    today: Today = None,
    config: Config = HERE,
) -> None:
    """Run the main job once: pull, unify, plan, detect, settle, push, publish."""
    from flows import job

    if dry_run:
        from flows.dry_run import rehearse

        raise typer.Exit(rehearse(_settings(config), source, _day(today), sys.stdout, sys.stderr))
    _run("sync", config, today, lambda run: job.main_job(run, source))


@app.command()
def listen(
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8377,
    host: Annotated[str, typer.Option(help="On which address; put TLS in front of it.")] = "127.0.0.1",
    config: Config = HERE,
) -> None:
    """Hear webhooks of the sources at /SOURCE, and sync a source sooner when one says that there is news."""
    from flows.listen import serve

    def sync_one(source_id: str) -> None:
        from flows import job
        from flows.summary import summarise

        with job.opened(_settings(config), "listen", None) as run:
            with job.recording(run):
                job.main_job(run, source_id)
            summarise(run, sys.stdout, sys.stderr)

    server = serve(_settings(config), host, port, sync_one, sys.stderr)
    typer.echo(f"listening at http://{host}:{server.server_port}/SOURCE", err=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        server.server_close()


@app.command()
def pull(source: OneSource = None, today: Today = None, config: Config = HERE) -> None:
    """Read the sources and land what is new. Writes into no tool."""
    from flows.pull import pull as pull_stage

    _run("pull", config, today, lambda run: pull_stage(run, source))


@app.command()
def detect(today: Today = None, config: Config = HERE) -> None:
    """Unify, plan, detect and settle what was pulled before, and publish it. Writes into no tool."""
    from flows import job

    def work(run: Run) -> None:
        job.conclude(run)
        job.publish(run)

    _run("detect", config, today, work)


@app.command()
def push(source: OneSource = None, today: Today = None, config: Config = HERE) -> None:
    """Deliver the alerts that are due."""
    from flows import job
    from flows.push import push as push_stage

    def work(run: Run) -> None:
        push_stage(run, source)
        job.publish(run)

    _run("push", config, today, work)


@app.command()
def breaks(
    state: Annotated[
        str | None, typer.Option(help="open, acknowledged, decided, unknown, resolved or all.")
    ] = None,
    format: Shape = Format.table,
    config: Config = HERE,
) -> None:
    """List the breaks that stand: open, acknowledged, decided and unknown."""
    from flows import reading

    settings = _settings(config)
    rows = reading.breaks(settings, state)
    reading.show(rows, format.value, sys.stdout, reading.BREAK_COLUMNS)


@app.command()
def explain(
    break_: Annotated[str, typer.Argument(metavar="BREAK", help="Its code or id.")],
    format: Annotated[Format, typer.Option("--format", help="table or json.")] = Format.table,
    config: Config = HERE,
) -> None:
    """Say of one break what is wrong, why, since when, who was told and what they answered."""
    from flows import reading

    story = reading.explain(_settings(config), break_)
    if format is Format.json:
        typer.echo(json.dumps(story, indent=1, default=str, ensure_ascii=False))
    else:
        reading.tell(story, sys.stdout)


@app.command()
def decide(
    break_: Annotated[str, typer.Argument(metavar="BREAK", help="Its code or id.")],
    kind: Annotated[str, typer.Argument(help="ack, accept, commit or dispute.")],
    on_behalf_of: Annotated[str, typer.Option(help="Whose decision it is: an e-mail address.")],
    note: Annotated[str, typer.Option(help="Why.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="accept: until this day.")
    ] = None,
    up_to: Annotated[str | None, typer.Option(help="accept: up to this delay, such as 10d.")] = None,
    by: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="commit: by this day.")] = None,
    today: Today = None,
    config: Config = HERE,
) -> None:
    """Record a decision; it is kept in the inbox while another run holds the lock."""
    from flows.decide import decide as record

    if kind != "accept" and (until or up_to):
        raise typer.BadParameter("--until and --up-to go with accept only.")
    if kind != "commit" and by:
        raise typer.BadParameter("--by goes with commit only.")
    if up_to is not None and not re.fullmatch(r"\d+[dw]?", up_to):
        raise typer.BadParameter(f"--up-to {up_to}: write a delay such as 10d or 2w.")
    limits = [f"up to {up_to}" if up_to else "", f"until {until:%Y-%m-%d}" if until else "",
              f"by {by:%Y-%m-%d}" if by else ""]  # fmt: skip
    line = " ".join([kind, *filter(None, limits)])
    status = record(_settings(config), break_, line, on_behalf_of, note, _day(today), sys.stdout, sys.stderr)
    raise typer.Exit(status)


@reports.command("finance")
def report_finance(
    period: Annotated[str, typer.Option(help="A fiscal quarter or period: 2026-Q1, 2026-P03.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="The workbook to write.")] = None,
    config: Config = HERE,
) -> None:
    """Write the finance workbook: spend by initiative and period, the unmapped list, file totals tied."""
    from flows.reading import finance

    path = finance(_settings(config), period, output)
    typer.echo(f"wrote {path}")


@app.command()
def verify(config: Config = HERE) -> None:
    """Recompute the journal's chain and the record's counts; name what is wrong."""
    from flows import job
    from warehouse import verify as verifying

    with job.opened(_settings(config), "verify", None) as run:
        found = list(verifying.faults(run.db))
        for fault in found:
            typer.echo(f"fault: {fault}", err=True)
        if not found:
            counted = ", ".join(f"{number:,} {name}" for name, number in verifying.counts(run.db).items())
            typer.echo(f"the record is whole: {counted}")
    raise typer.Exit(1 if found else 0)


# --- what the commands share ----------------------------------------------------------------------------


def _settings(path: Path) -> Settings:
    from flows.settings import load

    return load(path, os.environ)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _run(command: str, config: Path, today: datetime | None, work: Callable[[Run], Any]) -> None:
    from flows import job
    from flows.summary import summarise

    with job.opened(_settings(config), command, _day(today)) as run:
        with job.recording(run):
            work(run)
        summarise(run, sys.stdout, sys.stderr)
    raise typer.Exit(run.report.exit_status)


def main() -> None:
    """The entry point: turns what can go wrong into a message and the exit status of DESIGN section 8."""
    try:
        app()
    except Exception as error:
        from flows.failures import exit_status

        status = exit_status(error)
        if status is None:
            raise
        typer.echo(f"interlock: {error}", err=True)
        sys.exit(status)


if __name__ == "__main__":
    main()
