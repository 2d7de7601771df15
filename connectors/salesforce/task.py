"""A note as a Task: its subject and description, and what a person made of them.

A Task's description is plain text, shown as it is, in which addresses become links. Above the line it is
Interlock's, below it a person's; what stands below is carried along unchanged by every edit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connectors._wording import INVISIBLE, LONGEST_TEXT, MOST_BLOCKS, headline, how, is_web_address
from connectors.contract import Block, Fact, Link, Note, Text

SUBJECT = 255
DESCRIPTION = 32_000
LINE = "Answer below this line"
LEAST_ROOM = 1_000
"""Characters that Interlock's own part needs at the least."""
IN_A_COMMENT = "Answer in a comment whose first line is one of these"
BELOW = "Answer below the line at the end of this text with one of these"

ADDRESS = re.compile(r"\b(https?):(?=//)|\bwww(?=\.)", re.IGNORECASE)
STAMPED = re.compile(
    rf"{LINE}\b.*?(?:\. Last answered by (?P<name>.*) \[(?P<id>005[A-Za-z0-9]{{15}})\] at (?P<at>\S+))?:"
)


@dataclass(frozen=True)
class Answered:
    """Who answered, and when: kept in the line once Interlock itself was the last to change the Task."""

    user_id: str
    name: str
    at: str

    def __str__(self) -> str:
        return f". Last answered by {_inline(self.name)} [{self.user_id}] at {self.at}"


@dataclass(frozen=True)
class Parts:
    """A description, taken apart. `line` says whether the line is still there."""

    own: str
    theirs: str
    answered: Answered | None
    line: bool


def parts(description: str | None) -> Parts:
    text = (description or "").replace("\r\n", "\n").replace("\r", "\n")
    before: list[str] = []
    lines = text.split("\n")
    for number, each in enumerate(lines):
        found = STAMPED.fullmatch(each.strip())
        if found:
            answered = Answered(found["id"], found["name"], found["at"]) if found["id"] else None
            return Parts("\n".join(before).strip(), "\n".join(lines[number + 1 :]), answered, True)
        before.append(each)
    return Parts(text.strip(), "", None, False)


def subject(note: Note) -> str:
    return _shortened(_inline(headline(note)), SUBJECT)


def own_part(note: Note) -> str:
    """What stands above the line, in the contract's order: headline, why, ask, how and codes, reply."""
    message = note.message
    told = [_safe(headline(note)), *(_block(block) for block in message.why[:MOST_BLOCKS])]
    if len(message.why) > MOST_BLOCKS:
        told.append(f"… and {len(message.why) - MOST_BLOCKS} more.")
    if note.standing:
        # The sentence is worded for tools with comments; a Task has a line instead.
        told += [
            _labelled("Asked of you", message.ask),
            _labelled("To answer", how(note).replace(IN_A_COMMENT, BELOW)),
        ]
        told.append(_labelled("Also open here", ", ".join(note.others)))
    else:
        told.append("This is settled. Nothing is asked of you any more.")
    told.append(_safe(message.reply))
    return "\n".join(each for each in told if each)


def description(note: Note, theirs: str = "", answered: Answered | None = None) -> str | None:
    """The whole text; None where a person's own leaves no room for it."""
    line = f"{LINE}, or set the status to Completed to acknowledge{answered or ''}:"
    tail = f"\n\n{line}\n{theirs}"
    room = DESCRIPTION - len(tail)
    if room < LEAST_ROOM:
        return None
    return _shortened(own_part(note), room) + tail


def preview(note: Note) -> str:
    return f"Task: {subject(note)}\n{description(note)}".rstrip()


def answer(task: Mapping[str, Any]) -> str | None:
    """The line that is an answer, without `interlock:`; None where there is none.

    The first line with text below our line; `interlock:` before it may be left out there. Quoted lines (`>`)
    are passed over. Where a person took our line away, only a line that begins with `interlock:` counts. A
    closed Task without words is an `ack`.
    """
    found = parts(task.get("Description"))
    lines = [line.strip() for line in (found.theirs if found.line else found.own).split("\n")]
    for line in lines:
        addressed = re.match(r"interlock\s*:\s*(.*)", line, re.IGNORECASE)
        if addressed:
            return " ".join(addressed[1].split())
        if found.line and line and not line.startswith(">"):
            return " ".join(line.split())
    return "ack" if task.get("IsClosed") else None


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return _safe(block.text)
    if isinstance(block, Fact):
        return _safe(f"- {block.name}: {block.value}")
    return _link(block)


def _link(link: Link) -> str:
    label = _inline(link.label or link.url)
    return f"- {label}: {link.url}" if is_web_address(link.url) else f"- {label}"


def _labelled(label: str, text: str) -> str:
    return f"{label}: {_safe(text)}" if text.strip() else ""


def _safe(text: str) -> str:
    """Text of people and other tools, inert: no address becomes a link, and no line is taken for ours."""
    shown = [INVISIBLE.sub("", line).rstrip() for line in _shortened(text, LONGEST_TEXT).splitlines()]
    shown = [
        ADDRESS.sub(lambda found: f"{found[1]}: " if found[1] else "www ", line) for line in shown if line
    ]
    return "\n".join(f"“{line}" if line.strip().startswith(LINE) else line for line in shown)


def _inline(text: str) -> str:
    return " ".join(_safe(text).split())


def _shortened(text: str, most: int) -> str:
    """Cut where Salesforce takes no more, and said so by the mark at its end."""
    return text if len(text) <= most else text[: most - 2].rstrip() + " …"
