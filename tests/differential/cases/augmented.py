"""Augmented assignments: what changes the object itself, and what binds another one."""

from array import array
from collections import Counter, deque

from case import Noisy, case, log


class Bag(list):
    pass


class Grows:
    """Adds to itself."""

    def __init__(self):
        self.seen = []

    def __iadd__(self, other):
        self.seen.append(other)
        return self

    def __add__(self, other):
        return "another"


class Plain:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return Plain(self.n + other)


@case(([1, 2], [3]), ([], [1.5]), ([1], (2, 3)), ([1], "ab"), (bytearray(b"a"), b"b"), (deque([1]), [2]),
      ((1, 2), (3,)), ("a", "b"), (array("i", [1]), array("i", [2])), ([1], 5), (None, [1]), (1, 2), (1.5, 2), (2**70, 1))
def adds(a, b):
    alias = a
    a += b
    return a, alias, a is alias or type(a) in (int, float)


@case(([1, 2], 3), ([], 2), ((1,), 2), ("ab", 3), (bytearray(b"xy"), 2), ([1], -1), (3, 4), (2.5, 2), ([0] * 3, "x"))
def multiplies(a, n):
    alias = a
    a *= n
    return a, alias


@case(({1, 2}, {2, 3}), (frozenset((1, 2)), {3}), ({1: 2}, {3: 4}), (Counter("ab"), Counter("b")), (6, 3), ({1}, [1]))
def joins(a, b):
    alias = a
    a |= b
    return a, alias


@case(({1, 2, 3}, {2, 3}), (7, 3), (Counter("aab"), Counter("ab")))
def meets(a, b):
    alias, other = a, a
    a &= b
    other -= b
    return a, alias, other


@case((30,))
def in_a_loop(n):
    out, again = [], []
    alias = out
    for i in range(n):
        out += [i, i * 2]
        out += []
        again += out[-1:]
        again *= 1
    return out, alias is out, alias, again


@case(lambda: ([],), lambda: (Bag(),), lambda: (Bag([1]),))
def of_attributes(items):
    log("before", len(items))
    x = items
    for i in range(5):
        x += [i]
        items += x[:1]
    return items, x is items


@case(lambda: (Grows(), 3), lambda: (Plain(1), 3))
def of_classes(a, n):
    alias = a
    for i in range(n):
        a += i
    return a is alias, getattr(a, "seen", None), getattr(a, "n", None)


@case((6,))
def itself(n):
    out = [1]
    for _ in range(n):
        out += out
    return len(out), sum(out)


@case((4,))
def items_go_in_order(n):
    kept = []
    for i in range(n):
        kept += [Noisy(i)]
        log("kept", len(kept))
    kept.clear()
    log("cleared")
