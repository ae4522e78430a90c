"""Local control flow: break, continue, else, nested loops, while True, match, conditional expressions, ranges."""

from case import case, log


@case((20, 7), (20, 100), (0, 0))
def for_else(n, stop):
    for i in range(n):
        if i == stop:
            break
    else:
        return "ran out"
    return i


@case((20, 7), (20, 100))
def while_else(n, stop):
    i = 0
    while i < n:
        if i == stop:
            break
        i += 1
    else:
        return "ran out", i
    return "broke", i


@case((30,))
def continue_often(n):
    total = 0
    for i in range(n):
        if i % 2:
            continue
        if i % 3 == 0:
            continue
        total += i
    return total


@case((12,), (0,))
def nested_breaks(n):
    seen = []
    for i in range(n):
        for j in range(n):
            if j > i:
                break
            if (i + j) % 5 == 0:
                continue
            seen.append(i * j)
        else:
            seen.append("full")
    return seen


@case((50,))
def while_true(n):
    i = 0
    while True:
        i += 3
        if i > n:
            break
        if i % 4 == 0:
            i += 1
            continue
    return i


@case((10,))
def three_deep(n):
    count = 0
    for i in range(n):
        for j in range(i, n):
            for k in range(j, n):
                if i * i + j * j == k * k:
                    count += 1
    return count


@case((60,))
def state_machine(n):
    state = "start"
    seen = []
    for i in range(n):
        if state == "start":
            state = "run"
        elif state == "run":
            if i % 5 == 0:
                state = "rest"
        elif state == "rest":
            state = "start" if i % 2 else "end"
        else:
            break
        seen.append(state)
    return seen


@case(({"k": "c", "r": 2},), ({"k": "s", "side": 3},), ([1, 2, 3],), ((0, 5),), (7,), ("text",),
      (None,))
def matching(x):
    match x:
        case {"k": "c", "r": r}:
            return "c", r
        case {"k": kind, **rest}:
            return kind, rest
        case [a, b, *rest]:
            return "sequence", a, b, rest
        case int() | float() as number if number > 5:
            return "number", number
        case str():
            return "text"
        case _:
            return "other"


@case((30,))
def conditional_expressions(n):
    return [("a" if i % 2 else "b") if i % 3 else ("c" if i > 10 else "d") for i in range(n)]


@case((0, 10, 1), (10, 0, -1), (0, 10, 3), (10, -5, -4), (5, 5, 1), (0, 10, -1), (-10, 10, 7))
def ranges(start, stop, step):
    seen = []
    for i in range(start, stop, step):
        seen.append(i)
    return seen, len(range(start, stop, step)), list(reversed(range(start, stop, step)))


@case((0, 10, 0), (0, "a", 1), (1.0, 2, 1), (0, None, 1))
def bad_ranges(start, stop, step):
    return list(range(start, stop, step))


@case((2**63 - 5, 2**63 + 5), (-2**63 - 5, -2**63 + 5), (2**64, 2**64 + 3))
def ranges_over_the_edge(start, stop):
    total = 0
    for i in range(start, stop):
        total += i
    return total, i


@case((2**63 - 3, 2**63 - 1, 2), (-2**63 + 3, -2**63, -2), (0, 2**63 - 1, 2**62))
def ranges_with_wide_steps(start, stop, step):
    return [i for i in range(start, stop, step)]


@case((10,))
def loop_variable_survives(n):
    for i in range(n):
        pass
    for i in range(0):
        pass
    return i


@case((0,), (3,))
def unbound_after_loop(n):
    for i in range(n):
        last = i
    return last


@case((10,))
def unbound_in_loop(n):
    total = 0
    for i in range(n):
        if i > 5:
            total += late
        if i == 8:
            late = 3
    return total


@case((20,), (3,))
def deleted_local(n):
    for i in range(n):
        x = i
        if i == 7:
            del x
            break
    return x


@case((25,))
def modifies_loop_variable(n):
    seen = []
    for i in range(n):
        i *= 2
        seen.append(i)
    return seen


