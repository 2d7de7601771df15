"""The instructions of one function, as they are written down."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from unify.schedule.native.kinds import FLAG, INT, NUMBER, Kind


class Value(NamedTuple):
    """`text`: the name or constant by which instructions refer to it."""

    kind: Kind
    text: str

    @property
    def typed(self) -> str:
        return f"{self.kind.llvm} {self.text}"


class Body:
    """Every variable is a slot in memory, which LLVM's first pass turns into registers."""

    def __init__(self, tag: Callable[[str], str]) -> None:
        """`tag`: how an access to memory of that name is marked, so that one is known not to touch another."""
        self.slots: list[str] = []
        self.lines: list[str] = []
        self.tag = tag
        self._names = 0
        self._closed = False
        """Whether the block that is being written has ended: what follows up to the next label never runs."""

    @property
    def closed(self) -> bool:
        return self._closed

    def name(self) -> str:
        self._names += 1
        return f"v{self._names}"

    def put(self, instruction: str) -> None:
        if not self._closed:
            self.lines.append(f"  {instruction}")

    def get(self, instruction: str) -> str:
        """Its result."""
        name = f"%{self.name()}"
        self.put(f"{name} = {instruction}")
        return name

    def slot(self, kind: Kind) -> str:
        name = f"%{self.name()}"
        self.slots.append(f"  {name} = alloca {kind.llvm}")
        return name

    def store(self, value: Value, slot: str) -> None:
        self.put(f"store {value.typed}, ptr {slot}")

    def load(self, kind: Kind, slot: str) -> Value:
        return Value(kind, self.get(f"load {kind.llvm}, ptr {slot}"))

    def label(self, name: str) -> None:
        """Begin a block; the one before goes on into it."""
        self.jump(name)
        self.lines.append(f"{name}:")
        self._closed = False

    def jump(self, label: str) -> None:
        self.end(f"br label %{label}")

    def branch(self, condition: Value, yes: str, no: str) -> None:
        self.end(f"br {condition.typed}, label %{yes}, label %{no}")

    def end(self, instruction: str) -> None:
        self.put(instruction)
        self._closed = True

    def extract(self, value: Value, kind: Kind, number: int) -> Value:
        return Value(kind, self.get(f"extractvalue {value.typed}, {number}"))

    def convert(self, value: Value, kind: Kind) -> Value:
        """Raises TypeError where Python would not do so by itself either."""
        if value.kind is kind or value.kind.llvm == kind.llvm:
            return value
        if kind is FLAG and value.kind is INT:
            return Value(FLAG, self.get(f"icmp ne {value.typed}, 0"))
        if kind is INT and value.kind is FLAG:
            return Value(INT, self.get(f"zext {value.typed} to i64"))
        if kind is NUMBER and value.kind in (INT, FLAG):
            return Value(NUMBER, self.get(f"sitofp {self.convert(value, INT).typed} to double"))
        raise TypeError(f"a {value.kind.llvm} where a {kind.llvm} is needed")

    def alike(self, a: Value, b: Value) -> tuple[Value, Value]:
        """Both as numbers of one kind."""
        kind = NUMBER if NUMBER in (a.kind, b.kind) else INT
        return self.convert(a, kind), self.convert(b, kind)


def constant(value: bool | int | float) -> Value:
    if isinstance(value, bool):
        return Value(FLAG, "true" if value else "false")
    if isinstance(value, int):
        return Value(INT, str(value))
    return Value(NUMBER, f"0x{struct.unpack('>Q', struct.pack('>d', value))[0]:016X}")
