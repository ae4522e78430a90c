"""Class methods: of a class by name, of one that a variable holds, of instances, overridden, replaced, kept in variables."""

import sys

from case import case, log


class Strength:
    made = 0

    def __init__(self, value):
        self.value = value

    @classmethod
    def weaker(cls, a, b):
        return a.value > b.value

    @classmethod
    def weakest(cls, a, b):
        return a if cls.weaker(a, b) else b

    @classmethod
    def make(cls, value=3, *, step=1):
        cls.made += step
        return cls(value)

    @classmethod
    def fails(cls, value):
        log("fails", cls.__name__)
        return 10 // value

    @classmethod
    def length(cls):
        return len(cls.__name__)

    def compared(self, other):
        return self.weaker(self, other), self.weakest(other, self) is self


class Reversed(Strength):
    @classmethod
    def weaker(cls, a, b):
        return not super().weaker(a, b)


class Shadowing(Strength):
    def __init__(self, value):
        super().__init__(value)
        self.weaker = lambda a, b: "shadowed"


class Meta(type):
    @classmethod
    def kind(mcs):
        return mcs.__name__

    def __getattribute__(cls, name):
        return super().__getattribute__("name" if name == "title" else name)


class Made(metaclass=Meta):
    @classmethod
    def name(cls):
        return cls.__name__


class Unusual:
    size = classmethod(len)
    text = classmethod(str)
    twice = classmethod(classmethod(lambda cls: 1))


STRENGTHS = [Strength(i % 5) for i in range(60)]


@case((STRENGTHS,), ([Reversed(i % 5) for i in range(60)],))
def by_name(items):
    found, first = 0, items[0]
    for item in items:
        if Strength.weaker(first, item):
            found += 1
        first = Strength.weakest(first, item)
        found += Reversed.weaker(item, first)
    return found, first.value


@case((Strength, STRENGTHS), (Reversed, STRENGTHS), (Made, []))
def by_variable(cls, items):
    found = []
    for a, b in zip(items, items[1:]):
        found.append(cls.weakest(a, b).value)
    return found, cls.name() if cls is Made else cls.length()


@case((STRENGTHS,), ([cls(i % 5) for i in range(40) for cls in (Strength, Reversed, Shadowing)],))
def by_instance(items):
    return [items[0].compared(item) for item in items], [item.length() for item in items]


@case((50,))
def made(n):
    Strength.made = Reversed.made = 0
    items = []
    for i in range(n):
        items.append(Strength.make(i))
        items.append(Reversed.make(step=2))
    return [(type(item).__name__, item.value) for item in items], Strength.made, Reversed.made


@case((30,))
def kept(n):
    weaker = Strength.weaker
    methods = [Strength.weaker, Reversed.weaker, STRENGTHS[3].weaker]
    same = found = 0
    for i in range(n):
        a, b = STRENGTHS[i], STRENGTHS[i + 1]
        found += weaker(a, b)
        same += Strength.weaker == weaker and Strength.weaker.__self__ is Strength
        for method in methods:
            found += method(a, b)
    return found, same, weaker.__func__ is Strength.__dict__["weaker"].__func__, repr(methods[1])


@case((list(range(20, -1, -1)),))
def raising(values):
    found = []
    try:
        for value in values:
            found.append(Strength.fails(value))
            found.append(STRENGTHS[0].fails(value + 1))
    except ZeroDivisionError as error:
        traceback = error.__traceback__.tb_next
        found.append((traceback.tb_frame.f_code.co_name, sorted(traceback.tb_frame.f_locals)))
    return found


@case((40,))
def replaced(n):
    before = Strength.__dict__["weaker"]
    found = []
    for i in range(n):
        if i == n // 2:
            Strength.weaker = classmethod(lambda cls, a, b: cls.__name__)
        found.append(Strength.weaker(STRENGTHS[i], STRENGTHS[i + 1]))
        found.append(STRENGTHS[i].weaker(STRENGTHS[i], STRENGTHS[i + 1]))
    Strength.weaker = before
    return found


@case((20,))
def unusual(n):
    found = []
    for _ in range(n):
        found.append((Unusual.text() == str(Unusual), Unusual().text() == str(Unusual), Made.title(), Meta.kind()))
        try:
            Unusual.size()
        except TypeError as error:
            found.append(str(error))
        try:
            Unusual.twice()
        except TypeError as error:
            found.append(str(error))
    return found


HERE = sys.modules[__name__]
UNBOUND = classmethod(lambda cls: cls)


@case((40,))
def an_attribute_of_a_module(n):
    return [type(HERE.UNBOUND).__name__ for _ in range(n)]
