"""`with` over managers of many sorts, left in every way."""

import contextlib
import io
import sys
import threading

from case import case, log


class Manager:
    def __init__(self, name="m", swallows=False):
        self.name = name
        self.swallows = swallows
        self.depth = 0

    def __enter__(self):
        self.depth += 1
        return self

    def __exit__(self, kind, value, traceback):
        self.depth -= 1
        if kind is not None:
            log(self.name, kind.__name__, str(value), traceback.tb_lineno, sys.exception() is value)
        return self.swallows


class Sub(Manager):
    def __exit__(self, *args):
        super().__exit__(*args)
        return bool(args[0]) and issubclass(args[0], KeyError)


class Fails:
    def __init__(self, entering):
        self.entering = entering

    def __enter__(self):
        if self.entering:
            raise OSError("enter")
        return self

    def __exit__(self, *args):
        raise ValueError("exit")


class OnlyEnter:
    def __enter__(self):
        log("entered")


class Slotted:
    __slots__ = ("count",)

    def __enter__(self):
        self.count = 1

    def __exit__(self, *args):
        self.count = 0


LOCK = threading.Lock()


@case((20,))
def plain(n):
    manager = Manager()
    total = 0
    for i in range(n):
        with manager as entered:
            total += entered.depth * i
    return total, manager.depth


@case((20,))
def locks(n):
    total = 0
    for i in range(n):
        with LOCK:
            total += i
            if i % 3 == 0:
                continue
            total += LOCK.locked()
    return total, LOCK.locked()


@case((12, False), (12, True))
def raising(n, swallows):
    seen = []
    for i in range(n):
        manager = Manager(i, swallows)
        try:
            with manager:
                if i % 3 == 1:
                    raise KeyError(i)
                if i % 3 == 2:
                    seen.append([][i])
                seen.append(i)
        except LookupError as error:
            seen.append((type(error).__name__, error.__traceback__.tb_lineno, error.__traceback__.tb_next is None))
        seen.append(manager.depth)
    return seen


@case((12,))
def chosen(n):
    seen = []
    for i in range(n):
        try:
            with Sub(i):
                with Manager("inner", swallows=i % 4 == 0):
                    {}[i] if i % 2 else [][i]
            seen.append("after")
        except IndexError as error:
            seen.append(repr(error.__context__))
    return seen


@case((9,))
def managers_that_fail(n):
    seen = []
    for i in range(n):
        try:
            with Fails(i % 3 == 0):
                if i % 3 == 1:
                    raise KeyError(i)
        except (OSError, ValueError) as error:
            step = error.__traceback__
            seen.append((repr(error), repr(error.__context__), step.tb_lineno, step.tb_next.tb_lineno))
    return seen


@case((6,))
def no_managers(n):
    seen = []
    for i in range(n):
        try:
            if i % 3 == 0:
                with OnlyEnter():
                    seen.append("never")
            elif i % 3 == 1:
                with i:
                    seen.append("never")
            else:
                with i, i:
                    seen.append("never")
        except (TypeError, AttributeError) as error:
            seen.append((str(error), error.__traceback__.tb_lineno))
    return seen


@case((8,))
def ways_out(n):
    seen = []
    for i in range(n):
        with Manager(i) as manager:
            for j in range(3):
                with manager:
                    if j == i:
                        break
                    if i == 5:
                        return seen, manager.depth
                    seen.append((i, j, manager.depth))
            else:
                continue
            seen.append("broken")
    return seen


@case((6,))
def slots_and_several(n):
    total = 0
    for i in range(n):
        with Slotted() as nothing, Manager() as manager, io.StringIO() as text:
            total += text.write("x" * i) + manager.depth + (nothing is None)
    return total


@contextlib.contextmanager
def doubled(value):
    log("begin", value)
    try:
        yield value * 2
    except KeyError:
        log("swallowed")
    finally:
        log("end", value)


@case((6,))
def generators(n):
    total = 0
    for i in range(n):
        with doubled(i) as value:
            total += value
            if i % 3 == 2:
                raise KeyError(i)
    with contextlib.suppress(ZeroDivisionError):
        total //= 0
    return total


def guarded(i, manager):
    with manager:
        if i % 2:
            raise KeyError(i)
        return i


def guarded_finally(i, seen):
    try:
        if i % 3:
            return [][i]
        return {}[i]
    finally:
        seen.append(i)


@case((9,))
def through_callees(n):
    manager = Manager("callee")
    total, seen = 0, []
    for i in range(n):
        try:
            total += guarded(i, manager)
        except KeyError as error:
            step = error.__traceback__.tb_next
            seen.append((step.tb_lineno, step.tb_frame.f_lineno, step.tb_frame.f_locals["i"], step.tb_next is None))
        try:
            total += guarded_finally(i, seen)
        except LookupError as error:
            step = error.__traceback__.tb_next
            seen.append((step.tb_lineno, step.tb_frame.f_lineno, step.tb_frame.f_locals["i"], repr(error.__context__)))
    return total, seen, manager.depth


@case((5,))
def out_of_the_function(n):
    for i in range(n):
        with Manager(i):
            try:
                if i == n - 1:
                    raise LookupError(i)
            finally:
                log("finally", i)


@case((4,), (0,))
def back_to_what_is_no_loop(n):
    seen = []
    for i in range(n):
        seen.append(after_a_handler(str(i) if i % 2 else "x"))
    return seen, after_a_handler("y"), after_a_handler("7")


def after_a_handler(text):
    try:
        number = int(text)
    except ValueError:
        with Manager() as manager:
            number = manager.depth
    number += 1
    return number
