"""C functions that take all values of a generator: what they give, raise and let go of, wherever compiled code leaves."""

from __future__ import annotations

import math
import traceback
from decimal import Decimal
from fractions import Fraction

from case import Tracked, case, log

INTS = list(range(20))


class Number(int):
    """An int whose addition is its own."""

    def __radd__(self, other):
        log("radd", other, int(self))
        return other + int(self) * 10


class Sized:
    def __init__(self, n):
        self.n = n

    def __bool__(self):
        log("asked", self.n)
        if self.n == 7:
            raise ValueError("seven")
        return self.n > 3

    def __lt__(self, other):
        log("less", self.n, other.n)
        return self.n < other.n

    def __gt__(self, other):
        log("greater", self.n, other.n)
        return self.n > other.n


@case((INTS,), ([],), ([1.5, 2.5],), ([2**62, 2**62, 1],), ([-2**63, -1],), ([True, False, True],), ([2**70, 0.1, 0.2],))
def sum_of(items):
    return sum(x for x in items)


@case(([0.1] * 10,), ([1e16, 1.0, -1e16, 1.0],), ([1e308, 1e308, -1e308],), ([float("inf"), 1.0],),
      ([float("nan"), 1.0],), ([-0.0, -0.0],), ([0.1, 1, 0.2, True, 2**70, 0.3],), ([1, 2, 0.5, 3],), ([1e100, 1.0, -1e100],))
def sum_of_floats(items):
    result = sum(x * 1.0 if type(x) is float else x for x in items)
    return result.hex(), type(result).__name__


@case((0.5, [1e16, 1.0, -1e16]), (True, [1, 2]), (2**65, [1, 0.1, 0.2]), (10, [1, 2]), ([], [[1], [2]]), ("", ["a"]),
      (b"", [b"a"]), (bytearray(), [b"a"]), (None, [1]), (0.5, [2**1100]), ((), [(1,), (2,)]), (1.5, [0.5, "x"]),
      (2**65, [0.5, 1.0, -2.0**65]))
def sum_with_start(start, items):
    return sum((x for x in items), start)


@case(([1, 2, 3],))
def sum_with_keyword(items):
    return sum((x for x in items), start=100)


@case(lambda: ([Fraction(1, 3), 1, Fraction(2, 3)],), lambda: ([Decimal(1), 2, Decimal("0.5")],),
      lambda: ([Number(3), 4],), lambda: ([4, Number(3)],), lambda: ([0.5, Number(3), 0.25],),
      lambda: ([Tracked(1), Tracked(2)],), lambda: ([1j, 2.5, 1],))
def sum_of_others(items):
    return repr(sum(x for x in items))


@case(([1, 2, "x", 3],), ([1, 2, None],), (["x"],), ([0.5, "y"],))
def sum_raises(items):
    def seen(x):
        log("value", x)
        return x
    try:
        return sum(seen(x) for x in items)
    except TypeError as error:
        return str(error), [f.name for f in traceback.extract_tb(error.__traceback__)], log("caught")


@case((INTS, 5), (INTS, 500), ([], 0), ([1.5], 1))
def any_and_all(items, n):
    return any(x > n for x in items), all(x < n for x in items), any(x for x in items), all(x for x in items)


@case(lambda: ([Sized(n) for n in (1, 2, 5, 9)],), lambda: ([Sized(n) for n in (1, 7, 9)],), lambda: ([Sized(9), Sized(7)],))
def truth_of_objects(items):
    first = any(x for x in items)
    log("first", first)
    return first, all(x for x in items)


@case((INTS,), ([],), (["a", "b"],), ([1, 1.0, True, "x"],))
def into_containers(items):
    return (list(x for x in items), tuple(x for x in items), sorted(set(x for x in items), key=str),
            [*(x for x in items)], [0, *(x for x in items), 9], {*(x for x in items)} == set(items))


@case(([[1], [2]],), ([1, [2], 3],), ([(1, [])],))
def unhashable(items):
    def seen(x):
        log(str(x))
        return x
    try:
        return set(seen(x) for x in items)
    except TypeError as error:
        return str(error)


