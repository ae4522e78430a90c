"""array.array: items are raw numbers already, so that indexing makes and frees no objects."""

from __future__ import annotations

import operator
from array import array
from struct import calcsize
from typing import TYPE_CHECKING, Any, Final

from tiercel import _runtime
from tiercel.graph.build import Const
from tiercel.rules.registry import Anything, Int, Number, rule
from tiercel.types import FLOAT, INDEX, Fact, exact

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

# What an item of a type code can be; the codes of characters are left to CPython.
_ITEMS: Final[dict[str, tuple[str, Fact]]] = {"f": ("f64", FLOAT), "d": ("f64", FLOAT)}
for _code in "bhilq":
    _bits = 8 * calcsize(_code)
    _ITEMS[_code] = "i64", Fact(int, -1 << _bits - 1, (1 << _bits - 1) - 1)
    _ITEMS[_code.upper()] = "i64" if _bits < 64 else "u64", Fact(int, 0, (1 << _bits) - 1)


def _known_layout() -> bool:
    """Whether the struct, which is in none of CPython's headers, is what it is taken to be."""
    samples = (array("d", [1.5]), array("b"), array("Q", [1, 2, 3]))
    return all(_runtime.array_seen(sample) == (*sample.buffer_info(), sample.typecode) for sample in samples)


def _kind(e: Evaluator, items: Any) -> str | None:
    """The type code, made sure of; None if nothing is known of it."""
    seen = e.witness_of(items)
    if type(seen) is not array or seen.typecode not in _ITEMS or not e.failures().isdisjoint({"kind", "index"}):
        return None
    code: str = seen.typecode
    e.guard(e.emit("i64_eq", e.emit("array_kind", e.obj(items)), Const(ord(code), "i")), "kind")
    return code


def _place(e: Evaluator, items: Any, index: Any) -> tuple[Any, Any]:
    return e.obj(items), e.index_operand(index, e.emit("array_length", e.obj(items), fact=INDEX))


def getitem(e: Evaluator, items: Any, index: Any) -> Any:
    if e.is_big(index) or (kind := _kind(e, items)) is None:
        return NotImplemented
    form, fact = _ITEMS[kind]
    return e.emit(f"array_item_{form}", *_place(e, items, index), fact=fact, kind=kind)


def setitem(e: Evaluator, items: Any, index: Any, value: Any) -> Any:
    if e.is_big(index) or (kind := _kind(e, items)) is None:
        return NotImplemented
    form, fact = _ITEMS[kind]
    if form == "f64":
        raw = e.f64(value)
        e.emit("array_set_f64", *_place(e, items, index), raw, kind=kind)
        return e.NONE
    if form == "u64" or e.type_of(value) is float or e.is_big(value) or "value" in e.failures():
        return NotImplemented
    raw = e.i64(value)
    low, high = e.interval(raw)
    if low < fact.lo:
        e.guard(e.emit("i64_ge", raw, Const(fact.lo, "i")), "value")
    if high > fact.hi:
        e.guard(e.emit("i64_le", raw, Const(fact.hi, "i")), "value")
    e.emit("array_set_i64", *_place(e, items, index), raw, kind=kind)
    return e.NONE


def new(e: Evaluator, code: Any, *initial: Any) -> Any:
    """An array of a constant type code: what its items are is known from here on."""
    kind = e.constant(code)
    if type(kind) is not str or kind not in _ITEMS:
        return NotImplemented
    arguments = [e.obj(value) for value in (e.known(array), code, *initial)]
    return e.emit("call", *arguments, names=(), fact=exact(array), witness=array(kind))


def repeat(e: Evaluator, items: Any, count: Any) -> Any:
    return e.emit("number_multiply", e.obj(items), e.obj(count), fact=exact(array), witness=e.witness_of(items))


def length(e: Evaluator, items: Any) -> Any:
    return e.emit("array_length", e.obj(items), fact=INDEX)


if _known_layout():
    rule(operator.getitem, array, Int)(getitem)
    rule(operator.setitem, array, Int, Number)(setitem)
    rule(len, array)(length)
    rule(array, str)(new)
    rule(array, str, Anything)(new)
    rule(operator.mul, array, Int)(repeat)
