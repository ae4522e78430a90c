"""`match`: classes, sequences, mappings and literals, of known types and of mixed ones, with errors and odd classes."""

import abc
import enum
import types
import weakref
from collections import OrderedDict, UserDict, UserList, defaultdict, deque, namedtuple
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from case import case, log


@dataclass
class Num:
    value: int


@dataclass
class Add:
    left: object
    right: object


@dataclass
class Mul:
    left: object
    right: object


@dataclass(frozen=True)
class Neg:
    of: object


class Var:
    __match_args__ = ("name",)
    __slots__ = ("name", "unset")

    def __init__(self, name):
        self.name = name


class Sub(Add):
    pass


class Point:
    __match_args__ = ("x", "y")

    def __init__(self, x=None, y=None):
        if x is not None:
            self.x = x
        if y is not None:
            self.y = y


class Lazy:
    __match_args__ = ("x", "kind")
    kind = "lazy"

    def __init__(self, x):
        self._x = x

    @property
    def x(self):
        log("x is asked for")
        if self._x == "missing":
            raise AttributeError("x")
        if self._x == "fails":
            raise ValueError("x")
        return self._x


class Answers:
    """Has any attribute."""

    def __getattr__(self, name):
        log("asked for", name)
        if name == "no":
            raise AttributeError(name)
        return name


class Base(abc.ABC):
    @classmethod
    def __subclasshook__(cls, other):
        log("hook", other.__name__)
        return hasattr(other, "quacks") or NotImplemented


class Duck:
    quacks = True


class Liar:
    """Says that it is a Num."""

    value = 5

    @property
    def __class__(self):
        return Num


class Meta(type):
    def __instancecheck__(cls, value):
        log("instance?", type(value).__name__)
        return value == 3


class Three(metaclass=Meta):
    pass


class Repeats:
    __match_args__ = ("a", "a")
    a = 1


class NotATuple:
    __match_args__ = ["a"]
    a = 1


class NotNames:
    __match_args__ = (1,)


class Colour(enum.Enum):
    RED = 1
    GREEN = 2


class Row(namedtuple("Row", "a b")):
    pass


def evaluate(node):
    match node:
        case Num(value):
            return value
        case Sub(a, b):
            return evaluate(a) - evaluate(b)
        case Add(left, right):
            return evaluate(left) + evaluate(right)
        case Mul(left=Num(0)) | Mul(right=Num(0)):
            return 0
        case Mul(left=a, right=b):
            return evaluate(a) * evaluate(b)
        case Neg(of=Neg(of=x)):
            return evaluate(x)
        case Neg(x):
            return -evaluate(x)
        case Var("pi"):
            return 3
        case Var(name=n):
            return len(n)
        case int(n) | float(n):
            return n
    return None


def tree(depth):
    if depth == 0:
        return Num(2)
    if depth % 3 == 0:
        return Sub(tree(depth - 1), Neg(Neg(Num(depth))))
    return Add(Mul(tree(depth - 1), Num(depth % 2)), Neg(tree(depth - 1)))


@case(lambda: (tree(4),), lambda: (Num(3),), lambda: (Var("pi"),), lambda: (Var("abc"),), (5,), (2.5,), ("x",), (None,))
def expressions(node):
    return evaluate(node)


SHAPES = [Num(1), Add(1, 2), Mul(3, 4), Neg(5), Var("v"), Sub(6, 7), 8, 9.5, True, "text", b"b", None, [1, 2], (3,), {"k": 1},
          Colour.RED, Row(1, 2), {1, 2}]


@case((SHAPES * 3,), ([Num(1)] * 20,), ([1, 2.5, "a", None] * 8,))
def kinds(values):
    seen = []
    for value in values:
        match value:
            case bool():
                kind = "bool"
            case int(n) | float(n):
                kind = n
            case str() | bytes():
                kind = "text"
            case None:
                kind = "none"
            case Num(v) | Neg(v):
                kind = ("one", v)
            case Add(left=a) | Mul(left=a):
                kind = ("two", a)
            case Colour.RED:
                kind = "red"
            case Row(a, b=b):
                kind = a, b
            case dict(d):
                kind = len(d)
            case [x]:
                kind = ("just", x)
            case [x, *rest]:
                kind = x, rest
            case _:
                kind = "other"
        seen.append(kind)
    return seen


