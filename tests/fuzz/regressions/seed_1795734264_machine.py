"""From seed 1795734264, mode machine."""

from math import inf, nan, sqrt, floor
from sys import _getframe
LIMIT = 2 ** 80
shared = 3

class Box:
    pass

def packed(*args, **named):
    return args + tuple(named.values())

def items(n):
    for i in range(n):
        yield packed(i, -i)[i % 2]

def h1(x, y):
    if y // 3 == x * x & 4294967295:
        return y % 3
    return max(y * x & 18446744073709551615, x)

def main(a, b, c):
    global shared
    shared = 3
    xs0 = [a, b, 3, 4]
    v2 = a if a != b else 2
    if 3.0 <= 1.0:
        del v2
    d16 = {k: k * a for k in range(3)}
    log(d16)
    box17 = Box(h1(b, a))
    for k in range(2):
        box17.bump(7)
    log(box17)
    return (a, b, i3, c, xs0, shared)
CALLS = [(1000, 0, 1e+308), (5, 0, 0.1), (-2 ** 63 - 1, -2, 5e-324)]
