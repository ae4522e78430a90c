"""Sets: looking up simple items, such as strings, ints and tuples of these, runs no code of the program."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tiercel.rules.registry import Anything, Pattern, rule
from tiercel.types import INDEX, Fact

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

AnySet: Pattern = frozenset({set, frozenset})


@rule(operator.contains, set, Anything)
@rule(operator.contains, frozenset, Anything)
def contains(e: Evaluator, items: Any, item: Any) -> Any:
    if not e.is_simple_key(item) or "keys" in e.failures():
        return NotImplemented
    return e.emit("set_has_simple", e.obj(items), e.obj(item), reason="keys")


@rule(set.add, set, Anything)
def add(e: Evaluator, items: Any, item: Any) -> Any:
    if not e.is_simple_key(item) or "keys" in e.failures():
        return NotImplemented
    e.emit("set_add_simple", e.obj(items), e.obj(item), reason="keys")
    return e.NONE


@rule(operator.le, AnySet, AnySet)
@rule(set.issubset, set, AnySet)
@rule(frozenset.issubset, frozenset, AnySet)
def within(e: Evaluator, items: Any, others: Any) -> Any:
    if "keys" in e.failures():
        return NotImplemented
    return e.emit("set_within", e.obj(items), e.obj(others), reason="keys")


@rule(operator.ge, AnySet, AnySet)
@rule(set.issuperset, set, AnySet)
@rule(frozenset.issuperset, frozenset, AnySet)
def contains_all(e: Evaluator, others: Any, items: Any) -> Any:
    return within(e, items, others)


def _combining(function: Any, inplace: Any, name: str) -> None:
    def combined(prefix: str) -> Any:
        def apply(e: Evaluator, a: Any, b: Any) -> Any:
            """By CPython's own function; what comes of it is of the left one's type."""
            return e.emit(f"number_{prefix}{name}", e.obj(a), e.obj(b), fact=Fact(e.type_of(a)), witness=e.witness_of(a))
        return apply

    rule(function, AnySet, AnySet)(combined(""))
    rule(inplace, AnySet, AnySet)(combined("inplace_"))


_combining(operator.and_, operator.iand, "and")
_combining(operator.or_, operator.ior, "or")
_combining(operator.sub, operator.isub, "subtract")
_combining(operator.xor, operator.ixor, "xor")


@rule(len, set)
@rule(len, frozenset)
def length(e: Evaluator, items: Any) -> Any:
    return e.emit("set_length", e.obj(items), fact=INDEX)


@rule(set)
def empty(e: Evaluator) -> Any:
    return e.emit("set_new", fact=Fact(set))
