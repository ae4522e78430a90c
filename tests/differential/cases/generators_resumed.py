"""Generators that are objects: their bodies are compiled, and entered where they are suspended."""

from __future__ import annotations

import itertools
import sys

from case import case, lines, log

HELD = []
N = 40


def held(generator):
    """The generator, which somebody else could know as well."""
    HELD.append(generator)
    return HELD.pop()


def taken(generator):
    """Its values and what it ends with."""
    values = []
    while True:
        try:
            values.append(next(generator))
        except StopIteration as stop:
            return values, stop.value
        except Exception as error:
            return values, type(error), error.args, lines(error)


# -- values --


@case((N,), (0,), (1,), (-3.5,))
def numbers(n):
    def body():
        total, x, count = 0, 0.5, 0
        while count < n:
            total += count
            x = x * 1.5 - 0.25
            count += 1
            yield total + x
            yield count
        return total, x
    return taken(held(body())), list(held(body())), sum(held(body()))


@case(([1, 2, 3] * 15,), ([1.5, 2.5] * 20,), (["a", "b"] * 20,), ([1, 2.5, "x", None] * 10,), ([2 ** 62] * 30,))
def items(xs):
    def body(ys):
        seen = None
        for y in ys:
            if y is not None:
                seen = y if seen is None or type(seen) is not type(y) else seen + y
                yield y, seen
        return seen
    return taken(held(body(xs))), list(map(repr, held(body(xs))))


@case((N,))
def grows_beyond_64_bits(n):
    def body():
        a, b = 1, 3
        for _ in range(n):
            a, b = b, a * b % 10 ** 25 + b
            yield a
    return list(held(body()))


@case((N,), (3,))
def changes_its_types(n):
    def body():
        x = 0
        for i in range(n):
            yield x
            x = x + 1 if i < n // 3 else x + 0.5 if i < 2 * n // 3 else str(x)[:5]
            if type(x) is str:
                x = len(x)
    return [repr(x) for x in held(body())]


@case((N,))
def maybe_unbound(n):
    def body():
        for i in range(n):
            if i % 3 == 1:
                x = i * 2
                y = i * 0.5
            yield i
            if i % 3 == 2:
                yield x + y
                del x, y
            elif i == n - 1:
                yield x
    return taken(held(body()))


@case((N,))
def cells(n):
    def body():
        total = 0

        def add(k):
            nonlocal total
            total += k
            return total
        for i in range(n):
            yield add(i)
            total *= 2
            yield lambda: total + i
    return [x() if callable(x) else x for x in held(body())]


@case((N,))
def virtual_objects_stay(n):
    class Point:
        def __init__(self, x, y):
            self.x = x
            self.y = y

    def body():
        p = Point(0, 1.5)
        pair = (p.x, p.y)
        inner = (k * 2 for k in range(n))
        numbered = enumerate(range(3, n))
        for i in range(n):
            p.x += i
            pair = (p.x, pair[0])
            yield p.x + p.y, pair, next(inner)
            for at, k in numbered:
                yield at * k
                break
    return list(held(body()))


@case((N,))
def nested_loops(n):
    def body():
        for i in range(n):
            s = 0
            for j in range(i):
                if j % 7 == 5:
                    yield s
                s += j * i
            if s % 2:
                continue
            yield -s
        else:
            yield "else"
    return list(held(body()))


@case((N,))
def endless(n):
    def body():
        a, b = 0, 1
        while True:
            yield a
            a, b = b, a + b
    g = held(body())
    return list(itertools.islice(g, n)), [next(g) for _ in range(n)], next(g)


@case((N,))
def expressions(n):
    return (sum(held(x * y for x in range(n) for y in range(x) if (x + y) % 3)),
            ",".join(held(str(x) for x in range(n))), dict(held((x, x * x) for x in range(n))),
            max(held(abs(x - 20) for x in range(n))), sorted(held(-x for x in range(n))), any(held(x > 30 for x in range(n))))


@case((N,))
def sent_as_well(n):
    def body():
        got = 0
        for i in range(n):
            new = yield got
            if new is not None:
                got = new
            else:
                got += 1
    g = held(body())
    seen = [next(g)]
    for i in range(n - 1):
        seen.append(g.send(i) if i % 4 == 3 else next(g) if i % 2 else g.send(None))
    return seen


@case((N,))
def delegates(n):
    def inner(k):
        for i in range(k):
            yield i
        return k * 10

    def body():
        total = 0
        for k in range(n):
            total += yield from inner(k % 5)
            yield from [k, -k]
            yield "total", total
        return total
    return taken(held(body()))


# -- exceptions --


@case((N,), (2,))
def raises(n):
    def body(xs):
        total = 0
        for i, x in enumerate(xs):
            total += 100 // x
            yield total
    xs = [3] * n + [0, 1]
    g = held(body(xs))
    return taken(g), taken(g)


@case((N,))
def handles(n):
    def body():
        for i in range(n):
            try:
                if i % 5 == 3:
                    raise ValueError(i)
                yield i
                [][i % 2 * i]
            except ValueError as error:
                yield error.args
                yield repr(sys.exception())
            except IndexError as error:
                yield str(error), repr(sys.exception())
            finally:
                log("finally", i)
            yield repr(sys.exception())
    return taken(held(body()))