@case(([Point(1, 2), Point(1), Point(), Point(y=3), Point(0, 0)] * 6,))
def attributes_that_lack(points):
    seen = []
    for point in points:
        match point:
            case Point(0, 0):
                seen.append("origin")
            case Point(x, y):
                seen.append((x, y))
            case Point(y=y):
                seen.append(("y", y))
            case Point(x):
                seen.append(("x", x))
            case Point():
                seen.append("nothing")
    return seen


@case(lambda: (Lazy(1),), lambda: (Lazy("missing"),), lambda: (Lazy("fails"),), lambda: (Answers(),))
def attributes_by_code(value):
    match value:
        case Lazy(3, "lazy"):
            return "three"
        case Lazy(x, kind):
            return x, kind
        case Answers(no=n):
            return n
        case Answers(yes=y, other="other"):
            return y
    return "nothing"


@case(lambda: (Duck(),), lambda: (Num(1),), lambda: (3,), lambda: (Liar(),), lambda: (Three(),))
def odd_classes(value):
    seen = []
    for _ in range(3):
        match value:
            case Base():
                seen.append("base")
        match value:
            case Num(v):
                seen.append(v)
        match value:
            case Three():
                seen.append("three")
        seen.append((isinstance(value, Num), isinstance(value, (Add, Base)), isinstance(value, Three)))
    return seen


class Wrapped:
    value = 7


KEPT = Wrapped()


@case(lambda: ([weakref.proxy(KEPT), KEPT, 1],), lambda: ([weakref.proxy(KEPT)] * 5,))
def proxies(values):
    seen = []
    for value in values:
        match value:
            case Wrapped(value=v):
                seen.append(v)
            case _:
                seen.append(None)
        seen.append((isinstance(value, Wrapped), isinstance(value, (int, Wrapped))))
    return seen


def wrong(value, number):
    match value:
        case Repeats(a, b) if number == 0:
            return a, b
        case NotATuple(a) if number == 1:
            return a
        case NotNames(a) if number == 2:
            return a
        case Point(a, b, c) if number == 3:
            return a, b, c
        case int(a, b) if number == 4:
            return a, b
        case Point(1, x=2) if number == 5:
            return 1
        case Var(unset=u):
            return u
    return "fell through"


@case(lambda: (Repeats(),), lambda: (NotATuple(),), lambda: (NotNames(),), lambda: (Point(1, 2),), (5,), lambda: (Var("a"),))
def errors(value):
    seen = []
    for number in range(7):
        try:
            seen.append(wrong(value, number))
        except TypeError as error:
            seen.append(str(error))
    return seen


@case(lambda: (5, 0), lambda: (Num(5), 0), lambda: (Num(5), 1), lambda: (5, 2), lambda: (5, 3))
def any_class(value, which):
    class Holder:
        pass
    cls = [Num, int, len, "x"][which]
    holder = Holder()
    holder.cls = cls
    for _ in range(2):
        try:
            match value:
                case holder.cls():
                    return "by value"
        except TypeError as error:
            return str(error)
        match value:
            case cls():
                return "by class"
    return "neither"


SEQUENCES = [[1, 2], (1, 2), [1], (), [], "ab", b"ab", bytearray(b"ab"), deque([1, 2]), range(2), UserList([1, 2]), {1: 2},
             Row(1, 2), [1, 2, 3], [[1, 2], 3], (1, (2, 3)), None, 5, [1, "x"], iter([1, 2])]


@case((SEQUENCES,), ([[1, 2], [3], [], [4, 5, 6]] * 6,), ([(1, 2), [3, 4]] * 12,), ([(1, (2, 3)), (4, 5)] * 8,))
def sequences(values):
    seen = []
    for value in values:
        match value:
            case []:
                found = "empty"
            case [1, 2]:
                found = "one, two"
            case [x]:
                found = x
            case [x, [y, z]]:
                found = x, y, z
            case (x, int(y)):
                found = x + y
            case [[x, *_], y]:
                found = x, y
            case [first, *rest]:
                found = first, rest
            case _:
                found = None
        seen.append(found)
    return seen


# made here: versions hold references to the constants of the code, which would be the same strings
@case(([line.lower() for line in ("GO NORTH", "LOOK", "DROP A B C", "GO ", "", "TAKE LAMP", "FLY AWAY NOW")] * 4,))
def commands(lines):
    seen = []
    for line in lines:
        match line.split():
            case ["go", ("north" | "south") as way]:
                seen.append(way)
            case ["go"]:
                seen.append("where?")
            case ["drop", *things]:
                seen.append(things)
            case [verb, thing]:
                seen.append(verb + ":" + thing)
            case ["look"] | ["l"]:
                seen.append("look")
            case []:
                seen.append("silence")
            case [*_, last]:
                seen.append(last)
    return seen


