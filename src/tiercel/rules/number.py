"""Numbers of which it is known only as the code runs whether they are ints or floats; see `evaluate/numbers.py`.

The rules of other files come first: of ints, of floats, and of numbers that meet a float.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any

from tiercel.graph.build import Const
from tiercel.graph.numbers import EXACT_DOUBLE
from tiercel.rules.registry import Number, rule
from tiercel.types import INT

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator


def _doubles(e: Evaluator, *numbers: Any) -> list[Any] | None:
    """Numbers as doubles, if one of them is of unknown type and the others are not too large."""
    if not any(map(e.is_number, numbers)):
        return None
    doubles = [e.exactly_double(number) for number in numbers]
    return None if None in doubles else doubles


def _of_sign(e: Evaluator, is_int: Any, value: Any) -> Any:
    """A number of which -0.0 is 0 if it is an int."""
    zero = e.emit("f64_select", is_int, Const(0.0, "f"), Const(-0.0, "f"))
    return e.new_number(is_int, e.emit("f64_add", value, zero))


def _arithmetic(function: Any, augmented: Any, name: str) -> None:
    @rule(augmented, Number, Number)
    @rule(function, Number, Number)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        doubles = _doubles(e, a, b)
        if doubles is None:
            return NotImplemented
        is_int = e.both(e.is_int(a), e.is_int(b))
        result = e.emit(f"f64_{name}", *doubles)
        exact = e.emit("f64_lt", e.emit("f64_abs", result), Const(float(EXACT_DOUBLE), "f"))
        e.guard(e.either(e.not_(is_int), exact), "number")
        return _of_sign(e, is_int, result) if name == "mul" else e.new_number(is_int, result)


for _function, _augmented, _name in ((operator.add, operator.iadd, "add"), (operator.sub, operator.isub, "sub"),
                                     (operator.mul, operator.imul, "mul")):
    _arithmetic(_function, _augmented, _name)


@rule(operator.truediv, Number, Number)
@rule(operator.itruediv, Number, Number)
def divide(e: Evaluator, a: Any, b: Any) -> Any:
    doubles = _doubles(e, a, b)
    if doubles is None:
        return NotImplemented
    e.guard(e.emit("f64_ne", doubles[1], Const(0.0, "f")), "zero")
    return e.emit("f64_div", *doubles)


def _comparison(function: Any, name: str) -> None:
    @rule(function, Number, Number)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        doubles = _doubles(e, a, b)
        return NotImplemented if doubles is None else e.emit(f"f64_{name}", *doubles)


for _function, _name in ((operator.lt, "lt"), (operator.le, "le"), (operator.eq, "eq"), (operator.ne, "ne"),
                         (operator.gt, "gt"), (operator.ge, "ge")):
    _comparison(_function, _name)


@rule(operator.neg, Number)
def negative(e: Evaluator, a: Any) -> Any:
    return _of_sign(e, e.is_int(a), e.emit("f64_neg", e.f64(a))) if e.is_number(a) else NotImplemented


@rule(operator.pos, Number)
def positive(e: Evaluator, a: Any) -> Any:
    return a if e.is_number(a) else NotImplemented


@rule(abs, Number)
@rule(operator.abs, Number)
def absolute(e: Evaluator, a: Any) -> Any:
    return e.new_number(e.is_int(a), e.emit("f64_abs", e.f64(a))) if e.is_number(a) else NotImplemented


@rule(int, Number)
def to_int(e: Evaluator, a: Any) -> Any:
    if not e.is_number(a) or "big" in e.failures():
        return NotImplemented
    return e.emit("f64_to_i64_checked", e.f64(a), fact=INT, reason="big")


@rule(round, Number)
def rounded(e: Evaluator, a: Any) -> Any:
    if not e.is_number(a) or "big" in e.failures():
        return NotImplemented
    return e.emit("f64_to_i64_checked", e.emit("f64_rint", e.f64(a)), fact=INT, reason="big")


def _extreme(function: Any, compare: str) -> None:
    @rule(function, Number, Number)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        if {e.type_of(a), e.type_of(b)} != {int, float} and not (e.is_number(a) or e.is_number(b)):
            return NotImplemented
        x, y = e.exactly_double(a), e.exactly_double(b)
        if x is None or y is None:
            return NotImplemented
        # the first stays unless the second is less (greater)
        other = e.emit(compare, y, x)
        is_int = e.either(e.both(other, e.is_int(b)), e.both(e.not_(other), e.is_int(a)))
        return e.new_number(is_int, e.emit("f64_select", other, y, x))


_extreme(min, "f64_lt")
_extreme(max, "f64_gt")
