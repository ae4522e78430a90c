"""Generators and generator expressions: what runs in place, what leaves, what escapes."""

from __future__ import annotations

import traceback

from case import Tracked, case, log
from shapes import numbers, squares, windows


def evens(source):
    for x in source:
        if x % 2 == 0:
            yield x


def pairs(items):
    for i, a in enumerate(items):
        for b in items[i + 1:]:
            yield a, b


def neighbours(node, width, height):
    y, x = divmod(node, width)
    if x > 0:
        yield node - 1
    if x + 1 < width:
        yield node + 1
    if y > 0:
        yield node - width
    if y + 1 < height:
        yield node + width


def three(a, b, c):
    yield a
    yield b
    yield c


def mixed(n):
    yield 1
    for i in range(n):
        yield i * 0.5
    yield "end"


@case((0,), (1,), (50,))
def simple(n):
    total = 0
    for x in numbers(n):
        total += x
    return total


@case((0,), (1,), (50,))
def nested_sources(n):
    total = 0
    for x in windows(squares(evens(numbers(n)))):
        total += x
    return total


@case((10, 3), (10, 100), (0, 0))
def with_break(n, most):
    seen = []
    for x in squares(numbers(n)):
        if x > most:
            break
        seen.append(x)
    else:
        seen.append("else")
    return seen


@case((30,))
def with_continue(n):
    total = 0
    for x in numbers(n):
        if x % 3 == 1:
            continue
        total += x
    return total


@case((30, 5), (30, 500))
def returns_within(n, wanted):
    for x in squares(numbers(n)):
        if x >= wanted:
            return x
    return None


@case(([1, 2, 3, 4],), ([1.5, 2.5],), ([],), (["a", "b", "c"],))
def all_pairs(items):
    seen = []
    for a, b in pairs(items):
        seen.append((b, a))
    return seen


@case((4, 3), (1, 1), (2, 5))
def several_yields(width, height):
    total = 0
    for node in range(width * height):
        for other in neighbours(node, width, height):
            total = total * 3 % 10007 + other
    return total


@case((1, 2, 3), (1.5, 2, "x"), (None, [], ()))
def straight(a, b, c):
    seen = []
    for x in three(a, b, c):
        seen.append(x)
        for y in three(c, b, a):
            seen.append((x, y))
    return seen


@case((0,), (5,))
def changing_types(n):
    seen = []
    for x in mixed(n):
        seen.append(x)
    return seen


def both(n):
    for i in range(n):
        yield i
        yield -i


@case((0,), (1,), (20,))
def two_yields_a_round(n):
    total = 0
    for x in both(n):
        total = total * 7 % 1009 + x
    return total


def skips(items):
    for x in items:
        if x > 2:
            yield x
            if x > 4:
                continue
        log("rest", x)


@case(([1, 3, 5, 2, 7],), ([],))
def entered_in_the_middle(items):
    total = 0
    for x in skips(items):
        total += x
    return total


@case((5,), (0,))
def kept_after_its_end(n):
    generator = numbers(n)
    total = 0
    for x in generator:
        total += x
    for x in generator:
        total += 1000
    return total, next(generator, "done")


@case((6,), (1,))
def two_loops_over_one(n):
    generator = numbers(n)
    seen = []
    for x in generator:
        seen.append(x)
        if x == 2:
            break
    for x in generator:
        seen.append(-x)
    return seen


@case((6,), (1,))
def escapes_while_suspended(n):
    generator = squares(numbers(n))
    seen = []
    for x in generator:
        seen.append(x)
        if x >= 4:
            break
    return seen, list(generator), generator.gi_frame is None, generator.__name__


def next_of(generator):
    return next(generator)


@case((6,))
def next_in_between(n):
    generator = numbers(n)
    seen = []
    for x in generator:
        seen.append(x)
        seen.append(next_of(generator))
    return seen


@case((6,))
def asked_while_running(n):
    def body():
        for i in range(n):
            try_next.append(i)
            yield i + len(try_next)
    try_next = []
    generator = body()
    return [x for x in generator], try_next


def raising(n, at):
    for i in range(n):
        if i == at:
            raise ValueError(i)
        yield i


