"""Dicts and sets: get, store, delete, membership, iteration, changes while iterating, odd keys."""

from collections import namedtuple

from case import Noisy, Tracked, case, log

Pair = namedtuple("Pair", "first second")


@case((["a", "b", "a", "c"] * 8,), ([1, 2.5, 1, True],), ([],), ([[1]],))
def count_words(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts


@case((["a", "b", "a"] * 8,))
def count_with_membership(words):
    counts = {}
    for word in words:
        if word in counts:
            counts[word] += 1
        else:
            counts[word] = 1
    return counts


@case(({"a": 1}, "a"), ({"a": 1}, "b"), ({1: 2}, 1.0), ({}, None), ({}, []), ({(1, 2): 3}, (1, 2)))
def lookup(d, key):
    return d[key]


@case(({"a": 1, "b": 2, "c": 3},), ({},))
def iterate(d):
    seen = []
    for key in d:
        seen.append(key)
    for value in d.values():
        seen.append(value)
    for key, value in d.items():
        seen.append((key, value))
    return seen, list(d), len(d), list(reversed(d))


@case(({"a": 1, "b": 2},))
def grow_while_iterating(d):
    for key in d:
        d[key + key] = 0
    return d


@case(({i: i for i in range(10)},))
def shrink_while_iterating(d):
    for key in d:
        if key == 5:
            del d[6]
    return d


@case(({i: i for i in range(10)},))
def store_while_iterating(d):
    for key in d:
        d[key] = key * 1.5
    return d


@case((20,))
def methods(n):
    d = {}
    for i in range(n):
        d.setdefault(i % 5, []).append(i)
    popped = d.pop(2)
    d.update({7: "x"}, y=1)
    d |= {8: None}
    return d, popped, d.pop("none", "default"), d.get(100), d.popitem(), {**d, "z": 1}, d.copy() == d


@case(({"a": 1}, "a"), ({"a": 1}, "z"))
def delete(d, key):
    del d[key]
    return d


@case((Tracked(1), Tracked(1)), (Tracked(1), 1), (Tracked(1), Tracked(2)))
def odd_keys(a, b):
    d = {a: "a"}
    return b in d, d.get(b), len({a, b})


class SameHash:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 7

    def __eq__(self, other):
        log("eq", self.n, other.n)
        return self.n == other.n


@case((4,))
def colliding_keys(n):
    d = {}
    for i in range(n):
        d[SameHash(i % 3)] = i
    return list(d.values())


class Missing(dict):
    def __missing__(self, key):
        log("missing", key)
        return key * 2


@case((Missing(), 3), (Missing({3: 9}), 3))
def dict_subclass(d, key):
    return [d[key] for _ in range(5)], d.get(key), key in d


@case(([1, 2, 3, 2, 1],), ("hello",), ([],), ([1, 1.0, True],))
def sets(items):
    s = set()
    for x in items:
        if x not in s:
            s.add(x)
    return s, len(s), s | {99}, s & set(items), s - {1}, s ^ {1}, {x for x in items}, s <= set(items)


@case(({1, 2, 3},), (set(),))
def set_methods(s):
    s.discard(2)
    s.update([7, 8])
    t = s.copy()
    try:
        s.remove(100)
    except KeyError as error:
        return error.args, s, t.isdisjoint({5}), s == t, frozenset(s) == s
    return s


@case(({1, 2, 3},))
def set_changes_while_iterating(s):
    for x in s:
        s.add(x + 100)
    return s


@case((15,))
def dict_of_lists(n):
    graph = {i: [(i * 2) % n, (i * 3 + 1) % n] for i in range(n)}
    seen = set()
    queue = [0]
    order = []
    while queue:
        node = queue.pop(0)
        if node in seen:
            continue
        seen.add(node)
        order.append(node)
        for other in graph[node]:
            if other not in seen:
                queue.append(other)
    return order


@case((12,))
def memo(n):
    cache = {0: 0, 1: 1}

    def fib(k):
        if k not in cache:
            cache[k] = fib(k - 1) + fib(k - 2)
        return cache[k]
    return fib(n), fib(90), len(cache)


@case((10,))
def string_keys(n):
    record = {"name": "x", "size": 1.5, "count": 0}
    for i in range(n):
        record["count"] += i
        record["size"] *= 1.1
        record["key%d" % (i % 2)] = i
    return record


@case((10,))
def views(n):
    d = dict.fromkeys(range(n), 0)
    keys = d.keys()
    d["late"] = 1
    return "late" in keys, len(keys), keys & {1, 2, 99}, sorted(d.items(), key=str)[:3], max(d.values())


@case((5,))
def equality(n):
    a = {i: [i] for i in range(n)}
    b = {i: [i] for i in reversed(range(n))}
    return a == b, list(a) == list(b), a != {}, a == [], {1, 2} == {2, 1}


@case((12,), (0,))
def keys_that_are_tuples(n):
    seen, cost = set(), {}
    for i in range(n):
        place = i % 3, i // 3
        if (i % 4, "x") in seen or place in cost:
            continue
        seen.add((i % 4, "x"))
        cost[place] = cost.get((0, 0), 5) + i
        cost[i & 1, None] = cost.get((i, i))
    return sorted(seen), sorted(cost.items(), key=str), (1.0, False) in {(1, 0): 2}, cost.get((1, "y"), "none")


@case(({"a": 1, "b": 2.5}, "a"), ({}, "a"), ({"a": None}, "b"), ({1: "x"}, True), ({int: "class"}, int),
      ({"a": 1}, [1]), ({SameHash(1): "mine"}, SameHash(1)), ({SameHash(1): "mine"}, 1), (Missing(a=1), "z"))
def get_every_way(d, key):
    result = []
    for _ in range(3):
        result += [d.get(key), d.get(key, 0), d.get(key, []), key in d, d.get("b", 1) * 2]
    return [repr(x).split(" at ")[0] for x in result]


@case((["a", "b", "a"],), ([1, 2.0, 1, True],), ([],))
def counting_with_get(items):
    counts = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return counts


@case(lambda: ({"a": Noisy("one")},), lambda: ({"a": None},))
def get_of_what_goes(d):
    held = d.get("a")
    d.clear()
    other = d.get("a", Noisy("missing"))
    held = None
    return held, str(other), d.get(int)


@case(lambda: (float("nan"),), (1.5,), (0.0,))
def keys_that_are_floats(x):
    d = {x: "it", (x, 1): "pair", 1.5: 0}
    return x in d, d.get(x), d[x], (x, 1) in d, d.get((x, 1)), x in {x}, x in (x, 1), x in [2, x], d.get(-x, "other")


@case(({1, 2, 3}, {1, 2, 3, 4}), (frozenset({1}), {2}), ({"a", (1, "b")}, frozenset({"a", (1, "b"), None})), (set(), set()))
def set_comparisons(a, b):
    result = []
    for _ in range(12):
        result.append((a <= b, a >= b, b <= a, a < b, a > b, a == b, a.issubset(b), b.issuperset(a), a.issubset([1])))
    return result


class Alike:
    def __init__(self, value):
        self.value = value

    def __hash__(self):
        return hash(self.value)

    def __eq__(self, other):
        log("compared", self.value)
        return isinstance(other, Alike) and self.value == other.value


@case((3,), (2,))
def sets_whose_items_compare_themselves(n):
    """Only their own code can tell whether they are equal."""
    a = {Alike(i) for i in range(n)} | {1, 2}
    b = {Alike(i) for i in range(n)} | {1, 2}
    c = set(a)
    return [(a <= b, a <= c, c >= a, {*range(n)} <= a, b >= {1}) for _ in range(8)]


@case(([3, 1, 2],), ([2.5, -0.0, 0.0],), ((5,),), ({4, 7, -9},), (frozenset({2**70, 1}),), (["b", "a"],), ([1, 2.5, True],),
      ([float("nan"), 1.0, float("nan")],), ([],))
def extremes(items):
    result = []
    for _ in range(12):
        try:
            result.append((repr(min(items)), repr(max(items))))
        except ValueError as error:
            result.append(str(error))
    return result


@case((10,))
def extremes_are_the_objects_themselves(n):
    items = [float(i % 3) for i in range(n)]
    return [min(items) is items[0] and max(items) is items[2] for _ in range(12)]


@case((6,))
def tuples_as_keys(n):
    """Hashes of tuples, nested ones and of classes of their own, with what is in them."""
    table = {}
    for i in range(n):
        for j in range(n):
            table[i, -j] = i
            table[(i, "x" * j), (j,)] = j
            table[Pair(i, (j, 2.5, None))] = i + j
    found = [table[Pair(i, (j, 2.5, None))] + table[i, -j] + table[(i, "x" * j), (j,)] for i in range(n) for j in range(n)]
    try:
        table[1, (2, [])]
    except TypeError as error:
        found.append(str(error))
    try:
        table[n, n]
    except KeyError as error:
        found.append(error.args)
    return found, len(table), table.get(Pair(1, (1, 2.5, None)))


@case(({1, 2, 3}, {2, 5}), (frozenset({1, 2}), {2, 7}), ({1, 2}, frozenset({2})), (frozenset(), frozenset({"a"})))
def sets_combined(a, b):
    result = []
    for _ in range(12):
        c = a | b
        d = a
        d = d - b
        e = a & b
        f = a ^ b
        c |= b
        d &= c
        e ^= f
        f -= b
        result.append([(type(x).__name__, sorted(map(str, x)), len(x), x <= c) for x in (a, b, c, d, e, f)])
    return result


def _table_of(key):
    return {key: 1, "z": key}


def _set_of(item):
    return {item, "z"}


@case((1,), ("a",), ([1],), ({},))
def unhashable_in_displays(key):
    found = []
    for make in (_table_of, _set_of):
        try:
            found.append(len(make(key)))
        except TypeError as error:
            found.append(str(error))
    try:
        {[]: 1}
    except TypeError as error:
        found.append(str(error))
    try:
        {"k", key}
    except TypeError as error:
        found.append(str(error))
    try:
        found.append({key: 2}.get(key))
    finally:
        log(found)
    return found
