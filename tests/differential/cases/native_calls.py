"""Native calls of functions that are too large to be inlined, and that change while their callers do not."""

from case import case, chain, log

NEVER = False
# what makes a function large; it never runs
PADDING = "\n    if NEVER:\n        return [" + "NEVER + 1, " * 60 + "]\n"
FACTOR = 3
ITEMS = [2]
SEEN = []


def large(source):
    """Define a function of the source, whose first line is its head."""
    head, body = source.split("\n", 1)
    exec(head + PADDING + body, globals())


large("""def scaled(n):
    return n * ITEMS[0]
""")

large("""def by_factor(n):
    return n * FACTOR + n
""")

large("""def is_small(n):
    return n < ITEMS[0]
""")

large("""def pair(a, b):
    if a % 7 == 3:
        return None
    return [a, b * FACTOR]
""")

large("""def even(n):
    if n == 0:
        return True
    return odd(n - 1)
""")

large("""def odd(n):
    if n == 0:
        return False
    return even(n - 1)
""")

large("""def down(n, at):
    global FACTOR
    if n == at:
        FACTOR += 1
    if n <= 0:
        return FACTOR
    return further(n - 1, at) + FACTOR
""")

large("""def further(n, at):
    return down(n, at) + n
""")

large("""def fails(n):
    if n % 5 == 4:
        raise ValueError(n)
    return n + ITEMS[0]
""")

large("""def with_defaults(n, more=2, *, scale=1):
    return (n + more) * scale
""")

large("""def mixed(flag, real, number, thing):
    SEEN.append((flag, real, number, thing))
    return real if flag else number
""")

large("""def where(n):
    if n == ITEMS[0]:
        return chain()
    return n
""")


@case(([2, 3, 2.5, -1, 2.0, 10**30, True, 4],))
def results_of_other_types(items):
    seen = []
    for item in items:
        ITEMS[0] = item
        total = 0
        for i in range(60):
            total = total + scaled(i)
        seen.append((total, scaled(7)))
    ITEMS[0] = 2
    return seen


@case((5,), (-(2**62),))
def a_global_bound_anew(start):
    global FACTOR
    seen = []
    for k in range(6):
        FACTOR = k
        total = start
        for i in range(60):
            total += by_factor(i)
        seen.append(total)
    FACTOR = 2**40
    seen.append([by_factor(2**k) for k in range(18, 30)])
    FACTOR = "ab"
    try:
        seen.append(by_factor(3))
    except TypeError as error:
        seen.append(str(error))
    FACTOR = 3
    return seen


@case((100,))
def conditions(n):
    count = 0
    for limit in (50, 20.5, 10**20, True):
        ITEMS[0] = limit
        for i in range(n):
            if is_small(i):
                count += 1
    ITEMS[0] = 2
    return count


@case((80,))
def results_that_are_objects(n):
    global FACTOR
    kept = []
    for i in range(n):
        if i == 40:
            FACTOR = "x"
        made = pair(i, 2)
        log(i, made)
        kept.append(made)
    FACTOR = 3
    return kept, pair(1, 1)


@case((40,))
def mutual_recursion(n):
    return [even(i) for i in range(n)], [odd(i) for i in range(n)]


@case((30, 15), (30, 31), (12, 0))
def changed_within_a_recursion(n, at):
    global FACTOR
    seen = [down(i, at) for i in range(n)]
    FACTOR = 3
    return seen


@case((60,))
def exceptions_go_through(n):
    seen = []
    for k in (2, 1.5, None):
        ITEMS[0] = k
        for i in range(n):
            try:
                seen.append(fails(i))
            except ValueError as error:
                seen.append(("value", error.args, error.__traceback__.tb_next.tb_lineno))
            except TypeError as error:
                seen.append(("type", str(error)))
    ITEMS[0] = 2
    return seen


@case((3,), (2.5,))
def an_exception_that_leaves(k):
    ITEMS[0] = k
    total = 0
    try:
        for i in range(60):
            total += with_defaults(i) if i != 59 else fails(4)
    finally:
        ITEMS[0] = 2
        log(total)
    return total


@case((40,))
def another_function(n):
    """What it is called with by default, and then its code, are others from some point on."""
    seen, defaults, code = [], with_defaults.__defaults__, with_defaults.__code__
    for i in range(3 * n):
        if i == n:
            with_defaults.__defaults__ = (0.5,)
        elif i == 2 * n:
            with_defaults.__code__ = (lambda n, more=2, *, scale=1: ("new", n)).__code__
        seen.append(with_defaults(i))
    with_defaults.__defaults__, with_defaults.__code__ = defaults, code
    return seen


@case((40,))
def all_kinds_of_arguments(n):
    SEEN.clear()
    total = 0.0
    for i in range(n):
        total += mixed(i > n // 2, i / 4, i, ITEMS if i % 2 else None)
    for i in range(n):
        total += mixed(i, i / 4, 2**70, "text")
    return total, SEEN[:]


@case((70,))
def frames_below(n):
    ITEMS[0] = 50
    seen = []
    for i in range(n):
        seen.append(where(i))
        if i == 60:
            ITEMS[0] = 65.0
    ITEMS[0] = 2
    return seen


class Counted:
    def __init__(self, n):
        self.n = n

    def __del__(self):
        log("end", self.n)


large("""def keeps(counted, n):
    counted.n += FACTOR
    return Counted(n)
""")


@case((50,))
def ends_in_order(n):
    global FACTOR
    held = Counted(-1)
    for i in range(n):
        if i == 25:
            FACTOR = 0.5
        held = keeps(held, i)
        log("round", i)
    FACTOR = 3
    return held.n
