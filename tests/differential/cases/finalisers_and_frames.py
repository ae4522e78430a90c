"""Finalisers that meddle with the frame whose instruction ended the object: it must go on where that instruction ends."""

import sys

from case import case, chain, log


class Looking:
    """Looks at the locals of whoever lets it go, so that compiled code leaves at that very instruction."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        log("gone", self.name, sys._getframe(1).f_lineno, sorted(sys._getframe(1).f_locals))


class Items:
    """An iterator that looks when it ends."""

    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        self.n -= 1
        if self.n < 0:
            raise StopIteration
        return self.n

    def __del__(self):
        log("iterator gone", chain(), len(sys._getframe(1).f_locals))


@case((3,))
def tested_for_none(n):
    seen = []
    for i in range(n):
        if Looking("is") is None:
            seen.append("none")
        else:
            seen.append(i)
        if Looking("is not") is not None:
            seen.append(-i)
        else:
            seen.append("none")
    return seen


@case((4,))
def none_leaves_the_loop(n):
    for i in range(n):
        if Looking(i) is None:
            raise ValueError(i)
    return i


@case((4,))
def not_none_leaves_the_loop(n):
    for i in range(n):
        if Looking(i) is not None and i == 2:
            return i
    return None


@case((5,))
def iterator_ends_where_the_first_item_returns(n):
    while n > 0:
        for x in Items(n % 2):
            return n, x
        n -= 2
    return n


@case((6,))
def tested_for_truth(n):
    seen = []
    for i in range(n):
        if Looking("if"):
            seen.append(i)
        while not Looking("while"):
            seen.append("never")
        seen.append(Looking("or") and i or "never")
    return seen


@case((4,))
def popped_stored_and_compared(n):
    seen = []
    for i in range(n):
        Looking("popped")
        x = Looking("stored")
        x = i
        seen.append(Looking("compared") == x)
        seen.append([Looking("item"), i][1])
        seen.append((Looking("part"), i)[-1])
    return seen, x


class Leaving:
    """Makes compiled code leave, but does not say what it has seen."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        sys._getframe(1).f_locals


@case((5,))
def stored_and_loaded_by_one_instruction(n):
    seen = []
    for i in range(n):
        x = Leaving(i); seen.append(x.name)  # noqa: E702
    return seen, x.name


@case((5,))
def two_stores_by_one_instruction(n):
    seen = []
    for i in range(n):
        x, y = Leaving(i), [Leaving(-i)]
        seen.append((x.name, y[0].name))
    return seen


class Stays:
    """Comes back to life."""

    def __del__(self):
        global stayed
        stayed = self


@case((6,))
def comes_back_to_life(n):
    seen = []
    for i in range(n):
        x = Stays(); x.i = i  # noqa: E702
        if i > 0:
            seen.append(stayed.i)
    return seen, stayed.i


class Named:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log("gone", self.name)


@case((2,), (5,))
def locals_go_when_nothing_else_holds_them(n):
    first, second = Named("a"), Named("b")
    pair = (Named("c"), (Named("d"), Named("e")), Named("f"))
    again = first
    third = pair[0]
    return n, third.name, again.name, second.name


def holds_twice(n):
    first = Named(("first", n))
    second = Named(("second", n))
    pair = (Named(("left", n)), Named(("right", n)))
    again = first
    return again.name, second.name, len(pair)


@case((4,))
def locals_of_an_inlined_function_go(n):
    return [holds_twice(i) for i in range(n)]
