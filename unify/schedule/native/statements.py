"""Writes the instructions of a function's statements."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Mapping, Sequence
from inspect import getsourcefile, getsourcelines
from typing import Any

from unify.schedule.native.body import Body, Value
from unify.schedule.native.expressions import Callee, Expressions
from unify.schedule.native.kinds import FLAG, INT, NOTHING, Kind


def instructions(
    function: Any, parameters: Mapping[str, Kind], returns: Kind, body: Body, callee: Callee
) -> None:
    """Write a function into `body`. Raises TypeError with file and line where it cannot be compiled."""
    lines, first = getsourcelines(function)
    parsed = ast.parse(textwrap.dedent("".join(lines))).body[0]
    assert isinstance(parsed, ast.FunctionDef)
    writer = _Statements(Expressions(body, function.__globals__, callee), returns)
    for number, (name, kind) in enumerate(parameters.items()):
        writer.assign_name(name, Value(kind, f"%p{number}"))
    try:
        writer.write_all(parsed.body)
    except (TypeError, KeyError, ValueError) as wrong:
        place = f"{getsourcefile(function)}:{first + writer.line - 1}"
        raise TypeError(f"{place}: {wrong} (in {function.__name__})") from wrong
    if not body.closed:
        body.end("ret void" if returns is NOTHING else "unreachable")


class _Statements:
    def __init__(self, expressions: Expressions, returns: Kind) -> None:
        self._expressions, self._body, self._returns = expressions, expressions.body, returns
        self._loops: list[tuple[str, str]] = []
        """Of the loops around: where `continue` goes, and where `break`."""
        self.line = 1
        """Of the statement that is being written, within its function."""

    def write_all(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.line = statement.lineno
            write = getattr(self, f"_{type(statement).__name__.lower()}", None)
            if write is None:
                raise TypeError(f"compiled passes know no {type(statement).__name__}")
            write(statement)

    def _expr(self, statement: ast.Expr) -> None:
        if not isinstance(statement.value, ast.Constant):  # a docstring
            self._expressions.value(statement.value)

    def _assign(self, statement: ast.Assign) -> None:
        targets = statement.targets
        if isinstance(targets[0], ast.Tuple) and isinstance(statement.value, ast.Tuple):
            # One by one: a tuple of columns is no value that is handed on.
            values = [self._expressions.value(one) for one in statement.value.elts]
            for target in targets:
                self._assign_parts(target, values)
            return
        value = self._expressions.value(statement.value)
        for target in targets:
            if isinstance(target, ast.Tuple):
                self._assign_parts(target, self._expressions.parts(value))
            else:
                self._assign_to(target, value)

    def _assign_parts(self, target: ast.expr, values: Sequence[Value]) -> None:
        if not isinstance(target, ast.Tuple):
            raise TypeError("a tuple is assigned to names one by one")
        for one, value in zip(target.elts, values, strict=True):
            self._assign_to(one, value)

    def _assign_to(self, target: ast.expr, value: Value) -> None:
        body = self._body
        if isinstance(target, ast.Name):
            self.assign_name(target.id, value)
        elif isinstance(target, ast.Subscript):
            column, place = self._expressions.place(target)
            if column.element is not INT or column.is_fixed:
                raise TypeError("only the numbers of a list are written")
            narrow = body.get(f"trunc {body.convert(value, INT).typed} to i32")
            body.put(f"store i32 {narrow}, ptr {place}{body.tag('numbers')}")
        elif isinstance(target, ast.Attribute):
            field, place = self._expressions.field(self._expressions.value(target.value), target.attr)
            given = body.convert(value, field.kind)
            text = given.text
            if field.kind is FLAG:
                text = body.get(f"zext {given.typed} to i8")
            elif field.memory in ("i8", "i32"):
                text = body.get(f"trunc {given.typed} to {field.memory}")
            body.put(f"store {field.memory} {text}, ptr {place}{body.tag(field.name)}")
        else:
            raise TypeError(f"compiled passes assign to no {type(target).__name__}")

    def assign_name(self, name: str, value: Value) -> None:
        """A variable keeps the kind of its first value; what is called `_` is not kept."""
        if name == "_":
            return
        known = self._expressions.variables
        if name not in known:
            known[name] = Value(value.kind, self._body.slot(value.kind))
        self._body.store(self._body.convert(value, known[name].kind), known[name].text)

    def _augassign(self, statement: ast.AugAssign) -> None:
        # The place is worked out twice; nothing in it has an effect.
        old = self._expressions.value(statement.target)
        new = self._expressions.calculate(statement.op, old, self._expressions.value(statement.value))
        self._assign_to(statement.target, new)

    def _if(self, statement: ast.If) -> None:
        yes, no, done = (self._body.name() for _ in range(3))
        self._body.branch(self._expressions.truth(statement.test), yes, no)
        self._body.label(yes)
        self.write_all(statement.body)
        self._body.jump(done)
        self._body.label(no)
        self.write_all(statement.orelse)
        self._body.label(done)

    def _while(self, statement: ast.While) -> None:
        again, inside, done = (self._body.name() for _ in range(3))
        self._body.label(again)
        self._body.branch(self._expressions.truth(statement.test), inside, done)
        self._body.label(inside)
        self._loop(statement.body, again, done)
        self._body.jump(again)
        self._body.label(done)

    def _for(self, statement: ast.For) -> None:
        start, stop, step = self._range(statement.iter)
        body = self._body
        check, inside, following, done = (body.name() for _ in range(4))
        at = body.slot(INT)
        body.store(start, at)
        body.label(check)
        here = body.load(INT, at)
        order = "slt" if step > 0 else "sgt"
        body.branch(Value(FLAG, body.get(f"icmp {order} {here.typed}, {stop.text}")), inside, done)
        body.label(inside)
        self._assign_to(statement.target, here)
        self._loop(statement.body, following, done)
        body.label(following)
        after = body.get(f"add nsw {body.load(INT, at).typed}, {step}")
        body.store(Value(INT, after), at)
        body.jump(check)
        body.label(done)

    def _loop(self, statements: Sequence[ast.stmt], again: str, done: str) -> None:
        self._loops.append((again, done))
        self.write_all(statements)
        self._loops.pop()

    def _range(self, node: ast.expr) -> tuple[Value, Value, int]:
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"):
            raise TypeError("compiled passes go over ranges only")
        numbers = [self._expressions.number(one) for one in node.args[:2]]
        start, stop = numbers if len(numbers) == 2 else (Value(INT, "0"), numbers[0])
        return start, stop, int(ast.literal_eval(node.args[2])) if len(node.args) == 3 else 1

    def _break(self, _: ast.Break) -> None:
        self._body.jump(self._loops[-1][1])

    def _continue(self, _: ast.Continue) -> None:
        self._body.jump(self._loops[-1][0])

    def _return(self, statement: ast.Return) -> None:
        if statement.value is None:
            self._body.end("ret void")
            return
        value = self._expressions.value(statement.value)
        if value.kind is NOTHING:
            self._body.end("ret void")
        else:
            self._body.end(f"ret {self._body.convert(value, self._returns).typed}")
