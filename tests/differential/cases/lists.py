"""Lists: index, store, append, slices, negative indexes, errors, comprehension, repetition, methods."""

from case import Noisy, Tracked, case, log


@case(([1, 2, 3, 4],), ([1.5, 2.5],), (["a", "b"],), ([],), ([1, 2.5, 3],))
def total(xs):
    result = 0
    for x in xs:
        result = result + x if not isinstance(x, str) else x
    return result


@case(([5, 6, 7],), ([],), ((5, 6, 7),), ("xyz",))
def index_every_way(xs):
    seen = []
    for i in range(-5, 6):
        try:
            seen.append(xs[i])
        except IndexError as error:
            seen.append(str(error))
    return seen


@case(([5, 6, 7], 1), ([5, 6, 7], -1), ([5, 6, 7], 3), ([5, 6, 7], -4), ([5, 6], True), ([5], 2**70), ([5], "x"),
      ([5], 1.0))
def index_once(xs, i):
    return xs[i]


@case(([5, 6, 7], 1), ([5, 6, 7], -3), ([5, 6, 7], 3), ([5, 6, 7], -4), ([1], None), ((1, 2), 0), ("ab", 0))
def store_once(xs, i):
    xs[i] = "new"
    return xs


@case(([1, 2, 3, 4], 1), ([1], 0), ([1], 5), ([], -1))
def delete_item(xs, i):
    del xs[i]
    return xs


@case((50,))
def append_loop(n):
    xs = []
    for i in range(n):
        xs.append(i * i)
    return xs


@case((50,))
def append_mixed(n):
    xs = []
    for i in range(n):
        xs.append(i if i % 3 else i / 2)
        if i % 10 == 9:
            xs.append(str(i))
    return xs


@case(([1, 2, 3, 4, 5, 6],), ([],), (["a"],))
def slices(xs):
    return (xs[:], xs[1:], xs[:-1], xs[::2], xs[::-1], xs[1:4], xs[4:1], xs[-3:], xs[10:], xs[:-10], xs[3:0:-1],
            xs[None:2])


@case(([1, 2, 3, 4, 5],))
def store_slices(xs):
    xs[1:3] = [9, 9, 9]
    xs[:0] = (7,)
    xs[::2] = [0] * len(xs[::2])
    del xs[-1:]
    xs[len(xs):] = "ab"
    return xs


@case(([1, 2, 3, 4],))
def store_slice_wrong(xs):
    xs[::2] = [1]
    return xs


@case(([3, 1, 2], 0), ([3, 1, 2], 5), ([], 0))
def reverse_prefix(xs, k):
    xs[:k + 1] = xs[k::-1]
    return xs


@case((6, 4))
def grid(height, width):
    rows = [[0] * width for _ in range(height)]
    for y in range(height):
        for x in range(width):
            rows[y][x] = y * width + x
    rows[-1][-1] += 100
    return rows, sum(sum(row) for row in rows)


@case((4,))
def shared_rows(n):
    rows = [[0] * n] * n
    for i in range(n):
        rows[i][i] += i
    return rows, rows[0] is rows[1]


@case(([5, 2, 9, 1, 7, 3],), ([2.5, -1.0, 3.5],), (["b", "c", "a"],), ([1, 2.5, True],))
def selection_sort(xs):
    n = len(xs)
    for i in range(n):
        least = i
        for j in range(i + 1, n):
            if xs[j] < xs[least]:
                least = j
        xs[i], xs[least] = xs[least], xs[i]
    return xs


@case(([5, 2, 9, 1],), ([1, "a"],))
def bubble_sort(xs):
    changed = True
    while changed:
        changed = False
        for i in range(len(xs) - 1):
            if xs[i] > xs[i + 1]:
                xs[i], xs[i + 1] = xs[i + 1], xs[i]
                changed = True
    return xs


@case((60,))
def sieve(n):
    flags = [True] * n
    flags[0:2] = [False, False]
    for i in range(2, n):
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
    return [i for i in range(n) if flags[i]]


@case(([1, 2, 3, 2, 1],), (["a", "b"],), ([],))
def methods(xs):
    seen = [xs.copy(), xs.count(2), len(xs)]
    xs.extend([7, 8])
    xs.insert(1, "in")
    xs.insert(-100, "front")
    xs.reverse()
    seen.append(xs.pop())
    seen.append(xs.pop(0))
    xs += (4, 5)
    xs.remove(4)
    seen.append(xs.index(5))
    return seen, xs


