"""How lists are laid out in a terminal: aligned columns, and under each row its words, wrapped."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

WIDTH_OF_A_FILE = 110  # where nobody's terminal sets the width


@dataclass(frozen=True)
class Column:
    """A column's title, and whether it holds figures."""

    title: str
    figures: bool = False


@dataclass(frozen=True)
class Entry:
    """A row's cells, and the paragraphs that stand below it."""

    cells: Sequence[str]
    below: Sequence[str] = ()


def print_list(columns: Sequence[Column], entries: Sequence[Entry], out: TextIO) -> None:
    """Print the rows in columns as wide as what they hold: a code or a figure is never cut."""
    heads = [Entry([column.title for column in columns]), *entries]
    widths = [max(len(entry.cells[n]) for entry in heads) for n in range(len(columns))]
    for entry in heads:
        cells = (
            cell.rjust(width) if column.figures else cell.ljust(width)
            for cell, width, column in zip(entry.cells, widths, columns, strict=True)
        )
        print(harmless("  ".join(cells)).rstrip(), file=out)
        for paragraph in entry.below:
            print_wrapped(paragraph, out, indent="    ")


def harmless(text: str) -> str:
    """A text from a tool without control characters: a title must not move the cursor or colour the screen."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def print_wrapped(paragraph: str, out: TextIO, indent: str = "") -> None:
    """Print a paragraph within the terminal's width; words longer than that stay whole."""
    width = min(shutil.get_terminal_size().columns, 120) if out.isatty() else WIDTH_OF_A_FILE
    print(
        textwrap.fill(
            harmless(paragraph), max(width, 40), initial_indent=indent, subsequent_indent=indent,
            break_long_words=False, break_on_hyphens=False,
        ),
        file=out,
    )  # fmt: skip
