"""Bytes and bytearrays."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import Const
from tiercel.rules.list import sliced
from tiercel.rules.registry import Int, rule
from tiercel.types import INDEX, Fact, exact

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

_BYTE: Final = Fact(int, 0, 255)


def _getitem(kind: type, name: str) -> None:
    @rule(operator.getitem, kind, Int)
    def evaluate(e: Evaluator, data: Any, index: Any) -> Any:
        if "index" in e.failures() or e.is_big(index):
            return NotImplemented
        at = e.index_operand(index, e.emit(f"{name}_length", e.obj(data), fact=INDEX))
        return e.emit(f"{name}_item", e.obj(data), at, fact=_BYTE)

    @rule(len, kind)
    def length(e: Evaluator, data: Any) -> Any:
        return e.emit(f"{name}_length", e.obj(data), fact=INDEX)


_getitem(bytes, "bytes")
_getitem(bytearray, "bytearray")


@rule(operator.getitem, bytes, slice)
def piece(e: Evaluator, data: Any, bounds: Any) -> Any:
    return sliced(e, data, bounds, "bytes", exact(bytes))


@rule(iter, bytes)
def iterate(e: Evaluator, data: Any) -> Any:
    return e.virtual_iterator(data)


@rule(operator.setitem, bytearray, Int, Int)
def setitem(e: Evaluator, data: Any, index: Any, value: Any) -> Any:
    if "index" in e.failures() or e.is_big(index) or e.is_big(value):
        return NotImplemented
    byte = e.i64(value)
    lo, hi = e.interval(byte)
    if lo < 0 or hi > 255:
        e.guard(e.emit("i64_ult", byte, Const(256, "i")), "byte")
    at = e.index_operand(index, e.emit("bytearray_length", e.obj(data), fact=INDEX))
    e.emit("bytearray_set", e.obj(data), at, byte)
    return e.NONE
