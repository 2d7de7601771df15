"""What Interlock asks of a tool, whole: a new tool is one module that keeps this contract.

A connector module (or package) `connectors.<kind>` offers two names:

- `Options`: a frozen pydantic model of the source's keys in `interlock.yaml` (unknown keys forbidden,
  every field described). The keys common to all sources (`kind`, `department`, `mode`) are not in it.
- `connect(place, options)`: a `Connector`, made without touching the outside.

A module whose tool can call when something changes offers a third:

- `hear(options, headers, body)`: the `Hint` in a call; raises Unauthorised where its signature is not the
  tool's, Unreadable where it is no such call, Refused where the options hold no secret to check it with.

Reading: `pull` yields pages, each a file spooled to disk as the tool gave it. The warehouse lands them
set-wise; a connector never sees the warehouse, and never maps a field to the unified model (that is
`unify/<kind>.sql`). Writing: `push` takes notes and yields one receipt each, as soon as it is known.

Nothing here reads a clock, the environment or a file that it was not given: `Place` carries them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

# --- errors, grouped by what the caller should do next -------------------------------------------------


class SourceError(Exception):
    """Something at a tool went wrong; the class says what to do next.

    ```
    SourceError
    ├── Retry          it may work later: unreachable, 429, 503, a connection cut while reading
    ├── Unauthorised   the tool knows us not, or lets us not: a person must change credentials or rights
    ├── Drifted        the tool's shape is not what the mapping expects: a person must change the mapping
    ├── Unreadable     not what it claims to be: a missing file, no workbook, a file cut short or not tying
    ├── Uncertain      a write whose outcome is unknown: look for its marker before sending again
    ├── Deferred       a write that is not possible now (locked, changed since read): the next run tries again
    └── Refused        a write that would do harm, or that the tool will never take: a person must decide
    ```

    `str(error)` reads: what was tried on what, what the tool answered, what to do.
    """

    def __init__(self, place: str, problem: str, advice: str) -> None:
        super().__init__(f"{place}: {problem}. {advice}")
        self.place = place
        self.problem = problem
        self.advice = advice


class Retry(SourceError):
    """`after` is the number of seconds that the tool asked us to wait, if it said so."""

    def __init__(self, place: str, problem: str, advice: str, after: float | None = None) -> None:
        super().__init__(place, problem, advice)
        self.after = after


class Unauthorised(SourceError):
    pass


class Drifted(SourceError):
    pass


class Unreadable(SourceError):
    pass


class Uncertain(SourceError):
    pass


class Deferred(SourceError):
    pass


class Refused(SourceError):
    pass


# --- where a connector stands --------------------------------------------------------------------------


class Clock(Protocol):
    """The time, and a way to wait for it. Tests hand in one that does not wait."""

    def now(self) -> datetime:
        """The present moment, timezone-aware."""
        ...

    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True)
class Place:
    """Where one configured source stands: its id, the folder that relative paths start from, its clock.

    `keep` is a folder of the source's own, made when first needed, for what it may keep between runs beside the
    record: tokens, a list of files. None: nothing is kept.
    `memory` gives the source's cursor as it was landed last, for what is done outside a pull.
    """

    source_id: str
    folder: Path
    clock: Clock
    keep: Path | None = None
    memory: Callable[[], Cursor] = dict


# --- reading -------------------------------------------------------------------------------------------

Cursor = Mapping[str, Any]
"""What a connector needs to know to go on where its landed data ends: any JSON object of its own making.
`{}` before the first pull."""

Reading = Literal["text", "key", "date", "number", "share", "days", "amount", "integer"]
"""How a mapped cell is read: `key` is text with a whole number's `.0` removed, `share` is 0 to 1 (from a
fraction or a per cent), `days` is working days (from `3`, `3d`, `2w`, `16h`), `amount` is exact decimal."""


@dataclass(frozen=True)
class Stream:
    """One kind of object of a source.

    `shape` says what a spooled page looks like:

    - `json`: the tool's own reply, as received. `records` is the path of the list inside it (`issues`), and
      where each record lies one level deeper, two paths (`issues`, `changelog.histories`); `parent` is then
      the path of the outer record's key. `key` is the path of the record's immutable id, and `content` the
      allowlist of paths that count as news: fields that Interlock writes itself, and volatile ones, stay out.
    - `rows`: a table with one text column per source column (see `Page`). `reads` names the columns that
      the source's mapping reads, and how; they are what counts as news.

    `unique` says that a key may stand only once in one pull: if it stands twice, both rows are quarantined.
    Otherwise (pages that shift while they are read) the later one counts. `money` says that rows carry an
    amount, so that amounts must tie as counts do.
    """

    name: str
    shape: Literal["json", "rows"]
    key: str = "_key"
    records: tuple[str, ...] = ()
    parent: str = ""
    content: tuple[str, ...] = ()
    reads: Mapping[str, Reading] = field(default_factory=dict)
    unique: bool = False
    money: bool = False


@dataclass(frozen=True)
class Page:
    """A spooled file, ready to land.

    A page of shape `json` is a JSON document. A page of shape `rows` is a Parquet file, or newline-delimited
    JSON (suffix `.ndjson`), with these columns, all VARCHAR unless said:

    - `_key`: the row's stable key; NULL in rows that are dropped or whose key cannot be read. A quarantined
      row keeps its key: what stands in the tool, however badly, is not gone
    - `_place`: where a person finds the row: `marketing.xlsx, sheet Plan, row 12`
    - `_row` BIGINT: its number in the sheet or file, the first line being 1
    - `_fate`: `land`, `quarantine` or `drop`
    - `_reason`: why it is quarantined (naming the cell, what is wrong and what to do) or dropped
    - `_amount` DECIMAL(19,4), only for `money`: the row's amount where it can be read
    - `@name` for each name in `Stream.reads`: the mapped cell in canonical text (dates ISO, numbers with a
      decimal point, shares 0 to 1), NULL where blank
    - every other column: the source's own column, its text as the source gave it

    `scope` names what the page covers (a file's path; empty for a whole API), and `complete` says that the
    pages of this pull with that scope hold all of it: keys that stood there before and stand there no more
    are gone. `keys_only` marks a census page: its records carry ids alone and are only counted.

    `cursor`, when not None, becomes the source's cursor in the transaction that lands this page and those
    before it. `facts` are figures about the file that reports quote: `sha256`, `bytes`, `stated_total`. `notes`
    are sentences that the run tells people: what was found while reading, and taken for what.
    """

    stream: str
    path: Path
    scope: str = ""
    complete: bool = False
    keys_only: bool = False
    cursor: Cursor | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True)
class Trouble:
    """One part of a source (`scope`, as in `Page`) could not be read; the rest goes on.

    The part's last good data stands, and the source counts as stale for this run.
    """

    scope: str
    error: SourceError


@dataclass(frozen=True)
class Finding:
    """One line of `interlock check`: `ok`, something to look at, or something that stops the source."""

    level: Literal["ok", "warn", "fail"]
    text: str


@dataclass(frozen=True)
class Hint:
    """What a tool called to say: something changed, so pull sooner. Nothing in it is ever landed.

    `event_id` is the same when the tool says the same again, `at` is when it happened, `about` what to
    (`comment_created PLAT-3`), for the log.
    """

    event_id: str
    at: datetime
    about: str


ANSWER = Stream(
    name="answer",
    shape="rows",
    reads={
        "item_key": "key",  # the item's immutable id, as in its own stream
        "author_id": "text",  # the tool's account id; NULL where the tool proves no author (a cell)
        "author_email": "text",  # as the tool's own directory tells it
        "author_name": "text",  # for display, never for authority
        "author_kind": "text",  # person, automation, self (Interlock's own account), unproven
        "line": "text",  # the first top-level line of text, without `interlock:`; NULL: not an answer
        "beside_item": "text",  # a cell's neighbours: the item key and break code that Interlock wrote there
        "beside_code": "text",
        "said_at": "text",  # ISO timestamp with offset, NULL where the tool tells none
    },
)
"""The stream in which every connector that reads answers spools them: one row per comment or answer cell,
its `_key` the tool's id of the comment or `<item key>/answer` for a cell. An edit is a new version."""


# --- writing -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    """A paragraph. Its text is data from people and other tools: it is rendered inert."""

    text: str


@dataclass(frozen=True)
class Link:
    """A link to an item; `url` empty where the tool has none, so that only the label is shown."""

    label: str
    url: str


@dataclass(frozen=True)
class Fact:
    """A name and its value, shown as one line: `Float: -14 working days`."""

    name: str
    value: str


Block = Text | Link | Fact


@dataclass(frozen=True)
class Message:
    """One alert in words, in DESIGN's order, for any tool to render.

    `headline`: what will happen, when, and to whom, in one sentence. `why`: the chain, with links.
    `ask`: what is asked of the reader, and by when. `how`: how to answer without leaving the tool.
    `reply`: what Interlock understood of the last answer, if there was one (`understood as …`).
    """

    headline: str
    why: tuple[Block, ...] = ()
    ask: str = ""
    how: str = ""
    reply: str = ""


@dataclass(frozen=True)
class Receipt:
    """What became of one note.

    `outcome`: `written`; `already` (the tool shows just that, nothing was written); `removed` (a person took
    the flag away: it is not put back); `deferred` and `refused` as the errors of those names, for this one
    note alone. `reference` is the tool's own id of what was written (a comment id, a cell range), and
    `inverse` what is needed to take it back.
    """

    marker: str
    outcome: Literal["written", "already", "removed", "deferred", "refused"]
    reference: str = ""
    detail: str = ""
    inverse: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Note:
    """One alert as it should stand on one item of the tool, now.

    `marker` identifies the alert in the tool for ever and is written with it. `previous` is the reference of
    its last receipt: edit that in place. `look` says that an earlier attempt's outcome is unknown: look for
    the marker by listing before sending anything. `item_key` is the item's immutable id as in its stream,
    `native_key` what people call it, `scope` the page scope in which it stands (a workbook).
    `deferred_since` is the day since which the tool could not take it (a locked file); None if it can.
    `code` is what a person types to answer this break, `others` the codes of further open breaks on the
    item, less harmful than this one. `standing` is False when the break has recovered.
    """

    marker: str
    item_key: str
    native_key: str
    scope: str
    code: str
    since: date
    message: Message
    standing: bool = True
    others: tuple[str, ...] = ()
    previous: str = ""
    look: bool = False
    deferred_since: date | None = None


class Connector(Protocol):
    """One configured source."""

    streams: Sequence[Stream]
    writes: bool
    """Whether it can carry notes. A tool that cannot (an ERP export) never gets any."""
    one_note_per_item: bool
    """Whether an item shows its most harmful alert only, with the codes of the others (a tracker's row),
    rather than each alert by itself (comments)."""

    answer_cell: str
    """The header of the cell beside a flag in which people answer; empty where they answer in comments."""

    def check(self) -> Iterator[Finding]:
        """Try everything that `pull` needs, change nothing; say what was found."""
        ...

    def pull(self, cursor: Cursor, watch: Sequence[str], spool: Path) -> Iterator[Page | Trouble]:
        """Spool what is new since `cursor` into files in `spool`.

        `watch` holds the item keys whose answers are wanted (items with standing alerts). Raises a
        SourceError when the source as a whole cannot be read; pages yielded before it still count.
        """
        ...

    def whereabouts(self, stream: str, keys: Sequence[str]) -> Mapping[str, str]:
        """Why each of these keys is missing from a census: `deleted`, or `not visible: …` and how so."""
        ...

    def push(self, notes: Sequence[Note]) -> Iterator[Receipt]:
        """Make the tool show these notes; one receipt each, as soon as its outcome is known.

        Never sends a note twice by itself. Raises Retry or Unauthorised when the tool takes no more now,
        Uncertain when the outcome of the note in hand is unknown.
        """
        ...

    def preview(self, note: Note) -> str:
        """The note as the tool would show it, in plain text, for `--dry-run`. Touches nothing."""
        ...