@case(([],), ([1],))
def pop_until_error(xs):
    seen = []
    while True:
        seen.append(xs.pop())


@case(([1, 2, 3], 2), ([1, 2, 3], 5), (["x", 1.0], 1), ([], None))
def membership(xs, x):
    return x in xs, x not in xs, [i for i, y in enumerate(xs) if y == x]


@case((20,))
def comprehensions(n):
    return ([i * 2 for i in range(n)], [i for i in range(n) if i % 3 == 0],
            [(i, j) for i in range(4) for j in range(i)], [[j for j in range(i)] for i in range(4)],
            {i: i * i for i in range(5)}, {i % 3 for i in range(n)})


@case(([1, 2], 3), ([1.5], 0), ([], 5), ([None], -1))
def repetition(xs, n):
    return xs * n, n * xs, xs + xs


@case(([1, 2], [3]), ([1], (2,)), ([1], None))
def concatenation(a, b):
    return a + b


@case(([1, 2], [1, 2]), ([1, 2], [1, 3]), ([1], [1, 0]), ([1], (1,)), ([float("nan")], [1.0]))
def equality(a, b):
    return a == b, a != b, a is b


@case(([1, 2], [1, 3]), ([1], ["a"]))
def order(a, b):
    return a < b, a >= b


@case(([1, 2, 3, 4, 5, 6],))
def grow_while_iterating(xs):
    for x in xs:
        if len(xs) < 30:
            xs.append(x * 2)
    return xs


@case(([1, 2, 3, 4, 5, 6, 7, 8],))
def shrink_while_iterating(xs):
    seen = []
    for x in xs:
        seen.append(x)
        xs.remove(x)
    return seen, xs


@case(([1, 2, 3, 4],))
def clear_while_iterating(xs):
    seen = []
    for x in xs:
        seen.append(x)
        if x == 2:
            xs.clear()
    return seen


@case(([1, 2, 3],))
def replace_while_iterating(xs):
    seen = []
    for i, x in enumerate(xs):
        xs[i] = str(x)
        xs[-1] = x * 100
        seen.append(x)
    return seen, xs


@case((12,))
def aliasing(n):
    a = [0] * 4
    b = a
    for i in range(n):
        a[i % 4] += i
        b[(i + 1) % 4] -= 1
    return a, a is b


@case((12,))
def float_items_in_place(n):
    xs = [0.5, 1.5, 2.5]
    kept = xs[0]
    for i in range(n):
        xs[i % 3] += i * 0.25
        if i == 5:
            kept = xs[1]
    return xs, kept


@case((10,))
def items_go_in_order(n):
    xs = [Noisy(i) for i in range(3)]
    for i in range(n):
        xs[i % 3] = Noisy(i + 100)
    return [x.name for x in xs]


@case((5,))
def nested_lists(n):
    tree = []
    for i in range(n):
        tree = [tree, i]
    depth = 0
    while tree:
        tree, top = tree
        depth += top
    return depth


@case(([[1.0, 2.0], [3.0, 4.0]], [[0.5, 0.0], [0.0, 2.0]]), ([[1, 2], [3, 4]], [[5, 6], [7, 8]]))
def matrix_product(a, b):
    n = len(a)
    result = [[0] * n for _ in range(n)]
    for i in range(n):
        for j in range(n):
            s = 0
            for k in range(n):
                s += a[i][k] * b[k][j]
            result[i][j] = s
    return result


class MyList(list):
    def __getitem__(self, i):
        return ("mine", i)


@case((MyList([1, 2, 3]),), ([1, 2, 3],))
def list_subclass(xs):
    return [xs[i] for i in range(3)], [x for x in xs], len(xs)


class Index:
    def __init__(self, n):
        self.n = n

    def __index__(self):
        return self.n


@case(([5, 6, 7], Index(1)), ([5, 6, 7], Index(9)), ([5, 6, 7], 2))
def index_object(xs, i):
    return xs[i], xs[i:], [xs[i] for _ in range(3)]


@case(([3, 1, 4, 1, 5, 9, 2, 6],), ([0.5, 1, "x", None, [], (), 7, 8],))
def slices_moved(xs):
    seen = []
    for n in range(len(xs)):
        xs[:n + 1] = xs[n::-1]
        xs[n:] = xs[n:]
        seen.append(xs[:3])
    ys = xs[2:5]
    xs[0:3] = ys
    xs[1:2] = [n, n + 1, n + 2]
    ys[:] = xs + ys
    xs[3:3] = xs[:2]
    return seen, ys, len(xs)


