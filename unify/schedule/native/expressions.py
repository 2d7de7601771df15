"""Writes the instructions of expressions."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from inspect import isfunction
from typing import Any, Final

from unify.schedule.native.body import Body, Value, constant
from unify.schedule.native.kinds import (
    FLAG,
    INT,
    NUMBER,
    Column,
    Field,
    Frame,
    Group,
    Kind,
    Record,
    group,
    kind_of,
)

COMPARISONS: Final[Mapping[type, tuple[str, str]]] = {
    ast.Eq: ("eq", "oeq"), ast.NotEq: ("ne", "une"), ast.Lt: ("slt", "olt"), ast.LtE: ("sle", "ole"),
    ast.Gt: ("sgt", "ogt"), ast.GtE: ("sge", "oge"),
}  # fmt: skip
ARITHMETIC: Final[Mapping[type, tuple[str, str]]] = {
    ast.Add: ("add nsw", "fadd"), ast.Sub: ("sub nsw", "fsub"), ast.Mult: ("mul nsw", "fmul"),
}  # fmt: skip
FIXED: Final = ", !invariant.load !0"  # what it reads does not change while a pass runs

Callee = Callable[[Any], tuple[str, Sequence[Kind], Kind]]
"""Of a function: by which name it is called, its parameters, what it returns."""


class Expressions:
    """`space`: the names that the function's module knows."""

    def __init__(self, body: Body, space: Mapping[str, Any], callee: Callee) -> None:
        self.body, self.space, self.callee = body, space, callee
        self.variables: dict[str, Value] = {}
        """Slots, by name."""

    def value(self, node: ast.expr) -> Value:
        write = getattr(self, f"_{type(node).__name__.lower()}", None)
        if write is None:
            raise TypeError(f"compiled passes know no {type(node).__name__}")
        return write(node)  # type: ignore[no-any-return]

    def truth(self, node: ast.expr) -> Value:
        return self.body.convert(self.value(node), FLAG)

    def number(self, node: ast.expr) -> Value:
        return self.body.convert(self.value(node), INT)

    def _constant(self, node: ast.Constant) -> Value:
        if not isinstance(node.value, (bool, int, float)):
            raise TypeError(f"compiled passes know no {node.value!r}")
        return constant(node.value)

    def _name(self, node: ast.Name) -> Value:
        if node.id in self.variables:
            slot = self.variables[node.id]
            return self.body.load(slot.kind, slot.text)
        known = self.space.get(node.id)
        if isinstance(known, tuple):
            kinds = kind_of(type(known))
            values = [constant(one).typed for one in known]
            return Value(kinds, "{" + ", ".join(values) + "}")
        if isinstance(known, (bool, int, float)):
            return constant(known)
        raise TypeError(f"{node.id} has no value before this line")

    def _tuple(self, node: ast.Tuple) -> Value:
        values = [self.value(one) for one in node.elts]
        return self.together(group({str(number): one.kind for number, one in enumerate(values)}), values)

    def together(self, kind: Group, values: Sequence[Value]) -> Value:
        """One value of several."""
        made = Value(kind, "poison")
        for number, (wanted, one) in enumerate(zip(kind.fields.values(), values, strict=True)):
            given = self.body.convert(one, wanted)
            made = Value(kind, self.body.get(f"insertvalue {made.typed}, {given.typed}, {number}"))
        return made

    def parts(self, value: Value) -> list[Value]:
        if not isinstance(value.kind, Group):
            raise TypeError("only tuples of numbers are taken apart")
        kinds = value.kind.fields.values()
        return [self.body.extract(value, kind, number) for number, kind in enumerate(kinds)]

    def _attribute(self, node: ast.Attribute) -> Value:
        of = self.value(node.value)
        if isinstance(of.kind, Group):
            number = list(of.kind.fields).index(node.attr)
            return self.body.extract(of, of.kind.fields[node.attr], number)
        if isinstance(of.kind, Frame):
            offset, kind = of.kind.fields[node.attr]
            place = self.body.get(f"getelementptr i8, ptr {of.text}, i64 {offset}")
            if isinstance(kind, Frame):
                return Value(kind, place)
            return Value(kind, self.body.get(f"load {kind.llvm}, ptr {place}, align 8{FIXED}"))
        field, place = self.field(of, node.attr)
        found = self.body.get(f"load {field.memory}, ptr {place}{self.body.tag(field.name)}")
        if field.kind is FLAG:
            return Value(FLAG, self.body.get(f"icmp ne i8 {found}, 0"))
        if field.memory in ("i8", "i32"):
            found = self.body.get(f"sext {field.memory} {found} to i64")
        return Value(field.kind, found)

    def field(self, record: Value, name: str) -> tuple[Field, str]:
        """A record's field, and its address."""
        if not isinstance(record.kind, Record):
            raise TypeError(f"only records and tuples have a {name}")
        field = record.kind.fields[name]
        return field, self.body.get(f"getelementptr i8, ptr {record.text}, i64 {field.offset}")

    def place(self, node: ast.Subscript) -> tuple[Column, str]:
        """A column, and the address of the row that is meant. Numbers below 0 do not count from the end."""
        column = self.value(node.value)
        if not isinstance(column.kind, Column):
            raise TypeError("only columns have rows")
        row, element = self.number(node.slice), column.kind.element
        size = element.dtype.itemsize if isinstance(element, Record) else 4
        start = self.body.get(f"extractvalue {column.typed}, 0")
        return column.kind, self.body.get(f"getelementptr [{size} x i8], ptr {start}, i64 {row.text}")

    def _subscript(self, node: ast.Subscript) -> Value:
        column, place = self.place(node)
        if isinstance(column.element, Record):
            return Value(column.element, place)
        mark = FIXED if column.is_fixed else self.body.tag("numbers")
        return Value(INT, self.body.get(f"sext i32 {self.body.get(f'load i32, ptr {place}{mark}')} to i64"))

    def _binop(self, node: ast.BinOp) -> Value:
        return self.calculate(node.op, self.value(node.left), self.value(node.right))

    def calculate(self, operator: ast.operator, left: Value, right: Value) -> Value:
        left, right = self.body.alike(left, right)
        if isinstance(operator, ast.FloorDiv) and left.kind is INT:
            return self._floor(left, right)
        if type(operator) not in ARITHMETIC:
            raise TypeError(f"compiled passes know no {type(operator).__name__}")
        instruction = ARITHMETIC[type(operator)][left.kind is NUMBER]
        return Value(left.kind, self.body.get(f"{instruction} {left.typed}, {right.text}"))

    def _floor(self, left: Value, right: Value) -> Value:
        """LLVM's division cuts off towards zero, Python's rounds down."""
        quotient = self.body.get(f"sdiv {left.typed}, {right.text}")
        rest = self.body.get(f"srem {left.typed}, {right.text}")
        mixed = self.body.get(f"xor i64 {rest}, {right.text}")
        below = self.body.get(f"icmp slt i64 {mixed}, 0")
        uneven = self.body.get(f"icmp ne i64 {rest}, 0")
        less = self.body.get(f"zext i1 {self.body.get(f'and i1 {below}, {uneven}')} to i64")
        return Value(INT, self.body.get(f"sub i64 {quotient}, {less}"))

    def _unaryop(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            return Value(FLAG, self.body.get(f"xor {self.truth(node.operand).typed}, true"))
        if isinstance(node.op, ast.USub):
            return self.calculate(ast.Sub(), constant(0), self.value(node.operand))
        raise TypeError(f"compiled passes know no {type(node.op).__name__}")

    def _compare(self, node: ast.Compare) -> Value:
        left, found = self.value(node.left), None
        for operator, other in zip(node.ops, node.comparators, strict=True):
            if isinstance(operator, ast.In) and isinstance(other, ast.Tuple):
                right, one = left, self._among(left, other)
            else:
                right = self.value(other)
                one = self.comparison(operator, left, right)
            found = one if found is None else Value(FLAG, self.body.get(f"and {found.typed}, {one.text}"))
            left = right
        assert found is not None
        return found

    def comparison(self, operator: ast.cmpop, left: Value, right: Value) -> Value:
        if type(operator) not in COMPARISONS:
            raise TypeError(f"compiled passes know no {type(operator).__name__}")
        left, right = self.body.alike(left, right)
        is_number = left.kind is NUMBER
        how = ("fcmp " if is_number else "icmp ") + COMPARISONS[type(operator)][is_number]
        return Value(FLAG, self.body.get(f"{how} {left.typed}, {right.text}"))

    def _among(self, value: Value, others: ast.Tuple) -> Value:
        found = constant(False)
        for other in others.elts:
            one = self.comparison(ast.Eq(), value, self.value(other))
            found = Value(FLAG, self.body.get(f"or {found.typed}, {one.text}"))
        return found

    def _boolop(self, node: ast.BoolOp) -> Value:
        """Each only where those before it leave it open: a later one may read a row that an earlier one rules out."""
        slot, done = self.body.slot(FLAG), self.body.name()
        for number, one in enumerate(node.values, start=1):
            value, more = self.truth(one), self.body.name()
            self.body.store(value, slot)
            if number < len(node.values):
                both = (more, done) if isinstance(node.op, ast.And) else (done, more)
                self.body.branch(value, *both)
                self.body.label(more)
        self.body.label(done)
        return self.body.load(FLAG, slot)

    def _ifexp(self, node: ast.IfExp) -> Value:
        yes, no, done = (self.body.name() for _ in range(3))
        self.body.branch(self.truth(node.test), yes, no)
        self.body.label(yes)
        value = self.value(node.body)
        slot = self.body.slot(value.kind)
        self.body.store(value, slot)
        self.body.jump(done)
        self.body.label(no)
        self.body.store(self.body.convert(self.value(node.orelse), value.kind), slot)
        self.body.label(done)
        return self.body.load(value.kind, slot)

    def _call(self, node: ast.Call) -> Value:
        if node.keywords or not isinstance(node.func, ast.Name):
            raise TypeError(f"compiled passes call functions by name and place: {ast.unparse(node)}")
        name = node.func.id
        known = self.space.get(name)
        values = [self.value(one) for one in node.args]
        if name in ("max", "min"):
            return self._outermost(ast.Gt() if name == "max" else ast.Lt(), values)
        if name == "len":
            return self.body.extract(values[0], INT, 1)
        if name in ("float", "int"):
            return self.body.convert(values[0], NUMBER if name == "float" else INT)
        if known is math.isnan:
            return Value(FLAG, self.body.get(f"fcmp uno {values[0].typed}, {values[0].text}"))
        if known is math.ceil:
            whole = self.body.get(f"call double @llvm.ceil.f64({values[0].typed})")
            return Value(INT, self.body.get(f"fptosi double {whole} to i64"))
        if isfunction(known):
            return self.call(known, values)
        kind = kind_of(known)
        if not isinstance(kind, Group):
            raise TypeError(f"compiled passes make no {name}")
        return self.together(kind, values)

    def _outermost(self, operator: ast.cmpop, values: Sequence[Value]) -> Value:
        """As Python: of equals the first."""
        found = values[0]
        for one in values[1:]:
            left, right = self.body.alike(one, found)
            better = self.comparison(operator, left, right)
            found = Value(left.kind, self.body.get(f"select {better.typed}, {left.typed}, {right.typed}"))
        return found

    def call(self, function: Any, values: Sequence[Value]) -> Value:
        """A call of another pass's function."""
        name, parameters, returns = self.callee(function)
        given = [self.body.convert(one, kind) for one, kind in zip(values, parameters, strict=True)]
        call = f"call fastcc {returns.llvm} @{name}({', '.join(one.typed for one in given)})"
        if returns.llvm == "void":
            self.body.put(call)
            return Value(returns, "")
        return Value(returns, self.body.get(call))
