"""The functions that docs/tour.md follows."""
# ruff: noqa: D101, D103


def norm2(xs):
    s = 0.0
    for x in xs:
        s += x * x
    return s


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y


def length2(p):
    return p.x * p.x + p.y * p.y


def swap(xs, i, j):
    xs[i], xs[j] = xs[j], xs[i]
