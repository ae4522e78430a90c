"""A chain of small functions on floats, called in a loop."""


def scale(x):
    return x * 0.9999


def shift(x):
    return x + 0.25


def blend(x, y):
    return scale(x) * 0.5 + shift(y) * 0.5


def clamp(x):
    if x > 4.0:
        return x - 4.0
    return x


def step(x, y):
    return clamp(blend(x, y))


def main(n):
    x = 1.0
    y = 2.0
    for _ in range(n):
        x = step(x, y)
        y = step(y, x)
    return f"{x:.12f} {y:.12f}"


def run():
    return main(2_000_000)


if __name__ == "__main__":
    print(run())
