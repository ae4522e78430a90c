"""Generators and coroutines that wait for each other, several deep: what runs is the innermost, and only where anything could
see the others are their frames linked.  Whatever looks finds them as ever."""

from __future__ import annotations

import gc
import sys
import weakref

from case import Noisy, case, chain, lines, log
from generators_resumed import N, held, telling, tree


class Looks:
    """What sees who waits when it ends."""

    def __init__(self, name):
        self.name = name

    def __del__(self):
        log("gone", self.name, chain())


@case((N,), (3,))
def trees(n):
    nodes = tree(0, n)
    seen = []
    for _ in range(5):
        for value in nodes:
            seen.append(value)
    nodes.right = None
    return seen, list(nodes), sum(nodes), next(held(iter(nodes)))


@case((N,))
def results_handed_up(n):
    def down(depth, i):
        if depth == 0:
            if i % 3 == 0:
                yield i
            return i
        found = yield from down(depth - 1, i)
        if i % 5 == 0:
            yield -found
        return found + depth

    def top():
        for i in range(n):
            result = yield from down(i % 7, i)
            yield "result", result
    return list(held(top()))


@case((N,))
def who_is_seen(n):
    def down(depth, i):
        if depth == 0:
            yield i
            yield chain()
            yield i + 1
            return
        yield from down(depth - 1, i)
        log(depth, chain())

    def top():
        for i in range(n):
            yield from down(i % 4, i)
    seen = []
    for value in held(top()):
        seen.append(value)
    return seen


@case((N,))
def who_runs(n):
    made = []

    def down(depth):
        if depth == 0:
            for _ in range(3):
                yield 0
                yield [(g.gi_running, g.gi_suspended, g.gi_yieldfrom is None, g.gi_frame.f_lineno) for g in made]
            return
        made.append(down(depth - 1))
        yield from made[-1]

    def top():
        for i in range(n):
            made.clear()
            made.append(down(i % 5))
            yield from made[0]
            yield [g.gi_frame is None for g in made]
    return list(held(top()))


@case((N,))
def errors_pass_up(n):
    def down(depth, i):
        if depth == 0:
            yield i
            yield 1 // (i % 4)
            return
        try:
            yield from down(depth - 1, i)
        except ZeroDivisionError as error:
            yield depth, lines(error), repr(sys.exception())
            if depth % 2:
                raise
        finally:
            log("finally", depth)

    def top():
        for i in range(n):
            try:
                yield from down(i % 5, i)
            except ZeroDivisionError as error:
                yield lines(error)
        yield repr(sys.exception())
    return list(held(top()))


@case((N,))
def handled_while_waiting(n):
    def down(depth, i):
        if depth == 0:
            yield i
            yield repr(sys.exception())
            return
        try:
            raise KeyError(depth)
        except KeyError:
            yield from down(depth - 1, i)
            yield repr(sys.exception())

    def top():
        for i in range(n):
            yield from down(i % 4, i)
            yield repr(sys.exception())
    return list(held(top()))


