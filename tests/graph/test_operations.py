"""The graph interpreter knows every operation, and the numbers it computes are those of the machine."""

import math

import pytest

from tiercel.graph.interpret import OPERATIONS
from tiercel.graph.numbers import NUMBERS, DoesNotFit
from tiercel.graph.ops import OPS

LEAST, MOST = -1 << 63, (1 << 63) - 1


def test_every_operation_is_known() -> None:
    control = {"jump", "branch", "switch", "return", "never", "check", "catch", "suspend", "delegate", "finish"}
    assert set(OPS) - control == set(OPERATIONS)


def test_what_raises_says_how_that_is_seen() -> None:
    no_results = {"raise", "raise_again", "poll", "release"}
    assert {op.name for op in OPS.values() if op.raises and not op.fails} == no_results


@pytest.mark.parametrize(("name", "args", "result"), [
    ("i64_add", (MOST, 1), LEAST), ("i64_sub", (LEAST, 1), MOST), ("i64_mul", (MOST, MOST), 1),
    ("i64_neg", (LEAST,), LEAST), ("i64_abs", (LEAST,), LEAST), ("i64_shl", (3, 63), LEAST),
    ("i64_lshr", (-1, 1), MOST), ("i64_shr", (-5, 1), -3), ("i64_ult", (3, -1), True),
    ("i64_floordiv", (-7, 2), -4), ("i64_mod", (-7, 2), 1), ("i64_bit_length", (-8,), 4), ("i64_bit_count", (-7,), 3),
    ("i64_pow_checked", (-2, 63), LEAST), ("i64_pow_checked", (1, MOST), 1),
    ("f64_floor", (-0.5,), -1.0), ("f64_ceil", (0.2,), 1.0), ("f64_rint", (2.5,), 2.0), ("f64_trunc", (-1.7,), -1.0),
    ("f64_floor", (1e300,), 1e300), ("f64_to_i64_checked", (-1.9,), -1), ("f64_bits", (-0.0,), LEAST),
    ("f64_floordiv", (-1.0, 3.0), -1.0), ("f64_mod", (-1.0, 3.0), 2.0),
])
def test_numbers(name: str, args: tuple[float, ...], result: float) -> None:
    assert NUMBERS[name](*args) == result
    assert type(NUMBERS[name](*args)) is type(result)


def test_zeros_and_not_a_number() -> None:
    assert str(NUMBERS["f64_ceil"](-0.5)) == "-0.0"
    assert str(NUMBERS["f64_rint"](-0.0)) == "-0.0"
    assert math.isnan(NUMBERS["f64_sqrt"](-1.0))
    assert NUMBERS["f64_ne"](math.nan, math.nan)
    assert NUMBERS["f64_floor"](math.inf) == math.inf


@pytest.mark.parametrize(("name", "args"), [
    ("i64_add_checked", (MOST, 1)), ("i64_sub_checked", (LEAST, 1)), ("i64_mul_checked", (1 << 32, 1 << 31)),
    ("i64_shl_checked", (1, 63)), ("i64_shl_checked", (1, 64)), ("i64_shl_checked", (1, -1)),
    ("i64_pow_checked", (2, 63)), ("i64_pow_checked", (2, -1)), ("i64_pow_checked", (7, MOST)),
    ("f64_to_i64_checked", (math.nan,)), ("f64_to_i64_checked", (2.0**63,)), ("f64_to_i64_checked", (-math.inf,)),
])
def test_what_does_not_fit(name: str, args: tuple[float, ...]) -> None:
    with pytest.raises(DoesNotFit):
        NUMBERS[name](*args)
