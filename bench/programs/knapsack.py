"""The 0/1 knapsack problem by dynamic programming over one list."""


def best_value(items, capacity):
    best = [0] * (capacity + 1)
    for weight, value in items:
        for room in range(capacity, weight - 1, -1):
            candidate = best[room - weight] + value
            if candidate > best[room]:
                best[room] = candidate
    return best[capacity]


def main(n):
    items = [(3 + i * 37 % 61, 10 + i * 53 % 97) for i in range(120)]
    return best_value(items, n)


def run():
    return main(50_000)


if __name__ == "__main__":
    print(run())
