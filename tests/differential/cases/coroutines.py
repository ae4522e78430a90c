"""Coroutines: what they await is run in place, or is an object that is compiled and entered where it is suspended."""

from __future__ import annotations

import asyncio
import types

from case import case, lines, log

N = 30


@types.coroutine
def pause(value=None):
    return (yield value)


def driven(coroutine, send=None):
    """The values that come out of it, and what it ends with."""
    values = []
    while True:
        try:
            values.append(coroutine.send(None if not values else send))
        except StopIteration as stop:
            return values, stop.value
        except Exception as error:
            return values, type(error), error.args, lines(error)


async def double(x):
    return x * 2


async def later(x):
    await pause(x)
    return x + 1


async def sometimes(x):
    if x % 3 == 0:
        await pause(x)
    return x + 0.5


# -- awaits that do not suspend --


@case((N,), (0,), (2.5,), ("ab",))
def awaits_at_once(x):
    async def body():
        y = await double(x)
        return y, await double(y)
    return driven(body())


@case((N,), (0,))
def sums_in_a_loop(n):
    async def body():
        total = 0
        for i in range(n):
            total += await double(i)
        return total
    return driven(body())


@case((12,), (1,))
def recursion(n):
    async def fibonacci(k):
        if k <= 1:
            return k
        return await fibonacci(k - 1) + await fibonacci(k - 2)
    return driven(fibonacci(n))


@case((N,))
def nested_in_place(n):
    async def inner(x):
        return await double(x) + 1

    async def middle(x, y=3):
        return await inner(x) + await inner(y)

    async def body():
        return [await middle(i) for i in range(n)], await middle(n, y=4)
    return driven(body())


@case((N,))
def methods(n):
    class Account:
        def __init__(self):
            self.balance = 0.0

        async def add(self, amount):
            self.balance += amount
            return self.balance

        async def add_all(self, amounts):
            for amount in amounts:
                await self.add(amount)
            return self.balance

    account = Account()
    return driven(account.add_all([i * 0.5 for i in range(n)])), driven(account.add_all(range(3))), account.balance


# -- awaits that do --


@case((N,), (1,))
def suspends(n):
    async def body():
        total = 0
        for i in range(n):
            total += await later(i)
            total -= await sometimes(total)
        return total
    return driven(body())


@case((N,))
def suspends_deep(n):
    async def level(k, x):
        if k == 0:
            return await sometimes(x)
        y = x + k
        z = await level(k - 1, x)
        return y * z

    async def body():
        total = 0
        for i in range(n):
            total += await level(i % 5, i)
        return total
    return driven(body())


@case((N,))
def values_are_sent(n):
    async def inner(x):
        a = await pause(x)
        b = await pause((x, a))
        return [a, b]

    async def body():
        return [await inner(i) for i in range(n)]
    return driven(body(), "sent"), driven(body())


@case((N,))
def locals_stay(n):
    async def inner(x, xs):
        pair = (x, x + 1.5)
        if x % 2:
            text = str(x)
            await pause(pair)
            xs.append(text)
        for k in range(x % 4):
            await pause(k)
            pair = (pair[1], k)
        return pair

    async def body():
        xs = []
        for i in range(n):
            xs.append(await inner(i, xs))
        return xs
    return driven(body())


@case((N,))
def cells(n):
    async def body():
        total = 0

        async def add(k):
            nonlocal total
            total += k
            if k % 4 == 1:
                await pause(total)
            return lambda: total + k
        calls = [await add(i) for i in range(n)]
        return [call() for call in calls]
    return driven(body())


@case((N,))
def types_change(n):
    async def same(x):
        if type(x) is str:
            await pause(x)
        return x

    async def body():
        seen = []
        for i in range(n):
            value = i if i < n // 3 else i * 0.5 if i < 2 * n // 3 else str(i)
            seen.append(await same(value))
        return seen
    return driven(body())


@case((N,))
def maybe_unbound(n):
    async def inner(i):
        if i % 3 == 1:
            x = i * 2
        await sometimes(i)
        return x

    async def body():
        seen = []
        for i in range(n):
            try:
                seen.append(await inner(i))
            except UnboundLocalError as error:
                seen.append(error.args)
        return seen
    return driven(body())


