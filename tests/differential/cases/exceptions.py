"""Raising, handling, finally, with, chained exceptions, tracebacks with their locals."""

import contextlib

from case import case, log


@case((10,), (0,))
def caught_in_loop(n):
    total = 0
    for i in range(-n, n):
        try:
            total += 100 // i
        except ZeroDivisionError:
            total += 1000
    return total


@case((8,), (20,))
def raised_from_loop(n):
    xs = list(range(10))
    total = 0
    for i in range(n):
        total += xs[i]
    return total


@case((5,))
def finally_order(n):
    for i in range(n):
        try:
            log("try", i)
            if i == 3:
                return "returned"
        finally:
            log("finally", i)
    return "end"


@case((6,))
def finally_swallows(n):
    seen = []
    for i in range(n):
        while True:
            try:
                if i % 2:
                    raise ValueError(i)
                seen.append(i)
            finally:
                break
    return seen


@case((7,))
def break_and_continue_through_finally(n):
    seen = []
    for i in range(n):
        try:
            if i == 2:
                continue
            if i == 5:
                break
            seen.append(i)
        finally:
            seen.append(-i)
    else:
        seen.append("else")
    return seen


@case((1,), ("x",), (0,), (None,))
def several_handlers(x):
    try:
        return 10 / x
    except ZeroDivisionError as error:
        return "zero", str(error)
    except (TypeError, ValueError) as error:
        return type(error).__name__, str(error)
    else:
        return "else"
    finally:
        log("done")


class Custom(Exception):
    def __init__(self, code):
        super().__init__(f"code {code}")
        self.code = code


def fail(i):
    if i % 4 == 3:
        raise Custom(i)
    return i


@case((20,))
def custom_exceptions(n):
    total = 0
    for i in range(n):
        try:
            total += fail(i)
        except Custom as error:
            total += error.code * 100
    return total


@case((3,), (2,))
def uncaught_custom(n):
    total = 0
    for i in range(n + 1):
        total += fail(i)
    return total


@case((5,))
def chained(n):
    try:
        for i in range(n):
            fail(i)
    except Custom as error:
        raise ValueError("outer") from error


@case((5,))
def implicit_context(n):
    try:
        for i in range(n):
            fail(i)
    except Custom:
        return {}["missing"]


@case((5,))
def reraised(n):
    for i in range(n):
        try:
            fail(i)
        except Custom as error:
            error.add_note(f"at {i}")
            raise


@case((4,))
def except_variable_is_deleted(n):
    for i in range(n):
        try:
            raise KeyError(i)
        except KeyError as error:
            kept = error
    return kept.args, error


@case((4,))
def nested_handlers(n):
    seen = []
    for i in range(n):
        try:
            try:
                if i % 2:
                    raise ValueError(i)
                raise KeyError(i)
            except KeyError as error:
                seen.append(("inner", error.args))
                raise TypeError(i)
        except (ValueError, TypeError) as error:
            seen.append((type(error).__name__, error.args, type(error.__context__).__name__))
    return seen


class Manager:
    def __init__(self, swallow):
        self.swallow = swallow

    def __enter__(self):
        log("enter")
        return self

    def __exit__(self, kind, value, trace):
        log("exit", kind.__name__ if kind else None)
        return self.swallow


@case((True, 3), (False, 3), (True, 100))
def with_statement(swallow, at):
    seen = []
    for i in range(6):
        with Manager(swallow) as manager:
            if i == at:
                raise Custom(i)
            seen.append(manager.swallow)
    return seen


@case((3,))
def with_return(n):
    for i in range(n + 5):
        with Manager(False), Manager(False):
            if i == n:
                return i


@case((6,))
def with_suppress(n):
    total = 0
    for i in range(n):
        with contextlib.suppress(ZeroDivisionError):
            total += 12 // (i - 2)
    return total


def level_three(x):
    y = x * 2
    return 100 // (x - 7) + y


def level_two(x):
    local = [x]
    return level_three(local[0]) + 1


def level_one(n):
    total = 0
    for i in range(n):
        total += level_two(i)
    return total


@case((7,), (10,))
def deep_traceback(n):
    before = "kept"
    return level_one(n), before


@case(("a", 1), (1, "a"), ([], {}), (None, None))
def operand_errors(a, b):
    return a - b


@case((None,), (5,), ("text",), ([],))
def attribute_errors(x):
    return x.missing


@case((5,), (None,))
def call_errors(x):
    return x(1)


@case((None,), (5,), ([1],), (3.5,))
def iteration_errors(x):
    total = 0
    for y in x:
        total += y
    return total


@case(("x",), (3,))
def name_errors(x):
    if x == "x":
        return undefined_name  # noqa: F821
    return len(x)


@case((30,))
def stop_iteration(n):
    it = iter(range(5))
    seen = []
    for i in range(n):
        try:
            seen.append(next(it))
        except StopIteration:
            seen.append("end")
            if i > 10:
                return seen
            it = iter(range(i))
    return seen


@case((4,))
def exception_groups(n):
    seen = []
    for i in range(n):
        try:
            raise ExceptionGroup("several", [ValueError(i), TypeError(i)])
        except* ValueError as group:
            seen.append(("values", group.exceptions[0].args))
        except* TypeError as group:
            seen.append(("types", len(group.exceptions)))
    return seen


@case((3,))
def raise_in_finally(n):
    for i in range(n):
        try:
            fail(3)
        finally:
            if i == 0:
                raise KeyError("from finally")


@case((10,))
def error_in_handler_of_loop(n):
    total = 0
    for i in range(n):
        try:
            total += [1, 2, 3][i]
        except IndexError:
            total += {3: 10, 4: 20}[i]
    return total


@case((10,))
def stack_is_kept(n):
    def risky(i):
        if i == 6:
            raise ValueError("six")
        return i
    total = 0
    for i in range(n):
        try:
            total = total + (i * (risky(i) + 1)) + (i * i - risky(i))
        except ValueError:
            total = total * 10
    return total


@case(("not an exception",), (ValueError,), (ValueError("made"),), (int,), (None,))
def raise_anything(x):
    raise x


@case((BaseException,), (KeyboardInterrupt,), (SystemExit,), (GeneratorExit,))
def base_exceptions(kind):
    try:
        raise kind("base")
    except Exception:
        return "not reached"


@case((2**62,))
def overflow_before_error(x):
    for i in range(5):
        x = x * 2
    return x // (i - 4)


@case((5,))
def long_lines_have_columns(n):
    values = {"a": [1, 2, 3], "b": [4, 5, 6]}
    total = 0
    for i in range(n):
        total += values["a"][i % 3] + values["b"][i] * values["a"][0]
    return total
