"""The functions of `math`, where their arguments are ordinary; the interpreter raises where they are not."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from tiercel.graph.build import Const
from tiercel.rules.registry import Int, Number, rule
from tiercel.types import INT

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator


@rule(math.sqrt, Number)
def sqrt(e: Evaluator, a: Any) -> Any:
    x = e.f64(a)
    e.leave_if(e.float_lt(x, 0.0), "domain")
    return e.float_sqrt(x)


@rule(math.fabs, Number)
def fabs(e: Evaluator, a: Any) -> Any:
    return e.emit("f64_abs", e.f64(a))


def _finite(function: Any, name: str) -> None:
    """A function of the C library whose result is finite wherever nothing is raised, for a finite argument."""
    @rule(function, Number)
    def evaluate(e: Evaluator, a: Any) -> Any:
        result = e.emit("f64_libm1", e.f64(a), function=name)
        e.guard(e.emit("f64_isfinite", result), "range")
        return result


for _name in ("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "exp",
              "expm1"):
    _finite(getattr(math, _name), _name)


def _logarithm(function: Any, name: str) -> None:
    @rule(function, float)
    def evaluate(e: Evaluator, a: Any) -> Any:
        x = e.f64(a)
        e.guard(e.emit("f64_gt", x, Const(0.0, "f")), "domain")
        return e.emit("f64_libm1", x, function=name)


for _name in ("log", "log2", "log10"):
    _logarithm(getattr(math, _name), _name)


@rule(math.atan2, Number, Number)
def atan2(e: Evaluator, a: Any, b: Any) -> Any:
    x, y = e.f64(a), e.f64(b)
    e.guard(e.emit("f64_isfinite", x), "range")
    e.guard(e.emit("f64_isfinite", y), "range")
    return e.emit("f64_libm2", x, y, function="atan2")


@rule(math.copysign, Number, Number)
def copysign(e: Evaluator, a: Any, b: Any) -> Any:
    return e.emit("f64_copysign", e.f64(a), e.f64(b))


@rule(math.pow, Number, Number)
def power(e: Evaluator, a: Any, b: Any) -> Any:
    base, exponent = e.f64(a), e.f64(b)
    e.guard(e.emit("f64_gt", base, Const(0.0, "f")), "base")
    result = e.emit("f64_libm2", base, exponent, function="pow")
    e.guard(e.emit("f64_isfinite", result), "range")
    return result


def _to_int(function: Any, name: str) -> None:
    @rule(function, float)
    def evaluate(e: Evaluator, a: Any) -> Any:
        if "big" in e.failures():
            return NotImplemented
        return e.emit("f64_to_i64_checked", e.emit(f"f64_{name}", e.f64(a)), fact=INT, reason="big")

    @rule(function, Int)
    def of_int(e: Evaluator, a: Any) -> Any:
        return NotImplemented if e.is_big(a) else e.number(e.i64(a))


for _name in ("floor", "ceil", "trunc"):
    _to_int(getattr(math, _name), _name)


@rule(math.isnan, float)
def isnan(e: Evaluator, a: Any) -> Any:
    return e.emit("f64_isnan", e.f64(a))


@rule(math.isfinite, float)
def isfinite(e: Evaluator, a: Any) -> Any:
    return e.emit("f64_isfinite", e.f64(a))


@rule(math.isinf, float)
def isinf(e: Evaluator, a: Any) -> Any:
    x = e.f64(a)
    return e.emit("f64_eq", e.emit("f64_abs", x), Const(math.inf, "f"))


@rule(math.radians, Number)
def radians(e: Evaluator, a: Any) -> Any:
    return e.emit("f64_mul", e.f64(a), Const(math.pi / 180.0, "f"))


@rule(math.degrees, Number)
def degrees(e: Evaluator, a: Any) -> Any:
    return e.emit("f64_mul", e.f64(a), Const(180.0 / math.pi, "f"))
