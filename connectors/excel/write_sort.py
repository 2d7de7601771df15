"""Flags that a sort left behind: which of the hub's cells belong to which row, told by the key beside them.

A sort of some columns moves the items and leaves the hub's cells where they were. The six cells of a row
belong together (an answer was typed beside the flag that it answers), so they move together to the row of the
item that they name: the answer is neither lost nor read as one to another item's flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

Block = Mapping[str, str]
"""Hub column → what its cell holds, of one row."""

EMPTY: Block = {"flag": "", "since": "", "ask": "", "answer": "", "item": "", "code": ""}


class Sheet(Protocol):
    """What is asked of a sheet: where its items are, what its hub cells hold, whether they can be moved."""

    @property
    def rows(self) -> Mapping[str, int]: ...

    @property
    def named(self) -> Mapping[int, str]:
        """Row → the item key in its hub item cell, of the rows that have one."""
        ...

    def block(self, row: int) -> Block: ...

    def movable(self, row: int) -> bool: ...


def settled(sheet: Sheet) -> tuple[dict[int, Block], dict[str, str]]:
    """What the rows concerned should hold instead, and item key → why its flag has to stay where it is."""
    moves, copies = _moves(sheet)
    problems: dict[str, str] = {}
    while True:
        stuck = {row: why for row, to in moves.items() if (why := _in_the_way(sheet, moves, row, to))}
        if not stuck:
            break
        for row, why in stuck.items():
            problems[sheet.named[row]] = why
            del moves[row]
    blocks: dict[int, Block] = {}
    for row in [*moves, *copies]:
        # A copy's answer stays: it is a person's, though it stands beside nothing now.
        blocks[row] = {**EMPTY, "answer": "" if row in moves else sheet.block(row)["answer"]}
    for row, to in moves.items():
        block = sheet.block(row)
        there = blocks[to]["answer"] if to in blocks else sheet.block(to)["answer"]
        blocks[to] = {**block, "answer": block["answer"] or there}
    return blocks, problems


def _moves(sheet: Sheet) -> tuple[dict[int, int], list[int]]:
    """Row → the row to which its hub cells belong, and the rows whose cells are copies of another's."""
    moves: dict[int, int] = {}
    copies: list[int] = []
    home = {key for row, key in sheet.named.items() if sheet.rows.get(key) == row}
    for row, key in sorted(sheet.named.items()):
        to = sheet.rows.get(key)
        if to is None or to == row:
            continue  # its item is gone (another flag may take the row over), or all is well
        if not sheet.movable(row):
            continue
        if key in home:
            copies.append(row)
        else:
            moves[row] = to
            home.add(key)
    return moves, copies


def _in_the_way(sheet: Sheet, moves: Mapping[int, int], row: int, to: int) -> str:
    """Why a row's cells cannot move, in words; empty if they can."""
    if not sheet.movable(to):
        return f"its flag was left in row {row} by a sort, and the cells of row {to} cannot be written"
    if to not in moves and sheet.block(row)["answer"] and sheet.block(to)["answer"]:
        return (
            f"its flag and the answer beside it were left in row {row} by a sort, and row {to} holds another"
            " answer; clear one of the two"
        )
    return ""
