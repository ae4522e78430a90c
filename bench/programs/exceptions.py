"""Exceptions as ordinary code has them: missing keys, words that are no numbers, refusals from callees, `with`, `finally`."""

import threading


class Refused(Exception):
    def __init__(self, amount):
        super().__init__(amount)
        self.amount = amount


class Nested:
    """A manager that counts how deep it is."""

    def __init__(self):
        self.depth = self.deepest = 0

    def __enter__(self):
        self.depth += 1
        if self.depth > self.deepest:
            self.deepest = self.depth
        return self

    def __exit__(self, kind, value, traceback):
        self.depth -= 1
        return kind is KeyError


def lookups(table, keys):
    total = missing = 0
    for key in keys:
        try:
            total += table[key]
        except KeyError:
            missing += 1
    return total, missing


def numbers(words):
    total = bad = 0
    for word in words:
        try:
            total += int(word)
        except ValueError:
            bad += 1
    return total, bad


def pay(balance, amount):
    if amount > balance:
        raise Refused(amount - balance)
    return balance - amount


def payments(n):
    balance, refused = 1000, 0
    for i in range(n):
        try:
            balance = pay(balance, i * 7 % 50)
        except Refused as error:
            refused += error.amount
            balance += 200
        finally:
            balance += 1
    return balance, refused


def managed(n):
    manager, lock, total = Nested(), threading.Lock(), 0
    for i in range(n):
        with manager:
            with lock:
                total += manager.depth
            if i % 16 == 0:
                raise KeyError(i)
    return total, manager.deepest


def until_the_end(n):
    total = 0
    for i in range(n):
        items = iter((i, 1, 2, 3, 4, 5, 6, 7))
        try:
            while True:
                total += next(items)
        except StopIteration:
            total -= 1
    return total


def main(n):
    keys = [i * 37 % 1000 for i in range(2 * n)]
    table = {i: i for i in range(900)}
    words = [str(i) if i % 10 else "none" for i in range(n)]
    return lookups(table, keys), numbers(words), payments(2 * n), managed(n), until_the_end(n // 8)


def run():
    return main(30_000)


if __name__ == "__main__":
    print(run())
