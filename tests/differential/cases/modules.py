"""The functions of math and operator."""

import math
import operator

from case import Tracked, case

NAN = float("nan")
INF = float("inf")
ONE_ARGUMENT = (math.sin, math.cos, math.tan, math.exp, math.log, math.log2, math.log10, math.asin, math.acos,
                math.atan, math.sinh, math.cosh, math.tanh, math.expm1, math.log1p, math.fabs, math.floor, math.ceil,
                math.trunc, math.degrees, math.radians, math.isnan, math.isinf, math.isfinite, math.gamma, math.erf,
                math.cbrt, math.exp2, math.frexp, math.modf)
TWO_ARGUMENTS = (math.pow, math.fmod, math.atan2, math.hypot, math.copysign, math.remainder, math.isclose,
                 math.nextafter, math.log)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


@case((4.0,), (0.0,), (-0.0,), (-1.0,), (INF,), (NAN,), (9,), (2**70,), (True,), ("x",))
def square_root(x):
    return math.sqrt(x)


@case((0.5,), (2,), (-1.5,), (0.0,), (INF,), (NAN,), (1000.0,))
def one_argument(x):
    return [outcome(f, x) for f in ONE_ARGUMENT]


@case((2.0, 3.0), (-8.0, 0.5), (0.0, -1.0), (7, 3), (-7.5, 2), (INF, 1.0), (1.0, NAN), (1e308, 10))
def two_arguments(x, y):
    return [outcome(f, x, y) for f in TWO_ARGUMENTS]


@case((40,))
def direct_calls_in_loop(n):
    total = 0.0
    for i in range(1, n):
        x = i / 7
        total += math.sqrt(x) + math.sin(x) * math.cos(x) - math.exp(-x) + math.log(x)
        total += math.floor(x) + math.pow(x, 1.5)
        total += math.atan2(x, 2.0) + math.fabs(-x) + math.hypot(x, 1.0) + math.copysign(1.0, -x) + math.ceil(x)
        if math.isnan(total) or math.isinf(x):
            break
    return total


@case((1.0,), (800.0,), (-1.0,))
def overflow_and_domain(x):
    seen = []
    for f in (math.exp, math.log, math.sqrt, math.acosh):
        seen.append(outcome(f, x))
    return seen, math.exp(x)


@case((12, 18), (0, 0), (-4, 6), (2**70, 2**65), (2.5, 1))
def integers(a, b):
    return math.gcd(a, b), math.lcm(a, b), outcome(math.isqrt, a), outcome(math.comb, a, 2), outcome(math.factorial, b)


@case(([0.1] * 10,), ([1e308, 1e308, -1e308],), ([],), ([1, 2],))
def sums(xs):
    return outcome(math.fsum, xs), math.prod(xs), math.dist(xs, xs), math.sumprod(xs, xs)


@case(())
def constants():
    total = 0.0
    for _ in range(20):
        total += math.pi + math.e - math.tau
    return total, math.inf, math.nan


@case((7, 2), (7.5, -2.0), (2**63 - 1, 1), (True, 1))
def arithmetic_functions(a, b):
    return (operator.add(a, b), operator.sub(a, b), operator.mul(a, b), operator.truediv(a, b), operator.floordiv(a, b),
            operator.mod(a, b), operator.neg(a), operator.pos(a), operator.abs(a), operator.lt(a, b), operator.ge(a, b),
            operator.eq(a, b), operator.not_(a), operator.truth(b), operator.is_(a, b), outcome(operator.and_, a, b),
            outcome(operator.lshift, a, b), outcome(operator.index, a), outcome(operator.invert, a))


@case((30,))
def operator_in_loop(n):
    total = 0
    for i in range(n):
        total = operator.add(total, operator.mul(i, 2))
        total = operator.iadd(total, operator.xor(i, 5))
        if operator.gt(total, 500):
            total = operator.sub(total, 500)
    return total


@case((30,))
def operator_table(n):
    table = {"+": operator.add, "-": operator.sub, "*": operator.mul}
    total = 1
    for i in range(n):
        total = table["+-*"[i % 3]](total, i)
    return total


@case(([1, 2, 3], 1), ([1, 2, 3], 7), ({"a": 5}, "a"), ("text", 0))
def item_functions(x, i):
    return operator.getitem(x, i), operator.contains(x, i), operator.length_hint(x), operator.itemgetter(i)(x)


@case((Tracked(1), Tracked(2)), (Tracked(1), 5))
def operator_on_objects(a, b):
    return operator.add(a, b).value, operator.lt(a, b)


@case((5, "x"), (None, None))
def operator_errors(a, b):
    return operator.add(a, b)


@case((10,))
def function_looked_up_while_module_changes(n):
    original = math.sqrt
    seen = []
    try:
        for i in range(n):
            seen.append(math.sqrt(i))
            if i == 5:
                math.sqrt = lambda x: "changed"
    finally:
        math.sqrt = original
    return seen


@case((10,))
def from_import(n):
    from math import floor, sqrt
    return [sqrt(i) + floor(i / 2.5) for i in range(n)]
