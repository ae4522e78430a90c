"""Serialising and parsing nested data with the standard json module."""

import json


def make(n):
    return [{"id": i, "name": f"item {i}", "tags": ["a", "b", str(i)], "price": i / 3, "stock": None if i % 5 else True}
            for i in range(n)]


def main(n):
    data = make(1000)
    size = 0
    for _ in range(n):
        text = json.dumps(data, sort_keys=True)
        size += len(text) + len(json.loads(text))
    return size


def run():
    return main(200)


if __name__ == "__main__":
    print(run())
