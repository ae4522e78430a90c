"""Loops that are compiled while they run over a generator object: it is taken apart where they are entered."""

from __future__ import annotations

import gc
import sys
import traceback
import weakref

from case import Noisy, case, chain, log
from shapes import numbers, squares, windows


@case((40,))
def over_one(n):
    total = 0
    for x in numbers(n):
        total += x
    return total


@case((40,))
def over_a_pipeline(n):
    total = 0
    for x in windows(squares(numbers(n))):
        total += x
    return total


@case((40,))
def of_several_yields(n):
    def body():
        for i in range(n):
            yield i
            if i % 3 == 0:
                yield -i
            elif i % 7 == 0:
                later = i
                yield later
    seen = []
    for x in body():
        seen.append(x)
    return seen


@case((40,))
def a_generator_in_a_generator(n):
    def outer():
        for x in squares(numbers(n)):
            if x % 5 == 0:
                yield x
    return list(outer()), sum(x for x in numbers(n) if x % 9 == 0)


@case((40,))
def held_by_a_variable(n):
    values = numbers(n)
    seen = []
    for x in values:
        seen.append(x)
        if x % 10 == 0:
            seen.append(next(values, None))
    return seen, next(values, "end")


@case((40,))
def held_by_a_list(n):
    held = [numbers(n)]
    total = 0
    for x in held[0]:
        total += x
    return total, held[0].gi_frame, list(held[0])


@case((40,))
def weakly_referred(n):
    def watched():
        values = numbers(n)
        references.append(weakref.ref(values))
        return values
    references, seen = [], []
    for x in watched():
        seen.append(references[0]() is not None)
    return seen


@case((40,))
def its_frame_was_seen(n):
    def seen(values):
        frames.append(values.gi_frame)
        return values
    frames, lines = [], []
    for x in seen(numbers(n)):
        lines.append((x, frames[0].f_locals["i"], frames[0].f_lineno - frames[0].f_code.co_firstlineno))
    return lines


@case((40,))
def renamed(n):
    def named(values):
        values.__name__ = "another"
        return values
    seen = []
    for x in named(numbers(n)):
        seen.append(x)
        if x == n - 3:
            seen += [g.__name__ for g in gc.get_objects() if hasattr(g, "gi_code") and g.gi_code is counting.__code__
                     and g.gi_frame is not None]
    return seen


@case((40,))
def left_and_dropped(n):
    def body():
        noisy, other = Noisy("first"), Noisy("second")
        for i in range(n):
            yield i
    for x in body():
        log("got", x)
        if x == n - 5:
            break
    log("left")
    return x


@case((40,))
def ended_and_dropped(n):
    def body():
        noisy = [Noisy("first")]
        for i in range(n):
            if i == n // 2:
                noisy[0] = Noisy("second")
            yield i
    for x in body():
        log("got", x)
    log("over")


@case((40,))
def raises_in_its_body(n):
    def body():
        noisy = Noisy("in the body")
        for i in range(n):
            yield 10 // (n - 3 - i)
    seen = []
    try:
        for x in body():
            seen.append(x)
    except ZeroDivisionError as error:
        log("caught")
        step = error.__traceback__
        while step is not None:
            seen.append((step.tb_frame.f_code.co_name, step.tb_lineno - step.tb_frame.f_code.co_firstlineno, step.tb_lasti))
            step = step.tb_next
    return seen


@case((40,))
def raises_beside(n):
    def body():
        noisy = Noisy("in the body")
        for i in range(n):
            yield i
    try:
        for x in body():
            if x == n - 3:
                raise KeyError(x)
    except KeyError as error:
        log("caught", error.args)
    return x


@case((40,))
def seen_from_inside(n):
    def body():
        for i in range(n):
            frames = chain()
            log([(name, line - frames[0][1]) for name, line in frames[:2]])
            yield sorted(sys._getframe().f_locals)
    for x in body():
        log(x)