# -- what can be awaited --


class Ready:
    def __init__(self, value):
        self.value = value

    def __await__(self):
        return self.value
        yield


class Waits(Ready):
    def __await__(self):
        sent = yield self.value
        return sent, self.value


class Iterates:
    def __init__(self, values):
        self.values = values

    def __await__(self):
        return iter(self.values)


@case((N,))
def awaitables(n):
    async def body():
        seen = []
        for i in range(n):
            seen.append(await (Ready(i), Waits(i), Iterates([i, 1]), double(i), pause(i))[i % 5])
        return seen
    return driven(body())


class Wrong:
    def __init__(self, result):
        self.result = result

    def __await__(self):
        return self.result()


@case((N,))
def not_awaitable(n):
    async def wait_for(x):
        return await x

    def make(i):
        return (3, None, Wrong(lambda: 5), Wrong(lambda: double(2)), Wrong(lambda: 1 / 0), double, (x for x in "a"),
                Ready(i))[i % 8]
    return [driven(wait_for(make(i))) for i in range(n)]


class Half:
    async def __aenter__(self):
        return self


@case()
def no_managers():
    async def with_wrong(x):
        async with x:
            return 1
    return [driven(with_wrong(x)) for x in (1, Ready(1), Half())]


@case((N,))
def awaited_again(n):
    async def body(late):
        coroutine = double(3) if not late else later(3)
        first = await coroutine
        try:
            return first, await coroutine
        except RuntimeError as error:
            return first, error.args
    return [driven(body(i % 2)) for i in range(n)]


@case((N,))
def awaited_already(n):
    async def body(i):
        coroutine = later(i)
        coroutine.send(None)
        try:
            await coroutine
        except RuntimeError as error:
            coroutine.close()
            return error.args
    return [driven(body(i)) for i in range(n)]


@case((N,))
def started_elsewhere(n):
    async def twice(x):
        a = await pause(x)
        b = await double(x)
        return a, b

    async def body(i):
        coroutine = twice(i)
        seen = coroutine.send(None)
        try:
            coroutine.send(i)
        except StopIteration as stop:
            return seen, stop.value
    return [driven(body(i)) for i in range(n)]


@case((N,))
def awaits_itself(n):
    async def body():
        try:
            await me[0]
        except ValueError as error:
            return error.args
    seen = []
    for _ in range(n):
        me = [body()]
        seen.append(driven(me[0]))
    return seen


# -- exceptions --


@case((N,))
def raised_within(n):
    async def fails(i):
        if i % 4 == 2:
            raise ValueError(i)
        if i % 4 == 3:
            await pause(i)
            raise KeyError(i)
        return i

    async def body():
        seen = []
        for i in range(n):
            try:
                seen.append(await fails(i))
            except (ValueError, KeyError) as error:
                seen.append((type(error), error.args, lines(error)))
            finally:
                seen.append(i)
        return seen
    return driven(body())


@case((N,))
def raised_through(n):
    async def fails(i):
        await sometimes(i)
        return 10 // (i - 7)

    async def middle(i):
        try:
            return await fails(i)
        finally:
            log("finally", i)

    async def body(i):
        return await middle(i)
    return [driven(body(i)) for i in range(n)]


@case((N,))
def stop_iteration(n):
    async def stops(i):
        if i % 3 == 1:
            raise StopIteration(i)
        if i % 3 == 2:
            await pause()
            raise StopIteration(i)
        return i

    async def body(i):
        try:
            return await stops(i)
        except RuntimeError as error:
            return error.args, repr(error.__cause__), lines(error)
    return [driven(body(i)) for i in range(n)]


@case((N,))
def handled_around(n):
    async def current():
        import sys
        return repr(sys.exception())

    async def body(i):
        try:
            if i % 2:
                raise ValueError(i)
        except ValueError:
            first = await current()
            await pause(first)
            return first, await current()
        return await current()
    return [driven(body(i)) for i in range(n)]


# -- throw and close --


