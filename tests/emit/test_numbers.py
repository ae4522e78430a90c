"""Each operation on raw numbers, compiled, against Python on the edges."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from typing import Any

import pytest

from tests.emit.made import LEFT, Made, operation

INTS = (0, 1, -1, 2, -2, 3, 7, -7, 63, 64, 1000, -1000, 2**31, -(2**31), 2**62, 2**63 - 1, -(2**63), -(2**63) + 1)
FLOATS = (0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 1e300, -1e300, 5e-324, 2.0**53, 2.0**63, -(2.0**63),
          math.inf, -math.inf, math.nan)


def wrap(value: int) -> int:
    return (value + 2**63) % 2**64 - 2**63


def fits(value: int) -> Any:
    return value if -(2**63) <= value < 2**63 else LEFT


def same(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return struct.pack("d", a) == struct.pack("d", b) or (a != a and b != b)
    return type(a) is type(b) and a == b


INT2: dict[str, Callable[[int, int], Any]] = {
    "i64_add": lambda a, b: wrap(a + b), "i64_sub": lambda a, b: wrap(a - b), "i64_mul": lambda a, b: wrap(a * b),
    "i64_add_checked": lambda a, b: fits(a + b), "i64_sub_checked": lambda a, b: fits(a - b),
    "i64_mul_checked": lambda a, b: fits(a * b),
    "i64_and": operator.and_, "i64_or": operator.or_, "i64_xor": operator.xor,
    "i64_min": min, "i64_max": max, "i64_lt": operator.lt, "i64_le": operator.le, "i64_eq": operator.eq,
    "i64_ne": operator.ne, "i64_gt": operator.gt, "i64_ge": operator.ge,
    "i64_ult": lambda a, b: a % 2**64 < b % 2**64,
    "i64_shl_checked": lambda a, b: fits(a << b) if 0 <= b < 64 else LEFT,
    "i64_pow_checked": lambda a, b: (fits(a**b) if b < 200 or a in (0, 1, -1) else LEFT) if b >= 0 else LEFT,
}
SHIFTS: dict[str, Callable[[int, int], Any]] = {
    "i64_shl": lambda a, b: wrap(a << b), "i64_shr": operator.rshift, "i64_lshr": lambda a, b: wrap((a % 2**64) >> b)}
DIVISIONS = {"i64_floordiv": operator.floordiv, "i64_mod": operator.mod}
INT1: dict[str, Callable[[int], Any]] = {
    "i64_neg": lambda a: wrap(-a), "i64_not": operator.invert, "i64_abs": lambda a: wrap(abs(a)), "i64_to_f64": float,
    "i64_bit_length": int.bit_length, "i64_bit_count": int.bit_count}
FLOAT2: dict[str, Callable[[float, float], Any]] = {
    "f64_add": operator.add, "f64_sub": operator.sub, "f64_mul": operator.mul, "f64_lt": operator.lt,
    "f64_le": operator.le, "f64_eq": operator.eq, "f64_ne": operator.ne, "f64_gt": operator.gt, "f64_ge": operator.ge,
    "f64_copysign": math.copysign}
FLOAT_DIVISIONS = {"f64_div": operator.truediv, "f64_floordiv": operator.floordiv, "f64_mod": operator.mod}


def rounded(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda a: math.copysign(float(function(a)), a) if math.isfinite(a) else a


FLOAT1: dict[str, Callable[[float], Any]] = {
    "f64_neg": operator.neg, "f64_abs": abs, "f64_isfinite": math.isfinite, "f64_isnan": math.isnan,
    "f64_floor": rounded(math.floor), "f64_ceil": rounded(math.ceil), "f64_trunc": rounded(math.trunc),
    "f64_rint": rounded(round), "f64_sqrt": lambda a: math.sqrt(a) if a >= 0 else math.nan if a != 0 else a,
    "f64_to_i64_checked": lambda a: fits(int(a)) if math.isfinite(a) else LEFT,
    "f64_bits": lambda a: struct.unpack("<q", struct.pack("<d", a))[0]}


def result_of(expected: Callable[..., Any], *sample: Any) -> str:
    value = expected(*sample)
    return {bool: "b", int: "i", float: "f"}[type(value)]


@pytest.mark.parametrize("name", INT2)
def test_ints(name: str) -> None:
    function = operation(name, "ii", result_of(INT2[name], 1, 1))
    for a in INTS:
        for b in INTS:
            assert same(function(a, b), INT2[name](a, b)), (a, b)


@pytest.mark.parametrize("name", SHIFTS)
def test_shifts(name: str) -> None:
    function = operation(name, "ii", "i")
    for a in INTS:
        for b in (0, 1, 5, 31, 32, 62, 63):
            assert function(a, b) == SHIFTS[name](a, b), (a, b)


@pytest.mark.parametrize("name", DIVISIONS)
def test_divisions(name: str) -> None:
    function = operation(name, "ii", "i")
    for a in INTS:
        for b in INTS:
            if b and not (a == -(2**63) and b == -1):
                assert function(a, b) == DIVISIONS[name](a, b), (a, b)


@pytest.mark.parametrize("name", DIVISIONS)
@pytest.mark.parametrize("divisor", (1, 2, 8, 3, 7, 1000, -1, -2, -3, 2**62))
def test_divisions_by_a_constant(name: str, divisor: int) -> None:
    from tiercel.graph.build import Const

    made = Made("i", "i")
    function = made.end(made.add(name, made.params[0], Const(divisor, "i")))
    for a in INTS:
        if not (a == -(2**63) and divisor == -1):
            assert function(a) == DIVISIONS[name](a, divisor), a


@pytest.mark.parametrize("name", INT1)
def test_single_ints(name: str) -> None:
    function = operation(name, "i", result_of(INT1[name], 1))
    for a in INTS:
        assert same(function(a), INT1[name](a)), a


@pytest.mark.parametrize("name", FLOAT2)
def test_floats(name: str) -> None:
    function = operation(name, "ff", result_of(FLOAT2[name], 1.0, 1.0))
    for a in FLOATS:
        for b in FLOATS:
            assert same(function(a, b), FLOAT2[name](a, b)), (a, b)


@pytest.mark.parametrize("name", FLOAT_DIVISIONS)
def test_float_divisions(name: str) -> None:
    function = operation(name, "ff", "f")
    for a in FLOATS:
        for b in FLOATS:
            if b:
                assert same(function(a, b), FLOAT_DIVISIONS[name](a, b)), (a, b)


@pytest.mark.parametrize("name", FLOAT1)
def test_single_floats(name: str) -> None:
    function = operation(name, "f", result_of(FLOAT1[name], 1.0))
    for a in FLOATS:
        assert same(function(a), FLOAT1[name](a)), a


@pytest.mark.parametrize("name", ("sin", "exp", "log1p", "cbrt"))
def test_the_c_library(name: str) -> None:
    function = operation("f64_libm1", "f", "f", function=name)
    for a in (0.0, 0.1, 1.0, 2.5):
        assert same(function(a), getattr(math, name)(a))
    power = operation("f64_libm2", "ff", "f", function="pow")
    assert same(power(2.0, 0.5), math.pow(2.0, 0.5))


def test_truth() -> None:
    for name, expected in (("bool_and", operator.and_), ("bool_or", operator.or_), ("bool_xor", operator.xor)):
        function = operation(name, "bb", "b")
        for a in (True, False):
            for b in (True, False):
                assert function(a, b) is expected(a, b)
    assert operation("bool_not", "b", "b")(True) is False
    assert operation("bool_to_i64", "b", "i")(True) == 1


def test_selects() -> None:
    assert operation("i64_select", "bii", "i")(True, 3, 4) == 3
    assert operation("f64_select", "bff", "f")(False, 3.0, 4.0) == 4.0


def test_boxes() -> None:
    function = operation("unbox_i64", "o", "i")
    for a in (*INTS, 2**30 - 1, 2**30, -(2**30), 2**60):
        assert function(a) == a
    for a in (2**63, -(2**63) - 1, 10**40):
        assert function(a) == LEFT
    assert function(True) == 1
    assert operation("unbox_f64", "o", "f")(2.5) == 2.5
    assert operation("long_to_f64", "o", "f")(10**30) == 1e30
    assert operation("long_to_f64", "o", "f")(10**400) == LEFT
    low = operation("long_low_bits", "o", "i")
    for a in (*INTS, 10**30, -(10**30)):
        assert low(a) == wrap(a)
    for a in INTS:
        assert operation("box_i64", "i", "o")(a) == a
    assert operation("box_bool", "b", "o")(True) is True


UNSIGNED: dict[str, Callable[[int, int], int | bool]] = {
    "u64_add": lambda a, b: (a + b) % 2**64, "u64_sub": lambda a, b: (a - b) % 2**64,
    "u64_mul": lambda a, b: a * b % 2**64, "u64_and": operator.and_, "u64_or": operator.or_, "u64_xor": operator.xor,
    "u64_floordiv": operator.floordiv, "u64_mod": operator.mod, "u64_lt": operator.lt, "u64_le": operator.le,
    "u64_eq": operator.eq, "u64_ne": operator.ne, "u64_gt": operator.gt, "u64_ge": operator.ge}


@pytest.mark.parametrize("name", UNSIGNED)
def test_unsigned(name: str) -> None:
    made = Made("ii", "o")
    a, b = [made.add("u64_of_i64", param) for param in made.params]
    node = made.add(name, a, b)
    function = made.end(made.add("box_u64" if node.rep == "u" else "box_bool", node))
    for one in INTS:
        for other in INTS:
            if other or name not in ("u64_floordiv", "u64_mod"):
                assert function(one, other) == UNSIGNED[name](one % 2**64, other % 2**64)