def telling(n):
    for i in range(n):
        yield repr(sys.exception())
        try:
            raise KeyError(i)
        except KeyError:
            yield repr(sys.exception())


@case((N,))
def handled_outside(n):
    g = held(telling(n))
    seen = []
    for i in range(n - 1):
        try:
            raise OSError(i)
        except OSError:
            seen.append((next(g), repr(sys.exception())))
        seen.append((next(g), repr(sys.exception())))
    return seen


@case((N,))
def stops(n):
    def body():
        it = iter(range(n))
        while True:
            yield next(it)
    return taken(held(body()))


@case((N,))
def within_with(n):
    class Context:
        def __enter__(self):
            log("enter")
            return self

        def __exit__(self, *details):
            log("exit", details[0] and details[0].__name__)
            return details[0] is ValueError

    def body():
        for i in range(n):
            with Context() as context:
                yield i
                if i % 7 == 3:
                    raise ValueError
                if i == n - 2:
                    raise TypeError("end")
                yield type(context).__name__
    return taken(held(body()))


# -- generators that hand on the values of others --


class Tree:
    def __init__(self, left, value, right):
        self.left = left
        self.value = value
        self.right = right

    def __iter__(self):
        if self.left:
            yield from self.left
        yield self.value
        if self.right is not None:
            yield from self.right


def tree(low, high):
    if low == high:
        return None
    middle = (low + high) // 2
    return Tree(tree(low, middle), middle, tree(middle + 1, high))


@case((60,), (1,))
def walks(n):
    nodes = tree(0, n)
    total = 0
    for value in nodes:
        total = total * 3 % 1000003 + value
    return list(nodes), total, sum(held(iter(nodes))), list(zip(nodes, nodes))


@case((N,), (0,))
def results_handed_on(n):
    def inner(k):
        total = 0
        for i in range(k):
            total += i
            yield total
        return total * 0.5

    def middle(k):
        got = yield from inner(k)
        yield got
        return k, got

    def outer():
        for k in range(n):
            got = yield from middle(k % 6)
            got = yield from held(middle(got[0] + 1))
            yield got
    return taken(held(outer()))


@case((N,))
def of_many_types(n):
    class Counting:
        def __init__(self, stop):
            self.at, self.stop = 0, stop

        def __iter__(self):
            return self

        def __next__(self):
            self.at += 1
            if self.at > self.stop:
                raise StopIteration(self.at)
            return self.at

    def body(sources):
        for source in sources:
            got = yield from source
            yield got
    sources = [[1, 2], (3, 4), "ab", {5: 6}, range(3), Counting(3), (x for x in "yz"), iter([7]), [], Counting(0)]
    return taken(held(body(sources * (n // 10)))), taken(held(body([range(k) for k in range(12)])))


@case((N,))
def errors_handed_on(n):
    def inner(k):
        for i in range(k):
            if i == 4:
                raise ValueError(k)
            yield i

    def middle(k):
        try:
            yield from inner(k)
        except ValueError as error:
            if k % 2:
                raise KeyError(k) from error
            yield error.args, lines(error)
        finally:
            log("middle", k, repr(sys.exception()))

    def outer():
        for k in range(n):
            try:
                yield from middle(k % 8)
            except KeyError as error:
                yield error.args, lines(error), type(error.__cause__)
        yield from 5
    return taken(held(outer()))


@case((N,))
def stopped_wrongly(n):
    def inner(k):
        yield k
        raise StopIteration(k)

    def outer():
        for k in range(n):
            try:
                yield from inner(k)
            except RuntimeError as error:
                yield error.args, type(error.__cause__), lines(error)
    return taken(held(outer()))


# -- a yield within `try`, whose handler leads back into the loop --


@case((["a", "b", "a", "c", "b"] * 9,), ([[1], (2,), (2,), [1], [3]] * 9,), (["a", [1], "a", [1], 2.5, 2.5] * 8,))
def duplicates(xs):
    def body(ys, key):
        seen, unhashable = set(), []
        for y in ys:
            k = key(y) if key is not None else y
            try:
                if k not in seen:
                    seen.add(k)
                else:
                    yield y
            except TypeError:
                if k not in unhashable:
                    unhashable.append(k)
                else:
                    yield "unhashable", y
    return [taken(held(body(xs, key))) for key in (None, str, repr, None, tuple)]


@case((N,), (5,))
def thrown_back_into_the_loop(n):
    def body():
        i = 0
        while i < n:
            try:
                while i % 3:
                    i += 1
                    yield i
                i += [1, 2][(yield -i)]
            except (IndexError, TypeError) as error:
                i += 1
                log(type(error).__name__, i)
    generator = held(body())
    seen = [next(generator)]
    try:
        for sent in range(10 * n):
            seen.append(generator.send(sent % 3 if sent % 4 else None))
            if sent % 5 == 4:
                seen.append(generator.throw(TypeError(sent)))
    except StopIteration:
        seen.append("end")
    return seen