@case((40,))
def tells_where_it_was_called(n):
    def body():
        for i in range(n):
            yield traceback.extract_stack(limit=2)[0].name
    seen = []
    for x in body():
        seen.append(x)
    return seen


@case((40,))
def seen_late(n):
    def body(noisy):
        for i in range(n):
            if i > n - 5:
                frame = sys._getframe()
                log(sorted(frame.f_locals), frame.f_lineno - frame.f_code.co_firstlineno)
                log([(name, line - frame.f_back.f_code.co_firstlineno) for name, line in chain()[:2]])
                del frame
            yield i
    for x in body(Noisy("argument")):
        if x > n - 3:
            log(sorted(sys._getframe().f_locals))
    log("over")


@case((40,))
def asks_for_itself(n):
    def body():
        for i in range(n):
            if i > n - 5:
                try:
                    log(next(held[0]))
                except ValueError as error:
                    log(str(error))
            yield i

    def made():
        held.append(body())
        return held[0]
    held, seen = [], []
    for x in made():
        seen.append(x)
    return seen


@case((40,))
def ends_with_an_exception(n):
    def body():
        noisy = Noisy("in the body")
        yield from range(3)
        for i in range(n):
            yield i
        raise StopIteration("not so")
    seen = []
    try:
        for x in body():
            seen.append(x)
    except RuntimeError as error:
        seen += [str(error), type(error.__cause__), error.__traceback__.tb_next.tb_lineno
                 - error.__traceback__.tb_next.tb_frame.f_code.co_firstlineno]
    return seen


@case((40,))
def closes_over_a_cell(n):
    factor = 1

    def body():
        nonlocal factor
        for i in range(n):
            factor += 1
            yield i * factor
    seen = []
    for x in body():
        seen.append(x + factor)
        factor -= i if (i := x % 2) else 0
    return seen


@case((40,))
def grows_big(n):
    def body():
        value = 1
        while value < 1 << 2 * n:
            yield value
            value *= 5
    total = 0
    for x in body():
        total += x
    return total


@case((40,))
def unbound_for_some_time(n):
    def body():
        for i in range(n):
            if i > n // 2:
                late = i
            yield late if i > n // 2 else None
    seen = []
    for x in body():
        seen.append(x)
    return seen


@case((40,))
def changes_its_types(n):
    def body():
        value = 0
        for i in range(n):
            value = (i, 0.5 * i, str(i), None)[i * 4 // n]
            yield value
    seen = []
    for x in body():
        seen.append(x)
    return seen


@case((40,))
def over_lists_and_ranges(n):
    def body():
        for row in [[1, 2, 3]] * n:
            for item in row:
                for k in reversed(range(2)):
                    yield item * k
    total = 0
    for x in body():
        total += x
    return total


@case((40,))
def handed_on(n):
    def rest(values):
        seen = []
        for x in values:
            seen.append(x)
            if len(seen) == n // 2:
                return seen, values
        return seen, None
    seen, values = rest(numbers(n))
    return seen, list(values), values.gi_running, values.gi_frame


@case((40,))
def another_in_its_place(n):
    out = []
    for k in range(8):
        source = numbers(n)
        held, values = [], source
        if k > 3:
            held.append(source)
            values = numbers(3)
        total = 0
        for x in source:
            total += x
        out.append((total, list(values), len(held)))
    return out


@case((40,))
def entered_at_other_points(n):
    def body():
        yield 1
        yield 2
        for i in range(n):
            yield i
    out = []
    for k in range(12):
        values = body()
        for _ in range(k % 3):
            next(values)
        total = 0
        for x in values:
            total = total * 3 + x & 0xFFFF
        out.append(total)
    return out


@case((40,))
def entered_with_others_bound(n):
    def body(begin):
        if begin:
            late = Noisy(begin)
        for i in range(n):
            yield i
        yield late.name if begin else None
    out = []
    for k in range(12):
        values = body(k % 3)
        seen = None
        for x in values:
            seen = x
        out.append(seen)
    return out