@case((20,))
def range_is_evaluated_once(n):
    limit = n
    for i in range(limit):
        limit = 3
    return i, limit


@case((9,))
def walrus(n):
    seen = []
    while (half := n // 2) > 0:
        seen.append(half)
        n -= (step := half % 3 + 1)
    return seen, step, [y for x in range(5) if (y := x * x) % 2 == 0]


@case((40,))
def many_variables(n):
    a = b = c = d = e = f = 0
    for i in range(n):
        a += i
        b += a & 3
        c ^= b
        d = c - a
        e, f = f + d, e
    return a, b, c, d, e, f


@case((40,))
def type_changes_mid_loop(n):
    x = 0
    seen = []
    for i in range(n):
        if i == 10:
            x = 0.5
        elif i == 20:
            x = 2**70
        elif i == 30:
            x = True
        x = x + 1
        seen.append(x)
    return seen


@case((30,))
def list_or_tuple(n):
    seen = []
    for i in range(n):
        xs = [1, i] if i % 2 else (2, i)
        for x in xs:
            seen.append(x)
        seen.append(xs[1])
    return seen


@case((30,))
def none_or_number(n):
    x = None
    total = 0
    for i in range(n):
        if x is not None:
            total += x
        x = None if i % 4 == 0 else i
    return total


@case((8,))
def sequence_of_loops(n):
    total = 0
    for i in range(n):
        total += i
    while total > 5:
        total -= 3
    for j in range(total, n * 3):
        total += j
        if total > 200:
            break
    return total, i, j


def noted(name, value):
    log(name)
    return value


@case((True, False), (False, True), (1, 1))
def evaluation_order(p, q):
    x = noted("a", p) and noted("b", q) or noted("c", 5)
    y = {noted("k", 1): noted("v", 2)}
    z = [noted("i", 0)][noted("j", 0)]
    noted("list", [1, 2])[noted("index", 0)] = noted("value", 3)
    return x, y, z, noted("l", 1) < noted("m", 0) < noted("n", 2)


@case(())
def many_blocks():
    total = 0
    for a in (0, 1):
        for b in (0, 1):
            for c in (0, 1):
                if a:
                    total += 1 if b else 2
                elif b and c:
                    total += 4
                elif b or c:
                    total += 8
                else:
                    total += 16
    return total


@case((5,))
def assertions(n):
    for i in range(10):
        assert i < n, f"too much: {i}"


@case((15,))
def early_returns(n):
    def classify(i):
        if i < 3:
            return "low"
        if i % 2:
            return "odd"
        while i > 0:
            if i % 7 == 0:
                return "seven"
            i -= 4
        return None
    return [classify(i) for i in range(n)]


@case(([3, 1, 2],), ([0, 1],), ([5, 5, 1],), ([2, 2, 1],), ([],))
def two_flags(xs):
    one = True
    other = True
    seen = []
    for x in xs:
        if x > 2:
            one = False
            seen.append(x)
        elif x > 1:
            other = False
            seen.append(-x)
        else:
            seen.append(0)
    return one, other, seen


@case(([3, 1, 2, 1],), ([1, 1, 1],), ([5, 5],), ([2, 2, 3],))
def three_numbers(xs):
    a = b = c = 0
    for x in xs:
        for y in range(2):
            if y > x:
                break
        if x == 1:
            a = 7
        elif x == 2:
            b = 7
        else:
            c = 7
            for y in xs:
                if y == 9:
                    return a
    return a, b, c


@case((["a", "b"], {"p": 0, "pa": 1}), (["a"], {"p": 0, "pa": 1}), (["a"], {"p": 0, "pa": 1, "p1": 2}), ([], {"p": 5}))
def first_free_name(names, taken):
    name = ""
    for each in names:
        name = "p" + each
        if name not in taken:
            break
    else:
        while True:
            taken["p"] += 1
            name = "p%d" % taken["p"]
            if name not in taken:
                break
    taken[name] = names
    return name, sorted(taken)
