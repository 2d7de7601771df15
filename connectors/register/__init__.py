"""The initiative register: a workbook with up to four sheets, or the same as YAML. Read only.

What a register may say of initiatives, their money, the handovers between departments and what is the same
thing in two tools; sheets and columns that are not there are simply not known. Which sheets there are stands
in the cursor: `{"sheets": ["Initiatives", "Money"]}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from pydantic import BaseModel, ConfigDict, Field, model_validator

from connectors._graph.options import Auth, WhereFilesLie, see_to_sign_in
from connectors._readings import files
from connectors._readings.files import Known, Listed, Shelf
from connectors._readings.table import lay_out, open_desk, quote, write, write_nothing
from connectors.contract import (
    Cursor,
    Finding,
    Note,
    Page,
    Place,
    Receipt,
    Refused,
    SourceError,
    Stream,
    Unreadable,
)
from connectors.register.sheets import FIX, SHEETS, Found, find

__all__ = ["Options", "Register", "connect"]

SQL = (Path(__file__).parent / "fates.sql").read_text(encoding="utf-8")


class Options(BaseModel):
    """Where the register is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: WhereFilesLie = Field(
        description="the register's file: .xlsx, or .yaml with the same content; or, on SharePoint or OneDrive:"
    )
    auth: Auth | None = Field(
        None, description="how to sign in there; needed on SharePoint and OneDrive only"
    )

    @model_validator(mode="after")
    def _signed_in_where_needed(self) -> Options:
        see_to_sign_in(self.path, self.auth)
        return self


def connect(place: Place, options: Options) -> Register:
    """The register at `options.path`; touches no file."""
    return Register(place, options)


class Register:
    """The initiative register (`connectors.contract.Connector`)."""

    streams = tuple(Stream(sheet.stream, "rows", reads=sheet.reads, unique=True) for sheet in SHEETS)
    writes = False
    one_note_per_item = False
    answer_cell = ""

    def __init__(self, place: Place, options: Options) -> None:
        self.place = place
        self.options = options

    def check(self) -> Iterator[Finding]:
        """Read the register and say what would land."""
        try:
            with self._shelf() as shelf:
                yield from shelf.findings()
                file = self._listed(shelf, {})
                found = find(files.content(file).data, file.name)
            for one in found:
                desk = _judged(one)
                counted = dict(desk.execute("SELECT _fate, count(*) FROM judged GROUP BY 1").fetchall())
                yield Finding("ok", f"{one.table.place}: {counted.get('land', 0)} rows can be read")
                wanting = desk.execute("SELECT _reason FROM judged WHERE _fate = 'quarantine' ORDER BY _row")
                yield from (
                    Finding("warn", f"{one.table.place}, {reason}") for (reason,) in wanting.fetchall()
                )
        except SourceError as error:
            yield Finding("fail", str(error))

    def pull(self, cursor: Cursor, watch: Sequence[str], spool: Path) -> Iterator[Page]:
        """Read the whole register if its file changed; see the contract."""
        known = Known.of(cursor, files.fingerprint(self.options))
        with self._shelf() as shelf:
            file = self._listed(shelf, known.before)
            if known.unchanged(file):
                return
            content = files.content(file)
        found = {one.sheet.stream: one for one in find(content.data, file.name)}
        facts = {"sha256": content.sha256, "bytes": len(content.data)}
        pages = [
            Page(
                stream.name,
                _spooled(stream, found.get(stream.name), spool / f"{stream.name}.parquet"),
                scope=file.scope,
                complete=True,
                facts=facts,
            )
            for stream in self.streams
        ]
        known.learn(file, content.sha256)
        names = [one.sheet.name for one in found.values()]
        yield from pages[:-1]
        yield replace(pages[-1], cursor=known.cursor(sheets=names))

    def whereabouts(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        """A row that the register holds no more was taken out."""
        return dict.fromkeys(keys, "deleted")

    def push(self, notes: Sequence[Note]) -> Iterator[Receipt]:
        """The register is written by people only: always Refused."""
        raise self._read_only()

    def preview(self, note: Note) -> str:
        raise self._read_only()

    def _read_only(self) -> Refused:
        return Refused(
            str(self.options.path), "the register takes no notes", "Its people are told in their own tools"
        )

    def _shelf(self) -> Shelf:
        return files.shelf(self.place, self.options.path, self.options.auth)

    @staticmethod
    def _listed(shelf: Shelf, known: Mapping[str, Mapping[str, Any]]) -> Listed:
        found = shelf.listed(known)
        if len(found) != 1:
            raise Unreadable(
                shelf.place,
                "the register is not there" if not found else "this names several files",
                "Put it there, or set `register` to where it is",
            )
        return found[0]


def _spooled(stream: Stream, found: Found | None, path: Path) -> Path:
    if found is None or not found.mapped:
        write_nothing(stream.reads, path)
    else:
        write(_judged(found), "FROM judged ORDER BY _row", path)
    return path


def _judged(found: Found) -> duckdb.DuckDBPyConnection:
    """A desk in whose table `judged` stand the rows of a sheet, with their keys and fates."""
    desk = open_desk()
    sheet = found.sheet
    lay_out(desk, found.table, found.mapped, sheet.reads, found.settings)
    key = ", ".join(f"coalesce({quote('@' + name)}, '')" for name in sheet.key)
    filled = " AND ".join(f"{quote('@' + name)} IS NOT NULL" for name in sheet.needed)
    some = " OR ".join(f"{quote('@' + name)} IS NOT NULL" for name in sheet.key)
    headers = " and ".join(sheet.columns[name][0] for name in sheet.needed or sheet.key)
    desk.execute(
        SQL.format(key=f"concat_ws('|', {key})", known=filled or some),
        {
            "fix": FIX,
            "headings": found.table.word == "row",
            "nameless": f"{headers} must be filled to tell what the row is about",
        },
    )
    return desk