@case((["a", "b"],), ([],), (["a", 1, "b"],), ([1],), (["x"],))
def joined(items):
    def seen(x):
        log(x)
        return x
    return ", ".join(seen(x) for x in items)


@case((INTS,),)
def joined_texts(items):
    return "-".join(str(x) for x in items), "".join(chr(65 + x) for x in items)


@case((INTS,), ([],), ([1.5, -2.5, 0.0],), (["b", "a"],), ([3, 1.5, True],), ([0.0, -0.0],), ([float("nan"), 1.0],),
      ([1, "x"],))
def extremes(items):
    out = []
    for f in (lambda: max(x for x in items), lambda: min(x for x in items)):
        try:
            out.append(repr(f()))
        except (ValueError, TypeError) as error:
            out.append(str(error))
    try:
        out.append(repr(max(x for x in items)))
        out.append(repr(min(x for x in items)))
    except (ValueError, TypeError) as error:
        out.append((str(error), [f.name for f in traceback.extract_tb(error.__traceback__)]))
    return out


@case((INTS,), ([],), (["b", "aa"],), ([1.5],))
def extremes_with_key(items):
    return (max((x for x in items), key=lambda x: -len(str(x)), default="none"),
            min((x for x in items), key=str, default=None), max((x for x in items), default=3, key=None))


@case(lambda: ([Sized(n) for n in (3, 1, 5, 5)],))
def extremes_of_objects(items):
    return max(x for x in items).n, min(x for x in items).n, max((x for x in items), key=lambda s: s).n


@case((INTS,), ([3, 1, 2],), ([],), ([1, "x"],), ([1.5, 0.5],))
def in_order(items):
    return sorted(x for x in items), sorted((x for x in items), reverse=True), sorted((x for x in items), key=lambda v: -v)


@case((INTS,), ([],), (["x"],))
def grown(items):
    result, found = [1], {2}
    result.extend(x for x in items)
    found.update(x for x in items)
    return result, sorted(found, key=str)


@case((5,), (0,))
def looks_at_what_grows(n):
    result = [1]
    result.extend(len(result) for _ in range(n))
    found = {0}
    found.update(len(found) for _ in range(n))
    return result, found


ROWS = ([[1, 2], [3], []],), ([],), ([[1.5], [2]],)


@case(*ROWS)
def nested_sums(rows):
    return sum(sum(x for x in row) for row in rows)


@case(*ROWS)
def nested_tests(rows):
    return any(all(x for x in row) for row in rows)


@case(*ROWS)
def nested_extremes(rows):
    return max((max((x for x in row), default=0) for row in rows), default=-1)


@case(*ROWS)
def nested_lists(rows):
    return [tuple(x for x in row) for row in rows], list(list(x for x in row) for row in rows)


@case((10, 3), (3, 10))
def breaks_out(n, most):
    """`any` leaves its generator suspended."""
    def body():
        for i in range(n):
            log("at", i)
            yield i
    return any(x >= most for x in body())


@case(([1, 2, 3, 0.5, 4],), ([1, 2, 3, 2**65, 4],), ([1, 2, 3, "x", 4],))
def changes_half_way(items):
    """Exits in the middle of what stands for the C function."""
    log(list(x for x in items))
    log(any(x == "x" for x in items))
    log(sum(x * 2 for x in items if type(x) is not str))
    return max(x for x in items)


