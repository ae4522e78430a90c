"""C functions that take all values of a generator: the frames that its body sees, and when values are let go."""

from __future__ import annotations

import gc
import sys
import weakref

from case import Noisy, case, chain, log


@case((3,))
def frames_of_the_body(n):
    def body():
        for i in range(n):
            log(chain())
            yield i
    return sum(body()), list(body()), max(body()), any(x > 1 for x in body()), ",".join(str(x) for x in body())


@case((3,))
def frames_of_the_key(n):
    def key(x):
        log(chain())
        return -x
    return max((i for i in range(n)), key=key), sorted((i for i in range(n)), key=key)


@case((3, 1), (3, 9))
def frames_after_an_exit(n, odd):
    def body():
        for i in range(n):
            log(chain())
            yield "text" if i == odd else i
    try:
        return sum(body())
    except TypeError as error:
        frames = []
        tb = error.__traceback__
        while tb is not None:
            frames.append((tb.tb_frame.f_code.co_name, tb.tb_lineno))
            tb = tb.tb_next
        return frames


@case((4,))
def values_go_as_they_are_taken(n):
    def body():
        for i in range(n):
            log("yield", i)
            yield Noisy(i)
    log(any(x.name > 1 for x in body()))
    log(any(not x for x in body()))
    log(all(x for x in body()))
    log(max(body(), key=lambda x: x.name).name)
    log(min(body(), key=lambda x: x.name).name)
    made = list(body())
    log("made")
    made = None
    made = tuple(body())
    log("made")


class Falsy(Noisy):
    def __bool__(self):
        return False


class Like(Noisy):
    """Equal to all its like; or, where it is one of a kind, in the reverse order in a set."""

    def __init__(self, name, alike):
        super().__init__(name)
        self.alike = alike

    def __hash__(self):
        return 1 if self.alike else 7 - self.name

    def __eq__(self, other):
        return self.alike

    def __lt__(self, other):
        return self.name < other.name


class Text(str):
    def __del__(self):
        log("gone", str(self))


def made(n, make, *rest):
    held = Noisy("held")
    for i in range(n):
        log("yield", i)
        yield make(i, *rest)
    log("last")


@case((3,))
def any_lets_go(n):
    return any(made(n, Noisy)), any(made(n, Falsy))


@case((3,))
def all_lets_go(n):
    return all(made(n, Falsy)), all(made(n, Noisy))


@case((3,))
def sets_let_go_of_what_they_have(n):
    found = {1}
    found.update(made(n, Like, True))
    log("updated")
    return len(set(made(n, Like, True))), len(found)


@case((3,))
def extremes_let_go(n):
    return max(made(n, Like, False)).name, min(made(n, Like, False)).name


@case((3,))
def cleared_on_the_way(n):
    def body(kept):
        for i in range(n):
            yield Noisy(i)
            log("taken", i, len(kept))
            kept.clear()
            log("cleared")
    result, found = [], set()
    result.extend(body(result))
    found.update(body(found))
    return result, found


def raises(n, make, *rest):
    for i in range(n):
        yield make(i, *rest)
    log("raises")
    raise KeyError(n)


@case((list,), (tuple,), (set,), (sorted,), ("".join,), (max,), (min,))
def values_go_where_the_body_raises(function):
    try:
        if function is list:
            list(raises(3, Noisy))
        elif function is tuple:
            tuple(raises(3, Noisy))
        elif function is set:
            set(raises(3, Like, False))
        elif function is sorted:
            sorted(raises(3, Like, False))
        elif function is max:
            max(raises(3, Like, False))
        elif function is min:
            min(raises(3, Like, False))
        else:
            "".join(raises(3, Text))
    except KeyError as error:
        return str(error)


@case((4,))
def sums_let_go(n):
    class Added(Noisy):
        def __radd__(self, other):
            log("radd", other)
            return Added(other + self.name)

        def __add__(self, other):
            log("add", self.name, other.name)
            return Added(self.name + other.name)
    result = sum(Added(i) for i in range(1, n))
    log("summed")
    return result.name


@case((4,))
def what_the_body_holds(n):
    def body():
        held = Noisy("held")
        for i in range(n):
            yield i
        log("last")
    log(sum(body()))
    log(any(x == 1 for x in body()))
    log("over")


@case((4,))
def guarded_by_finally(n):
    def body():
        try:
            for i in range(n):
                yield i
        finally:
            log("finally", sys._getframe(1).f_code.co_name)
    log(sum(body()))
    log(any(x == 1 for x in body()))
    log(max(body()))
    log("over")


@case((3,))
def raises_within(n):
    def body():
        held = Noisy("held")
        for i in range(n):
            yield Noisy(i)
        raise KeyError(n)
    for f in (list, sorted, tuple):
        try:
            f(body())
        except KeyError as error:
            log(str(error))
            error = None
    try:
        list(body())
    except KeyError as error:
        log(str(error), [k for k in error.__traceback__.tb_next.tb_frame.f_locals])
    log("over")


@case((3,))
def locals_are_looked_at(n):
    def body():
        for i in range(n):
            frame = sys._getframe(1)
            log(sorted(frame.f_locals.items(), key=lambda item: item[0])[0][0], frame.f_lineno)
            yield i
    a = 5
    total = sum(body())
    return a, total, list(body())


@case((3,))
def locals_are_changed(n):
    def body():
        for i in range(n):
            sys._getframe(1).f_locals["a"] = i
            yield i
    a = 5
    total = sum(body())
    return a, total


@case((30,))
def collected_on_the_way(n):
    class Node:
        pass
    def body():
        for i in range(n):
            node = Node()
            node.itself = node
            ref = weakref.ref(node)
            node = None
            if i % 10 == 0:
                gc.collect()
                log(ref() is None)
            yield i
    return sum(body()), len(list(body()))


@case((5,))
def traced_on_the_way(n):
    """A trace function that comes on within the body sees what it would see."""
    events = []

    def trace(frame, event, arg):
        if frame.f_code.co_name in ("traced_on_the_way", "body", "<genexpr>", "sum_of"):
            events.append((frame.f_code.co_name, event, frame.f_lineno))
        return trace

    def body():
        for i in range(n):
            if i == 2:
                sys.settrace(trace)
            yield i
    try:
        total = sum(x * 2 for x in body())
    finally:
        sys.settrace(None)
    return total, events
