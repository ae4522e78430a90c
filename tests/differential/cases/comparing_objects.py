"""``==`` and ``!=`` of objects whose classes leave them as `object` has them, and of some that do not."""

from case import case, log


class Plain:
    def __init__(self, n):
        self.n = n


class Other(Plain):
    pass


class Slotted:
    __slots__ = ("n",)

    def __init__(self, n):
        self.n = n


class Ordered(Plain):
    def __lt__(self, other):
        return self.n < other.n


class Equal(Plain):
    def __eq__(self, other):
        log("eq", self.n)
        return isinstance(other, Plain) and self.n == other.n

    __hash__ = None


class Differing(Plain):
    def __ne__(self, other):
        log("ne", self.n)
        return "differs"


class Late(Plain):
    pass


class Meta(type):
    def __eq__(cls, other):
        log("meta", cls.__name__)
        return True

    __hash__ = type.__hash__


class Made(metaclass=Meta):
    pass


PLAIN, OTHER = Plain(1), Other(2)


def objects(*classes):
    return [classes[i % len(classes)](i % 7) for i in range(150)]


@case((objects(Plain), PLAIN), (objects(Plain, Other), OTHER), (objects(Plain, Other, Slotted), None),
      (objects(Plain) + objects(Equal), Plain(3)), (objects(Plain, Ordered), Ordered(3)), (objects(Equal), PLAIN),
      (objects(Differing, Plain), PLAIN), ([None, PLAIN, 1, "a", None, OTHER] * 20, None), (objects(Plain), Equal(3)))
def count_equal(items, wanted):
    same = different = 0
    for item in items:
        if item == wanted:
            same += 1
        if item != wanted:
            different += 1
    return same, different


@case((objects(Plain, Other, Slotted),), ([PLAIN, None, OTHER, PLAIN] * 30,), (objects(Plain, Equal),),
      ([Plain, Other, int, Plain] * 20,), ([Plain, Made, Plain] * 20,), ([len, max, len, len] * 20,),
      ([1, 1.0, PLAIN, True] * 20,))
def neighbours(items):
    found = []
    before = None
    for item in items:
        found.append((item == before, before != item, item == item))
        before = item
    return found


class Node:
    def __init__(self, value, after):
        self.value = value
        self.after = after
        self.owner = None


@case((30,))
def linked(n):
    first = None
    for i in range(n):
        first = Node(i, first)
    owners = [PLAIN, None, OTHER, first]
    found = []
    for i in range(n):
        node = first
        while node is not None:
            if node.owner != owners[i % 4]:
                node.owner = owners[i % 4]
            elif node == node.owner:
                found.append(node.value)
            node = node.after
    return found


@case((PLAIN, OTHER), (PLAIN, PLAIN), (Equal(1), PLAIN), (PLAIN, Equal(1)), (PLAIN, Differing(1)), (None, PLAIN), (1, PLAIN))
def results(a, b):
    return a == b, a != b, (a == b) is True, not a == b, [a == b, a != b]


@case((40,))
def class_given_equality(n):
    items = [Late(i % 3) for i in range(n)]
    found = []
    for i, item in enumerate(items):
        if i == n // 2:
            Late.__eq__ = lambda self, other: self.n == other.n
        found.append(item == items[0])
        found.append(item != items[1])
    del Late.__eq__
    found.append(items[0] == items[3])
    return found


@case((20,))
def class_changed(n):
    items = [Plain(i % 3) for i in range(n)]
    found = []
    for i, item in enumerate(items):
        if i == n // 2:
            items[0].__class__ = Equal
        found.append(item == items[0])
    return found


@case((40,))
def class_of_known_objects_given_equality(n):
    first, second, found = Late(1), Late(1), []
    for i in range(n):
        if i == n // 2:
            Late.__eq__ = lambda self, other: True
        found.append((first.n, second.n, first == second, first != second))
    del Late.__eq__
    return found
