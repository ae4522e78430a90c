"""Tuples, most of which are never built."""

from __future__ import annotations

import operator
from types import NoneType
from typing import TYPE_CHECKING, Any

from tiercel.graph.build import Const
from tiercel.rules.list import sliced
from tiercel.rules.registry import Anything, Int, rule
from tiercel.types import INDEX, SIMPLE, TUPLE
from tiercel.values import Virtual

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator


def _parts(value: Any) -> list[Any] | None:
    return value.parts if isinstance(value, Virtual) and value.kind == "tuple" else None


@rule(operator.getitem, tuple, Int)
def getitem(e: Evaluator, items: Any, index: Any) -> Any:
    if e.is_constant(items) and e.is_constant(index):
        try:
            return e.known(e.constant(items)[e.constant(index)])
        except IndexError:
            return NotImplemented
    parts = _parts(items)
    if parts is not None and e.is_constant(index):
        number = int(e.constant(index))
        return parts[number] if -len(parts) <= number < len(parts) else NotImplemented
    at = e.item_offset(items, index, "tuple_length")
    return NotImplemented if at is None else e.tuple_item(items, at)


@rule(operator.getitem, tuple, slice)
def piece(e: Evaluator, items: Any, bounds: Any) -> Any:
    parts = _parts(items)
    ends = bounds.parts if isinstance(bounds, Virtual) else []
    if parts is not None and ends and all(map(e.is_constant, ends)) and all(
            type(e.constant(end)) in (int, NoneType) for end in ends) and e.constant(ends[2]) != 0:
        return e.tuple_of(*parts[slice(*map(e.constant, ends))])
    return sliced(e, items, bounds, "tuple", TUPLE)


@rule(len, tuple)
def length(e: Evaluator, items: Any) -> Any:
    parts = _parts(items)
    if parts is not None:
        return e.known(len(parts))
    return e.emit("tuple_length", e.obj(items), fact=INDEX)


@rule(iter, tuple)
def iterate(e: Evaluator, items: Any) -> Any:
    return e.virtual_iterator(items)


@rule(operator.add, tuple, tuple)
def concatenate(e: Evaluator, a: Any, b: Any) -> Any:
    left, right = _parts(a), _parts(b)
    if e.is_constant(a) and e.is_constant(b):
        return e.known(e.constant(a) + e.constant(b))
    return e.tuple_of(*left, *right) if left is not None and right is not None else NotImplemented


def _contains(e: Evaluator, items: Any, item: Any) -> Any:
    if e.type_of(item) not in SIMPLE or "items" in e.failures():
        return NotImplemented
    return e.emit("tuple_has", e.obj(items), e.obj(item), reason="items")


@rule(operator.contains, tuple, Anything)
def contains(e: Evaluator, items: Any, item: Any) -> Any:
    parts = _parts(items)
    if parts is None and e.is_constant(items) and len(e.constant(items)) <= 8:
        parts = [e.known(x) for x in e.constant(items)]
    type_ = e.type_of(item)
    if parts is None or not parts or type_ not in (int, str) or any(e.type_of(p) is not type_ for p in parts):
        return _contains(e, items, item)
    result: Any = Const(False, "b")
    for part in parts:
        equal = e.apply(operator.eq, item, part)
        if equal is None:
            return NotImplemented
        result = e.either(result, e.truth(equal))
    return e.as_bool(result)


@rule(tuple)
def empty(e: Evaluator) -> Any:
    return e.known(())


@rule(tuple, list)
def of_list(e: Evaluator, items: Any) -> Any:
    return e.emit("list_to_tuple", e.obj(items), fact=TUPLE, witness=e.witness_of(items))


@rule(tuple, tuple)
def same(e: Evaluator, items: Any) -> Any:
    return items
