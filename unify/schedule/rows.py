"""A column of records or numbers as compiled code sees it: one pointer.

Numba hands an array on as seven values, and a plan is a dozen arrays: with these the passes' inner calls cost
ten times less, to run and to compile. A column does not own its memory; who calls keeps the arrays alive.
"""

from __future__ import annotations

import operator
from functools import lru_cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import (
    NativeValue,
    lower_builtin,
    models,
    register_model,
    typeof_impl,
    unbox,
)
from numba.np.numpy_support import from_dtype


class Rows:
    """An array on its way into compiled code."""

    __slots__ = ("address", "array", "length")

    def __init__(self, array: Any) -> None:
        self.array, self.length = array, len(array)
        self.address = array.ctypes.data


class RowsType(types.Type):  # type: ignore[misc]
    """Rows of one kind."""

    def __init__(self, row: Any) -> None:
        self.row = row
        super().__init__(name=f"Rows({row})")


@typeof_impl.register(Rows)  # type: ignore[untyped-decorator]
def _typeof(value: Rows, _: Any) -> RowsType:
    return _of(value.array.dtype)


@lru_cache(maxsize=64)
def _of(dtype: Any) -> RowsType:
    return RowsType(from_dtype(np.dtype(dtype)))


@register_model(RowsType)
class _Model(models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, of: RowsType) -> None:
        super().__init__(manager, of, [("data", types.voidptr), ("length", types.intp)])


@unbox(RowsType)  # type: ignore[untyped-decorator]
def _unbox(of: RowsType, value: Any, c: Any) -> NativeValue:
    made = cgutils.create_struct_proxy(of)(c.context, c.builder)
    for name, kind in (("address", "data"), ("length", "length")):
        number = c.pyapi.object_getattr_string(value, name)
        native = c.pyapi.number_as_ssize_t(number)
        c.pyapi.decref(number)
        if kind == "data":
            native = c.builder.inttoptr(native, cgutils.voidptr_t)
        setattr(made, kind, native)
    return NativeValue(made._getvalue(), is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))


@infer_global(operator.getitem)
class _GetItem(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _: Any) -> Any:
        if isinstance(args[0], RowsType) and isinstance(args[1], types.Integer):
            return signature(args[0].row, args[0], types.intp)
        return None


@infer_global(operator.setitem)
class _SetItem(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _: Any) -> Any:
        if isinstance(args[0], RowsType) and isinstance(args[1], types.Integer):
            return signature(types.none, args[0], types.intp, args[0].row)
        return None


@infer_global(len)
class _Len(AbstractTemplate):  # type: ignore[misc]
    def generic(self, args: Any, _: Any) -> Any:
        return signature(types.intp, args[0]) if isinstance(args[0], RowsType) else None


def _place(context: Any, builder: Any, of: RowsType, rows: Any, number: Any) -> Any:
    """A pointer to the bytes of a row."""
    made = cgutils.create_struct_proxy(of)(context, builder, value=rows)
    size = context.get_abi_sizeof(context.get_data_type(of.row))
    return builder.gep(made.data, [builder.mul(number, ir.Constant(number.type, size))])


@lower_builtin(operator.getitem, RowsType, types.intp)  # type: ignore[untyped-decorator]
def _get(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    of = sig.args[0]
    place = _place(context, builder, of, *args)
    kind = context.get_data_type(of.row).as_pointer()
    pointer = builder.bitcast(place, kind)
    return pointer if isinstance(of.row, types.Record) else context.unpack_value(builder, of.row, pointer)


@lower_builtin(operator.setitem, RowsType, types.intp, types.Any)  # type: ignore[untyped-decorator]
def _set(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    of = sig.args[0]
    place = _place(context, builder, of, args[0], args[1])
    pointer = builder.bitcast(place, context.get_data_type(of.row).as_pointer())
    context.pack_value(builder, of.row, args[2], pointer)
    return context.get_dummy_value()


@lower_builtin(len, RowsType)  # type: ignore[untyped-decorator]
def _length(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    return cgutils.create_struct_proxy(sig.args[0])(context, builder, value=args[0]).length