class Asked(dict):
    def get(self, key, default=None):
        log("get", key)
        return super().get(key, default)


MAPPINGS = [{"a": 1}, {"a": 1, "b": 2}, {}, {"b": 2}, {1: 2, None: 3}, OrderedDict(a=4), defaultdict(int, a=5), UserDict(a=6),
            Asked(a=7, b=8), Asked(), [1], None, 3, "a", {"kind": "x", "of": [1, 2]}, {"kind": "y"}, {"a": None}, {True: "t"}]


@case((MAPPINGS,), ([{"a": 1, "b": i} for i in range(30)],), ([{"kind": "x", "of": [i, i]} for i in range(20)],),
      ([{"a": 1}, {"b": 2}, {}] * 8,))
def mappings(values):
    seen = []
    for value in values:
        match value:
            case {"a": 1, "b": b}:
                found = "a, b", b
            case {"a": a, **rest}:
                found = a, rest
            case {"kind": "x", "of": [x, y]}:
                found = x + y
            case {"kind": kind}:
                found = kind
            case {None: x, 1: y}:
                found = x, y
            case {1: x}:
                found = x
            case {}:
                found = "mapping"
            case _:
                found = None
        seen.append(found)
    return seen


class Tagged(dict):
    pass


@case((0,), (1,), (2,))
def told_later(which):
    """A class may say at any time that it is a sequence or a mapping."""
    seen = []
    cls = [Tagged, type("Made", (), {}), type("Listed", (list,), {})][which]
    value = cls()
    for step in range(6):
        match value:
            case [*_]:
                seen.append("sequence")
            case {}:
                seen.append("mapping")
            case _:
                seen.append("neither")
        if step == 3 and cls.__name__ == "Made":
            cls.__len__ = lambda self: 0
            cls.__getitem__ = lambda self, key: None
            Sequence.register(cls)
    return seen


@case(([3, 10, 42, -1, 7.5, "7", True, None, 2**70] * 4,))
def literals(values):
    seen = []
    for value in values:
        match value:
            case 3 | 4:
                seen.append("few")
            case True:
                seen.append("true")
            case None:
                seen.append("none")
            case "7" as text:
                seen.append(text * 2)
            case int(n) if n > 20:
                seen.append(n)
            case -1:
                seen.append("minus")
            case 7.5:
                seen.append("float")
            case other:
                seen.append(other)
    return seen


@case((30,))
def made_here(n):
    total = 0
    for i in range(n):
        match Point(i, i % 3):
            case Point(x, 0):
                total += x
            case Point(x=x, y=1):
                total -= x
            case Point():
                total += 100
    return total


@case(lambda: ({"a": 1}, ("a", "a")), lambda: ({"a": 1, "b": 2}, ("a", "b")), lambda: ({}, ("a", "b")))
def keys_by_value(mapping, keys):
    key = types.SimpleNamespace(first=keys[0], second=keys[1])
    try:
        match mapping:
            case {key.first: x, key.second: y}:
                return x, y
    except ValueError as error:
        return str(error)
    return "no"


class Changing:
    __match_args__ = ("a",)

    def __init__(self):
        self.a, self.b = 1, 2


@case((20,))
def match_args_change(n):
    seen, value = [], Changing()
    for i in range(n):
        match value:
            case Changing(x):
                seen.append(x)
        if i == n // 2:
            Changing.__match_args__ = ("b",)
    Changing.__match_args__ = ("a",)
    return seen


def within(mapping: Mapping, key):
    match mapping:
        case {"x": {"y": [first, *_]}} if first == key:
            return first
        case Mapping():
            return "other"


@case(({"x": {"y": [1, 2]}}, 1), ({"x": {"y": [1, 2]}}, 2), ({"x": {"y": ()}}, 1), ({"x": 5}, 1), ({}, 1))
def nested(mapping, key):
    return [within(mapping, key) for _ in range(3)]


@case((SHAPES * 2,), ([1, 2.5, "a", None] * 8,), (["a", b"b", [1]] * 8,))
def instances(values):
    seen = []
    for value in values:
        if isinstance(value, Num):
            seen.append(1)
        elif isinstance(value, (Add, Mul)):
            seen.append(2)
        elif isinstance(value, (str, bytes)):
            seen.append(3)
        elif isinstance(value, (int, float, type(None))):
            seen.append(4)
    return seen
