"""Brings rows of text cells into DuckDB column by column: one long text per column and block, taken apart there.

No cell is handled alone in Python: texts are joined and split by compiled code (measured on 2 million cells of text:
1.2 s of processor time; as newline-delimited JSON 4.1 s).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice, zip_longest
from typing import NamedTuple

import duckdb

from connectors._readings.cells import NUMBER, SIZE, TEXT, Column, joined, look
from connectors._readings.sql import SQL


class Row(NamedTuple):
    """One row as the file holds it.

    `number`: its row or line, the first being 1. `cells`: its text, None where empty; more or fewer than
    there are columns only with a `fault`. `fault`: why it cannot be read at all, and what to do. `numbers`:
    positions (the first is 1) of cells whose text is a typed number, so with a decimal point for certain.
    """

    number: int
    cells: Sequence[str | None]
    fault: str | None = None
    numbers: Sequence[int] = ()


@dataclass(frozen=True)
class Block:
    """Some rows, column by column. `rows` are their numbers; each of the others is as long.

    `columns`: by position. `beyond`: what stands beyond the columns. `faults` and `beyond` may be left blank.
    """

    rows: Sequence[int]
    columns: Mapping[int, Column]
    faults: Sequence[str] = ()
    beyond: Sequence[str] = ()


def blocks(rows: Iterable[Row | Block], width: int, figures: Sequence[int]) -> Iterator[Block]:
    """Rows in blocks, `width` columns each; blocks stay as they are. `figures`: where typed numbers matter."""
    rest = iter(rows)
    for first in rest:
        if isinstance(first, Block):
            yield first
        else:
            yield _block(
                [one for one in chain([first], islice(rest, SIZE - 1)) if isinstance(one, Row)],
                width,
                figures,
            )


def _block(rows: Sequence[Row], width: int, figures: Sequence[int]) -> Block:
    padding: list[Sequence[str | None]] = [[""] * width]
    columns = list(zip_longest(*(row.cells for row in rows), *padding, fillvalue=""))
    columns = columns[:width]
    texts = {}
    for at, column in enumerate(columns, start=1):
        kinds = "".join([NUMBER if at in row.numbers else TEXT for row in rows]) if at in figures else TEXT
        texts[at] = joined([text or "" for text in column[:-1]], kinds)
    faults = [row.fault or "" for row in rows] if any(row.fault for row in rows) else ()
    beyond: Sequence[str] = ()
    if any(len(row.cells) > width for row in rows):
        beyond = [" | ".join(cell for cell in row.cells[width:] if cell is not None) for row in rows]
    return Block([row.number for row in rows], texts, faults, beyond)


@dataclass(frozen=True)
class Loaded:
    """What came into table `cell`: `row`, `fault`, `filled_cells`, `label` (the first filled cell), `marked` (a cell
    begins like an error value), `beyond`, and for each column `raw1`, its text as it is, `typed1` where typed numbers
    matter.

    `beyond`: whether any row holds something beyond its columns. `untrimmed`: the columns in some of whose cells
    space stands around the text. `faulty`: whether any row has a fault.
    """

    beyond: bool
    untrimmed: Set[int]
    faulty: bool

    def cell(self, position: int) -> str:
        """A cell as it is read, in SQL: trimmed, NULL where blank or where its row has a fault."""
        text = f"trimmed(raw{position})" if position in self.untrimmed else f"raw{position}"
        return f"CASE WHEN fault IS NULL THEN {text} END" if self.faulty else text


def load(
    db: duckdb.DuckDBPyConnection,
    found: Iterable[Block],
    columns: Sequence[int],
    figures: Sequence[int],
    many: Callable[[], None] = lambda: None,
) -> Loaded:
    """Fill table `cell` with the rows that hold anything. `many` is called where they are more than one block."""
    named = {
        "raw": "".join(f", raw{at} VARCHAR" for at in columns),
        "typed": "".join(f", typed{at} BOOLEAN" for at in figures),
    }
    db.execute(SQL["cell"].format(**named))
    beyond = faulty = False
    untrimmed: set[int] = set()
    # DuckDB waits for nobody while it takes a block apart, so the next one is made beside it. In one transaction: at
    # its end the rows are moved, not copied once more for each block (2 million cells: 0.8 s for 1.0).
    with _transaction(db), ThreadPoolExecutor(1) as pool:
        under_way: Future[object] | None = None
        for block in found:
            beyond = beyond or bool(block.beyond)
            faulty = faulty or bool(block.faults)
            query, joined, spaced = _insertion(block, columns, figures)
            untrimmed |= spaced
            if under_way is not None:
                under_way.result()
                many()
            under_way = pool.submit(db.execute, query, joined)
        if under_way is not None:
            under_way.result()
    return Loaded(beyond, untrimmed, faulty)


@contextmanager
def _transaction(db: duckdb.DuckDBPyConnection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _insertion(
    block: Block, columns: Sequence[int], figures: Sequence[int]
) -> tuple[str, dict[str, str], set[int]]:
    """The statement that puts a block into table `cell`, its values, and the columns that are untrimmed in it."""
    texts = {"number": joined([str(number) for number in block.rows])}
    texts |= {f"raw{at}": block.columns[at] for at in columns}
    texts |= {
        name: joined(some) for name, some in (("fault", block.faults), ("beyond", block.beyond)) if some
    }
    held = {name: look(text) for name, text in texts.items() if name[:3] in ("raw", "bey")}
    kinds = {f"typed{at}": block.columns[at].kinds for at in figures}
    mixed = {name: each for name, each in kinds.items() if len(set(each)) > 1}
    splits = {name: f"string_split({name}, chr({ord(text.separator)}))" for name, text in texts.items()}
    splits |= {name: f"string_split({name}, '')" for name in mixed}
    expressions = {
        "names": ", ".join(splits),
        "values": ", ".join(f"${name}" for name in splits),
        "split": ", ".join(f"unnest({split}) AS {name}" for name, split in splits.items()),
        "fault": "nullif(fault, '')" if block.faults else "NULL",
        "beyond": "beyond" if block.beyond else "''",
        **_of_row(texts, held),
        "raw": "".join(
            f", nullif(raw{at}, '')" if held[f"raw{at}"] != (False, False) else f", raw{at}" for at in columns
        ),
        "typed": "".join(
            f", {name} = '{NUMBER}'" if name in mixed else f", {each[0] == NUMBER}"
            for name, each in kinds.items()
        ),
    }
    values = {name: text.joined for name, text in texts.items()} | mixed
    return SQL["split"].format(**expressions), values, {at for at in columns if held[f"raw{at}"][0]}


def _of_row(texts: Mapping[str, Column], held: Mapping[str, tuple[bool, bool]]) -> dict[str, str]:
    """What is said of a row as a whole, in SQL; `held`: what `look` says of each column."""
    full = sum(one == (False, False) for one in held.values())
    counted = [
        f"holds_text({name})::INTEGER" if spaced else f"({name} <> '')::INTEGER"
        for name, (spaced, gaps) in held.items()
        if spaced or gaps
    ]
    label = "".join(
        f" WHEN holds_text({name}) THEN trimmed({name})" if spaced else f" WHEN {name} <> '' THEN {name}"
        for name, (spaced, _) in held.items()
    )
    marked = " OR ".join(f"starts_with({name}, '#')" for name in held if "#" in texts[name].joined)
    return {
        "filled": " + ".join([str(full), *counted]),
        "label": f"CASE{label} END" if label else "NULL",
        "marked": f"coalesce({marked}, false)" if marked else "false",
    }
