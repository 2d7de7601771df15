"""Keys for rows of a tracker that has no column of keys: made once, then remembered.

A key is made when a row is first seen, from its workbook, sheet, parent and title. From then on the source's
cursor remembers by what each key is known (`Told`), so that the row keeps it wherever it is moved, sorted or
copied to, and through small edits. A row is taken for a remembered one only where nothing else could be meant:
one row, one key. The same workbook and the same memory always give the same keys; each landed row holds what it is
known by (`@told_by`), so that the record still says it where the memory is lost.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from functools import cached_property

from rapidfuzz import fuzz

from connectors._readings.headers import folded
from connectors.contract import Cursor

SIMILAR = 80
"""Of 100: how alike two titles must be (normalised indel similarity), and each word that was replaced by another."""
MOST_PAIRS = 1_000_000
"""So many pairs of titles are compared at most; beyond, the sheet was replaced rather than edited."""
ROUNDS = 12
"""A renamed parent makes its children known, and so on down; deeper trees are matched by title alone."""

_NUMBER = re.compile(r"\d+")
_SLUG = 40


@dataclass(frozen=True)
class Told:
    """By what a row is known: its sheet, what it stands under, its title. `gone`: it was not there last time."""

    sheet: str
    parent: str
    title: str
    gone: bool = False

    def as_text(self) -> str:
        return json.dumps([self.sheet, self.parent, self.title], ensure_ascii=False)

    @cached_property
    def folded(self) -> tuple[str, str, str]:
        return folded(self.sheet), folded(self.parent), folded(self.title)


@dataclass(frozen=True)
class Match:
    """A row (its place in the list of rows) that was taken for a remembered one though not told alike."""

    row: int
    key: str
    before: Told
    after: Told

    def __str__(self) -> str:
        said = f'"{self.after.title}" is taken for {self.key}'
        if folded(self.before.title) != folded(self.after.title):
            said += f', which was "{self.before.title}"'
        if folded(self.before.parent) != folded(self.after.parent):
            said += f', which stood under "{self.before.parent or "nothing"}"'
        if folded(self.before.sheet) != folded(self.after.sheet):
            said += f', which stood in sheet "{self.before.sheet}"'
        return said


@dataclass
class Named:
    """`keys`: one per row, in their order; the same key twice where rows are told alike. `memory`: for the next time.

    `unsettled`: rows that got a new key though they might be remembered ones, and which those might be.
    """

    keys: list[str]
    matches: list[Match]
    unsettled: dict[int, list[str]]
    memory: dict[str, Told]


def name_rows(scope: str, rows: Sequence[Told], memory: Mapping[str, Told]) -> Named:
    """Give each row its key; `scope` is the workbook, `memory` what was remembered of it."""
    matching = _Matching(rows, memory)
    matching.run()
    taken = set(memory)
    keys: dict[tuple[str, str, str], str] = {}
    for number, told in enumerate(rows):
        if number in matching.found:
            keys[told.folded] = matching.found[number]
        elif told.folded not in keys:
            keys[told.folded] = _made(scope, told, taken)
            taken.add(keys[told.folded])
    named = [keys[told.folded] for told in rows]
    after = {key: replace(told, gone=True) for key, told in memory.items() if _outlives(scope, key, told)}
    after |= dict(zip(named, rows, strict=True))
    return Named(named, matching.matches, matching.unsettled, after)


def as_json(memory: Mapping[str, Told]) -> dict[str, list[str | bool]]:
    return {key: [told.sheet, told.parent, told.title, told.gone] for key, told in memory.items()}


def from_json(held: Mapping[str, Sequence[str | bool]]) -> dict[str, Told]:
    return {
        key: Told(str(sheet), str(parent), str(title), bool(gone))
        for key, (sheet, parent, title, gone) in held.items()
    }


def remembered(cursor: Cursor, scope: str) -> dict[str, Told]:
    """What a source's cursor remembers of a workbook's rows; nothing where a column holds their ids."""
    return from_json(cursor.get("files", {}).get(scope, {}).get("rows", {}))


def signature(rows: Iterable[Told]) -> set[tuple[str, ...]]:
    """What a workbook's rows are told by, to be compared with another's."""
    return {told.folded for told in rows if not told.gone}


def _outlives(scope: str, key: str, told: Told) -> bool:
    """Whether a row that is gone must be remembered to get its key again: the others' are made alike."""
    return key != _made(scope, told, set())


def _made(scope: str, told: Told, taken: Set[str]) -> str:
    """`launch-campaign-3f9a2c`: readable, and apart from equal titles elsewhere. Alerts know keys of this form."""
    plain = unicodedata.normalize("NFKD", told.title.lower().replace("ß", "ss"))
    slug = re.sub(r"[^a-z0-9]+", "-", "".join(one for one in plain if not unicodedata.combining(one))).strip(
        "-"
    )
    salt = 0
    while True:
        text = json.dumps([scope, *told.folded, *([salt] if salt else [])], ensure_ascii=False)
        key = f"{slug[:_SLUG].strip('-') or 'row'}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
        if key not in taken:
            return key
        salt += 1


