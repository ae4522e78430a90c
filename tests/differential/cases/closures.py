"""Closures that are called where they are made, or of which only the code is the same each time."""

from case import case, lines

BIG = 2**62


@case((5, 1), (5, BIG), (4, 0.5), (2, "x"))
def counts_up(n, by):
    count = by

    def more(times=1):
        nonlocal count
        count += by
        return count
    return [more() for _ in range(n)], more(), more(2), count


@case((6, 1), (6, BIG // 2))
def two_share_a_cell(n, start):
    total, calls = start, 0

    def add(x):
        nonlocal total, calls
        calls += 1
        total += x

    def double():
        nonlocal total
        add(total)
        return total
    for i in range(n):
        add(i)
        double()
    return total, calls, double()


@case((5, 3), (5, 9))
def raises_into_its_maker(n, wrong):
    caught = []
    done = 0

    def check(i):
        nonlocal done
        if i == wrong:
            raise ValueError(i)
        done += i
        return done
    for i in range(n):
        try:
            check(i)
        except ValueError as error:
            caught.append((error.args, lines(error), done))
    return done, caught


@case((5, [1, 2, 0, 3]), (3, [0]))
def fails_into_its_maker(n, divisors):
    def part(d):
        return n // d
    found = []
    for d in divisors:
        try:
            found.append(part(d))
        except ZeroDivisionError as error:
            found.append(lines(error))
    return found


@case(([3, 1, 2],), ([],))
def lets_exceptions_out(items):
    def first(of):
        return of[0]
    return first(items) + first(items[1:])


@case((5,), (0,))
def calls_itself(n):
    steps = 0

    def down(k):
        nonlocal steps
        steps += 1
        return k if k <= 0 else down(k - 1) + 1
    return down(n), [down(k) for k in range(n)], steps


@case((4,))
def makes_others(n):
    def outer(a):
        def inner(b):
            return a * b + n
        return inner(a) + inner(a + 1)
    return [outer(i) for i in range(n)]


@case((5,))
def is_kept_after_calls(n):
    total = 0

    def add(x):
        nonlocal total
        total += x
        return total
    for i in range(n):
        add(i)
    kept = [add]
    for i in range(n):
        total += kept[0](i)
    return total, kept[0](1), add is kept[0], add.__closure__[0].cell_contents


@case((6,))
def is_given_other_code(n):
    def one(x, by=1):
        return x + by

    def two(x, by=2):
        return (x, by)
    kept = [one]
    found = []
    for i in range(n):
        found.append(one(i))
        if i == n // 2:
            kept[0].__code__ = two.__code__
        if i == n - 2:
            kept[0].__defaults__ = (7,)
    return found


@case((6,))
def is_given_keyword_defaults(n):
    def one(x, *, by):
        return x + by
    kept, found = [one], []
    for i in range(n):
        try:
            found.append(one(i))
        except TypeError as error:
            found.append(str(error))
            kept[0].__kwdefaults__ = {"by": i}
    return found


def adder(by):
    return lambda x: x + by


def scaler(by, offset=1):
    def scale(x, more=offset):
        return x * by + more
    return scale


def call_often(function, n):
    total = 0
    for i in range(n):
        total += function(i)
    return total


@case((5,), (40,))
def other_closures_of_the_same_code(n):
    return [call_often(adder(i), n) for i in range(12)], call_often(adder(0.5), n), call_often(adder(BIG), 4)


@case((5,), (40,))
def closures_of_other_code(n):
    makers = (adder, scaler, adder, scaler)
    return [call_often(make(i), n) for i in range(6) for make in makers], call_often(scaler(2, 5), n)


@case((8,))
def composed(n):
    def compose(*functions):
        def run(x):
            for function in functions:
                x = function(x)
            return x
        return run
    run = compose(lambda x: x + 1, lambda x: x * 2, str, len)
    return [run(i * 7) for i in range(n)]


@case((7,))
def memoized(n):
    def memoize(f):
        cache = {}

        def inner(*args):
            if args not in cache:
                cache[args] = f(*args)
            return cache[args]
        return inner

    @memoize
    def binomial(n, k):
        return 1 if k in (0, n) else binomial(n - 1, k - 1) + binomial(n - 1, k)
    return [binomial(n, k) for k in range(n + 1)]


@case(([[1, 1, 0], [0, 1, 0], [1, 0, 1]],))
def islands(grid):
    size = 0
    seen = set()

    def visit(y, x):
        nonlocal size
        if not (0 <= y < len(grid) and 0 <= x < len(grid[0])) or not grid[y][x] or (y, x) in seen:
            return
        seen.add((y, x))
        size += 1
        for dy, dx in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            visit(y + dy, x + dx)
    sizes = []
    for y in range(len(grid)):
        for x in range(len(grid[0])):
            size = 0
            visit(y, x)
            if size:
                sizes.append(size)
    return sizes
