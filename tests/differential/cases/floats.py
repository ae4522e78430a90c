"""Floats: nan, infinities, signed zeros, division, powers, rounding, comparison with ints."""

import math

from case import case

NAN = float("nan")
INF = float("inf")
EDGES = (0.0, -0.0, 1.0, -1.0, 0.5, 1e-320, -1e-320, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308, INF, -INF,
         NAN, 2.0**53, 2.0**63, -2.0**63, 1e16, 0.1, 3.0)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


@case((1.5, 2.5), (0.0, -0.0), (-0.0, -0.0), (INF, -INF), (NAN, 1.0), (1e308, 1e308))
def add(a, b):
    return a + b


@case((1.5, 2.5), (0.0, 0.0), (-0.0, 0.0), (INF, INF))
def subtract(a, b):
    return a - b


@case((1.5, 2.0), (0.0, -1.0), (INF, 0.0), (1e200, 1e200), (5e-324, 0.5))
def multiply(a, b):
    return a * b


@case((1.0, 3.0), (1.0, 0.0), (0.0, 0.0), (-1.0, -0.0), (INF, INF), (1.0, INF), (-1.0, INF))
def divide(a, b):
    return a / b


@case((7.5, 2.0), (-7.5, 2.0), (7.5, -2.0), (-0.0, 3.0), (1.0, 0.0), (INF, 2.0), (5.0, INF), (-5.0, INF), (NAN, 1.0))
def floor_and_modulo(a, b):
    return a // b, a % b, divmod(a, b)


@case((2.0, 0.5), (-8.0, 1 / 3), (0.0, -1.0), (-2.0, 3.0), (1e200, 2.0), (0.0, 0.0), (NAN, 0.0), (1.0, NAN),
      (INF, -1.0), (-1.5, 2), (2.0, -1074), (2, 0.5), (-2, 0.5))
def power(a, b):
    return a ** b


@case(*[(x,) for x in EDGES])
def unary(x):
    return -x, +x, abs(x), not x, bool(x)


@case(())
def all_pairs_of_edges():
    seen = []
    for a in EDGES:
        for b in EDGES:
            seen.append((a + b, a - b, a * b))
            seen.append((a < b, a <= b, a == b, a != b, a > b, a >= b, a is b))
    return seen


@case(())
def divisions_of_edges():
    seen = []
    for a in EDGES:
        for b in EDGES:
            seen.append(outcome(lambda x, y: x / y, a, b))
            seen.append(outcome(lambda x, y: x // y, a, b))
            seen.append(outcome(lambda x, y: x % y, a, b))
            seen.append(outcome(lambda x, y: x ** y, a, b))
    return seen


@case((1, 2.5), (2**53 + 1, 1.0), (2**70, 0.5), (10**400, 1.0), (True, 0.5), (-1, -0.0))
def mixed_with_int(a, b):
    return a + b, a - b, a * b, a / (b or 1.0), b + a, b * a


@case((2**53 + 1, 2.0**53), (2**63, 2.0**63), (2**63 - 1, 2.0**63), (10**400, INF), (1, NAN), (0, -0.0), (3, 3.5))
def compare_with_int(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b, b < a, b <= a, b == a


@case((0.5,), (1.5,), (2.5,), (-0.5,), (2.675,), (1e20,), (INF,), (NAN,))
def rounding(x):
    return round(x)


@case((2.675, 2), (-1234.5678, -2), (1e300, 5), (0.0, 3), (NAN, 2), (1.5, None))
def rounding_digits(x, n):
    return round(x, n)


@case((3.99,), (-3.99,), (1e19,), (-1e19,), (INF,), (NAN,), (9.223372036854775e18,))
def to_int(x):
    return int(x), math.floor(x), math.ceil(x), math.trunc(x)


@case(("1.5",), ("nan",), ("-inf",), ("x",), (7,), (2**1100,), (True,), (2.5,))
def to_float(x):
    return float(x)


@case((100,),)
def harmonic(n):
    total = 0.0
    for i in range(1, n):
        total += 1.0 / i
    return total


@case((0.0, 60), (-0.0, 60))
def accumulate_zero(zero, n):
    total = zero
    for _ in range(n):
        total += zero
        total *= -1.0
    return total, math.copysign(1.0, total)


@case((1.0,), (NAN,), (1e300,))
def grow_to_infinity(x):
    steps = 0
    while x < INF and steps < 80:
        x *= 1e10
        steps += 1
    return x, steps


@case((1.0,))
def shrink_to_zero(x):
    steps = 0
    while x:
        x /= 1e5
        steps += 1
    return x, steps


@case((-2.0, 0.5, 60), (0.1, 0.1, 60))
def escape(cr, ci, limit):
    zr = zi = 0.0
    for i in range(limit):
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
        if zr * zr + zi * zi > 4.0:
            return i
    return limit


@case(([3.0, 1.0, 2.0],), ([NAN, 1.0, 2.0],), ([1.0, NAN],), ([0.0, -0.0],), ([-0.0, 0.0],), ([1, 2.5, True],))
def extremes(xs):
    return min(xs), max(xs), sum(xs), sorted(xs), min(*xs), max(*xs)


@case((50,))
def int_becomes_float(n):
    total = 0
    for i in range(n):
        total += i * 0.5
    return total


@case((60,))
def float_sometimes(n):
    total = 0
    for i in range(n):
        total += i if i % 7 else i / 2
    return total


@case((1.5,), (NAN,), (-0.0,))
def methods(x):
    return x.is_integer(), outcome(x.as_integer_ratio), x.hex(), x.conjugate(), x.real, x.imag, repr(x)


@case(([1.0, NAN, 2.0], NAN), ([0.0], -0.0))
def contains(xs, x):
    return x in xs, xs.count(x), [y == x for y in xs]


@case((1.5, "a"), (1.5, None), (1.5, [1]))
def bad_operand(a, b):
    return a * b


class MyFloat(float):
    def __mul__(self, other):
        return "mine"


@case((MyFloat(2.0), 3.0), (3.0, MyFloat(2.0)), (2.0, 3.0))
def float_subclass(a, b):
    return [a * b for _ in range(10)]


@case((40,))
def polynomial(n):
    seen = []
    for i in range(n):
        x = i / 10
        seen.append(((2.0 * x - 3.0) * x + 0.5) * x - 7.0)
    return seen


@case((30,))
def newton(n):
    seen = []
    for i in range(n):
        x = 1.0
        for _ in range(20):
            x = 0.5 * (x + i / x)
        seen.append(x)
    return seen


@case((0.1, 0.2, 0.3), (NAN, NAN, NAN), (1.0, 2.0, 3.0))
def chained_comparison(a, b, c):
    return a < b < c, a <= b >= c, a == b == c, a < b > c, not a < b, a != b != c


@case((1.0,), (-1.0,), (0.0,), (NAN,))
def branches(x):
    if x > 0.0:
        return "positive"
    elif x < 0.0:
        return "negative"
    elif x == 0.0:
        return "zero"
    return "neither"
