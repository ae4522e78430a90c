"""super(): of known classes, of many classes, of other classes than that of the method."""

import traceback

from case import case


class Base:
    def describe(self):
        return [self.name()]

    def name(self):
        return "base"


class Middle(Base):
    def describe(self):
        return super().describe() + ["middle"]


class Bottom(Middle):
    def describe(self):
        return super(Bottom, self).describe() + [__class__.__name__]

    def name(self):
        return "bottom"


@case((5,))
def super_calls(n):
    return [(Bottom().describe(), Middle().describe()) for _ in range(n)]


class Root:
    def __init__(self, *names):
        self.names = names

    @property
    def size(self):
        return len(self.names)

    def first(self):
        return self.names[0]


class Leaf1(Root):
    pass


class Inner(Root):
    def __init__(self, *names):
        super().__init__("middle", *names)

    @property
    def size(self):
        return super().size + 1

    def first(self):
        return super().first(), super().size

    def missing(self):
        return super().nothing


class Kinds(Inner):
    def __init__(self, *names):
        super().__init__("kind", *names)


KINDS = [type(f"Kind{i}", (Kinds,), {}) for i in range(7)]


@case((0,), (3,), (6,))
def super_of_many_classes(n):
    """More classes than arms: the method of the next one is looked up each time."""
    made = [KINDS[(n + i) % 7](i) for i in range(30)]
    return [(each.names, each.size, each.first()) for each in made]


@case((0,), (6,))
def super_without_the_attribute(n):
    result = []
    for i in range(14):
        try:
            result.append(KINDS[(n + i) % 7]().missing())
        except AttributeError as error:
            result.append((str(error), traceback.extract_tb(error.__traceback__)[-1].line))
    return result


def borrowed_first(self):
    return super(Inner, self).first()


@case()
def super_of_another_class():
    result = []
    for each in [*(kind("a") for kind in KINDS), Leaf1("b"), 5]:
        try:
            result.append(borrowed_first(each))
        except TypeError as error:
            result.append(str(error))
    return result
