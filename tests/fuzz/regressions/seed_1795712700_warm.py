"""From seed 1795712700, mode warm."""

from math import inf, nan, sqrt, floor
from sys import _getframe
LIMIT = 2 ** 80
shared = 3

def cut(x):
    if isinstance(x, int):
        return x if -LIMIT < x < LIMIT else x % 1000003
    if isinstance(x, (str, list, tuple, bytes)) and len(x) > 40:
        return x[:5]
    return x

def h2(x, y):
    global shared
    shared = (shared * 5 + 1) % 97
    return divmod(y * y & 18446744073709551615, 3)[1]

def h3(x, y, z):
    if not isinstance(x, int) or x <= 0 or x > 12:
        return z if y < z <= z else 2
    return cut(h3(x - 1, y, z) + z)
    return +(y // -2)

def main(a, b, c):
    global shared
    shared = 3
    xs0 = [a, b, 3, 4]
    v4 = h2(a, 10 ** 25)
    if b < b <= a:
        del v4
    n5 = 12
    n5 -= 1
    xs0[a % 4] = sum(xs0)
    xs0[0] += max(b, 1)
    a = cut(h3(int(isinstance(xs0, float)), abs(a), 2 << 5))
    n6 = 25
    while n6 > 0:
        n6 -= 1
        i7, i8 = (b + a, -2 ** 63 - 1 if b in xs0 else b)

        def g9(x, y=2):
            pass
            return a * x if a != y else y
        for k in range(8):
            log(g9(k, 5))
        v10 = len(xs0)
        if isinstance(i7, float):
            del v10
    b = h3(b, b, b) << 31
    xs0[a % 4] += -2 if not a else -1
    i11 = b
    return (a, b, i11, c, xs0, shared)
CALLS = [(7, -1, -1.5), (2 ** 64, 1, -1e+308), (3, 1, nan)]
