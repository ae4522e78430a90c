"""Sets: looking up simple items, such as strings, ints and tuples of these, runs no code of the program."""

from __future__ import annotations

import operator
from typing import Any

from tiercel.rules.registry import Anything, rule
from tiercel.types import INDEX, Fact


@rule(operator.contains, set, Anything)
@rule(operator.contains, frozenset, Anything)
def contains(e: Any, items: Any, item: Any) -> Any:
    if not e.is_simple_key(item) or "keys" in e.failures():
        return NotImplemented
    return e.emit("set_has_str", e.obj(items), e.obj(item), reason="keys")


@rule(set.add, set, Anything)
def add(e: Any, items: Any, item: Any) -> Any:
    if not e.is_simple_key(item) or "keys" in e.failures():
        return NotImplemented
    e.emit("set_add_str", e.obj(items), e.obj(item), reason="keys")
    return e.NONE


@rule(len, set)
@rule(len, frozenset)
def length(e: Any, items: Any) -> Any:
    return e.emit("set_length", e.obj(items), fact=INDEX)


@rule(set)
def empty(e: Any) -> Any:
    return e.emit("set_new", fact=Fact(set))