@case((5, 3), (5, 9), (5, 0))
def error_in_body(n, at):
    total = 0
    try:
        for x in raising(n, at):
            total += x
    except ValueError as error:
        return total, str(error), [f.name for f in traceback.extract_tb(error.__traceback__)]
    return total


@case((5, 3), (5, 0))
def error_out_of_body(n, at):
    total = 0
    for x in raising(n, at):
        total += x
    return total


def dividing(items):
    for x in items:
        yield 10 // x


@case(([1, 2, 0, 3],), ([1.5, 0.0],), ([1, None],), ([5, 2],))
def error_by_operation(items):
    total = 0
    for x in dividing(items):
        total += x
    return total


@case(([1, 2, 0, 3],), ([1, None],))
def error_in_consumer(items):
    total = 0
    for x in squares(items):
        total += 12 // (x - 4) if x else 1
    return total


def stops(n):
    for i in range(n):
        if i == 2:
            raise StopIteration("early")
        yield i


@case((5,), (2,))
def stop_iteration_within(n):
    seen = []
    try:
        for x in stops(n):
            seen.append(x)
    except RuntimeError as error:
        return seen, str(error), type(error.__cause__)
    return seen


@case(([1, 2, 3, 4.5, 5],), ([1, 2, 3, "x"],), ([2**62, 2**62, 2**70],))
def leaves_in_body(items):
    total = 0
    for x in squares(items):
        total += x
    return total


@case(([1, 2, 3, 4.5, 5],), ([2**62, 2**62, 2**70],), ([True, None],))
def leaves_in_consumer(items):
    total = 0
    for x in evens_or_all(items):
        total += x
    return total


def evens_or_all(items):
    for x in items:
        yield x


@case(([1, 2.5, 3],), ([1, 2, 3],))
def leaves_two_deep(items):
    seen = []
    for x in windows(squares(evens_or_all(items))):
        seen.append(x)
    return seen


def scaled(items, by, *, offset=0, **more):
    for x in items:
        yield x * by + offset + len(more)


@case(([1, 2, 3],), ([0.5, 1.5],))
def all_kinds_of_arguments(items):
    total = 0
    for x in scaled(items, 2):
        total += x
    for x in scaled(items, by=3, offset=1):
        total += x
    for x in scaled(items, 4, offset=1, z=1, y=2):
        total += x
    return total


@case((10, 3), (10, 0.5))
def closure(n, k):
    def body():
        nonlocal count
        for i in range(n):
            count += 1
            yield i * k
    count = 0
    total = 0
    for x in body():
        total += x + count
    return total, count


@case((10, 3),)
def generator_expression_loop(n, k):
    total = 0
    for x in (i * k for i in range(n) if i % 2):
        total += x
    return total


@case((5,))
def generator_expression_escapes(n):
    k = n * 2
    generator = (i * k for i in range(n))
    first = next(generator)
    return first, sum(generator)


