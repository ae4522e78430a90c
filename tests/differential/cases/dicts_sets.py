"""Dicts and sets: get, store, delete, membership, iteration, changes while iterating, odd keys."""

from case import Noisy, Tracked, case, log


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
