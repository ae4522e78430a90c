"""Recursive Fibonacci: nothing but calls, comparisons and additions of small ints."""


def fib(n):
    if n < 2:
        return n
    return fib(n - 1) + fib(n - 2)


def main(n):
    return fib(n)


def run():
    return main(33)


if __name__ == "__main__":
    print(run())
