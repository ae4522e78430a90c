"""Calls: defaults, keywords, star arguments, recursion, closures, lambdas, changing functions."""

import sys

from case import case, log


@case((20,), (1,))
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2) if n < 12 else fib(n // 2)


@case((2, 3), (0, 5), (2, 0))
def ackermann(m, n):
    if m == 0:
        return n + 1
    if n == 0:
        return ackermann(m - 1, 1)
    return ackermann(m - 1, ackermann(m, n - 1))


def is_even(n):
    return True if n == 0 else is_odd(n - 1)


def is_odd(n):
    return False if n == 0 else is_even(n - 1)


@case((20,), (33,))
def mutual_recursion(n):
    return is_even(n), is_odd(n)


def endless(n):
    return endless(n + 1) + 1


@case((0,))
def recursion_error(n):
    try:
        return endless(n)
    except RecursionError as error:
        return str(error)


def down(n):
    return 0 if n == 0 else 1 + down(n - 1)


@case((100,), (400,))
def recursion_depth_is_counted(n):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(300)
    try:
        return down(n)
    except RecursionError as error:
        return str(error)
    finally:
        sys.setrecursionlimit(limit)


@case((2000,))
def deep_recursion(n):
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(20_000)
    try:
        return down(n)
    finally:
        sys.setrecursionlimit(limit)


def with_defaults(a, b=2, *, c=3, d=None):
    return a, b, c, d


@case((5,))
def defaults_and_keywords(x):
    return (with_defaults(x), with_defaults(x, 7), with_defaults(x, c=1), with_defaults(b=x, a=0, d=9),
            with_defaults(*[x, 1], **{"c": 4}))


@case((1,), (2,), (3,), (4,), (5,))
def bad_calls(which):
    if which == 1:
        return with_defaults()
    if which == 2:
        return with_defaults(1, 2, 3)
    if which == 3:
        return with_defaults(1, e=5)
    if which == 4:
        return with_defaults(1, a=5)
    return with_defaults(1, **{"b": 1}, **{"b": 2})


@case((1, 2, 3), (1,), (), c=5, d=6)
def star_arguments(*args, **kwargs):
    total = 0
    for value in args:
        total += value
    for name in kwargs:
        total += kwargs[name]
    return total, args, kwargs


def positional_only(a, b, /, c, *, d=0):
    return a * 1000 + b * 100 + c * 10 + d


@case((1, 2))
def positional_only_calls(a, b):
    seen = [positional_only(a, b, 3), positional_only(a, b, c=4, d=5)]
    try:
        positional_only(a=1, b=2, c=3)
    except TypeError as error:
        seen.append(str(error))
    return seen


def mutable_default(x, seen=[]):
    seen.append(x)
    return len(seen)


@case((1,))
def shared_default(x):
    before = mutable_default(x)
    return mutable_default(x) - before


def passes_on(*args, **kwargs):
    return with_defaults(*args, **kwargs)


@case((1, 2), (1,), c=10)
def forwarded(*args, **kwargs):
    return passes_on(*args, **kwargs), passes_on(0, *args[1:], **kwargs)


@case((10,))
def closure_counter(n):
    count = 0

    def step(by):
        nonlocal count
        count += by
        return count
    return [step(i) for i in range(n)], count


@case((5, 30))
def closure_in_loop(k, n):
    def scale(x):
        return x * k
    total = 0
    for i in range(n):
        total += scale(i)
        if i == 20:
            k = 0.5
    return total


@case((4,))
def closures_share_a_cell(n):
    functions = [lambda: i for i in range(n)]
    kept = [lambda i=i: i for i in range(n)]
    return [f() for f in functions], [f() for f in kept]


@case((3,))
def closure_chain(n):
    def outer(a):
        def middle(b):
            def inner(c):
                return a * 100 + b * 10 + c + n
            return inner
        return middle
    return [outer(i)(j)(k) for i in range(3) for j in range(3) for k in range(3)]


@case((6,))
def empty_cell(n):
    def later():
        return value
    seen = []
    for i in range(n):
        try:
            seen.append(later())
        except NameError as error:
            seen.append(str(error))
        if i == 3:
            value = 7
    return seen


@case((True,), (False,), repeat=4)
def maybe_empty_cell_of_a_function(empty):
    def f():
        return value
    if not empty:
        value = 1729
    cell = f.__closure__[0]
    try:
        return cell.cell_contents
    except ValueError as error:
        return str(error)


@case((25,))
def lambdas(n):
    add = lambda a, b=1: a + b  # noqa: E731
    return [add(i) for i in range(n)], list(map(lambda x: x * x, range(5))), sorted(range(6), key=lambda x: -x)


def small(x):
    return x + 1


@case((20,))
def function_is_replaced(n):
    global small
    original = small
    seen = []
    try:
        for i in range(n):
            seen.append(small(i))
            if i == 9:
                small = lambda x: x * 1000  # noqa: E731
        return seen
    finally:
        small = original


def code_changes(x):
    return x + 1


def other_code(x):
    return x - 1


@case((20,))
def code_is_replaced(n):
    original = code_changes.__code__
    seen = []
    try:
        for i in range(n):
            seen.append(code_changes(i))
            if i == 9:
                code_changes.__code__ = other_code.__code__
        return seen
    finally:
        code_changes.__code__ = original


def defaults_change(x, y=1):
    return x + y


@case((20,))
def defaults_are_replaced(n):
    seen = []
    try:
        for i in range(n):
            seen.append(defaults_change(i))
            if i == 9:
                defaults_change.__defaults__ = (100,)
            if i == 14:
                defaults_change.__defaults__ = None
        return seen
    except TypeError as error:
        return seen, str(error)
    finally:
        defaults_change.__defaults__ = (1,)


def keyword_defaults_change(x, *, y=1):
    return x + y


@case((20,))
def keyword_defaults_are_replaced(n):
    seen = []
    for i in range(n):
        seen.append(keyword_defaults_change(i))
        keyword_defaults_change.__kwdefaults__["y"] = 5 if i == 9 else 1
    return seen


def noted(x):
    log(x)
    return x


@case((3,))
def argument_order(n):
    seen = []
    for i in range(n):
        seen.append(with_defaults(noted(i), noted("b"), d=noted("d"), c=noted("c")))
        seen.append(passes_on(noted(1), *noted([2]), **noted({"c": 3})))
    return seen


def polymorphic(a, b):
    return a + b


@case((10,))
def polymorphic_calls(n):
    seen = []
    for i in range(n):
        seen.append(polymorphic(i, 1))
        seen.append(polymorphic(i / 2, 1.5))
        seen.append(polymorphic("a", str(i)))
        seen.append(polymorphic([i], [0]))
        seen.append(polymorphic(2**63 - 5, i))
    return seen


def scale_float(x):
    return x * 0.5


def shift_float(x):
    return scale_float(x) + 1.0


@case((40,), (0,))
def float_chain(n):
    x = 1.0
    for _ in range(n):
        x = shift_float(scale_float(x) + shift_float(x))
    return x


@case((30,))
def function_attributes(n):
    def f(x):
        f.calls += 1
        return x + f.calls
    f.calls = 0
    return [f(i) for i in range(n)], f.calls, f.__name__


@case((7,))
def hanoi(n):
    moves = []

    def move(count, source, target, spare):
        if count == 0:
            return 0
        first = move(count - 1, source, spare, target)
        moves.append((source, target))
        return first + 1 + move(count - 1, spare, target, source)
    return move(n, "a", "c", "b"), moves[:5], len(moves)


@case((6,))
def permutations(n):
    found = []

    def extend(prefix, rest):
        if not rest:
            found.append(tuple(prefix))
            return
        for i, x in enumerate(rest):
            extend(prefix + [x], rest[:i] + rest[i + 1:])
    extend([], list(range(min(n, 4))))
    return found


@case((5,))
def n_queens(n):
    def place(row, columns):
        if row == n:
            return 1
        count = 0
        for c in range(n):
            if all(c != k and abs(c - k) != row - r for r, k in enumerate(columns)):
                count += place(row + 1, columns + [c])
        return count
    return place(0, [])


@case(lambda: (map(str, range(4)),), lambda: (zip([1, 2], [3, 4]),), lambda: ([0],))
def consumes_iterators(xs):
    return list(xs), list(xs)


@case((12,))
def calls_many_arguments(n):
    def f(a, b, c, d, e, g, h, i, j, k):
        return a - b + c - d + e - g + h - i + j - k
    return [f(*range(i, i + 10)) for i in range(n)], f(n, 1, 2.5, 3, 4, 5, True, 7, 8, 9)


@case((10,))
def decorated(n):
    def twice(f):
        def wrapper(*args, **kwargs):
            return f(*args, **kwargs), f(*args, **kwargs)
        return wrapper

    @twice
    def add(a, b=1):
        return a + b
    return [add(i, b=i) for i in range(n)]


@case(([1, 2, 3], True), ([1, 2, 3], False))
def closure_called_where_it_is_made(items, ends):
    def replace(value):
        nonlocal held
        held, before = value, held
        return before

    held = list(items) if ends else 5
    first = replace(items[0])
    return held, first, replace(first), held


@case(([1, 2, 3],))
def same_object_twice(items):
    pair = items[0], items
    twice = [pair, pair]

    def keep(value):
        nonlocal pair
        pair = value
        return value is twice[0], value is twice[1]

    return keep(pair), pair is twice[0], keep(twice[1])
@case((3,), (0.5,))
def closure_counts_for_its_maker(n):
    x = n

    def step():
        nonlocal x
        x += 1
        return x
    first = step()
    return first, step(), x


@case((5,))
def closure_is_seen_changed_in_a_loop(n):
    seen = []
    for i in range(n):
        x = i

        def step(by):
            nonlocal x
            x += by
            seen.append(x)
        step(10)
        seen.append(x)
    return seen


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


@case((4,))
def argument_is_also_enclosed(n):
    point = Point(n, 1)

    def move(other):
        other.x += 1
        point.x += 1
        return point is other, other.x
    return move(point), point.x


class Leaf:
    def __init__(self, left, right, value):
        self.left = left
        self.right = right
        self.value = value


def _leftmost(node):
    if node.left is None:
        return node
    return _leftmost(node.left)


def _summed(node):
    if node is None:
        return 0.0
    return _summed(node.left) + _summed(node.right) + node.value


def _is_even(n):
    if n <= 0:
        return n == 0
    return not _is_even(n - 1)


def _digits(n, text):
    rest = n // 10
    if rest == 0:
        return text
    return _digits(rest, text) + str(n - rest * 10)


def _tree(depth):
    return None if depth == 0 else Leaf(_tree(depth - 1), _tree(depth - 1), depth / 2)


@case((6,), (1,))
def ends_of_recursions(depth):
    tree = _tree(depth)
    found = [_leftmost(tree).value, _summed(tree), _is_even(depth), _digits(12345 * depth, "")]
    tree.right = Leaf(None, None, 7)
    found.append(_summed(tree))
    tree.right.left = 5
    for function in (_summed, _leftmost):
        try:
            found.append(function(tree.right))
        except AttributeError as error:
            found.append(str(error))
    return found


@case((3,))
def reference_counts_of_locals(n):
    thing = [1]
    seen = [sys.getrefcount(thing)]
    for i in range(n):
        other = thing if i % 2 else [thing]
        seen.append(sys.getrefcount(thing))
    return seen, sys.getrefcount(thing), sys.getrefcount(other)


class MaybeHolder:
    def __init__(self, *values):
        for value in values:
            self.value = value


@case((6, MaybeHolder(1)), (3, MaybeHolder()), (1, MaybeHolder()))
def held_at_the_bottom(n, holder):
    if n < 2:
        made = [holder]
        holder.value
        return made
    return held_at_the_bottom(n - 1, holder)


class Holder:
    def __init__(self, value=0, *, scale=1):
        self.value = value * scale

    def get(self, extra, more=3):
        return self.value, extra, more

    def same_line(self):
        import sys
        return sys._getframe(1).f_lineno - sys._getframe().f_lineno


class Derived(Holder):
    def __init__(self, value=0, **keywords):
        super().__init__(value, **keywords)
        self.names = sorted(keywords)


def call_it(function, *args):
    out = []
    for i in range(8):
        out.append(function(i, *args))
    return out


@case((5,))
def bound_methods_are_called(n):
    one, other = Holder(n), Holder("x")
    table = {"one": one.get, "other": other.get, "text": "abc".find}
    out = [call_it(one.get), call_it(one.get, 7), call_it(other.get, None)]
    for i in range(n):
        out.append([table[key](key) for key in ("one", "other", "text")])
    method = one.get
    del one
    return out, call_it(method)


@case((6,))
def bound_methods_end(n):
    class Ends:
        def __del__(self):
            log("end")

        def run(self, x):
            log(x)
            return x

    for i in range(n):
        method = Ends().run
        method(i)
        log("after")
    return None


def make(cls, *args):
    return [cls(*args).value for _ in range(8)]


@case((4,))
def classes_are_passed(n):
    class Local(Holder):
        pass

    out = []
    for cls in (Holder, Derived, Local, int, str, Holder):
        made = [cls(n) for _ in range(8)]
        out.append([getattr(each, "value", each) for each in made])
    out.append([Derived(n, scale=2).names for _ in range(n)])
    return out, make(Holder, 3), make(Derived, 4)


def takes_all(a, *rest, b=1, **others):
    others["seen"] = len(others)
    return a, rest, b, others


@case((5,))
def keywords_into_a_dict(n):
    out = []
    for i in range(n):
        out += [takes_all(i, z=1, a2=i), takes_all(i, i, b=i, c=[i]), takes_all(a=i, y=2, x=3), takes_all(i)]
    return out


@case((3,))
def keywords_twice(n):
    out = []
    for i in range(n):
        try:
            takes_all(i, a=i)
        except TypeError as error:
            out.append(str(error))
    return out


class Box:
    def __init__(self, content):
        self.content = content


def with_a_function_inside(bound, keep):
    if bound:
        value = [bound]

    def inner():
        return value

    def outer():
        return inner

    keep.append(outer)


def with_a_function_in_an_instance(bound, keep):
    if bound:
        value = [bound]

    def inner():
        return value

    box = Box((inner, bound))

    def outer():
        return box

    keep.append(outer)


@case((9,))
def made_around_what_may_be_unbound(n):
    keep, out = [], []
    for i in range(n):
        with_a_function_inside(i % 3, keep)
        out.append(keep[-1]().__closure__[0])
        with_a_function_in_an_instance(i % 3, keep)
        out.append(keep[-1]().content[0].__closure__[0])
    for i, cell in enumerate(out):
        try:
            out[i] = cell.cell_contents
        except ValueError as error:
            out[i] = str(error)
    return out