def outcome_of(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


def _by_index(xs, start, stop, step):
    total = 0
    for i in range(start, stop, step):
        total += xs[i]
    return total


@case(([1, 2, 3, 4, 5],))
def ranges_of_indexes(xs):
    return [outcome_of(_by_index, xs, *bounds) for bounds in (
        (0, 5, 1), (0, 6, 1), (4, -1, -1), (5, -1, -1), (0, 5, 3), (1, 8, 3), (0, 5, 2**62), (7, 3, 1), (-5, 0, 1),
        (-6, 0, 1), (2, 2, 1), (9, 9, 1), (0, 2**63 - 1, 2**63 - 2), (0, 5, 1))]


@case(([1, 2, 3, 4, 5, 6, 7, 8],), ([7],), ([],))
def neighbours(xs):
    total = 0
    for i in range(1, len(xs) - 1):
        total += xs[i - 1] * xs[i + 1] - xs[i]
    for i in range(len(xs)):
        if i > 0:
            total += xs[i - 1]
    return total


@case((2**62 + 1, 4), (3, 4), (2**62 + 1, 1))
def counts_down_far(left, step):
    xs = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    i = total = 0
    try:
        while left > 0:
            total += xs[i]
            i += step
            left -= 1
    except IndexError as error:
        return total, i, left, str(error)
    return total, i, left


@case((40,))
def shrinks_under_a_range(n):
    xs = list(range(n))
    seen = []
    try:
        for i in range(n):
            seen.append(xs[i])
            if i % 3 == 0:
                xs.pop()
    except IndexError:
        seen.append("gone")
    return seen


@case((30,))
def flags_and_gaps(n):
    flags = [True] * n
    gaps = [None] * n
    i = 2
    while i * i < n:
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
                gaps[j] = i
        i += 1
    return flags, gaps, sum(flags)


@case(([0.5] * 8, 8), ([0.5] * 8, 9), ([0.5] * 8, 10**6), ([], 1), ([], 0), ([0.5] * 8, -1))
def as_far_as_told(xs, n):
    total = 0.0
    for i in range(n):
        total += xs[i]
    for i in range(n):
        total += xs[i - 1]
    for i in range(n - 1, -1, -2):
        total -= xs[i]
    return total


class Equal:
    """Equal to whatever it is compared with, which it notes."""

    def __eq__(self, other):
        log("compared", other)
        return True

    __hash__ = None


@case(([1, 2, 300, "a", 2.5, None, b"x"], 300), ([1, 2], 3), ([2**70, 5], 2**70), (["a", "b"], "ab"), ([1, 2], 2.0),
      ([float("nan")], float("nan")), ([True], 1), ([1, Equal()], 5), ([Equal()], "x"), ([[1], [2]], 3), ([], None),
      ((1, 2, "x"), "x"), ((1, Equal()), 9), ((1, 2.0, 3, 4, 5, 6, 7, 8, 9, 10), 2), ([None, 1], None), ("abc", "b"))
def contained(items, item):
    found = 0
    for _ in range(3):
        if item in items:
            found += 1
        if item not in items:
            found -= 1
    return found, item in (items, items), item in [items, 3, item], item in (1, 2, 3)


@case((6,), (0,))
def displays(n):
    a, b, c = [1, 2, 3]
    [d, e] = [n, [n]]
    total = [0, 0, 0]
    many = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20]
    mixed = [*[], 4, 5, 6]
    for i in range(n):
        row = [i, "x", None, 2.5]
        total[i % 3] += many[i] + row[0]
        row.append(row)
        many.append(i)
        mixed += [7, 8, 9]
    return a, b, c, d, e, total, many, mixed


@case(lambda: (Noisy("a"), Noisy("b")))
def display_unpacked(x, y):
    x, y = [y, x]
    (p, q) = [Noisy("new"), x]
    p = None
    return x, y, q


@case((8,), (1,))
def bits_of_items(n):
    words = [i * 0x9E3779B9 & 0xFFFFFFFF for i in range(n)]
    copied = words.copy()
    mixed = 0
    for i in range(n):
        mixed ^= (copied[i - 1] >> 16) ^ (words[i] & 0xFF) | (copied[i] << 2)
    return mixed


@case(([1, 2, 3],), ([{1}, {2, 3}],), ([True, False],), ([1, Tracked(2)],))
def bits_of_anything(items):
    seen = []
    for item in items:
        try:
            seen.append((item & 3, item | 4, 5 ^ item, item << 1, 64 >> item))
        except TypeError as error:
            seen.append(str(error))
    return [str(x) for x in seen]


