"""Ints: 64 bits with exits on overflow, CPython's own functions beyond."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

from tiercel.graph.build import Const
from tiercel.rules.registry import Int, rule
from tiercel.types import BIG_INT, I64_MAX, I64_MIN, U64_MAX, Fact
from tiercel.values import Virtual

if TYPE_CHECKING:
    from tiercel.evaluate.evaluator import Evaluator

_INPLACE: Final = {
    operator.add: operator.iadd, operator.sub: operator.isub, operator.mul: operator.imul,
    operator.floordiv: operator.ifloordiv, operator.mod: operator.imod, operator.and_: operator.iand,
    operator.or_: operator.ior, operator.xor: operator.ixor, operator.lshift: operator.ilshift,
    operator.rshift: operator.irshift, operator.truediv: operator.itruediv, operator.pow: operator.ipow,
}


def _arithmetic(function: Any, name: str) -> None:
    @rule(function, Int, Int)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        return e.int_binary(name, a, b)


for _function, _name in ((operator.add, "add"), (operator.sub, "sub"), (operator.mul, "mul")):
    _arithmetic(_function, _name)


def _division(function: Any, name: str) -> None:
    @rule(function, Int, Int)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        u, v = e.raw(a), e.raw(b)
        if u is not None and v is not None and u.rep == "u" and e.interval(v)[0] > 0 and not e.is_constant(a):
            (_, most), (least, _) = e.interval(u), e.interval(v)
            hi = most // least if name == "floordiv" else e.interval(v)[1] - 1
            other = e.unsigned(b)
            assert other is not None
            return e.from_unsigned(e.emit(f"u64_{name}", u, other, fact=Fact(int, 0, hi)))
        if e.is_big(a) or e.is_big(b):
            e.guard(e.truth(b), "zero")
            return e.long_binary(name, a, b)
        x, y = e.i64(a), e.i64(b)
        (alo, ahi), (blo, bhi) = e.interval(x), e.interval(y)
        if isinstance(x, Const) and isinstance(y, Const) and y.value:
            return e.known(function(x.value, y.value))
        if blo <= 0 <= bhi:
            e.guard(e.emit("i64_ne", y, Const(0, "i")), "zero")
        if alo == I64_MIN and blo <= -1 <= bhi:
            overflow = e.emit("bool_and", e.emit("i64_eq", x, Const(I64_MIN, "i")), e.emit("i64_eq", y, Const(-1, "i")))
            e.leave_if(overflow, "overflow")
        return e.emit(f"i64_{name}", x, y, fact=_divided(name, alo, ahi, blo, bhi))


def _divided(name: str, alo: int, ahi: int, blo: int, bhi: int) -> Fact:
    if name == "mod":
        if blo > 0:
            return Fact(int, 0, min(bhi - 1, ahi) if alo >= 0 else bhi - 1)
        return Fact(int, min(blo + 1, 0) if blo > I64_MIN else I64_MIN, max(bhi - 1, 0))
    if blo > 0:
        return Fact(int, min(alo, alo // blo), max(ahi, ahi // blo) if ahi < 0 else ahi // blo)
    return Fact(int)


_division(operator.floordiv, "floordiv")
_division(operator.mod, "mod")


def _bitwise(function: Any, name: str) -> None:
    @rule(function, Int, Int)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        if e.type_of(a) is bool and e.type_of(b) is bool:
            return e.emit(f"bool_{name}", e.boolean(a), e.boolean(b))
        if name == "and":
            masked = _low_bits(e, a, b)
            if masked is not None:
                return masked
        unsigned = _unsigned(e, name, a, b)
        if unsigned is not None:
            return unsigned
        if e.is_big(a) or e.is_big(b):
            return e.long_binary(name, a, b)
        x, y = e.i64(a), e.i64(b)
        if isinstance(x, Const) and isinstance(y, Const):
            return e.known(function(x.value, y.value))
        return e.emit(f"i64_{name}", x, y, fact=_bits(name, *e.interval(x), *e.interval(y)))


def _low_bits(e: Evaluator, a: Any, b: Any) -> Any:
    """An int of any size under a constant mask that is not negative: only the low 64 bits matter."""
    for value, mask in ((a, b), (b, a)):
        bits = e.constant(mask)
        if type(bits) is not int or not 0 <= bits <= U64_MAX or e.is_constant(value):
            continue
        if isinstance(value, Virtual) or bits > I64_MAX or (e.is_big(value) and e.raw(value) is not None):
            kept = e.keep_bits(value, bits)
            if kept is not None:
                return kept
        if e.is_big(value):
            low = e.emit("u64_of_i64", e.emit("long_low_bits", e.obj(value), fact=Fact(int)))
            return e.from_unsigned(e.emit("u64_and", low, Const(bits, "u"), fact=Fact(int, 0, bits)))
    return None


def _unsigned(e: Evaluator, name: str, a: Any, b: Any) -> Any:
    """A bitwise operation on 64-bit ints that are not negative, one of them beyond the signed ones."""
    x, y = e.raw(a), e.raw(b)
    if x is None or y is None or "u" not in (x.rep, y.rep) or (e.is_constant(a) and e.is_constant(b)):
        return None
    bounds = (*e.interval(x), *e.interval(y))
    if min(bounds) < 0:
        return None
    left, right = e.unsigned(a), e.unsigned(b)
    assert left is not None
    assert right is not None
    return e.from_unsigned(e.emit(f"u64_{name}", left, right, fact=_bits(name, *bounds)))


def _bits(name: str, alo: int, ahi: int, blo: int, bhi: int) -> Fact:
    if name == "and":
        if alo >= 0 and blo >= 0:
            return Fact(int, 0, min(ahi, bhi))
        if alo >= 0 or blo >= 0:
            return Fact(int, 0, ahi if alo >= 0 else bhi)
    elif alo >= 0 and blo >= 0:
        return Fact(int, 0, (1 << max(ahi.bit_length(), bhi.bit_length())) - 1)
    return Fact(int)


for _function, _name in ((operator.and_, "and"), (operator.or_, "or"), (operator.xor, "xor")):
    _bitwise(_function, _name)


@rule(operator.lshift, Int, Int)
def lshift(e: Evaluator, a: Any, b: Any) -> Any:
    count = e.constant(b)
    if type(count) is int and 0 <= count < 64 and not e.is_constant(a) \
            and e.masked_next() and e.unsigned(a) is not None:
        return Virtual("wide", [a, b], "shl")
    if e.is_big(a) or e.is_big(b) or "overflow" in e.failures():
        e.leave_if(e.truth(e.applied(operator.lt, b, e.known(0))), "negative shift")
        return e.long_binary("lshift", a, b)
    x, y = e.i64(a), e.i64(b)
    (alo, ahi), (blo, bhi) = e.interval(x), e.interval(y)
    if isinstance(x, Const) and isinstance(y, Const) and 0 <= y.value < 4096:
        return e.known(x.value << y.value)
    if blo >= 0 and bhi <= 63 and min(alo << blo, alo << bhi) >= I64_MIN and max(ahi << blo, ahi << bhi) <= I64_MAX:
        return e.emit("i64_shl", x, y, fact=Fact(int, min(alo << blo, alo << bhi), max(ahi << blo, ahi << bhi)))
    fact = Fact(int, 0, I64_MAX) if alo >= 0 else Fact(int)
    return e.emit("i64_shl_checked", x, y, fact=fact, reason="overflow")


@rule(operator.rshift, Int, Int)
def rshift(e: Evaluator, a: Any, b: Any) -> Any:
    count, bits = e.constant(b), e.raw(a)
    if bits is not None and bits.rep == "u" and type(count) is int and 0 <= count < 64 and not e.is_constant(a):
        lo, hi = e.interval(bits)
        return e.from_unsigned(e.emit("u64_shr", bits, Const(count, "u"), fact=Fact(int, lo >> count, hi >> count)))
    if e.is_big(a) or e.is_big(b):
        e.leave_if(e.truth(e.applied(operator.lt, b, e.known(0))), "negative shift")
        return e.long_binary("rshift", a, b)
    x, y = e.i64(a), e.i64(b)
    (alo, ahi), (blo, bhi) = e.interval(x), e.interval(y)
    if isinstance(x, Const) and isinstance(y, Const) and y.value >= 0:
        return e.known(x.value >> y.value)
    if blo < 0:
        e.guard(e.emit("i64_ge", y, Const(0, "i")), "negative shift")
    if bhi > 63:
        y = e.emit("i64_min", y, Const(63, "i"))
    low = max(blo, 0)
    high = min(max(bhi, 0), 63)
    fact = Fact(int, min(alo >> low, alo >> high) if low < 64 else min(alo, 0), max(ahi >> min(low, 63), ahi >> high))
    return e.emit("i64_shr", x, y, fact=fact)


@rule(operator.truediv, Int, Int)
def truediv(e: Evaluator, a: Any, b: Any) -> Any:
    # exact and so correctly rounded while both are doubles; beyond that CPython's own algorithm
    x, y = e.exactly_double(a), e.exactly_double(b)
    if x is None or y is None:
        e.guard(e.truth(b), "zero")
        return e.emit("number_true_divide", e.obj(a), e.obj(b), fact=Fact(float))
    if not (isinstance(y, Const) and y.value):
        e.guard(e.emit("f64_ne", y, Const(0.0, "f")), "zero")
    return e.emit("f64_div", x, y)


@rule(operator.pow, Int, Int)
def power(e: Evaluator, a: Any, b: Any) -> Any:
    exponent = e.constant(b)
    if exponent == 2:
        return e.int_mul(a, a)
    if e.is_big(a) or e.is_big(b) or "overflow" in e.failures():
        return NotImplemented
    x, y = e.i64(a), e.i64(b)
    if e.interval(y)[0] < 0:
        e.guard(e.emit("i64_ge", y, Const(0, "i")), "negative exponent")
    return e.emit("i64_pow_checked", x, y, reason="overflow")


def _comparison(function: Any, name: str) -> None:
    @rule(function, Int, Int)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        return e.compare_ints(name, a, b)


for _function, _name in ((operator.lt, "lt"), (operator.le, "le"), (operator.eq, "eq"), (operator.ne, "ne"),
                         (operator.gt, "gt"), (operator.ge, "ge")):
    _comparison(_function, _name)


@rule(operator.neg, Int)
def neg(e: Evaluator, a: Any) -> Any:
    return e.int_sub(e.known(0), a)


@rule(operator.pos, Int)
def pos(e: Evaluator, a: Any) -> Any:
    return e.int_add(a, e.known(0))


@rule(operator.invert, int)
def invert(e: Evaluator, a: Any) -> Any:
    if e.is_big(a):
        return NotImplemented
    lo, hi = e.interval(e.i64(a))
    return e.emit("i64_not", e.i64(a), fact=Fact(int, ~hi, ~lo))


@rule(abs, Int)
@rule(operator.abs, Int)
def absolute(e: Evaluator, a: Any) -> Any:
    if e.is_big(a) or e.is_constant(a):
        return e.emit("number_absolute", e.obj(a), fact=BIG_INT)
    x = e.i64(a)
    lo, hi = e.interval(x)
    if lo >= 0:
        return e.number(x)
    if lo == I64_MIN:
        e.guard(e.emit("i64_ne", x, Const(I64_MIN, "i")), "overflow")
    return e.emit("i64_abs", x, fact=Fact(int, 0, max(hi, -max(lo, I64_MIN + 1))))


@rule(int)
def int_nothing(e: Evaluator) -> Any:
    return e.known(0)


@rule(int, Int)
@rule(round, Int)
def to_int(e: Evaluator, a: Any) -> Any:
    return a if e.is_big(a) else e.number(e.i64(a))


@rule(divmod, Int, Int)
def divide(e: Evaluator, a: Any, b: Any) -> Any:
    return e.tuple_of(e.applied(operator.floordiv, a, b), e.applied(operator.mod, a, b))


@rule(int.bit_length, int)
def bit_length(e: Evaluator, a: Any) -> Any:
    return NotImplemented if e.is_big(a) else e.emit("i64_bit_length", e.i64(a), fact=Fact(int, 0, 64))


@rule(int.bit_count, int)
def bit_count(e: Evaluator, a: Any) -> Any:
    return NotImplemented if e.is_big(a) else e.emit("i64_bit_count", e.i64(a), fact=Fact(int, 0, 64))


def _in_place(plain: Any, augmented: Any) -> None:
    @rule(augmented, Int, Int)
    def evaluate(e: Evaluator, a: Any, b: Any) -> Any:
        result = e.apply(plain, a, b)
        return NotImplemented if result is None else result


for _plain, _augmented in _INPLACE.items():
    _in_place(_plain, _augmented)