@case((INTS, 0), ([5, 4, 3, 2, 1, 0, 1], 0), ([1, 2, "x"], 1))
def body_raises(items, n):
    def body():
        for x in items:
            yield 60 // x
    out = []
    for f in (sum, list, tuple, set, max, any, sorted):
        try:
            out.append(f(body()))
        except ZeroDivisionError as error:
            out.append([(t.name, t.line) for t in traceback.extract_tb(error.__traceback__)])
    try:
        return out, sum(60 // x for x in items)
    except (ZeroDivisionError, TypeError) as error:
        return out, [(t.name, t.line) for t in traceback.extract_tb(error.__traceback__)], str(error)


@case((INTS,))
def stops_itself(items):
    def body():
        for x in items:
            if x == 5:
                raise StopIteration("early")
            yield x
    try:
        return sum(body())
    except RuntimeError as error:
        return str(error), repr(error.__cause__)


@case((INTS,))
def shadowed(items):
    def sum(values):
        log("own")
        return [*values]
    return sum(x for x in items), max(x + 1 for x in items)


any_other = any


@case((INTS,))
def rebound_on_the_way(items):
    global any_other
    seen = []
    for i in range(4):
        seen.append(any_other(x > 3 for x in items))
        any_other = all if i == 1 else any
    any_other = any
    return seen


@case((INTS, 3), ([], 1))
def with_closures(items, n):
    scale = n
    def f(x):
        return x * scale
    total = sum(f(x) + n for x in items)
    scale += 1
    return total, sum(f(x) + n for x in items), max((f(x) for x in items), default=n)


@case((5,))
def running_already(n):
    def body():
        for i in range(n):
            if i == 2:
                try:
                    log(sum(itself))
                except ValueError as error:
                    log(str(error))
            yield i
    itself = body()
    return sum(itself), sum(itself)


@case((6,))
def partly_taken(n):
    def body():
        for i in range(n):
            yield i
    taken = body()
    for x in taken:
        if x == 2:
            break
    return x, sum(taken), list(taken)


@case((6,))
def several_yields(n):
    def body():
        yield 1.5
        for i in range(n):
            yield i
        yield "end"
    def numbers():
        yield 1
        yield 2.5
        yield n
    return list(body()), sum(numbers()), max(numbers()), tuple(body()), any(x == "end" for x in body())


@case((8,))
def in_a_loop(n):
    primes = []
    for k in range(2, n * 4):
        if all(k % p for p in primes):
            primes.append(k)
    return primes, [sum(d for d in range(1, k) if k % d == 0) for k in range(1, n)]


@case(({"a": 1, "b": 2},), ({},))
def over_dicts(d):
    return sum(v for v in d.values()), ",".join(k for k in d), sorted((v, k) for k, v in d.items()), max(d, default="")


@case((INTS,), ([1],))
def keywords_and_errors(items):
    out = []
    for f in (lambda: sum((x for x in items), 1, 2), lambda: max((x for x in items), nothing=1), lambda: sorted((x for x in items), str),
              lambda: any((x for x in items), 2), lambda: list((x for x in items), 2), lambda: min((x for x in items), key=3)):
        try:
            out.append(f())
        except TypeError as error:
            out.append(str(error))
    try:
        min((x for x in items), key=3)
    except TypeError as error:
        out.append(str(error))
    return out


class Matrix:
    def __init__(self, rows):
        self.rows = rows

    def trace(self):
        return sum(self.rows[i][i] for i in range(len(self.rows)))

    def norm(self):
        return math.sqrt(sum(x * x for row in self.rows for x in row))

    def __iter__(self):
        for row in self.rows:
            yield from row


@case(([[1, 2], [3, 4]],), ([[1.5]],), ([[0.1, 0.2], [0.3, 0.4]],))
def methods(rows):
    m = Matrix(rows)
    return m.trace(), m.norm()


@case(([[1, 2], [3, 4]],), ([[1.5]],))
def over_instances(rows):
    m = Matrix(rows)
    return sum(x for x in m), list(m)


@case(([(1, 0.1), (2, 0.2), (3, 0.7)], {1: 0.5, 2: 3.25}), ([(1, 2), (2, 0.5)], {1: 2, 2: 7}))
def weighted(pairs, table):
    total = 0.0
    for i in range(12):
        total += sum(k * p for k, p in pairs) + sum(table[k] * i for k in table)
    return total


@case(([0.5, 3.0, 1.0, 9.0],), ([1, 5, 0, 2],), ([0.5, 5, 300, 2.5],))
def one_number_under_two_names(values):
    out = []
    a = b = 0
    for v in values:
        if v > 2:
            b = v * 0.5
        elif v < 1:
            a = b = v + 1
        out.append((a, b, a is b, a == b))
        a, b = b, a
    return out, a, b
