"""Starred unpacking: lists, tuples and other iterables taken apart, in loops, with errors and with ends."""

from case import Noisy, case, log


class Counted:
    """Iterates noisily."""

    def __init__(self, n, fails=None):
        self.n, self.fails = n, fails

    def __iter__(self):
        for i in range(self.n):
            log("next", i)
            if i == self.fails:
                raise KeyError(i)
            yield i


class Pair(tuple):
    pass


@case(([1, 2, 3],), ((1, 2, 3, 4.5),), ([7],), (["a", "b"],))
def head_and_rest(xs):
    first, *rest = xs
    return first, rest


@case(([1, 2, 3],), ((1, 2),), ([1, 2, 3, 4],), ((1,),), ([],), ("ab",), ("a",), (5,), (None,), ({1: 2, 3: 4},))
def both_ends(xs):
    first, *middle, last = xs
    return first, middle, last


@case(([1, 2, 3],), ((4, 5, 6),), ((),), ([],), ("xyz",))
def only_rest(xs):
    *rest, = xs
    rest.append(0)
    return rest, xs


@case(([1, 2, 3, 4],), ((1, 2, 3, 4),), (range(5),), ("abcd",), ([1, 2],))
def rest_and_tail(xs):
    *rest, x, y = xs
    return rest, x, y


@case(([[i, i + 1, i + 2] for i in range(40)],), ([(i, i * 0.5, "x", None) for i in range(40)],),
      ([[1, 2], (3, 4, 5), "xy"] * 12,), ([[1, 2]] * 20 + [[1]] + [[1, 2]],))
def in_a_loop(rows):
    total = 0
    for row in rows:
        try:
            first, *others = row
            total += len(others)
            if others and isinstance(first, int):
                total += first
        except ValueError as error:
            total = -total, str(error)
            break
    return total


@case((30,))
def of_known_tuples(n):
    seen = []
    for i in range(n):
        a, *b = i, i + 1, i + 2
        *c, d = [i, a, 0.5]
        (e, *f), *g = (a, b), c, d
        seen.append((a, b, c, d, e, f, g))
    return seen[-1], seen[0]


@case((20,))
def too_few(n):
    seen = []
    for i in range(n):
        try:
            a, *b, c = (i,) if i % 2 else [i, i]
            seen.append((a, b, c))
        except ValueError as error:
            seen.append(str(error))
    return seen[-3:]


@case(lambda: (Counted(4),), lambda: (Counted(1),), lambda: (Counted(5, 3),), lambda: (Counted(0),))
def noisy_iterables(xs):
    try:
        a, *b, c = xs
    except (ValueError, KeyError) as error:
        return type(error), str(error)
    return a, b, c


@case(lambda: (3,), lambda: (10,))
def items_go_in_order(n):
    for i in range(n):
        first, *rest = [Noisy((i, k)) for k in range(3)]
        log("unpacked", i)
        rest = None
        log("rest gone", i)
        first = None
        log("first gone", i)


@case(lambda: (Pair((1, 2, 3)),), lambda: (Pair((1,)),))
def of_a_subclass(xs):
    a, b, *c = xs
    return a, b, c


@case(([1, 2, 3],), ((1, 2, 3),))
def rest_is_new(xs):
    a, *b = xs
    b.append(a)
    xs += type(xs)([9])
    return b, xs


@case(([5, 1, 4, 2, 3, 9, 8],), ([],), ([1],))
def quicksort(xs):
    if not xs:
        return []
    pivot, *rest = xs
    return quicksort([x for x in rest if x < pivot]) + [pivot] + quicksort([x for x in rest if x >= pivot])
