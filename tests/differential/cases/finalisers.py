"""Stores that end an object whose finaliser changes what is being stored into."""

import operator

from case import Noisy, case, log


class Clears:
    """Empties a container when it ends."""

    def __init__(self, target):
        self.target = target

    def __del__(self):
        log("clears", len(self.target))
        self.target.clear()


def list_that_clears_itself(size=3):
    items = [None] * size
    items[0] = Clears(items)
    return items


@case(lambda: (list_that_clears_itself(), None), lambda: ([1, 2, 3], 5), lambda: ([1.5, 2, 3], 2.5))
def two_stores(items, value):
    items[0] = value
    items[1] = value
    return len(items)


@case(lambda: (list_that_clears_itself(9), None), lambda: ([0] * 9, 1))
def stores_in_a_loop(items, value):
    for i in range(len(items)):
        items[i] = value
    return len(items)


@case(lambda: (list_that_clears_itself(4), [7, 8, 9]), lambda: ([1, 2, 3, 4], [7, 8, 9]))
def length_after_store(items, others):
    total = 0
    for k in range(3):
        items[0] = others
        total += items[k + 1] if items[k + 1] else 1
    return total


class Holder:
    def __init__(self, value, items):
        self.value = value
        self.items = items


class SlotHolder:
    __slots__ = ("value", "items")

    def __init__(self, value, items):
        self.value = value
        self.items = items


def holder(kind, size=3):
    items = list(range(size))
    return kind(Clears(items), items)


@case(lambda: (holder(Holder), 2), lambda: (Holder(1, [1, 2, 3]), 2), lambda: (Holder(0.5, [1.5, 2, 3]), 2.5))
def attribute_store(thing, value):
    items = thing.items
    before = items[1]
    thing.value = value
    return before, items[1], len(items)


@case(lambda: (holder(SlotHolder), 2), lambda: (SlotHolder(1, [1, 2, 3]), 2),
      lambda: (SlotHolder(0.5, [1.5, 2, 3]), 2.5))
def slot_store(thing, value):
    items = thing.items
    before = items[1]
    thing.value = value
    return before, items[1], len(items)


@case(lambda: ([1, 2, 3], True), lambda: ([1, 2, 3], False))
def cell_store(items, ends):
    def replace(value):
        nonlocal held
        held = value

    held = Clears(items) if ends else 5
    before = items[1]
    replace(None)
    return before, items[1], len(items)


def dict_that_clears(key):
    items = [1, 2, 3]
    return {key: Clears(items)}, items


@case(lambda: (*dict_that_clears("k"), "k"), lambda: (*dict_that_clears(3), 3), lambda: ({"k": 1}, [1, 2, 3], "k"))
def dict_store(names, items, key):
    before = items[1]
    names[key] = before
    return before, items[1], len(items)


@case(lambda: (list_that_clears_itself(), 4), lambda: ([1, 2, 3], 4))
def store_by_function(items, value):
    result = operator.setitem(items, 0, value)
    return result, items[1], len(items)


@case(lambda: (*dict_that_clears("k"),), lambda: ({}, [1, 2, 3]))
def dict_store_by_function(names, items):
    result = operator.setitem(names, "k", items)
    return result, len(items), items[0]


@case(lambda: ([Noisy(1), Noisy(2), Noisy(3)], 3), lambda: ([1, Noisy(2), 2.5], 3))
def order_of_ends(items, n):
    for i in range(n):
        log("store", i)
        items[i] = Noisy(10 + i)
        log("stored", i)
    log("done")
    return n


@case(lambda: (Holder(Noisy("a"), []), 3))
def attribute_ends(thing, n):
    for i in range(n):
        thing.value = Noisy(i)
        log("stored", i)
    return n


class Both:
    def __init__(self, turned):
        if turned:
            self.second = 2
            self.first = 1
        else:
            self.first = 1
            self.second = 2


@case((True,), (False,), (0,))
def attribute_order(turned):
    return list(vars(Both(turned)))


@case(lambda: ([Noisy(1)],))
def taken_over(items):
    fresh = [Noisy("item")]
    items.append(fresh)
    pair = (items, [Noisy("in a list")])
    log("made")
    items[0] = pair[1]
    log("replaced")
    del items[1:]
    log("shorter")
    return len(pair)


@case(lambda: ([Noisy(1), Noisy(2), Noisy(3)],))
def slice_ends_items(xs):
    xs[:2] = [Noisy(4), Noisy(5)]
    log("replaced")
    xs[1:] = xs[1:][::-1]
    log("turned")
    xs[:] = xs[:1]
    log("cut")
    return len(xs)


class Silent:
    def __init__(self, size):
        self.size = size

    def area(self):
        return self.size


class Loud(Silent):
    def area(self):
        return self.size * 2

    def __del__(self):
        log("gone", self.size)


@case(([Loud, Silent],), ([Silent, Loud, Loud],))
def of_several_types(classes):
    shapes = [classes[i % len(classes)](i) for i in range(60)]
    total = 0
    while shapes:
        shape = shapes.pop()
        total += shape.area()
        shape.size = -shape.size
    return total


class Ends:
    def __init__(self, n):
        self.n = n
        if n % 3 == 1:
            self.act = lambda x: ("own", x)

    def act(self, x):
        log("act", self.n)
        return "method", x

    def __del__(self):
        log("end", self.n)


class Slot:
    __slots__ = ("act", "n")

    def __init__(self, n):
        self.act = lambda x: ("slot", x)
        self.n = n

    def __del__(self):
        log("end of slot", self.n)


def argument(x):
    log("argument", x)
    return x


@case((9,))
def owners_end_in_order(n):
    makers = [Ends, Ends, Ends, Slot]
    seen = []
    for i in range(n):
        seen.append(makers[i % 4](i).act(argument(i)))
        thing = makers[i % 4](i + 100)
        seen.append(thing.act(argument(thing := None)))
        log("next")
    return seen
