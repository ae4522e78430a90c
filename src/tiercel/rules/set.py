"""Sets: items that are strings or ints run no code of the program."""

from __future__ import annotations

import operator
from typing import Any

from tiercel.rules.registry import rule
from tiercel.types import INDEX, Fact


@rule(operator.contains, set, str)
@rule(operator.contains, set, int)
@rule(operator.contains, frozenset, str)
@rule(operator.contains, frozenset, int)
def contains(e: Any, items: Any, item: Any) -> Any:
    return e.emit("set_has_str", e.obj(items), e.obj(item))


@rule(set.add, set, str)
@rule(set.add, set, int)
def add(e: Any, items: Any, item: Any) -> Any:
    e.emit("set_add_str", e.obj(items), e.obj(item))
    return e.NONE


@rule(len, set)
@rule(len, frozenset)
def length(e: Any, items: Any) -> Any:
    return e.emit("set_length", e.obj(items), fact=INDEX)


@rule(set)
def empty(e: Any) -> Any:
    return e.emit("set_new", fact=Fact(set))
