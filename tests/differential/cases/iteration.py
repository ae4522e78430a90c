"""Iterators and generators: consuming them in hot loops, the builtins that iterate, custom iterators."""

import itertools

from case import Noisy, case, log


class Countdown:
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return self

    def __next__(self):
        if self.n <= 0:
            raise StopIteration
        self.n -= 1
        return self.n


class OldStyle:
    def __getitem__(self, i):
        log("item", i)
        if i >= 4:
            raise IndexError("end")
        return i * 10


@case((Countdown(20),), (OldStyle(),), ([1, 2],), ("ab",), ({1: 2},), (range(4),), (b"xy",))
def for_over_anything(xs):
    seen = []
    for x in xs:
        seen.append(x)
    return seen


def numbers(n):
    log("begin")
    for i in range(n):
        yield i
    log("end")
    return "result"


@case((30,))
def generator_in_loop(n):
    total = 0
    for x in numbers(n):
        total += x
        if total > 300:
            break
    return total


def averager():
    total = 0.0
    count = 0
    average = None
    while True:
        value = yield average
        total += value
        count += 1
        average = total / count


@case((20,))
def send_to_generator(n):
    g = averager()
    next(g)
    seen = [g.send(i) for i in range(n)]
    g.close()
    return seen


def delegating(n):
    result = yield from numbers(n)
    yield result


@case((5,))
def yield_from(n):
    return list(delegating(n)), [*delegating(2)], tuple(delegating(0))


def careful():
    try:
        yield 1
        yield 2
    except ValueError as error:
        yield str(error)
    finally:
        log("cleaned up")


@case((3,))
def throw_into_generator(n):
    seen = []
    for i in range(n):
        g = careful()
        seen.append(next(g))
        seen.append(g.throw(ValueError(f"thrown {i}")))
        del g
        log("after")
    return seen


@case((4,))
def abandoned_generator(n):
    seen = []
    for i in range(n):
        for x in careful():
            seen.append(x)
            break
        log("next", i)
    return seen


@case((30,))
def generator_expressions(n):
    return (sum(i * i for i in range(n)), max(i % 7 for i in range(n)), any(i > 20 for i in range(n)),
            all(i < 20 for i in range(n)), list(i for i in range(n) if i % 5 == 0), sorted(-i for i in range(5)),
            dict((i, str(i)) for i in range(4)), "".join(str(i) for i in range(12)),
            min((i - 5) ** 2 for i in range(n)))


@case((20,))
def generator_raises(n):
    def fragile():
        for i in range(n):
            if i == 8:
                raise ValueError("in the generator")
            yield i
    total = 0
    for x in fragile():
        total += x
    return total


@case(([1, 2, 3, 4],), ("abc",), ([],))
def enumerate_zip_reversed(xs):
    seen = []
    for i, x in enumerate(xs):
        seen.append((i, x))
    for i, x in enumerate(xs, 5):
        seen.append((i, x))
    for a, b in zip(xs, range(10)):
        seen.append((a, b))
    for x in reversed(xs):
        seen.append(x)
    for (i, x), y in zip(enumerate(xs), reversed(xs)):
        seen.append((i, x, y))
    return seen, list(map(str, xs)), list(filter(None, xs)), list(zip())


@case(([1, 2], [1, 2]), ([1, 2], [1]), ([1], [1, 2]))
def strict_zip(a, b):
    return [x + y for x, y in zip(a, b, strict=True)]


@case((10,))
def zip_consumes(n):
    a = iter(range(n))
    b = iter(range(3))
    first = list(zip(a, b))
    return first, list(a), list(zip(b, a))


@case((10,))
def one_iterator_twice(n):
    it = iter(range(n))
    seen = []
    for x in it:
        seen.append((x, next(it, "none")))
    return seen, list(it)


@case((6,))
def itertools_mixed(n):
    total = 0
    for a, b in itertools.product(range(n), repeat=2):
        total += a * b
    for x in itertools.islice(itertools.count(5), n):
        total += x
    for x in itertools.chain([1, 2], (3, 4)):
        total += x
    return total, list(itertools.accumulate(range(n))), [len(list(g)) for _, g in itertools.groupby("aabccc")]


