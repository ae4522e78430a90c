"""Floats, and ints that meet them."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import Const
from tiercel.rules.registry import Number, rule
from tiercel.types import INT

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

_PAIRS: Final = ((float, Number), (Number, float))


def _arithmetic(function: Any, augmented: Any, name: str) -> None:
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        if e.is_constant(a) and e.is_constant(b):
            return e.known(function(e.constant(a), e.constant(b)))
        return e.float_binary(name, a, b)
    for pair in _PAIRS:
        rule(function, *pair)(evaluate)
        rule(augmented, *pair)(evaluate)


for _function, _augmented, _name in ((operator.add, operator.iadd, "add"), (operator.sub, operator.isub, "sub"),
                                     (operator.mul, operator.imul, "mul")):
    _arithmetic(_function, _augmented, _name)


def _division(function: Any, augmented: Any, name: str) -> None:
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        divisor = e.f64(b)
        if not (isinstance(divisor, Const) and divisor.value):
            e.guard(e.emit("f64_ne", divisor, Const(0.0, "f")), "zero")
        return e.emit(f"f64_{name}", e.f64(a), divisor)
    for pair in _PAIRS:
        rule(function, *pair)(evaluate)
        rule(augmented, *pair)(evaluate)


for _function, _augmented, _name in ((operator.truediv, operator.itruediv, "div"),
                                     (operator.floordiv, operator.ifloordiv, "floordiv"),
                                     (operator.mod, operator.imod, "mod")):
    _division(_function, _augmented, _name)


def _power(e: Evaluator, a: Any, b: Any) -> Any:
    # the interpreter deals with what is not an ordinary number: zero, negative and infinite bases, overflow
    base, exponent = e.f64(a), e.f64(b)
    if not (isinstance(exponent, Const) and exponent.value > 0 and exponent.value.is_integer()):
        e.guard(e.emit("f64_gt", base, Const(0.0, "f")), "base")
    result = e.emit("f64_libm2", base, exponent, function="pow")
    e.guard(e.emit("f64_isfinite", result), "range")
    return result


for _pair in _PAIRS:
    rule(operator.pow, *_pair)(_power)
    rule(operator.ipow, *_pair)(_power)


def _comparison(function: Any, name: str) -> None:
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        # an int is compared by its value, so it must be a double exactly
        x, y = e.exactly_double(a), e.exactly_double(b)
        return NotImplemented if x is None or y is None else e.emit(f"f64_{name}", x, y)
    for pair in _PAIRS:
        rule(function, *pair)(evaluate)


for _function, _name in ((operator.lt, "lt"), (operator.le, "le"), (operator.eq, "eq"), (operator.ne, "ne"),
                         (operator.gt, "gt"), (operator.ge, "ge")):
    _comparison(_function, _name)


@rule(operator.neg, float)
def neg(e: Evaluator, a: Any) -> Any:
    return e.emit("f64_neg", e.f64(a))


@rule(operator.pos, float)
@rule(float, float)
def same(e: Evaluator, a: Any) -> Any:
    return e.number(e.f64(a))


@rule(abs, float)
@rule(operator.abs, float)
def absolute(e: Evaluator, a: Any) -> Any:
    return e.emit("f64_abs", e.f64(a))


@rule(float)
def nothing(e: Evaluator) -> Any:
    return e.known(0.0)


@rule(float, Number)
def from_int(e: Evaluator, a: Any) -> Any:
    return e.number(e.f64(a))


@rule(int, float)
def to_int(e: Evaluator, a: Any) -> Any:
    if "big" in e.failures():
        return NotImplemented
    return e.emit("f64_to_i64_checked", e.f64(a), fact=INT, reason="big")


@rule(round, float)
def rounded(e: Evaluator, a: Any) -> Any:
    if "big" in e.failures():
        return NotImplemented
    return e.emit("f64_to_i64_checked", e.emit("f64_rint", e.f64(a)), fact=INT, reason="big")


@rule(divmod, float, Number)
@rule(divmod, Number, float)
def divide(e: Evaluator, a: Any, b: Any) -> Any:
    return e.tuple_of(e.applied(operator.floordiv, a, b), e.applied(operator.mod, a, b))


@rule(float.is_integer, float)
def is_integer(e: Evaluator, a: Any) -> Any:
    x = e.f64(a)
    whole = e.emit("f64_eq", e.emit("f64_floor", x), x)
    return e.emit("bool_and", whole, e.emit("f64_isfinite", x))


@rule(operator.truth, float)
def truth(e: Evaluator, a: Any) -> Any:
    return e.as_bool(e.truth(a))
