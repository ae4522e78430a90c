"""The same: what others see of such generators, and when what they hold is let go."""

from __future__ import annotations

import gc
import itertools
import sys
import weakref

from case import Noisy, case, chain, lines, log
from generators_resumed import N, held, taken, telling

NUMBER = 40


@case((N,), (7,))
def closed(n):
    def body(noisy):
        try:
            for i in range(n):
                yield i
        except GeneratorExit:
            log("exit", i)
            raise
        finally:
            log("finally", i)
    for stop in range(0, n, 3):
        g = held(body(Noisy(stop)))
        for x in itertools.islice(g, stop):
            pass
        g.close()
        log("closed", stop, g.gi_frame is None)
    for stop in range(0, n, 3):
        g = held(body(Noisy(stop)))
        for x in itertools.islice(g, stop):
            pass
        g = None
        log("dropped", stop)


@case((N,), (5,))
def thrown_into(n):
    def body():
        for i in range(n):
            try:
                yield i
            except ValueError as error:
                log("caught", error.args, repr(sys.exception()))
                yield "caught"
            finally:
                log("finally", i)
    g = held(body())
    seen = []
    for i in range(n // 2):
        seen.append(next(g))
        if i % 4 == 3:
            seen.append(g.throw(ValueError(i)))
    try:
        g.throw(KeyError("out"))
    except KeyError as error:
        seen.append(lines(error))
    return seen, g.gi_frame is None


@case((N,))
def frames_seen(n):
    def body():
        for i in range(n):
            yield chain()
            total = i * 2
            yield sys._getframe().f_lineno, sys._getframe().f_lasti, sorted(sys._getframe().f_locals)
    return list(held(body()))


@case((N,))
def suspended_frames(n):
    def body(xs):
        total = 0
        for x in xs:
            total += x
            yield total
            yield from (x, total)
    g = held(body(list(range(n))))
    seen = []
    for value in g:
        frame = g.gi_frame
        seen.append((value, frame.f_lineno, frame.f_lasti, frame.f_back, g.gi_running, g.gi_suspended, sorted(
            (k, repr(v)) for k, v in frame.f_locals.items() if k != "xs"), g.gi_yieldfrom is not None))
    return seen, g.gi_frame, g.gi_running, g.gi_suspended


@case((N,))
def changed_from_outside(n):
    def body():
        x = 0
        for i in range(n):
            yield x
            x += 1
    g = held(body())
    seen = []
    for value in g:
        seen.append(value)
        if value % 5 == 4:
            g.gi_frame.f_locals["x"] = value * 2 + 0.5 if value > 30 else value * 2
    return seen


@case((N,))
def changed_from_within(n):
    def meddle(i):
        if i % 6 == 5:
            sys._getframe(1).f_locals["x"] = i * 100

    def body():
        x = 0
        for i in range(n):
            yield x
            meddle(i)
            x += 1
    return list(held(body()))


@case((N,))
def running(n):
    def body():
        for i in range(n):
            try:
                next(me[0])
            except ValueError as error:
                yield i, error.args, me[0].gi_running, me[0].gi_suspended
    me = []
    me.append(held(body()))
    return list(me[0])


@case((N,))
def frame_held(n):
    def body(keep):
        x = 0
        for i in range(n):
            x += i
            if keep and i % 10 == 5:
                frames.append(sys._getframe())
            yield x
        return x
    frames = []
    seen = taken(held(body(False))), taken(held(body(True)))
    return seen, [(frame.f_lineno, sorted(frame.f_locals.items())) for frame in frames]


@case((N,))
def released_in_order(n):
    def body():
        first, second = Noisy("first"), Noisy("second")
        for i in range(n):
            each = Noisy(i)
            yield i
            if i % 9 == 4:
                second = None
        log("end")
        return each.name
    return taken(held(body()))


@case((N,))
def held_by_itself(n):
    def body():
        me = yield
        for i in range(n):
            yield i
    for stop in range(4, n, 7):
        g = body()
        next(g)
        g.send(g)
        seen = list(itertools.islice(g, stop))
        gone = weakref.ref(g)
        g = None
        gc.collect()
        log(seen, gone() is None)


@case((N,))
def collected_while_running(n):
    def body():
        each = []
        for i in range(n):
            each.append(each)
            if i % 10 == 3:
                gc.collect()
                each = []
            yield len(each), len(gc.get_referents(me[0])) > 0
    me = []
    me.append(held(body()))
    return list(me[0])


@case((150,))
def too_deep(n):
    def body(depth):
        yield depth
        if depth:
            yield from body(depth - 1)

    def deeper(depth):
        yield depth
        for x in held(deeper(depth + 1)):
            yield x
    seen = [sum(body(20)), sum(itertools.islice(held(body(n)), 0, n))]
    g = held(deeper(0))
    count = 0
    try:
        for x in g:
            count += 1
    except RecursionError as error:
        return seen, count > 50, error.args[0][:32], g.gi_frame
    return seen


@case((N,))
def traced_meanwhile(n):
    def body():
        x = 0
        for i in range(n):
            x += i
            yield x

    def trace(frame, event, argument):
        if frame.f_code.co_name == "body":
            log(event, frame.f_lineno - frame.f_code.co_firstlineno, argument)
            return trace
        return None
    g = held(body())
    seen = list(itertools.islice(g, n // 2))
    sys.settrace(trace)
    try:
        seen += [next(g) for _ in range(3)]
    finally:
        sys.settrace(None)
    seen += itertools.islice(g, 4)
    sys.setprofile(lambda frame, event, argument: frame.f_code.co_name == "body" and log(event, argument))
    try:
        seen += [next(g) for _ in range(3)]
    finally:
        sys.setprofile(None)
    return seen + list(g)


@case((N,))
def global_names(n):
    def body():
        for i in range(n):
            yield NUMBER + i
            if i == n // 2:
                globals()["NUMBER"] += 1
    try:
        return list(held(body()))
    finally:
        globals()["NUMBER"] = 40


# -- generators that hand on the values of others --


def deep(depth, n, leaf):
    """A generator that hands on the values of another one, and so on."""
    if depth:
        got = yield from deep(depth - 1, n, leaf)
        yield got
    else:
        yield from leaf(n)
    return depth


@case((N,))
def chains_seen(n):
    def leaf(n):
        for i in range(n):
            frame, seen = sys._getframe(), []
            while frame is not None and frame.f_code.co_name in ("leaf", "deep"):
                seen.append((frame.f_code.co_name, frame.f_lineno, frame.f_lasti, sorted(frame.f_locals)))
                frame = frame.f_back
            yield seen
    return taken(held(deep(4, n, leaf)))


@case((N,))
def chains_suspended(n):
    g = held(deep(3, n, range))
    seen = []
    for value in g:
        step = g
        while hasattr(step, "gi_frame"):
            frame = step.gi_frame
            seen.append((value, frame.f_lineno, frame.f_lasti, frame.f_back, step.gi_running, step.gi_suspended))
            step = step.gi_yieldfrom
        seen.append(type(step))
    return seen, g.gi_yieldfrom


@case((N,))
def chains_running(n):
    def leaf(n):
        for i in range(n):
            try:
                next(g if i % 2 else g.gi_yieldfrom or g)
            except ValueError as error:
                yield error.args, g.gi_running, g.gi_suspended, g.gi_yieldfrom
    g = held(deep(3, n, leaf))
    return taken(g)


@case((N,))
def chains_thrown_into(n):
    def leaf(n):
        for i in range(n):
            try:
                yield i
            except ValueError as error:
                log("caught", i, error.args, lines(error))
            finally:
                log("finally", i)
    seen = []
    for stop in range(1, n, 4):
        g = held(deep(stop % 5, n, leaf))
        seen += itertools.islice(g, stop)
        seen.append(g.throw(ValueError(stop)))
        seen += itertools.islice(g, 2)
        if stop % 3 == 0:
            g.close()
        elif stop % 3 == 1:
            try:
                g.throw(KeyError(stop))
            except KeyError as error:
                seen.append(lines(error))
        else:
            g = None
        log("over", stop)
    return seen


@case((N,))
def chains_sent_to(n):
    def leaf(n):
        got = None
        for i in range(n):
            got = yield i, got
    g = held(deep(3, n, leaf))
    return [next(g)] + [g.send(i) if i % 3 == 0 else next(g) for i in range(n - 1)]


@case((N,))
def chains_handle(n):
    def handling(n):
        try:
            raise OSError("outer")
        except OSError:
            yield from deep(2, n, telling)
            yield repr(sys.exception())
    g = held(handling(n))
    seen = []
    for i in range(n):
        try:
            raise ValueError(i)
        except ValueError:
            seen.append((next(g), repr(sys.exception())))
    return seen, list(g)


@case((N,))
def chains_traced(n):
    def trace(frame, event, argument):
        if frame.f_code.co_name in ("deep", "leaf"):
            log(event, frame.f_code.co_name, frame.f_lineno - frame.f_code.co_firstlineno, repr(argument))
            return trace
        return None

    def leaf(n):
        for i in range(n):
            if i == n // 2:
                sys.settrace(trace)
            if i == n // 2 + 3:
                sys.settrace(None)
            yield i
    try:
        return taken(held(deep(2, n, leaf)))
    finally:
        sys.settrace(None)


@case((N,))
def chains_end_in_order(n):
    def leaf(n):
        noisy = Noisy("leaf")
        for i in range(n):
            yield Noisy(i).name
        log("leaf over")

    def outer():
        noisy = Noisy("outer")
        yield from leaf(n)
        log("outer goes on")
        yield from leaf(2)
    return list(held(outer()))


@case((200,))
def chains_too_deep(n):
    def leaf(n):
        yield from range(n)
    seen = sum(held(deep(n, n, leaf)))
    limit = sys.getrecursionlimit()
    g = held(deep(60, n, leaf))
    values = [next(g) for _ in range(n // 2)]
    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    sys.setrecursionlimit(depth + 40)
    try:
        next(g)
    except RecursionError as error:
        values.append(error.args[0][:32])
    finally:
        sys.setrecursionlimit(limit)
    return seen, values, taken(g)[0][:3]


@case((N,))
def suspended_within_calls(n):
    class Called:
        def plain(self, *values):
            return values

    def body(objects):
        for each in objects:
            try:
                log(each.plain((yield 1), (yield 2)))
                for i in range(3):
                    log((yield i), i)
            except ValueError as error:
                log("caught", error.args)
    bound = Called()
    bound.plain = Called().plain
    own = Called()
    own.plain = len
    for objects in [Called()] * n, [bound] * n, [Called(), bound, own, bound] * n, [own] * 4:
        g = held(body(objects))
        for stop in range(1, n):
            try:
                next(g)
                if stop % 3 == 1:
                    g.throw(ValueError(stop))
            except (TypeError, StopIteration) as error:
                log(type(error), error.args)
                break
