"""The sieve of Eratosthenes over a list of truth values, by index."""


def primes_below(n):
    flags = [True] * n
    flags[0] = flags[1] = False
    i = 2
    while i * i < n:
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
        i += 1
    count = 0
    for flag in flags:
        if flag:
            count += 1
    return count


def main(n, times=4):
    count = 0
    for _ in range(times):
        count += primes_below(n)
    return count


def run():
    return main(1_000_000)


if __name__ == "__main__":
    print(run())
