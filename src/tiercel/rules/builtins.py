"""Builtin functions over several types."""

from __future__ import annotations

import operator
import sys
from types import GeneratorType
from typing import TYPE_CHECKING, Any, Final

from tiercel.rules.registry import Anything, Int, Number, rule
from tiercel.types import is_class
from tiercel.values import Virtual

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

_SEQUENCES: Final = (list, tuple, range, str, bytes)
_COLLECTIONS: Final = (list, tuple, set, frozenset)
MAX_CLASSES: Final = 6        # that are tested one by one


def _extreme(function: Any, int_name: str, compare: str) -> None:
    def of_two(e: Evaluator, a: Any, b: Any) -> Any:
        ta, tb = e.type_of(a), e.type_of(b)
        if ta is int and tb is int and not e.is_big(a) and not e.is_big(b):
            x, y = e.i64(a), e.i64(b)
            (alo, ahi), (blo, bhi) = e.interval(x), e.interval(y)
            pick = min if int_name == "i64_min" else max
            return e.emit(int_name, x, y, fact=e.int_between(pick(alo, blo), pick(ahi, bhi)))
        if ta is float and tb is float:
            # the first stays unless the second is less (greater): also with nan and zeros of either sign
            first, second = e.f64(a), e.f64(b)
            return e.emit("f64_select", e.emit(compare, second, first), second, first)
        return NotImplemented

    @rule(function, Number, Number)
    def two(e: Evaluator, a: Any, b: Any) -> Any:
        return of_two(e, a, b)

    @rule(function, Number, Number, Number)
    def three(e: Evaluator, a: Any, b: Any, c: Any) -> Any:
        first = of_two(e, a, b)
        return NotImplemented if first is NotImplemented else of_two(e, first, c)


_extreme(min, "i64_min", "f64_lt")
_extreme(max, "i64_max", "f64_gt")


@rule(min, frozenset(_COLLECTIONS))
def least(e: Evaluator, items: Any) -> Any:
    return _of_all(e, "least", items)


@rule(max, frozenset(_COLLECTIONS))
def greatest(e: Evaluator, items: Any) -> Any:
    return _of_all(e, "greatest", items)


def _of_all(e: Evaluator, op_name: str, items: Any) -> Any:
    if "items" in e.failures():
        return NotImplemented
    return e.emit(op_name, e.obj(items), reason="items", witness=e.sample(e.witness_of(items)))


@rule(isinstance, Anything, type)
@rule(isinstance, Anything, tuple)
def is_instance(e: Evaluator, value: Any, classes: Any) -> Any:
    e.learn_for_test(value)
    wanted = e.constant(classes)
    if isinstance(classes, Virtual):
        if not all(e.is_constant(p) for p in classes.parts):
            return NotImplemented
        wanted = tuple(e.constant(p) for p in classes.parts)
    flat = wanted if type(wanted) is tuple else (wanted,)
    if len(flat) > MAX_CLASSES or not all(is_class(c) for c in flat):
        return NotImplemented
    found = e.instance_test(value, *flat)
    return NotImplemented if found is None else e.as_bool(found)


@rule(issubclass, type, type)
@rule(issubclass, type, tuple)
def is_subclass(e: Evaluator, class_: Any, classes: Any) -> Any:
    below, wanted = e.constant(class_), e.constant(classes)
    flat = wanted if type(wanted) is tuple else (wanted,)
    if below is None or not all(type(c) is type for c in (below, *flat)):
        return NotImplemented
    e.assumptions.add_type(below)
    return e.known(issubclass(below, flat))


@rule(type, Anything)
def type_of(e: Evaluator, value: Any) -> Any:
    type_ = e.type_of(value)
    return e.emit("type_of", e.obj(value)) if type_ is None else e.known(type_)


@rule(callable, Anything)
def is_callable(e: Evaluator, value: Any) -> Any:
    type_ = e.type_of(value)
    return NotImplemented if type_ is None else e.known(e.has_method(type_, "__call__"))


@rule(enumerate, list)
@rule(enumerate, tuple)
@rule(enumerate, range)
@rule(enumerate, str)
@rule(enumerate, bytes)
def numbered(e: Evaluator, items: Any) -> Any:
    return numbered_from(e, items, e.known(0))


@rule(enumerate, list, Int)
@rule(enumerate, tuple, Int)
@rule(enumerate, range, Int)
@rule(enumerate, str, Int)
@rule(enumerate, bytes, Int)
def numbered_from(e: Evaluator, items: Any, start: Any) -> Any:
    if not e.consumed_at_once() or e.is_big(start):
        return NotImplemented
    iterator = e.virtual_iterator(items)
    return NotImplemented if iterator is None else e.new_virtual("enumerate", [iterator, start])


@rule(zip, Anything, Anything)
@rule(zip, Anything, Anything, Anything)
def together(e: Evaluator, *iterables: Any) -> Any:
    if not e.consumed_at_once() or any(e.type_of(i) not in _SEQUENCES for i in iterables):
        return NotImplemented
    iterators = [e.virtual_iterator(i) for i in iterables]
    return NotImplemented if any(i is None for i in iterators) else e.new_virtual("zip", iterators)


@rule(iter, GeneratorType)
@rule(iter, enumerate)
@rule(iter, zip)
@rule(iter, type(reversed([])))
def its_own(e: Evaluator, iterator: Any) -> Any:
    return iterator if isinstance(iterator, Virtual) else NotImplemented


@rule(operator.length_hint, list)
def hint(e: Evaluator, items: Any) -> Any:
    return e.emit("list_length", e.obj(items))


@rule(operator.index, Int)
def index(e: Evaluator, value: Any) -> Any:
    return NotImplemented if e.is_big(value) else e.number(e.i64(value))




@rule(sys.getrefcount, Anything)
def reference_count(e: Evaluator, value: Any) -> Any:
    """In the interpreter, whose locals and stack hold references of their own."""
    e.leave("sys.getrefcount is asked in the interpreter")