@case(([3, 1, 4, 1, 5], 2), ([3, 1, 4], 2**63 - 1), ([3, 1, 4], -1), ([3, 1, 4], -2**63), ([], 0), ([1], 0), ([1, 2, 3], True),
      ([1, "x", None, 2.5], 9))
def turned(xs, k):
    ys = xs[:]
    for _ in range(3):
        xs[:k + 1] = xs[k::-1]
        ys[k:] = xs[:k]
        ys[1:k] = ys[k - 1:0:-1]
        xs[:] = xs[::-1]
        ys[::] = ys[:]
        xs[0:2] = ys[1:3]
    return xs, ys


@case(lambda: ([Noisy("a"), Noisy("b"), Noisy("c")], [Noisy("d"), Noisy("e")]))
def turned_and_lost(xs, ys):
    xs[:2] = xs[1::-1]
    log("turned")
    xs[0:2] = ys[0:2]
    log("replaced")
    ys[:] = xs[2:]
    log("cut")
    xs[1:] = xs[:1]
    return xs, ys


@case((20,), (0,))
def methods_kept(n):
    xs, seen = [], set()
    append, pop, insert, add, has = xs.append, xs.pop, xs.insert, seen.add, seen.__contains__
    join, get = "-".join, {1: "one"}.get
    for i in range(n):
        append(i * i)
        add(i % 5)
        if i & 3 == 3:
            insert(1, pop() + i)
            insert(-1, get(i % 3))
            pop(0)
    kept = append, pop
    if n > 10:
        append = xs.extend
    append([n, n])
    return xs, sorted(seen), has(3), join(map(str, xs)), append.__self__ is xs, kept[0].__name__, type(pop) is type(len)


@case(lambda: ([Noisy("a"), Noisy("b")], 1), ([], 0), ([1, 2], 5), ([1, 2], "x"))
def methods_kept_too_long(xs, k):
    pop, append = xs.pop, xs.append
    xs = None
    first = pop(k)
    append(k)
    pop = None
    return first, append.__self__, append is append, bool(append)


@case((40, 7), (3, 1), (9, 100))
def queues_and_stacks(n, k):
    queue, stack, log_ = list(range(n)), [], []
    while queue:
        item = queue.pop(0) if k & 1 else queue.pop()
        stack.append(item)
        if item % k == 0 and len(stack) > 2:
            log_.append((stack.pop(), stack.pop(-2), stack.pop(0)))
            stack.insert(len(stack) // 2, item)
    while len(stack) > 1:
        log_.append(stack.pop(len(stack) // 2))
    return stack, log_, len(queue)


@case(([],), ([1],))
def popped_empty(xs):
    xs.pop()
    return xs, xs.pop()


@case((list(range(9)), 4), (["a", None, 2.5], 1), ([1], 0), ([], 0))
def joined(items, i):
    """Sums of lists, the first of which nobody else sees: it grows, where it is not seen after all."""
    result = []
    for _ in range(10):
        result.append(items[i:i + 1] + items[:i] + items[i + 1:])
        result.append([i] + items + [i, i] + items[::-1] + items)
        kept = [i, i]
        result.append(kept + [1] + kept)
        result.append((named := [i]) + named + (named + named))
        result.append([] + items[:2] + [])
        result.append(items + items[:1])
        i = (i + 1) % (len(items) or 1)
    return result


@case((list(range(9)),), ([3, 1, 2, 1],))
def sorted_by_joining(items):
    def quick(items):
        if len(items) < 2:
            return items
        first, *rest = items
        return quick([x for x in rest if x < first]) + [first] + quick([x for x in rest if x >= first])
    return quick(items), items


@case((6,))
def joined_and_stored(n):
    items, others = list(range(n)), list("abcdef")
    for i in range(12):
        items[i % 3:] = items[i % 3 + 1:] + items[i % 3:i % 3 + 1]
        others[:] = others[2:3] + others[0:2] + others[3:]
    return items, others


@case(([1, 2, 3], (4,)), ([1], None))
def joined_with_something_else(items, other):
    result = []
    for i in range(8):
        try:
            result.append(items[:1] + items[1:] + other)
        except TypeError as error:
            result.append(str(error))
        result.append(items[:i] + [x * 2 for x in items] + ([i] if i % 2 else items[:]))
    return result
