"""Instances made in compiled code: classes with inline values and with slots, half made ones, ones that are stored into
for the first time, and classes that are not what they seem."""

from abc import ABCMeta, abstractmethod
from dataclasses import dataclass, field

from case import case, log
from shapes import MoreSlots, NoSlots, Pair, Slots


class SlotsAndDict(Slots):
    def __init__(self, a, b, c):
        super().__init__(a, b)
        self.c = c


class HiddenSlot(Slots):
    __slots__ = ()
    b = "of the class"


class SameSlots(Slots):
    __slots__ = ("a",)

    def __init__(self, a):
        Slots.a.__set__(self, "below")
        self.a = a


class Foreign:
    __slots__ = ("a",)
    stranger = Slots.a


def show(instance):
    """What an instance holds, in the order in which it does."""
    if hasattr(instance, "__dict__"):
        return type(instance).__name__, dict(vars(instance)), [n for n in ("a", "b") if hasattr(instance, n)]
    return type(instance).__name__, [(n, getattr(instance, n, "unset")) for n in ("a", "b", "_MoreSlots__c")]


@case((30,), (3,))
def escaping(n):
    kept = []
    for i in range(n):
        kept.append(Pair(i, i * 0.5))
        kept.append(Slots(i, i * 0.5))
        kept.append(Slots(i))
        kept.append(MoreSlots(i, 2, 3.5))
    return [show(each) for each in kept[-4:]], kept[3].total(), len(kept)


@case((20,))
def staying(n):
    total = 0
    for i in range(n):
        s = Slots(i, 2)
        s.b += 1.5
        m = MoreSlots(s.a, s.b, i)
        m.a = s
        total += m.a.a + m.b
        del s
    return total, m.a.b


@case((20,), (0,))
def empty_slot_of_new(n):
    s = Slots(1)
    for i in range(n):
        s = Slots(i)
    return s.a, s.b


@case((12,))
def slots_of_all_kinds(n):
    found = []
    for i in range(n):
        found = [show(SlotsAndDict(i, 1, 2)), SameSlots(i).a, Slots.a.__get__(SameSlots(i)), type(NoSlots()).__name__]
    return found


@case((6,))
def slot_hidden_by_class(n):
    for _ in range(n):
        s = HiddenSlot(1)
    log(s.b)
    s.b = 2
    return s


@case((6,))
def slot_of_a_stranger(n):
    for _ in range(n):
        try:
            return Foreign().stranger
        except TypeError as error:
            log(str(error))


@case((6,))
def store_into_slot_of_a_stranger(n):
    for _ in range(n):
        f = Foreign()
        try:
            f.stranger = 5
        except TypeError as error:
            log(str(error))
    return hasattr(f, "a")


REGISTRY = []


class Registered:
    """Escapes in the middle of `__init__`."""

    def __init__(self, name, fails=False):
        self.name = name
        REGISTRY.append(self)
        self.first = len(REGISTRY)
        if fails:
            raise ValueError(name)
        self.second = self.first + 1
        self.first = 0.5


class RegisteredSlots:
    __slots__ = ("name", "first", "second")

    def __init__(self, name, fails=False):
        self.name = name
        REGISTRY.append(self)
        self.first = len(REGISTRY)
        if fails:
            raise ValueError(name)
        self.second = self.first + 1
        self.first = 0.5


@case((20, -1), (20, 15), (20, 0))
def escapes_half_made(n, failing):
    REGISTRY.clear()
    for i in range(n):
        for kind in (Registered, RegisteredSlots):
            try:
                log(kind(i, i == failing).second)
            except ValueError as error:
                log(str(error), error.__traceback__.tb_next.tb_frame.f_locals["self"] is REGISTRY[-1])
    made = [(r.name, r.first, getattr(r, "second", None)) for r in REGISTRY]
    orders = {tuple(vars(r)) for r in REGISTRY if type(r) is Registered}
    REGISTRY.clear()
    return made, sorted(orders)


class Turned:
    """Stores in another order than the first instance did."""

    def __init__(self, turned):
        if turned:
            self.b = 1
            self.a = 2
        else:
            self.a = 1
            self.b = 2
        self.c = turned


@case((12,))
def orders(n):
    Turned(False)
    kept = [Turned(i % 3 == 0) for i in range(n)]
    return [list(vars(t).items()) for t in kept]


class Reads:
    limit = 10

    def __init__(self, value):
        self.before = self.limit
        self.limit = value
        self.after = self.limit
        self.limit += 1


@case((12,))
def class_attribute_before_own(n):
    kept = [Reads(i) for i in range(n)]
    return [tuple(vars(r).items()) for r in kept], Reads(5).limit


@case((10,))
def dict_asked_for_between(n):
    kept = []
    for i in range(n):
        p = Pair(i, 1)
        if i > 5:
            p.__dict__["b"] = "from the dict"
            log(sorted(p.__dict__))
        p.a = p.b
        kept.append(p)
    return [dict(vars(p)) for p in kept]


