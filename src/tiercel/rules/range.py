"""Ranges, which exist only where they escape."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tiercel.graph.build import Const
from tiercel.rules.registry import Int, rule
from tiercel.values import Virtual

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator


def _make(e: Evaluator, start: Any, stop: Any, step: Any) -> Any:
    if any(e.is_big(x) for x in (start, stop, step)):
        return NotImplemented
    parts = [e.number(e.i64(x)) for x in (start, stop, step)]
    lo, hi = e.interval(e.i64(parts[2]))
    if lo <= 0 <= hi and not e.is_constant(parts[2]):
        e.guard(e.emit("i64_ne", e.i64(parts[2]), Const(0, "i")), "zero step")
    elif e.constant(parts[2]) == 0:
        return NotImplemented
    return Virtual("range", parts)


@rule(range, Int)
def up_to(e: Evaluator, stop: Any) -> Any:
    return _make(e, e.known(0), stop, e.known(1))


@rule(range, Int, Int)
def between(e: Evaluator, start: Any, stop: Any) -> Any:
    return _make(e, start, stop, e.known(1))


@rule(range, Int, Int, Int)
def stepping(e: Evaluator, start: Any, stop: Any, step: Any) -> Any:
    return _make(e, start, stop, step)


@rule(iter, range)
def iterate(e: Evaluator, items: Any) -> Any:
    items = e.as_range(items)
    return NotImplemented if items is None else e.range_iterator(items)


@rule(len, range)
def length(e: Evaluator, items: Any) -> Any:
    items = e.as_range(items)
    return NotImplemented if items is None else e.range_length(items)


@rule(reversed, range)
def backwards(e: Evaluator, items: Any) -> Any:
    items = e.as_range(items) if e.consumed_at_once() else None
    if items is None:
        return NotImplemented
    start, stop, step = items.parts
    if e.constant(step) != 1:
        return NotImplemented
    one = e.known(1)
    return Virtual("range", [e.int_sub(stop, one), e.int_sub(start, one), e.known(-1)])


@rule(operator.contains, range, Int)
def contains(e: Evaluator, items: Any, item: Any) -> Any:
    items = e.as_range(items)
    if items is None or e.constant(items.parts[2]) != 1:
        return NotImplemented
    above = e.truth(e.compare_ints("ge", item, items.parts[0]))
    below = e.truth(e.compare_ints("lt", item, items.parts[1]))
    return e.as_bool(e.both(above, below))
