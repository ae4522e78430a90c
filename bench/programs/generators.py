"""Pipelines of generators, generator expressions and yield from."""


def numbers(n):
    i = 0
    while i < n:
        yield i
        i += 1


def squares(source):
    for x in source:
        yield x * x


def windows(source):
    previous = 0
    for x in source:
        yield x - previous
        previous = x


def walk(tree):
    if isinstance(tree, tuple):
        for child in tree:
            yield from walk(child)
    else:
        yield tree


def main(n):
    total = sum(x for x in windows(squares(numbers(n))) if x % 3 == 1)
    tree = ((1, (2, 3)), ((4, 5), (6, (7, 8))))
    for _ in range(n // 40):
        for leaf in walk(tree):
            total += leaf
    return total, any(x > n for x in squares(numbers(n)))


def run():
    return main(2_500_000)


if __name__ == "__main__":
    print(run())