@dataclass
class _Matching:
    """Rows and remembered keys, put together from the surest way to the least sure one."""

    rows: Sequence[Told]
    memory: Mapping[str, Told]
    found: dict[int, str] = field(default_factory=dict)
    matches: list[Match] = field(default_factory=list)
    unsettled: dict[int, list[str]] = field(default_factory=dict)

    def run(self) -> None:
        by_told = {
            told.folded: key for key, told in sorted(self.memory.items(), key=lambda held: not held[1].gone)
        }
        for number, told in enumerate(self.rows):
            if told.folded in by_told:  # rows that are told alike are copies: each gets the key, none lands
                self.found[number] = by_told[told.folded]
        for _ in range(ROUNDS):
            before = len(self.found)
            known = self._as_renamed()
            self._one_to_one(known, lambda told: told.folded)
            self._one_to_one(known, lambda told: told.folded[2])
            self._similar(known)
            if len(self.found) == before:
                return

    def _free(self) -> Iterator[tuple[int, Told]]:
        """Rows without a key; of rows that are told alike, none: which of them should it be?"""
        often = Counter(told.folded for told in self.rows)
        for number, told in enumerate(self.rows):
            if number not in self.found and often[told.folded] == 1:
                yield number, told

    def _as_renamed(self) -> dict[str, Told]:
        """The remembered that no row has yet, as they would be told now: with parents and sheets as renamed."""
        titles = self._renamed_parents()
        sheets = self._renamed_sheet()
        used, known = set(self.found.values()), {}
        for key, told in self.memory.items():
            if key not in used and not told.gone:
                sheet = sheets.get(folded(told.sheet), told.sheet)
                parent = titles.get((folded(sheet), folded(told.parent)), told.parent)
                known[key] = replace(told, sheet=sheet, parent=parent)
        return known

    def _renamed_parents(self) -> dict[tuple[str, str], str]:
        """Sheet and parent as remembered → the parent now: its own title was edited, or all that is known of what
        stood under it stands under another (somebody put a heading above)."""
        under: dict[tuple[str, str], set[str]] = defaultdict(set)
        for number, key in self.found.items():
            before, after = self.memory[key], self.rows[number]
            under[folded(after.sheet), folded(before.parent)].add(after.parent)
        moved = {place: now.copy().pop() for place, now in under.items() if len(now) == 1}
        return moved | {
            (folded(match.after.sheet), folded(match.before.title)): match.after.title
            for match in self.matches
        }

    def _renamed_sheet(self) -> dict[str, str]:
        now = {folded(told.sheet): told.sheet for told in self.rows}
        then = {folded(told.sheet) for told in self.memory.values() if not told.gone}
        lost, new = then - set(now), set(now) - then
        return {lost.pop(): now[new.pop()]} if len(lost) == len(new) == 1 else {}

    def _one_to_one(self, known: dict[str, Told], by: Callable[[Told], Hashable]) -> None:
        rows: dict[Hashable, list[int]] = defaultdict(list)
        keys: dict[Hashable, list[str]] = defaultdict(list)
        for number, told in self._free():
            rows[by(told)].append(number)
        for key, told in known.items():
            keys[by(told)].append(key)
        for told_by, numbers in rows.items():
            if len(numbers) == len(keys.get(told_by, ())) == 1:
                self._match(numbers[0], keys[told_by][0], known)

    def _similar(self, known: dict[str, Told]) -> None:
        """Edited titles, among rows of one parent: only where one row and one key are alike and no other is."""
        rows: dict[tuple[str, str], list[int]] = defaultdict(list)
        keys: dict[tuple[str, str], list[str]] = defaultdict(list)
        for number, told in self._free():
            rows[told.folded[:2]].append(number)
        for key, told in known.items():
            keys[told.folded[:2]].append(key)
        if sum(len(numbers) * len(keys.get(under, ())) for under, numbers in rows.items()) > MOST_PAIRS:
            return
        for under, numbers in rows.items():
            alike = {
                number: [
                    key
                    for key in keys.get(under, ())
                    if small_edit(known[key].title, self.rows[number].title)
                ]
                for number in numbers
            }
            wanted = Counter(key for each in alike.values() for key in each)
            for number, each in alike.items():
                if len(each) == 1 and wanted[each[0]] == 1:
                    self._match(number, each[0], known)
                elif each:
                    self.unsettled[number] = each

    def _match(self, number: int, key: str, known: dict[str, Told]) -> None:
        self.found[number] = key
        self.unsettled.pop(number, None)
        self.matches.append(Match(number, key, self.memory[key], self.rows[number]))
        del known[key]


def small_edit(before: str, after: str) -> bool:
    """Whether a title reads as another one edited a little: the same figures, and no word replaced by a different one.

    So `North region` is never `South region`, nor `Phase 1` `Phase 2`.
    """
    one, other = folded(before), folded(after)
    if _NUMBER.findall(one) != _NUMBER.findall(other) or fuzz.ratio(one, other, score_cutoff=SIMILAR) == 0:
        return False
    lost, new = Counter(one.split()), Counter(other.split())
    lost, new = lost - new, new - lost
    if not lost or not new:
        return True
    fewer, more = sorted((list(lost.elements()), list(new.elements())), key=len)
    return all(any(fuzz.ratio(word, each) > SIMILAR for each in more) for word in fewer)