@case((4,))
def iterator_dies_in_order(n):
    for i in range(n):
        for x in [Noisy((i, 0)), Noisy((i, 1))]:
            log("body", x.name)
        log("loop over", i)


@case((10,))
def iter_with_sentinel(n):
    values = iter(range(n * 2))
    return [x for x in iter(lambda: next(values), n)]


class BadIterator:
    def __iter__(self):
        return 5


class FailingIterator:
    def __iter__(self):
        return self

    def __next__(self):
        raise KeyError("next failed")


@case((BadIterator(),), (FailingIterator(),), (5,))
def bad_iterators(x):
    total = 0
    for y in x:
        total += y
    return total


@case((30,))
def range_objects(n):
    r = range(2, n, 3)
    return (len(r), r[0], r[-1], r[2:5], 5 in r, 6 in r, 5.0 in r, "x" in r, list(r), sum(r), r.index(8),
            r == range(2, n, 3), r.start, r.step, list(r[::-1]), max(r))


@case((range(5), 10), (range(5), -6), (range(0), 0), (range(10), 3))
def range_index(r, i):
    return r[i]


@case((20,))
def while_with_next(n):
    it = numbers(n)
    total = 0
    while (x := next(it, None)) is not None:
        total += x
    return total


def flatten(tree):
    if isinstance(tree, list):
        for child in tree:
            yield from flatten(child)
    else:
        yield tree


@case(([1, [2, [3, 4]], [[[5]]]],), ([],), (7,))
def recursive_generator(tree):
    return list(flatten(tree))


def primes():
    found = []
    n = 2
    while True:
        if all(n % p for p in found):
            found.append(n)
            yield n
        n += 1


@case((25,))
def infinite_generator(n):
    seen = []
    for p in primes():
        if p > n:
            break
        seen.append(p)
    return seen


async def work(n):
    total = 0
    for i in range(n):
        total += i
    return total


@case((20,))
def coroutine_driven_by_hand(n):
    seen = []
    for i in range(3):
        coroutine = work(n + i)
        try:
            coroutine.send(None)
        except StopIteration as stop:
            seen.append(stop.value)
    return seen


@case(([[1, 2], [3]],), ([(1, 2), [3]],), ([[1], iter([2, 3])],), ([[1], 5],), ([range(3), range(2)],), ([[], "ab"],))
def iterables_made_elsewhere(groups):
    total = []
    for group in list(map(lambda g: g, groups)):
        for item in group:
            total.append(item)
        total += [item for item in group if item in {1, 2}]
    return total


@case((40,))
def a_list_that_grows_behind_its_iterator(n):
    out = []
    for i in range(n):
        items = [1, 2, i]
        it = iter(items)
        for x in it:
            if x == 30:
                break
        items.append(4)
        out.append((list(it), next(it, "none")))
    return out


@case((40,))
def a_list_that_grows_behind_a_generator(n):
    def body(items):
        it = iter(items)
        for x in it:
            yield x
        items.append(9)
        yield from it
        yield "end"
    out = []
    items = list(range(n))
    for x in body(items):
        out.append(x)
    return out, items


@case((40,))
def iterators_that_are_kept(n):
    out = []
    for kept in (iter(tuple(range(n))), iter(range(n)), iter("abc" * n), iter({1: 2, 3: 4})):
        for x in kept:
            if x == 7:
                out.append(next(kept))
        out.append((next(kept, "none"), list(kept), kept.__length_hint__() if hasattr(kept, "__length_hint__") else -1))
    return out


@case((4,), (60,))
def loops_within_calls(n):
    class Called:
        def plain(self, *values):
            return values
    bound, seen = Called(), []
    bound.plain = Called().plain
    for each in (bound, Called(), Called(), bound):
        for _ in range(3):
            seen.append(each.plain([x * 2 for x in range(n)], n))
    return seen