@case((N,))
def thrown_into(n):
    async def inner(i):
        try:
            await pause(i)
        except ValueError as error:
            log("caught", error.args)
            return "caught"
        finally:
            log("finally", i)
        return "went on"

    async def body():
        return [await inner(i) for i in range(n)]
    coroutine = body()
    seen = []
    for i in range(n):
        seen.append(coroutine.send(None) if i % 3 else coroutine.throw(ValueError(i)) if i else coroutine.send(None))
    try:
        coroutine.throw(KeyError("out"))
    except KeyError as error:
        seen.append(lines(error))
    return seen, coroutine.cr_frame, coroutine.cr_running


@case((N,))
def closed(n):
    async def inner(i):
        try:
            await pause(i)
        except GeneratorExit:
            log("exit", i)
            raise
        finally:
            log("finally", i)

    async def body():
        for i in range(n):
            await inner(i)
    for stop in range(0, n, 4):
        coroutine = body()
        for _ in range(stop):
            coroutine.send(None)
        coroutine.close()
        log("closed", stop, coroutine.cr_frame is None, coroutine.cr_await)


# -- managers and loops --


class Manager:
    def __init__(self, i, swallows=False):
        self.i = i
        self.swallows = swallows

    async def __aenter__(self):
        await sometimes(self.i)
        return self.i

    async def __aexit__(self, kind, error, traceback):
        log("exit", self.i, kind, repr(error), traceback is not None)
        await sometimes(self.i + 1)
        return self.swallows


@case((N,))
def managers(n):
    async def body(i):
        async with Manager(i, i % 2 == 0) as k:
            total = await double(k)
            if i % 5 == 4:
                raise ValueError(total)
            await pause(total)
            return total + 1
        return "swallowed"
    return [driven(body(i)) for i in range(n)]


class Counts:
    def __init__(self, n):
        self.left = n

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self.left <= 0:
            raise StopAsyncIteration
        self.left -= 1
        await sometimes(self.left)
        return self.left


@case((N,), (0,))
def asynchronous_loops(n):
    async def body():
        total = 0
        async for x in Counts(n):
            total += await double(x)
            if x == n // 2:
                continue
            async for y in Counts(x % 3):
                total -= y
        else:
            total += 1000
        return total, [x async for x in Counts(n) if x % 2], {x: x * 2 async for x in Counts(n)}
    return driven(body())


@case((N,))
def wrong_loops(n):
    class NoIterator:
        def __aiter__(self):
            return 5

    class NoNext:
        def __aiter__(self):
            return self

        def __anext__(self):
            return 5

    class Fails(NoNext):
        async def __anext__(self):
            raise ValueError

    async def body(x):
        async for y in x:
            return y
    return [driven(body((3, NoIterator(), NoNext(), Fails(), Counts(2))[i % 5])) for i in range(n)]


# -- under asyncio --


@case((2,))
def tasks(n):
    async def work(k):
        total = 0
        for i in range(k):
            total += i * k
            if i % 4 == 3:
                await asyncio.sleep(0)
        return total

    async def body():
        return await asyncio.gather(*[work(k) for k in range(2 * n)])
    return asyncio.run(body())


@case((2,))
def queues(n):
    async def body():
        queue = asyncio.Queue(2)

        async def produce():
            for i in range(3 * n):
                await queue.put(i)
            await queue.put(None)

        async def consume():
            seen = []
            while (value := await queue.get()) is not None:
                seen.append(value + await double(value))
            return seen
        return await asyncio.gather(produce(), consume())
    return asyncio.run(body())


@case((2,))
def cancelled(n):
    async def inner(i):
        try:
            await asyncio.sleep(0 if i % 3 else 10)
            return i
        except asyncio.CancelledError:
            log("cancelled", i)
            raise
        finally:
            await asyncio.sleep(0)
            log("finally", i)

    async def body():
        tasks = [asyncio.create_task(inner(i)) for i in range(2 * n)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        return [repr(x) for x in await asyncio.gather(*tasks, return_exceptions=True)]
    return asyncio.run(body())


@case()
def timeouts():
    async def body():
        try:
            async with asyncio.timeout(0):
                await asyncio.sleep(10)
        except TimeoutError as error:
            return repr(error)
    return asyncio.run(body())
