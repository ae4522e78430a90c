"""Bools, None, complex numbers, comparison and identity."""

from case import Tracked, case, log


@case((True, False), (True, True), (False, 0), (1, True), (True, 2**70))
def bool_arithmetic(a, b):
    return a + b, a - b, a * b, a & b, a | b, a ^ b, a < b, a == b, a is b


@case((True,), (False,))
def bool_unary(a):
    return -a, +a, abs(a), not a, int(a), float(a), a + 1, str(a)


@case((40,))
def count_true(n):
    flags = [i % 3 == 0 for i in range(n)]
    total = 0
    for flag in flags:
        total += flag
    return total, sum(flags), all(flags), any(flags)


@case((40,))
def flag_becomes_int(n):
    x = True
    for i in range(n):
        x = x + i
    return x


@case((1, 0), (0, 1), ("", []), ([1], ()), (None, 5), (0.0, -0.0), (float("nan"), 0))
def short_circuit(a, b):
    return a and b, a or b, not a, not b, (a or b) and (b or a), bool(a), bool(b)


@case((Tracked(0), Tracked(1)), (Tracked(3), Tracked(0)), (Tracked(2), 5))
def truth_is_asked_once(a, b):
    if a and b:
        return 1
    if not a or b:
        return 2
    while a:
        return 3
    return 4


class BadTruth:
    def __bool__(self):
        raise ValueError("no truth")


class WrongTruth:
    def __bool__(self):
        return 1


class LengthTruth:
    def __init__(self, n):
        self.n = n

    def __len__(self):
        log("len")
        return self.n


@case((BadTruth(),), (WrongTruth(),), (LengthTruth(0),), (LengthTruth(3),), (LengthTruth(-1),))
def truth_of_objects(x):
    count = 0
    for _ in range(5):
        if x:
            count += 1
    return count


@case((None, None), (None, 0), ((), ()), (..., ...), (NotImplemented, None))
def identity(a, b):
    return a is b, a is not b, a is None, a is not None, a == b, a != b


@case(([], []), ([1], [1]))
def identity_of_lists(a, b):
    c = a
    return a is b, a is c, a == b, [a] == [c], a in [b], any(x is a for x in [b, c])


class Odd:
    def __eq__(self, other):
        log("eq")
        return "odd"

    def __lt__(self, other):
        return []

    def __ne__(self, other):
        return NotImplemented

    __hash__ = None


@case((Odd(), 1), (1, Odd()), (Odd(), Odd()))
def odd_comparisons(a, b):
    return a == b, [a == b and 5], (a != b) in (True, False)


@case((Odd(), 1), (Odd(), Odd()))
def odd_order(a, b):
    return a < b, bool(a < b)


@case((1, 2, 3), (3, 2, 1), (1, 1, 1), (1, 5, 2))
def chained(a, b, c):
    return a < b < c, a <= b <= c, a < b > c, a == b != c, 0 < a < b < c < 10


@case((Tracked(1), Tracked(2), Tracked(3)), (Tracked(3), Tracked(2), Tracked(1)))
def chained_side_effects(a, b, c):
    return a < b < c


@case((1 + 2j, 3 - 1j), (1j, 2), (2.5, 1j), (0j, -0j), (complex("nan"), 1j), (1e308 + 0j, 1e308 * 1j))
def complex_arithmetic(a, b):
    return a + b, a - b, a * b, a == b, a != b, -a, +a, abs(b), a.real, b.imag


@case((1 + 2j, 3 - 1j), (1j, 0j), (4, 2j), (1j, 2), (0j, 1j))
def complex_division(a, b):
    return a / b


@case((1j, 2), (2 + 1j, 3), (1j, 0.5), (0j, -1), (1 + 1j, 2 - 1j), (2, 1j))
def complex_power(a, b):
    return a ** b


@case((0.3 + 0.5j, 40), (2 + 2j, 40))
def complex_loop(c, n):
    z = 0j
    for i in range(n):
        z = z * z + c
        if abs(z) > 2:
            return i, z
    return n, z


@case((1j, 2), (1, 2j))
def complex_order(a, b):
    return a < b


@case((1j, 2), (1 + 1j, 1j))
def complex_floor(a, b):
    return a // b


@case((30,))
def none_until_found(n):
    found = None
    for i in range(n):
        if found is None:
            if i * i > 100:
                found = i
        elif i > found + 3:
            found = None
    return found


@case((5,), (None,), ("x",))
def default_for_none(x):
    total = 0
    for _ in range(10):
        y = 7 if x is None else x
        total = total + y if isinstance(y, int) else str(y)
        if isinstance(total, str):
            break
    return total


@case((True, 1), (False, 0), (1, 1.0), ((1, 2), (1.0, 2.0)))
def equal_but_not_same(a, b):
    d = {a: "first"}
    d[b] = "second"
    return d, len({a, b}), [a].index(b), (a, b)
