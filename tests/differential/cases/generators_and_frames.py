"""Generators that run in place: whose frames are seen, and when what they hold is let go."""

from __future__ import annotations

import sys

from case import Noisy, case, chain, log


@case((3,))
def dropped_when_left(n):
    def body():
        noisy = Noisy("in the body")
        for i in range(n):
            log("round", i)
            yield i
    for x in body():
        log("got", x)
        if x == 1:
            break
    log("left")
    return x


@case((3,))
def dropped_at_its_end(n):
    def body():
        noisy, other = Noisy("first"), Noisy("second")
        yield 1
        noisy = None
        yield 2
    for x in body():
        log("got", x)
    log("over")


@case((2,), (0,))
def argument_goes(n):
    def body(noisy):
        for i in range(n):
            yield i
    for x in body(Noisy("argument")):
        log("got", x)
    log("over")


@case((3,))
def yields_what_goes(n):
    def body():
        for i in range(n):
            yield Noisy(i)
            log("after", i)
    for x in body():
        log("got", x.name)
    log("over")
    x = None


@case((4,))
def guarded_by_finally(n):
    def body():
        try:
            for i in range(n):
                yield i
        finally:
            log("finally")
    for x in body():
        if x == n - 2:
            break
    log("left")


@case((4,), (1,))
def suspended_in_with(n):
    class Context:
        def __enter__(self):
            log("enter")

        def __exit__(self, *details):
            log("exit", details[0] is not None and details[0].__name__)

    def body():
        with Context():
            for i in range(n):
                yield i
    for x in body():
        if x == 2:
            break
    log("left")


@case((3,))
def frames_seen_from_body(n):
    def body():
        for i in range(n):
            log(chain())
            yield i
    for x in body():
        log(chain())


@case((3,))
def frames_kept_from_body(n):
    frames = []

    def body():
        for i in range(n):
            frames.append(sys._getframe())
            log(frames[-1].f_lineno, frames[-1].f_locals["i"])
            yield i
    for x in body():
        log(x, frames[0] is frames[-1], frames[0].f_locals["i"], frames[0].f_lineno)
    return frames[0].f_locals.get("i")


@case((3,))
def locals_of_consumer(n):
    def body():
        for i in range(n):
            log(sorted(sys._getframe(1).f_locals))
            yield i
    total = 0
    generator = body()
    for x in generator:
        total += x
    return total, sorted(locals())


@case((4,))
def delegation_left(n):
    def inner():
        noisy = Noisy("inner")
        for i in range(n):
            yield i

    def outer():
        noisy = Noisy("outer")
        yield from inner()
    for x in outer():
        if x == 2:
            break
    log("left")