class Wide:
    def __init__(self, v):
        self.a01 = self.a02 = self.a03 = self.a04 = self.a05 = self.a06 = self.a07 = self.a08 = v
        self.a09 = self.a10 = self.a11 = self.a12 = self.a13 = self.a14 = self.a15 = self.a16 = v
        self.a17 = self.a18 = self.a19 = v


class TooWide(Wide):
    def __init__(self, v):
        super().__init__(v)
        self.b01 = self.b02 = self.b03 = self.b04 = self.b05 = self.b06 = self.b07 = self.b08 = v
        self.b09 = self.b10 = self.b11 = self.b12 = self.b13 = self.b14 = self.b15 = self.b16 = v


@case((20,))
def many_attributes(n):
    kept = []
    for i in range(n):
        kept += [Wide(i), TooWide(i * 0.5)]
    return [sum(vars(w).values()) for w in kept], list(vars(kept[-1])), list(vars(kept[-2]))


class Tree:
    """Makes others of its class in `__init__`."""

    __slots__ = ("left", "right", "depth")

    def __init__(self, depth):
        self.depth = depth
        self.left = Tree(depth - 1) if depth else None
        self.right = Tree(depth - 1) if depth else None

    def count(self):
        return 1 if self.left is None else 1 + self.left.count() + self.right.count()


@case((5,), (3,))
def recursive_init(depth):
    return Tree(depth).count(), sum(Tree(i).depth for i in range(depth))


class WrongInit:
    def __init__(self, wrong):
        self.a = 1
        if wrong:
            return 5


class Yields:
    def __init__(self):
        yield


@case((False,), (True,))
def init_that_returns(wrong):
    for _ in range(5):
        made = WrongInit(wrong)
    return made.a


@case(())
def init_that_yields():
    return Yields()


@case((5,))
def wrong_arguments(n):
    for _ in range(n):
        try:
            Pair(1)
        except TypeError as error:
            log(str(error))
        try:
            NoSlots(1)
        except TypeError as error:
            log(str(error))
    return Pair(1, 2, 3)


class Abstract(metaclass=ABCMeta):
    @abstractmethod
    def area(self):
        ...

    def double(self):
        return 2 * self.area()


class Square(Abstract):
    def __init__(self, side):
        self.side = side

    def area(self):
        return self.side ** 2


class Calls(type):
    def __call__(cls, *args):
        log("class called", args)
        return super().__call__(*args)


class Called(metaclass=Calls):
    def __init__(self, x):
        self.x = x


class Plainly(type):
    pass


class Late(metaclass=Plainly):
    def __init__(self, x):
        self.x = x


@case((10,))
def metaclasses(n):
    total = 0
    for i in range(n):
        total += Square(i).double() + Called(i).x + Late(i).x
        try:
            Abstract()
        except TypeError as error:
            log(str(error))
    return total


@case((10,))
def metaclass_changes(n):
    seen = []
    for i in range(n):
        seen.append(Late(i).x)
        if i == 6:
            Plainly.__call__ = lambda cls, x: super(Plainly, cls).__call__(x * 100)
    del Plainly.__call__
    return seen, Late(1).x


@case((12,))
def class_changes(n):
    class Changing:
        def __init__(self, x):
            self.x = x

    class ChangingSlots:
        __slots__ = ("x",)

        def __init__(self, x):
            self.x = x

    def other_init(self, x):
        self.x = x * 10

    def make(i):
        return Changing(i).x, ChangingSlots(i).x

    seen = []
    for i in range(n):
        seen.append(make(i))
        if i == 6:
            Changing.__init__ = ChangingSlots.__init__ = other_init
        if i == 8:
            Changing.x = property(lambda self: "property", lambda self, value: log("set", value))
        if i == 9:
            ChangingSlots.__new__ = lambda cls, x: Pair(x, x)
            Changing.__setattr__ = lambda self, name, value: log(name, value)
    return [s if isinstance(s, tuple) else None for s in seen]


class Base:
    def __init__(self, x):
        self.x = x
        self.__class__ = Other


class Other(Base):
    def name(self):
        return "other", self.x


@case((10,))
def class_assigned_in_init(n):
    return [Base(i).name() for i in range(n)], type(Base(1)).__name__


class Shape:
    kind = "shape"

    def __init__(self, name):
        super().__init__()
        self.name = name

    @classmethod
    def make(cls, *args):
        return cls(*args)

    def twin(self):
        return self.__class__(*self.key())


class Circle(Shape):
    def __init__(self, name, radius):
        super().__init__(name)
        self.radius = radius

    def key(self):
        return self.name, self.radius


class Box(Circle):
    def __init__(self, name, radius, depth=1):
        super(Box, self).__init__(name, radius)
        self.depth = depth


