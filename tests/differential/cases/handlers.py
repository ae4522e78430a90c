"""Handlers in loops: what is caught, where it goes on, what sys.exc_info() and tracebacks tell, what is let go."""

import sys

from case import case, log


def places(error):
    """Where an exception passed: functions, lines and columns."""
    found, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        found.append((code.co_name, step.tb_lineno, list(code.co_positions())[step.tb_lasti // 2]))
        step = step.tb_next
    return found


class Refused(Exception):
    def __init__(self, amount, limit=10):
        super().__init__(amount)
        self.amount = amount
        self.limit = limit


class Refused2(Refused):
    pass


@case(({"a": 1, "b": 2}, ["a", "x", "b", "x", "x"] * 6), ({}, ["a"] * 10), ({}, []))
def missing_keys(d, keys):
    total = misses = 0
    for key in keys:
        try:
            total += d[key]
        except KeyError:
            misses += 1
    return total, misses


@case((["1", "x", "22", "", "-5", "1.5", None] * 6,))
def parse_or_count(words):
    total, bad, other = 0, [], 0
    for word in words:
        try:
            number = int(word)
        except ValueError as error:
            bad.append(str(error))
        except TypeError:
            other += 1
        else:
            total += number
        finally:
            total += 1
    return total, bad[-3:], other


@case((30,))
def raise_and_catch(n):
    seen = []
    for i in range(n):
        try:
            if i % 3 == 0:
                raise Refused(i)
            if i % 3 == 1:
                raise Refused2
            raise Refused2(i, limit=i + 1)
        except Refused2 as error:
            seen.append((error.amount, error.limit, places(error)))
        except TypeError as error:
            seen.append((str(error), places(error)))
        except Refused as error:
            seen.append(error.args)
    return seen[-4:]


@case((12,))
def what_is_handled(n):
    seen = []
    for i in range(n):
        before = sys.exc_info()
        try:
            [][i]
        except IndexError as outer:
            inside = sys.exc_info()[1] is outer
            try:
                {}[i]
            except KeyError as inner:
                nested = sys.exc_info()[1] is inner, inner.__context__ is outer
            after = sys.exc_info()[1] is outer
            seen.append((before, inside, nested, after))
    return seen[-1], sys.exc_info()


@case((10,))
def chains(n):
    seen = []
    for i in range(n):
        try:
            try:
                try:
                    raise ValueError(i)
                except ValueError as error:
                    raise KeyError(i) from error
            except KeyError:
                raise TypeError(i) from None
        except TypeError as error:
            middle = error.__context__
            seen.append((error.__cause__, error.__suppress_context__, repr(middle), repr(middle.__cause__),
                         repr(middle.__context__), places(error), places(middle)))
    return seen[-2:]


@case((10,))
def raised_again(n):
    seen = []
    for i in range(n):
        try:
            try:
                seen[i + 100]
            except IndexError:
                if i % 2:
                    raise
                raise
            finally:
                log("finally", i, type(sys.exception()).__name__)
        except LookupError as error:
            seen.append((places(error), repr(error.__context__)))
    return seen[-2:]


@case((5,))
def nothing_to_raise_again(n):
    seen = []
    for _ in range(n):
        try:
            raise
        except RuntimeError as error:
            seen.append((str(error), places(error)))
    return seen


@case((8,))
def not_exceptions(n):
    seen = []
    for i in range(n):
        try:
            if i % 4 == 0:
                raise 5
            if i % 4 == 1:
                raise ValueError from 5
            if i % 4 == 2:
                raise ValueError from KeyError
            raise ValueError(i) from KeyError("because")
        except (TypeError, ValueError) as error:
            seen.append((repr(error), repr(error.__cause__), error.__suppress_context__, places(error)))
    return seen


@case(((ValueError, KeyError),), (5,), ((5, ValueError),), (LookupError,), ((),))
def what_is_caught(wanted):
    seen = []
    for i in range(6):
        try:
            try:
                {}[i]
            except wanted as error:
                seen.append(repr(error))
        except (TypeError, KeyError) as error:
            seen.append((str(error), repr(error.__context__), places(error)))
    return seen


@case((9,))
def ways_out(n):
    seen = []
    for i in range(n):
        for j in range(3):
            try:
                if (i + j) % 3 == 0:
                    raise ValueError(i)
                seen.append((i, j))
            except ValueError:
                if i == 2:
                    continue
                if i == 4:
                    break
                if i == 7:
                    return seen, "returned", sys.exc_info()[0].__name__
                seen.append("handled")
            else:
                seen.append("else")
            finally:
                seen.append(-i)
        else:
            seen.append("loop done")
    return seen


@case((6,))
def loops_in_handlers(n):
    total = 0
    for i in range(n):
        try:
            total += [1, 2, 3][i]
        except IndexError as error:
            for j in range(i):
                try:
                    total += 10 // (j - 1)
                except ZeroDivisionError:
                    total += len(error.args)
    return total


def returns_its_exception(n):
    local = n * 3
    try:
        return [][n]
    except IndexError as error:
        local += 1
        return error


@case((6,))
def frames_of_returned_exceptions(n):
    seen = []
    for i in range(n):
        error = returns_its_exception(i)
        frame = error.__traceback__.tb_frame
        seen.append((frame.f_locals["n"], frame.f_locals["local"], "error" in frame.f_locals, frame.f_lineno))
    return seen


def fails_below(i, names):
    value = [i, names]
    if i % 2:
        return fails_deeper(value, i)
    return names[i]


def fails_deeper(value, i):
    squared = i * i
    raise Refused(squared + len(value))


@case((8, {}))
def caught_from_calls(n, names):
    seen = []
    for i in range(n):
        try:
            fails_below(i, names)
        except Refused as error:
            step = error.__traceback__.tb_next.tb_next
            seen.append((places(error), step.tb_frame.f_locals["squared"], step.tb_frame.f_lineno,
                         step.tb_frame.f_back is None))
        except KeyError as error:
            seen.append((places(error), repr(error), error.__traceback__.tb_next.tb_frame.f_locals["value"][0]))
    return seen


class Account:
    def __init__(self, cents):
        if cents < 0:
            raise ValueError("negative")
        self.cents = cents

    def withdraw(self, cents):
        if cents > self.cents:
            raise Refused(cents, self.cents)
        self.cents -= cents


@case((20,))
def methods_that_refuse(n):
    refused, made = 0, 0
    account = Account(100)
    for i in range(n):
        try:
            account.withdraw(i * 3)
            made += Account(5 - i).cents
        except (Refused, ValueError) as error:
            refused += len(places(error))
    return refused, made, account.cents


def tries(i):
    try:
        if i % 2:
            raise KeyError(i)
        return [][i]
    except KeyError:
        return -1


@case((9,))
def half_handled_below(n):
    total, outer = 0, []
    for i in range(n):
        try:
            total += tries(i)
        except IndexError as error:
            outer.append(places(error))
    return total, outer[-1]


@case((5,))
def looked_at_from_the_traceback(n):
    seen = []
    for i in range(n):
        y = i * 2.5
        try:
            seen[i + 10]
        except IndexError as error:
            frame = error.__traceback__.tb_frame
            seen.append((frame.f_locals["y"], frame.f_locals["i"], frame is sys._getframe()))
            y = None
    return seen, y


def stops():
    yield 1
    yield 2


@case((4,))
def next_until_the_end(n):
    total = ends = 0
    for _ in range(n):
        it = stops()
        while True:
            try:
                total += next(it)
            except StopIteration:
                ends += 1
                break
    return total, ends


@case((7,))
def asserted(n):
    bad = []
    for i in range(n):
        try:
            assert i % 3, f"no {i}"
        except AssertionError as error:
            bad.append(str(error))
    return bad


@case((40,))
def group_handlers(n):
    seen = []
    for i in range(n):
        try:
            if i % 2:
                raise ExceptionGroup("several", [ValueError(i), KeyError(i)])
        except* ValueError as group:
            seen.append(repr(group))
        except* KeyError:
            seen.append(i)
    return seen[-2:]
