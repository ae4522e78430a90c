"""Objects: attributes, slots, properties, methods, operators, inheritance, classes that change while hot."""

from case import case, log


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __eq__(self, other):
        return isinstance(other, Point) and self.x == other.x and self.y == other.y

    def dot(self, other):
        return self.x * other.x + self.y * other.y

    @property
    def length2(self):
        return self.dot(self)


class Slotted:
    __slots__ = ("a", "b")

    def __init__(self, a):
        self.a = a


class Counter:
    total = 0

    def __init__(self, start=0, *, step=1):
        self.value = start
        self.step = step

    def tick(self):
        self.value += self.step
        return self.value

    @classmethod
    def make(cls, value):
        return cls(value)

    @staticmethod
    def double(x):
        return x * 2


class Child(Counter):
    def tick(self):
        return super().tick() * 10


@case((Point(1, 2), 40), (Point(0.5, 1.5), 40), (Point(2**62, 1), 5), (Point("a", "b"), 3))
def attributes_in_loop(p, n):
    total = p.x
    for i in range(n):
        total = total + p.x
        p.y = p.x
    return total, p.y


@case((Point(1, 2), Point(3, 4)), (Point(0.5, -1.5), Point(1, 2)), (Point([1], []), Point([2], [3])))
def operators(a, b):
    total = a
    for _ in range(10):
        total = total + b
    return total.x, total.y, a == b, a + b == b + a


@case((30,))
def temporaries(n):
    total = Point(0.0, 0.0)
    for i in range(n):
        step = Point(i * 0.5, i) + Point(1, 1)
        total = total + step
    return total.x, total.y, total.dot(Point(1, 1)), total.length2


@case((Counter(), 20), (Child(5), 20), (Counter(0.5, step=0.25), 20), (Child(2**62, step=2**61), 5))
def methods(counter, n):
    seen = []
    for _ in range(n):
        seen.append(counter.tick())
    return seen


@case((20,))
def classes_mixed(n):
    counters = [Counter(), Child(), Counter(100)]
    return [counters[i % 3].tick() for i in range(n)]


@case((20,))
def class_and_static_methods(n):
    return [(Counter.make(i).tick(), Counter.double(i), Child.make(i).tick(), Child.double("a")) for i in range(n)]


@case((Slotted(1), 20), (Slotted(1.5), 20))
def slots(s, n):
    for i in range(n):
        s.b = s.a
        s.a = s.a + i
    del s.b
    return s.a, hasattr(s, "b")


@case((Slotted(1),))
def empty_slot(s):
    for _ in range(5):
        s.a += 1
    return s.b


@case((20,))
def attribute_is_deleted(n):
    p = Point(1, 2)
    total = 0
    for i in range(n):
        total += p.x
        if i == 12:
            del p.x
    return total


@case((20,))
def class_attribute_shadowed(n):
    c = Counter()
    seen = []
    for i in range(n):
        seen.append(c.total)
        if i == 5:
            c.total = 50
        if i == 10:
            del c.total
        if i == 12:
            Counter.total = 7
        if i == 16:
            Counter.total = 0
    return seen


@case((20,))
def method_is_replaced(n):
    c = Counter()
    original = Counter.tick
    seen = []
    try:
        for i in range(n):
            seen.append(c.tick())
            if i == 8:
                Counter.tick = lambda self: "replaced"
            if i == 14:
                c.tick = lambda: "on the instance"
        return seen
    finally:
        Counter.tick = original


@case((20,))
def class_of_object_changes(n):
    c = Counter()
    seen = []
    for i in range(n):
        seen.append(c.tick())
        if i == 8:
            c.__class__ = Child
        if i == 14:
            c.__class__ = Counter
    return seen


@case((20,))
def bases_change(n):
    class Left:
        def name(self):
            return "left"

    class Right:
        def name(self):
            return "right"

    class Leaf(Left):
        pass
    leaf = Leaf()
    seen = []
    for i in range(n):
        seen.append(leaf.name())
        if i == 9:
            Leaf.__bases__ = (Right,)
    return seen


class Logged:
    def __init__(self):
        object.__setattr__(self, "values", {})

    def __getattr__(self, name):
        log("get", name)
        if name == "missing":
            raise AttributeError("no " + name)
        return len(name)

    def __setattr__(self, name, value):
        log("set", name, value)
        self.values[name] = value

    def __delattr__(self, name):
        log("del", name)


@case((10,))
def attribute_hooks(n):
    x = Logged()
    total = 0
    for i in range(n):
        total += x.abc
        x.field = i
    del x.field
    return total, x.values, getattr(x, "missing", "default"), hasattr(x, "missing")


