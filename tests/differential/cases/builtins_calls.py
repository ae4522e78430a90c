"""The builtin functions with rules of their own, and builtins shadowed by globals."""

from case import Tracked, case, log


class Sized:
    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __abs__(self):
        log("abs")
        return "absolute"

    def __round__(self, digits=None):
        return ("rounded", digits)

    def __int__(self):
        return self.n

    def __float__(self):
        return self.n / 2


@case(([1, 2],), ("abc",), ({1: 2},), ((),), (range(7),), (b"xy",), ({1},), (Sized(5),), (Sized(-1),), (5,),
      (Sized("x"),))
def length(x):
    return len(x)


@case((5,), (-5,), (-2.5,), (-0.0,), (-2**63,), (3 + 4j,), (True,), (Sized(1),), ("x",))
def absolute(x):
    return abs(x)


@case((1, 2), (2.5, 1), (1, 1.0), (-0.0, 0.0), (float("nan"), 1), (1, float("nan")), ("a", "b"), (1, "a"), (2**70, 1))
def min_max(a, b):
    return min(a, b), max(a, b), min(b, a), max(b, a)


@case((3, 1, 2), (1.5, 2, -1))
def min_max_three(a, b, c):
    return min(a, b, c), max(a, b, c), min([a, b, c]), max((a, b, c), key=lambda x: -x), min([], default=a)


@case(([],), ([3],), (5,))
def min_of(xs):
    return min(xs)


@case((Tracked(2), Tracked(1)), (Tracked(1), Tracked(1)))
def min_max_side_effects(a, b):
    return min(a, b) is b, max(a, b) is a


@case((65,), (0x10FFFF,), (-1,), (0x110000,), ("x",), (True,), (2**70,))
def character(n):
    return chr(n)


@case(("A",), ("\U0010FFFF",), ("",), ("ab",), (b"A",), (5,))
def ordinal(c):
    return ord(c)


@case((5, int), (True, int), (5, bool), (5, (float, int)), ("x", str), (None, type(None)), (5, int | None),
      ([], (tuple, (list,))))
def instances(x, kind):
    return isinstance(x, kind), type(x) is kind, issubclass(type(x), kind)


@case((5, 5), (5, "int"))
def bad_isinstance(x, kind):
    return isinstance(x, kind)


@case(([1, 2, 3],), ([1.5, 2],), ([0.1] * 10,), ([2**63, 1],), ([],), (["a"],), (range(50),),
      ([True, False, True],), ([1, 2j],))
def summing(xs):
    return sum(xs)


@case(([1, 2], 10), ([[1], [2]], []), ([1], 0.5), (["a"], ""))
def summing_from(xs, start):
    return sum(xs, start)


@case((2, 3), (2.0, 0.5), (2, -1), (0, -1), (-8, 1 / 3), ("a", 2), (10, 20))
def power(a, b):
    return pow(a, b), a ** b


@case((7, 2), (-7, 2.0), (7, 0), (2**70, 7), (True, 1))
def quotient(a, b):
    return divmod(a, b)


@case((2.5,), (7,), (-3.5,), (Sized(3),), (True,), ("x",), (1e17,))
def rounded(x):
    return round(x)


@case((5,), ("12",), (" 7 ",), (2.9,), (True,), (Sized(4),), ("x",), (None,), (b"15",), ("1_000",))
def to_int(x):
    return int(x)


@case((5,), ("1.25",), (True,), (Sized(5),), ("1e400",), ("x",), ([],))
def to_float(x):
    return float(x)


@case((0,), (1,), ("",), ("a",), ([],), ([0],), (None,), (0.0,), (float("nan"),), (Sized(0),), (Sized(2),))
def to_bool(x):
    return bool(x), not x, [1 if x else 2 for _ in range(3)]


@case(())
def empty_calls():
    return int(), float(), bool(), str(), list(), tuple(), dict(), set(), complex(), bytes()


@case((30,))
def in_hot_loops(n):
    total = 0
    best = 0.0
    letters = []
    for i in range(n):
        total += abs(i - 15) + len(letters) + int(i * 0.3) + max(i, 7) - min(i, 3) + round(i / 3)
        best = max(best, float(i % 11) / 2)
        letters.append(chr(ord("a") + i % 26))
        if isinstance(total, int) and bool(i % 2):
            total += pow(i, 2) + divmod(i, 4)[1]
    return total, best, "".join(letters)



def len(x):  # noqa: A001
    return "shadowed" if isinstance(x, str) else __builtins__["len"](x) if isinstance(__builtins__, dict) else 99


@case(("abc",), ([1, 2],))
def shadowed_by_global(x):
    return [len(x) for _ in range(5)]


@case((15,))
def shadowed_while_hot(n):
    seen = []
    try:
        for i in range(n):
            seen.append(ord("a") if i != 3 else 0)
            if i == 6:
                globals()["ord"] = lambda c: "mine"
            if i == 11:
                del globals()["ord"]
    finally:
        globals().pop("ord", None)
    return seen


