"""Selection sort of a list of ints in place."""


def selection_sort(items):
    n = len(items)
    for i in range(n - 1):
        least = i
        for j in range(i + 1, n):
            if items[j] < items[least]:
                least = j
        items[i], items[least] = items[least], items[i]


def main(n):
    items = [i * 7919 % 10007 for i in range(n)]
    selection_sort(items)
    return sum(i * x for i, x in enumerate(items))


def run():
    return main(5000)


if __name__ == "__main__":
    print(run())