@case((20,))
def super_and_class_methods(n):
    total = 0
    for i in range(n):
        box = Box.make("box", i)
        circle = Circle.make("circle", i)
        total += box.twin().radius + circle.twin().radius + box.depth
        log(type(box.twin()).__name__ if i % 5 == 0 else circle.kind)
    return total, vars(box), vars(circle.twin())


@dataclass
class Point:
    x: int
    y: float = 0.5
    tags: list = field(default_factory=list)

    def __post_init__(self):
        self.sum = self.x + self.y


@dataclass(slots=True)
class SlotPoint:
    x: int
    y: float = 0.5


@dataclass(frozen=True)
class FrozenPoint:
    x: int
    y: float = 0.5

    def moved(self, dx):
        return FrozenPoint(self.x + dx, self.y)


@dataclass(frozen=True, slots=True, order=True)
class FrozenSlotPoint:
    x: int
    y: float = 0.5


@case((20,), (2,))
def dataclasses(n):
    kept = []
    frozen, other = FrozenPoint(0), FrozenSlotPoint(0)
    for i in range(n):
        point = Point(i, tags=[i])
        slotted = SlotPoint(i, y=point.sum)
        frozen = frozen.moved(slotted.y)
        other = max(other, FrozenSlotPoint(i, frozen.x))
        kept.append((point, slotted, frozen, other))
        try:
            frozen.x = 5
        except AttributeError as error:
            log(str(error))
    return [repr(each) for each in kept[-2:]], hash(frozen) == hash(FrozenPoint(frozen.x)), Point(1).tags


class Guarded:
    """Has a `__setattr__` of its own."""

    def __init__(self, value):
        object.__setattr__(self, "value", value)
        self.other = value

    def __setattr__(self, name, value):
        log("set", name)
        object.__setattr__(self, name, [value])

    @property
    def half(self):
        return self.value / 2

    @half.setter
    def half(self, value):
        log("half", value)


@case((10,))
def own_setattr(n):
    kept = []
    for i in range(n):
        g = Guarded(i)
        object.__setattr__(g, "value", i * 2)
        object.__setattr__(g, "half", i)
        try:
            object.__setattr__(Slots(1), "missing", i)
        except AttributeError as error:
            log(str(error))
        kept.append(dict(vars(g)))
    return kept


class Linked:
    def __init__(self, parent):
        self.parent = parent
        self.children = []
        self.me = self
        if parent is not None:
            parent.children.append(self)


@case((10,))
def cycles(n):
    root = Linked(None)
    for i in range(n):
        child = Linked(root)
        child.index = i
    same = all(c.me is c and c.parent is root for c in root.children)
    found = same, len(root.children), [list(vars(c)) for c in root.children]
    for c in (root, *root.children):
        c.me = c.parent = None
    return found


class Sometimes:
    def __init__(self, i):
        self.always = i
        if i % 3 == 0:
            self.some = i
        self.last = i
        self.some = self.last


@case((60,))
def set_on_some_ways(n):
    kept = [Sometimes(i) for i in range(n)]
    return sorted({tuple(vars(s)) for s in kept}), sum(s.some for s in kept)


@case((10,))
def subclassed_while_running(n):
    cls, seen = Pair, []
    for i in range(n):
        if i == 5:
            class Sub(Pair):
                __slots__ = ("c",)

                def __init__(self, a, b):
                    super().__init__(b, a)
                    self.c = a
            cls = Sub
        made = cls(i, -i)
        seen.append((made.a, made.b, getattr(made, "c", None)))
    return seen


class Defaults:
    """Has attributes of its own only once they are stored, over those of the class."""

    size = 1
    name = "class"

    def grow(self, by):
        before = self.size
        self.size = before + by
        return before, self.size


@case((40,))
def own_over_class_attribute(n):
    total = 0
    for i in range(n):
        d = Defaults()
        if i % 2:
            d.name = i
        before, after = d.grow(i)
        total += after - before + d.size + (d.name if d.name != "class" else 0.5)
        total += d.grow(2)[0]
    return total


class Settled:
    def __init__(self, a, b):
        self.a = a
        self.b = b


class SettledSlots:
    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.b = b
        self.a = a


def change_settled():
    prop = property(lambda self: "property", lambda self, value: log("must not be called", value))
    before = Settled.__dict__.get("a"), SettledSlots.__dict__["a"]
    Settled.a = SettledSlots.a = prop
    return before


def restore_settled(before):
    del Settled.a
    SettledSlots.a = before[1]


@case((12,))
def class_changes_while_virtual(n):
    seen = []
    for i in range(n):
        x, y = Settled(i, 1), SettledSlots(i, 2)
        before = change_settled() if i % 4 == 3 else None
        seen.append((x.a, y.a, x.b, y.b))
        if before is not None:
            restore_settled(before)
            seen.append((x.a, y.a, list(vars(x))))
    return seen
