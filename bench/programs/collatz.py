"""The longest Collatz chain below a bound: a while loop on ints with parity, halving and tripling."""


def chain(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n //= 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def main(n):
    best = 0
    longest = 0
    for start in range(1, n):
        steps = chain(start)
        if steps > longest:
            longest = steps
            best = start
    return best, longest


def run():
    return main(100_000)


if __name__ == "__main__":
    print(run())
