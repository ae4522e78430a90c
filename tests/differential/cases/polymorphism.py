"""Places that meet values of several types: methods, attributes, operators, None at times, functions picked at run time."""

from case import case, log


class Shape:
    unit = "m"

    def __init__(self, size):
        self.size = size

    def area(self):
        return 0

    def describe(self, factor=1):
        return (type(self).__name__, self.area() * factor)


class Square(Shape):
    def area(self):
        return self.size * self.size


class Circle(Shape):
    unit = "cm"

    def __init__(self, size):
        self.colour = "red"
        super().__init__(size)

    def area(self):
        return 3 * self.size * self.size


class Line(Shape):
    __slots__ = ()


class Slotted:
    __slots__ = ("size",)
    unit = "s"

    def __init__(self, size):
        self.size = size

    def area(self):
        return self.size + 0.5

    def describe(self, factor=1):
        return "slotted"


class Odd:
    unit = "?"

    def __getattr__(self, name):
        if name == "size":
            return 7
        raise AttributeError(name)

    def area(self):
        raise ValueError(self.size)


class Child(Square):
    pass


def mixed(*classes):
    return [classes[i % len(classes)](i) for i in range(200)]


@case((mixed(Square, Circle),), (mixed(Square, Circle, Line, Slotted),), (mixed(Square, Circle, Line, Slotted, Child),),
      ([Square(i) for i in range(50)] + [Circle(2)] * 100,))
def methods(shapes):
    total = 0
    for shape in shapes:
        total += shape.area()
    return total


@case((mixed(Square, Circle),), (mixed(Square, Slotted),))
def attributes(shapes):
    total, seen = 0, set()
    for shape in shapes:
        shape.size += 1
        total += shape.size
        seen.add(shape.unit)
    return total, sorted(seen)


@case((mixed(Square, Circle, Line),), (mixed(Slotted, Circle),))
def keywords(shapes):
    return [shape.describe(factor=3) for shape in shapes][-4:]


@case((mixed(Square, Circle) + [Odd()],), ([Square(2), None] * 60,), ([Square(2)] * 100 + [3],))
def errors(shapes):
    result = 0
    for shape in shapes:
        try:
            result += shape.area()
        except (ValueError, AttributeError) as error:
            result -= 1
            log(type(error).__name__, str(error))
    return result


@case((0,), (1,), (41,))
def picked(n):
    shape = Square(n) if n % 2 else Circle(n)
    shape.size += 1
    return shape.area(), shape.unit, shape.describe()


@case((3,), (4,), (5.5,))
def maybe_none(n):
    shape = None
    total = 0
    for i in range(6):
        if shape is not None:
            total += shape.area()
        shape = Square(n) if i % 3 else None
        if shape:
            total += shape.size
    return total, shape


@case((1,), (2,))
def functions(n):
    def double(x):
        return x * 2

    def half(x, y=1):
        return x / 2 + y

    total = 0
    for i in range(20):
        chosen = double if (i + n) % 3 else half
        total += chosen(i)
    return total


@case(([1, 2.5, 3] * 40,), ([True, 2, 0.5, -1] * 40,), ([2**70, 1.5] * 20,), ([1, "a", 2.0, None] * 20,))
def numbers(values):
    total = 0
    product = 1.0
    try:
        for value in values:
            total = total + value * 2 - value / 4
            product = product * 0.5 + value
            if value > 2:
                total -= 1
            total = -total
    except TypeError as error:
        log(str(error))
    return total, product


class Node:
    def __init__(self, value, following=None):
        self.value = value
        self.following = following

    def length(self):
        return 1 if self.following is None else 1 + self.following.length()


class Leaf(Node):
    def length(self):
        return 100


def chain(n):
    node = Leaf(0)
    for i in range(n):
        node = (Leaf if i % 7 == 0 else Node)(i, node)
    return node


@case((chain(50),), (chain(3),))
def links(node):
    total = 0
    while node is not None:
        total += node.value + node.length()
        previous, node = node, node.following
        previous.following = node
    return total


@case((chain(60),))
def links_taken_apart(node):
    total = 0
    while node:
        total += node.value
        following = node.following
        node.following = None
        node = following
    return total


class Base:
    def __init__(self, *args):
        super().__init__()
        self.args = args


class Derived(Base):
    def __init__(self, value):
        super(Derived, self).__init__(value, value)
        self.value = value


@case((5,), ("x",))
def initialisers(value):
    made = [Derived(value) for _ in range(4)]
    return [(each.args, each.value) for each in made]


