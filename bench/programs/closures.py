"""Closures and callbacks: function composition, counters and a small event loop."""


def adder(amount):
    def add(x):
        return x + amount
    return add


def compose(f, g):
    return lambda x: g(f(x))


def counter():
    count = 0

    def step(by=1):
        nonlocal count
        count += by
        return count
    return step


def apply_all(callbacks, value):
    for callback in callbacks:
        value = callback(value)
    return value


def main(n):
    pipeline = [adder(3), compose(adder(5), lambda x: x * 2), lambda x: x % 1009]
    tick = counter()
    value = 1
    for i in range(n):
        value = apply_all(pipeline, value)
        tick(value & 1)
        if i % 3 == 0:
            tick()
    return value, tick()


def run():
    return main(1_000_000)


if __name__ == "__main__":
    print(run())
