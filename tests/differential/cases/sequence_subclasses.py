"""Subclasses of list and tuple: with nothing of their own, with some operations overridden, changed while code runs."""

from collections import namedtuple

from case import case, log


class Collection(list):
    pass


class Slim(list):
    __slots__ = ()


class Counting(list):
    def __len__(self):
        log("len")
        return list.__len__(self) + 1

    def __getitem__(self, index):
        log("get", index)
        return super().__getitem__(index)


class Iterating(list):
    def __iter__(self):
        return iter([1, 2, 3])

    def append(self, item):
        log("append", item)
        super().append(item)

    def pop(self, *args):
        return ("popped", super().pop(*args))


class Truthful(list):
    def __bool__(self):
        log("bool")
        return not len(self)


class Deeper(Collection):
    def __contains__(self, item):
        log("contains")
        return True


class Late(list):
    pass


class Switched(list):
    pass


class Pair(tuple):
    pass


class Odd(tuple):
    def __getitem__(self, index):
        log("odd", index)
        return tuple.__getitem__(self, index)


Point = namedtuple("Point", "x y")


def lists(n):
    return [(kind(range(n)), 5) for kind in (Collection, Slim, Counting, Iterating, Truthful, Deeper)]


@case(*lists(60), ([Collection(range(i)) for i in range(40)], 3))
def read(items, at):
    total = rounds = 0
    for item in items:
        rounds += 1
        if rounds % 2:
            total += items[at] == item
            total += items[-1] == item
        if item in items:
            total += 1
    return total, rounds, len(items), bool(items), 7 in items, items[1:4], type(items[:2]).__name__


KINDS = {each.__name__: each for each in (Collection, Slim, Counting, Iterating, Truthful, Deeper, list)}


@case(("Collection",), ("Slim",), ("Counting",), ("Iterating",), ("Truthful",), ("Deeper",), ("list",))
def work_through(name):
    kind = KINDS[name]
    todo, done = kind([1]), kind()
    steps = 0
    while todo and steps < 200:
        item = todo.pop(0)
        steps += 1
        done.append(item)
        if type(item) is int and item < 60:
            todo.append(2 * item)
            todo.append(3 * item)
        if len(todo) > 20:
            todo.pop()
    for i in range(list.__len__(done)):
        if i % 3 == 0:
            done[i] = i
    done.reverse()
    done.insert(2, "x")
    return list(done), steps, type(done.copy()).__name__


@case((Collection([1, 2, 3]),), (Slim(),), (Collection(),), (Truthful([1]),))
def beyond(items):
    found = []
    for at in range(-5, 6):
        try:
            found.append(items[at])
        except IndexError as error:
            found.append(str(error))
        try:
            items[at] = at
        except IndexError as error:
            found.append(str(error))
    try:
        while True:
            found.append(items.pop())
    except IndexError as error:
        found.append(str(error))
    return found


@case((40,))
def changed_on_the_way(n):
    items, found = Late(range(n)), []
    for item in items:
        if item == n // 2:
            Late.__getitem__ = lambda self, at: ("own", at)
            Late.__len__ = lambda self: 3
            Late.__iter__ = lambda self: iter("abc")
        found.append((items[item], len(items), item))
    found.append(list(iter(items)))
    del Late.__getitem__, Late.__len__, Late.__iter__
    return found


@case((40,))
def class_assigned(n):
    found, items = [], Switched(range(n))
    for i in range(n):
        if i == n // 2:
            items.__class__ = Counting
        found.append((items[i], len(items)))
    return found


@case((40,))
def shadowed(n):
    items, found = Collection(), []
    for i in range(n):
        if i == n // 2:
            items.append = found.append
        if i == n // 2 + 5:
            items.other = i
        items.append(i)
    return list(items), found


@case((Pair((1, 2, 3)), Pair(range(30))), (Odd((1, 2, 3)), Odd(range(30))), (Point(1, 2), Pair((0, 1, 0))))
def tuples(items, others):
    found = []
    for _ in range(30):
        found.append((items[0], items[-1], len(items), bool(items), 2 in items, items[:2]))
        for item in others:
            found.append(item)
    return found


@case(([Point(i, i + 1) for i in range(50)],))
def named(points):
    total = 0
    for point in points:
        total += point[0] * point[1] + point.x + len(point)
        x, y = point
        total += x - y
    return total


class Holder:
    def __init__(self, n):
        self.items = Collection()
        for i in range(n):
            self.items.append(Holder(0) if i % 3 else None)


@case((30,))
def held(n):
    holder, found = Holder(n), 0
    for item in holder.items:
        if item is not None:
            found += len(item.items)
            item.items.append(found)
            found += item.items[0] + 1
    while len(holder.items):
        holder.items.pop()
    return found, holder.items


@case((Truthful([1, 2]),), (Truthful(),))
def asked_for_its_truth(items):
    found = []
    for _ in range(20):
        if items:
            found.append("true")
        found.append(not items)
    return found


class Measured(list):
    pass


@case((40,))
def its_length_changes(n):
    items, found = Measured([1]), []
    for i in range(n):
        if i == n // 2:
            Measured.__len__ = lambda self: 7
        found.append(len(items))
    del Measured.__len__
    return found
