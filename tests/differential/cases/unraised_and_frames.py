"""Lookups that often miss, in `try`, and finalisers, which see the exception that is being handled."""

import sys

from case import Noisy, case, chain, log


class Watcher:
    def __init__(self, name):
        self.name = name

    def __del__(self):
        log("gone", self.name, repr(sys.exc_info()[1]), chain()[0])


def rebinding(names, key, i):
    value = Watcher(i)
    try:
        value = names[key]
    except KeyError:
        value = None
    return value


@case(({"a": 1},))
def what_is_bound_anew_ends(names):
    return [rebinding(names, "ab"[i % 2], i) for i in range(200)][-2:]


def rebinding_what_lasts(names, key, value):
    try:
        value = names[key]
    except KeyError:
        value = None
    return value


def loop_rebinding_what_lasts(names, kept, first):
    ends = 0
    for i in range(len(kept)):
        if i > first:
            value = kept[i]
        try:
            value = names["ab"[i % 2]]
        except KeyError:
            value = None
        ends += value is None
    return ends


@case(({"a": 1},))
def what_is_bound_anew_lasts(names):
    kept = [Noisy(i) for i in range(200)]
    seen = [rebinding_what_lasts(names, "ab"[i % 2], kept[i]) for i in range(200)]
    seen += [loop_rebinding_what_lasts(names, kept, i % 3) for i in range(50)]
    log("all")
    return seen[-3:]


def with_an_operand(names, key, i):
    try:
        log(names[Noisy(i) if i % 3 == 0 else key])
    except KeyError:
        pass


@case(({"a": 1},))
def an_operand_ends(names):
    for i in range(200):
        with_an_operand(names, "ab"[i % 2], i)


def temporary(i):
    return {"a": Watcher(i)} if i % 9 == 0 else {"a": i}


def in_a_temporary_dict(key, i):
    try:
        temporary(i)[key]
    except KeyError:
        return 1
    return 0


@case((200,))
def a_temporary_dict_ends(n):
    return sum([in_a_temporary_dict("ab"[i % 2], i) for i in range(n)])


def rebinding_two(names, key, i):
    value, other = Watcher(i), Watcher(-i)
    try:
        value = names[key]
    except KeyError:
        value = None
        other = 0
    return value, other


@case(({"a": 1},))
def two_are_bound_anew(names):
    return [rebinding_two(names, "ab"[i % 2], i)[0] for i in range(200)][-2:]


def rebinding_what_was_never_made(names, key, i):
    value = (Watcher(i), i)
    try:
        value = names[key]
    except KeyError:
        value = None
    return value


@case(({"a": 1},))
def what_was_never_made_ends(names):
    return [rebinding_what_was_never_made(names, "ab"[i % 2], i) for i in range(200)][-2:]
