"""Ints: the edges of 64 bits, overflow into big ints and back, division, shifts, masks, conversions."""

from case import case

BIG = 2**63 - 1
SMALL = -2**63
EDGES = (0, 1, -1, 2, -2, 7, -7, 2**30, -2**30, 2**31 - 1, 2**32, 2**62, -2**62, BIG, BIG - 1, SMALL, SMALL + 1,
         2**63, -2**63 - 1, 2**64 - 1, 2**64, 2**100, -2**100)


def outcome(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


@case((1, 2), (BIG, 1), (SMALL, -1), (2**100, -2**100))
def add(a, b):
    return a + b


@case((1, 2), (SMALL, 1), (BIG, -1), (0, SMALL))
def subtract(a, b):
    return a - b


@case((3, 4), (2**32, 2**31), (2**32, 2**32), (SMALL, -1), (-3, 0))
def multiply(a, b):
    return a * b


@case((5,), (SMALL,), (BIG,), (0,), (2**80,))
def negate(a):
    return -a, +a, ~a, abs(a), not a


@case((7, 2), (-7, 2), (7, -2), (-7, -2), (SMALL, -1), (SMALL, 1), (1, 0), (2**70, 3))
def divide(a, b):
    return a // b, a % b, divmod(a, b)


@case((7, 2), (1, 3), (SMALL, BIG), (2**53 + 1, 1), (10**400, 10**399), (1, 0), (10**400, 3))
def true_divide(a, b):
    return a / b


@case((1, 3), (1, 62), (1, 63), (1, 64), (-1, 63), (5, 0), (1, -1), (0, 1000), (3, 500))
def shift_left(a, b):
    return a << b


@case((1000, 3), (-1000, 3), (SMALL, 63), (SMALL, 64), (-1, 1000), (7, -1), (2**90, 30))
def shift_right(a, b):
    return a >> b


@case((12, 10), (-12, 10), (SMALL, BIG), (2**64 - 1, -1), (2**70, 2**65 + 5))
def bitwise(a, b):
    return a & b, a | b, a ^ b, a & ~b


@case((2, 10), (2, 63), (2, 64), (-2, 63), (3, 0), (0, 0), (2, -1), (0, -1), (7, 100), (-1, 10**6))
def power(a, b):
    return a ** b


@case((3, 200, 13), (2, -1, 7), (5, 3, 1), (5, 3, -7), (2, 5, 0), (2**70, 3, 10**20))
def modular_power(a, b, m):
    return pow(a, b, m)


@case((BIG,), (10,), (2**62,))
def count_past_the_edge(start):
    seen = []
    x = start
    for _ in range(8):
        x = x + x // 2 + 1
        seen.append(x)
    return seen


@case((BIG - 20,))
def loop_over_the_edge(start):
    x = start
    total = 0
    for i in range(60):
        x += 1
        total += x & 3
    return x, total


@case((SMALL + 20,))
def loop_under_the_edge(start):
    x = start
    while x > SMALL - 40:
        x -= 1
    return x


@case((30,), (70,))
def factorial(n):
    result = 1
    for i in range(2, n + 1):
        result *= i
    return result


@case((2**200,))
def shrink_from_big(x):
    steps = 0
    while x > 1:
        x //= 3
        steps += 1
    return x, steps


@case((200,))
def fibonacci_numbers(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@case((0xCBF29CE484222325, b"hello world, hello tiercel"), (1, bytes(range(256))))
def masked_hash(h, data):
    for byte in data:
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


@case((1,), (2**64 - 1,), (-5,))
def xorshift(x):
    for _ in range(50):
        x ^= (x << 13) & 0xFFFFFFFFFFFFFFFF
        x ^= x >> 7
        x ^= (x << 17) & 0xFFFFFFFFFFFFFFFF
    return x


@case((12345,))
def masks_of_many_widths(x):
    seen = []
    for bits in (1, 7, 8, 16, 31, 32, 33, 62, 63, 64, 65):
        mask = (1 << bits) - 1
        y = x
        for _ in range(20):
            y = (y * 6364136223846793005 + 1442695040888963407) & mask
        seen.append(y)
    return seen


@case((-9, 4), (9, 4))
def signed_mask(a, n):
    total = 0
    for i in range(40):
        total += (a * i) & 0xFF
        total ^= (a - i * n) & 0xFFFFFFFF
        total += -a & 0x7FFFFFFFFFFFFFFF
    return total


@case(())
def all_pairs_of_edges():
    seen = []
    for a in EDGES:
        for b in EDGES:
            seen.append((a + b, a - b, a * b, a & b, a | b, a ^ b, a < b, a <= b, a == b, a != b, a > b, a >= b))
    return seen


@case(())
def division_of_edges():
    seen = []
    for a in EDGES:
        for b in EDGES:
            if b != 0:
                seen.append((a // b, a % b))
            seen.append(outcome(lambda x, y: x / y, a, b))
    return seen


@case((27,), (97,), (2**61 - 1,))
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@case((48, 36), (2**80, 2**60 * 3), (0, 5), (-12, 18))
def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


@case((10**18,), (2**63 - 1,), (10**25,))
def digits(n):
    total = 0
    count = 0
    while n:
        n, d = divmod(n, 10)
        total += d
        count += 1
    return total, count


@case((255,), (2**63,), (-1,))
def bits(n):
    return n.bit_length(), n.bit_count(), (n & 0xFF).to_bytes(2, "big"), bin(n), hex(n), n.conjugate(), n.real


@case(("12",), ("-0x1f",), ("nope",), ("9" * 30,))
def parse(text):
    return outcome(int, text), outcome(int, text, 0), outcome(int, text, 16)


@case((3.7,), (-3.7,), (1e300,), (float("inf"),), (float("nan"),), (True,), ("5",), (2**70,))
def to_int(x):
    return int(x)


@case((5, 5), (257, 257), (2**70, 2**70), (1, True), (1, 1.0), (0, False), (2**53 + 1, float(2**53)), (BIG, 2.0**63))
def compare(a, b):
    return a == b, a != b, a < b, a <= b, a > b, a >= b


@case((1, "a"), (1, None), (1, []), (1, 1j))
def bad_operand(a, b):
    return a + b


@case((1, "a"), (1, None), (5, [1, 2]))
def bad_order(a, b):
    return a < b


@case((10,))
def small_ints_are_shared(n):
    return [x is y for x, y in zip([i - 5 for i in range(n)], [i - 5 for i in range(n)])]


class MyInt(int):
    def __add__(self, other):
        return MyInt(int(self) + int(other) + 1000)


@case((MyInt(3), 4), (4, MyInt(3)), (MyInt(1), MyInt(2)), (1, 2))
def int_subclass(a, b):
    total = a
    for _ in range(20):
        total = total + b
    return total


@case((100,), (1000,))
def trial_division(n):
    primes = []
    for candidate in range(2, n):
        for p in primes:
            if p * p > candidate:
                primes.append(candidate)
                break
            if candidate % p == 0:
                break
        else:
            primes.append(candidate)
    return primes


@case((1234567, 3), (-1, 2), (2**64, 5))
def in_place_operators(a, b):
    for _ in range(12):
        a += b
        a -= 1
        a *= 3
        a //= 2
        a %= 10**15
        a <<= 1
        a >>= 1
        a |= 8
        a &= ~16
        a ^= b
    return a


@case((5,), (0,), (-3,))
def truth(n):
    seen = []
    for i in range(20):
        seen.append("y" if n - i else "n")
        seen.append(bool(n + i))
    return "".join(map(str, seen))


THIRD = BIG // 3


@case((1,), (27,), (97,), (THIRD,), (THIRD + 1,), (2**62,), (0,), (-5,), (2**64,))
def threefold_chain(n):
    steps = 0
    while n != 1 and steps < 200:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        steps += 1
    return n, steps


@case(*((x,) for x in (0, THIRD - 1, THIRD, THIRD + 1, -THIRD, -THIRD - 1, -THIRD - 3, BIG // 2, BIG // 2 + 1,
                       -2**62, -2**62 - 1, BIG, SMALL, 2**70)))
def linear(x):
    return [3 * x + 1, 3 * x - 2, x * -3 + 5, x * 2 + 1, x * 2 - 1, 7 - x * -2, 10 * x + BIG, -10 * x + SMALL]


@case((0, 1, 2), (BIG, 1, 0), (BIG, -1, 0), (SMALL, 0, 0), (SMALL, 5, 1), (2**40, 2**40, 3))
def short_sides(a, b, c):
    taken = False
    if b > 0:
        a = a + 1
        taken = True
    if c == 0:
        b = b * 2**40
    elif c == 1:
        b = a - 1
    else:
        b -= 1
        c = 5 * a - 7
    if taken and a < b:
        a, b = b, a
    return a, b, c, taken


@case(([3, 1, 4, 1, 5, 9, 2, 6],), ([],), ([BIG, SMALL, BIG],), ([1, 2.5, 3],), ([True, 2, -7],))
def counted_sides(xs):
    even = odd = most = at = 0
    for i, x in enumerate(xs):
        if x > most:
            most = x
            at = i
        if x % 2:
            odd += 1
        else:
            even += 1
    total = 0
    for x in xs:
        if x > 1:
            total += x
    return even, odd, most, at, total


@case(([1000, 2**40, -7, 2**59, -2**31, 300],), ([257, 256, -5, -6, 2**30, 2**60 - 1],))
def stored_over_and_over(xs):
    kept = xs[:3]
    for i in range(40):
        xs[i % 6] += (1 << i) - 3
        xs[(i + 1) % 6] = -xs[i % 6] // 3
        if i % 7 == 0:
            kept.append(xs[i % 6])
    low = [i for i in xs if -5 <= i <= 256]
    return xs, kept, [x is int(str(x)) for x in low]


class Counter:
    def __init__(self, count):
        self.count = count


@case((1000,), (-(2**33),), (250,), (2**60,))
def counted(start):
    counter, seen = Counter(start), []
    for i in range(30):
        before = counter.count
        counter.count += i
        if i % 5 == 0:
            seen.append(before)
            seen.append(counter.count)
    return seen, counter.count


@case(([2**40, 2.5, 2**40],), ([0xFFFFFFFF, 1, -(2**31), 2**59, 2**61, 2**64],))
def two_digits_or_not(xs):
    total = 0
    for x in xs:
        total += x
        total -= x // 3
    return total, [x + 1 for x in xs], [-x for x in xs]


around_64_bits = ([5] * 8, [5] * 4 + [BIG, SMALL] * 2 + [BIG + 1, SMALL - 1, -5 * 2**63, 2**200, -2**200],
                  [BIG - 1, BIG, BIG + 1])


@case(*((xs,) for xs in around_64_bits))
def decided_by_what_fits(xs):
    return ["fits" if SMALL <= xs[i] <= BIG else "does not fit" for i in range(len(xs))]


@case(*((xs,) for xs in around_64_bits))
def decided_by_a_shift(xs):
    return [1 if xs[i] >> 62 <= 1 else 2 for i in range(len(xs))]


@case(*((xs,) for xs in around_64_bits))
def true_if_it_fits(xs):
    return [3 if (xs[i] >> 63) + 5 else 4 for i in range(len(xs))]


@case(*((xs,) for xs in around_64_bits))
def a_round_if_it_fits(xs):
    rounds = []
    for i in range(len(xs)):
        for k in range((xs[i] >> 63) + 2):
            rounds.append((i, k))
            break
    return rounds


@case(*((xs,) for xs in around_64_bits))
def decided_by_what_does_not_overflow(xs):
    return ["too large" if x + 1 > BIG else "double" if x * 2 <= BIG else "twice is too large" for x in xs]