class Descriptor:
    def __init__(self, name):
        self.name = name

    def __get__(self, instance, owner):
        log("descriptor get", self.name)
        return 5 if instance is None else instance.hidden

    def __set__(self, instance, value):
        log("descriptor set", value)
        instance.hidden = value


class Described:
    field = Descriptor("field")

    def __init__(self, value):
        self.field = value

    @property
    def half(self):
        return self.field / 2

    @half.setter
    def half(self, value):
        self.field = value * 2


@case((3, 10), (1.5, 10), ("x", 1))
def descriptors(value, n):
    d = Described(value)
    for i in range(n):
        d.half = d.half + i
    return d.field, Described.field


class Vector:
    def __init__(self, *items):
        self.items = list(items)

    def __len__(self):
        return len(self.items)

    def __getitem__(self, i):
        return self.items[i]

    def __setitem__(self, i, value):
        self.items[i] = value

    def __iter__(self):
        return iter(self.items)

    def __contains__(self, x):
        log("contains", x)
        return x in self.items

    def __call__(self, x):
        return [x * y for y in self.items]

    def __iadd__(self, other):
        self.items = [a + b for a, b in zip(self.items, other)]
        return self

    def __neg__(self):
        return Vector(*[-x for x in self.items])

    def __radd__(self, other):
        return ("radd", other)

    def __matmul__(self, other):
        return sum(a * b for a, b in zip(self, other))


@case((15,))
def container_protocol(n):
    v = Vector(1, 2.5, 3)
    kept = v
    for i in range(n):
        v[i % 3] = v[(i + 1) % 3] + len(v)
        v += [1, 2, 3]
    return list(v), kept is v, 4 in v, v(2), list(-v), 5 + v, v @ v, [x for x in v]


@case((5,))
def container_protocol_error(n):
    v = Vector(1, 2)
    total = 0
    for i in range(n):
        total += v[i]
    return total


class Meta(type):
    def __call__(cls, *args):
        log("making", cls.__name__)
        return super().__call__(*args)


class Made(metaclass=Meta):
    def __init__(self, x):
        self.x = x


@case((5,))
def metaclass_call(n):
    return [Made(i).x for i in range(n)]


class New:
    def __new__(cls, x):
        self = super().__new__(cls) if x % 2 else "not an instance"
        log("new", x)
        return self

    def __init__(self, x):
        log("init", x)


@case((6,))
def custom_new(n):
    return [type(New(i)).__name__ for i in range(n)]


class BadInit:
    def __init__(self, x):
        if x == 3:
            return 5
        self.x = x


@case((3,), (6,))
def init_returns_something(n):
    return [BadInit(i).x for i in range(n)]


@case((6,))
def init_wrong_arguments(n):
    return [Point(i) if i == 4 else Point(i, i) for i in range(n)]


