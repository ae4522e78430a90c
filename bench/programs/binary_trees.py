"""Building and walking binary trees of small objects."""


class Node:
    __slots__ = ("left", "right")

    def __init__(self, left, right):
        self.left = left
        self.right = right


def build(depth):
    if depth == 0:
        return Node(None, None)
    return Node(build(depth - 1), build(depth - 1))


def count(node):
    if node.left is None:
        return 1
    return 1 + count(node.left) + count(node.right)


def main(n):
    total = 0
    kept = build(n)
    for depth in range(4, n + 1, 2):
        for _ in range(1 << (n - depth)):
            total += count(build(depth))
    return total + count(kept)


def run():
    return main(16)


if __name__ == "__main__":
    print(run())
