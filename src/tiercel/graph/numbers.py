"""What the operations on unboxed numbers compute, as Python functions: for folding and for the graph interpreter."""

from __future__ import annotations

import math
import operator
import struct
from collections.abc import Callable
from typing import Any, Final

from tiercel.graph.build import Const, Node, Operand

EXACT_DOUBLE: Final = 1 << 53        # ints up to here are doubles, and so are all nearer to zero
_SIGN: Final = 1 << 63
_ALL: Final = (1 << 64) - 1


class DoesNotFit(ArithmeticError):
    """A checked operation leaves."""


def wrap(value: int) -> int:
    """The low 64 bits, signed."""
    return ((value + _SIGN) & _ALL) - _SIGN


def fitting(value: int) -> int:
    """The value, if an i64 holds it."""
    if not -_SIGN <= value < _SIGN:
        raise DoesNotFit
    return value


def _checked_if(function: Callable[[int, int], int]) -> Callable[[bool, int, int], int]:
    return lambda condition, a, b: (fitting if condition else wrap)(function(a, b))


def _shl_checked(a: int, b: int) -> int:
    if not 0 <= b <= 63:
        raise DoesNotFit
    return fitting(a << b)


def _pow_checked(a: int, b: int) -> int:
    if b < 0 or (b > 63 and abs(a) > 1):
        raise DoesNotFit
    return fitting(a**b)


def _to_i64(x: float) -> int:
    if not math.isfinite(x):
        raise DoesNotFit
    return fitting(int(x))


def _rounded(function: Callable[[float], int]) -> Callable[[float], float]:
    return lambda x: math.copysign(float(function(x)), x) if math.isfinite(x) else x


def _sqrt(x: float) -> float:
    return math.nan if x < 0 else math.sqrt(x)


def libm(function: str, *args: float) -> float:
    """The C library's function, which sets no exception."""
    try:
        return float(getattr(math, function)(*args))
    except ValueError:
        return math.nan
    except OverflowError:
        return math.inf


NUMBERS: Final[dict[str, Callable[..., Any]]] = {
    "u64_add": lambda a, b: (a + b) & _ALL, "u64_sub": lambda a, b: (a - b) & _ALL,
    "u64_mul": lambda a, b: (a * b) & _ALL, "u64_and": operator.and_, "u64_or": operator.or_, "u64_xor": operator.xor,
    "u64_shl": lambda a, b: (a << b) & _ALL, "u64_shr": operator.rshift,
    "u64_floordiv": operator.floordiv, "u64_mod": operator.mod,
    "u64_lt": operator.lt, "u64_le": operator.le, "u64_eq": operator.eq,
    "u64_ne": operator.ne, "u64_gt": operator.gt, "u64_ge": operator.ge,
    "u64_of_i64": lambda a: a & _ALL, "i64_of_u64": wrap,
    "i64_add": lambda a, b: wrap(a + b), "i64_add_checked": lambda a, b: fitting(a + b),
    "i64_sub": lambda a, b: wrap(a - b), "i64_sub_checked": lambda a, b: fitting(a - b),
    "i64_mul": lambda a, b: wrap(a * b), "i64_mul_checked": lambda a, b: fitting(a * b),
    "i64_add_checked_if": _checked_if(operator.add), "i64_sub_checked_if": _checked_if(operator.sub),
    "i64_mul_checked_if": _checked_if(operator.mul),
    "i64_and": operator.and_, "i64_or": operator.or_, "i64_xor": operator.xor,
    "i64_neg": lambda a: wrap(-a), "i64_not": operator.invert, "i64_abs": lambda a: wrap(abs(a)),
    "i64_shl": lambda a, b: wrap(a << b), "i64_shl_checked": _shl_checked,
    "i64_shr": operator.rshift, "i64_lshr": lambda a, b: wrap((a & _ALL) >> b),
    "i64_floordiv": operator.floordiv, "i64_mod": operator.mod,
    "i64_lt": operator.lt, "i64_le": operator.le, "i64_eq": operator.eq,
    "i64_ne": operator.ne, "i64_gt": operator.gt, "i64_ge": operator.ge,
    "i64_ult": lambda a, b: (a & _ALL) < (b & _ALL), "i64_min": min, "i64_max": max,
    "i64_select": lambda c, a, b: a if c else b,
    "i64_to_f64": float, "i64_bit_length": int.bit_length, "i64_bit_count": int.bit_count,
    "i64_pow_checked": _pow_checked,
    "f64_add": operator.add, "f64_sub": operator.sub, "f64_mul": operator.mul, "f64_div": operator.truediv,
    "f64_neg": operator.neg, "f64_abs": abs, "f64_sqrt": _sqrt,
    "f64_floor": _rounded(math.floor), "f64_ceil": _rounded(math.ceil), "f64_trunc": _rounded(math.trunc),
    "f64_rint": _rounded(round),
    "f64_floordiv": operator.floordiv, "f64_mod": operator.mod,
    "f64_lt": operator.lt, "f64_le": operator.le, "f64_eq": operator.eq,
    "f64_ne": operator.ne, "f64_gt": operator.gt, "f64_ge": operator.ge,
    "f64_select": lambda c, a, b: a if c else b,
    "f64_isfinite": math.isfinite, "f64_isnan": math.isnan, "f64_copysign": math.copysign,
    "f64_to_i64_checked": _to_i64, "f64_bits": lambda x: struct.unpack("<q", struct.pack("<d", x))[0],
    "bool_not": operator.not_, "bool_and": operator.and_, "bool_or": operator.or_, "bool_xor": operator.xor,
    "bool_to_i64": int,
}

# of constant objects that cannot change
_OBJECTS: Final[dict[str, Callable[..., Any]]] = {
    "box_i64": int, "box_u64": int, "box_f64": float, "box_bool": bool,
    "unbox_i64": lambda o: fitting(int(o)), "unbox_f64": lambda o: o, "unbox_bool": lambda o: o,
    "long_low_bits": wrap, "is": lambda a, b: a is b,
    "tuple_length": len, "tuple_item": operator.getitem, "str_length": len, "bytes_length": len,
    "bytes_item": operator.getitem, "str_item": lambda s, i: ord(s[i]),
}


def fold(node: Node) -> Const | None:
    """The constant that a node with constant operands computes, if it is one."""
    op = node.op
    assert op is not None
    function = NUMBERS.get(op.name) or _OBJECTS.get(op.name)
    if function is None or not node.args:
        return None
    for arg in node.args:
        if type(arg) is not Const:
            return None
    try:
        return Const(function(*[arg.value for arg in node.args]), op.result)    # type: ignore[union-attr]
    except (ArithmeticError, ValueError, IndexError, TypeError):    # it leaves, or is never reached
        return None


def same(a: Operand, b: Operand) -> bool:
    """Whether two operands are the same value by construction."""
    return a is b or (type(a) is Const and type(b) is Const and a.key() == b.key())
