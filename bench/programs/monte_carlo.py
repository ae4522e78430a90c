"""Pi and a random walk by Monte Carlo, with a linear congruential generator as a class."""


class Random:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 1103515245 + 12345) % 2147483648
        return self.state / 2147483648


def estimate(rng, samples):
    inside = 0
    for _ in range(samples):
        x = rng.next()
        y = rng.next()
        if x * x + y * y <= 1.0:
            inside += 1
    return 4.0 * inside / samples


def walk(rng, steps):
    position = 0
    farthest = 0
    for _ in range(steps):
        position += 1 if rng.next() < 0.5 else -1
        farthest = max(farthest, abs(position))
    return farthest


def main(n):
    rng = Random(42)
    return f"{estimate(rng, n):.9f} {walk(rng, n)}"


def run():
    return main(800_000)


if __name__ == "__main__":
    print(run())
