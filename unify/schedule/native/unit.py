"""All that one entry needs, as a text of LLVM's instructions: its function, and those that it calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_type_hints

from unify.schedule.native.body import Body
from unify.schedule.native.kinds import FLAG, INT, NOTHING, Column, Frame, Group, Kind, kind_of, room
from unify.schedule.native.statements import instructions

ENTRY = "entry"


def signature(function: Any) -> tuple[dict[str, Kind], Kind]:
    """Its parameters, and what it returns."""
    hints = get_type_hints(function)
    returns = kind_of(hints.pop("return"))
    return {name: kind_of(hint) for name, hint in hints.items()}, returns


def text_of(function: Any) -> str:
    """LLVM's instructions: `entry(given, back)` calls the function with what lies at `given`, as `kinds.room`
    counts it, and leaves what it returns at `back`."""
    unit = _Unit()
    unit.callee(function)
    while unit.waiting:
        unit.write(unit.waiting.pop())
    unit.write_entry(function)
    head = ["declare double @llvm.ceil.f64(double)", "!0 = !{}", '!1 = !{!"plan"}']
    return "\n".join([*head, *unit.tags, *unit.written, ""])


class _Unit:
    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.written: list[str] = []
        self.tags: list[str] = []
        self._called: dict[Any, tuple[str, Sequence[Kind], Kind]] = {}
        self._tagged: dict[str, str] = {}

    def callee(self, function: Any) -> tuple[str, Sequence[Kind], Kind]:
        if function not in self._called:
            parameters, returns = signature(function)
            name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
            self._called[function] = name, list(parameters.values()), returns
            self.waiting.append(function)
        return self._called[function]

    def tag(self, name: str) -> str:
        """Marks an access to memory of that name. Two fields of records never share memory, nor do a field and a
        column of numbers: LLVM may keep the one at hand while the other is written."""
        if name not in self._tagged:
            number = 2 + len(self.tags)
            self.tags.append(f'!{number} = !{{!"{name}", !1, i64 0}}')
            self.tags.append(f"!{number + 1} = !{{!{number}, !{number}, i64 0}}")
            self._tagged[name] = f", !tbaa !{number + 1}"
        return self._tagged[name]

    def write(self, function: Any) -> None:
        name, _, _ = self._called[function]
        parameters, returns = signature(function)
        body = Body(self.tag)
        instructions(function, parameters, returns, body, self.callee)
        given = ", ".join(f"{kind.llvm} %p{number}" for number, kind in enumerate(parameters.values()))
        self.written.append(f"define internal fastcc {returns.llvm} @{name}({given}) nounwind {{")
        self.written += [*body.slots, *body.lines, "}"]

    def write_entry(self, function: Any) -> None:
        name, parameters, returns = self._called[function]
        body, given, at = Body(self.tag), [], 0
        for kind in parameters:
            given.append(_argument(body, kind, at))
            at += room(kind)
        call = f"call fastcc {returns.llvm} @{name}({', '.join(given)})"
        if returns is NOTHING:
            body.put(call)
        else:
            _leave(body, returns, body.get(call))
        body.end("ret void")
        self.written.append(f"define void @{ENTRY}(ptr %given, ptr %back) nounwind {{")
        self.written += [*body.slots, *body.lines, "}"]


def _argument(body: Body, kind: Kind, at: int) -> str:
    place = body.get(f"getelementptr i8, ptr %given, i64 {at}")
    if isinstance(kind, Frame):
        return f"ptr {place}"
    if kind is FLAG:
        number = body.load(INT, place)
        return body.convert(number, FLAG).typed
    if kind is INT or isinstance(kind, (Column, Group)):
        return body.load(kind, place).typed
    raise TypeError(f"no entry is given a {kind.llvm}")


def _leave(body: Body, kind: Kind, result: str) -> None:
    whole = isinstance(kind, Group) and all(one is INT for one in kind.fields.values())
    if kind is FLAG:
        kind, result = INT, body.get(f"zext i1 {result} to i64")
    elif kind is not INT and not whole:
        raise TypeError(f"no entry returns a {kind.llvm}")
    body.put(f"store {kind.llvm} {result}, ptr %back")
