"""Ranges that are objects: held by variables, globals, lists."""

from __future__ import annotations

from case import case

ROWS = range(9)
DOWN = range(20, 2, -3)


@case((range(5),), (range(2, 9, 3),), (range(9, -4, -2),), (range(0),), (range(1 << 70, (1 << 70) + 3),),
      (range((1 << 63) - 4, (1 << 63) - 1),))
def over(numbers):
    total = 0
    for _ in range(3):
        for i in numbers:
            total += i
    return total, len(numbers), sum(i for i in numbers), [i for i in reversed(numbers)], 3 in numbers


@case((0,), (5,))
def over_globals(n):
    total = 0
    for i in ROWS:
        for j in DOWN:
            total += i * j + n
    return total, len(ROWS), len(DOWN), n in ROWS, n in DOWN, [i for i in reversed(ROWS)], list(zip(ROWS, DOWN))


@case(([range(3), range(4, 1, -1), range(0, 10, 4)],))
def of_different_steps(ranges):
    seen = []
    for _ in range(3):
        for each in ranges:
            for i in each:
                seen.append(i)
            seen += [len(each), 4 in each]
    return seen


BEYOND = range(1 << 70, (1 << 70) + 3)


@case((0,), (1 << 70,))
def over_a_global_of_big_ints(n):
    return [i - n for i in BEYOND], len(BEYOND), n in BEYOND, [i for i in reversed(BEYOND)]


@case((range(3),), (range(5, 1, -1),))
def enumerated(numbers):
    return [(i, x) for i, x in enumerate(numbers, 2)], [a * b for a, b in zip(numbers, numbers)]