@case((15,))
def builtin_replaced_while_hot(n):
    import builtins
    original = builtins.hash
    seen = []
    try:
        for i in range(n):
            seen.append(hash(i))
            if i == 8:
                builtins.hash = lambda x: "replaced"
    finally:
        builtins.hash = original
    return seen


@case((5,))
def shadowed_locally(n):
    max = min  # noqa: A001
    return [max(i, 3) for i in range(n)]


@case(lambda: ([3, 1, 2],), lambda: (["b", "a"],), lambda: ([1, "a"],))
def sorting(xs):
    return sorted(xs), sorted(xs, reverse=True)


@case((5, "x"), (None, 1.5))
def representation(a, b):
    return repr(a), str(b), f"{a!r}:{b}", format(b), type(a).__name__, callable(a), hash(a) == hash(a), id(a) == id(a)


@case(([0, 1, 2],), ([],), ([[], [1]],))
def any_all(xs):
    return any(xs), all(xs), [x for x in xs if any([x]) or all([])]


@case(("x",), ("missing",))
def getattr_calls(name):
    class Thing:
        x = 5
    return getattr(Thing, name, "default"), hasattr(Thing, name), setattr(Thing, "y", 1), Thing.y


@case((10,))
def printing(n):
    for i in range(n):
        print(i, i * 2, sep="-", end=";")
    print()


class Text(str):
    def upper(self):
        return "upper"

    def __format__(self, specification):
        return f"formatted {specification}"


class Described:
    def __repr__(self):
        return Text("repr")

    __str__ = __repr__


@case((Described(),), (5,), ("x",), ([1, Described()],), (None,))
def texts_of(x):
    return (str(x), type(str(x)), str(x).upper(), type(repr(x)), repr(x).upper(), f"{x!r}", f"{x!s}", f"{x!r:>5}",
            type(f"{x}"))


@case((5,), (Sized(5),), (Described(),), (int,), (type,))
def types_of(x):
    seen = [type(x) for _ in range(3)]
    return seen, type(x).__name__, type(type(x)) is type, type(x) is int


@case(([3, 1, 2],), ((5, 4),), ("ba",), ({2: 1, 1: 2},), (7,))
def made_by_classes(x):
    total = 0
    for item in list(x):
        total = item + (total or type(item)())
    for item in sorted(x):
        total += item
    return total, len(tuple(x)), [y for y in set(x) if y in frozenset(x)], bool(list(x)), dict(zip(x, x)).keys()


class Rows(list):
    def total(self):
        return len(self)


class Names(dict):
    pass


class Text(str):
    __slots__ = ()


@case((6,))
def methods_of_subclasses(n):
    rows, names, text = Rows(), Names(), Text("a,b")
    out = []
    for i in range(n):
        rows.append(i)
        rows.extend([i])
        names.setdefault("k", i)
        out.append((rows.pop(), rows.total(), names.get("k"), names.get("q", i), text.split(","), text.startswith("a"),
                    type(text.upper()), names.copy(), type(names.copy())))
    rows.append = lambda x: out.append(("shadowed", x))
    for i in range(n):
        rows.append(i)
    return rows, names, out


@case((6,))
def c_functions_with_keywords(n):
    out = []
    for i in range(n):
        items = [str(i), "bb", "c"]
        items.sort(key=len, reverse=True)
        out += [items, sorted(items, key=str.upper), int("1f", base=16), "a-b-c".split("-", maxsplit=1),
                max(items, key=len), print("x", end="\n"), "x".encode(errors="strict")]
    try:
        sorted([1], kee=1)
    except TypeError as error:
        out.append(str(error))
    return out


@case((8,))
def bound_methods_of_builtins(n):
    out, seen = [], set()
    append, add = out.append, seen.add
    find = "abcabc".find
    for i in range(n):
        append(i)
        add(i % 3)
        append(find("c", i))
    kept = append
    append((len(out), append is kept, kept == out.append, kept.__self__ is out, kept.__name__))
    try:
        append(1, 2)
    except TypeError as error:
        kept(str(error))
    return out[:], sorted(seen)


def appends(n):
    items = []
    append = items.append
    for i in range(n):
        append(10 // (3 - i))
    return items


@case((3,), (6,))
def error_while_a_bound_builtin_is_held(n):
    try:
        return appends(n)
    except ZeroDivisionError as error:
        frame = error.__traceback__.tb_next.tb_frame
        return frame.f_locals["append"].__self__ is frame.f_locals["items"], frame.f_locals["items"]


@case((4,))
def attributes_of_builtin_classes(n):
    out = []
    for i in range(n):
        out += [dict.__repr__ is type({}).__repr__, list(map(str.upper, ["a"])), list.append.__name__, int.__repr__(i),
                issubclass(bool, int), issubclass(str, (int, list)), issubclass(Rows, list), object.__doc__ is None]
    try:
        issubclass(int, 3)
    except TypeError as error:
        out.append(str(error))
    return out
