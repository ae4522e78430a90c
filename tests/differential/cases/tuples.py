"""Tuples and unpacking, swaps, star targets."""

from case import Tracked, case, log


@case((1, 2), ("a", None))
def swap(a, b):
    for _ in range(11):
        a, b = b, a
    return a, b


@case((1, 2, 3), (1.5, "x", None))
def rotate(a, b, c):
    for _ in range(10):
        a, b, c = b, c, a
    return (a, b, c), (c, b, a)


@case(((1, 2, 3),), ([1, 2, 3],), ("xyz",), ({1: 0, 2: 0, 3: 0},), (range(3),))
def unpack_three(items):
    a, b, c = items
    return c, b, a


@case(((1, 2),), ((1, 2, 3, 4),), ([],), ("ab",), (5,), (None,))
def unpack_wrong(items):
    a, b, c = items
    return a + b + c


@case(((1, 2, 3, 4, 5),), ([1, 2],), ((1,),), ("hello",))
def unpack_star(items):
    first, *middle, last = items
    return first, middle, last


@case(((1, (2, 3), [4, 5]),), ((1, 2, [4, 5]),))
def unpack_nested(items):
    a, (b, c), [d, e] = items
    return a, b, c, d, e


@case(([(1, 2), (3, 4), (5, 6)] * 10,))
def loop_pairs(pairs):
    total = 0
    for a, b in pairs:
        total += a * b
    return total


@case(([(1, 2), (3, 4), (5, 6, 7)],), ([(1, 2), 5],), ([(1, 2), [3, 4], "ab"],))
def loop_pairs_uneven(pairs):
    seen = []
    for a, b in pairs:
        seen.append((b, a))
    return seen


@case(((1, 2, 3),), (("a",),), ((),))
def index_every_way(t):
    seen = [len(t), t[:], t[1:], t[::-1], t[-2:], t * 2, t + (9,), (0,) + t, 2 in t, t.count(1)]
    for i in range(-4, 5):
        try:
            seen.append(t[i])
        except IndexError as error:
            seen.append(str(error))
    return seen


@case(((1, 2), (1, 3)), ((1, 2), (1, 2, 0)), ((), (1,)), ((1, "a"), (1, 2)))
def compare_tuples(a, b):
    return a == b, a != b, a < b


@case((10,))
def divmods(n):
    seen = []
    for i in range(1, n):
        q, r = divmod(100, i)
        seen.append((q, r))
    return seen


def min_max(xs):
    low = high = xs[0]
    for x in xs:
        if x < low:
            low = x
        if x > high:
            high = x
    return low, high


@case(([3, 1, 2] * 8,), ([2.5, -1.0],), (["b", "a"],))
def returned_tuple(xs):
    low, high = min_max(xs)
    pair = min_max(xs)
    return low, high, pair, pair[0] == low


@case((5,), ("x",))
def tuple_identity(x):
    t = (x, x)
    u = t
    return t is u, t[0] is t[1], (x,) == (x,), t == u


def several(n):
    return n, n + 1, n + 2


@case((40,))
def tuple_in_loop(n):
    total = 0
    kept = None
    for i in range(n):
        a, b, c = several(i)
        total += a * b - c
        if i == 20:
            kept = several(i)
    return total, kept


@case((8,))
def tuple_accumulates(n):
    t = ()
    for i in range(n):
        t = t + (i,)
        t += (str(i),)
    return t


@case((Tracked(1), Tracked(2)))
def order_of_assignment(a, b):
    class Target:
        def __setattr__(self, name, value):
            log("set", name, value)
            object.__setattr__(self, name, value)

        def __setitem__(self, key, value):
            log("item", key, value)
    t = Target()
    t.x, t[a.value], t.y = a, b, a + b
    return t.x is a


@case(((1, 2, 3),), ((None,),))
def star_calls(t):
    def f(*args):
        return args
    return f(*t), f(*t, *t), f(0, *t), [*t, 5], {*t}, (*t, *t)


@case((3,))
def long_tuple(n):
    t = (n, n + 1, n + 2, n * 3, n * 4, n - 5, "six", None, 8.5, n)
    return t[0] + t[9], t[3:5], t[-2], len(t), t


@case(([1, 2, 3],), ((1, 2),), ("ab",), (7,))
def tuple_of(x):
    return tuple(x), tuple(reversed(x)), tuple(i for i in x)


@case((((1, 2), (3, 4)), 30))
def matrix_tuples(m, n):
    (a, b), (c, d) = m
    x, y = 1, 1
    for _ in range(n):
        x, y = (a * x + b * y) % 1009, (c * x + d * y) % 1009
    return x, y


@case((6,))
def hashes(n):
    d = {}
    for i in range(n):
        for j in range(n):
            d[i, j] = i * j
    return d[2, 3], (5, 5) in d, d.get((9, 9)), sum(d.values())


@case((1,), ("a",), ([],), (None,))
def in_each_other(x):
    for _ in range(3):
        x = ((((((((((x,),),),),),),),),),)
    y = ((((((((((((((((((((((x, 1,),),),),),),),),),),),),),),),),),),),),),)
    return x, y, y == y, len(y)
