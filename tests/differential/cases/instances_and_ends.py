"""Instances made in compiled code whose frames, ends and reference counts are looked at."""

import gc
import sys
import weakref

from case import Noisy, case, chain, log
from shapes import MoreSlots, NoSlots, Pair, Slots


class Again:
    def __init__(self, value):
        self.value = value
        self.other = [value]


class AgainSlots(Slots):
    __slots__ = ()


@case((30,))
def init_called_again(n):
    a, s = Again(Noisy("first")), AgainSlots(Noisy("first slot"))
    for i in range(n):
        a.__init__(i)
        s.__init__(i, a.other)
        log(a.value, s.a)
    return a.value, s.b


class Large:
    """Has an `__init__` that is called, not inlined."""

    def __init__(self, n, *rest, **named):
        self.total = 0
        self.callers = None
        for i in range(n):
            if i % 2:
                self.total += i
            elif i % 3:
                self.total -= 1
            else:
                self.total *= 2
        if n == 3:
            raise KeyError(n)
        if n == 5:
            self.callers = [name for name, _ in chain()]
        self.rest, self.named = rest, named
        self.a = n + 1 if n > 3 else n - 1
        self.b = n + 1 if n > 4 else n - 1
        self.c = n + 1 if n > 5 else n - 1
        self.d = n + 1 if n > 6 else n - 1
        self.e = n + 1 if n > 7 else n - 1


@case((12,))
def large_init(n):
    kept = []
    for i in range(n):
        try:
            kept.append(Large(i, i, 2, three=i))
        except KeyError as error:
            log(error.args)
    return [sorted(vars(each).items(), key=str) for each in kept]


class Ends:
    """Its end is noticed."""

    def __init__(self, name, fails=False):
        self.name = name
        if fails:
            raise ValueError("after the name")
        self.length = len(name)

    def __del__(self):
        log("gone", vars(self))


class EndsSlots:
    __slots__ = ("name", "other")

    def __init__(self, name, other):
        self.name = name
        self.other = other

    def __del__(self):
        log("gone", self.name)


@case((6,))
def with_finalisers(n):
    held = None
    for i in range(n):
        log("round", i)
        Ends("dropped")
        held = Ends(f"kept {i}")
        EndsSlots(Noisy("in a slot"), i)
        try:
            Ends("half", True)
        except ValueError as error:
            log(str(error))
        log(held.length)
    return held.name


@case((5,))
def parts_end_in_order(n):
    for i in range(n):
        s = Slots(Noisy("a"), Noisy("b"))
        log("made")
        m = MoreSlots(Noisy("base a"), Noisy("base b"), Noisy("c"))
        del s
        log("dropped")
        del m
        kept = [MoreSlots(Noisy("2 base a"), Noisy("2 base b"), Noisy("2 c"))]
        kept.pop()
        s = Slots(Noisy("replaced"))
        s.a = i
        log("end of round")


@case((8,))
def weak_references(n):
    seen = []
    for i in range(n):
        p, m = Pair(i, 1), MoreSlots(i, 1, 2)
        references = weakref.ref(p, lambda _: log("pair gone")), weakref.ref(m, lambda _: log("slots gone"))
        seen.append([r() is not None for r in references])
        del p, m
        seen.append([r() for r in references])
        try:
            weakref.ref(Slots(1))
        except TypeError as error:
            log(str(error))
    return seen


@case((6,))
def seen_by_the_collector(n):
    tracked = []
    for i in range(n):
        p, s, e = Pair(i, 1), Slots(i, 2), NoSlots()
        p.a = p
        s.a = s
        tracked.append([gc.is_tracked(each) for each in (p, s, e)])
        tracked.append([len(gc.get_referents(each)) for each in (p, s, e)])
        reference = weakref.ref(p)
        del p, s
    gc.collect()
    return tracked, reference()


@case((20,))
def counts(n):
    one, two = object(), object()
    before = sys.getrefcount(one), sys.getrefcount(two), sys.getrefcount(Pair), sys.getrefcount(Slots)
    kept = [Pair(one, two) for _ in range(n)] + [Slots(one, two) for _ in range(n)]
    between = sys.getrefcount(one), sys.getrefcount(two), sys.getrefcount(Pair), sys.getrefcount(Slots)
    kept.clear()
    after = sys.getrefcount(one), sys.getrefcount(two), sys.getrefcount(Pair), sys.getrefcount(Slots)
    return [b - a for a, b in zip(before, between)], [b - a for a, b in zip(before, after)]


def fill(target, value):
    target.a = value
    target.b = value


@case((60,))
def first_and_later_stores(n):
    kept = []
    for i in range(n):
        p, s = Pair.__new__(Pair), Slots.__new__(Slots)
        fill(p, i)
        fill(s, i)
        if i % 4 == 0:
            fill(p, Noisy(i))
            fill(s, 1.5)
        kept += [p, s]
    return [(k.a, k.b) for k in kept if type(k.a) is int][:10]


@case((5,))
def joined_with_what_ends(n):
    for i in range(n):
        parts = [Noisy(i)]
        both = [Noisy(-i)] + parts + [Noisy("last")]
        log(len(both))
        del both[0]
        log("left", [each.name for each in both])


class Late:
    """Gets its attributes late, so that they lie in a dict of its own."""


@case((12,))
def ends_in_a_dict_of_its_own(count):
    late = Late()
    late.__dict__ = {"number": 0}
    for number in range(count):
        late.noisy = Noisy(number)
        late.number += 1
        log("then", late.number, late.noisy.name)
        if number % 4 == 3:
            del late.noisy
    del late.noisy
    return sorted(vars(late))