@case((12,))
def local_class(n):
    seen = []
    for i in range(n // 4):
        class Local:
            scale = i

            def value(self):
                return self.scale + i
        seen.append(Local().value())
    return seen


@case((10,))
def bound_methods(n):
    c = Counter()
    tick = c.tick
    plain = Counter.tick
    return [tick() for _ in range(n)], plain(c), tick.__self__ is c, tick == c.tick, tick is c.tick


@case((20,))
def linked_list(n):
    class Node:
        def __init__(self, value, rest):
            self.value = value
            self.rest = rest
    head = None
    for i in range(n):
        head = Node(i, head)
    total = 0
    node = head
    while node is not None:
        total += node.value
        node = node.rest
    return total


@case((6,))
def tree(depth):
    class Tree:
        __slots__ = ("left", "right", "value")

        def __init__(self, left, right, value):
            self.left = left
            self.right = right
            self.value = value

    def build(d):
        return None if d == 0 else Tree(build(d - 1), build(d - 1), d)

    def total(t):
        return 0 if t is None else t.value + total(t.left) + total(t.right)
    return total(build(depth))


class Hooked:
    def __getattribute__(self, name):
        log("getattribute", name)
        return object.__getattribute__(self, name)

    def method(self):
        return 5


@case((5,))
def getattribute_hook(n):
    h = Hooked()
    h.x = 3
    return [h.x + h.method() for _ in range(n)]


class Wide:
    def __init__(self, n):
        for i in range(n):
            setattr(self, f"field{i}", i)


@case((5,), (50,))
def dictionary_attributes(n):
    w = Wide(n)
    w.__dict__["extra"] = 1
    total = 0
    for _ in range(20):
        total += w.field0 + w.field4 + w.extra
        w.extra += 1
    vars(w).clear()
    return total, hasattr(w, "field0")


class Left:
    def __init__(self, n):
        self.n = n

    def step(self):
        self.n += 1
        return self.n


class Right:
    __slots__ = ("n",)
    kind = "right"

    def __init__(self, n):
        self.n = n

    @property
    def step(self):
        return lambda: self.n * 2


MAKERS = {"l": Left, "r": Right, "n": lambda n: None}


@case(("lllll",), ("llllr",))
def made_elsewhere(kinds):
    seen = []
    for n, kind in enumerate(kinds):
        thing = MAKERS[kind](n)
        seen.append(thing.step() + thing.n)
        thing.n = 7
        seen.append(thing.n)
    return seen


@case(("rrrrr",), ("rrrrn",))
def slotted_made_elsewhere(kinds):
    return [(MAKERS[kind](n).step(), MAKERS[kind](n).kind, MAKERS[kind](n).n) for n, kind in enumerate(kinds)]


@case((5,))
def class_changes_between(n):
    class Changing:
        value = 1

        def get(self):
            return self.value
    things = list(map(lambda _: Changing(), range(n)))
    seen = []
    for index, thing in enumerate(things):
        seen.append(thing.get())
        if index == 2:
            Changing.get = lambda self: "changed"
        if index == 3:
            thing.__class__ = type("Else", (Changing,), {"value": 3})
            seen.append(thing.get())
    return seen


class Plain:
    def name(self, *args, **keywords):
        return "plain", args, keywords


class Shadowed:
    def __init__(self):
        self.name = lambda *args, **keywords: ("shadowed", args, keywords)


class Computed:
    def __getattr__(self, name):
        log("getattr", name)
        if name == "name":
            return lambda *args, **keywords: ("computed", args, keywords)
        raise AttributeError(name)


class Static:
    name = staticmethod(lambda *args, **keywords: ("static", args, keywords))


class OfClass:
    @classmethod
    def name(cls, *args, **keywords):
        return cls.__name__, args, keywords


class Fails:
    @property
    def name(self):
        raise ValueError("no name")


KINDS = [Plain, Shadowed, Computed, Static, OfClass, Plain, Fails, type("Sub", (Plain,), {}), int]


@case((0,), (1,), (3,))
def methods_of_many_types(start):
    seen = []
    for kind in KINDS[start:] + KINDS[:start]:
        thing = kind()
        try:
            seen.append(thing.name())
            seen.append(thing.name(1, 2 if start else 3))
            seen.append(thing.name(*[1], k=2))
            seen.append(thing.name(1, k=thing.name(5)))
            seen.append([thing.name(x) for x in (1, 2) if thing.name])
        except (AttributeError, ValueError) as error:
            seen.append(str(error))
    return seen


def packed(*args):
    return args


@case((5,))
def one_object_in_several_operands(n):
    point = Point(n, 0)
    pair = (point, n)
    one, both, inner = packed(point, (point, [point]), pair)
    table = {point.x: pair, -1: point}
    return (one is point, both[0] is point, both[1][0] is point, inner is pair, inner[0] is point, table[n] is pair,
            table[-1] is point, point in pair)


@case((5,))
def changed_after_it_was_packed(n):
    point = Point(n, 0)
    pair = packed(point, (point, 1))
    point.x += 5
    pair[1][0].y += 1
    return pair[0].x, pair[1][0].x, point.x, point.y, pair[0].y


@case((5,))
def one_object_twice_in_a_result(n):
    point = Point(n, 0)
    return packed(point, (point, 1))


class Link:
    def __init__(self, value, following):
        self.value = value
        self.following = following


class EmptyOnes(Link):
    def __len__(self):
        log("length asked")
        return self.value


@case(lambda: (Link(1, Link(2, Link(3, None))),), lambda: (None,), lambda: (EmptyOnes(1, EmptyOnes(0, None)),),
      lambda: (Link(1, EmptyOnes(2, 0)),))
def truth_of_links(link):
    total = 0
    while link:
        total += link.value
        link = link.following
    return total, not link


@case(lambda: (Link(1, None),))
def truth_given_later(link):
    seen = []
    for i in range(8):
        seen.append(1 if link else 0)
        if i == 5:
            Link.__bool__ = lambda self: False
    del Link.__bool__
    return seen, bool(link)


@case((["b", "a"], "upper"), (["b"], "copy"))
def descriptors_in_a_dict(items, name):
    table = {"upper": str.upper, "copy": list.copy, "len": len}
    result = []
    for item in items:
        function = table.get(name)
        if function:
            try:
                result.append(function(item))
            except TypeError as error:
                result.append(str(error))
    return result, table.get("copy")(items), table["len"](items)
