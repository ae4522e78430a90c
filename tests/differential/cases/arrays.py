"""array.array: items of every type code, stores at the ends of the ranges, negative indexes, errors, growth meanwhile."""

from array import array

from case import case

CODES = "bBhHiIlLqQfd"


@case(*((array(code, [1, 2, 3, 100]),) for code in CODES), (array("w", "abcd"),), (array("d"),))
def first_and_last(xs):
    return [xs[0], xs[-1], len(xs), xs[1] == xs[2]]


@case(*((array(code, [5, 6, 7]),) for code in CODES))
def running_total(xs):
    total = 0
    for i in range(len(xs)):
        xs[i] = xs[i] * 2
        total += xs[i]
    return total, xs.tolist()


def edges(code):
    bits = 8 * array(code).itemsize
    low, high = (-1 << bits - 1, (1 << bits - 1) - 1) if code.islower() else (0, (1 << bits) - 1)
    return low, low - 1, high, high + 1


@case(*((array(code, [0] * 3), value) for code in "bBhHiIqQ" for value in edges(code)), (array("h", [0] * 3), True),
      (array("i", [0] * 3), 1.5), (array("i", [0] * 3), "x"), (array("i", [0] * 3), None))
def store(xs, value):
    xs[1] = value
    xs[-1] = value
    return xs.tolist()


@case(*((array(code, [0.0] * 2), value) for code in "fd"
        for value in (0.1, -0.0, 1e300, float("inf"), 3, True, 2**70, 10**400, "x", None)))
def store_float(xs, value):
    xs[0] = value
    return xs.tolist()


@case((array("d", [1.0, 2.0]), 2), (array("d", [1.0, 2.0]), -3), (array("d", [1.0]), 2**70), (array("q", [1]), True),
      (array("q"), 0), (array("q", [1, 2]), 1.0), (array("Q", [2**64 - 1]), 0))
def index_once(xs, i):
    return xs[i]


@case((array("d", [1.0, 2.0, 3.0, 4.0]),))
def shrinking(xs):
    seen = []
    i = 0
    while i < len(xs):
        seen.append(xs[i])
        if i == 1:
            xs.pop()
        i += 1
    xs.append(9.0)
    return seen, xs[-1], len(xs)


class Counting(array):
    def __getitem__(self, index):
        return array.__getitem__(self, index) + 1


@case(([array("d", [1.0, 2.0]), array("i", [3, 4]), Counting("i", [5, 6]), array("w", "xy"), [7, 8]],))
def mixed_kinds(all_of_them):
    seen = []
    for _ in range(3):
        for xs in all_of_them:
            seen.append((xs[0], len(xs)))
    return seen


@case((array("d", [1.0] * 9), array("d", [2.0] * 9)))
def relax(xs, ys):
    for _ in range(3):
        for i in range(1, len(xs) - 1):
            xs[i] = 0.25 * (xs[i - 1] + xs[i + 1]) + 0.5 * ys[i]
            ys[i] -= xs[i]
    return xs.tolist(), ys.tolist()


@case((array("B", range(8)),))
def through_a_view(xs):
    view = memoryview(xs)
    total = 0
    for i in range(len(xs)):
        view[i] = 7
        total += xs[i]
    del view
    return total


@case((17,), (0,), (-1,), (2**70,))
def made_here(n):
    zeros = array("d", [0]) * n
    for i in range(len(zeros)):
        zeros[i] = i * 0.5
    whole = array("q", range(5))
    total = 0
    for i in range(len(whole)):
        total += whole[i]
    return zeros.tolist(), total, array("i"), array("w", "text")[1]
