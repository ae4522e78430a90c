"""Searching and replacing with regular expressions in a made-up log."""

import re


def make(n):
    return "\n".join(f"2024-03-{i % 28 + 1:02} host{i % 7} GET /page/{i}?q={i * 31 % 97} {200 + i % 5} {i * 13}us"
                     for i in range(n))


def main(n):
    text = make(2000)
    request = re.compile(r"(?P<day>\d{4}-\d\d-\d\d) (\w+) GET /page/(\d+)\?q=(\d+) (2\d\d) (\d+)us")
    total = 0
    for _ in range(n):
        for match in request.finditer(text):
            total += len(match["day"]) + int(match[3]) % 7
        total += len(re.sub(r"host(\d)", r"node-\1", text))
        total += len(re.findall(r"\b\d{3,5}\b", text))
    return total


def run():
    return main(150)


if __name__ == "__main__":
    print(run())
