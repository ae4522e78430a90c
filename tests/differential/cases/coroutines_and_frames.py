"""The same: what others see of coroutines, and when what they hold is let go."""

from __future__ import annotations

import gc
import sys
import warnings
import weakref

from case import Noisy, case, chain, log
from coroutines import N, double, driven, later, pause, sometimes

NUMBER = 30


async def seen_from(i):
    return chain() if i % 3 == 0 else None


@case((N,))
def frames_seen(n):
    async def body(i):
        first = await seen_from(i)
        await pause(sys._getframe().f_lineno)
        return first, sys._getframe().f_lasti, sorted(sys._getframe().f_locals), await seen_from(i)
    return [driven(body(i)) for i in range(n)]


@case((N,))
def suspended_frames(n):
    async def inner(i):
        x = i * 2
        await pause(x)
        return x

    async def body():
        total = 0
        for i in range(n):
            total += await inner(i)
        return total
    coroutine = body()
    seen = []
    for _ in range(n):
        coroutine.send(None)
        frame, inside = coroutine.cr_frame, coroutine.cr_await
        seen.append((frame.f_lineno, frame.f_lasti, frame.f_back, sorted(frame.f_locals), frame.f_locals["total"],
                     coroutine.cr_running, coroutine.cr_suspended, coroutine.cr_origin,
                     inside.cr_code.co_name, inside.__name__, inside.__qualname__, inside.cr_frame.f_lasti,
                     sorted(inside.cr_frame.f_locals.items()), inside.cr_await.gi_code.co_name))
    coroutine.close()
    return seen, coroutine.cr_frame


@case((N,))
def running(n):
    async def look():
        return me[0].cr_running, me[0].cr_suspended, me[0].cr_await, me[0].cr_frame.f_lineno

    async def body():
        return [await look() for _ in range(n)]
    me = [body()]
    return driven(me[0])


@case((N,))
def changed_from_outside(n):
    async def body():
        x = 0
        for i in range(n):
            await pause(x)
            x += await double(1)
        return x
    coroutine = body()
    seen = []
    for i in range(n):
        seen.append(coroutine.send(None))
        if i % 5 == 4:
            coroutine.cr_frame.f_locals["x"] = i * 2 + 0.5 if i > 20 else i * 2
    coroutine.close()
    return seen


@case((N,))
def changed_from_within(n):
    async def meddle(i):
        if i % 6 == 5:
            sys._getframe(1).f_locals["x"] = i * 100
        await sometimes(i)

    async def body():
        x, seen = 0, []
        for i in range(n):
            await meddle(i)
            seen.append(x)
            x += 1
        return seen
    return driven(body())


@case((N,))
def ends_in_order(n):
    async def inner(noisy, i):
        other = Noisy(("local", i))
        if i % 2:
            await pause(i)
        return noisy if i % 3 else None

    async def body():
        for i in range(n):
            kept = await inner(Noisy(("argument", i)), i)
            log("awaited", i)
        del kept
        log("end")
    driven(body())


@case((N,))
def dropped(n):
    async def inner(noisy):
        try:
            await pause()
        finally:
            log("finally", noisy.name if hasattr(noisy, "name") else None)

    async def body(i):
        await inner(Noisy(i))
    for i in range(n):
        coroutine = body(i)
        coroutine.send(None)
        coroutine = None
        log("dropped", i)


@case((N,))
def never_awaited(n):
    async def body(i):
        coroutine = double(i)
        if i % 2:
            return await coroutine
        del coroutine
        log("deleted", i)
        return i
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        seen = [driven(body(i)) for i in range(n)]
        body(1)
        gc.collect()
    return seen, [str(w.message) for w in caught]


@case((N,))
def origins(n):
    async def inner(i):
        await sometimes(i)

    async def body(i):
        await inner(i)
    seen = []
    for i in range(n):
        if i == n // 2:
            sys.set_coroutine_origin_tracking_depth(2)
        coroutine = body(3)
        coroutine.send(None)
        inside = coroutine.cr_await
        seen.append([origin and [(line, name) for _, line, name in origin[:1]]
                     for origin in (coroutine.cr_origin, inside.cr_origin)])
        coroutine.close()
    sys.set_coroutine_origin_tracking_depth(0)
    return seen


@case((N,))
def weakly_referenced(n):
    async def body(i):
        coroutine = later(i)
        reference = weakref.ref(coroutine, lambda _: log("gone", i))
        result = await coroutine
        log("awaited", reference() is coroutine)
        del coroutine
        return result, reference()
    return [driven(body(i)) for i in range(n)]


@case((N,))
def traced_from_within(n):
    def tracer(frame, event, arg):
        log(frame.f_code.co_name, event, frame.f_lineno)
        return tracer

    async def inner(i):
        if i == n // 2:
            sys.settrace(tracer)
        await sometimes(i)
        if i == n // 2 + 3:
            sys.settrace(None)
        return i

    async def body():
        total = 0
        for i in range(n):
            total += await inner(i)
        return total
    try:
        return driven(body())
    finally:
        sys.settrace(None)


@case((N,))
def profiled_from_outside(n):
    def profiler(frame, event, arg):
        if frame.f_code.co_name in ("body", "inner", "sometimes"):
            log(frame.f_code.co_name, event, frame.f_lineno)

    async def inner(i):
        await sometimes(i)
        return i

    async def body():
        total = 0
        for i in range(n):
            total += await inner(i)
        return total
    coroutine = body()
    coroutine.send(None)
    sys.setprofile(profiler)
    try:
        coroutine.send(None)
    finally:
        sys.setprofile(None)
    return driven(coroutine)


@case((400,))
def deep_recursion(n):
    async def level(k):
        if k == 0:
            await pause(k)
            return 0
        return 1 + await level(k - 1)

    async def endless():
        return await endless()
    seen = [driven(level(n // 2)), driven(level(n))]
    try:
        endless().send(None)
    except RecursionError as error:
        seen.append(error.args)
    return seen
