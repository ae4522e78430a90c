"""Closures whose frames are seen while they run, or that hold what is seen to end."""

import sys

from case import Noisy, case, chain, log


@case((4,))
def seen_by_what_it_calls(n):
    seen = []
    kept = 10

    def look(i):
        inner = i + kept
        seen.append((chain(), sorted(sys._getframe(0).f_locals), inner))
        return inner
    return sum(look(i) for i in range(n)), seen


@case((4,))
def holds_what_is_noisy(n):
    held = Noisy("first")

    def swap(name):
        nonlocal held
        held = Noisy(name)
        log("swapped", name)
        return name
    names = [swap(i) for i in range(n)]
    log("done", held.name)
    return names


@case((5,))
def locals_of_its_caller(n):
    found = []

    def peek():
        caller = sys._getframe(1)
        found.append({name: caller.f_locals[name] for name in ("i", "n") if name in caller.f_locals})
        return caller.f_lineno
    for i in range(n):
        i = i + (peek() > 0)
    return found, i