@case((30,))
def classes_change(n):
    class First:
        def get(self):
            return 1

    class Second:
        def get(self):
            return 2

    total = 0
    items = [First(), Second()] * n
    for number, item in enumerate(items):
        total += item.get()
        if number == n:
            First.get = lambda self: 10
        if number == n + 5:
            for each in items:
                each.__class__ = Second
    return total


class Measured:
    def __init__(self, value):
        self.value = value


@case(([1, 2.5, 3, -0.0, 0, 2**60, 1e300] * 3, 2.5), ([1.5, 2, True, 4], 0.5), ([1, 0.5, 10**400, 2.0], 1.5),
      ([0.5, 1, "x", 2], 2.0), ([1.0, 2, 3.5, 0, 4], 0.0))
def ints_among_floats(values, weight):
    seen = []
    for _ in range(3):
        total = 0.0
        for each in [Measured(value) for value in values]:
            total += weight * each.value - each.value * 0.5
            total -= each.value
            if each.value:
                total += weight / each.value
            seen.append(each.value / weight if weight else total)
        seen.append(total)
    return seen


@case(([1, 2, True, 2**63, 5] * 4, 3), ([7, 2**62, 2**64, 1.5], 5), ([True, 1, 3], 2**63))
def masked(values, factor):
    total = 0
    for value in values * 3:
        total = (total ^ ((value * factor) & 0xFFFFFFFF)) & 0xFFFFFFFFFFFFFFFF
    return total


def convert(value, default=None):
    kind = type(value)
    if kind is list:
        return [convert(each, default) for each in value]
    if kind is dict:
        return {key: convert(each) for key, each in value.items()}
    if isinstance(value, (int, float)):
        return value + 1
    if not value:
        return default
    if hasattr(value, "size"):
        return value.size, value.area()
    return str(value), len(value)


@case((3,), (30,))
def arguments_of_many_types(n):
    values = [1, 2.5, "x", "", None, [1, [2]], {"a": 1, "b": [2.0]}, (1, 2), True, Square(3), Circle(2), b"q", 10**30]
    out = []
    for i in range(n):
        out = [convert(each, i) for each in values]
        out.append(convert("", "nothing"))
    return out


def added(a, b, c):
    log(type(a).__name__)
    return a + b, c, a.__class__ is b.__class__


@case((3,), (25,))
def combinations_of_types(n):
    out = []
    for i in range(n):
        for a in (i, i / 2, True):
            for b in (1, 0.5):
                for c in ("x", None):
                    out.append(added(a, b, c))
    return out[-12:]


class Ended(list):
    def __del__(self):
        log("end", len(self))


def consumed(value, marker):
    size = len(value) if value is not None else -1
    value = marker
    return size, value


@case((12,))
def ends_of_arguments_of_many_types(n):
    out = []
    for i in range(n):
        for value in (Ended([i]), "text", None, (i,), {i: i}):
            out.append(consumed(value, i))
            value = None
            log("next")
    return out


class Task:
    def __init__(self, owner):
        self.owner = owner
        self.left = 3
        self.parts = Parts()

    def step(self):
        self.left -= 1
        self.parts.append(self.left)
        return self.name() if self.left % 2 else self.left

    def name(self):
        return "task"


class Parts(list):
    pass


class Quick(Task):
    def name(self):
        return "quick"


class Slow(Task):
    def step(self):
        self.left -= 0.5
        return super().step()


class Holder:
    def __init__(self, task):
        self.task = task

    def parts(self):
        return self.task.parts


@case(([Task, Quick, Slow, Quick],), ([Quick, Task],), ([Slow, Slow, Task],))
def scheduled(kinds):
    waiting = [kinds[i % len(kinds)](i) for i in range(60)]
    done = []
    while waiting:
        task = waiting.pop(0)
        if task.name() == "task" or task.owner % 3:
            done.append(task.step())
        done.append(task.step())
        done.append(task.name())
        if task.left > 0:
            waiting.append(task)
    return done


@case((40,))
def attributes_of_others(n):
    holders = [Holder(Quick(i)) for i in range(n)]
    holders[n // 2].task.parts = [1, 2, 3]
    holders[n // 2 + 3].task.parts = (4, 5)
    holders[n // 2 + 5].task.left = "text"
    found = []
    for holder in holders:
        for _ in range(2):
            for part in holder.parts():
                found.append(part)
            found.append(holder.task.left)
        if holder.task.owner % 2:
            holder.parts() and found.append(len(holder.parts()))
        elif isinstance(holder.task.left, int):
            found.append(holder.task.step())
    return found
