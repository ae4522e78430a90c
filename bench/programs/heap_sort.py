"""A binary heap written out in Python, and binary search with bisect."""

from bisect import bisect_left


def sift_down(heap, start, end):
    root = start
    while True:
        child = 2 * root + 1
        if child > end:
            break
        if child + 1 <= end and heap[child] < heap[child + 1]:
            child += 1
        if heap[root] < heap[child]:
            heap[root], heap[child] = heap[child], heap[root]
            root = child
        else:
            break


def heap_sort(items):
    end = len(items) - 1
    for start in range((end - 1) // 2, -1, -1):
        sift_down(items, start, end)
    while end > 0:
        items[0], items[end] = items[end], items[0]
        end -= 1
        sift_down(items, 0, end)


def main(n):
    items = [(i * 7919 + 13) % 100_003 / 4.0 for i in range(n)]
    heap_sort(items)
    found = 0
    for i in range(0, n, 3):
        found += bisect_left(items, i / 4.0)
    return found, items[:3]


def run():
    return main(90_000)


if __name__ == "__main__":
    print(run())