@case((4,))
def catches_in_body(n):
    def body():
        for i in range(n):
            try:
                log(10 // (i - 2))
            except ZeroDivisionError:
                log("caught")
            yield i
    total = 0
    for x in body():
        total += x
    return total


def calling(items, function):
    for x in items:
        yield function(x)


@case(([1, 2, 3], "abs"), ([1, 2, 3], "str"), ([1, -2, None], "abs"))
def calls_in_body(items, name):
    seen = []
    for x in calling(items, {"abs": abs, "str": str}[name]):
        seen.append(x)
    return seen


@case((lambda: ([Tracked(i) for i in range(4)],)))
def operators_in_body(items):
    total = Tracked(0)
    for x in windows_of(items):
        total = total + x
    return total


def windows_of(items):
    previous = Tracked(100)
    for x in items:
        yield previous + x
        previous = x


class Tree:
    def __init__(self, left, value, right):
        self.left, self.value, self.right = left, value, right

    def walk(self):
        if self.left is not None:
            yield from self.left.walk()
        yield self.value
        if self.right is not None:
            yield from self.right.walk()

    def __iter__(self):
        return self.walk()


def tree(low, high):
    if low >= high:
        return None
    middle = (low + high) // 2
    return Tree(tree(low, middle), middle, tree(middle + 1, high))


@case((0, 9), (0, 1), (3, 20))
def recursion(low, high):
    total = 0
    for x in tree(low, high):
        total = total * 3 % 100003 + x
    return total


def chained(a, b):
    yield from a
    result = yield from returning(b)
    yield result


def returning(items):
    for x in items:
        yield x
    return len(items)


@case(([1, 2], [3, 4, 5]), ([], []), ((1.5, 2), range(3)))
def delegation(a, b):
    seen = []
    for x in chained(a, b):
        seen.append(x)
    return seen


@case((5,))
def sends(n):
    def body():
        total = 0
        for i in range(n):
            got = yield total
            total += got or 1
    generator = body()
    seen = [next(generator)]
    for k in range(n):
        try:
            seen.append(generator.send(k * 10))
        except StopIteration:
            seen.append("stop")
    return seen


@case((5,))
def throws(n):
    def body():
        for i in range(n):
            try:
                yield i
            except ValueError as error:
                log("caught", str(error))
    generator = body()
    seen = []
    for x in generator:
        seen.append(x)
        if x % 2:
            seen.append(generator.throw(ValueError(x)))
    generator.close()
    return seen


@case((4,))
def closes(n):
    generator = numbers(n)
    for x in generator:
        if x == 1:
            generator.close()
    return x, list(generator)


@case((5,))
def made_in_a_branch(n):
    total = 0
    for flag in (0, 1, 2):
        source = numbers(n) if flag else [10, 20]
        for x in source:
            total += x
    return total


@case((5,))
def one_of_two(n):
    total = 0
    for flag in (0, 1, 2):
        source = numbers(n) if flag else squares(range(n))
        for x in source:
            total += x
    return total


@case((5,))
def in_a_container(n):
    sources = [numbers(n), squares(numbers(n))]
    total = 0
    for source in sources:
        for x in source:
            total += x
    return total


@case((4,))
def through_a_function(n):
    def total_of(source):
        total = 0
        for x in source:
            total += x
        return total
    return total_of(numbers(n)) + total_of(squares(range(n))) + total_of([1, 2])


@case((30,), (2,))
def reductions(n):
    k = n + 1
    return (sum(i * k for i in range(n)), any(i > k for i in range(n)), all(i < k for i in range(n)),
            list(i for i in range(n) if i % 3), tuple(i * 0.5 for i in range(n)), max(i % 7 for i in range(n)),
            min((-i for i in range(n)), default=None), sorted((i * 7 % 11 for i in range(n))),
            ",".join(str(i) for i in range(n)), len(set(i % 5 for i in range(n))), dict((i, i * i) for i in range(3)))


@case(([1, 2.5, 3, 2**70, True],), ([0.1] * 10,), ([],), (["a"],), ([1e308, 1e308, -1e308],), ([0.1, 2**70, 0.2],))
def sums(items):
    return sum(x for x in items), sum((x for x in items), 0.5)


@case((5,))
def prints_itself(n):
    generator = numbers(n)
    for x in generator:
        pass
    return type(generator).__name__, generator.__qualname__, generator.gi_code.co_name


@case((3,))
def coroutines(n):
    async def one(x):
        return x * 2

    async def many():
        for i in range(n):
            yield await one(i)

    async def gather():
        return [x async for x in many()]
    coroutine = gather()
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value


def asked_too_early(generator):
    try:
        return generator.send(5)
    except TypeError as error:
        return str(error)


@case((3,), (0,))
def not_started(n):
    seen = []
    for _ in range(8):
        waiting, begun = numbers(n), numbers(n + 1)
        for x in begun:
            break
        seen.append((asked_too_early(waiting), asked_too_early(begun), list(waiting), list(begun)))
    return seen


@case((4,))
def asks_itself(n):
    """A generator that its own function refers to, through a cell that does not exist yet."""
    def body():
        for i in range(n):
            if i == 2:
                try:
                    for x in itself:
                        log(x)
                except ValueError as error:
                    log(str(error))
            yield i
    itself = body()
    return [x for x in itself]
