"""Places that hold ints at times and floats at others: arithmetic, comparisons, where ways meet, loops, exits."""

import math

from case import case, log

NAN = float("nan")
SMALL = [0, 1.5, -5, 2, -0.0, 0.0, 7.25, -3, 1, 0.5]
ODD = [2**53, 2**53 + 1, -2**53, 2**70, True, NAN, float("inf"), 10**400, None]


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def points(values, count=60):
    return [Point(values[i % len(values)], values[(3 * i + 1) % len(values)]) for i in range(count)]


def mixed():
    return (points(SMALL),)


def with_odd_ones():
    return (points(SMALL) + [Point(odd, 1) for odd in ODD] + [Point(2, odd) for odd in ODD] + points(SMALL),)


def outcome(function, *arguments):
    try:
        return repr(function(*arguments))
    except Exception as error:
        return type(error).__name__, str(error)


def products(p, q):
    return p.x * q.x + p.y * q.y


def differences(p, q):
    return (p.x - q.y, p.y - q.x)


def quotient(p, q):
    return p.x / q.y


def compared(p, q):
    return [p.x < q.y, p.x <= q.y, p.x == q.x, p.x != q.y, p.x > q.x, p.x >= q.y]


def with_constants(p, q):
    return (p.x + 1, 2 - p.y, 3 * p.x, p.x * 0, p.y / 4, 0.5 * p.x, p.y + q.x * 2)


def sign_of(number):
    return math.copysign(1.0, number) if number == number else "that of a NaN may be any"


def signs(p, q):
    product = p.x * q.y
    return (-p.x, -product, +product, abs(product), abs(-p.y), sign_of(-product))


def tested(p, q):
    total = p.x + q.x
    if total:
        return "some" if not p.y * q.y else "both"
    return "none"


def extremes(p, q):
    product = p.x * q.y
    return min(product, 1), max(0, product), min(p.x + q.x, product), max(1.5, product), min(1, product * 0.5)


def converted(p, q):
    total = p.x + q.y
    return float(total), math.sqrt(abs(total)), int(total), round(total), math.floor(p.x - q.x), str(p.x - q.x)


def with_far_constants(p, q):
    return (p.x * q.y + 2**70, p.x * q.y * 2**60, p.x * q.y < 2**70, 2**70 - p.x, min(p.x * q.y, 2**70),
            max(-2**70, p.x * q.y))


def signs_of_products(p, q):
    product = p.x * q.y
    return sign_of(product), product * 0.5, product


def other_operators(p, q):
    total = p.x + q.x
    return total // 2, total % 3, total ** 2, divmod(total, 2)


def in_pairs(ps, *functions):
    return [[outcome(each, p, q) for p, q in zip(ps, ps[1:])] for each in functions]


@case(mixed, with_odd_ones)
def arithmetic_in_pairs(ps):
    return in_pairs(ps, products, differences, quotient)


@case(mixed, with_odd_ones)
def constants_and_signs_in_pairs(ps):
    return in_pairs(ps, with_constants, signs)


@case(mixed, with_odd_ones)
def far_constants_and_signs_in_pairs(ps):
    return in_pairs(ps, with_far_constants, signs_of_products)


@case(mixed, with_odd_ones)
def comparisons_in_pairs(ps):
    return in_pairs(ps, compared, tested, extremes)


@case(mixed, with_odd_ones)
def other_functions_in_pairs(ps):
    return in_pairs(ps, converted, other_operators)


@case(mixed)
def where_ways_meet(ps):
    result = []
    for i, p in enumerate(ps):
        a = 0 if i & 1 else p.x * 0.5
        b = p.x + p.y if i & 2 else 1
        c = d = a if i & 4 else b
        result += [repr(a), repr(b), repr(c), c is d, repr(a * b), a is None]
        log(repr(c))
    return result


@case(mixed)
def far_ints_where_ways_meet(ps):
    """Ints that no double is: of one sign, as far as can be known."""
    result = []
    for i, p in enumerate(ps):
        far = (2**60 + i) * (i + 1) & 2**62 - 1
        a = far if i & 1 else p.x + p.y
        b = -far if i & 1 else p.x - p.y
        c = ~far if i & 2 else p.x * 0.5
        result += [repr(a), repr(b), repr(c)]
    return result


@case(mixed)
def a_sum_that_starts_as_an_int(ps):
    totals = []
    for start in range(0, len(ps), 10):
        total = 0
        for p in ps[start:start + 10]:
            total = total + p.x * p.y
        largest = 1
        for p in ps[start:start + 10]:
            if p.x > largest:
                largest = p.x
            elif not p.x:
                largest += 1
        totals.append((repr(total), repr(largest)))
    return totals


@case((5,), (200,))
def doubled_until_it_is_no_double(rounds):
    results = []
    for value in [1, 0.5] * 60:
        p = Point(value, value)
        x = p.x + p.y
        for _ in range(rounds):
            x = x + x
        results.append(repr(x))
    return results


@case(mixed)
def kept_in_objects(ps):
    made = []
    for p, q in zip(ps, ps[1:]):
        r = Point(p.x * q.x, p.y + q.y)
        r.x = r.x - r.y
        made.append((repr(r.x), repr(r.y), [r.x, r.y], {r.x: r.y}.get(r.x)))
    return made


def gives(p, q):
    return p.x * q.x


ONE = 1


@case(mixed)
def the_same_object(ps):
    result = []
    for p, q in zip(ps, ps[1:]):
        a = gives(p, q)
        b = a
        result += [a is b, a is p, a is None, a is not q, p.x * q.x is ONE]
    return result


@case(mixed)
def an_int_meets_a_float(ps):
    weight = 0.25
    return [repr(p.x * weight + p.y * weight) for p in ps]


def unpacked(p, q):
    def inner():
        return p.x - q.x
    x, y = inner(), p.y * q.y
    return f"{x} {y}", [x, y], (x, y)[x > y]


@case(mixed)
def in_closures_and_texts(ps):
    return [unpacked(p, q) for p, q in zip(ps, ps[1:])]


@case((7,), (12,))
def an_object_on_one_way_round_a_loop(n):
    """What is stored is an object; where nothing is, the number of the round before goes on."""
    distance = [[float("inf")] * n for _ in range(n)]
    for i in range(n):
        for k in (0, i * 3 % n, (i * 7 + 1) % n):
            distance[i][k] = (i * 13 + k * 5) % 50
    for k in range(n):
        for i in range(n):
            first = distance[i][k]
            if first == float("inf"):
                continue
            for j in range(n):
                through = first + distance[k][j]
                if through < distance[i][j]:
                    distance[i][j] = through
    return distance, through
