"""Exceptions that a function lets out again: by `raise`, `finally`, `with`, a handler that raises another, except*."""

import sys
from contextlib import contextmanager, suppress

from case import Noisy, case, log


def places(error):
    """Where an exception passed: functions, lines, columns, and what the frames tell afterwards."""
    found, step = [], error.__traceback__
    while step is not None:
        frame = step.tb_frame
        found.append((frame.f_code.co_name, step.tb_lineno, list(frame.f_code.co_positions())[step.tb_lasti // 2],
                      frame.f_lineno, sorted(frame.f_locals)))
        step = step.tb_next
    return found


def shown(error):
    """An exception with those that it refers to."""
    return (repr(error), places(error), error.__suppress_context__,
            error.__context__ and (repr(error.__context__), places(error.__context__)), repr(error.__cause__))


def each(function, n):
    seen = []
    for i in range(n):
        try:
            seen.append(function(i))
        except Exception as error:
            seen.append(shown(error))
        seen.append(sys.exc_info())
    return seen


def by_finally(i):
    log("try", i)
    try:
        return [10, 20][i]
    finally:
        log("finally", i, repr(sys.exc_info()[1]))


def by_bare_raise(i):
    try:
        return {0: 1}[i]
    except KeyError as error:
        log("caught", repr(error))
        if i % 3:
            raise
        return "kept"


def by_name(i):
    try:
        return {0: 1}[i]
    except KeyError as error:
        log("caught", repr(error))
        raise error


def by_another(i):
    try:
        return {0: 1}[i]
    except KeyError:
        raise AttributeError(i)


def by_another_from(i):
    try:
        return {0: 1}[i]
    except KeyError as error:
        if i % 2:
            raise AttributeError(i) from error
        raise AttributeError(i) from None


class Manager:
    def __init__(self, swallows=False):
        self.swallows = swallows

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        log("exit", kind and kind.__name__, repr(error), traceback and traceback.tb_lineno, repr(sys.exc_info()[1]))
        return self.swallows


def by_with(i):
    with Manager() as manager:
        return [manager.swallows][i]


def by_two(i):
    with Manager(i % 2), Manager():
        return ["first"][i]
    return "swallowed"


@contextmanager
def managed(i):
    log("before", i)
    try:
        yield i
    finally:
        log("after", i, repr(sys.exc_info()[1]))


def by_contextmanager(i):
    with managed(i) as value:
        return ["first"][value]


def nested(i):
    try:
        try:
            try:
                return [1][i]
            finally:
                log("inner", i)
        except IndexError:
            log("middle", i)
            raise
    finally:
        log("outer", i)


def finally_returns(i):
    try:
        return [1][i]
    finally:
        if i % 2:
            return "returned"    # noqa: B012


def loop_within(i):
    seen = 0
    for k in range(4):
        try:
            seen += [1, 2][i + k - 1]
        finally:
            log("round", k)
            if seen > 2:
                break
    return seen


def by_group(i):
    try:
        if i % 4:
            raise ExceptionGroup("group", [ValueError(i), KeyError(i), OSError(i)][:i % 4])
    except* ValueError as group:
        log("values", repr(group.exceptions))
    except* KeyError:
        raise TypeError(i)
    return i


def group_let_out(i):
    try:
        if i % 3 == 1:
            raise ValueError(i)
        if i % 3 == 2:
            raise ExceptionGroup("deep", [ExceptionGroup("in", [OSError(i), ValueError(i)]), KeyError(i)])
    except* KeyError:
        log("key")
    except* (OSError, TypeError):
        log("os")
    return i


def inlined(i):
    return by_finally(i) + by_bare_raise(i)


def ends(i):
    first = Noisy(("first", i))
    try:
        second = Noisy(("second", i))
        return [1][i], first, second
    finally:
        log("ends", i)


@case((8,))
def of_finally(n):
    return each(by_finally, n)


@case((8,))
def of_bare_raise(n):
    return each(by_bare_raise, n)


@case((8,))
def of_name(n):
    return each(by_name, n)


@case((8,))
def of_another(n):
    return each(by_another, n) + each(by_another_from, n)


@case((8,))
def of_with(n):
    return each(by_with, n) + each(by_two, n)


@case((6,))
def of_contextmanager(n):
    return each(by_contextmanager, n)


@case((6,))
def of_nested(n):
    return each(nested, n) + each(finally_returns, n) + each(loop_within, n)


@case((9,))
def of_groups(n):
    return each(by_group, n) + each(group_let_out, n)


@case((6,))
def of_inlined(n):
    return each(inlined, n)


@case((6,))
def ends_in_order(n):
    for i in range(n):
        with suppress(IndexError):
            ends(i)
        log("between", i)


class Table:
    def __init__(self, **names):
        self.names = names

    def __getattr__(self, name):
        try:
            return self.names[name]
        except KeyError:
            raise AttributeError(name) from None


@case((12,))
def missing_attributes(n):
    table, found = Table(a=1, b=2), 0
    for i in range(n):
        for name in ("a", "b", "c"):
            found += getattr(table, name, i)
        found += hasattr(table, "nothing")
    return found


@case((5,))
def while_handling(n):
    seen = []
    for i in range(n):
        try:
            raise OSError(i)
        except OSError as outer:
            try:
                by_finally(i + 2)
            except IndexError as error:
                seen.append((error.__context__ is outer, places(error)))
            seen.append(sys.exc_info()[1] is outer)
    return seen


@case(([3, 1, 2],), ([],), ([0, 5],))
def through_generators(values):
    def checked():
        for value in values:
            try:
                yield 10 // value
            finally:
                log("value", value)
    seen = []
    for _ in range(3):
        try:
            seen.append(sum(checked()))
        except ZeroDivisionError as error:
            seen.append(places(error))
    return seen