@case((N,))
def thrown_and_closed(n):
    def down(depth):
        try:
            if depth == 0:
                for i in range(n):
                    try:
                        yield i
                    except ValueError as error:
                        yield "caught", error.args
            else:
                yield from down(depth - 1)
        finally:
            log("end of", depth)
    seen = []
    for depth in range(6):
        g = held(down(depth))
        for i in range(n // 2):
            seen.append(next(g))
            if i % 6 == 5:
                seen.append(g.throw(ValueError(i)))
        if depth % 2:
            g.close()
        else:
            try:
                g.throw(IndexError("out"))
            except IndexError as error:
                seen.append(lines(error))
        seen.append(g.gi_frame is None)
    return seen


@case((N,))
def sent_from_outside(n):
    def down(depth):
        if depth == 0:
            total = 0
            while total is not None:
                got = yield total
                total = total + 1 if got is None else got
            return
        yield from down(depth - 1)
    g = held(down(4))
    seen = []
    for i in range(n):
        seen.append(next(g))
        if i % 10 == 9:
            seen.append(g.send(i))
    return seen


@case((N,))
def taken_by_others_meanwhile(n):
    def down(depth, made):
        if depth == 0:
            for i in range(5):
                yield i
            return
        inner = down(depth - 1, made)
        made.append(inner)
        yield from inner
        yield "behind", depth
    seen = []
    for i in range(n):
        made = []
        g = held(down(4, made))
        seen.append(next(g))
        seen.append(next(made[i % 4]))
        if i % 3 == 0:
            seen.append(list(made[1]))
        if i % 7 == 0:
            made[2].close()
        try:
            seen.extend(g)
        except (RuntimeError, ValueError) as error:
            seen.append(repr(error))
    return seen


@case((N,))
def waits_for_itself(n):
    box = []

    def loops(i):
        yield i
        try:
            yield from box[i % 2]
        except ValueError as error:
            yield str(error), lines(error)

    def outer(i):
        yield from inner(i)

    def inner(i):
        yield i
        yield from box[0]
    seen = []
    for i in range(n):
        g = held(loops(i))
        box[:] = [g, g]
        seen.extend(g)
        g = held(outer(i))
        box[:] = [g]
        try:
            for value in g:
                seen.append(value)
        except ValueError as error:
            seen.append((str(error), lines(error)))
    return seen


@case((N,))
def waits_for_it_no_longer(n):
    """What one waited for is still on its stack, but it goes on itself or waits for another one: those who only look for
    what was there when it was last taken on do not notice."""
    def inner(box):
        i = 0
        while True:
            got = yield i
            i += 1
            if got is not None:
                log(box[0].send(got))

    def twice(x):
        yield "first", x
        yield "second", x

    def outer(box, by_another):
        try:
            yield from box[1]
        except ValueError as error:
            yield str(error)
        for x in box[1]:
            if by_another:
                yield from twice(x)
            else:
                yield "itself", x
    seen = []
    for i in range(n):
        box = [None, None]
        box[1] = inner(box)
        box[0] = g = held(outer(box, i % 2))
        for _ in range(4):
            seen.append(next(g))
        seen.append(box[1].send("now"))
        seen.append(g.send("on"))
        for _ in range(4):
            seen.append(next(g))
    return seen


@case((N,))
def begins_with_itself(n):
    box = []

    def loops():
        yield from box[0]
    seen = []
    for _ in range(n):
        g = held(loops())
        box[:] = [g]
        try:
            seen.extend(g)
        except ValueError as error:
            seen.append(str(error))
    return seen


@case((N,))
def ends_noticed(n):
    def down(depth, i):
        local = Looks((depth, i)) if i % 4 == 0 else None
        if depth:
            yield from down(depth - 1, i)
        else:
            yield i
        yield local is None

    def top():
        for i in range(n):
            yield from down(i % 4, i)
    return list(held(top()))


@case((N,))
def watched_by_references(n):
    def down(depth, i, refs):
        if depth == 0:
            yield i
            return
        inner = down(depth - 1, i, refs)
        if i % 3 == 0:
            refs.append(weakref.ref(inner, lambda ref: log("gone", depth, chain())))
        given, inner = inner, None
        yield from given
        given = None
        yield [ref() is None for ref in refs]

    def top():
        for i in range(n):
            yield from down(i % 4, i, [])
    return list(held(top()))


@case((N,))
def frames_kept(n):
    kept = []

    def down(depth, i):
        if depth == 0:
            yield i
            if i % 9 == 0:
                kept.append(sys._getframe())
            yield i
            return
        yield from down(depth - 1, i)
        yield depth

    def top():
        for i in range(n):
            yield from down(i % 4, i)
    seen = list(held(top()))
    return seen, [(frame.f_lineno, sorted(frame.f_locals.items()), frame.f_back) for frame in kept]


@case((120,), (50,), (47,), (48,), (49,))
def deep(n):
    def down(depth):
        yield depth
        if depth:
            yield from down(depth - 1)
        yield -depth
    return [list(held(down(n))) for _ in range(12)]


@case((30,))
def too_deep(n):
    def down(depth):
        if depth:
            yield from down(depth - 1)
        yield depth
    seen = []
    limit = sys.getrecursionlimit()
    here, frame = 0, sys._getframe()
    while frame is not None:
        here, frame = here + 1, frame.f_back
    sys.setrecursionlimit(here + 60)
    try:
        for i in range(n):
            for depth in (20, 40, 80):
                try:
                    seen.append(sum(held(down(depth))))
                except RecursionError as error:
                    seen.append(str(error))
    finally:
        sys.setrecursionlimit(limit)
    return seen


@case((3,))
def resumed_where_little_room_is_left(n):
    def down(depth):
        if depth:
            yield from down(depth - 1)
        else:
            for i in range(6):
                yield i
        yield depth

    def deeper(depth, g):
        return next(g) if depth == 0 else deeper(depth - 1, g)
    seen, kept = [], []
    limit = sys.getrecursionlimit()
    here, frame = 0, sys._getframe()
    while frame is not None:
        here, frame = here + 1, frame.f_back
    sys.setrecursionlimit(here + 60)
    try:
        for _ in range(n):
            for depth in range(30, 60):
                g = held(down(12))
                kept.append(g)
                try:
                    seen.append([next(g), next(g), deeper(depth, g), deeper(depth, g), next(g)])
                except (RecursionError, StopIteration) as error:
                    seen.append((repr(error), lines(error)))
    finally:
        sys.setrecursionlimit(limit)
    return seen


@case((N,))
def collected(n):
    def down(depth, i):
        if depth == 0:
            yield i
            gc.collect()
            yield i
            return
        me = []
        me.append((me, Noisy((depth, i))))
        yield from down(depth - 1, i)

    def top():
        for i in range(0, n, 10):
            yield from down(3, i)
    return list(held(top()))


@case((N,))
def closures_that_end(n):
    def top():
        for i in range(n):
            def leaf(kept=Looks(i) if i % 10 == 0 else None):
                yield i
                if i % 2:
                    yield kept is None
            once = leaf()
            leaf = None
            yield from once
            once = None
    return list(held(top()))


class Waits:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        got = yield self.value
        return got


@case((N,))
def awaits(n):
    async def down(depth, i):
        if depth == 0:
            if i % 2:
                await Waits(i)
            return i
        found = await down(depth - 1, i)
        if i % 3 == 0:
            await Waits(chain())
        return found + depth

    async def top():
        total = 0
        for i in range(n):
            made = down(i % 6, i)
            total += await made
            await Waits(("total", total))
        return total
    coroutine = top()
    seen = []
    try:
        while True:
            seen.append(coroutine.send(None))
            seen.append((coroutine.cr_running, coroutine.cr_await is not None))
    except StopIteration as stop:
        seen.append(stop.value)
    return seen


@case((N,))
def mixed_with_iterators(n):
    def down(depth, i):
        if depth == 0:
            yield from (i, i + 1)
            yield from telling(range(3))
            return "done"
        return (yield from down(depth - 1, i))

    def top():
        for i in range(n):
            yield (yield from down(i % 4, i))
    return list(held(top()))
